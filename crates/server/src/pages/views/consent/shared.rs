//! From scopes to the lines a person reads before they agree.

use std::collections::BTreeSet;

use serde_json::Value;
use vestibule_protocol::claims::mapping::Attribute;
use vestibule_protocol::scope::Scope;
use vestibule_protocol::user::{Address, StandardClaims, User};

use super::super::shell::Shell;

/// One line of what will be shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shared {
    /// That it is the same person each time: `sub`.
    Identity,
    /// A claim, with the value it has at present; `None` when the account holds none yet.
    Claim {
        /// Which.
        claim: ClaimName,
        /// Its value, ready to be read.
        value: Option<String>,
    },
    /// Access that lasts while the person is away (`offline_access`, OIDC Core §11).
    OfflineAccess,
    /// A scope of the client's own, or a claim of the installation's own, by its name.
    Named(String),
    /// Something else that is known of the person, which the client's rules tell.
    Attribute {
        /// Which.
        attribute: Attribute,
        /// Its value; `None` when the account holds none yet.
        value: Option<String>,
    },
}

/// A claim in a person's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are those of OIDC Core §5.1")]
pub enum ClaimName {
    Name,
    GivenName,
    FamilyName,
    MiddleName,
    Nickname,
    PreferredUsername,
    Profile,
    Picture,
    Website,
    Gender,
    Birthdate,
    Zoneinfo,
    Locale,
    Email,
    PhoneNumber,
    Address,
    /// The rest of the scope `profile`: what the account does not hold today.
    LaterProfile,
}

/// The claims of the scope `profile` (OIDC Core §5.4), in the order people expect.
const PROFILE: &[ClaimName] = &[
    ClaimName::Name,
    ClaimName::GivenName,
    ClaimName::MiddleName,
    ClaimName::FamilyName,
    ClaimName::Nickname,
    ClaimName::PreferredUsername,
    ClaimName::Birthdate,
    ClaimName::Gender,
    ClaimName::Picture,
    ClaimName::Profile,
    ClaimName::Website,
    ClaimName::Zoneinfo,
    ClaimName::Locale,
];

impl ClaimName {
    fn key(self) -> &'static str {
        match self {
            Self::Name => "claim-name",
            Self::GivenName => "claim-given-name",
            Self::FamilyName => "claim-family-name",
            Self::MiddleName => "claim-middle-name",
            Self::Nickname => "claim-nickname",
            Self::PreferredUsername => "claim-preferred-username",
            Self::Profile => "claim-profile",
            Self::Picture => "claim-picture",
            Self::Website => "claim-website",
            Self::Gender => "claim-gender",
            Self::Birthdate => "claim-birthdate",
            Self::Zoneinfo => "claim-zoneinfo",
            Self::Locale => "claim-locale",
            Self::Email => "claim-email",
            Self::PhoneNumber => "claim-phone-number",
            Self::Address => "claim-address",
            Self::LaterProfile => "claim-later-profile",
        }
    }

    /// The claim with this name in a token; `*_verified` says something about its claim and is part
    /// of it here.
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "name" => Self::Name,
            "given_name" => Self::GivenName,
            "family_name" => Self::FamilyName,
            "middle_name" => Self::MiddleName,
            "nickname" => Self::Nickname,
            "preferred_username" => Self::PreferredUsername,
            "profile" => Self::Profile,
            "picture" => Self::Picture,
            "website" => Self::Website,
            "gender" => Self::Gender,
            "birthdate" => Self::Birthdate,
            "zoneinfo" => Self::Zoneinfo,
            "locale" => Self::Locale,
            "email" | "email_verified" => Self::Email,
            "phone_number" | "phone_number_verified" => Self::PhoneNumber,
            "address" => Self::Address,
            _ => return None,
        })
    }

    fn value(self, user: &StandardClaims) -> Option<String> {
        match self {
            Self::Name => user.name.clone(),
            Self::GivenName => user.given_name.clone(),
            Self::FamilyName => user.family_name.clone(),
            Self::MiddleName => user.middle_name.clone(),
            Self::Nickname => user.nickname.clone(),
            Self::PreferredUsername => user.preferred_username.clone(),
            Self::Profile => user.profile.clone(),
            Self::Picture => user.picture.clone(),
            Self::Website => user.website.clone(),
            Self::Gender => user.gender.clone(),
            Self::Birthdate => user.birthdate.clone(),
            Self::Zoneinfo => user.zoneinfo.clone(),
            Self::Locale => user.locale.clone(),
            Self::Email => user.email.clone(),
            Self::PhoneNumber => user.phone_number.clone(),
            Self::Address => user.address.as_ref().and_then(one_line),
            Self::LaterProfile => None,
        }
    }
}

/// What agreeing to `scope` and to the individually requested `claims` shares of `user`.
///
/// A scope covers values that the account gets later, so a claim without a value is named as well;
/// of `profile`, whose fourteen claims nobody would read, those together in one line.
pub fn shared(scope: &Scope, claims: &BTreeSet<String>, user: &StandardClaims) -> Vec<Shared> {
    let mut lines = Vec::new();
    let mut told = BTreeSet::new();
    let mut tell = |claim: ClaimName, lines: &mut Vec<Shared>| {
        if told.insert(claim) {
            lines.push(Shared::Claim { claim, value: claim.value(user) });
        }
    };
    if scope.contains("openid") {
        lines.push(Shared::Identity);
    }
    if scope.contains("profile") {
        for claim in PROFILE.iter().filter(|claim| claim.value(user).is_some()) {
            tell(*claim, &mut lines);
        }
    }
    for (token, claim) in [
        ("email", ClaimName::Email),
        ("phone", ClaimName::PhoneNumber),
        ("address", ClaimName::Address),
    ] {
        if scope.contains(token) {
            tell(claim, &mut lines);
        }
    }
    for claim in claims.iter().filter_map(|name| ClaimName::named(name)) {
        tell(claim, &mut lines);
    }
    if scope.contains("profile") {
        lines.push(Shared::Claim { claim: ClaimName::LaterProfile, value: None });
    }
    lines.extend(claims.iter().filter(|name| is_own(name)).cloned().map(Shared::Named));
    lines.extend(scope.iter().filter(|token| !is_standard(token)).map(|t| Shared::Named(t.into())));
    if scope.contains("offline_access") {
        lines.push(Shared::OfflineAccess);
    }
    lines
}

fn is_standard(token: &str) -> bool {
    matches!(token, "openid" | "profile" | "email" | "phone" | "address" | "offline_access")
}

/// Whether a requested claim is one of the installation's own: neither standard nor about the
/// sign-in itself.
fn is_own(name: &str) -> bool {
    let technical = ["sub", "acr", "amr", "auth_time", "sid", "nonce", "updated_at"];
    ClaimName::named(name).is_none()
        && !technical.contains(&name)
        && Attribute::of_word(name).is_none()
}

/// What the client's rules tell of the account beside its claims, with the values told today.
pub fn attributes(claims: &BTreeSet<String>, account: &User) -> Vec<Shared> {
    let told = claims.iter().filter_map(|word| {
        let attribute = Attribute::of_word(word)?;
        let value = attribute.value(account).map(|value| in_words(&value));
        Some(Shared::Attribute { attribute, value })
    });
    told.collect()
}

fn in_words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(in_words).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

fn one_line(address: &Address) -> Option<String> {
    let parts = [
        &address.street_address,
        &address.postal_code,
        &address.locality,
        &address.region,
        &address.country,
    ];
    let text = match &address.formatted {
        Some(formatted) => formatted.lines().collect::<Vec<_>>().join(", "),
        None => parts.into_iter().flatten().cloned().collect::<Vec<_>>().join(", "),
    };
    (!text.is_empty()).then_some(text)
}

impl Shared {
    pub(super) fn label(&self, shell: &Shell) -> String {
        match self {
            Self::Identity => shell.t("shared-identity").into_owned(),
            Self::Claim { claim, .. } => shell.tr.t(claim.key()).into_owned(),
            Self::OfflineAccess => shell.t("shared-offline").into_owned(),
            Self::Named(_) => shell.t("shared-named").into_owned(),
            Self::Attribute { attribute, .. } => match attribute {
                Attribute::ExternalId => shell.t("claim-external-id").into_owned(),
                Attribute::AccountType => shell.t("claim-account-type").into_owned(),
                Attribute::Groups { .. } => shell.t("claim-groups").into_owned(),
                own => own.to_string().trim_start_matches("other.").to_owned(),
            },
        }
    }

    pub(super) fn text(&self, shell: &Shell) -> String {
        match self {
            Self::Identity => shell.t("shared-identity-text").into_owned(),
            Self::Claim { claim: ClaimName::LaterProfile, .. } => {
                shell.t("claim-later-profile-text").into_owned()
            }
            Self::Claim { value: Some(value), .. } => value.clone(),
            Self::Claim { value: None, .. } => shell.t("claim-empty").into_owned(),
            Self::OfflineAccess => shell.t("shared-offline-text").into_owned(),
            Self::Named(name) => name.clone(),
            Self::Attribute { value: Some(value), .. } => value.clone(),
            Self::Attribute { value: None, .. } => shell.t("claim-empty").into_owned(),
        }
    }

    /// Whether the text is the person's own data rather than words of ours.
    pub(super) fn is_value(&self) -> bool {
        matches!(
            self,
            Self::Claim { value: Some(_), .. }
                | Self::Attribute { value: Some(_), .. }
                | Self::Named(_)
        )
    }
}

#[cfg(test)]
mod tests;
