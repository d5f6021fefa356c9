//! The first administrator, through a one-time link (`/setup/{token}`).

use askama::Template;
use vestibule_protocol::password_policy::PasswordFault;

use super::form::Form;
use super::shell::Shell;

/// The set-up page: a GET shows it, the POST spends the link. It posts `email`, `name` and
/// `new_password`.
#[derive(Template)]
#[template(path = "setup.html")]
pub struct Setup {
    /// The frame.
    pub shell: Shell,
    /// Where it is posted to.
    pub form: Form,
    /// The email address, as typed.
    pub email: String,
    /// The name, as typed.
    pub name: String,
    /// How many characters a password has at least.
    pub password_min: u64,
    /// What was wrong with the last attempt.
    pub faults: Vec<SetupFault>,
}

/// What was wrong with an attempt to set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetupFault {
    /// No email address was given.
    EmailMissing,
    /// What was given is no email address.
    EmailUnreadable,
    /// There is an account with this email address.
    EmailTaken,
    /// No name was given.
    NameMissing,
    /// The password is shorter than it must be.
    PasswordTooShort,
    /// The password is longer than is kept.
    PasswordTooLong,
    /// The password is one that many people use, or holds the person's own data.
    PasswordCommon,
}

impl From<PasswordFault> for SetupFault {
    fn from(fault: PasswordFault) -> Self {
        match fault {
            PasswordFault::TooShort { .. } => Self::PasswordTooShort,
            PasswordFault::TooLong => Self::PasswordTooLong,
            PasswordFault::ControlCharacter
            | PasswordFault::Common
            | PasswordFault::Pattern
            | PasswordFault::Context => Self::PasswordCommon,
        }
    }
}

impl SetupFault {
    fn field(self) -> &'static str {
        match self {
            Self::EmailMissing | Self::EmailUnreadable | Self::EmailTaken => "email",
            Self::NameMissing => "name",
            Self::PasswordTooShort | Self::PasswordTooLong | Self::PasswordCommon => "new_password",
        }
    }

    pub(super) fn text(self, shell: &Shell, password_min: u64) -> String {
        let text = match self {
            Self::EmailMissing => shell.t("fault-username-missing"),
            Self::EmailUnreadable => shell.t("fault-email-unreadable"),
            Self::EmailTaken => shell.t("fault-email-taken"),
            Self::NameMissing => shell.t("fault-name-missing"),
            Self::PasswordTooShort => shell.count("fault-password-short", password_min),
            Self::PasswordTooLong => shell.t("fault-password-long"),
            Self::PasswordCommon => shell.t("fault-password-common"),
        };
        text.into_owned()
    }
}

impl Setup {
    fn summary(&self) -> Vec<(&'static str, String)> {
        let text = |fault: &SetupFault| fault.text(&self.shell, self.password_min);
        self.faults.iter().map(|fault| (fault.field(), text(fault))).collect()
    }

    fn password_hint(&self) -> String {
        self.shell.count("new-password-hint", self.password_min).into_owned()
    }

    /// The text at a field.
    fn fault_at(&self, field: &str) -> Option<String> {
        self.summary().into_iter().find(|(at, _)| *at == field).map(|(_, text)| text)
    }

    fn window_title(&self) -> String {
        self.shell.title(&self.shell.t("setup-title"), !self.faults.is_empty())
    }
}

/// Says that the account was made.
#[derive(Template)]
#[template(path = "setup_done.html")]
pub struct SetupDone {
    /// The frame.
    pub shell: Shell,
    /// The new account's email address.
    pub email: String,
    /// The path to go on to.
    pub next: String,
}

impl SetupDone {
    fn window_title(&self) -> String {
        self.shell.title(&self.shell.t("setup-done-title"), false)
    }
}

#[cfg(test)]
impl Setup {
    pub(crate) fn samples(shell: &Shell) -> Vec<Self> {
        use SetupFault as F;
        let page = |email: &str, name: &str, faults| Self {
            shell: shell.clone(),
            form: Form::new("/setup/K7QF", "c3JmLXRva2Vu"),
            email: email.to_owned(),
            name: name.to_owned(),
            password_min: 15,
            faults,
        };
        vec![
            page("", "", vec![]),
            page("", "", vec![F::EmailMissing, F::NameMissing, F::PasswordTooShort]),
            page("ada", "Ada <b>", vec![F::EmailUnreadable, F::PasswordTooLong]),
            page("ada@clinic.test", "Ada", vec![F::EmailTaken, F::PasswordCommon]),
        ]
    }
}

#[cfg(test)]
impl SetupDone {
    pub(crate) fn samples(shell: &Shell) -> Vec<Self> {
        let email = "ada@clinic.test".to_owned();
        vec![Self { shell: shell.clone(), email, next: "/admin".to_owned() }]
    }
}
