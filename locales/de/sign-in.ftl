## Anmeldung

sign-in-title = Anmelden
confirm-title = Bestätigen Sie, dass Sie es sind
sign-in-for-app = um mit { $app } fortzufahren
sign-in-button = Anmelden
cancel-button = Abbrechen

reason-app-asks = Die App bittet Sie, sich noch einmal anzumelden.
reason-too-long-ago = Ihre Anmeldung ist eine Weile her. Die App bittet Sie, sich noch einmal anzumelden.
reason-session-ended = Sie wurden abgemeldet. Melden Sie sich an, um weiterzumachen.
reason-other-account = Die App bittet um ein anderes Konto als das, mit dem Sie angemeldet sind.
reason-confirm-identity = Sie ändern gleich, wie Sie sich anmelden. Geben Sie zuerst Ihr Passwort ein.

fault-username-missing = Geben Sie Ihre E-Mail-Adresse ein
fault-password-missing = Geben Sie Ihr Passwort ein
fault-not-right = E-Mail oder Passwort stimmt nicht
fault-password-not-right = Das Passwort stimmt nicht
fault-throttled = Das waren zu viele Versuche. Sie können es in { $wait } wieder versuchen.

## Kontoauswahl

accounts-title = Konto auswählen
continue-as = Weiter als { $name }

## Zustimmung

consent-heading = Daten mit { $app } teilen
consent-list = { $app } bekommt:
consent-note = Wenn Sie „Nicht erlauben“ wählen, wird nichts geteilt und Sie gehen zurück zu { $app }.
consent-changed = Seit der Frage hat sich etwas geändert. Bitte sehen Sie noch einmal hin.
approve-button = Erlauben
deny-button = Nicht erlauben
privacy-link = So schützt { $app } Ihre Daten
terms-link = Bedingungen von { $app }

shared-identity = Benutzernummer
shared-identity-text = Eine Nummer, an der die App Sie jedes Mal erkennt
shared-offline = Zugriff, wenn Sie nicht da sind
shared-offline-text = Die App kann diese Daten auch holen, wenn Sie sie nicht benutzen, bis Sie das beenden
shared-named = Erlaubnis

claim-name = Ihr Name
claim-given-name = Ihr Vorname
claim-family-name = Ihr Nachname
claim-middle-name = Ihr zweiter Vorname
claim-nickname = Ihr Spitzname
claim-preferred-username = Ihr Benutzername
claim-profile = Ihre Profilseite
claim-picture = Ihr Bild
claim-website = Ihre Website
claim-gender = Ihr Geschlecht
claim-birthdate = Ihr Geburtsdatum
claim-zoneinfo = Ihre Zeitzone
claim-locale = Ihre Sprache
claim-external-id = Ihre Nummer anderswo
claim-account-type = Art Ihres Kontos
claim-groups = Ihre Gruppen
claim-email = Ihre E-Mail-Adresse
claim-phone-number = Ihre Telefonnummer
claim-address = Ihre Adresse
claim-empty = Noch nichts. Die App bekommt es, wenn Sie es eintragen.
claim-later-profile = Mehr über Sie
claim-later-profile-text = Weitere persönliche Angaben, zum Beispiel ein Spitzname, wenn Sie sie später eintragen

## Abmeldung

logout-title = Abmelden?
logout-text = Sie werden auf diesem Gerät abgemeldet.
logout-app-text = { $app } möchte Sie auf diesem Gerät abmelden.
logout-button = Abmelden
logout-stay-button = Angemeldet bleiben
held-title = Ihre Sitzung ist beendet
held-text = Es ist noch nichts geschehen. Was Sie eingegeben haben, bleibt auf dieser Seite.
held-sign-in = Melden Sie sich in einem neuen Tab wieder an
held-come-back = Kommen Sie dann auf diese Seite zurück und senden Sie sie ab
held-send-button = Noch einmal senden
signed-out-title = Sie sind abgemeldet
signed-out-text = Sie sind auf diesem Gerät von { $name } abgemeldet. Andere Apps können noch offen sein.
signed-out-shared-computer = Wenn andere Menschen dieses Gerät benutzen, schließen Sie jetzt alle Browserfenster.

## Rahmen

framed-title = In einem neuen Fenster anmelden
framed-text = Damit Ihr Passwort sicher bleibt, fragen wir nicht innerhalb einer anderen Seite danach.
framed-button = In neuem Fenster öffnen

## Die erste Seite

home-title = Sie sind angemeldet
home-text = Sie können sich jetzt mit Ihrem Konto von { $name } bei Apps anmelden. Beginnen Sie bei der App.
home-since = seit { $time }
