//! A page that is one form: making and changing something, and asking before something is done.

use askama::Template;

#[cfg(test)]
use super::field::Choice;
use super::field::Field;
use super::frame::Frame;
use super::part::Summary;
use crate::pages::views::Form;
use crate::services::FieldFault;

/// A form of its own, or a question. It is posted to the path that it is shown under.
#[derive(Template)]
#[template(path = "admin/form_page.html")]
pub struct FormPage {
    /// The frame.
    pub frame: Frame,
    /// What is done here; before something is done, the question.
    pub title: String,
    /// What is worth knowing before, and what follows from it; a paragraph each.
    pub text: Vec<String>,
    /// Posts it.
    pub form: Form,
    /// What is asked.
    pub fields: Vec<Field>,
    /// What was wrong with the last attempt.
    pub summary: Summary,
    /// The button that sends it.
    pub button: Button,
    /// Where "Cancel" leads: a route with the mount.
    pub back: String,
}

/// The button of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Button {
    text: String,
    id: &'static str,
    class: &'static str,
}

impl Button {
    /// Sends what was filled in.
    pub fn send(text: impl Into<String>) -> Self {
        Self { text: text.into(), id: "submit", class: "primary" }
    }

    /// Says yes to a question.
    pub fn yes(text: impl Into<String>) -> Self {
        Self { text: text.into(), id: "confirm", class: "primary" }
    }

    /// Says yes to what takes something away from somebody.
    pub fn grave(text: impl Into<String>) -> Self {
        Self { text: text.into(), id: "confirm", class: "danger" }
    }
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
            text: Vec::new(),
            fields: Vec::new(),
            summary: Summary::default(),
            button: Button::send(""),
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
        let page = |button: Button, fields: Vec<Field>, faults: &[FieldFault]| {
            let frame = Frame::sample().below("Users <b>", "/admin/users");
            Self {
                title: "Invite a user?".to_owned(),
                text: vec!["You get a link to hand over.".to_owned(), "It <b>ends.".to_owned()],
                button,
                ..Self::at(frame, "/admin/users/new", "/admin/users")
            }
            .asking(fields, faults)
        };
        let fields = || {
            vec![
                Field::email("email", "Email address"),
                Field::text("name", "Name").value("<b>").optional(),
                Field::ticks("may", "It may", vec![Choice::new("a:b", "a:b").hint("<b>")]),
            ]
        };
        let faults = [FieldFault::new("email", "it is empty"), FieldFault::new("may", "tick one")];
        vec![
            page(Button::send("Invite"), fields(), &[]),
            page(Button::send("Invite"), fields(), &faults),
            page(Button::yes("Enable"), Vec::new(), &[]),
            page(Button::grave("Delete <b>"), fields(), &faults),
        ]
    }
}
