//! Why a page of the console is not shown, or an act was not done.

use askama::Template;

use super::field::sentence;
use super::frame::Frame;
use crate::services::{FaultKind, ServiceFault};

/// A page that says what is wrong and how to mend it.
#[derive(Template)]
#[template(path = "admin/problem.html")]
pub struct Problem {
    /// The frame.
    pub frame: Frame,
    /// What is wrong, in a few words.
    pub title: &'static str,
    /// What came, what was expected, how to mend it.
    pub text: String,
    /// The stable word of the fault.
    pub code: &'static str,
    /// The name of this attempt, to be searched for in the logs.
    pub case_code: String,
}

impl Problem {
    /// The page of a fault. What went wrong inside goes to the log alone.
    pub fn of(frame: Frame, fault: &ServiceFault, case_code: String) -> Self {
        let kind = fault.kind();
        let title = match kind {
            FaultKind::Invalid => "That cannot be done",
            FaultKind::NotFound => "This was not found",
            FaultKind::Conflict => "Something has changed meanwhile",
            FaultKind::Forbidden => "You may not do that",
            FaultKind::Unavailable => "Try again in a moment",
            FaultKind::Internal => "Something went wrong on our side",
        };
        let text = match kind {
            FaultKind::NotFound => "It was removed, or the address is not right, or it belongs to another organization.".to_owned(),
            FaultKind::Unavailable => "Nothing was changed.".to_owned(),
            FaultKind::Internal => {
                "Nothing was changed. The log of the server says more under the case code."
                    .to_owned()
            }
            FaultKind::Invalid | FaultKind::Conflict | FaultKind::Forbidden => {
                sentence(&fault.to_string())
            }
        };
        Self { frame, title, text, code: kind.word(), case_code }
    }
}

#[cfg(test)]
impl Problem {
    pub(crate) fn samples() -> Vec<Self> {
        use vestibule_protocol::admin::Permission;
        let page = |fault: &ServiceFault| Self::of(Frame::sample(), fault, "7FK-2QD".to_owned());
        vec![
            page(&ServiceFault::Forbidden { permission: Permission::KeysWrite }),
            page(&ServiceFault::Conflict("<script>alert(1)</script> was changed".to_owned())),
            page(&ServiceFault::NotFound { what: "client", name: "x".to_owned(), hint: "look" }),
        ]
    }
}
