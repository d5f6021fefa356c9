//! `/login`: who, and the password.

use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use vestibule_protocol::authorize::interaction::{self, LoginReason, Step};
use vestibule_protocol::ids::{OrgId, SessionId};
use vestibule_protocol::params::Params;
use vestibule_protocol::refusal::Reason;
use vestibule_store::facts::AuthorizeFacts;
use zeroize::Zeroizing;

use super::back::{AGAIN, Back, PARAMETER};
use super::views::{Person, SignInFault, SignInReason};
use super::{set_cookies, shell_of, show, views};
use crate::app::App;
use crate::attempt::Attempt;
use crate::flow::visit::{self, Page, Visit};
use crate::flow::{leave, resume, shown, trial};
use crate::http::answer::store_fault;
use crate::http::caller;
use crate::http::cookies::Shown;
use crate::pages;
use crate::sign_in::{self, SignedIn, Submitted, Verdict};

/// Shows the page, or sends the browser where the request really stands.
pub async fn get(app: Data<App>, http: HttpRequest) -> HttpResponse {
    let params = Params::parse(http.query_string().as_bytes()).unwrap_or_default();
    if params.one("request").is_none() {
        return without_app(&app, &http, &params).await;
    }
    let mut visit = match resume::visit(&app, &http, &params).await {
        Ok(visit) => visit,
        Err(lost) => return lost.show(&app, &http).await,
    };
    let loaded = match visit.load(&app, &http).await {
        Ok(loaded) => loaded,
        Err(reason) => return visit::refuse(&app, &http, visit, reason).await,
    };
    if params.one("account") == Some("other") {
        return render(&app, &http, Some(&visit), Shows::default());
    }
    match interaction::next_step(&visit.facts(&app, loaded.as_ref())) {
        Step::Login { why } => {
            let proves_again =
                matches!(why, LoginReason::PromptLogin | LoginReason::MaxAge | LoginReason::Acr);
            let known = loaded.filter(|_| proves_again);
            let known = known.map(|facts| pages::account(&facts.session.user).username);
            render(&app, &http, Some(&visit), Shows { known, why: Some(why), ..Shows::default() })
        }
        _ => visit::dispatch(&app, &http, visit, loaded).await,
    }
}

/// Somebody came by themselves, or from one of our own pages that wants a session, or the password
/// once more.
async fn without_app(app: &App, http: &HttpRequest, params: &Params) -> HttpResponse {
    let back = Back::read(&app.issuer, params);
    let present = match sign_in::current(app, http).await {
        Ok(present) => present,
        Err(reason) => {
            return shown::error(app, http, &Attempt::begin(app), &reason, None).await;
        }
    };
    let other = params.one("account") == Some("other");
    let again = params.one(AGAIN.0) == Some(AGAIN.1);
    match (present, back) {
        (Some(facts), Some(back)) if again && !other => {
            let known = Some(pages::account(&facts.user).username);
            render(app, http, None, Shows { known, back: Some(back), ..Shows::default() })
        }
        (Some(_), back) if !other => {
            let home = app.issuer.path("/account");
            let to = back.as_ref().map_or(home.as_str(), Back::as_str);
            leave::to_page(http, to, Vec::new())
        }
        (_, back) => render(app, http, None, Shows { back, ..Shows::default() }),
    }
}

/// Checks what was typed.
pub async fn post(app: Data<App>, http: HttpRequest, payload: Payload) -> HttpResponse {
    let (visit, params) = match submitted(&app, &http, payload).await {
        Ok(submitted) => submitted,
        Err(lost) => return lost.show(&app, &http).await,
    };
    match params.one("action") {
        Some("cancel") => cancelled(&app, &http, visit).await,
        _ => sign_in(&app, &http, visit, &params).await,
    }
}

/// The form, and the request that it belongs to if it has one. It must be one of our forms.
async fn submitted(
    app: &App,
    http: &HttpRequest,
    payload: Payload,
) -> Result<(Option<Visit>, Params), resume::Lost> {
    let params = pages::posted(app, http, payload).await?;
    if params.one("request").is_none() {
        return Ok((None, params));
    }
    let visit = resume::visit(app, http, &params).await?;
    Ok((Some(visit), params))
}

async fn sign_in(
    app: &App,
    http: &HttpRequest,
    visit: Option<Visit>,
    params: &Params,
) -> HttpResponse {
    let attempt = visit.as_ref().map_or_else(|| Attempt::begin(app), |visit| visit.attempt.clone());
    let replaced = match &visit {
        Some(visit) => visit.session(app, http),
        None => app.cookies.session(http),
    };
    let submitted = Submitted {
        org: visit.as_ref().map_or(OrgId::ROOT, |visit| visit.client.org),
        named: visit.as_ref().map_or_else(Vec::new, |visit| {
            visit.client.settings.organizations.iter().cloned().collect()
        }),
        username: params.one("username").unwrap_or_default(),
        password: Zeroizing::new(params.one("password").unwrap_or_default().to_owned()),
        address: caller::address(http, &app.trusted_proxies),
        device: app.cookies.device(http),
        replaces: replaced.map(|token| (SessionId(token.id()), token.digest())),
        pending: visit.as_ref().and_then(|visit| visit.pending),
        lifetime: match is_trial(visit.as_ref()) {
            true => trial::SESSION_LIFETIME.min(app.session_lifetime),
            false => app.session_lifetime,
        },
    };
    match sign_in::attempt(app, attempt.clone(), submitted).await {
        Ok(Verdict::SignedIn(signed_in)) => {
            let back = Back::read(&app.issuer, params);
            signed_in_goes_on(app, http, visit, back, *signed_in).await
        }
        Ok(Verdict::Refused(fault)) => again(app, http, visit, params, fault).await,
        Err(reason) => {
            let client = visit.as_ref().map(|visit| &*visit.client);
            shown::error(app, http, &attempt, &reason, client).await
        }
    }
}

async fn signed_in_goes_on(
    app: &App,
    http: &HttpRequest,
    visit: Option<Visit>,
    back: Option<Back>,
    signed_in: SignedIn,
) -> HttpResponse {
    let place = visit.as_ref().map_or(Shown::OnItsOwn, |visit| visit.shown_in(http));
    let cookies = match is_trial(visit.as_ref()) {
        // Nothing of a trial stays in the administrator's browser.
        true => vec![app.cookies.set_trial_session(&signed_in.token)],
        false => vec![
            app.cookies.set_session(&signed_in.token, place),
            app.cookies.set_device(signed_in.device),
        ],
    };
    let Some(mut visit) = visit else {
        let home = app.issuer.path("/account");
        return leave::to_page(http, back.as_ref().map_or(home.as_str(), Back::as_str), cookies);
    };
    visit.cookies = cookies;
    visit.progress.signed_in = Some(signed_in.facts.session.id);
    visit.attempt.concerns_user(&signed_in.facts.user);
    let user = &signed_in.facts.user;
    match app.store.consent(user.id, visit.client.key).await {
        Ok(consent) => {
            let facts = AuthorizeFacts { session: signed_in.facts, consent };
            visit::dispatch(app, http, visit, Some(facts)).await
        }
        Err(error) => {
            let reason = store_fault("loading the consent")(error);
            visit::refuse(app, http, visit, reason).await
        }
    }
}

fn is_trial(visit: Option<&Visit>) -> bool {
    visit.is_some_and(|visit| visit.request.trial.is_some())
}

/// The page again, with what was wrong.
async fn again(
    app: &App,
    http: &HttpRequest,
    mut visit: Option<Visit>,
    params: &Params,
    fault: SignInFault,
) -> HttpResponse {
    let username = params.one("username").unwrap_or_default().to_owned();
    // Somebody who proves who they are again keeps the page that says so.
    let present = sign_in::current(app, http).await.ok().flatten();
    let known = present
        .filter(|_| !is_trial(visit.as_ref()))
        .map(|facts| pages::account(&facts.user).username)
        .filter(|known| *known == username);
    let back = Back::read(&app.issuer, params);
    let why = match &mut visit {
        Some(visit) => why_asked(app, http, visit).await,
        None => None,
    };
    let shows = Shows { known, username, fault: Some(fault), why, back };
    render(app, http, visit.as_ref(), shows)
}

/// Why the browser's session will not do, if it has one.
async fn why_asked(app: &App, http: &HttpRequest, visit: &mut Visit) -> Option<LoginReason> {
    let loaded = visit.load(app, http).await.ok()?;
    match interaction::next_step(&visit.facts(app, loaded.as_ref())) {
        Step::Login { why } => Some(why),
        _ => None,
    }
}

async fn cancelled(app: &App, http: &HttpRequest, visit: Option<Visit>) -> HttpResponse {
    match visit {
        Some(visit) => visit::refuse(app, http, visit, Reason::CancelledAtLogin).await,
        None => leave::to_page(http, &app.issuer.path("/login"), Vec::new()),
    }
}

/// What a sign-in page shows.
#[derive(Default)]
struct Shows {
    /// The account in use, when only its password is asked.
    known: Option<String>,
    /// What was typed last.
    username: String,
    /// Why it is shown to somebody who is signed in.
    why: Option<LoginReason>,
    /// What was wrong.
    fault: Option<SignInFault>,
    /// Where it leads, when no app waits for it.
    back: Option<Back>,
}

fn render(app: &App, http: &HttpRequest, visit: Option<&Visit>, shows: Shows) -> HttpResponse {
    let browser = pages::binding(app, http);
    let back = shows.back.as_ref().filter(|_| visit.is_none());
    let here = match (visit, back) {
        (Some(visit), _) => visit.path_of(app, Page::Login),
        (None, Some(back)) if shows.known.is_some() => back.confirm(&app.issuer),
        (None, Some(back)) => back.sign_in(&app.issuer),
        (None, None) => app.issuer.path("/login"),
    };
    let hint = visit.and_then(|visit| visit.request.login_hint.clone()).unwrap_or_default();
    let person = match shows.known {
        Some(username) => {
            let joint = if here.contains('?') { '&' } else { '?' };
            Person::Known { username, other_account: format!("{here}{joint}account=other") }
        }
        None if shows.username.is_empty() => Person::Asked { username: hint },
        None => Person::Asked { username: shows.username },
    };
    let confirms = back.is_some() && matches!(person, Person::Known { .. });
    let reason = match confirms {
        true => Some(SignInReason::ConfirmIdentity),
        false => shows.why.and_then(reason),
    };
    let mut form = match visit {
        Some(visit) => pages::form_of(app, Page::Login, &browser, visit),
        None => pages::form(app, "/login", &browser),
    };
    form.action.clone_from(&here);
    form.extra = back.iter().map(|it| (PARAMETER.to_owned(), it.as_str().to_owned())).collect();
    let page = views::SignIn {
        shell: shell_of(app, http, visit.map(|visit| &*visit.client)).at(here),
        form,
        app: visit.map(|visit| views::App::of(&visit.client, Some(&visit.request.redirect_uri))),
        person,
        reason,
        fault: shows.fault,
    };
    let status = match shows.fault {
        Some(SignInFault::Throttled { .. }) => StatusCode::TOO_MANY_REQUESTS,
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    let mut answer = show(app, status, &page, pages::sign_in_policy(visit));
    if let Some(SignInFault::Throttled { seconds }) = shows.fault {
        answer.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    let place = visit.map_or(Shown::OnItsOwn, |visit| visit.shown_in(http));
    set_cookies(&mut answer, [app.cookies.set_browser(&browser, place)]);
    answer
}

/// Why somebody who is signed in is asked again; nothing to say to somebody who is not.
fn reason(why: LoginReason) -> Option<SignInReason> {
    match why {
        LoginReason::PromptLogin => Some(SignInReason::AppAsks),
        LoginReason::MaxAge => Some(SignInReason::TooLongAgo),
        LoginReason::Acr => Some(SignInReason::ConfirmIdentity),
        LoginReason::SessionEnded
        | LoginReason::SessionExpired
        | LoginReason::SessionIdle
        | LoginReason::SignedOutEverywhere => Some(SignInReason::SessionEnded),
        LoginReason::OtherOrganization | LoginReason::OtherSubject => {
            Some(SignInReason::OtherAccount)
        }
        LoginReason::NoSession | LoginReason::UserDisabled => None,
    }
}
