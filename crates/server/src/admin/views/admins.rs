//! Who administers.

use askama::Template;
use vestibule_protocol::Timestamp;
use vestibule_protocol::admin::Permission;

use super::frame::Frame;

/// The roles that hold here.
#[derive(Template)]
#[template(path = "admin/admins.html")]
pub struct Admins {
    /// The frame.
    pub frame: Frame,
    /// The roles, oldest first.
    pub rows: Vec<AdminRow>,
}

/// A role that somebody holds.
#[derive(Clone, Debug)]
pub struct AdminRow {
    /// Who.
    pub holder: String,
    /// Whether that is a client.
    pub is_client: bool,
    /// Which role.
    pub role: String,
    /// What it is for.
    pub summary: &'static str,
    /// Where it holds.
    pub reach: String,
    /// Since when.
    pub granted_at: Timestamp,
    /// By whom.
    pub granted_by: String,
    /// The page that takes it away.
    pub revoke: String,
}

impl Admins {
    fn may_write(&self) -> bool {
        self.frame.may(Permission::AdminsWrite)
    }
}

#[cfg(test)]
impl Admins {
    pub(crate) fn samples() -> Vec<Self> {
        let row = |holder: &str, is_client: bool| AdminRow {
            holder: holder.to_owned(),
            is_client,
            role: "Client manager".to_owned(),
            summary: "registers and changes clients, reads the event log",
            reach: "Everywhere".to_owned(),
            granted_at: Timestamp::from_seconds(1_795_000_000),
            granted_by: "setup link".to_owned(),
            revoke: format!("/admin/admins/{}/revoke", u8::from(is_client)),
        };
        let reader = Frame {
            rights: vestibule_protocol::admin::Rights::of([Permission::AdminsRead]),
            ..Frame::sample()
        };
        vec![
            Self { frame: Frame::sample(), rows: vec![row("grace@<b>", false), row("CI", true)] },
            Self { frame: reader, rows: vec![row("ada@clinic.test", false)] },
            Self { frame: Frame::sample(), rows: Vec::new() },
        ]
    }
}
