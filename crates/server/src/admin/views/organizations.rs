//! Organizations and those below them.

use askama::Template;
use vestibule_protocol::admin::Permission;

use super::frame::Frame;
use super::part::Badge;

/// The tree of organizations.
#[derive(Template)]
#[template(path = "admin/organizations.html")]
pub struct Organizations {
    /// The frame.
    pub frame: Frame,
    /// The organizations, each behind the one it is a part of.
    pub rows: Vec<OrganizationRow>,
}

/// An organization in the tree.
pub struct OrganizationRow {
    /// What people read.
    pub name: String,
    /// Its short name.
    pub slug: String,
    /// The short name of the one it is a part of; empty at the top.
    pub parent: String,
    /// Whether it takes part.
    pub badge: Badge,
    /// How deep it lies: `–` for each organization above it.
    pub indent: String,
    /// The page that renames it.
    pub rename: String,
    /// The page of its logo and colour.
    pub brand: String,
    /// The page that switches it on or off, and its word; none for the root.
    pub switch: Option<(String, &'static str)>,
}

impl Organizations {
    fn may_write(&self) -> bool {
        self.frame.may(Permission::OrganizationsWrite)
    }
}

#[cfg(test)]
impl Organizations {
    pub(crate) fn samples() -> Vec<Self> {
        use crate::admin::views::{Section, Tone};
        let row = |slug: &str, indent: &str, switch| OrganizationRow {
            name: "Lakeside <b>".to_owned(),
            slug: slug.to_owned(),
            parent: "root".to_owned(),
            badge: Badge::new("active", Tone::Good),
            indent: indent.to_owned(),
            rename: format!("/admin/organizations/{slug}/rename"),
            brand: format!("/admin/organizations/{slug}/brand"),
            switch,
        };
        let off = Some(("/admin/organizations/lakeside/disable".to_owned(), "Disable"));
        let frame = Frame { section: Section::Organizations, ..Frame::sample() };
        vec![Self { frame, rows: vec![row("root", "", None), row("lakeside", "– ", off)] }]
    }
}
