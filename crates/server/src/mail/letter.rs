//! What mails say: one heading, one action, when it ends, who asked. Nothing in them is loaded from
//! anywhere, and nothing tells whether they were read.
//!
//! Names that people chose stand in the text and nowhere in the head of a mail but in the subject,
//! each on one line whatever they hold. The subject tells nothing personal: it shows on locked
//! telephones.

use askama::Template;
use vestibule_protocol::Timestamp;
use vestibule_protocol::client::Client;
use vestibule_protocol::ids::{ClientId, Subject};
use vestibule_protocol::user::User;
use vestibule_store::notices::EndingSecret;

use super::queue::Mail;
use crate::admin::views::moment;
use crate::config::Config;
use crate::i18n::{Direction, Preferences, Tr, negotiate};
use crate::services::links::NewLink;
use crate::services::users::welcome::Occasion;

/// Longest name that is shown, in characters.
const MAX_NAME: usize = 120;

/// A mail before it is rendered.
#[derive(Clone, Debug)]
pub struct Letter {
    /// What it is, as a stable word.
    pub what: &'static str,
    /// The recipient's address.
    pub to: String,
    /// The user whom it concerns.
    pub subject: Option<Subject>,
    /// The client that it concerns.
    pub client: Option<ClientId>,
    /// When it is not worth sending any more.
    pub expires_at: Option<Timestamp>,
    tr: Tr,
    title: String,
    lines: Vec<String>,
    facts: Vec<(String, String)>,
    action: Option<(String, String)>,
    notes: Vec<String>,
}

/// Both parts of a mail are made of this.
#[derive(Template)]
#[template(path = "mail/letter.html")]
struct Page<'a> {
    letter: &'a Letter,
    name: &'a str,
    issuer: &'a str,
    help: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "mail/letter.txt", whitespace = "preserve")]
struct Text<'a>(Page<'a>);

/// The language to write to somebody in.
fn language(config: &Config, locale: Option<&str>) -> Tr {
    let wanted: Vec<String> = locale.map(str::to_owned).into_iter().collect();
    let default = Tr::of(&config.locales.default).unwrap_or_default();
    negotiate(&Preferences { ui_locales: &wanted, default, ..Preferences::default() })
}

/// A name on one line: no control character reaches a mail, and no name is endless.
fn line(text: &str) -> String {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|w| !w.is_empty())
        .collect();
    words.join(" ").chars().take(MAX_NAME).collect()
}

impl Letter {
    fn new(what: &'static str, to: &str, tr: Tr, title: String) -> Self {
        Self {
            what,
            to: to.to_owned(),
            subject: None,
            client: None,
            expires_at: None,
            tr,
            title,
            lines: Vec::new(),
            facts: Vec::new(),
            action: None,
            notes: Vec::new(),
        }
    }

    /// The link by which a user sets a password.
    pub fn welcome(
        config: &Config,
        user: &User,
        to: &str,
        occasion: Occasion,
        link: &NewLink,
        (by, at): (&str, Timestamp),
    ) -> Self {
        let tr = language(config, user.claims.locale.as_deref());
        let name = line(&config.branding.name);
        let [what, title, text, action, unexpected] = match occasion {
            Occasion::Invitation => [
                "invitation",
                "mail-invitation-title",
                "mail-invitation-text",
                "mail-invitation-action",
                "mail-invitation-unexpected",
            ],
            Occasion::Reset => [
                "reset",
                "mail-reset-title",
                "mail-reset-text",
                "mail-reset-action",
                "mail-reset-unexpected",
            ],
        };
        let t = |key: &str| tr.with(key, &[("name", &name)]).into_owned();
        let username = crate::pages::account(user).username;
        let asked = [("by", line(by)), ("at", moment(at))];
        let asked = asked.each_ref().map(|(name, value)| (*name, value.as_str()));
        Self {
            subject: Some(user.subject.clone()),
            expires_at: Some(link.expires_at),
            lines: vec![
                t(text),
                tr.with("mail-signs-in-as", &[("username", &line(&username))]).into_owned(),
            ],
            action: Some((t(action), link.url.clone())),
            notes: vec![
                tr.with("mail-once-until", &[("at", &moment(link.expires_at))]).into_owned(),
                tr.with("mail-asked-by", &asked).into_owned(),
                t(unexpected),
            ],
            ..Self::new(what, to, tr, t(title))
        }
    }

    /// That a client's secret ends: to those who look after the client here, who get the way to its
    /// credentials, and to the client's contacts, who do not get in there.
    pub fn secret_ends(
        config: &Config,
        client: &Client,
        secret: &EndingSecret,
        days: u64,
        reader: &Reader,
    ) -> Self {
        let tr = language(config, reader.locale.as_deref());
        let (name, app) = (line(&config.branding.name), line(&client.name));
        let left = tr.count("mail-days", days);
        let values = [("name", name.as_str()), ("app", app.as_str()), ("left", &*left)];
        let t = |key: &str| tr.with(key, &values).into_owned();
        let used = match secret.last_used_at {
            Some(at) => moment(at),
            None => tr.t("mail-never").into_owned(),
        };
        let console = format!("/admin/clients/{}/credentials", client.client_id);
        let (action, what_now) = match reader.manages {
            true => (
                Some((t("mail-secret-action"), config.issuer.url(&console))),
                t("mail-secret-manager"),
            ),
            false => (None, t("mail-secret-contact")),
        };
        Self {
            client: Some(client.client_id.clone()),
            expires_at: Some(secret.expires_at),
            lines: vec![t("mail-secret-text"), what_now],
            facts: vec![
                (tr.t("mail-fact-client").into_owned(), client.client_id.to_string()),
                (
                    tr.t("mail-fact-secret").into_owned(),
                    format!("{} ({}…)", line(&secret.label), secret.prefix),
                ),
                (tr.t("mail-fact-ends").into_owned(), moment(secret.expires_at)),
                (tr.t("mail-fact-used").into_owned(), used),
            ],
            action,
            ..Self::new("secret_ends", &reader.address, tr, t("mail-secret-title"))
        }
    }

    /// A mail that only shows that mail arrives.
    pub fn test(config: &Config, to: &str, by: &str, at: Timestamp) -> Self {
        let tr = language(config, None);
        let name = line(&config.branding.name);
        let asked = [("by", line(by)), ("at", moment(at))];
        let asked = asked.each_ref().map(|(name, value)| (*name, value.as_str()));
        let t = |key: &str| tr.with(key, &[("name", &name)]).into_owned();
        Self {
            lines: vec![t("mail-test-text")],
            notes: vec![tr.with("mail-asked-by", &asked).into_owned()],
            ..Self::new("test", to, tr, t("mail-test-title"))
        }
    }

    /// Both parts.
    pub fn render(&self, config: &Config) -> Mail {
        let page = || Page {
            letter: self,
            name: &config.branding.name,
            issuer: config.issuer.as_str(),
            help: config.branding.support.as_deref(),
        };
        // Rendering into memory cannot fail but for a filter's fault, and there are no filters.
        Mail {
            to: self.to.clone(),
            subject: self.title.clone(),
            text: Text(page()).render().unwrap_or_default(),
            html: page().render().unwrap_or_default(),
        }
    }

    fn lang(&self) -> &'static str {
        self.tr.lang()
    }

    fn dir(&self) -> &'static str {
        match self.tr.direction() {
            Direction::LeftToRight => "ltr",
            Direction::RightToLeft => "rtl",
        }
    }

    fn t(&self, key: &str) -> std::borrow::Cow<'static, str> {
        self.tr.t(key)
    }
}

/// Who is told that a secret ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reader {
    /// The address.
    pub address: String,
    /// The language, where it is known.
    pub locale: Option<String>,
    /// Whether the reader looks after the client here.
    pub manages: bool,
}

#[cfg(test)]
mod tests;
