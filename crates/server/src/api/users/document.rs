//! A user as a document.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use vestibule_protocol::client::Status;
use vestibule_protocol::user::{StandardClaims, User};

use crate::api::documents::Moment;
use crate::api::problem::Problem;
use crate::services::FieldFault;
use crate::services::users::NewUser;
use crate::services::users::update::{Edit, UserChange};
use crate::services::users::welcome::Handed;

/// A user.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "User")]
pub(in crate::api) struct UserDocument {
    /// What clients know the user by (OIDC Core §2 `sub`).
    subject: String,
    /// The organization the account belongs to.
    organization: String,
    /// Whether the user may sign in.
    status: Status,
    /// What the system the account came from calls it.
    external_id: Option<String>,
    /// What kind of account it is.
    account_type: Option<String>,
    /// Whether it reaches test registrations of clients alone.
    test: bool,
    /// What can be told about the user (OIDC Core §5.1).
    claims: StandardClaims,
    /// Names of the user's groups.
    groups: BTreeSet<String>,
    /// When the account was made.
    created_at: Moment,
    /// When its claims last changed.
    updated_at: Moment,
}

/// A user that was just added.
#[derive(Serialize, JsonSchema)]
pub(super) struct MadeUser {
    #[serde(flatten)]
    pub user: UserDocument,
    /// The link by which the user sets a password, if one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invitation: Option<HandedLink>,
}

/// The link by which a user sets a password: here, or on its way to the user.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "HandedLink")]
pub(super) struct HandedLink {
    /// The whole address, which is shown this once; null when it went by mail.
    url: Option<String>,
    /// The address that it was mailed to; null when it is shown.
    sent_to: Option<String>,
    /// When it ends.
    expires_at: Moment,
}

impl HandedLink {
    pub(super) fn of(handed: Handed) -> Self {
        let (url, sent_to, expires_at) = match handed {
            Handed::Shown(link) => (Some(link.url), None, link.expires_at),
            Handed::Mailed { to, expires_at } => (None, Some(to), expires_at),
        };
        Self { url, sent_to, expires_at: Moment(expires_at) }
    }
}

/// A user to be added.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "NewUser")]
#[serde(deny_unknown_fields)]
pub(super) struct NewUserDocument {
    /// An email address to sign in with; it is also the claim.
    email: Option<String>,
    /// A user name to sign in with; it is also the claim `preferred_username`.
    username: Option<String>,
    /// Claims in the words of OIDC Core §5.1, or free ones: texts, flags, and the object `address`.
    #[serde(default)]
    claims: BTreeMap<String, Value>,
    /// Names of groups, which must exist.
    #[serde(default)]
    groups: BTreeSet<String>,
    /// What the system the account comes from calls it.
    external_id: Option<String>,
    /// What kind of account it is.
    account_type: Option<String>,
    /// Whether it is to reach test registrations of clients alone.
    #[serde(default)]
    test: bool,
    /// Whether the account begins switched off.
    #[serde(default)]
    disabled: bool,
    /// Whether to make the link by which the user sets a password.
    #[serde(default)]
    pub invite: bool,
    /// Whether that link goes by mail, or is in the answer. If left out, it goes by mail where mail
    /// is configured and the user has an address.
    pub send: Option<bool>,
}

/// What can be changed about a user: what is left out stays, null takes it away.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "UserChange")]
#[serde(deny_unknown_fields)]
pub(super) struct UserWrite {
    /// The email address, claim and name to sign in with. A new one is not verified.
    #[serde(default, deserialize_with = "present")]
    email: Option<Option<String>>,
    /// Whether the email address is known to be the user's.
    email_verified: Option<bool>,
    /// The user name, claim `preferred_username` and name to sign in with.
    #[serde(default, deserialize_with = "present")]
    username: Option<Option<String>>,
    /// Claims: texts, flags, the object `address`; null takes one away.
    #[serde(default)]
    claims: BTreeMap<String, Value>,
    /// What another system calls the user.
    #[serde(default, deserialize_with = "present")]
    external_id: Option<Option<String>>,
    /// What kind of account it is.
    #[serde(default, deserialize_with = "present")]
    account_type: Option<Option<String>>,
    /// Whether it reaches test registrations of clients alone.
    test: Option<bool>,
    /// Exactly these groups, which must exist.
    groups: Option<BTreeSet<String>>,
}

/// A member that is there, be it null.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl UserDocument {
    /// As it is.
    pub(in crate::api) fn of(user: &User) -> Self {
        Self {
            subject: user.subject.0.clone(),
            organization: user.org.0.to_string(),
            status: user.status,
            external_id: user.external_id.clone(),
            account_type: user.account_type.clone(),
            test: user.test,
            claims: user.claims.clone(),
            groups: user.groups.clone(),
            created_at: Moment(user.created_at),
            updated_at: Moment(user.updated_at),
        }
    }
}

impl NewUserDocument {
    /// As the service reads it.
    pub(super) fn into_new(self) -> Result<NewUser, Problem> {
        let claims = claims(self.claims)?;
        Ok(NewUser {
            email: self.email,
            username: self.username,
            claims: claims.into_iter().filter_map(|(name, value)| Some((name, value?))).collect(),
            password: None,
            groups: self.groups,
            disabled: self.disabled,
            external_id: self.external_id,
            account_type: self.account_type,
            test: self.test,
        })
    }
}

impl UserWrite {
    /// As the service reads it.
    pub(super) fn into_change(self) -> Result<UserChange, Problem> {
        Ok(UserChange {
            email: edit(self.email),
            email_verified: self.email_verified,
            username: edit(self.username),
            claims: claims(self.claims)?,
            external_id: edit(self.external_id),
            account_type: edit(self.account_type),
            test: self.test,
            groups: self.groups,
            version: None,
        })
    }
}

fn edit(member: Option<Option<String>>) -> Edit {
    match member {
        None => Edit::Keep,
        Some(None) => Edit::Clear,
        Some(Some(text)) => Edit::Set(text),
    }
}

/// Claims as the service reads them: names and texts, members of the address by their own name.
fn claims(given: BTreeMap<String, Value>) -> Result<Vec<(String, Option<String>)>, Problem> {
    let (mut read, mut faults) = (Vec::new(), Vec::new());
    let mut take = |name: String, value: Value| match value {
        Value::Null => read.push((name, None)),
        Value::String(text) => read.push((name, Some(text))),
        Value::Bool(flag) => read.push((name, Some(flag.to_string()))),
        _ => faults.push(FieldFault::new(format!("claims.{name}"), "expected a text or a flag")),
    };
    for (name, value) in given {
        match (name.as_str(), value) {
            ("address", Value::Object(members)) => {
                members.into_iter().for_each(|(it, value)| take(format!("address.{it}"), value));
            }
            (_, value) => take(name, value),
        }
    }
    if faults.is_empty() { Ok(read) } else { Err(Problem::invalid(faults)) }
}
