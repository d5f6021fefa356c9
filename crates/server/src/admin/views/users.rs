//! Users: finding them, and everything about one.

use askama::Template;
use serde_json::Value;
use vestibule_protocol::admin::Permission;
use vestibule_protocol::authorize::interaction::Consent;
use vestibule_protocol::client::{Client, Status};
use vestibule_protocol::event::Event;
use vestibule_protocol::session::Session;
use vestibule_protocol::user::User;

use super::field::{Choice, Field};
use super::frame::Frame;
use super::part::{Badge, Pager, Summary, Tone, count, moment};
use crate::pages;
use crate::pages::views::Form;
use crate::services::cases::story;
use crate::services::users::detail::Detail;

/// Claims that have a field of their own.
pub const CLAIMS: [(&str, &str); 6] = [
    ("given_name", "First name"),
    ("family_name", "Last name"),
    ("name", "Whole name"),
    ("phone_number", "Telephone number"),
    ("birthdate", "Date of birth"),
    ("locale", "Language"),
];

/// Claims that are shown under a name that people use.
const MORE_CLAIMS: [(&str, &str); 9] = [
    ("email", "Email address"),
    ("preferred_username", "User name"),
    ("middle_name", "Middle name"),
    ("nickname", "Nickname"),
    ("profile", "Profile page"),
    ("picture", "Picture"),
    ("website", "Website"),
    ("gender", "Gender"),
    ("zoneinfo", "Time zone"),
];

/// What is searched for.
#[derive(Clone, Debug, Default)]
pub struct UserFilters {
    /// Words of names, addresses, external ids.
    pub text: String,
    /// `active`, `disabled`, or either.
    pub status: String,
    /// A group.
    pub group: String,
    /// `yes`, `no`, or either.
    pub test: String,
}

impl UserFilters {
    fn is_empty(&self) -> bool {
        [&self.text, &self.status, &self.group, &self.test].iter().all(|one| one.is_empty())
    }

    fn fields(&self, groups: &[String]) -> Vec<Field> {
        let group = |name: &String| Choice::new(name.clone(), name.clone());
        let mut all_groups = vec![Choice::new("", "Any")];
        all_groups.extend(groups.iter().map(group));
        let any = |rest: [(&str, &str); 2]| {
            let rest = rest.into_iter().map(|(value, label)| Choice::new(value, label));
            std::iter::once(Choice::new("", "Any")).chain(rest).collect::<Vec<_>>()
        };
        let mut fields = vec![
            Field::search("q", "Name, email or ID").value(&self.text),
            Field::select("status", "State", any([("active", "Active"), ("disabled", "Disabled")]))
                .value(&self.status),
            Field::select("test", "Test user", any([("yes", "Yes"), ("no", "No")]))
                .value(&self.test),
        ];
        if !groups.is_empty() {
            fields.push(Field::select("group", "Group", all_groups).value(&self.group));
        }
        fields
    }
}

/// The list of users.
#[derive(Template)]
#[template(path = "admin/users.html")]
pub struct Users {
    /// The frame.
    pub frame: Frame,
    /// What is searched for.
    pub filters: UserFilters,
    /// The groups that can be filtered by.
    pub groups: Vec<String>,
    /// The users found.
    pub rows: Vec<UserRow>,
    /// Whether the search ended before the page was full.
    pub short: bool,
    /// The way to more of them.
    pub pager: Pager,
}

/// A user in the list.
pub struct UserRow {
    /// What people call the user.
    pub name: String,
    /// What the user signs in with.
    pub username: String,
    /// Where everything about it is.
    pub href: String,
    /// What another system calls it.
    pub external_id: String,
    /// Its groups.
    pub groups: String,
    /// What is special about it.
    pub badges: Vec<Badge>,
}

impl UserRow {
    /// The row of a user.
    pub fn of(frame: &Frame, user: &User) -> Self {
        let account = pages::account(user);
        let groups: Vec<&str> = user.groups.iter().map(String::as_str).collect();
        Self {
            name: account.name,
            username: account.username,
            href: frame.path(&route(user)),
            external_id: user.external_id.clone().unwrap_or_default(),
            groups: groups.join(", "),
            badges: badges(user),
        }
    }
}

/// The route of a user's page.
pub fn route(user: &User) -> String {
    let subject: String = form_urlencoded::byte_serialize(user.subject.0.as_bytes()).collect();
    format!("/admin/users/{}", subject.replace('+', "%20"))
}

fn badges(user: &User) -> Vec<Badge> {
    let mut badges = vec![match user.status {
        Status::Active => Badge::new("active", Tone::Good),
        Status::Disabled => Badge::new("disabled", Tone::Bad),
    }];
    if user.test {
        badges.push(Badge::new("test user", Tone::Warn));
    }
    badges.extend(user.account_type.clone().map(|kind| Badge::new(kind, Tone::Plain)));
    badges
}

impl Users {
    fn count(&self) -> String {
        match (self.rows.is_empty(), self.filters.is_empty()) {
            (true, false) if self.short => "No user found so far.".to_owned(),
            (true, false) => "No user fits this search.".to_owned(),
            _ => count(self.rows.len(), &self.pager, "user", "users"),
        }
    }

    fn may_write(&self) -> bool {
        self.frame.may(Permission::UsersWrite)
    }

    fn may_export(&self) -> bool {
        self.frame.may(Permission::UsersExport)
    }
}

/// Everything about a user.
#[derive(Template)]
#[template(path = "admin/user.html")]
pub struct UserPage {
    /// The frame.
    pub frame: Frame,
    /// The user.
    pub detail: Detail,
    /// The route of this page, with the mount.
    pub here: String,
}

impl UserPage {
    fn name(&self) -> String {
        pages::account(&self.detail.user).name
    }

    fn badges(&self) -> Vec<Badge> {
        badges(&self.detail.user)
    }

    fn is_active(&self) -> bool {
        self.detail.user.status == Status::Active
    }

    fn may_write(&self) -> bool {
        self.frame.may(Permission::UsersWrite)
    }

    fn may_support(&self) -> bool {
        self.frame.may(Permission::UsersSupport)
    }

    fn added(&self) -> String {
        moment(self.detail.user.created_at)
    }

    fn changed(&self) -> String {
        moment(self.detail.user.updated_at)
    }

    fn password_set(&self) -> Option<String> {
        self.detail.password_set_at.map(moment)
    }

    fn locked_until(&self) -> Option<String> {
        self.detail.blocked_until.map(moment)
    }

    /// Claims with their values as texts; whether a value is known to be right stands behind it.
    fn claims(&self) -> Vec<ClaimLine> {
        let Ok(Value::Object(mut claims)) = serde_json::to_value(&self.detail.user.claims) else {
            return Vec::new();
        };
        for (value, mark) in
            [("email", "email_verified"), ("phone_number", "phone_number_verified")]
        {
            let verified = claims.remove(mark) == Some(Value::Bool(true));
            if let Some(Value::String(text)) = claims.get_mut(value) {
                text.push_str(if verified { " (verified)" } else { " (not verified)" });
            }
        }
        for name in ["address", "other"] {
            if let Some(Value::Object(inner)) = claims.remove(name) {
                let prefix = if name == "address" { "address." } else { "" };
                claims.extend(
                    inner.into_iter().map(|(key, value)| (format!("{prefix}{key}"), value)),
                );
            }
        }
        claims.into_iter().map(ClaimLine::of).collect()
    }

    fn groups(&self) -> String {
        let groups: Vec<&str> = self.detail.user.groups.iter().map(String::as_str).collect();
        groups.join(", ")
    }

    fn sessions(&self) -> Vec<SessionLine> {
        let line = |session: &Session| SessionLine {
            since: moment(session.authentication.at),
            seen: moment(session.last_seen_at),
            until: moment(session.expires_at),
            end: format!("{}/sessions/{}", self.here, session.id.0),
        };
        self.detail.sessions.iter().map(line).collect()
    }

    /// Consents, and where each leads.
    fn consents(&self) -> Vec<ConsentLine> {
        let line = |(consent, client): &(Consent, Option<Client>)| ConsentLine {
            name: match client {
                Some(client) => client.name.clone(),
                None => "A client that was removed".to_owned(),
            },
            client: client
                .as_ref()
                .filter(|_| self.frame.may(Permission::ClientsRead))
                .map(|client| self.frame.path(&format!("/admin/clients/{}", client.client_id))),
            scope: consent.scope.to_string(),
            since: moment(consent.granted_at),
            withdraw: client
                .as_ref()
                .map(|client| format!("{}/consents/{}", self.here, client.client_id)),
        };
        self.detail.consents.iter().map(line).collect()
    }

    /// The last lines of the event log.
    fn events(&self) -> Vec<HappeningLine> {
        let line = |event: &Event| HappeningLine {
            title: story::title(event),
            kind: event.kind.clone(),
            at: moment(event.at),
            by: event.facts.get("by").and_then(Value::as_str).unwrap_or_default().to_owned(),
        };
        self.detail.events.iter().map(line).collect()
    }

    /// Where all of them are.
    fn all_events(&self) -> String {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("subject", &self.detail.user.subject.0)
            .finish();
        self.frame.path(&format!("/admin/events?{query}"))
    }
}

/// A browser in which a user is signed in.
struct SessionLine {
    since: String,
    seen: String,
    until: String,
    /// The page that ends it.
    end: String,
}

/// What a user shares with a client.
struct ConsentLine {
    name: String,
    /// The client's page.
    client: Option<String>,
    scope: String,
    since: String,
    /// The page that withdraws it.
    withdraw: Option<String>,
}

/// Something that happened to a user.
struct HappeningLine {
    title: String,
    kind: String,
    at: String,
    by: String,
}

/// A claim of a user.
struct ClaimLine {
    /// What people call it.
    label: Option<&'static str>,
    name: String,
    value: String,
}

impl ClaimLine {
    fn of((name, value): (String, Value)) -> Self {
        let mut named = CLAIMS.iter().chain(&MORE_CLAIMS);
        let label = named.find(|(known, _)| *known == name).map(|(_, label)| *label);
        let value = match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        Self { label, name, value }
    }
}

/// A link that was just made, shown once.
#[derive(Template)]
#[template(path = "admin/user_link.html")]
pub struct UserLink {
    /// The frame.
    pub frame: Frame,
    /// Whether the account is new.
    pub invitation: bool,
    /// What people call the user.
    pub name: String,
    /// The link.
    pub url: String,
    /// When it ends.
    pub ends_at: String,
    /// The user's page, with the mount.
    pub back: String,
}

/// The upload of a file of users, and what came of the last one.
#[derive(Template)]
#[template(path = "admin/users_import.html")]
pub struct UsersImport {
    /// The frame.
    pub frame: Frame,
    /// Posts the file.
    pub form: Form,
    /// The file, and what else is asked.
    pub fields: Vec<Field>,
    /// What was wrong with the file as a whole.
    pub summary: Summary,
    /// What came of it.
    pub result: Option<ImportResult>,
}

/// What came of a file.
pub struct ImportResult {
    /// Whether nothing was written.
    pub dry_run: bool,
    /// The counts, each with its word.
    pub counts: Vec<(&'static str, u64)>,
    /// Rows with something to say: number, line, user, outcome, column, problem.
    pub rows: Vec<ImportRow>,
    /// How many more such rows there are.
    pub more: u64,
}

/// A row with something to say.
pub struct ImportRow {
    /// Which.
    pub row: u64,
    /// Where it begins.
    pub line: u64,
    /// Whose it is.
    pub user: String,
    /// What became of it.
    pub outcome: &'static str,
    /// Which column.
    pub column: String,
    /// What is to be said.
    pub problem: String,
}

#[cfg(test)]
mod samples;
