//! The administrators' first page.

use askama::Template;

use super::consent::Account;
use super::form::Form;
use super::shell::Shell;

/// A plain page for administrators: where things are, and the commands that do the work.
#[derive(Template)]
#[template(path = "admin_landing.html")]
pub struct AdminLanding {
    /// The frame.
    pub shell: Shell,
    /// Posts the sign-out.
    pub form: Form,
    /// Who is signed in.
    pub account: Account,
    /// The issuer.
    pub issuer: String,
    /// The version of the server.
    pub version: String,
}

impl AdminLanding {
    /// The commands an administrator starts with, each with the key of its explanation.
    const COMMANDS: &[(&str, &str)] = &[
        ("vestibule client add --profile unomed", "admin-command-client"),
        ("vestibule user add --email ada@clinic.example", "admin-command-user"),
        ("vestibule key list", "admin-command-keys"),
        ("vestibule events tail", "admin-command-events"),
        ("vestibule doctor", "admin-command-doctor"),
    ];

    fn commands(&self) -> impl Iterator<Item = (&'static str, String)> {
        let text = |key| self.shell.tr.t(key).into_owned();
        Self::COMMANDS.iter().map(move |(command, key)| (*command, text(key)))
    }

    fn window_title(&self) -> String {
        self.shell.title(&self.shell.t("admin-title"), false)
    }
}

#[cfg(test)]
impl AdminLanding {
    pub(crate) fn samples(shell: &Shell) -> Vec<Self> {
        vec![Self {
            shell: shell.clone(),
            form: Form::new("/oauth/logout", "c3JmLXRva2Vu"),
            account: Account::sample(),
            issuer: "https://id.lakeside.example".to_owned(),
            version: "0.1.0".to_owned(),
        }]
    }
}
