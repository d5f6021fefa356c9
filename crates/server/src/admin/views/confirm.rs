//! The page that asks before something dangerous is done.

use askama::Template;

use super::field::Field;
use super::frame::Frame;
use super::part::Summary;
use crate::pages::views::Form;
use crate::services::FieldFault;

/// Asks once more. Its form goes to the path that it is shown under.
#[derive(Template)]
#[template(path = "admin/confirm.html")]
pub struct Confirm {
    /// The frame.
    pub frame: Frame,
    /// What is about to be done, as a question.
    pub title: String,
    /// What follows from it, a sentence each.
    pub consequences: Vec<String>,
    /// Posts it.
    pub form: Form,
    /// What has to be typed or chosen for it.
    pub fields: Vec<Field>,
    /// What was wrong with that.
    pub summary: Summary,
    /// What the button says.
    pub button: String,
    /// Where "Cancel" leads: a route with the mount.
    pub back: String,
}

impl Confirm {
    /// A page that posts to `route` and leads `back`, both without the mount; what it says is still
    /// to be filled in.
    pub fn at(frame: Frame, route: &str, back: &str) -> Self {
        Self {
            form: frame.form(route),
            back: frame.path(back),
            frame,
            title: String::new(),
            consequences: Vec::new(),
            fields: Vec::new(),
            summary: Summary::default(),
            button: String::new(),
        }
    }

    /// The same with fields, of which `faults` were found.
    #[must_use]
    pub fn asking(self, fields: Vec<Field>, faults: &[FieldFault]) -> Self {
        let fields: Vec<Field> = fields.into_iter().map(|field| field.faults(faults)).collect();
        Self { summary: Summary::of(faults, &fields), fields, ..self }
    }
}

#[cfg(test)]
impl Confirm {
    pub(crate) fn samples() -> Vec<Self> {
        let page = |fields: Vec<Field>, faults: &[FieldFault]| {
            let frame = Frame::sample().below("Unomed <b>", "/admin/x");
            Self {
                title: "Delete Unomed?".to_owned(),
                consequences: vec![
                    "Nobody can sign in with it any more, at once.".to_owned(),
                    "This cannot be undone.".to_owned(),
                ],
                button: "Delete Unomed".to_owned(),
                ..Self::at(frame, "/admin/x/remove", "/admin/x")
            }
            .asking(fields, faults)
        };
        let faults = [FieldFault::new("name", "type the name exactly")];
        let name = Field::text("name", "Type the client's name");
        vec![page(Vec::new(), &[]), page(vec![name], &faults)]
    }
}
