//! The hidden part of a form.

use super::Account;

/// The field that brings back whom the page named: another account may have signed in since, in another
/// tab.
pub const ACCOUNT: &str = "account";

/// Where a form goes and what it carries besides what the person fills in.
#[derive(Clone, PartialEq, Eq)]
pub struct Form {
    /// The path it is posted to.
    pub action: String,
    /// The token that proves that it was our page that posted (invariant I19).
    pub csrf: String,
    /// The pending authorization it belongs to.
    pub request: Option<String>,
    /// Parameters to be sent again as they came, for a step that has no pending authorization.
    pub extra: Vec<(String, String)>,
}

impl Form {
    /// A form that belongs to no pending authorization.
    pub fn new(action: impl Into<String>, csrf: impl Into<String>) -> Self {
        Self { action: action.into(), csrf: csrf.into(), request: None, extra: Vec::new() }
    }

    /// The same form, of which the answer is good for this account alone.
    #[must_use]
    pub fn of_account(mut self, account: &Account) -> Self {
        self.extra.push((ACCOUNT.to_owned(), account.subject.clone()));
        self
    }

    /// The same form for the pending authorization `request`.
    #[must_use]
    pub fn of_request(self, request: impl Into<String>) -> Self {
        Self { request: Some(request.into()), ..self }
    }
}

impl std::fmt::Debug for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Form").field("action", &self.action).finish_non_exhaustive()
    }
}

#[cfg(test)]
impl Form {
    pub(crate) fn sample(action: &str) -> Self {
        Self::new(action, "c3JmLXRva2Vu").of_request("01JD8Z")
    }
}
