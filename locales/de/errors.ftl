## Die Fehlerseite

error-code-label = Fehlercode
case-code-label = Fallnummer
case-code-note = Nennen Sie diese Fallnummer, wenn Sie um Hilfe bitten.
developer-details = Angaben für die Entwickler der App

error-unknown-app = Wir kennen diese App nicht
error-unknown-app-text = Die App, von der Sie kommen, ist bei uns nicht eingerichtet. Bitte sagen Sie es den Leuten, die die App betreiben.
error-redirect-uri = Diese App ist nicht richtig eingerichtet
error-redirect-uri-text = Wir können Sie nicht zur App zurückbringen, darum haben wir angehalten. Es wurde nichts geteilt. Bitte sagen Sie es den Leuten, die die App betreiben.
error-request = Wir konnten die Anfrage der App nicht lesen
error-request-text = Die App hat etwas geschickt, das wir nicht verstehen. Es wurde nichts geteilt.
error-expired = Diese Anmeldung hat zu lange gedauert
error-expired-text = Zu Ihrer Sicherheit muss eine Anmeldung in wenigen Minuten und in einem Browser fertig sein.
error-already-done = Diese Anmeldung ist schon fertig
error-already-done-text = Vielleicht haben Sie die Zurück-Taste benutzt oder zweimal geklickt. Das ist in Ordnung.
error-cookies = Ihr Browser hat unser Cookie nicht behalten
error-cookies-text = Erlauben Sie Cookies für diese Website. Beginnen Sie dann neu.
error-forgery = Wir konnten dieses Formular nicht annehmen
error-forgery-text = Vielleicht war die Seite zu lange offen, oder in zwei Fenstern.
error-not-allowed = Ihr Konto kann hier nicht verwendet werden
error-not-allowed-text = Mit Ihrem Konto ist alles in Ordnung, aber es gibt keinen Zugang zu dieser App. Bitten Sie die Leute, die die App betreiben, um Zugang.
error-link = Dieser Link funktioniert nicht mehr
error-link-text = Vielleicht wurde er schon benutzt, oder er ist zu alt. Bitten Sie um einen neuen Link.
error-not-found = Wir konnten diese Seite nicht finden
error-not-found-text = Prüfen Sie die Adresse, oder gehen Sie dorthin zurück, woher Sie kommen.
error-method = So kann diese Seite nicht benutzt werden
error-method-text = Gehen Sie dorthin zurück, woher Sie kommen, und versuchen Sie es noch einmal.
error-too-large = Das war zu viel auf einmal
error-too-large-text = Gehen Sie zurück und senden Sie weniger.
error-too-many = Bitte warten Sie einen Moment
error-too-many-text = Aus Ihrem Netz kamen zu viele Versuche. Sie können es in { $wait } wieder versuchen.
error-unavailable = Gerade ist sehr viel los
error-unavailable-text = Es ging nichts verloren. Bitte versuchen Sie es in { $wait } wieder.
error-server = Bei uns ist etwas schiefgegangen
error-server-text = Das tut uns leid. Es wurde nichts geteilt. Bitte versuchen Sie es später wieder.

## What the catalogue of errors tells the person

voice-background = Die App konnte Ihre Anmeldung nicht abschließen. Es wurde nur weitergegeben, was Sie erlaubt haben. Bitte sagen Sie es den Betreibern der App.
voice-own-choice = Sie haben vorher aufgehört. Das ist in Ordnung. Sie können in der App neu beginnen.
voice-sign-in-again = Melden Sie sich in der App noch einmal an.
voice-password = Der Name oder das Passwort stimmte nicht. Versuchen Sie es noch einmal, oder bitten Sie um Hilfe.
voice-too-many = Aus Ihrem Netz kamen zu viele Versuche. Bitte warten Sie ein wenig und versuchen Sie es noch einmal.
voice-unavailable = Es ist gerade sehr viel los. Nichts ging verloren. Bitte versuchen Sie es gleich noch einmal.
