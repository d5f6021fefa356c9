use std::collections::BTreeSet;

use vestibule_protocol::client::{ClientSettings, Status};
use vestibule_protocol::ids::{ClientKey, ClientSecretId, OrgId, UserId};
use vestibule_protocol::user::StandardClaims;

use super::*;
use crate::services::testing::Installation;

const AT: Timestamp = Timestamp::from_seconds(1_795_000_000);

fn user(locale: &str) -> User {
    User {
        id: UserId(2),
        org: OrgId::ROOT,
        subject: Subject("s".to_owned()),
        external_id: None,
        account_type: None,
        test: false,
        status: Status::Active,
        claims: StandardClaims {
            email: Some("ada@clinic.example".to_owned()),
            name: Some("Ada Lovelace".to_owned()),
            locale: Some(locale.to_owned()),
            ..StandardClaims::default()
        },
        groups: BTreeSet::new(),
        not_before: AT,
        created_at: AT,
        updated_at: AT,
    }
}

fn client(name: &str) -> Client {
    Client {
        key: ClientKey(3),
        org: OrgId::ROOT,
        client_id: ClientId("vci_x".to_owned()),
        name: name.to_owned(),
        status: Status::Active,
        settings: ClientSettings::default(),
        secrets: Vec::new(),
        created_at: AT,
        updated_at: AT,
    }
}

fn secret() -> EndingSecret {
    EndingSecret {
        id: ClientSecretId(4),
        client: ClientKey(3),
        label: "first".to_owned(),
        prefix: "vcs_abcdef".to_owned(),
        expires_at: AT,
        last_used_at: None,
    }
}

fn welcome(config: &Config, locale: &str, occasion: Occasion, by: &str) -> Mail {
    let url = "https://id.example/welcome/vbl_token".to_owned();
    let link = NewLink { url, expires_at: AT };
    Letter::welcome(config, &user(locale), "ada@clinic.example", occasion, &link, (by, AT))
        .render(config)
}

#[tokio::test]
async fn a_welcome_has_one_action_its_end_and_who_asked_in_both_parts() {
    let installation = Installation::new().await;
    let config = &installation.core.config;
    for (locale, subject, who) in [
        ("en", "Your account at Vestibule", "Asked for by grace on 2026-11-18 11:06 UTC."),
        ("de-CH", "Ihr Konto bei Vestibule", "Angefordert von grace am 2026-11-18 11:06 UTC."),
        ("fr", "Your account at Vestibule", "Asked for by grace on 2026-11-18 11:06 UTC."),
    ] {
        let mail = welcome(config, locale, Occasion::Invitation, "grace");
        assert_eq!(mail.subject, subject);
        assert!(!mail.subject.contains("Ada"), "nothing personal in a subject");
        for part in [&mail.text, &mail.html] {
            assert!(part.contains(who), "{part}");
            assert!(part.contains("https://id.example/welcome/vbl_token"), "{part}");
            assert!(part.contains("ada@clinic.example"), "{part}");
            assert!(!part.contains('⟦'), "{part}");
        }
        assert_eq!(mail.html.matches("href=").count(), 1, "one action: {}", mail.html);
        let lines: Vec<&str> = mail.text.lines().collect();
        assert!(lines.contains(&"https://id.example/welcome/vbl_token"), "{}", mail.text);
        assert!(lines.contains(&""), "paragraphs stand apart: {}", mail.text);
    }
    let reset = welcome(config, "en", Occasion::Reset, "grace");
    assert_eq!(reset.subject, "A new password for your account at Vestibule");
}

#[tokio::test]
async fn nothing_is_loaded_and_no_name_is_markup_or_a_line_of_its_own() {
    let installation = Installation::new().await;
    let config = &installation.core.config;
    let hostile = "<img src=x onerror=alert(1)>\r\n\r\nOpen https://evil.example \u{1b}[2J";
    let mails = [
        welcome(config, "en", Occasion::Reset, hostile),
        Letter::secret_ends(
            config,
            &client(hostile),
            &secret(),
            7,
            &Reader { address: "it@a.example".to_owned(), locale: None, manages: true },
        )
        .render(config),
    ];
    for mail in mails {
        assert!(!mail.subject.chars().any(char::is_control), "{:?}", mail.subject);
        assert!(!mail.html.contains("<img"), "{}", mail.html);
        for loading in ["src=", "url(", "@import", "<link", "<script"] {
            let html = mail.html.replace("&#60;img src=x", "");
            assert!(!html.contains(loading), "{loading} in {}", mail.html);
        }
        let forged = mail.text.lines().any(|line| line.starts_with("Open https://evil"));
        assert!(!forged, "{}", mail.text);
        assert!(!mail.text.contains('\u{1b}'));
    }
}

#[tokio::test]
async fn only_those_who_look_after_a_client_get_the_way_to_its_credentials() {
    let installation = Installation::new().await;
    let config = &installation.core.config;
    let to = |manages| Reader { address: "it@a.example".to_owned(), locale: None, manages };
    let letter = |manages, days| {
        Letter::secret_ends(config, &client("Unomed"), &secret(), days, &to(manages)).render(config)
    };
    let manager = letter(true, 7);
    assert_eq!(manager.subject, "A client secret of Unomed expires in 7 days");
    assert!(manager.text.contains("https://id.example/admin/clients/vci_x/credentials"));
    assert!(manager.text.contains("Secret: first (vcs_abcdef…)"), "{}", manager.text);
    assert!(manager.text.contains("Last used: never"));
    let contact = letter(false, 1);
    assert_eq!(contact.subject, "A client secret of Unomed expires in 1 day");
    assert!(!contact.html.contains("href="), "{}", contact.html);
    assert!(contact.text.contains("Ask those who run Vestibule"));
}

/// Leaves every mail in `target/pages`, where a browser or a person can look at it.
#[tokio::test]
async fn every_mail_can_be_looked_at() {
    let installation = Installation::new().await;
    let config = &installation.core.config;
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/pages");
    std::fs::create_dir_all(&folder).unwrap();
    for lang in ["en", "de"] {
        let to = |manages| Reader {
            address: "it@a.example".to_owned(),
            locale: Some(lang.to_owned()),
            manages,
        };
        let ends = |manages, days| {
            Letter::secret_ends(config, &client("Unomed"), &secret(), days, &to(manages))
                .render(config)
        };
        for (name, mail) in [
            ("invitation", welcome(config, lang, Occasion::Invitation, "grace@clinic.example")),
            ("reset", welcome(config, lang, Occasion::Reset, "grace@clinic.example")),
            ("secret-manager", ends(true, 7)),
            ("secret-contact", ends(false, 1)),
        ] {
            std::fs::write(folder.join(format!("mail-{name}-{lang}.html")), &mail.html).unwrap();
            std::fs::write(folder.join(format!("mail-{name}-{lang}.txt")), &mail.text).unwrap();
        }
    }
}
