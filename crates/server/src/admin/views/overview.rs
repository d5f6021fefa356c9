//! Where an administrator begins.

use askama::Template;

use super::frame::Frame;

/// The overview: how it stands, and what wants to be looked at.
#[derive(Template)]
#[template(path = "admin/overview.html")]
pub struct Overview {
    /// The frame.
    pub frame: Frame,
    /// The issuer.
    pub issuer: String,
}

#[cfg(test)]
impl Overview {
    pub(crate) fn samples() -> Vec<Self> {
        let notice = Some("The client \"<b>Unomed</b>\" was disabled.".to_owned());
        let frame = Frame { notice, ..Frame::sample() };
        vec![Self { frame, issuer: "https://id.lakeside.example".to_owned() }]
    }
}
