//! The catalogue of errors.

use askama::Template;
use vestibule_protocol::refusal::{Entry, Situation, catalogue};

use super::shell::Shell;
use crate::catalogue::{PARTS, part};

/// All codes.
#[derive(Template)]
#[template(path = "errors.html")]
pub struct Catalogue {
    /// The frame.
    pub shell: Shell,
}

/// One code, explained to each of its readers.
#[derive(Template)]
#[template(path = "error_entry.html")]
pub struct CatalogueEntry {
    /// The frame.
    pub shell: Shell,
    /// The entry.
    pub entry: &'static Entry,
}

impl Catalogue {
    fn parts(&self) -> impl Iterator<Item = (&'static str, &'static str, Vec<&'static Entry>)> {
        PARTS.into_iter().map(|(prefix, title)| (prefix, title, part(prefix).collect()))
    }

    fn window_title(&self) -> String {
        self.shell.title("Errors", false)
    }
}

impl CatalogueEntry {
    fn user(&self) -> String {
        self.shell.t(user_text(self.entry.user)).into_owned()
    }

    /// The reasons that are told as this one.
    fn members(&self) -> Vec<&'static Entry> {
        let told = catalogue::all().filter(|entry| entry.heard == self.entry.code);
        told.filter(|entry| entry.code != self.entry.code).collect()
    }

    fn window_title(&self) -> String {
        self.shell.title(&format!("{} {}", self.entry.code, self.entry.word), false)
    }
}

/// The key of what the person is told.
pub fn user_text(situation: Situation) -> &'static str {
    match situation {
        Situation::UnknownApp => "error-unknown-app-text",
        Situation::RedirectUri => "error-redirect-uri-text",
        Situation::Request => "error-request-text",
        Situation::Background => "voice-background",
        Situation::Expired => "error-expired-text",
        Situation::AlreadyDone => "error-already-done-text",
        Situation::Cookies => "error-cookies-text",
        Situation::Forgery => "error-forgery-text",
        Situation::NotAllowed => "error-not-allowed-text",
        Situation::OwnChoice => "voice-own-choice",
        Situation::SignInAgain => "voice-sign-in-again",
        Situation::Password => "voice-password",
        Situation::Link => "error-link-text",
        Situation::TooMany => "voice-too-many",
        Situation::Unavailable => "voice-unavailable",
        Situation::Server => "error-server-text",
    }
}

#[cfg(test)]
impl Catalogue {
    pub(crate) fn samples(shell: &Shell) -> Vec<Self> {
        vec![Self { shell: shell.clone() }]
    }
}

#[cfg(test)]
impl CatalogueEntry {
    pub(crate) fn samples(shell: &Shell) -> Vec<Self> {
        let page = |entry| Self { shell: shell.clone(), entry };
        ["VB-2004", "VB-2100", "VB-3105"]
            .into_iter()
            .filter_map(catalogue::by_code)
            .map(page)
            .collect()
    }
}
