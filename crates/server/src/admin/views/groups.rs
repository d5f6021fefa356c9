//! Groups of users.

use askama::Template;
use vestibule_protocol::admin::Permission;

use super::field::Field;
use super::frame::Frame;
use super::part::Summary;
use crate::pages::views::Form;

/// The groups, and making one more.
#[derive(Template)]
#[template(path = "admin/groups.html")]
pub struct Groups {
    /// The frame.
    pub frame: Frame,
    /// The groups.
    pub rows: Vec<GroupRow>,
    /// Makes one.
    pub form: Form,
    /// Its name.
    pub field: Field,
    /// What was wrong with the last attempt.
    pub summary: Summary,
}

/// A group in the list.
pub struct GroupRow {
    /// Its name.
    pub name: String,
    /// How many are in it.
    pub members: i64,
    /// The list of its members.
    pub users: String,
    /// The page that renames it.
    pub rename: String,
    /// The page that removes it.
    pub remove: String,
}

impl Groups {
    fn may_write(&self) -> bool {
        self.frame.may(Permission::UsersWrite)
    }
}

#[cfg(test)]
impl Groups {
    pub(crate) fn samples() -> Vec<Self> {
        use crate::admin::views::Section;
        let page = |rows: Vec<GroupRow>| {
            let frame = Frame { section: Section::Groups, ..Frame::sample() };
            Self {
                form: frame.form("/admin/groups"),
                field: Field::text("name", "Name"),
                summary: Summary::default(),
                frame,
                rows,
            }
        };
        let row = GroupRow {
            name: "<b>providers</b>".to_owned(),
            members: 3,
            users: "/admin/users?group=providers".to_owned(),
            rename: "/admin/groups/1/rename".to_owned(),
            remove: "/admin/groups/1/remove".to_owned(),
        };
        vec![page(Vec::new()), page(vec![row])]
    }
}
