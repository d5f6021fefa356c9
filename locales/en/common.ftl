## Texts of every page. Plain words, short sentences, no blame.

skip-to-content = Skip to main content
language-label = Language
help-link = Get help
issuer-note = This page is from { $host }
development-note = Development server: do not use real data
title-error = Error: { $page }
summary-title = There is a problem
test-app = Test

## Waiting

wait-seconds = { $count ->
    [one] { $count } second
   *[other] { $count } seconds
}
wait-minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}

## Who is signed in

signed-in-as = Signed in as
signing-in-as = Signing in as
other-account = Use another account

## Fields

email-label = Email
name-label = Your name
password-label = Password
password-show = Show
password-hide = Hide
password-shown = Your password is visible
password-hidden = Your password is hidden

## On to the app

leave-title = Going back to the app
leave-text = We are taking you back to { $app }.
continue-to-app = Continue to { $app }
back-to-app = Back to { $app }
start-again-from-app = Start again from { $app }
start-again = Go back to the app you came from and start again.
