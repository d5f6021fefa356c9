//! In which organization an administrator acts.

use askama::Template;
use vestibule_protocol::client::Status;
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

impl ChooseOrganization {
    /// What else there is to know of one: where one is, where it belongs, whether it is off.
    fn about(&self, one: &Organization) -> String {
        let above = self.choices.iter().find(|it| Some(it.id) == one.parent);
        let said = [
            (one.id == self.frame.organization.id).then(|| "you are here".to_owned()),
            above.map(|above| format!("part of {}", above.name)),
            (one.status == Status::Disabled).then(|| "disabled".to_owned()),
        ];
        said.into_iter().flatten().collect::<Vec<_>>().join(" · ")
    }
}

#[cfg(test)]
impl ChooseOrganization {
    pub(crate) fn samples() -> Vec<Self> {
        let frame = Frame::sample();
        let form = frame.form("/admin/organization");
        let mut ward = frame.organization.clone();
        ward.id.0 = 7;
        ward.parent = Some(frame.organization.id);
        ward.status = Status::Disabled;
        ward.name = "<b>North & South</b> ward".to_owned();
        vec![Self { form, choices: vec![frame.organization.clone(), ward], frame }]
    }
}
