//! A case file, and the sharing of it.

use askama::Template;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use vestibule_protocol::admin::Permission;

use super::field::Field;
use super::frame::Frame;
use super::part::{Summary, moment};
use crate::pages::views::{DifferenceView, Form, Timeline};
use crate::services::cases::file::CaseClient;
use crate::services::cases::{CaseFile, Share};

/// Everything about one attempt.
#[derive(Template)]
#[template(path = "admin/case.html")]
pub struct CasePage {
    /// The frame.
    pub frame: Frame,
    /// The case.
    pub file: CaseFile,
}

/// Asks for how long a case is to be shared, and shows the link once.
#[derive(Template)]
#[template(path = "admin/case_share.html")]
pub struct CaseShare {
    /// The frame.
    pub frame: Frame,
    /// The case's code.
    pub code: String,
    /// Posts it.
    pub form: Form,
    /// For how long.
    pub field: Field,
    /// What was wrong with that.
    pub summary: Summary,
    /// The link that was made, and when it ends.
    pub made: Option<(String, String)>,
}

impl CasePage {
    fn route(&self, rest: &str) -> String {
        self.frame.path(&format!("/admin/cases/{}{rest}", self.file.code))
    }

    fn client(&self, client: &CaseClient) -> String {
        let id = utf8_percent_encode(&client.client_id.0, NON_ALPHANUMERIC);
        self.frame.path(&format!("/admin/clients/{id}"))
    }

    fn timeline(&self) -> Timeline<'_> {
        Timeline { steps: &self.file.steps, catalogue: self.frame.path("/errors") }
    }

    fn until(&self, share: &Share) -> String {
        moment(share.expires_at)
    }

    fn may_share(&self) -> bool {
        self.file.client.is_some() && self.frame.may(Permission::ClientsWrite)
    }

    fn may_adopt(&self) -> bool {
        let uri = self.file.cause.as_ref().and_then(|cause| cause.uri.as_ref());
        uri.is_some_and(|uri| uri.adoptable) && self.frame.may(Permission::ClientsWrite)
    }
}

#[cfg(test)]
impl CasePage {
    pub(crate) fn samples() -> Vec<Self> {
        let frame = || Frame { section: super::Section::Events, ..Frame::sample() };
        let cases = crate::services::cases::tests::samples();
        cases.into_iter().map(|file| Self { frame: frame(), file }).collect()
    }
}

#[cfg(test)]
impl CaseShare {
    pub(crate) fn samples() -> Vec<Self> {
        let page = |made| {
            let frame = Frame { section: super::Section::Events, ..Frame::sample() };
            Self {
                form: frame.form("/admin/cases/7FK-2QD/share"),
                code: "7FK-2QD".to_owned(),
                field: Field::number("days", "Days").value("7"),
                summary: Summary::default(),
                made,
                frame,
            }
        };
        let made = ("https://id.example/case/x".to_owned(), "2026-11-28 10:00 UTC".to_owned());
        vec![page(None), page(Some(made))]
    }
}
