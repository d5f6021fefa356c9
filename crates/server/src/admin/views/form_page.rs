//! A page that is one form, and a page that shows a secret.

use askama::Template;
use zeroize::Zeroizing;

use super::field::Field;
use super::frame::Frame;
use super::part::Summary;
use crate::pages::views::Form;

/// A form with its heading. It goes to the path that it is shown under.
#[derive(Template)]
#[template(path = "admin/form.html")]
pub struct FormPage {
    /// The frame.
    pub frame: Frame,
    /// What the form does.
    pub title: String,
    /// What is good to know before.
    pub text: Option<String>,
    /// Posts it.
    pub form: Form,
    /// The fields.
    pub fields: Vec<Field>,
    /// What was wrong.
    pub summary: Summary,
    /// What the button says.
    pub button: String,
    /// Where "Cancel" leads: a route with the mount.
    pub back: String,
}

/// A secret that was just made, shown this once.
#[derive(Template)]
#[template(path = "admin/shown_once.html")]
pub struct ShownOnce {
    /// The frame.
    pub frame: Frame,
    /// What was made.
    pub title: String,
    /// What the secret is.
    pub label: &'static str,
    /// The secret.
    pub secret: Zeroizing<String>,
    /// What to do with it.
    pub text: Option<String>,
    /// Where "Done" leads: a route with the mount.
    pub back: String,
}

#[cfg(test)]
impl FormPage {
    pub(crate) fn samples() -> Vec<Self> {
        use crate::services::FieldFault;
        let page = |faults: &[FieldFault]| {
            let frame = Frame::sample().below("New webhook", "/admin/webhooks/new");
            let fields = vec![
                Field::text("label", "Label").hint("What it is for.").faults(faults),
                Field::url("url", "Address").value("https://siem.example/<b>"),
            ];
            Self {
                form: frame.form("/admin/webhooks/new"),
                title: "New webhook".to_owned(),
                text: Some("It is told what happens from now on.".to_owned()),
                summary: Summary::of(faults, &fields),
                fields,
                button: "Make the webhook".to_owned(),
                back: frame.path("/admin/webhooks"),
                frame,
            }
        };
        vec![page(&[]), page(&[FieldFault::new("label", "a label has 1 to 100 characters")])]
    }
}

#[cfg(test)]
impl ShownOnce {
    pub(crate) fn samples() -> Vec<Self> {
        let frame = Frame::sample();
        vec![Self {
            title: "The token \"<b>deploy\" is made".to_owned(),
            label: "API token",
            secret: Zeroizing::new("vbt_sample".to_owned()),
            text: Some("Send it as Authorization: Bearer.".to_owned()),
            back: frame.path("/admin/tokens"),
            frame,
        }]
    }
}
