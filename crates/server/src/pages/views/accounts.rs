//! The account chooser (`prompt=select_account`).

use askama::Template;

use super::app::{App, initials};
use super::form::Form;
use super::shell::Shell;

/// The account chooser. It posts `account`: the value of a choice, or `other`.
#[derive(Template)]
#[template(path = "account_chooser.html")]
pub struct AccountChooser {
    /// The frame.
    pub shell: Shell,
    /// Where it is posted to.
    pub form: Form,
    /// The app that asks.
    pub app: Option<App>,
    /// The accounts signed in in this browser.
    pub accounts: Vec<AccountChoice>,
}

/// An account to continue with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountChoice {
    /// What is posted when it is chosen; bound to the browser, so that it names nobody else's account.
    pub value: String,
    /// The person's name, or their email address when there is no name.
    pub name: String,
    /// The email address or user name.
    pub username: String,
}

impl AccountChoice {
    fn initials(&self) -> String {
        initials(&self.name)
    }
}

impl AccountChooser {
    fn window_title(&self) -> String {
        self.shell.title(&self.shell.t("accounts-title"), false)
    }
}

#[cfg(test)]
impl AccountChooser {
    pub(crate) fn samples(shell: &Shell) -> Vec<Self> {
        let account = |value: &str, name: &str, username: &str| AccountChoice {
            value: value.to_owned(),
            name: name.to_owned(),
            username: username.to_owned(),
        };
        let ada = account("1", "Ada Lovelace", "ada@clinic.test");
        let long = account(
            "2",
            "Wolfeschlegelsteinhausenbergerdorff 健康 <b>",
            "wolfeschlegelsteinhausenbergerdorff.the.elder@department.clinic.test",
        );
        let page = |app, accounts| Self {
            shell: shell.clone(),
            form: Form::sample("/login/account"),
            app,
            accounts,
        };
        vec![page(Some(App::sample()), vec![ada.clone(), long]), page(None, vec![ada])]
    }
}
