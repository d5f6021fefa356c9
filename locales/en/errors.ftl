## The error page

error-code-label = Error code
case-code-label = Case number
case-code-note = If you ask for help, tell us this case number.
developer-details = Details for the app’s developer

error-unknown-app = We do not know this app
error-unknown-app-text = The app that sent you here is not set up with us. Please tell the people who run the app.
error-redirect-uri = This app is not set up correctly
error-redirect-uri-text = We cannot send you back to the app, so we stopped. Nothing was shared. Please tell the people who run the app.
error-request = We could not read the app’s request
error-request-text = The app sent something we do not understand. Nothing was shared.
error-expired = This sign-in took too long
error-expired-text = To keep you safe, a sign-in must be finished in a few minutes and in one browser.
error-already-done = This sign-in is already finished
error-already-done-text = You may have used the back button or clicked twice. That is fine.
error-cookies = Your browser did not keep our cookie
error-cookies-text = Allow cookies for this site. Then start again.
error-forgery = We could not accept this form
error-forgery-text = The page may have been open for too long, or in two windows.
error-not-allowed = Your account cannot be used here
error-not-allowed-text = Your account is fine, but it does not give access to this app. Ask the people who run the app for access.
error-link = This link does not work any more
error-link-text = It may have been used already, or it is too old. Ask for a new link.
error-not-found = We could not find this page
error-not-found-text = Check the address, or go back to where you came from.
error-method = This page cannot be used like that
error-method-text = Go back to where you came from and try again.
error-too-large = That was too much to send
error-too-large-text = Go back and send less.
error-too-many = Please wait a moment
error-too-many-text = There were too many tries from your network. You can try again in { $wait }.
error-unavailable = We are very busy
error-unavailable-text = Nothing was lost. Please try again in { $wait }.
error-server = Something went wrong on our side
error-server-text = We are sorry. Nothing was shared. Please try again later.

## What the catalogue of errors tells the person

voice-background = The app could not finish signing you in. Nothing was shared beyond what you agreed to. Please tell the people who run the app.
voice-own-choice = You stopped before the end. That is fine. You can start again from the app.
voice-sign-in-again = Sign in again from the app.
voice-password = The name or the password was not right. Try again, or ask for help.
voice-too-many = There were too many tries from your network. Please wait a little and try again.
voice-unavailable = We are very busy. Nothing was lost. Please try again in a moment.
