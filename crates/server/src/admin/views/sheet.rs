//! The hand-over sheet of a client, and the links to it.

use askama::Template;
use vestibule_protocol::Timestamp;
use vestibule_protocol::admin::Permission;

use super::frame::Frame;
use super::part::{Badge, Tone};
use crate::services::sheets::{SHEET, SharedLink};
use crate::sheet::Sheet;

/// The sheet as the vendor will see it.
#[derive(Template)]
#[template(path = "admin/sheet.html")]
pub struct SheetPage {
    /// The frame.
    pub frame: Frame,
    /// The sheet.
    pub sheet: Sheet,
    /// The client's page.
    pub home: String,
    /// Links to it and to the client's secrets, newest first.
    pub links: Vec<LinkRow>,
}

/// A link that was handed out.
#[derive(Clone, Debug)]
pub struct LinkRow {
    /// What it opens.
    pub what: &'static str,
    /// Whether it still does.
    pub state: Badge,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// The page that ends it now, while it is good.
    pub revoke: Option<String>,
}

impl SheetPage {
    fn may_write(&self) -> bool {
        self.frame.may(Permission::ClientsWrite)
    }
}

impl LinkRow {
    /// A link of the client at `home`.
    pub fn of(link: &SharedLink, home: &str) -> Self {
        let good = link.used_at.is_none();
        Self {
            what: if link.purpose == SHEET { "this sheet" } else { "a secret, once" },
            state: match good {
                true => Badge::new("good", Tone::Good),
                false => Badge::new("used or revoked", Tone::Plain),
            },
            created_at: Timestamp::from_seconds(link.created_at),
            expires_at: Timestamp::from_seconds(link.expires_at),
            revoke: good.then(|| format!("{home}/sheet/links/{}/revoke", link.id)),
        }
    }
}
