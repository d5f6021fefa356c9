//! What no single key can know: bounds, `_file` twins, and values that must fit each other.

use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use vestibule_store::StoreError;
use zeroize::Zeroizing;

use super::Config;
use super::catalogue::{self, Kind};
use super::faults::Fault;
use super::keys::LONGEST_TOKEN;
use super::secret::{DatabaseUrl, Secret};
use super::sources::{Merged, NOT_SET};
use crate::bounded;

/// Largest file that is read as a secret.
const MAX_SECRET_FILE: u64 = 64 * 1024;
/// Largest file of certificates, or of their key.
const MAX_CERTIFICATES: u64 = 1024 * 1024;

impl Config {
    /// Reads the `_file` twins of secrets into the fields for values.
    pub(super) fn read_secret_files(&mut self, merged: &Merged, faults: &mut Vec<Fault>) {
        if let Some(path) = &self.database.url_file {
            match read_twin(path, "database.url", merged) {
                Ok(text) => self.database.url = DatabaseUrl::new(text),
                Err(fault) => faults.push(fault),
            }
        }
        let secrets = &mut self.secrets;
        for (path, key, value) in [
            (&secrets.master_key_file, "secrets.master_key", &mut secrets.master_key),
            (
                &secrets.previous_master_key_file,
                "secrets.previous_master_key",
                &mut secrets.previous_master_key,
            ),
            (&self.mail.password_file, "mail.password", &mut self.mail.password),
        ] {
            let Some(path) = path else { continue };
            match read_twin(path, key, merged) {
                Ok(text) => *value = Some(Secret::new(text)),
                Err(fault) => faults.push(fault),
            }
        }
    }

    /// Looks at everything together.
    pub(super) fn check(&self, merged: &Merged, faults: &mut Vec<Fault>) {
        check_ranges(merged, faults);
        self.check_secrets(merged, faults);
        self.check_database(merged, faults);
        self.check_server(merged, faults);
        self.check_spans(merged, faults);
        self.check_keys(merged, faults);
        self.check_words(merged, faults);
        self.check_mail(merged, faults);
    }

    fn check_secrets(&self, merged: &Merged, faults: &mut Vec<Fault>) {
        let unread = faults.iter().any(|fault| fault.key.starts_with("secrets.master_key"));
        if self.secrets.master_key.is_none() && !unread {
            faults.push(Fault {
                key: "secrets.master_key_file".to_owned(),
                origin: NOT_SET.to_owned(),
                came: None,
                problem: "the master key is missing; `vestibule init` makes one, or set VESTIBULE_SECRETS__MASTER_KEY_FILE".to_owned(),
            });
        }
        for (key, value) in [
            ("secrets.master_key", &self.secrets.master_key),
            ("secrets.previous_master_key", &self.secrets.previous_master_key),
        ] {
            if value.as_ref().is_some_and(|secret| !is_master_key(secret)) {
                faults.push(merged.fault(
                    key,
                    "a master key is 32 bytes in base64url (43 characters); make one with `vestibule init`",
                ));
            }
        }
    }

    fn check_database(&self, merged: &Merged, faults: &mut Vec<Fault>) {
        let unread = faults.iter().any(|fault| fault.key.starts_with("database.url"));
        let key =
            if self.database.url_file.is_some() { "database.url_file" } else { "database.url" };
        match vestibule_store::check_url(self.database.url.expose()) {
            Err(StoreError::Url(problem)) if !unread => {
                let expected = "write sqlite:PATH or postgres://user:password@host/name";
                faults.push(merged.fault(key, format!("{problem}; {expected}")));
            }
            _ => {}
        }
    }

    fn check_server(&self, merged: &Merged, faults: &mut Vec<Fault>) {
        let server = &self.server;
        if server.management_bind == Some(server.bind) && server.bind.port() != 0 {
            faults.push(merged.fault(
                "server.management_bind",
                "is the same address as server.bind; give it another port, or \"off\"",
            ));
        }
        if server.http2 && !cfg!(feature = "http2") {
            faults.push(merged.fault(
                "server.http2",
                "this program was built without HTTP/2; set it to false, or build with --features http2",
            ));
        }
        let Some(tls) = &server.tls else { return };
        // A listener with TLS that speaks HTTP/2 at all offers it first; it cannot be told not to.
        if !server.http2 && cfg!(feature = "http2") {
            faults.push(merged.fault(
                "server.http2",
                "this program was built with --features http2, which offers HTTP/2 wherever it offers TLS; set it to true, or use a program built without",
            ));
        }
        for (key, path) in [
            ("server.tls.certificate_file", &tls.certificate_file),
            ("server.tls.key_file", &tls.key_file),
        ] {
            if let Err(error) = bounded::bytes(path, MAX_CERTIFICATES) {
                faults.push(merged.fault(key, format!("cannot be read: {error}")));
            }
        }
        if let Some(problem) = too_open(&tls.key_file) {
            faults.push(merged.fault("server.tls.key_file", problem));
        }
    }

    fn check_spans(&self, merged: &Merged, faults: &mut Vec<Fault>) {
        const SECOND: Duration = Duration::from_secs(1);
        const HOUR: Duration = Duration::from_secs(3600);
        const DAY: Duration = Duration::from_secs(24 * 3600);
        const YEAR: Duration = Duration::from_secs(366 * 24 * 3600);
        let within = [
            ("server.shutdown_delay", self.server.shutdown_delay, Duration::ZERO, SECOND * 300),
            ("server.shutdown_grace", self.server.shutdown_grace, Duration::ZERO, HOUR),
            ("database.statement_timeout", self.database.statement_timeout, SECOND, HOUR),
            ("session.idle", self.session.idle, SECOND * 60, YEAR),
            ("session.absolute", self.session.absolute, SECOND * 60, YEAR),
            ("session.sign_in_within", self.session.sign_in_within, SECOND * 60, DAY),
            ("session.trusted_device", self.session.trusted_device, Duration::ZERO, YEAR * 2),
            ("password.patience", self.password.patience, SECOND / 10, SECOND * 60),
            ("tokens.code", self.tokens.code, SECOND, SECOND * 600),
            ("tokens.access_token", self.tokens.access_token, SECOND * 10, LONGEST_TOKEN),
            ("tokens.id_token", self.tokens.id_token, SECOND * 10, LONGEST_TOKEN),
            ("tokens.refresh_idle", self.tokens.refresh_idle, SECOND * 60, YEAR * 5),
            ("tokens.refresh_absolute", self.tokens.refresh_absolute, SECOND * 60, YEAR * 5),
            ("tokens.refresh_grace", self.tokens.refresh_grace, Duration::ZERO, SECOND * 60),
            ("keys.publish_ahead", self.keys.publish_ahead, Duration::ZERO, YEAR),
            ("keys.rotate_every", self.keys.rotate_every, SECOND, YEAR * 5),
            ("keys.jwks_max_age", self.keys.jwks_max_age, SECOND, DAY),
            ("keys.keep_retired", self.keys.keep_retired, Duration::ZERO, YEAR),
            ("mail.timeout", self.mail.timeout, SECOND, SECOND * 300),
            ("limits.head_timeout", self.limits.head_timeout, SECOND, SECOND * 60),
            ("limits.body_timeout", self.limits.body_timeout, SECOND, SECOND * 60),
            ("limits.keep_alive", self.limits.keep_alive, SECOND, HOUR),
            ("limits.account_window", self.limits.account_window, SECOND, DAY),
            ("limits.account_longest_delay", self.limits.account_longest_delay, SECOND, DAY),
            ("events.retention", self.events.retention, HOUR, YEAR * 20),
            ("events.success_retention", self.events.success_retention, HOUR, YEAR * 20),
        ];
        for (key, span, least, most) in within {
            if span < least || span > most {
                let (least, most) =
                    (super::units::span::write(least), super::units::span::write(most));
                faults.push(merged.fault(key, format!("must lie between {least} and {most}")));
            }
        }
        let pairs = [
            ("session.idle", self.session.idle, "session.absolute", self.session.absolute),
            (
                "tokens.refresh_idle",
                self.tokens.refresh_idle,
                "tokens.refresh_absolute",
                self.tokens.refresh_absolute,
            ),
        ];
        for (short_key, short, long_key, long) in pairs {
            if short > long {
                faults.push(merged.fault(
                    short_key,
                    format!("is longer than {long_key}; make it shorter, or that longer"),
                ));
            }
        }
    }

    fn check_keys(&self, merged: &Merged, faults: &mut Vec<Fault>) {
        if !matches!(self.keys.rsa_bits, 2048 | 3072 | 4096) {
            faults.push(merged.fault("keys.rsa_bits", "must be 2048, 3072 or 4096"));
        }
        if self.keys.rotate_every <= self.keys.publish_ahead.max(self.keys.jwks_max_age) {
            faults.push(merged.fault(
                "keys.rotate_every",
                "must be longer than keys.publish_ahead and keys.jwks_max_age, or the next key is never ready in time",
            ));
        }
        for (key, size, least, most) in [
            ("limits.form_body", self.limits.form_body, 4 << 10, 1 << 20),
            ("limits.json_body", self.limits.json_body, 4 << 10, 16 << 20),
        ] {
            if size < least || size > most {
                let (least, most) = (least >> 10, most >> 10);
                faults
                    .push(merged.fault(key, format!("must lie between {least}KiB and {most}KiB")));
            }
        }
    }

    fn check_mail(&self, merged: &Merged, faults: &mut Vec<Fault>) {
        let mail = &self.mail;
        let unread = |key: &str| faults.iter().any(|fault| fault.key.starts_with(key));
        let (no_relay, no_sender) = (unread("mail.url"), unread("mail.from"));
        let no_password = unread("mail.password");
        let mut fault = |key: &str, problem: &str| faults.push(merged.fault(key, problem));
        if mail.url.is_some() && mail.from.is_none() && !no_sender {
            fault(
                "mail.from",
                "mail.url is set, so a sender is needed: set mail.from, such as \"no-reply@clinic.example\"",
            );
        }
        if mail.url.is_none() && !no_relay {
            for (key, set) in [
                ("mail.from", mail.from.is_some()),
                ("mail.username", mail.username.is_some()),
                ("mail.password", mail.password.is_some()),
            ] {
                if set {
                    fault(
                        key,
                        "there is no relay that it could be for; set mail.url, or take it out",
                    );
                }
            }
        }
        match (&mail.username, &mail.password) {
            (Some(_), None) if !no_password => {
                fault("mail.username", "needs a password; set mail.password_file, or take it out");
            }
            (None, Some(_)) => {
                fault("mail.password", "needs a name; set mail.username, or take it out");
            }
            _ => {}
        }
        if let Some(path) = &mail.ca_file
            && let Err(problem) = crate::mail::smtp::read_authorities(path)
        {
            fault("mail.ca_file", &problem);
        }
    }

    fn check_words(&self, merged: &Merged, faults: &mut Vec<Fault>) {
        if self.locales.default.parse::<unic_langid::LanguageIdentifier>().is_err() {
            faults.push(
                merged
                    .fault("locales.default", "is not a language tag such as \"en\" or \"de-CH\""),
            );
        }
        if crate::telemetry::logs::filter(&self.telemetry.log_level).is_err() {
            faults.push(merged.fault(
                "telemetry.log_level",
                "expected a level (error, warn, info, debug, trace) or directives such as \"info,vestibule=debug\"",
            ));
        }
        let endpoint = self.telemetry.otlp_endpoint.as_deref();
        if endpoint.is_some_and(|text| !is_url(text, &["http", "https"])) {
            faults.push(merged.fault(
                "telemetry.otlp_endpoint",
                "expected a URL such as \"http://collector:4318\"",
            ));
        }
        let support = self.branding.support.as_deref();
        if support.is_some_and(|text| !is_url(text, &["https", "mailto"])) {
            faults.push(
                merged.fault("branding.support", "expected an https URL or a mailto: address"),
            );
        }
    }
}

/// The bounds that the schema states.
fn check_ranges(merged: &Merged, faults: &mut Vec<Fault>) {
    for key in catalogue::keys() {
        let measured = match (merged.value(&key.path), key.kind) {
            (Some(toml::Value::Integer(number)), Kind::Number) => *number,
            (Some(toml::Value::String(text)), Kind::Text) => {
                i64::try_from(text.chars().count()).unwrap_or(i64::MAX)
            }
            _ => continue,
        };
        let least = key.range.0.and_then(|n| i64::try_from(n).ok()).unwrap_or(i64::MIN);
        let most = key.range.1.and_then(|n| i64::try_from(n).ok()).unwrap_or(i64::MAX);
        if measured < least || measured > most {
            let what = if key.kind == Kind::Number { "" } else { " characters" };
            let problem = match key.range {
                (Some(least), Some(most)) => format!("must lie between {least} and {most}{what}"),
                (Some(least), None) => format!("must be at least {least}{what}"),
                _ => format!("must be at most {most}{what}"),
            };
            faults.push(merged.fault(&key.path, problem));
        }
    }
}

/// The text of a secret's file.
fn read_twin(path: &Path, value_key: &str, merged: &Merged) -> Result<String, Fault> {
    let file_key = format!("{value_key}_file");
    if merged.value(value_key).is_some() {
        let other = merged.origin(value_key);
        let problem = format!("{value_key} is set as well ({other}); keep one of the two");
        return Err(merged.fault(&file_key, problem));
    }
    if let Some(problem) = too_open(path) {
        return Err(merged.fault(&file_key, problem));
    }
    match bounded::text(path, MAX_SECRET_FILE) {
        Ok(text) => Ok(Zeroizing::new(text).trim().to_owned()),
        Err(error) => Err(merged.fault(&file_key, format!("cannot be read: {error}"))),
    }
}

/// Why a file's permissions are too wide for a secret.
#[cfg(unix)]
fn too_open(path: &Path) -> Option<String> {
    use std::os::unix::fs::PermissionsExt as _;
    let metadata = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    let mode = metadata.permissions().mode();
    (mode & 0o007 != 0).then(|| {
        format!(
            "everyone on this machine may use the file (mode {:o}); run chmod 600 {}",
            mode & 0o777,
            path.display()
        )
    })
}

#[cfg(not(unix))]
fn too_open(_path: &Path) -> Option<String> {
    None
}

fn is_master_key(secret: &Secret) -> bool {
    let decoded = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(secret.expose());
    decoded.map(zeroize::Zeroizing::new).is_ok_and(|bytes| bytes.len() == 32)
}

fn is_url(text: &str, schemes: &[&str]) -> bool {
    url::Url::parse(text).is_ok_and(|url| schemes.contains(&url.scheme()))
}
