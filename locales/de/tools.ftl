## Einrichtung

setup-title = Richten Sie Ihr Verwaltungskonto ein
setup-text = Das ist das erste Konto von { $name }. Es kann alles ändern. Wählen Sie darum ein starkes Passwort.
setup-button = Konto erstellen
new-password-label = Neues Passwort
new-password-hint = Mindestens { $count } Zeichen. Mehrere Wörter hintereinander kann man sich gut merken.
fault-email-unreadable = Geben Sie eine E-Mail-Adresse ein, wie name@example.com
fault-email-taken = Es gibt schon ein Konto mit dieser E-Mail-Adresse. Verwenden Sie eine andere.
fault-name-missing = Geben Sie Ihren Namen ein
fault-password-short = Verwenden Sie mindestens { $count } Zeichen
fault-password-long = Dieses Passwort ist zu lang. Verwenden Sie ein kürzeres.
fault-password-common = Dieses Passwort ist leicht zu erraten. Wählen Sie ein anderes.
setup-done-title = Ihr Konto ist bereit
setup-done-text = Sie können sich als { $email } anmelden.
setup-done-button = Weiter

## Angaben zur Installation

admin-issuer = Issuer

## Aufgefangene Post

mailbox-title = Postfach
mailbox-text = Jede Nachricht, die dieser Entwicklungsserver verschickt hätte.
mailbox-empty = Es gibt noch keine Post.
mailbox-back = Alle Nachrichten
mail-from = Von
mail-to = An
mail-subject = Betreff
mail-at = Gesendet
mail-links = Links in dieser Nachricht

## Spielwiese

playground-title = Spielwiese
playground-text = Melden Sie sich als Demo-App an und sehen Sie jede Anfrage und jedes Token.
playground-users = Testbenutzer
playground-note = Bemerkung
playground-change = Anfrage ändern
playground-button = Mit der Demo-App anmelden
playground-passed = Die Anmeldung funktioniert
playground-failed = Die Anmeldung hat nicht funktioniert
playground-again = Noch einmal
step-discovery = Discovery-Dokument und Schlüssel
step-authorization-request = Authorization Request
step-authorization-response = Authorization Response
step-token-request = Token Request
step-token-response = Token Response
step-id-token = ID-Token
step-userinfo = Userinfo
outcome-passed = In Ordnung
outcome-failed = Fehlgeschlagen
outcome-not-reached = Nicht erreicht

## Ein Passwort, über einen Link

welcome-title = Wählen Sie Ihr Passwort
reset-title = Wählen Sie ein neues Passwort
welcome-text = Sie melden sich als { $username } an. Nur Sie kennen das Passwort: Niemand hier kann es sehen oder setzen.
welcome-button = Passwort speichern
welcome-asked = Angefordert von { $by } am { $at }. Wenn Sie nicht wissen, warum, schließen Sie diese Seite und fragen Sie nach.
welcome-ends = Dieser Link gilt einmal, bis { $at }.
welcome-done-title = Ihr Passwort ist gesetzt
welcome-done-text = Sie sind auf allen anderen Geräten abgemeldet. Melden Sie sich als { $username } an.
welcome-done-button = Anmelden
