//! Between the fields of the console's forms and a client's settings.

pub(super) mod policy;

use std::collections::BTreeSet;

use vestibule_protocol::client::{Client, ClientSettings, Relaxation, SigningAlg};
use vestibule_protocol::params::Params;

use crate::admin::views::{ACCENT_HINT, Field, Group, Values};
use crate::services::{FieldFault, brands};

const ALGS: [SigningAlg; 7] = [
    SigningAlg::Rs256,
    SigningAlg::Rs384,
    SigningAlg::Rs512,
    SigningAlg::Ps256,
    SigningAlg::Es256,
    SigningAlg::Es384,
    SigningAlg::EdDsa,
];

/// The lines of a field, without the spaces around them; empty ones say nothing.
pub(crate) fn lines(params: &Params, name: &str) -> Vec<String> {
    let text = params.one(name).unwrap_or_default();
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// Which of these the word names.
pub(crate) fn one_of<T: Copy>(
    word: Option<&str>,
    all: &[T],
    name: impl Fn(T) -> &'static str,
) -> Option<T> {
    all.iter().copied().find(|it| Some(name(*it)) == word)
}

/// A field for the reason of each of these.
pub(crate) fn reason_fields(relaxations: &[Relaxation], values: &Values) -> Option<Group> {
    let fields: Vec<Field> = relaxations
        .iter()
        .map(|relaxation| {
            let label = format!("Why: {}", relaxation.summary());
            Field::text(&format!("reasons.{}", relaxation.as_str()), &label).filled(values)
        })
        .collect();
    (!fields.is_empty()).then_some(Group {
        title: Some("Reasons"),
        text: Some("Each way in which this client is trusted more than the default needs one."),
        fields,
    })
}

/// The relaxations of these settings.
pub(super) fn holding(settings: &ClientSettings) -> Vec<Relaxation> {
    settings.relaxations().map(|(relaxation, _)| relaxation).collect()
}

/// Takes over the reasons that were given, and forgets those of what no longer holds.
pub(super) fn take_reasons(settings: &mut ClientSettings, params: &Params) {
    for relaxation in holding(settings) {
        match params.one(&format!("reasons.{}", relaxation.as_str())).map(str::trim) {
            Some(reason) if !reason.is_empty() => {
                settings.reasons.insert(relaxation, reason.to_owned());
            }
            _ => {}
        }
    }
    let held = holding(settings);
    settings.reasons.retain(|relaxation, _| held.contains(relaxation));
}

fn maybe(text: Option<&str>) -> Option<String> {
    text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn tick(params: &Params, name: &str) -> bool {
    params.one(name) == Some("on")
}

fn on(ticked: bool) -> String {
    if ticked { "on".to_owned() } else { String::new() }
}

fn number(params: &Params, name: &'static str, target: &mut u64, faults: &mut Vec<FieldFault>) {
    match params.one(name).map(|text| (text, text.trim().parse())) {
        Some((_, Ok(number))) => *target = number,
        Some((text, Err(_))) => {
            let shown: String = text.chars().take(40).collect();
            faults.push(FieldFault::new(name, format!("{shown:?} is not a whole number")));
        }
        None => faults.push(FieldFault::new(name, "give a whole number")),
    }
}

/// The redirect URIs.
pub(super) mod uris {
    use super::*;

    pub(in crate::admin::client) fn fields(check: &str) -> Vec<Group> {
        vec![Group::plain(vec![
            Field::area("redirect_uris", "Redirect URIs", 6).checked_by(check).hint(
                "One a line. They are compared character for character, with the slash at the end and the query.",
            ),
            Field::area("post_logout_redirect_uris", "Redirect URIs after logout", 3)
                .checked_by(check)
                .optional()
                .hint("Where the app may send users after it has signed them out."),
        ])]
    }

    pub(in crate::admin::client) fn values(client: &Client) -> Values {
        let settings = &client.settings;
        Values::from([
            ("redirect_uris".to_owned(), settings.redirect_uris.join("\n")),
            ("post_logout_redirect_uris".to_owned(), settings.post_logout_redirect_uris.join("\n")),
        ])
    }

    pub(in crate::admin::client) fn apply(client: &mut Client, params: &Params) {
        client.settings.redirect_uris = lines(params, "redirect_uris");
        client.settings.post_logout_redirect_uris = lines(params, "post_logout_redirect_uris");
    }
}

/// The keys of the client itself.
pub(super) mod keys {
    use super::*;

    pub(in crate::admin::client) fn fields() -> Vec<Group> {
        vec![Group::plain(vec![
            Field::url("jwks_uri", "Address of the key set")
                .optional()
                .hint("Where the client publishes its public keys (jwks_uri), by https."),
            Field::area("jwks", "Or the key set itself", 8)
                .optional()
                .hint("A JWK set in JSON with public keys alone; at most 8 KiB here."),
        ])]
    }

    pub(in crate::admin::client) fn values(client: &Client) -> Values {
        let settings = &client.settings;
        let set = settings.jwks.as_ref().map(|set| format!("{set:#}"));
        Values::from([
            ("jwks_uri".to_owned(), settings.jwks_uri.clone().unwrap_or_default()),
            ("jwks".to_owned(), set.unwrap_or_default()),
        ])
    }

    pub(in crate::admin::client) fn apply(client: &mut Client, params: &Params) -> Vec<FieldFault> {
        client.settings.jwks_uri = maybe(params.one("jwks_uri"));
        let set = maybe(params.one("jwks")).map(|text| serde_json::from_str(&text));
        match set.transpose() {
            Ok(set) => {
                client.settings.jwks = set;
                Vec::new()
            }
            Err(error) => vec![FieldFault::new("jwks", format!("this is not JSON: {error}"))],
        }
    }
}

/// Who may use the client.
pub(super) mod access {
    use super::*;

    pub(in crate::admin::client) fn fields() -> Vec<Group> {
        vec![Group::plain(vec![
            Field::area("groups", "Groups", 5).optional().hint(
                "One a line. Only members of one of them can sign in. Leave it empty to let everybody in.",
            ),
            Field::area("organizations", "Organizations", 5).optional().hint(
                "Short names, one a line: this organization, or ones below it. Only their users \
                 can sign in. Leave it empty for the users of this organization alone.",
            ),
        ])]
    }

    pub(in crate::admin::client) fn values(client: &Client) -> Values {
        let lines = |names: &BTreeSet<String>| {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            names.join("\n")
        };
        Values::from([
            ("groups".to_owned(), lines(&client.settings.groups)),
            ("organizations".to_owned(), lines(&client.settings.organizations)),
        ])
    }

    pub(in crate::admin::client) fn apply(client: &mut Client, params: &Params) {
        client.settings.groups = lines(params, "groups").into_iter().collect();
        client.settings.organizations = lines(params, "organizations").into_iter().collect();
    }
}

/// What people see of the client.
pub(super) mod branding {
    use super::*;

    const LINKS: [(&str, &str, &str); 3] = [
        ("client_uri", "Home page", "Where users start again when something goes wrong."),
        ("policy_uri", "Privacy policy", "Linked where users agree to share their data."),
        ("tos_uri", "Terms of service", "Linked beside the privacy policy."),
    ];

    pub(in crate::admin::client) fn fields() -> Vec<Group> {
        let links = LINKS.map(|(name, label, hint)| Field::url(name, label).hint(hint).optional());
        let name = Field::text("name", "Name").hint("What users read when they sign in.");
        let contacts = Field::area("contacts", "Contacts", 3)
            .optional()
            .hint("Whom to ask about it, one a line. They stand on the hand-over sheet.");
        let mut fields = vec![name];
        fields.extend(links);
        fields.push(contacts);
        fields.push(Field::text("accent", "Colour").hint(ACCENT_HINT).optional());
        vec![Group::plain(fields)]
    }

    pub(in crate::admin::client) fn values(client: &Client) -> Values {
        let settings = &client.settings;
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        Values::from([
            ("name".to_owned(), client.name.clone()),
            ("client_uri".to_owned(), text(&settings.client_uri)),
            ("policy_uri".to_owned(), text(&settings.policy_uri)),
            ("tos_uri".to_owned(), text(&settings.tos_uri)),
            ("contacts".to_owned(), settings.contacts.join("\n")),
            ("accent".to_owned(), settings.accent.map(String::from).unwrap_or_default()),
        ])
    }

    pub(in crate::admin::client) fn apply(client: &mut Client, params: &Params) -> Vec<FieldFault> {
        client.name = params.one("name").unwrap_or_default().trim().to_owned();
        client.settings.client_uri = maybe(params.one("client_uri"));
        client.settings.policy_uri = maybe(params.one("policy_uri"));
        client.settings.tos_uri = maybe(params.one("tos_uri"));
        client.settings.contacts = lines(params, "contacts");
        match brands::accent(params.one("accent").unwrap_or_default()) {
            Ok(accent) => {
                client.settings.accent = accent;
                Vec::new()
            }
            Err(fault) => vec![fault],
        }
    }
}
