//! A page that is one form: making and changing something.

use askama::Template;

use super::field::Field;
use super::frame::Frame;
use super::part::Summary;
use crate::pages::views::Form;
use crate::services::FieldFault;

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

impl FormPage {
    /// A form that is posted to `route` and leads `back`, both without the mount; what it asks is
    /// still to be filled in.
    pub fn at(frame: Frame, route: &str, back: &str) -> Self {
        Self {
            form: frame.form(route),
            back: frame.path(back),
            frame,
            title: String::new(),
            lead: String::new(),
            fields: Vec::new(),
            summary: Summary::default(),
            button: String::new(),
        }
    }

    /// The same with its fields, of which `faults` were found.
    #[must_use]
    pub fn asking(self, fields: Vec<Field>, faults: &[FieldFault]) -> Self {
        let fields: Vec<Field> = fields.into_iter().map(|field| field.faults(faults)).collect();
        Self { summary: Summary::of(faults, &fields), fields, ..self }
    }
}

#[cfg(test)]
impl FormPage {
    pub(crate) fn samples() -> Vec<Self> {
        let page = |faults: &[FieldFault]| {
            let frame = Frame::sample().below("Users", "/admin/users");
            let fields = vec![
                Field::email("email", "E-mail address"),
                Field::text("name", "Name").value("<b>").optional(),
            ];
            Self {
                title: "Invite a user".to_owned(),
                lead: "You get a link to hand over.".to_owned(),
                button: "Invite".to_owned(),
                ..Self::at(frame, "/admin/users/new", "/admin/users")
            }
            .asking(fields, faults)
        };
        vec![page(&[]), page(&[FieldFault::new("email", "it is empty")])]
    }
}
