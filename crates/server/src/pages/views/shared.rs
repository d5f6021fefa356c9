//! The pages behind links that are handed to a vendor. They are in English, as the sheet is.

use askama::Template;
use vestibule_protocol::Timestamp;
use zeroize::Zeroizing;

use super::form::Form;
use super::shell::Shell;
use crate::sheet::{Format, Sheet};

/// A hand-over sheet (`/handover/{token}`).
#[derive(Template)]
#[template(path = "shared/sheet.html")]
pub struct SharedSheet {
    /// The frame.
    pub shell: Shell,
    /// The sheet.
    pub sheet: Sheet,
    /// The path of this page.
    pub here: String,
    /// When the link ends.
    pub expires_at: Timestamp,
}

impl SharedSheet {
    fn window_title(&self) -> String {
        self.shell.title(&self.sheet.client_name, false)
    }

    fn ends(&self) -> String {
        self.shell.when(&self.expires_at)
    }

    fn downloads(&self) -> [(&'static str, &'static str); 4] {
        [
            (Format::Html.extension(), "Page (HTML)"),
            (Format::Markdown.extension(), "Markdown"),
            (Format::Json.extension(), "JSON"),
            (Format::Env.extension(), "Environment (.env)"),
        ]
    }
}

/// Offers a secret; nothing is used up yet (`/handover/secret/{token}`).
#[derive(Template)]
#[template(path = "shared/secret.html")]
pub struct SecretOffer {
    /// The frame.
    pub shell: Shell,
    /// Where the button leads.
    pub form: Form,
    /// Whose secret.
    pub client_name: String,
    /// Whose secret.
    pub client_id: String,
    /// When the link ends.
    pub expires_at: Timestamp,
}

impl SecretOffer {
    fn window_title(&self) -> String {
        self.shell.title("A client secret for you", false)
    }

    fn ends(&self) -> String {
        self.shell.when(&self.expires_at)
    }
}

/// Shows a secret, this once.
#[derive(Template)]
#[template(path = "shared/secret_shown.html")]
pub struct SecretShown {
    /// The frame.
    pub shell: Shell,
    /// Whose secret.
    pub client_name: String,
    /// Whose secret.
    pub client_id: String,
    /// The secret.
    pub secret: Zeroizing<String>,
}

impl SecretShown {
    fn window_title(&self) -> String {
        self.shell.title("The client secret", false)
    }
}

#[cfg(test)]
impl SharedSheet {
    pub(crate) fn samples(shell: &Shell) -> Vec<Self> {
        let page = |sheet| Self {
            shell: Shell { here: None, ..shell.clone() },
            sheet,
            here: "/handover/K7QF".to_owned(),
            expires_at: Timestamp::from_seconds(1_800_000_000),
        };
        crate::sheet::tests::samples().into_iter().map(page).collect()
    }
}

#[cfg(test)]
impl SecretOffer {
    pub(crate) fn samples(shell: &Shell) -> Vec<Self> {
        vec![Self {
            shell: Shell { here: None, ..shell.clone() },
            form: Form::new("/handover/secret/K7QF", "c3JmLXRva2Vu"),
            client_name: "Unomed <b>".to_owned(),
            client_id: "unomed".to_owned(),
            expires_at: Timestamp::from_seconds(1_800_000_000),
        }]
    }
}

#[cfg(test)]
impl SecretShown {
    pub(crate) fn samples(shell: &Shell) -> Vec<Self> {
        vec![Self {
            shell: Shell { here: None, ..shell.clone() },
            client_name: "Unomed <b>".to_owned(),
            client_id: "unomed".to_owned(),
            secret: Zeroizing::new("vst_cs_sample".to_owned()),
        }]
    }
}
