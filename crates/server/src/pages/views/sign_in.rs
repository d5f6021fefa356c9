//! Sign-in: who, and the password, on one page.

use std::borrow::Cow;

use askama::Template;

use super::app::App;
use super::form::Form;
use super::shell::Shell;

/// The sign-in page. It posts `username`, `password` and `action` (`sign-in` or `cancel`).
#[derive(Template)]
#[template(path = "sign_in.html")]
pub struct SignIn {
    /// The frame.
    pub shell: Shell,
    /// Where it is posted to.
    pub form: Form,
    /// The app that waits for the sign-in; none when the person came by themselves.
    pub app: Option<App>,
    /// Who signs in.
    pub person: Person,
    /// Why the page is shown to someone who is signed in.
    pub reason: Option<SignInReason>,
    /// What was wrong with the last attempt.
    pub fault: Option<SignInFault>,
}

/// Who signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Person {
    /// Someone who types an email address; the one given is filled in.
    Asked {
        /// What was typed last, or `login_hint`.
        username: String,
    },
    /// Someone who is known and proves it again: only the password is asked.
    Known {
        /// The account's email address or user name.
        username: String,
        /// The path of the page that asks for another account.
        other_account: String,
    },
}

/// Why a person who has a session is asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInReason {
    /// The app demands it (`prompt=login`).
    AppAsks,
    /// The last sign-in is too old for the app (`max_age`).
    TooLongAgo,
    /// The session ended.
    SessionEnded,
    /// The app wants somebody else than who is signed in.
    OtherAccount,
    /// Something is about to be changed that only its owner may change.
    ConfirmIdentity,
}

/// What was wrong with an attempt. Unknown, locked and disabled accounts answer as a wrong password
/// does (invariant I23).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInFault {
    /// No email address was given.
    UsernameMissing,
    /// No password was given.
    PasswordMissing,
    /// Neither was given.
    BothMissing,
    /// Email or password is not right.
    NotRight,
    /// Too many attempts; the next is allowed after so many seconds.
    Throttled {
        /// The wait.
        seconds: u64,
    },
}

impl SignInReason {
    fn key(self) -> &'static str {
        match self {
            Self::AppAsks => "reason-app-asks",
            Self::TooLongAgo => "reason-too-long-ago",
            Self::SessionEnded => "reason-session-ended",
            Self::OtherAccount => "reason-other-account",
            Self::ConfirmIdentity => "reason-confirm-identity",
        }
    }
}

impl SignIn {
    fn username(&self) -> &str {
        match &self.person {
            Person::Asked { username } | Person::Known { username, .. } => username,
        }
    }

    fn other_account(&self) -> Option<&str> {
        match &self.person {
            Person::Asked { .. } => None,
            Person::Known { other_account, .. } => Some(other_account),
        }
    }

    /// The text at the email field.
    fn username_fault(&self) -> Option<String> {
        let fault = self.fault.filter(|_| self.other_account().is_none())?;
        match fault {
            SignInFault::UsernameMissing | SignInFault::BothMissing => {
                Some(self.shell.t("fault-username-missing").into_owned())
            }
            SignInFault::NotRight
            | SignInFault::PasswordMissing
            | SignInFault::Throttled { .. } => None,
        }
    }

    /// The id of the text that explains what is wrong at the email field. That one of two things is
    /// not right is said once, and both fields point to it.
    fn username_described_by(&self) -> Option<&'static str> {
        match self.fault? {
            SignInFault::UsernameMissing | SignInFault::BothMissing => Some("username-fault"),
            SignInFault::NotRight => Some("password-fault"),
            SignInFault::PasswordMissing | SignInFault::Throttled { .. } => None,
        }
    }

    /// The text at the password field.
    fn password_fault(&self) -> Option<String> {
        match self.fault? {
            SignInFault::PasswordMissing | SignInFault::BothMissing => {
                Some(self.shell.t("fault-password-missing").into_owned())
            }
            SignInFault::NotRight => Some(self.not_right()),
            SignInFault::UsernameMissing | SignInFault::Throttled { .. } => None,
        }
    }

    fn not_right(&self) -> String {
        let key = match self.person {
            Person::Asked { .. } => "fault-not-right",
            Person::Known { .. } => "fault-password-not-right",
        };
        self.shell.tr.t(key).into_owned()
    }

    fn throttled(&self) -> Option<String> {
        match self.fault? {
            SignInFault::Throttled { seconds } => {
                let wait = self.shell.wait(seconds);
                Some(self.shell.t1("fault-throttled", "wait", &wait).into_owned())
            }
            _ => None,
        }
    }

    /// The lines of the error summary: the field each is about, and the text.
    fn summary(&self) -> Vec<(&'static str, String)> {
        let username = self.username_fault().map(|text| ("username", text));
        let password = self.password_fault().map(|text| ("password", text));
        let throttled = self.throttled().map(|text| ("password", text));
        [username, password, throttled].into_iter().flatten().collect()
    }

    fn heading(&self) -> Cow<'static, str> {
        match self.person {
            Person::Asked { .. } => self.shell.t("sign-in-title"),
            Person::Known { .. } => self.shell.t("confirm-title"),
        }
    }

    fn window_title(&self) -> String {
        self.shell.title(&self.heading(), self.fault.is_some())
    }
}

#[cfg(test)]
impl SignIn {
    pub(crate) fn samples(shell: &Shell) -> Vec<Self> {
        let asked = |username: &str| Person::Asked { username: username.to_owned() };
        let known = || Person::Known {
            username: "ada@clinic.test".to_owned(),
            other_account: "/login?request=01JD8Z&account=other".to_owned(),
        };
        let page = |app, person, reason, fault| Self {
            shell: shell.clone(),
            form: Form::sample("/login"),
            app,
            person,
            reason,
            fault,
        };
        let app = || Some(App::sample());
        vec![
            page(app(), asked(""), None, None),
            page(None, asked("ada@clinic.test"), None, None),
            page(app(), asked("ada@clinic.test"), None, Some(SignInFault::NotRight)),
            page(app(), asked("ada@clinic.test"), None, Some(SignInFault::PasswordMissing)),
            page(app(), asked(""), None, Some(SignInFault::UsernameMissing)),
            page(app(), asked(""), None, Some(SignInFault::BothMissing)),
            page(app(), asked("a@b.test"), None, Some(SignInFault::Throttled { seconds: 240 })),
            page(app(), known(), Some(SignInReason::AppAsks), None),
            page(app(), known(), Some(SignInReason::TooLongAgo), Some(SignInFault::NotRight)),
            page(app(), known(), None, Some(SignInFault::Throttled { seconds: 30 })),
            page(None, known(), Some(SignInReason::ConfirmIdentity), None),
            page(
                Some(App::awkward_sample()),
                asked("\"><b>"),
                Some(SignInReason::SessionEnded),
                None,
            ),
        ]
    }
}
