//! What the user is asked next.
//!
//! One function decides it from stored facts; every page does one thing and comes back here. So a
//! second tab, the back button or a detour by mail never lose the sign-in.
//!
//! Two questions in this order: is there a sign-in that will do (`standing`), and has its user agreed
//! to share (`consent`).

mod consent;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::request::{AuthorizationRequest, Prompt};
use crate::Timestamp;
use crate::client::{Client, NotAdmitted, Status};
use crate::grant::Terms;
use crate::ids::Subject;
use crate::organization::Organization;
use crate::refusal::Reason;
use crate::scope::Scope;
use crate::session::{Acr, Session, SessionPolicy};
use crate::user::User;

pub use self::consent::{ConsentAsked, ConsentReason, Question};
pub use super::pending::{Consent, PendingAuthorization, Progress};

/// What the next step is decided from.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The valid request.
    pub request: &'a AuthorizationRequest,
    /// Who asks.
    pub client: &'a Client,
    /// The browser's session and its user, if it has one.
    pub signed_in: Option<SignedIn<'a>>,
    /// What that user has agreed to share with the client.
    pub consent: Option<&'a Consent>,
    /// What was done for this request so far.
    pub progress: &'a Progress,
    /// How long sessions last.
    pub sessions: SessionPolicy,
    /// The authentication contexts that this user could reach by signing in (anew).
    pub reachable_acr: &'a [Acr],
    /// The moment of the decision.
    pub now: Timestamp,
}

/// A session and the user it belongs to.
#[derive(Clone, Copy, Debug)]
pub struct SignedIn<'a> {
    /// The session, live or not.
    pub session: &'a Session,
    /// Its user.
    pub user: &'a User,
    /// The user's organization.
    pub organization: Organization<'a>,
}

/// What comes next.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// The user signs in.
    Login {
        /// Why the present session will not do.
        why: LoginReason,
    },
    /// The user chooses an account.
    SelectAccount,
    /// The user is asked to share.
    Consent(ConsentAsked),
    /// A code is issued.
    Issue(Terms),
    /// The request is refused, by redirect.
    Refuse(Reason),
}

/// Why the user has to sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoginReason {
    /// Nobody is signed in.
    NoSession,
    /// The session was ended.
    SessionEnded,
    /// The session reached its end.
    SessionExpired,
    /// The session was not used for too long.
    SessionIdle,
    /// The account may not sign in.
    UserDisabled,
    /// The user signed out everywhere, or the password changed.
    SignedOutEverywhere,
    /// The account belongs to another organization than the client.
    OtherOrganization,
    /// `id_token_hint` or `claims` names somebody else.
    OtherSubject,
    /// `prompt=login`.
    PromptLogin,
    /// The sign-in is older than `max_age`.
    MaxAge,
    /// The client calls a stronger `acr` essential.
    Acr,
}

/// What an approval leads to.
#[derive(Clone, Debug, PartialEq)]
pub enum Approval {
    /// A code is issued and the consent is kept.
    Issue {
        /// What was agreed to.
        terms: Terms,
        /// All that the user has now agreed to with this client.
        consent: Consent,
    },
    /// Something has changed since the question: another step comes first.
    Step(Step),
    /// Another account is signed in by now, or more is asked for: the user has not seen it.
    AskAgain(ConsentAsked),
}

/// Decides what comes next (AS-34 to AS-42).
pub fn next_step(facts: &Facts<'_>) -> Step {
    let step = match standing(facts) {
        Ok(signed_in) => match consent::needed(facts, signed_in.user) {
            Some(asked) => Step::Consent(asked),
            None => {
                return Step::Issue(terms(facts, signed_in.session, facts.request.scope.clone()));
            }
        },
        Err(missing) => missing.into(),
    };
    if facts.request.prompt.contains(&Prompt::None) { without_page(facts, step) } else { step }
}

/// Decides what follows when the user approves. Everything but the consent itself is checked again:
/// the session may have ended while the question stood on the screen, another tab may have signed
/// somebody else in, and the client's rules may tell more.
pub fn approve(facts: &Facts<'_>, shown: &Question) -> Approval {
    let signed_in = match standing(facts) {
        Ok(signed_in) => signed_in,
        Err(missing) => return Approval::Step(missing.into()),
    };
    let claims = consent::claims_beyond_scope(facts);
    if signed_in.user.subject.0 != shown.subject || !claims.is_subset(&shown.claims) {
        let scope = facts.request.scope.clone();
        return Approval::AskAgain(ConsentAsked { scope, claims, why: ConsentReason::Changed });
    }
    let before = consent::remembered(facts, signed_in.user);
    let mut consent = Consent {
        user: signed_in.user.id,
        client: facts.client.key,
        scope: facts.request.scope.clone(),
        claims,
        granted_at: facts.now,
    };
    if let Some(before) = before {
        consent.scope = consent.scope.union(&before.scope);
        consent.claims.extend(before.claims.iter().cloned());
    }
    let scope = facts.request.scope.clone();
    Approval::Issue { terms: terms(facts, signed_in.session, scope), consent }
}

/// What a browser lacks of a sign-in that will do.
enum Missing {
    Login(LoginReason),
    Choice,
    Right(Reason),
}

impl From<Missing> for Step {
    fn from(missing: Missing) -> Self {
        match missing {
            Missing::Login(why) => Self::Login { why },
            Missing::Choice => Self::SelectAccount,
            Missing::Right(reason) => Self::Refuse(reason),
        }
    }
}

/// The sign-in that will do for this request.
fn standing<'a>(facts: &Facts<'a>) -> Result<SignedIn<'a>, Missing> {
    let login = Missing::Login;
    let signed_in = facts.signed_in.ok_or(login(LoginReason::NoSession))?;
    let SignedIn { session, user, organization } = signed_in;
    if let Some(why) = session_over(facts, session, user) {
        return Err(login(why));
    }
    let fresh = facts.progress.signed_in == Some(session.id);
    let prompts = &facts.request.prompt;
    if prompts.contains(&Prompt::SelectAccount) && !fresh && facts.progress.chosen != Some(user.id)
    {
        return Err(Missing::Choice);
    }
    if !is_expected(facts.request, &user.subject) {
        return Err(login(LoginReason::OtherSubject));
    }
    // A sign-in made for this very request satisfies both: with max_age=0 the user would otherwise
    // be asked for ever.
    if prompts.contains(&Prompt::Login) && !fresh {
        return Err(login(LoginReason::PromptLogin));
    }
    let age = facts.now.since(session.authentication.at);
    if facts.request.max_age.is_some_and(|limit| age > Duration::from_secs(limit)) && !fresh {
        return Err(login(LoginReason::MaxAge));
    }
    check_acr(facts, session, fresh)?;
    check_admission(facts.client, user, organization)?;
    Ok(signed_in)
}

fn session_over(facts: &Facts<'_>, session: &Session, user: &User) -> Option<LoginReason> {
    if session.ended_at.is_some() {
        return Some(LoginReason::SessionEnded);
    }
    if session.expires_at <= facts.now {
        return Some(LoginReason::SessionExpired);
    }
    if facts.now.since(session.last_seen_at) > facts.sessions.idle {
        return Some(LoginReason::SessionIdle);
    }
    if user.status != Status::Active {
        return Some(LoginReason::UserDisabled);
    }
    if session.created_at < user.not_before {
        return Some(LoginReason::SignedOutEverywhere);
    }
    // A client that names organizations refuses the others in words; one that names none asks for
    // an account of its own.
    let elsewhere = user.org != facts.client.org;
    let named = facts.client.settings.is_limited_to_organizations();
    (elsewhere && !named).then_some(LoginReason::OtherOrganization)
}

/// Whether this is who has to be signed in: the subject of `id_token_hint`, and of the `sub` claim
/// that OIDC Core §5.5.1 lets a client demand. Where the two differ nobody is, and where `sub` is
/// demanded as something that no subject can be nobody is either: never is it a different user.
fn is_expected(request: &AuthorizationRequest, subject: &Subject) -> bool {
    let hinted = request.id_token_hint.as_ref().is_none_or(|hint| *hint == subject.0);
    let demanded = request.claims.id_token.get("sub");
    hinted
        && demanded.is_none_or(|sub| !sub.names_values() || sub.texts().any(|it| it == subject.0))
}

/// An essential `acr` is met or the request is refused (AS-42); a stronger sign-in meets a weaker
/// demand.
fn check_acr(facts: &Facts<'_>, session: &Session, fresh: bool) -> Result<(), Missing> {
    let Some(demand) = facts.request.claims.id_token.get("acr").filter(|acr| acr.essential) else {
        return Ok(());
    };
    let wanted: Vec<&str> = demand.texts().collect();
    let held = session.authentication.acr;
    let meets = |acr: Acr| {
        wanted.iter().filter_map(|name| Acr::from_value(name)).any(|wanted| wanted <= acr)
    };
    if !demand.names_values() || meets(held) {
        return Ok(());
    }
    if !fresh && facts.reachable_acr.iter().any(|acr| meets(*acr)) {
        return Err(Missing::Login(LoginReason::Acr));
    }
    let wanted = wanted.into_iter().map(str::to_owned).collect();
    Err(Missing::Right(Reason::AcrUnmet { wanted, held: Some(held.value()) }))
}

fn check_admission(
    client: &Client,
    user: &User,
    organization: Organization<'_>,
) -> Result<(), Missing> {
    client.settings.admission(user, organization).map_err(|why| {
        Missing::Right(match why {
            NotAdmitted::Groups { allowed, member_of } => {
                Reason::UserNotInGroups { allowed, member_of }
            }
            NotAdmitted::Organizations { allowed, organization } => {
                Reason::UserNotInOrganizations { allowed, organization }
            }
            NotAdmitted::TestUser => {
                Reason::TestUserAtLiveClient { client_id: client.client_id.clone() }
            }
        })
    })
}

/// `prompt=none`: what would need a page becomes the error of OIDC Core §3.1.2.6.
fn without_page(facts: &Facts<'_>, step: Step) -> Step {
    match step {
        Step::Login { why: LoginReason::Acr } => {
            Step::Refuse(Reason::InteractionRequired { why: LoginReason::Acr })
        }
        Step::Login { why } => Step::Refuse(Reason::LoginRequired { why }),
        Step::SelectAccount => Step::Refuse(Reason::AccountSelectionRequired),
        Step::Consent(asked) => offline_access_ignored(facts, &asked).unwrap_or_else(|| {
            let claims = asked.claims.into_iter().collect();
            Step::Refuse(Reason::ConsentRequired { scope: asked.scope, claims })
        }),
        issue_or_refuse @ (Step::Issue(_) | Step::Refuse(_)) => issue_or_refuse,
    }
}

/// Without consent `offline_access` is ignored (OIDC Core §11): if nothing else is missing, the
/// request succeeds without it.
fn offline_access_ignored(facts: &Facts<'_>, asked: &ConsentAsked) -> Option<Step> {
    let signed_in = facts.signed_in?;
    let before = consent::enough(facts, signed_in.user)?;
    let rest = asked.scope.difference(&Scope::of(["offline_access"]));
    let agreed = rest.is_within(&before.scope) && asked.claims.is_subset(&before.claims);
    agreed.then(|| Step::Issue(terms(facts, signed_in.session, rest)))
}

fn terms(facts: &Facts<'_>, session: &Session, scope: Scope) -> Terms {
    let request = facts.request;
    let mut authentication = session.authentication.clone();
    authentication.acr = reported_acr(request, authentication.acr);
    Terms {
        scope_differs: request.scope_differs || scope != request.scope,
        attributes: facts.client.settings.claims.attributes(&scope),
        scope,
        claims: request.claims.clone(),
        nonce: request.nonce.clone(),
        authentication,
        trial: request.trial.is_some(),
    }
}

/// The class that is told: of those the client asked for the first that the sign-in reaches, else
/// what the sign-in was. Both are true (AS-42).
fn reported_acr(request: &AuthorizationRequest, held: Acr) -> Acr {
    let demanded = request.claims.id_token.get("acr").into_iter().flat_map(|acr| acr.texts());
    let wanted = demanded.chain(request.acr_values.iter().map(String::as_str));
    wanted.filter_map(Acr::from_value).find(|acr| *acr <= held).unwrap_or(held)
}

#[cfg(test)]
mod tests;
