//! Whether the user has to be asked to share, and what the question says.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::super::request::Prompt;
use super::{Consent, Facts};
use crate::claims;
use crate::client::ConsentPolicy;
use crate::scope::Scope;
use crate::user::User;

/// What the user is asked to share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentAsked {
    /// The whole scope of the request, agreed to before or not.
    pub scope: Scope,
    /// The claims that are asked for one by one and that the scope does not hold.
    pub claims: BTreeSet<String>,
    /// Why it is asked.
    pub why: ConsentReason,
}

/// Why the user is asked to share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentReason {
    /// Never asked before.
    First,
    /// More is asked for than before.
    Widened,
    /// `prompt=consent`.
    PromptConsent,
    /// What was asked has changed while it was on the screen.
    Changed,
}

/// What the question on the screen showed. An approval is of this and of nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question {
    /// Whose data.
    pub subject: String,
    /// The claims beyond the scope, which the registration may have added to since.
    pub claims: BTreeSet<String>,
}

/// What has to be asked, if anything. Consent is remembered as a set, all approvals together.
pub(super) fn needed(facts: &Facts<'_>, user: &User) -> Option<ConsentAsked> {
    let claims = claims_beyond_scope(facts);
    let scope = facts.request.scope.clone();
    if facts.request.prompt.contains(&Prompt::Consent) {
        return Some(ConsentAsked { scope, claims, why: ConsentReason::PromptConsent });
    }
    if facts.client.settings.consent == ConsentPolicy::Implied {
        return None;
    }
    match enough(facts, user) {
        None => Some(ConsentAsked { scope, claims, why: ConsentReason::First }),
        Some(before) if scope.is_within(&before.scope) && claims.is_subset(&before.claims) => None,
        Some(_) => Some(ConsentAsked { scope, claims, why: ConsentReason::Widened }),
    }
}

/// The remembered consent, where nobody has to be asked again.
pub(super) fn enough<'a>(facts: &Facts<'a>, user: &User) -> Option<&'a Consent> {
    remembered(facts, user).filter(|_| !anybody_may_pose(facts))
}

/// Whether any app on the user's device could have sent this request as the client and would get the
/// answer: a public client whose redirect URI is a custom scheme or a loopback address. Such a request
/// is processed as if none had been approved before (RFC 8252 §8.6), unless its user has just signed
/// in for it.
fn anybody_may_pose(facts: &Facts<'_>) -> bool {
    let settings = &facts.client.settings;
    let proven = !settings.is_public() || facts.request.redirect_uri.starts_with("https://");
    let session = facts.signed_in.map(|signed_in| signed_in.session.id);
    let signed_in_for_it = session.is_some() && facts.progress.signed_in == session;
    settings.native && !proven && !signed_in_for_it
}

/// The remembered consent, if it is of this user with this client.
pub(super) fn remembered<'a>(facts: &Facts<'a>, user: &User) -> Option<&'a Consent> {
    facts.consent.filter(|known| known.user == user.id && known.client == facts.client.key)
}

/// The claims that are asked for one by one, and the attributes that the client's rules tell, as far
/// as the scope does not hold them.
pub(super) fn claims_beyond_scope(facts: &Facts<'_>) -> BTreeSet<String> {
    let request = facts.request;
    let released = claims::names_within(&request.scope);
    let mut beyond = facts.client.settings.claims.attributes(&request.scope);
    let asked = request.claims.personal_names().into_iter();
    beyond.extend(asked.filter(|name| !released.contains(name.as_str())));
    beyond
}
