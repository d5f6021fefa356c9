//! The page that asks before something dangerous is done.

use askama::Template;

use super::field::Field;
use super::frame::Frame;
use super::part::Summary;
use crate::pages::views::Form;

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

#[cfg(test)]
impl Confirm {
    pub(crate) fn samples() -> Vec<Self> {
        use crate::services::FieldFault;
        let page = |fields: Vec<Field>, faults: &[FieldFault]| {
            let frame = Frame::sample().below("Unomed <b>", "/admin/x");
            Self {
                form: frame.form("/admin/x/remove"),
                title: "Delete Unomed?".to_owned(),
                consequences: vec![
                    "Nobody can sign in with it any more, at once.".to_owned(),
                    "This cannot be undone.".to_owned(),
                ],
                summary: Summary::of(faults, &fields),
                fields,
                button: "Delete Unomed".to_owned(),
                back: frame.path("/admin/x"),
                frame,
            }
        };
        let faults = [FieldFault::new("name", "type the name exactly")];
        let name = Field::text("name", "Type the client's name").faults(&faults);
        vec![page(Vec::new(), &[]), page(vec![name], &faults)]
    }
}
