//! What all pages of the console share: who is signed in, the way around, what was just done.

use std::sync::Arc;

use vestibule_protocol::Timestamp;
use vestibule_protocol::admin::{Permission, Rights};
use vestibule_store::organizations::Organization;

use super::part::moment;
use crate::admin::guard::ORGANIZATION;
use crate::assets;
use crate::pages::views::{Account, Brand, Form};

/// The frame of a page.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Whose installation it is.
    pub brand: Arc<Brand>,
    /// The version of the server.
    pub version: &'static str,
    /// Who is signed in.
    pub account: Account,
    /// Where they act.
    pub organization: Organization,
    /// What they may do there.
    pub rights: Rights,
    /// The token of every form of the page (invariant I19).
    pub csrf: String,
    /// Where the page belongs.
    pub section: Section,
    /// The pages above this one, the section's own left out.
    pub trail: Vec<Crumb>,
    /// What was just done.
    pub notice: Option<String>,
}

/// A page above.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crumb {
    /// Its name.
    pub label: String,
    /// Its path, with the mount.
    pub href: String,
}

/// The parts of the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// Where an administrator begins.
    Overview,
    /// Clients.
    Clients,
    /// Signing keys.
    Keys,
    /// Webhooks.
    Webhooks,
    /// The installation itself.
    System,
    /// Who administers.
    Admins,
    /// One's own API tokens.
    Tokens,
    /// What happened, and why.
    Events,
    /// Users.
    Users,
    /// Groups of users.
    Groups,
    /// Organizations.
    Organizations,
}

/// An entry of the menu.
struct Entry {
    section: Section,
    label: &'static str,
    /// Its own path, and others that belong to it.
    routes: &'static [&'static str],
    /// Who sees it; nothing is asked for the overview.
    needs: Option<Permission>,
}

/// The menu in its order. A room of the console adds its line here.
const MENU: &[Entry] = &[
    entry(Section::Overview, "Overview", &["/admin"], None),
    entry(Section::Clients, "Clients", CLIENTS, Some(Permission::ClientsRead)),
    entry(Section::Users, "Users", &["/admin/users"], Some(Permission::UsersRead)),
    entry(Section::Groups, "Groups", &["/admin/groups"], Some(Permission::UsersRead)),
    entry(
        Section::Organizations,
        "Organizations",
        &["/admin/organizations"],
        Some(Permission::OrganizationsRead),
    ),
    entry(Section::Events, "Events", EVENTS, Some(Permission::EventsRead)),
    entry(Section::Keys, "Keys", &["/admin/keys"], Some(Permission::KeysRead)),
    entry(Section::Webhooks, "Webhooks", &["/admin/webhooks"], Some(Permission::SystemRead)),
    entry(Section::System, "System", &["/admin/system"], Some(Permission::SystemRead)),
    entry(Section::Admins, "Administrators", &["/admin/admins"], Some(Permission::AdminsRead)),
    entry(Section::Tokens, "API tokens", &["/admin/tokens"], None),
];

const CLIENTS: &[&str] = &["/admin/clients", "/admin/new-client"];
const EVENTS: &[&str] = &["/admin/events", "/admin/cases"];

const fn entry(
    section: Section,
    label: &'static str,
    routes: &'static [&'static str],
    needs: Option<Permission>,
) -> Entry {
    Entry { section, label, routes, needs }
}

impl Entry {
    fn route(&self) -> &'static str {
        self.routes.first().copied().unwrap_or("/admin")
    }
}

impl Section {
    fn entry(self) -> Option<&'static Entry> {
        MENU.iter().find(|entry| entry.section == self)
    }

    /// The section that a path belongs to.
    pub fn of_route(path: &str, mount: &str) -> Self {
        let route = path.strip_prefix(mount).unwrap_or(path);
        let inside = |room: &str| {
            room != "/admin"
                && route
                    .strip_prefix(room)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let entry = MENU.iter().find(|entry| entry.routes.iter().any(|room| inside(room)));
        entry.map_or(Self::Overview, |entry| entry.section)
    }
}

/// A line of the menu, as it is shown.
pub(super) struct Line {
    pub(super) label: &'static str,
    pub(super) href: String,
    pub(super) current: bool,
}

impl Frame {
    /// The same frame, one page further down.
    #[must_use]
    pub fn below(mut self, label: impl Into<String>, route: &str) -> Self {
        let href = self.path(route);
        self.trail.push(Crumb { label: label.into(), href });
        self
    }

    /// Whether something may be done; what may not is not offered.
    pub fn may(&self, permission: Permission) -> bool {
        self.rights.allow(permission)
    }

    /// The path of a route of ours.
    pub fn path(&self, route: &str) -> String {
        format!("{}{route}", self.brand.mount)
    }

    /// A form that is posted to a route of ours.
    pub fn form(&self, route: &str) -> Form {
        let made_in = (ORGANIZATION.to_owned(), self.organization.id.0.to_string());
        Form { extra: vec![made_in], ..Form::new(self.path(route), self.csrf.clone()) }
    }

    /// The form by which the account that the bar names leaves.
    pub fn sign_out(&self) -> Form {
        Form::new(self.path("/oauth/logout"), self.csrf.clone()).of_account(&self.account)
    }

    /// A moment as people of any place read it alike.
    pub fn moment(&self, at: &Timestamp) -> String {
        moment(*at)
    }

    pub(super) fn asset(&self, name: &str) -> String {
        self.path(assets::url(name))
    }

    pub(super) fn menu(&self) -> Vec<Line> {
        let seen = MENU.iter().filter(|entry| entry.needs.is_none_or(|needs| self.may(needs)));
        seen.map(|entry| Line {
            label: entry.label,
            href: self.path(entry.route()),
            current: entry.section == self.section,
        })
        .collect()
    }

    fn to(&self, entry: &Entry) -> Crumb {
        Crumb { label: entry.label.to_owned(), href: self.path(entry.route()) }
    }

    /// The section's own page, for those who may see it; none for the overview.
    pub(super) fn home(&self) -> Option<Crumb> {
        let entry = self.section.entry().filter(|_| self.section != Section::Overview)?;
        entry.needs.is_none_or(|needs| self.may(needs)).then(|| self.to(entry))
    }

    /// The pages above this one, the section first; none above the section's own page.
    pub(super) fn crumbs(&self) -> Vec<Crumb> {
        if self.trail.is_empty() {
            return Vec::new();
        }
        let section = self.section.entry().map(|entry| self.to(entry));
        section.into_iter().chain(self.trail.iter().cloned()).collect()
    }
}

#[cfg(test)]
impl Frame {
    pub(crate) fn sample() -> Self {
        use vestibule_protocol::client::Status;
        use vestibule_protocol::ids::OrgId;

        let shell = crate::pages::views::Shell::sample(crate::i18n::Tr::default());
        Self {
            brand: shell.brand,
            version: "0.1.0",
            account: Account {
                name: "Grace Hopper".to_owned(),
                username: "grace@clinic.test".to_owned(),
                subject: "5f0e".to_owned(),
            },
            organization: Organization {
                id: OrgId::ROOT,
                parent: None,
                slug: "lakeside".to_owned(),
                name: "Lakeside Clinic".to_owned(),
                status: Status::Active,
                created_at: Timestamp::from_seconds(0),
                updated_at: Timestamp::from_seconds(0),
            },
            rights: Rights::all(),
            csrf: "c3JmLXRva2Vu".to_owned(),
            section: Section::Overview,
            trail: Vec::new(),
            notice: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_menu_shows_what_may_be_seen_and_where_one_is() {
        let frame = Frame::sample();
        assert_eq!(frame.menu().len(), MENU.len());
        assert_eq!(frame.menu().iter().filter(|line| line.current).count(), 1);
        let none = Frame { rights: Rights::NONE, ..Frame::sample() };
        let open = MENU.iter().filter(|entry| entry.needs.is_none()).count();
        assert_eq!(none.menu().len(), open);
    }

    #[test]
    fn every_entry_is_found_by_its_own_path() {
        for entry in MENU {
            assert_eq!(Section::of_route(entry.route(), ""), entry.section, "{}", entry.route());
            let below = format!("/clinic{}/x", entry.route());
            let expected =
                if entry.route() == "/admin" { Section::Overview } else { entry.section };
            assert_eq!(Section::of_route(&below, "/clinic"), expected);
        }
        assert_eq!(Section::of_route("/admin/nowhere", ""), Section::Overview);
    }
}
