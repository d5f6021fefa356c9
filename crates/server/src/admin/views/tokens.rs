//! One's own tokens of the administration API.

use askama::Template;
use vestibule_protocol::Timestamp;

use super::frame::Frame;
use super::part::Badge;

/// The tokens that act for the administrator who looks.
#[derive(Template)]
#[template(path = "admin/tokens.html")]
pub struct Tokens {
    /// The frame.
    pub frame: Frame,
    /// The tokens, newest first.
    pub rows: Vec<TokenRow>,
}

/// A token.
#[derive(Clone, Debug)]
pub struct TokenRow {
    /// What it is for.
    pub label: String,
    /// Whether it works.
    pub state: Badge,
    /// What it may do, in the words of the API.
    pub permissions: String,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
    /// The page that revokes it, while it works.
    pub revoke: Option<String>,
}

#[cfg(test)]
impl Tokens {
    pub(crate) fn samples() -> Vec<Self> {
        use super::part::Tone;
        let row = |label: &str, live: bool| TokenRow {
            label: label.to_owned(),
            state: Badge::new(
                if live { "live" } else { "revoked" },
                if live { Tone::Good } else { Tone::Plain },
            ),
            permissions: "clients:read, events:read".to_owned(),
            expires_at: Timestamp::from_seconds(1_795_000_000),
            last_used_at: live.then_some(Timestamp::from_seconds(1_794_000_000)),
            revoke: live.then(|| "/admin/tokens/7/revoke".to_owned()),
        };
        vec![
            Self { frame: Frame::sample(), rows: vec![row("<b>deploy", true), row("old", false)] },
            Self { frame: Frame::sample(), rows: Vec::new() },
        ]
    }
}
