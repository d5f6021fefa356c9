//! What a person sees who came without an app.

use askama::Template;
use vestibule_protocol::Timestamp;

use super::consent::Account;
use super::form::Form;
use super::shell::Shell;

/// Who is signed in, since when, and the way out; on a development server also its tools.
#[derive(Template)]
#[template(path = "home.html")]
pub struct Home {
    /// The frame.
    pub shell: Shell,
    /// Posts the sign-out.
    pub form: Form,
    /// Who is signed in.
    pub account: Account,
    /// When they last proved who they are.
    pub signed_in_at: Timestamp,
}

impl Home {
    fn since(&self) -> String {
        let time = self.shell.when(&self.signed_in_at);
        self.shell.t1("home-since", "time", &time).into_owned()
    }

    fn window_title(&self) -> String {
        self.shell.title(&self.shell.t("home-title"), false)
    }
}

#[cfg(test)]
impl Home {
    pub(crate) fn samples(shell: &Shell) -> Vec<Self> {
        vec![Self {
            shell: shell.clone(),
            form: Form::new("/oauth/logout", "c3JmLXRva2Vu"),
            account: Account::sample(),
            signed_in_at: Timestamp::from_seconds(1_795_233_000),
        }]
    }
}
