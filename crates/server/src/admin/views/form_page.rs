//! A page that is one form: making and changing something.

use askama::Template;

use super::field::Field;
use super::frame::Frame;
use super::part::Summary;
use crate::pages::views::Form;

/// A form of its own. It is posted to the path that it is shown under.
#[derive(Template)]
#[template(path = "admin/form_page.html")]
pub struct FormPage {
    /// The frame.
    pub frame: Frame,
    /// What is done here.
    pub title: String,
    /// What is worth knowing before.
    pub lead: String,
    /// Posts it.
    pub form: Form,
    /// What is asked.
    pub fields: Vec<Field>,
    /// What was wrong with the last attempt.
    pub summary: Summary,
    /// What the button says.
    pub button: String,
    /// Where "Cancel" leads: a route with the mount.
    pub back: String,
}

#[cfg(test)]
impl FormPage {
    pub(crate) fn samples() -> Vec<Self> {
        use crate::services::FieldFault;
        let page = |faults: &[FieldFault]| {
            let frame = Frame::sample().below("Users", "/admin/users");
            let fields = vec![
                Field::email("email", "E-mail address").faults(faults),
                Field::text("name", "Name").value("<b>").optional(),
            ];
            Self {
                form: frame.form("/admin/users/new"),
                title: "Invite a user".to_owned(),
                lead: "You get a link to hand over.".to_owned(),
                summary: Summary::of(faults, &fields),
                fields,
                button: "Invite".to_owned(),
                back: frame.path("/admin/users"),
                frame,
            }
        };
        vec![page(&[]), page(&[FieldFault::new("email", "it is empty")])]
    }
}
