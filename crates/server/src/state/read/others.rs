//! Organizations, groups, and roles.

use std::path::Path;

use vestibule_protocol::admin::Role;

use super::super::document::{
    AdminWanted, Ensure, GroupWanted, HolderName, Object, OrganizationWanted,
};
use super::super::table::{Source, Table};
use super::{Read, common, picture};

const ORGANIZATION: [&str; 7] =
    ["slug", "name", "status", "parent", "ensure", picture::LOGO, picture::ACCENT];
const GROUP: [&str; 3] = ["name", "organization", "ensure"];
const ADMIN: [&str; 5] = ["user", "client", "role", "organization", "ensure"];

/// `[[organization]]`.
pub(super) fn organization(
    table: &Table<'_>,
    source: &mut Source<'_>,
    folder: &Path,
) -> Option<Read> {
    table.only(source, ORGANIZATION.into_iter());
    let ensure: Ensure = table.read(source, "ensure").unwrap_or_default();
    let slug: String = table.require(source, "slug", "it is the stable id, such as clinic-bern")?;
    if ensure == Ensure::Absent {
        return Some((None, Object::Organization(slug, None)));
    }
    let name = table.require(source, "name", "people read it")?;
    let status = table.read(source, "status").unwrap_or_default();
    let parent = table.read(source, "parent");
    let (brand, picture) = picture::brand(table, source, folder);
    let wanted = OrganizationWanted { name, status, parent, brand, picture };
    Some((None, Object::Organization(slug, Some(wanted))))
}

/// `[[group]]`.
pub(super) fn group(table: &Table<'_>, source: &mut Source<'_>) -> Option<Read> {
    table.only(source, GROUP.into_iter());
    let (ensure, organization) = common(table, source);
    let name: String = table.require(source, "name", "it is the stable id, such as nurses")?;
    let wanted = (ensure == Ensure::Present).then_some(GroupWanted);
    Some((organization, Object::Group(name, wanted)))
}

/// `[[admin]]`.
pub(super) fn admin(table: &Table<'_>, source: &mut Source<'_>) -> Option<Read> {
    table.only(source, ADMIN.into_iter());
    let (ensure, organization) = common(table, source);
    let user: Option<String> = table.read(source, "user");
    let client: Option<String> = table.read(source, "client");
    let holder = match (user, client) {
        (Some(user), None) => Some(HolderName::User(user)),
        (None, Some(client)) => Some(HolderName::Client(client)),
        _ => {
            source.fault(&table.key("user"), table.at, "write one of user and client");
            None
        }
    };
    let words = Role::ALL.map(Role::as_str).join(", ");
    let role: String = table.require(source, "role", &format!("one of {words}"))?;
    let Some(role) = Role::from_word(&role) else {
        let problem = format!("there is no role {role:.40}; there are {words}");
        source.fault(&table.key("role"), table.at("role"), problem);
        return None;
    };
    Some((organization, Object::Admin(AdminWanted { holder: holder?, role }, ensure)))
}
