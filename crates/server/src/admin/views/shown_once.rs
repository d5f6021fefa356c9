//! A page that shows a secret.

use askama::Template;
use zeroize::Zeroizing;

use super::frame::Frame;

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
