//! Consent: what an app will learn, with the values it will learn.

mod shared;

use askama::Template;

pub use self::shared::{ClaimName, Shared, attributes, shared};
use super::app::{App, initials};
use super::form::Form;
use super::shell::Shell;

/// The consent page. It posts `action` (`approve` or `deny`).
#[derive(Template)]
#[template(path = "consent.html")]
pub struct ConsentPage {
    /// The frame.
    pub shell: Shell,
    /// Where it is posted to.
    pub form: Form,
    /// The app that asks.
    pub app: App,
    /// The account in use.
    pub account: Account,
    /// The path of the page that asks for another account.
    pub other_account: String,
    /// What will be shared; see [`shared`].
    pub shared: Vec<Shared>,
    /// Whether it was asked before, and account or claims have changed since.
    pub changed: bool,
}

/// A signed-in person, as pages name them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The name, or the email address when there is none.
    pub name: String,
    /// The email address or user name.
    pub username: String,
    /// The subject, by which a form brings back whom its page named.
    pub subject: String,
}

impl Account {
    pub(super) fn initials(&self) -> String {
        initials(&self.name)
    }

    #[cfg(test)]
    pub(crate) fn sample() -> Self {
        Self {
            name: "Ada Lovelace".to_owned(),
            username: "ada@clinic.test".to_owned(),
            subject: "5f0e".to_owned(),
        }
    }
}

impl ConsentPage {
    fn window_title(&self) -> String {
        let heading = self.shell.t1("consent-heading", "app", &self.app.name);
        self.shell.title(&heading, false)
    }
}

#[cfg(test)]
impl ConsentPage {
    pub(crate) fn samples(shell: &Shell) -> Vec<Self> {
        use std::collections::BTreeSet;

        use vestibule_protocol::scope::Scope;
        use vestibule_protocol::user::{Address, StandardClaims};

        let ada = StandardClaims {
            name: Some("Ada Lovelace".to_owned()),
            given_name: Some("Ada".to_owned()),
            family_name: Some("Lovelace".to_owned()),
            birthdate: Some("1815-12-10".to_owned()),
            email: Some("ada@clinic.test".to_owned()),
            email_verified: true,
            phone_number: Some("+41 44 123 45 67".to_owned()),
            address: Some(Address {
                formatted: Some("12 St James's Square\nLondon\nSW1Y 4JH".to_owned()),
                ..Address::default()
            }),
            ..StandardClaims::default()
        };
        let page = |app, scope: &[&str], user: &StandardClaims| Self {
            shell: shell.clone(),
            form: Form::sample("/consent"),
            app,
            account: Account::sample(),
            other_account: "/login?request=01JD8Z&account=other".to_owned(),
            shared: shared(&Scope::of(scope.iter().copied()), &BTreeSet::new(), user),
            changed: scope == ["openid"],
        };
        let all = ["openid", "profile", "email", "address", "phone", "offline_access", "lab:read"];
        vec![
            page(App::sample(), &["openid", "profile", "email"], &ada),
            page(App::sample(), &all, &ada),
            page(App::awkward_sample(), &["openid", "email", "phone"], &StandardClaims::default()),
            page(App::sample(), &["openid"], &ada),
        ]
    }
}
