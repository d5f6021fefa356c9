use super::*;
use crate::config::Sources;

fn config(branding: &str) -> Config {
    let text = format!(
        "issuer = \"https://id.example\"\n[branding]\nname = {branding:?}\n[mail]\n\
         url = \"smtp://relay.example\"\nfrom = \"no-reply@clinic.example\"\nreply_to = \"it@clinic.example\"\n\
         [secrets]\nmaster_key = \"AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA\"\n"
    );
    let name = format!("vestibule-smtp-{}-{}.toml", std::process::id(), crate::random::text::<8>());
    let file = std::env::temp_dir().join(name);
    std::fs::write(&file, text).unwrap();
    let config = Config::load(&Sources::file(file.clone())).unwrap();
    std::fs::remove_file(file).unwrap();
    config
}

fn mail(to: &str, subject: &str) -> Mail {
    let text = "Grüezi\nhttps://id.example/welcome/x".to_owned();
    Mail { to: to.to_owned(), subject: subject.to_owned(), text, html: "<p>x</p>".to_owned() }
}

fn head(config: &Config, mail: &Mail) -> String {
    let (_, content) = compose(config, mail, 7, Timestamp::from_seconds(1_795_000_000)).unwrap();
    let content = String::from_utf8(content).unwrap();
    content.split("\r\n\r\n").next().unwrap().to_owned()
}

#[test]
fn a_mail_says_who_sends_it_when_and_that_no_machine_is_to_answer() {
    let head = head(&config("Lakeside"), &mail("ada@clinic.example", "Your account"));
    for field in [
        "From: Lakeside <no-reply@clinic.example>",
        "Reply-To: it@clinic.example",
        "To: ada@clinic.example",
        "Subject: Your account",
        "Message-ID: <7@id.example>",
        "Auto-Submitted: auto-generated",
        "Date: Wed, 18 Nov 2026",
        "Content-Type: multipart/alternative",
    ] {
        assert!(head.contains(field), "{field} is not in\n{head}");
    }
}

#[test]
fn no_name_adds_a_header_or_a_recipient() {
    let hostile = "Lake\r\nBcc: eve@evil.example\r\n\r\nhello <eve@evil.example>,";
    let mail = mail("ada@clinic.example", hostile);
    let config = config(hostile);
    let (envelope, content) = compose(&config, &mail, 7, Timestamp::from_seconds(0)).unwrap();
    assert_eq!(
        envelope.to().iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["ada@clinic.example"]
    );
    assert_eq!(envelope.from().unwrap().to_string(), "no-reply@clinic.example");
    let content = String::from_utf8(content).unwrap();
    let head = content.split("\r\n\r\n").next().unwrap();
    assert!(head.contains("Content-Type: multipart/alternative"), "the head goes on: {head}");
    let fields = head.lines().filter(|line| !line.starts_with(' '));
    let names: Vec<&str> = fields.map(|line| line.split(':').next().unwrap()).collect();
    assert!(!names.contains(&"Bcc"), "{head}");
    assert_eq!(names.iter().filter(|name| **name == "To").count(), 1, "{head}");
}

#[test]
fn an_address_is_one_address() {
    for (text, expected) in [
        ("ada@clinic.example", Some("ada@clinic.example")),
        (" Ada@Clinic.Example ", Some("Ada@clinic.example")),
        ("ada@klinik-zürich.example", Some("ada@xn--klinik-zrich-klb.example")),
        ("ada@clinic.example,eve@evil.example", None),
        ("ada@clinic.example\r\nRCPT TO:<eve@evil.example>", None),
        ("<ada@clinic.example>", None),
        ("ada", None),
        ("", None),
    ] {
        let found = address(text).ok().map(|address| address.to_string());
        assert_eq!(found.as_deref(), expected, "{text:?}");
    }
}

#[test]
fn what_a_relay_never_takes_is_told_from_what_it_does_not_take_now() {
    let relay: RelayUrl = "smtps://relay.example".parse().unwrap();
    let cause = String::new();
    assert!(SmtpFault::Refused { relay: relay.clone(), cause: cause.clone() }.is_final());
    assert!(!SmtpFault::NotNow { relay: relay.clone(), cause: cause.clone() }.is_final());
    assert!(
        !SmtpFault::SignIn { relay: relay.clone(), cause }.is_final(),
        "the password can be mended"
    );
    assert!(!SmtpFault::NoTls(relay).is_final());
}
