//! In which organization an administrator acts.

use askama::Template;
use vestibule_store::organizations::Organization;

use super::frame::Frame;
use crate::pages::views::Form;

/// Offers the organizations in which somebody may act.
#[derive(Template)]
#[template(path = "admin/organization.html")]
pub struct ChooseOrganization {
    /// The frame.
    pub frame: Frame,
    /// Posts the choice.
    pub form: Form,
    /// What there is to choose from.
    pub choices: Vec<Organization>,
}

#[cfg(test)]
impl ChooseOrganization {
    pub(crate) fn samples() -> Vec<Self> {
        let frame = Frame::sample();
        let form = frame.form("/admin/organization");
        let mut ward = frame.organization.clone();
        ward.id.0 = 7;
        ward.name = "<b>North & South</b> ward".to_owned();
        vec![Self { form, choices: vec![frame.organization.clone(), ward], frame }]
    }
}
