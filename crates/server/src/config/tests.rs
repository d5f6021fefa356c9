use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::*;

const KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A folder of its own, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path =
            std::env::temp_dir().join(format!("vestibule-config-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, text: &str, mode: u32) -> PathBuf {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn load(text: &str, variables: &[(&str, &str)]) -> Result<Config, Faults> {
    let folder = Folder::new();
    let file = folder.write("vestibule.toml", text, 0o600);
    let variables =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Config::load(&Sources { variables, ..Sources::file(file) })
}

fn minimal(more: &str) -> String {
    format!("issuer = \"https://id.example\"\n{more}\n[secrets]\nmaster_key = \"{KEY}\"\n")
}

fn faults(text: &str, variables: &[(&str, &str)]) -> Vec<Fault> {
    load(text, variables).expect_err("faults were expected").0
}

#[test]
fn a_minimal_file_is_enough_and_defaults_are_those_of_the_documents() {
    let config = load(&minimal(""), &[]).unwrap();
    assert_eq!(config.issuer.as_str(), "https://id.example");
    assert_eq!(config.server.bind.to_string(), "127.0.0.1:8080");
    assert_eq!(config.server.management_bind.unwrap().to_string(), "127.0.0.1:9000");
    assert_eq!(config.session.idle, Duration::from_secs(3600));
    assert_eq!(config.password.min_length, 15);
    assert_eq!(config.tokens.lifetimes().code_seconds, 60);
    assert_eq!(config.keys.jwks_max_age, Duration::from_secs(900));
    assert!(!config.server.http2);
}

#[test]
fn all_faults_are_told_at_once_each_with_its_place() {
    let text = "[server]\nbind = \"nowhere\"\nworkers = \"many\"\nbnid = \"x\"\n\n[session]\nidle = \"soon\"\n\n[password]\nmin_length = 3\n";
    let found = faults(text, &[]);
    let keys: Vec<&str> = found.iter().map(|fault| fault.key.as_str()).collect();
    for key in [
        "issuer",
        "server.bind",
        "server.workers",
        "server.bnid",
        "session.idle",
        "password.min_length",
        "secrets.master_key_file",
    ] {
        assert_eq!(keys.iter().filter(|k| **k == key).count(), 1, "{key} in {keys:?}");
    }
    let by_key = |key: &str| found.iter().find(|fault| fault.key == key).unwrap();
    assert!(by_key("server.bind").origin.ends_with("vestibule.toml line 2"));
    assert_eq!(by_key("server.bind").came.as_deref(), Some("\"nowhere\""));
    assert!(by_key("server.bnid").problem.contains("did you mean server.bind?"));
    assert_eq!(by_key("server.workers").problem, "expected a whole number from 0 to 1024");
    assert!(by_key("session.idle").problem.contains("30m"));
    assert_eq!(by_key("password.min_length").problem, "must lie between 8 and 128");
}

#[test]
fn variables_win_over_files_and_have_the_types_of_their_keys() {
    let config = load(
        &minimal("[server]\nworkers = 3\n[branding]\nname = \"File\""),
        &[
            ("VESTIBULE_SERVER__WORKERS", "5"),
            ("VESTIBULE_BRANDING__NAME", "12345"),
            ("VESTIBULE_SERVER__TRUSTED_PROXIES", "10.0.0.0/8, fd00::/8"),
            ("VESTIBULE_SERVER__MANAGEMENT_BIND", "off"),
            ("VESTIBULE_CONFIG", "elsewhere.toml"),
            ("DATABASE_URL", "postgres://me:pw@db/x"),
            ("PORT", "7070"),
            ("UNRELATED", "x"),
        ],
    )
    .unwrap();
    assert_eq!(config.server.workers, 5);
    assert_eq!(config.branding.name, "12345");
    assert_eq!(config.server.trusted_proxies.len(), 2);
    assert_eq!(config.server.management_bind, None);
    assert_eq!(config.server.bind.to_string(), "127.0.0.1:7070");
    assert_eq!(config.database.url.expose(), "postgres://me:pw@db/x");
}

#[test]
fn an_unknown_variable_is_told_with_the_one_that_was_meant() {
    let found = faults(&minimal(""), &[("VESTIBULE_SESION__IDLE", "1h")]);
    assert_eq!(found.len(), 1);
    assert!(found[0].problem.contains("did you mean VESTIBULE_SESSION__IDLE?"), "{}", found[0]);
}

#[test]
fn an_unknown_section_is_told_with_the_one_that_was_meant() {
    let found = faults(&minimal("[sevrer]\nbind = \"127.0.0.1:80\""), &[]);
    assert_eq!(found.len(), 1);
    assert!(found[0].problem.ends_with("did you mean server?"), "{}", found[0]);
}

#[test]
fn opentelemetrys_own_variables_say_where_traces_go_and_whether() {
    let (all, traces) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
    let stated = "[telemetry]\notlp_endpoint = \"http://file:4318\"";
    for (file, variables, expected) in [
        ("", vec![(all, "http://all:4318")], Some("http://all:4318")),
        (stated, vec![(all, "http://all:4318")], Some("http://all:4318")),
        ("", vec![(traces, "http://t:4318/v1/traces")], Some("http://t:4318/v1/traces")),
        ("", vec![(traces, "http://t:1"), (all, "http://all:4318")], Some("http://t:1")),
        ("", vec![(all, "http://all:4318"), (traces, "")], Some("http://all:4318")),
        ("", vec![(all, "http://all:4318"), ("OTEL_SDK_DISABLED", "True")], None),
        ("", vec![(all, "http://all:4318"), ("OTEL_SDK_DISABLED", "1")], Some("http://all:4318")),
        (stated, vec![("OTEL_TRACES_EXPORTER", "none")], None),
        (stated, vec![("OTEL_TRACES_EXPORTER", "otlp")], Some("http://file:4318")),
    ] {
        let config = load(&minimal(file), &variables).unwrap();
        assert_eq!(config.telemetry.otlp_endpoint.as_deref(), expected, "{file} {variables:?}");
    }
}

#[test]
fn variables_of_a_shell_do_not_reach_a_development_file() {
    let config = load(
        &format!("development = true\n{}", minimal("")),
        &[("DATABASE_URL", "postgres://prod")],
    )
    .unwrap();
    assert!(config.database.url.expose().starts_with("sqlite:"));
}

#[test]
fn relative_paths_start_at_the_file_that_names_them() {
    let folder = Folder::new();
    folder.write("k", &format!("{KEY}\n"), 0o600);
    let text = "issuer = \"https://id.example\"\n[database]\nurl = \"sqlite:data.db\"\n[secrets]\nmaster_key_file = \"k\"\n";
    let file = folder.write("vestibule.toml", text, 0o600);
    let config = Config::load(&Sources::file(file)).unwrap();
    assert_eq!(config.secrets.master_key.unwrap().expose(), KEY);
    assert_eq!(config.database.url.expose(), format!("sqlite:{}/data.db", folder.0.display()));
}

#[test]
fn a_secret_and_its_file_exclude_each_other() {
    let folder = Folder::new();
    let key = folder.write("k", KEY, 0o600);
    let text = format!("{}master_key_file = \"{}\"\n", minimal(""), key.display());
    let found = faults(&text, &[]);
    assert_eq!(found.len(), 1);
    assert!(found[0].problem.contains("keep one of the two"), "{}", found[0]);
}

#[test]
fn a_key_file_that_everyone_can_read_is_refused() {
    let folder = Folder::new();
    let key = folder.write("k", KEY, 0o644);
    let text = format!(
        "issuer = \"https://id.example\"\n[secrets]\nmaster_key_file = \"{}\"\n",
        key.display()
    );
    let found = faults(&text, &[]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].problem.contains("chmod 600"), "{}", found[0]);
}

#[test]
fn i17_no_fault_and_no_listing_shows_a_secret() {
    let text = "issuer = \"https://id.example\"\n[database]\nurl = \"mysql://me:hunter2@db/x\"\n[secrets]\nmaster_key = \"hunter2\"\n";
    let told = format!("{:?}", faults(text, &[]));
    assert!(told.contains("secrets.master_key") && told.contains("database.url"));
    assert!(!told.contains("hunter2"), "{told}");
    let folder = Folder::new();
    let file = folder.write("vestibule.toml", text, 0o600);
    let listing = format!("{:?}", show::shown_keys(&Sources::file(file)));
    assert!(listing.contains("secrets.master_key") && !listing.contains("hunter2"), "{listing}");
}

#[test]
fn mail_needs_a_relay_and_a_sender_and_shows_no_password() {
    let folder = Folder::new();
    let password = folder.write("password", "hunter2\n", 0o600);
    let mail = "[mail]\nurl = \"smtps://relay.example\"\nusername = \"clinic\"\nfrom = \"Lakeside <no-reply@clinic.example>\"";
    let config =
        load(&minimal(mail), &[("VESTIBULE_MAIL__PASSWORD_FILE", &password.display().to_string())])
            .unwrap();
    assert_eq!(config.mail.password.as_ref().unwrap().expose(), "hunter2");
    assert!(!format!("{config:?}").contains("hunter2"));
    assert!(load(&minimal(""), &[]).unwrap().mail.url.is_none(), "mail is off unless it is set");
    let within = mail.replace("smtps://", "smtps://me:hunter2@");
    let told = format!("{:?}", faults(&minimal(&within), &[("VESTIBULE_MAIL__PASSWORD", "x")]));
    assert!(told.contains("mail.password_file") && !told.contains("hunter2"), "{told}");
}

#[test]
fn files_that_are_missing_or_no_toml_are_told_as_such() {
    let missing = Config::load(&Sources::file("/nowhere/vestibule.toml".into())).unwrap_err();
    assert!(missing.0.iter().any(|fault| fault.problem.contains("cannot be read")));
    let broken = faults("issuer = \"https://id.example\"\n[server\n", &[]);
    assert!(broken.iter().any(|fault| fault.problem.contains("line 2")), "{broken:?}");
}

#[test]
fn values_that_do_not_fit_each_other_are_told() {
    for (more, key) in [
        ("[session]\nidle = \"2d\"\nabsolute = \"1d\"", "session.idle"),
        ("[keys]\nrotate_every = \"1h\"", "keys.rotate_every"),
        ("[keys]\nrsa_bits = 1024", "keys.rsa_bits"),
        ("[server]\nmanagement_bind = \"127.0.0.1:8080\"", "server.management_bind"),
        ("[server.tls]\ncertificate_file = \"x\"", "server.tls"),
        ("[tokens]\naccess_token = \"2h\"", "tokens.access_token"),
        ("[limits]\nform_body = \"1B\"", "limits.form_body"),
        ("[limits]\nsign_in_per_minute = 0", "limits.sign_in_per_minute"),
        ("[telemetry]\nlog_level = \"vestibule=loudly\"", "telemetry.log_level"),
        ("[branding]\nname = \"\"", "branding.name"),
        ("[locales]\ndefault = \"!\"", "locales.default"),
        ("[mail]\nurl = \"smtp://relay.example\"", "mail.from"),
        ("[mail]\nurl = \"relay.example\"\nfrom = \"a@b.example\"", "mail.url"),
        ("[mail]\nfrom = \"a@b.example\"", "mail.from"),
        ("[mail]\nurl = \"smtp://relay.example\"\nfrom = \"nobody\"", "mail.from"),
        (
            "[mail]\nurl = \"smtp://r.example\"\nfrom = \"a@b.example\"\nusername = \"me\"",
            "mail.username",
        ),
        (
            "[mail]\nurl = \"smtp://r.example\"\nfrom = \"a@b.example\"\npassword = \"x\"",
            "mail.password",
        ),
        (
            "[mail]\nurl = \"smtp://r.example\"\nfrom = \"a@b.example\"\nca_file = \"none.pem\"",
            "mail.ca_file",
        ),
        (
            "[mail]\nurl = \"smtp://r.example\"\nfrom = \"a@b.example\"\ntimeout = \"1h\"",
            "mail.timeout",
        ),
        ("server = 5", "server"),
        ("[server.bind]\nx = 1", "server.bind"),
    ] {
        let found = faults(&minimal(more), &[]);
        assert!(found.iter().any(|fault| fault.key == key), "{more}: {found:?}");
    }
}

#[test]
fn the_reference_page_is_the_one_in_the_documents() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/configuration.md");
    let written = std::fs::read_to_string(&page).unwrap_or_default();
    assert_eq!(
        written,
        reference::markdown(),
        "write it anew: cargo run -- config reference > docs/reference/configuration.md"
    );
}

#[test]
fn every_key_is_documented_and_every_secret_marked() {
    for key in catalogue::keys() {
        assert!(!key.description.is_empty(), "{} has no description", key.path);
    }
    let secrets: Vec<&str> =
        catalogue::keys().iter().filter(|key| key.secret).map(|key| key.path.as_str()).collect();
    let expected = [
        "database.url",
        "secrets.master_key",
        "secrets.previous_master_key",
        "mail.url",
        "mail.password",
    ];
    assert_eq!(secrets, expected);
}

#[test]
fn a_file_that_cannot_be_read_is_the_only_fault() {
    let folder = Folder::new();
    let endless = PathBuf::from("/dev/zero");
    let broken = folder.write("broken.toml", "issuer = \"https://id.example", 0o600);
    for file in [endless, broken, folder.0.clone(), folder.0.join("nowhere")] {
        let Faults(faults) = Config::load(&Sources::file(file)).unwrap_err();
        assert_eq!(faults.len(), 1, "what the file may say is not told to be missing: {faults:?}");
    }
}

#[test]
fn a_secret_file_that_is_none_is_told_so_and_no_permissions_are_advised() {
    for no_file in ["/dev/zero", "/dev/null", "/tmp"] {
        let text =
            format!("issuer = \"https://id.example\"\n[secrets]\nmaster_key_file = {no_file:?}\n");
        let told = format!("{:?}", faults(&text, &[]));
        assert!(!told.contains("chmod"), "{told}");
        assert!(told.contains("master_key"), "{told}");
    }
}

#[test]
fn a_variable_that_is_no_text_is_a_fault() {
    let folder = Folder::new();
    let file = folder.write("vestibule.toml", &minimal(""), 0o600);
    let unreadable = vec!["VESTIBULE_SERVER__BIND".to_owned()];
    let Faults(faults) = Config::load(&Sources { unreadable, ..Sources::file(file) }).unwrap_err();
    assert_eq!(faults.len(), 1);
    assert!(faults[0].to_string().contains("VESTIBULE_SERVER__BIND"), "{faults:?}");
}

#[test]
fn p8_a_database_url_that_cannot_be_read_is_a_fault_that_shows_no_password() {
    for url in [
        "postgres://me:hunter2%zz@db/x",
        "postgres://me:hun/ter2@db/x",
        "postgres:me:hunter2@db/x",
        "host=db password=hunter2",
    ] {
        let told = format!("{:?}", faults(&minimal(""), &[("DATABASE_URL", url)]));
        assert!(told.contains("database.url"), "{told}");
        assert!(!told.contains("ter2"), "{told}");
        let folder = Folder::new();
        let file = folder.write("url", url, 0o600).display().to_string();
        let told =
            format!("{:?}", faults(&minimal(""), &[("VESTIBULE_DATABASE__URL_FILE", &file)]));
        assert!(told.contains("database.url_file"), "{told}");
        assert!(!told.contains("ter2"), "{told}");
    }
}
