//! Sign-out (RP-Initiated Logout §2).

use askama::Template;

use super::app::App;
use super::consent::Account;
use super::form::Form;
use super::shell::Shell;

/// Asks whether to sign out. It posts `action` (`logout` or `stay`).
#[derive(Template)]
#[template(path = "logout_confirm.html")]
pub struct LogoutConfirm {
    /// The frame.
    pub shell: Shell,
    /// Where it is posted to; the request's parameters stand in `extra`.
    pub form: Form,
    /// The app that asks, when it is known.
    pub app: Option<App>,
    /// Who would be signed out.
    pub account: Account,
}

/// Says that the person is signed out.
#[derive(Template)]
#[template(path = "signed_out.html")]
pub struct SignedOut {
    /// The frame.
    pub shell: Shell,
    /// The way back: the app, and the validated `post_logout_redirect_uri`.
    pub back: Option<(App, String)>,
}

impl LogoutConfirm {
    fn window_title(&self) -> String {
        self.shell.title(&self.shell.t("logout-title"), false)
    }
}

impl SignedOut {
    fn window_title(&self) -> String {
        self.shell.title(&self.shell.t("signed-out-title"), false)
    }
}

#[cfg(test)]
impl LogoutConfirm {
    pub(crate) fn samples(shell: &Shell) -> Vec<Self> {
        let mut form = Form::new("/oauth/logout", "c3JmLXRva2Vu");
        form.extra = vec![("state".to_owned(), "\"x\"".to_owned())];
        let page = |app| Self {
            shell: shell.clone(),
            form: form.clone(),
            app,
            account: Account::sample(),
        };
        vec![page(Some(App::sample())), page(None)]
    }
}

#[cfg(test)]
impl SignedOut {
    pub(crate) fn samples(shell: &Shell) -> Vec<Self> {
        let page = |back| Self { shell: shell.clone(), back };
        let to = "https://unomed.ch/bye?state=a&b=c".to_owned();
        vec![page(Some((App::sample(), to))), page(None)]
    }
}
