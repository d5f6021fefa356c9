//! The configuration as it is in force, and how outgoing mail stands.

use askama::Template;
use vestibule_protocol::admin::Permission;

use super::frame::Frame;
use super::part::moment;
use crate::config::show::Shown;
use crate::mail::Way;
use crate::services::mail::MailStatus;

/// The configuration, section by section.
#[derive(Template)]
#[template(path = "admin/system.html")]
pub struct System {
    /// The frame.
    pub frame: Frame,
    /// The sections with their keys.
    pub sections: Vec<(String, Vec<Setting>)>,
    /// How outgoing mail stands.
    pub mail: MailStatus,
}

/// A key in force.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Its name within the section.
    pub name: String,
    /// Its value; a secret is masked.
    pub value: String,
    /// Where it stands; nothing for a default.
    pub origin: Option<String>,
}

impl System {
    /// The page of these keys.
    pub fn of(frame: Frame, shown: &[Shown], mail: MailStatus) -> Self {
        let mut sections: Vec<(String, Vec<Setting>)> = Vec::new();
        for line in shown {
            let (section, name) = line.key.split_once('.').unwrap_or(("general", &line.key));
            let origin = (line.origin != "default").then(|| line.origin.clone());
            let setting = Setting { name: name.to_owned(), value: line.value.clone(), origin };
            match sections.iter_mut().find(|(known, _)| known == section) {
                Some((_, settings)) => settings.push(setting),
                None => sections.push((section.to_owned(), vec![setting])),
            }
        }
        Self { frame, sections, mail }
    }

    fn mail_goes(&self) -> &'static str {
        match self.mail.way {
            Way::Off => "nowhere: mail.url is not set",
            Way::Captured => "to the mailbox of this development server",
            Way::Relay => "to the relay",
        }
    }

    fn may_send(&self) -> bool {
        self.mail.way != Way::Off && self.frame.may(Permission::SystemWrite)
    }

    fn waits_since(&self) -> Option<String> {
        self.mail.queue.oldest.map(moment)
    }

    /// The try that failed last: when, why, and what follows.
    fn failure(&self) -> Option<(String, &str, &'static str)> {
        let failure = self.mail.queue.last_failure.as_ref()?;
        let then = if failure.given_up { "It was given up." } else { "It is tried again." };
        Some((moment(failure.at), failure.error.as_str(), then))
    }
}

#[cfg(test)]
impl System {
    pub(crate) fn samples() -> Vec<Self> {
        use vestibule_protocol::Timestamp;
        use vestibule_store::outbox::{Failure, Queue};

        use super::frame::Section;

        let line = |key: &str, value: &str, origin: &str| Shown {
            key: key.to_owned(),
            value: value.to_owned(),
            origin: origin.to_owned(),
        };
        let shown = [
            line("issuer", "\"https://id.lakeside.example\"", "vestibule.toml line 1"),
            line("server.bind", "\"127.0.0.1:8080\"", "default"),
            line("secrets.master_key", "(hidden)", "variable VESTIBULE_SECRETS__MASTER_KEY"),
            line("branding.name", "\"<b>Lakeside</b>\"", "vestibule.toml line 7"),
        ];
        let frame = || Frame { section: Section::System, ..Frame::sample() };
        let off = MailStatus { way: Way::Off, relay: None, from: None, queue: Queue::default() };
        let at = Timestamp::from_seconds(1_795_000_000);
        let error = "smtps://relay.example:465 refused the mail: <b>550".to_owned();
        let failing = MailStatus {
            way: Way::Relay,
            relay: Some("smtps://relay.example:465".to_owned()),
            from: Some("\"<b>Lakeside\" <no-reply@lakeside.example>".to_owned()),
            queue: Queue {
                waiting: 3,
                oldest: Some(at),
                last_failure: Some(Failure { at, error, given_up: false }),
            },
        };
        vec![Self::of(frame(), &shown, off), Self::of(frame(), &shown, failing)]
    }
}
