//! An installation on disk: configuration, master key, database. Real processes serve it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use serde_json::Value;
use vestibule_keys::MasterKey;

use crate::browser::Person;
use crate::databases::Database;
use crate::process::{self, Process, free_port};
use crate::relying_party::RelyingParty;

/// A password that every password policy of ours accepts.
pub const PASSWORD: &str = "eleven quiet otters rowing north";

/// Everything a server needs to start.
pub struct Installation {
    /// Where it keeps its rows.
    pub database: Database,
    /// The issuer, which is also where the first process listens.
    pub issuer: String,
    folder: tempfile::TempDir,
}

impl Installation {
    /// Writes a configuration and a master key beside a database with the schema in place.
    pub fn new(database: Database) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let address = format!("127.0.0.1:{}", free_port());
        let key = folder.path().join("master.key");
        let fresh = MasterKey::parse(MASTER_KEY).expect("a master key of 32 bytes");
        fresh.write_file(&key).expect("a new file can be written");
        let issuer = format!("http://{address}");
        let config = format!(
            "issuer = \"{issuer}\"\n\
             [server]\nbind = \"{address}\"\nmanagement_bind = \"off\"\nworkers = 1\n\
             [database]\nurl = \"{}\"\nreaders = 2\nallow_unsafe_durability = true\n\
             [secrets]\nmaster_key_file = \"{}\"\n\
             [password]\nthreads = 1\n",
            database.url(),
            key.display(),
        );
        let installation = Self { database, issuer, folder };
        std::fs::write(installation.config(), config).expect("a new file can be written");
        installation
    }

    /// The same behind TLS of its own, with a certificate for `localhost`.
    pub fn over_tls(database: Database) -> Self {
        let mut installation = Self::new(database);
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]);
        let made = made.expect("a certificate");
        let file = |name: &str, text: String| {
            let path = installation.folder.path().join(name);
            std::fs::write(&path, text).expect("a new file can be written");
            let ours = std::fs::Permissions::from_mode(0o600);
            std::fs::set_permissions(&path, ours).expect("our own file");
            path.display().to_string()
        };
        let certificate = file("certificate.pem", made.cert.pem());
        let key = file("key.pem", made.signing_key.serialize_pem());
        let issuer = installation.issuer.replace("http://127.0.0.1", "https://localhost");
        let config = std::fs::read_to_string(installation.config()).expect("our own file");
        let config = config.replace(&installation.issuer, &issuer)
            + &format!(
                "[server.tls]\ncertificate_file = \"{certificate}\"\nkey_file = \"{key}\"\n"
            );
        std::fs::write(installation.config(), config).expect("our own file can be written");
        installation.issuer = issuer;
        installation
    }

    /// The same with more settings: `("limits", "account_hard_cap = 10")`.
    pub fn with(database: Database, settings: &[(&str, &str)]) -> Self {
        let installation = Self::new(database);
        let mut config = std::fs::read_to_string(installation.config()).expect("our own file");
        for (section, line) in settings {
            let header = format!("[{section}]\n");
            if !config.contains(&header) {
                config.push_str(&header);
            }
            config = config.replace(&header, &format!("{header}{line}\n"));
        }
        std::fs::write(installation.config(), config).expect("our own file can be written");
        installation
    }

    /// The configuration file.
    pub fn config(&self) -> PathBuf {
        self.folder.path().join("vestibule.toml")
    }

    /// The certificate of [`Installation::over_tls`].
    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("certificate.pem")
    }

    /// Starts the process that listens where the issuer says.
    pub fn serve(&self) -> Process {
        Process::serve(&self.config(), &self.issuer)
    }

    /// Starts one more process on the same database, at a port of its own.
    pub fn serve_beside(&self) -> Process {
        let address = format!("127.0.0.1:{}", free_port());
        let config = self.config();
        let config = config.to_str().expect("temporary folders have plain names");
        let mut command = process::command(&["serve", "--config", config]);
        command.env("VESTIBULE_SERVER__BIND", &address);
        Process::start(command, &format!("http://{address}"))
    }

    /// Runs a command of the program on this installation; it must succeed and print JSON.
    pub fn cli(&self, arguments: &[&str]) -> Value {
        let config = self.config();
        let config = config.to_str().expect("temporary folders have plain names");
        process::run_json(&[arguments, &["--config", config]].concat())
    }

    /// Registers a client as an administrator would.
    pub fn client(&self, server: &Process) -> RelyingParty {
        let redirect_uri = "https://rp.test/cb";
        let printed = self.cli(&[
            "client",
            "add",
            "--name",
            "Clinic",
            "--redirect-uri",
            redirect_uri,
            "--scope",
            "openid profile email offline_access",
            "--auth-method",
            "basic_or_post",
            "--pkce",
            "optional",
            "--json",
        ]);
        let text =
            |name: &str| printed[name].as_str().unwrap_or_else(|| panic!("{printed}")).to_owned();
        RelyingParty::new(&server.issuer, &text("client_id"), &text("client_secret"), redirect_uri)
    }

    /// Adds a user as an administrator would.
    pub fn person(&self, email: &str) -> Person {
        let config = self.config();
        let config = config.to_str().expect("temporary folders have plain names");
        let arguments = [
            "user",
            "add",
            "--email",
            email,
            "--given-name",
            "Ada",
            "--password-stdin",
            "--json",
            "--config",
            config,
        ];
        let output = process::run_with_input(&arguments, &format!("{PASSWORD}\n"));
        assert!(output.status.success(), "{output:?}");
        Person { email: email.to_owned(), password: PASSWORD.to_owned() }
    }
}

/// A key that protects nothing but throw-away databases.
const MASTER_KEY: &str = "dGhpcnR5LXR3byBieXRlcyBvZiBhIHRlc3Qga2V5ISE";
