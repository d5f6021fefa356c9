## Sign-in

sign-in-title = Sign in
confirm-title = Confirm it is you
sign-in-for-app = to continue to { $app }
sign-in-button = Sign in
cancel-button = Cancel

reason-app-asks = The app asks you to sign in again.
reason-too-long-ago = You signed in a while ago. The app asks you to sign in again.
reason-session-ended = You were signed out. Sign in to go on.
reason-other-account = The app asks for another account than the one you are signed in with.
reason-confirm-identity = You are about to change how you sign in. Enter your password first.

fault-username-missing = Enter your email
fault-password-missing = Enter your password
fault-not-right = Email or password is not right
fault-password-not-right = Password is not right
fault-throttled = There were too many tries. You can try again in { $wait }.

## Account chooser

accounts-title = Choose an account
continue-as = Continue as { $name }

## Consent

consent-heading = Share information with { $app }
consent-list = { $app } will get:
consent-note = If you choose “Do not allow”, nothing is shared and you go back to { $app }.
consent-changed = Something has changed since you were asked. Please look again.
approve-button = Allow
deny-button = Do not allow
privacy-link = How { $app } protects your data
terms-link = Terms of { $app }

shared-identity = User number
shared-identity-text = A number that tells the app it is you each time
shared-offline = Access while you are away
shared-offline-text = The app can get this information when you are not using it, until you stop it
shared-named = Permission

claim-name = Your name
claim-given-name = Your first name
claim-family-name = Your last name
claim-middle-name = Your middle name
claim-nickname = Your nickname
claim-preferred-username = Your user name
claim-profile = Your profile page
claim-picture = Your picture
claim-website = Your website
claim-gender = Your gender
claim-birthdate = Your date of birth
claim-zoneinfo = Your time zone
claim-locale = Your language
claim-external-id = Your number elsewhere
claim-account-type = Your kind of account
claim-groups = Your groups
claim-email = Your email
claim-phone-number = Your phone number
claim-address = Your address
claim-empty = None yet. The app gets it if you add one.
claim-later-profile = More about you
claim-later-profile-text = Other personal details, such as a nickname, if you add them later

## Sign-out

logout-title = Sign out?
logout-text = You will be signed out on this device.
logout-app-text = { $app } asks to sign you out on this device.
logout-button = Sign out
logout-stay-button = Stay signed in
held-title = Your session has ended
held-text = Nothing was done yet. What you typed is kept on this page.
held-sign-in = Sign in again, in a new tab
held-come-back = Then come back to this page and send it
held-send-button = Send again
signed-out-title = You are signed out
signed-out-text = You are signed out of { $name } on this device. Other apps may still be open.
signed-out-shared-computer = If other people use this device, close all browser windows now.

## Frames

framed-title = Continue in a new window
framed-text = To keep your password safe, we do not ask for it inside another page.
framed-button = Open in a new window

## The first page

home-title = You are signed in
home-text = You can now use your { $name } account to sign in to apps. Start from the app.
home-since = since { $time }
