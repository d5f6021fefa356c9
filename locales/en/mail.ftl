## Mails

mail-invitation-title = Your account at { $name }
mail-invitation-text = An account was made for you at { $name }. Choose a password to start using it.
mail-invitation-action = Choose a password
mail-invitation-unexpected = If you did not expect this, do nothing: without a password nobody can use the account.

mail-reset-title = A new password for your account at { $name }
mail-reset-text = Use this link to choose a new password.
mail-reset-action = Choose a new password
mail-reset-unexpected = If you did not ask for this, do nothing: your password stays as it is.

mail-signs-in-as = You sign in as { $username }.
mail-once-until = The link works once, until { $at }.
mail-asked-by = Asked for by { $by } on { $at }.
mail-or-address = Or open this address:
mail-help = Help:

mail-secret-title = A client secret of { $app } expires in { $left }
mail-secret-text = A secret with which { $app } signs in to { $name } expires in { $left }. From then on it is refused, and nobody can sign in to { $app } through { $name } unless it uses another one.
mail-secret-manager = Make a new secret, hand it over, and see that it is used before this one expires.
mail-secret-contact = Ask those who run { $name } for a new secret, unless you use one already, and put it in place before this one expires.
mail-secret-action = Open the client’s credentials
mail-fact-client = Client
mail-fact-secret = Secret
mail-fact-ends = Expires
mail-fact-used = Last used
mail-never = never
mail-days = { $count ->
    [one] 1 day
   *[other] { $count } days
}

mail-test-title = Test mail of { $name }
mail-test-text = Mail from { $name } arrives here.
