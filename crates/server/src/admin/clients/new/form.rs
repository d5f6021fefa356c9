//! The form of a new client: its fields, and from what was typed to what is registered.

use std::collections::{BTreeMap, BTreeSet};

use vestibule_protocol::client::{AuthMethod, Environment, GrantType, PkcePolicy, Relaxation};
use vestibule_protocol::ids::ClientId;
use vestibule_protocol::params::Params;
use vestibule_protocol::scope::Scope;

use crate::admin::client::fields::{lines, one_of, reason_fields};
use crate::admin::layout::ONCE;
use crate::admin::views::{
    AUTH_METHODS, Choice, Field, Frame, Group, KindChoice, NewClientPage, Summary, Values,
    auth_method,
};
use crate::app::App;
use crate::profiles::{self, Profile, ProfileFault};
use crate::services::clients::NewClient;
use crate::services::{FieldFault, ServiceFault};

/// What kind of app a client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// With a server that keeps a secret.
    Web,
    /// In the browser alone.
    Browser,
    /// On the user's device.
    Native,
    /// Without users.
    Machine,
}

const KINDS: [(Kind, &str, &str, &str); 4] = [
    (
        Kind::Web,
        "web",
        "Web application",
        "Its pages come from a server, which can keep a secret. Most vendors.",
    ),
    (
        Kind::Browser,
        "browser",
        "Single-page application",
        "It runs in the browser alone and can keep no secret. It uses PKCE.",
    ),
    (
        Kind::Native,
        "native",
        "Mobile or desktop app",
        "It runs on the user's device and can keep no secret. It uses PKCE.",
    ),
    (
        Kind::Machine,
        "machine",
        "Service without users",
        "A program that acts for itself and obtains tokens with its own secret.",
    ),
];

/// What is about to be registered.
pub(super) enum Draft {
    /// By kind.
    Kind(Kind),
    /// By vendor profile.
    Profile(Box<Profile>),
}

/// A text of a profile as a line of its own begins.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// The path of the form, with what it is for.
pub(super) fn route(query: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    format!("/admin/new-client?{query}")
}

/// The kinds to choose from.
pub(crate) fn kinds(frame: &Frame) -> Vec<KindChoice> {
    let choice = |(_, word, label, text): &(Kind, &str, &'static str, &'static str)| KindChoice {
        label,
        text,
        href: frame.path(&route(&[("kind", word)])),
    };
    KINDS.iter().map(choice).collect()
}

/// What of a fault belongs to the form's fields; any other fault is not the form's.
pub(super) fn field_faults(fault: ServiceFault) -> Result<Vec<FieldFault>, ServiceFault> {
    match fault {
        ServiceFault::Invalid(faults) => Ok(faults),
        // Told already, by the field.
        ServiceFault::Profile(ProfileFault::Missing { .. }) => Ok(Vec::new()),
        ServiceFault::Profile(ProfileFault::Value { name, example, .. }) => {
            let problem = format!("this does not fit; it looks like {example}");
            Ok(vec![FieldFault::new(format!("set.{name}"), problem)])
        }
        fault => Err(fault),
    }
}

impl Draft {
    /// What the parameters ask for; nothing when the kind is still to be chosen.
    pub(super) fn read(app: &App, params: &Params) -> Result<Option<Self>, ServiceFault> {
        if let Some(name) = params.one("profile") {
            let folder = app.config.profiles.folder.as_deref();
            return Ok(Some(Self::Profile(Box::new(profiles::find(name, folder)?))));
        }
        let word = params.one("kind");
        let known = KINDS.iter().find(|(_, known, ..)| Some(*known) == word);
        Ok(known.map(|(kind, ..)| Self::Kind(*kind)))
    }

    fn title(&self) -> String {
        match self {
            Self::Kind(kind) => {
                let label = KINDS.iter().find(|(known, ..)| known == kind).map(|(_, _, it, _)| *it);
                format!("New client: {}", label.unwrap_or_default())
            }
            Self::Profile(profile) if !profile.vendor.is_empty() => {
                format!("New client: {}", profile.vendor)
            }
            Self::Profile(profile) => format!("New client: {}", profile.name),
        }
    }

    fn chosen(&self) -> (&'static str, String) {
        match self {
            Self::Kind(kind) => {
                let word =
                    KINDS.iter().find(|(known, ..)| known == kind).map(|(_, word, ..)| *word);
                ("kind", word.unwrap_or_default().to_owned())
            }
            Self::Profile(profile) => ("profile", profile.name.clone()),
        }
    }

    /// The page, empty or with what was sent and what was wrong with it.
    pub(super) fn page(
        &self,
        frame: Frame,
        once: String,
        sent: Option<(&Params, &[FieldFault])>,
    ) -> NewClientPage {
        let (name, value) = self.chosen();
        let mut form = frame.form("/admin/new-client");
        form.extra.extend([(name.to_owned(), value), (ONCE.to_owned(), once)]);
        let faults = sent.map_or(&[][..], |(_, faults)| faults);
        let check = frame.path("/admin/check-redirect-uris");
        let mut groups = self.groups(&check);
        groups.extend(reason_fields(&needed(faults), &Values::new()));
        let groups: Vec<Group> = groups
            .into_iter()
            .map(|group| {
                group.map(|field| match sent {
                    Some((params, faults)) => field.typed(params).faults(faults),
                    None => field,
                })
            })
            .collect();
        let notes = match self {
            Self::Profile(profile) => {
                let notes = profile.support_note.iter().chain(&profile.quirks);
                notes.cloned().collect()
            }
            Self::Kind(_) => Vec::new(),
        };
        let summary = Summary::of(faults, groups.iter().flat_map(|group| &group.fields));
        NewClientPage { title: self.title(), notes, form, summary, groups, frame }
    }

    fn groups(&self, check: &str) -> Vec<Group> {
        let environments = vec![
            Choice::new("live", "Live").hint("For real users."),
            Choice::new("test", "Test").hint("For trying out. Every page says so."),
        ];
        let name = Field::text("name", "Name");
        let environment = Field::radio("environment", "Environment", environments).value("live");
        let uris = Field::area("redirect_uris", "Redirect URIs", 3).checked_by(check);
        match self {
            Self::Profile(profile) => {
                let mut fields: Vec<Field> = profile
                    .variables
                    .iter()
                    .map(|it| {
                        let hint = format!("{} (for example {})", it.help, it.example);
                        Field::text(&format!("set.{}", it.name), &sentence(&it.name))
                            .hint(sentence(&hint))
                    })
                    .collect();
                fields.push(environment);
                let own = profile.redirect_uris();
                let uris = match own.is_empty() {
                    true => uris.hint("Where users come back to, one a line."),
                    false => uris.optional().hint(format!(
                        "One a line. Leave it empty for the vendor's own: {}",
                        own.join(" and ")
                    )),
                };
                let usual = profile.client_name().unwrap_or(&profile.vendor);
                let name = name.optional().hint(format!("Leave it empty for {usual}."));
                vec![
                    Group::plain(fields),
                    Group::titled("If it differs from the profile", vec![name, uris]),
                ]
            }
            Self::Kind(kind) => {
                let name = name.hint(match kind {
                    Kind::Machine => "What it is called in this console and in the events.",
                    _ => "What users read when they sign in.",
                });
                let mut groups = vec![Group::plain(vec![name, environment])];
                if *kind != Kind::Machine {
                    let uris = uris
                        .hint("Where users come back to, one a line, exactly as the app sends it.");
                    groups.push(Group::titled("Addresses", vec![uris]));
                }
                groups.push(scopes(*kind));
                if matches!(kind, Kind::Web | Kind::Machine) {
                    groups.push(authentication(*kind));
                }
                groups
            }
        }
    }

    /// What is missing, before anything is asked of the service; it judges everything else.
    pub(super) fn faults(&self, params: &Params) -> Vec<FieldFault> {
        let mut faults = Vec::new();
        match self {
            Self::Profile(profile) => {
                for variable in &profile.variables {
                    let name = format!("set.{}", variable.name);
                    if params.one(&name).is_none() {
                        faults.push(FieldFault::new(name, format!("needed: {}", variable.help)));
                    }
                }
            }
            Self::Kind(_) => {
                if params.one("name").is_none_or(|name| name.trim().is_empty()) {
                    faults.push(FieldFault::new("name", "give it a name that users recognise"));
                }
            }
        }
        if let Some(fault) = Scope::parse(&scope_text(params)).err() {
            faults.push(FieldFault::new("scope", fault.to_string()));
        }
        faults
    }

    /// What is registered.
    pub(super) fn new_client(&self, params: &Params, client_id: ClientId) -> NewClient {
        let text = |name: &str| params.one(name).map(|it| it.trim().to_owned());
        let common = NewClient {
            name: match self {
                Self::Kind(_) => Some(text("name").unwrap_or_default()),
                Self::Profile(_) => text("name").filter(|name| !name.is_empty()),
            },
            redirect_uris: lines(params, "redirect_uris"),
            environment: Some(match params.one("environment") {
                Some("test") => Environment::Test,
                _ => Environment::Live,
            }),
            reasons: reasons(params),
            reasons_required: true,
            client_id: Some(client_id),
            ..NewClient::default()
        };
        match self {
            Self::Profile(profile) => NewClient {
                profile: Some(profile.name.clone()),
                values: values(profile, params),
                ..common
            },
            Self::Kind(kind) => NewClient {
                scope: Some(Scope::parse(&scope_text(params)).unwrap_or_default()),
                grant_types: grants(*kind, params),
                auth_method: Some(method(*kind, params)),
                pkce: (*kind == Kind::Web).then(|| match params.one("pkce") {
                    Some("optional") => PkcePolicy::Optional,
                    _ => PkcePolicy::Required,
                }),
                native: Some(*kind == Kind::Native),
                ..common
            },
        }
    }
}

const SCOPES: [(&str, &str); 5] = [
    ("profile", "Name and other facts of the profile"),
    ("email", "Email address"),
    ("phone", "Phone number"),
    ("address", "Postal address"),
    ("offline_access", "Stay signed in by refresh tokens"),
];

fn scopes(kind: Kind) -> Group {
    let scopes = |label| {
        Field::text("scope", label)
            .optional()
            .hint("Words with spaces between, such as read write.")
    };
    if kind == Kind::Machine {
        return Group::plain(vec![scopes("Scopes")]);
    }
    let other = scopes("Other scopes");
    let ticks = SCOPES.iter().map(|(word, label)| {
        let usual = matches!(*word, "profile" | "email");
        Field::tick(&format!("scope.{word}"), label).ticked(usual)
    });
    Group {
        title: Some("What the app may ask for"),
        text: Some("It may always ask who the user is (openid)."),
        fields: ticks.chain([other]).collect(),
    }
}

fn authentication(kind: Kind) -> Group {
    let methods = AUTH_METHODS.into_iter().filter(|method| *method != AuthMethod::None);
    let methods = methods.map(auth_method).map(|(word, label)| Choice::new(word, label)).collect();
    let mut fields = vec![
        Field::select("auth_method", "How the app proves who it is", methods)
            .value(auth_method(AuthMethod::Basic).0)
            .hint("Ask the vendor. If nobody knows, choose the one that takes both."),
    ];
    if kind == Kind::Web {
        let choices = vec![
            Choice::new("required", "Required"),
            Choice::new("optional", "Verified when it is sent"),
        ];
        fields.push(
            Field::select("pkce", "PKCE", choices)
                .hint("Leave it required unless the vendor's software cannot do it."),
        );
    }
    Group::titled("Authentication", fields)
}

fn scope_text(params: &Params) -> String {
    let ticked = SCOPES.iter().map(|(word, _)| *word);
    let ticked = ticked.filter(|word| params.one(&format!("scope.{word}")) == Some("on"));
    let other = params.one("scope").unwrap_or_default().split_whitespace();
    let openid = (params.one("kind") != Some("machine")).then_some("openid");
    openid.into_iter().chain(ticked).chain(other).collect::<Vec<_>>().join(" ")
}

fn grants(kind: Kind, params: &Params) -> BTreeSet<GrantType> {
    if kind == Kind::Machine {
        return BTreeSet::from([GrantType::ClientCredentials]);
    }
    let mut grants = BTreeSet::from([GrantType::AuthorizationCode]);
    if params.one("scope.offline_access") == Some("on") {
        grants.insert(GrantType::RefreshToken);
    }
    grants
}

fn method(kind: Kind, params: &Params) -> AuthMethod {
    match kind {
        Kind::Browser | Kind::Native => AuthMethod::None,
        Kind::Web | Kind::Machine => {
            one_of(params.one("auth_method"), &AUTH_METHODS, |it| auth_method(it).0)
                .filter(|method| *method != AuthMethod::None)
                .unwrap_or(AuthMethod::Basic)
        }
    }
}

fn values(profile: &Profile, params: &Params) -> BTreeMap<String, String> {
    let typed = profile.variables.iter().filter_map(|variable| {
        let value = params.one(&format!("set.{}", variable.name))?;
        Some((variable.name.clone(), value.trim().to_owned()))
    });
    typed.collect()
}

fn reasons(params: &Params) -> BTreeMap<Relaxation, String> {
    let given = Relaxation::ALL.into_iter().filter_map(|relaxation| {
        let reason = params.one(&format!("reasons.{}", relaxation.as_str()))?.trim();
        (!reason.is_empty()).then(|| (relaxation, reason.to_owned()))
    });
    given.collect()
}

/// The relaxations whose reasons are asked for.
fn needed(faults: &[FieldFault]) -> Vec<Relaxation> {
    let named = |relaxation: &Relaxation| {
        faults.iter().any(|it| it.field == format!("reasons.{}", relaxation.as_str()))
    };
    Relaxation::ALL.into_iter().filter(named).collect()
}

#[cfg(test)]
pub(crate) fn samples(frame: &Frame) -> Vec<NewClientPage> {
    let params = Params::parse(b"name=%3Cb%3E&redirect_uris=javascript:alert(1)").unwrap();
    let faults = [
        FieldFault::new("redirect_uris", "javascript:alert(1): the scheme is never allowed"),
        FieldFault::new("reasons.pkce_optional", "say why"),
        FieldFault::new("set.company", "needed"),
    ];
    let healthie = || Draft::Profile(Box::new(profiles::find("healthie", None).unwrap()));
    let once = || "once".to_owned();
    let mut pages: Vec<_> = KINDS
        .iter()
        .map(|(kind, ..)| Draft::Kind(*kind).page(frame.clone(), once(), None))
        .collect();
    pages.push(Draft::Kind(Kind::Web).page(frame.clone(), once(), Some((&params, &faults))));
    pages.push(healthie().page(frame.clone(), once(), None));
    pages.push(healthie().page(frame.clone(), once(), Some((&params, &faults))));
    pages
}
