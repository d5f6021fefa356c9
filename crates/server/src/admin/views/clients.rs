//! The list of clients.

use askama::Template;
use vestibule_protocol::Timestamp;
use vestibule_protocol::admin::Permission;
use vestibule_protocol::client::Client;

use super::client::badges;
use super::field::{Choice, Field};
use super::frame::Frame;
use super::part::{Badge, Pager, count};

/// The clients of an organization.
#[derive(Template)]
#[template(path = "admin/clients.html")]
pub struct Clients {
    /// The frame.
    pub frame: Frame,
    /// What was searched for.
    pub filters: Filters,
    /// The clients found.
    pub rows: Vec<ClientRow>,
    /// The way to more.
    pub pager: Pager,
}

/// What a list of clients is narrowed by, as it stands in the address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filters {
    /// Part of a name or of a `client_id`.
    pub text: String,
    /// `test` or `live`.
    pub environment: String,
    /// `active`, `disabled` or `relaxed`.
    pub state: String,
}

/// A client in the list.
#[derive(Clone, Debug)]
pub struct ClientRow {
    /// Its name.
    pub name: String,
    /// What it calls itself on the wire.
    pub client_id: String,
    /// Its page.
    pub href: String,
    /// Environment, state, relaxations.
    pub badges: Vec<Badge>,
    /// The vendor profile it was made from.
    pub profile: Option<String>,
    /// When one of its secrets was last accepted.
    pub last_used: Option<Timestamp>,
    /// The declarative file that states it.
    pub file: Option<String>,
}

impl ClientRow {
    /// The row of a client.
    pub fn of(frame: &Frame, client: &Client) -> Self {
        Self {
            name: client.name.clone(),
            client_id: client.client_id.0.clone(),
            href: frame.path(&format!("/admin/clients/{}", client.client_id)),
            badges: badges(client),
            profile: client.settings.vendor_profile.clone(),
            last_used: last_used(client),
            file: None,
        }
    }
}

/// When one of a client's secrets was last accepted.
pub(super) fn last_used(client: &Client) -> Option<Timestamp> {
    client.secrets.iter().filter_map(|secret| secret.last_used_at).max()
}

impl Filters {
    /// Whether the list is narrowed at all.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn fields(&self) -> [Field; 3] {
        let environments = [("", "Any"), ("live", "Live"), ("test", "Test")].map(choice).to_vec();
        let states = [
            ("", "Any"),
            ("active", "Active"),
            ("disabled", "Disabled"),
            ("relaxed", "With relaxations"),
        ];
        [
            Field::search("q", "Name or client ID").value(&self.text),
            Field::select("environment", "Environment", environments).value(&self.environment),
            Field::select("state", "State", states.map(choice).to_vec()).value(&self.state),
        ]
    }
}

fn choice((value, label): (&str, &str)) -> Choice {
    Choice::new(value, label)
}

impl Clients {
    fn count(&self) -> String {
        match (self.rows.is_empty(), self.filters.is_empty()) {
            (true, false) => "No client fits this search.".to_owned(),
            _ => count(self.rows.len(), &self.pager, "client", "clients"),
        }
    }

    fn may_write(&self) -> bool {
        self.frame.may(Permission::ClientsWrite)
    }
}

#[cfg(test)]
impl Clients {
    pub(crate) fn samples() -> Vec<Self> {
        use super::client::samples::{awkward, unomed};
        use super::frame::Section;

        let page = |clients: &[Client], filters: Filters| {
            let frame = Frame { section: Section::Clients, ..Frame::sample() };
            Self {
                rows: clients.iter().map(|client| ClientRow::of(&frame, client)).collect(),
                pager: Pager::new("/admin/clients", &[("q", &filters.text)], 0, Some(9)),
                filters,
                frame,
            }
        };
        let searched = Filters { text: "\"><b>x".to_owned(), ..Filters::default() };
        vec![
            page(&[unomed(), awkward()], Filters::default()),
            page(&[], Filters::default()),
            page(&[], searched),
        ]
    }
}
