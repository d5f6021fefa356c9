## Mails

mail-invitation-title = Ihr Konto bei { $name }
mail-invitation-text = Für Sie wurde ein Konto bei { $name } angelegt. Wählen Sie ein Passwort, um es zu nutzen.
mail-invitation-action = Passwort wählen
mail-invitation-unexpected = Falls Sie das nicht erwartet haben, tun Sie nichts: Ohne Passwort kann niemand das Konto nutzen.

mail-reset-title = Ein neues Passwort für Ihr Konto bei { $name }
mail-reset-text = Hier ist der Link, mit dem Sie ein neues Passwort wählen.
mail-reset-action = Neues Passwort wählen
mail-reset-unexpected = Falls Sie nicht darum gebeten haben, tun Sie nichts: Ihr Passwort bleibt, wie es ist.

mail-signs-in-as = Sie melden sich als { $username } an.
mail-once-until = Der Link gilt einmal, bis { $at }.
mail-asked-by = Angefordert von { $by } am { $at }.
mail-or-address = Oder öffnen Sie diese Adresse:
mail-help = Hilfe:

mail-secret-title = Ein Client-Secret von { $app } läuft ab in { $left }
mail-secret-text = Ein Secret, mit dem sich { $app } bei { $name } ausweist, läuft in { $left } ab. Danach wird es abgelehnt, und niemand kann sich über { $name } bei { $app } anmelden, wenn dort kein anderes verwendet wird.
mail-secret-manager = Erstellen Sie ein neues Secret, übergeben Sie es, und prüfen Sie, dass es verwendet wird, bevor dieses abläuft.
mail-secret-contact = Bitten Sie die Betreiber von { $name } um ein neues Secret, falls Sie nicht schon eines verwenden, und setzen Sie es ein, bevor dieses abläuft.
mail-secret-action = Zugangsdaten des Clients öffnen
mail-fact-client = Client
mail-fact-secret = Secret
mail-fact-ends = Läuft ab
mail-fact-used = Zuletzt verwendet
mail-never = nie
mail-days = { $count ->
    [one] 1 Tag
   *[other] { $count } Tagen
}

mail-test-title = Testmail von { $name }
mail-test-text = E-Mails von { $name } kommen hier an.
