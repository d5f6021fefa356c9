//! A user chooses a password, through a link that an administrator handed over (`/welcome/{token}`).

use askama::Template;

use super::form::Form;
use super::setup::SetupFault;
use super::shell::Shell;

/// The page: a GET shows it, the POST sets the password and uses the link up. It posts
/// `new_password`.
#[derive(Template)]
#[template(path = "welcome.html")]
pub struct Welcome {
    /// The frame.
    pub shell: Shell,
    /// Where it is posted to.
    pub form: Form,
    /// Whether the account is new.
    pub invitation: bool,
    /// What the user signs in with.
    pub username: String,
    /// Who asked for the link.
    pub by: String,
    /// When.
    pub asked_at: String,
    /// When it ends.
    pub ends_at: String,
    /// How many characters a password has at least.
    pub password_min: u64,
    /// What was wrong with the last attempt.
    pub fault: Option<SetupFault>,
}

impl Welcome {
    fn title(&self) -> String {
        self.shell.t(if self.invitation { "welcome-title" } else { "reset-title" }).into_owned()
    }

    fn asked(&self) -> String {
        let values = [("by", self.by.as_str()), ("at", self.asked_at.as_str())];
        self.shell.tr.with("welcome-asked", &values).into_owned()
    }

    fn password_hint(&self) -> String {
        self.shell.count("new-password-hint", self.password_min).into_owned()
    }

    fn fault_text(&self) -> Option<String> {
        self.fault.map(|fault| fault.text(&self.shell, self.password_min))
    }

    fn summary(&self) -> Vec<(&'static str, String)> {
        self.fault_text().into_iter().map(|text| ("new_password", text)).collect()
    }

    fn window_title(&self) -> String {
        self.shell.title(&self.title(), self.fault.is_some())
    }
}

/// Says that the password is set.
#[derive(Template)]
#[template(path = "welcome_done.html")]
pub struct WelcomeDone {
    /// The frame.
    pub shell: Shell,
    /// What the user signs in with.
    pub username: String,
    /// The path to go on to.
    pub next: String,
}

impl WelcomeDone {
    fn window_title(&self) -> String {
        self.shell.title(&self.shell.t("welcome-done-title"), false)
    }
}

#[cfg(test)]
impl Welcome {
    pub(crate) fn samples(shell: &Shell) -> Vec<Self> {
        let page = |invitation, fault| Self {
            shell: shell.clone(),
            form: Form::new("/welcome/K7QF", "c3JmLXRva2Vu"),
            invitation,
            username: "ada@clinic.test".to_owned(),
            by: "grace <b>@clinic.test".to_owned(),
            asked_at: "2026-11-21 07:00 UTC".to_owned(),
            ends_at: "2026-11-28 07:00 UTC".to_owned(),
            password_min: 15,
            fault,
        };
        vec![page(true, None), page(false, None), page(false, Some(SetupFault::PasswordTooShort))]
    }
}

#[cfg(test)]
impl WelcomeDone {
    pub(crate) fn samples(shell: &Shell) -> Vec<Self> {
        let username = "ada@clinic.test".to_owned();
        vec![Self { shell: shell.clone(), username, next: "/login".to_owned() }]
    }
}
