//! A page on which a part of a client's policy is changed.

use askama::Template;

use super::ClientHead;
use crate::admin::views::brand::BrandPanel;
use crate::admin::views::field::Group;
use crate::admin::views::frame::Frame;
use crate::admin::views::part::Summary;
use crate::pages::views::Form;

/// Fields of a client, to be changed together.
#[derive(Template)]
#[template(path = "admin/client_form.html")]
pub struct ClientForm {
    /// The frame.
    pub frame: Frame,
    /// What all its pages begin with.
    pub head: ClientHead,
    /// What the page is about.
    pub title: &'static str,
    /// What there is to know.
    pub text: &'static str,
    /// Something that wants to be looked at, with the lines it is about.
    pub warning: Option<(String, Vec<String>)>,
    /// Posts it.
    pub form: Form,
    /// What was wrong with it.
    pub summary: Summary,
    /// The fields.
    pub groups: Vec<Group>,
    /// Whether they may be changed.
    pub may_write: bool,
    /// The logo, on the page that has one.
    pub brand: Option<BrandPanel>,
}

#[cfg(test)]
impl ClientForm {
    pub(crate) fn samples() -> Vec<Self> {
        use super::framed;
        use super::samples::awkward;
        use crate::admin::client::settings::samples;

        let client = awkward();
        let frame = framed(Frame::sample(), &client);
        samples(&frame, &client)
    }
}
