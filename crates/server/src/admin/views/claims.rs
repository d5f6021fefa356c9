//! What a client is told beyond its scopes, and what it would be told of a user.

use askama::Template;
use serde_json::{Map, Value};
use vestibule_protocol::admin::Permission;
use vestibule_protocol::claims::mapping::{ClaimRule, Place, Source};
use vestibule_protocol::client::Client;
use vestibule_protocol::params::Params;

use super::client::{ClientHead, framed};
use super::field::{Choice, Field};
use super::frame::Frame;
use super::part::Summary;
use crate::pages::views::Form;
use crate::services::FieldFault;
use crate::services::claims::Preview;

/// The rules of a client, the form for one more, and the preview.
#[derive(Template)]
#[template(path = "admin/claims.html")]
pub struct ClaimsPage {
    /// The frame.
    pub frame: Frame,
    head: ClientHead,
    form: Form,
    version: i64,
    rules: Vec<RuleRow>,
    /// What was wrong with the last attempt.
    pub summary: Summary,
    fields: Vec<Field>,
    asked: Vec<Field>,
    previewed: Option<Previewed>,
}

/// What became of a preview.
pub enum Previewed {
    /// What the client would be told.
    Told(Box<Preview>),
    /// Why there is none.
    Refused(String),
}

struct RuleRow {
    claim: String,
    from: String,
    places: String,
    scope: String,
}

impl RuleRow {
    fn of(rule: &ClaimRule) -> Self {
        let places: Vec<&str> = rule.places.iter().map(|place| place_label(*place)).collect();
        Self {
            claim: rule.claim.clone(),
            from: match &rule.from {
                Source::Attribute(attribute) => attribute.to_string(),
                Source::Constant(value) => format!("always {value}"),
            },
            places: places.join(", "),
            scope: rule.scope.clone().unwrap_or_else(|| "openid".to_owned()),
        }
    }
}

impl ClaimsPage {
    /// The page of this client; `typed` is what its forms were filled in with.
    pub fn of(
        frame: Frame,
        client: &Client,
        typed: &Params,
        faults: &[FieldFault],
        previewed: Option<Previewed>,
    ) -> Self {
        let frame = framed(frame, client);
        let route = format!("/admin/clients/{}/claims", client.client_id);
        let fill = |field: Field| field.typed(typed).faults(faults);
        let fields: Vec<Field> = fields().into_iter().map(fill).collect();
        Self {
            form: frame.form(&route),
            head: ClientHead::of(&frame, client, "/claims"),
            version: client.updated_at.as_millis(),
            rules: client.settings.claims.rules.iter().map(RuleRow::of).collect(),
            summary: Summary::of(faults, &fields),
            fields,
            asked: asked(client).into_iter().map(fill).collect(),
            previewed,
            frame,
        }
    }

    fn may_write(&self) -> bool {
        self.frame.may(Permission::ClientsWrite)
    }

    fn may_preview(&self) -> bool {
        self.frame.may(Permission::UsersRead)
    }
}

impl Previewed {
    /// The documents of a preview, each with its name and its text.
    fn documents(preview: &Preview) -> Vec<(&'static str, String)> {
        let text = |claims: Option<&Map<String, Value>>| {
            let text = claims.and_then(|claims| serde_json::to_string_pretty(claims).ok());
            text.unwrap_or_else(|| {
                "none: it is opaque, or a public client does not get it".to_owned()
            })
        };
        vec![
            ("ID token", text(Some(&preview.id_token))),
            ("Userinfo", text(Some(&preview.userinfo))),
            ("Access token", text(preview.access_token.as_ref())),
            ("Introspection", text(preview.introspection.as_ref())),
        ]
    }
}

fn fields() -> Vec<Field> {
    let places = Place::ALL.map(|place| Choice::new(place.as_str(), place_label(place)));
    vec![
        Field::text("claim", "Claim").hint("The name that the client reads, such as roles or upn."),
        Field::text("from", "Taken from the user").optional().hint(
            "A standard claim such as email, or one of sub, external_id, account_type, groups, \
             groups:PREFIX, other.NAME.",
        ),
        Field::text("constant", "Or the same text for every user").optional(),
        Field::text("scope", "Only with this scope")
            .optional()
            .hint("Leave it empty to deliver the claim at every sign-in."),
        Field::ticks("places", "Delivered in", places.into()),
    ]
}

fn place_label(place: Place) -> &'static str {
    match place {
        Place::IdToken => "ID token",
        Place::AccessToken => "Access token and introspection",
        Place::Userinfo => "Userinfo",
    }
}

fn asked(client: &Client) -> Vec<Field> {
    vec![
        Field::text("user", "User").hint("Email address, user name or subject."),
        Field::text("preview_scope", "Scope")
            .optional()
            .hint(format!("Leave it empty for all that it may ask for: {}", client.settings.scope)),
    ]
}

#[cfg(test)]
impl ClaimsPage {
    pub(crate) fn samples() -> Vec<Self> {
        use serde_json::json;
        use vestibule_protocol::scope::Scope;

        let mut client = Client {
            key: vestibule_protocol::ids::ClientKey(1),
            org: vestibule_protocol::ids::OrgId::ROOT,
            client_id: vestibule_protocol::ids::ClientId("unomed".to_owned()),
            name: "<b>Unomed</b>".to_owned(),
            status: vestibule_protocol::client::Status::Active,
            settings: vestibule_protocol::client::ClientSettings::default(),
            secrets: Vec::new(),
            created_at: vestibule_protocol::Timestamp::from_seconds(0),
            updated_at: vestibule_protocol::Timestamp::from_seconds(0),
        };
        let frame = Frame::sample;
        let typed = Params::default();
        let empty = Self::of(frame(), &client, &typed, &[], None);
        let rules = json!({ "rules": [
            { "claim": "https://app.example/roles", "from": "groups:app-",
              "places": ["id_token", "userinfo", "access_token"] },
            { "claim": "tenant", "from": { "constant": "<b>bern</b>" }, "places": ["userinfo"],
              "scope": "profile" } ] });
        client.settings.claims = serde_json::from_value(rules).unwrap_or_default();
        let faults = [FieldFault::new("from", "<b> is nothing that is known of a user")];
        let faulty = Self::of(frame(), &client, &typed, &faults, None);
        let claims: Map<String, Value> =
            [("name".to_owned(), json!("<script>alert(1)</script>"))].into_iter().collect();
        let preview = Preview {
            sample: true,
            scope: Scope::of(["openid", "profile"]),
            id_token: claims.clone(),
            access_token: None,
            userinfo: claims.clone(),
            introspection: Some(claims),
            warnings: vec!["email_verified is false: <b>Unomed</b> may not link".to_owned()],
        };
        let told = Some(Previewed::Told(Box::new(preview)));
        let refused = Some(Previewed::Refused("there is no user \"<b>eve\"".to_owned()));
        vec![
            empty,
            faulty,
            Self::of(frame(), &client, &typed, &[], told),
            Self::of(frame(), &client, &typed, &[], refused),
        ]
    }
}
