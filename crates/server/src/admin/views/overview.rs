//! Where an administrator begins.

use askama::Template;
use vestibule_store::counts::Counts;

use super::frame::Frame;

/// The overview: how it stands, and what wants to be looked at.
#[derive(Template)]
#[template(path = "admin/overview.html")]
pub struct Overview {
    /// The frame.
    pub frame: Frame,
    /// The issuer.
    pub issuer: String,
    /// How much there is of what, for those who look after the whole installation.
    pub counts: Option<Counts>,
}

#[cfg(test)]
impl Overview {
    pub(crate) fn samples() -> Vec<Self> {
        let notice = Some("The client \"<b>Unomed</b>\" was disabled.".to_owned());
        let frame = Frame { notice, ..Frame::sample() };
        let issuer = "https://id.lakeside.example".to_owned();
        let counts = Counts { users: 104_233, clients: 31, sessions: 412, messages: 0 };
        vec![Self { frame, issuer, counts: Some(counts) }]
    }
}
