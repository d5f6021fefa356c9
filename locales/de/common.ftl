## Texte jeder Seite. Einfache Wörter, kurze Sätze, keine Vorwürfe.

skip-to-content = Zum Inhalt springen
language-label = Sprache
help-link = Hilfe
issuer-note = Diese Seite ist von { $host }
development-note = Entwicklungsserver: keine echten Daten verwenden
title-error = Fehler: { $page }
summary-title = Es gibt ein Problem
test-app = Test

## Warten

wait-seconds = { $count ->
    [one] { $count } Sekunde
   *[other] { $count } Sekunden
}
wait-minutes = { $count ->
    [one] { $count } Minute
   *[other] { $count } Minuten
}

## Wer angemeldet ist

signed-in-as = Angemeldet als
signing-in-as = Anmeldung als
other-account = Anderes Konto verwenden

## Felder

email-label = E-Mail
name-label = Ihr Name
password-label = Passwort
password-show = Zeigen
password-hide = Verbergen
password-shown = Ihr Passwort ist sichtbar
password-hidden = Ihr Passwort ist verborgen

## Weiter zur App

leave-title = Zurück zur App
leave-text = Wir bringen Sie zurück zu { $app }.
continue-to-app = Weiter zu { $app }
back-to-app = Zurück zu { $app }
start-again-from-app = Bei { $app } neu beginnen
start-again = Gehen Sie zurück zu der App, von der Sie kommen, und beginnen Sie neu.
