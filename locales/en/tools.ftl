## Set-up

setup-title = Set up your administrator account
setup-text = This is the first account of { $name }. It can change everything, so choose a strong password.
setup-button = Create account
new-password-label = New password
new-password-hint = At least { $count } characters. Several words in a row are easy to remember.
fault-email-unreadable = Enter an email address, like name@example.com
fault-email-taken = There is already an account with this email. Use another one.
fault-name-missing = Enter your name
fault-password-short = Use at least { $count } characters
fault-password-long = This password is too long. Use a shorter one.
fault-password-common = This password is easy to guess. Choose another one.
setup-done-title = Your account is ready
setup-done-text = You can sign in as { $email }.
setup-done-button = Continue

## Facts about the installation

admin-issuer = Issuer

## Captured mailbox

mailbox-title = Mailbox
mailbox-text = Every mail that this development server would have sent.
mailbox-empty = There is no mail yet.
mailbox-back = All mail
mail-from = From
mail-to = To
mail-subject = Subject
mail-at = Sent
mail-links = Links in this mail

## Playground

playground-title = Playground
playground-text = Sign in as the demo app and see every request and token.
playground-users = Test users
playground-note = Note
playground-change = Change the request
playground-button = Sign in with the demo app
playground-passed = The sign-in works
playground-failed = The sign-in did not work
playground-again = Try again
step-discovery = Discovery document and keys
step-authorization-request = Authorization request
step-authorization-response = Authorization response
step-token-request = Token request
step-token-response = Token response
step-id-token = ID token
step-userinfo = Userinfo
outcome-passed = Passed
outcome-failed = Failed
outcome-not-reached = Not reached

## A password, by a link

welcome-title = Choose your password
reset-title = Choose a new password
welcome-text = You sign in as { $username }. Only you know the password: nobody here can see or set it.
welcome-button = Save password
welcome-asked = Asked for by { $by } on { $at }. If you do not know why, close this page and ask them.
welcome-ends = This link can be used once, until { $at }.
welcome-done-title = Your password is set
welcome-done-text = You are signed out on all other devices. Sign in as { $username }.
welcome-done-button = Sign in
