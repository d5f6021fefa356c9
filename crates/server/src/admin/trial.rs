//! `/admin/clients/{client_id}/test`: trying a client out, and waiting for its vendor.

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use secrecy::SecretString;
use vestibule_protocol::Timestamp;
use vestibule_protocol::admin::Permission;
use vestibule_protocol::ids::{ClientId, TrialId};
use vestibule_protocol::params::Params;

use super::guard::{self, Admin};
use super::layout;
use super::table::Answer;
use super::views::{Section, TrialForm, TrialReport, TrialWait};
use crate::app::App;
use crate::flow::leave;
use crate::flow::trial::client_route;
use crate::http::body;
use crate::relying_party::behaviour::{Behaviour, SentAuth, SentResponseMode, UserinfoCall};
use crate::services::trials::watch::watch;
use crate::services::trials::{self, Answered, SecretChoice};
use crate::services::{FaultKind, ServiceFault};

/// How often the waiting page looks again, in seconds.
const LOOK_EVERY: &str = "4";
/// How long the waiting page looks again by itself.
const LOOKS_FOR: std::time::Duration = std::time::Duration::from_secs(30 * 60);

fn section(app: &App, http: &HttpRequest) -> Section {
    Section::of_route(http.path(), app.issuer.mount())
}

/// How the test would be made, and the ones before.
pub async fn get(app: Data<App>, http: HttpRequest, path: Path<String>) -> Answer {
    let admin = guard::entered(&app, &http, Permission::ClientsWrite).await?;
    Ok(form(&app, &http, &admin, &path, None, None).await)
}

/// The form, with what was chosen and what was wrong with it.
async fn form(
    app: &App,
    http: &HttpRequest,
    admin: &Admin,
    client_id: &str,
    chosen: Option<Behaviour>,
    fault: Option<ServiceFault>,
) -> HttpResponse {
    let act = admin.act(app);
    let found =
        async { Ok((trials::plan(act, client_id).await?, trials::recent(act, client_id).await?)) };
    let (mut plan, recent) = match found.await {
        Ok(found) => found,
        Err(why) => return layout::fault(app, http, admin, &why),
    };
    let as_planned = plan.behaviour;
    plan.behaviour = chosen.unwrap_or(as_planned);
    let frame = layout::frame(app, http, admin, section(app, http));
    let status = match &fault {
        Some(fault) => StatusCode::from_u16(fault.kind().status()).unwrap_or(StatusCode::CONFLICT),
        None => StatusCode::OK,
    };
    let page = TrialForm::of(frame, &plan, &recent, fault.as_ref());
    layout::show(app, http, admin, status, &page)
}

/// Begins a test: the browser goes to the authorization endpoint as the client's would.
pub async fn post(
    app: Data<App>,
    http: HttpRequest,
    path: Path<String>,
    payload: Payload,
) -> Answer {
    let (admin, params) = guard::posted(&app, &http, payload, Permission::ClientsWrite).await?;
    let behaviour = behaviour(&params);
    let secret = match params.one("secret_choice") {
        Some("given") => {
            // White space at the ends is how a pasted secret goes wrong; it is tried as it came.
            SecretChoice::Given(SecretString::from(params.one("secret").unwrap_or_default()))
        }
        _ => SecretChoice::Temporary,
    };
    let session = admin.facts.session.id;
    Ok(match trials::start(admin.act(&app), session, &path, secret, Some(behaviour)).await {
        Ok(url) => leave::to_page(&http, &url, vec![app.cookies.clear_trial_session()]),
        Err(fault) if matches!(fault.kind(), FaultKind::Invalid | FaultKind::Conflict) => {
            form(&app, &http, &admin, &path, Some(behaviour), Some(fault)).await
        }
        Err(fault) => layout::fault(&app, &http, &admin, &fault),
    })
}

/// The behaviour that was chosen; what is not one of the choices is the usual one.
fn behaviour(params: &Params) -> Behaviour {
    let ticked = |name: &str| params.one(name) == Some("on");
    let usual = Behaviour::default();
    Behaviour {
        auth_method: match params.one("auth_method") {
            Some("basic_form") => SentAuth::BasicForm,
            Some("post") => SentAuth::Post,
            Some("none") => SentAuth::None,
            _ => SentAuth::BasicRaw,
        },
        pkce: ticked("pkce"),
        nonce: ticked("nonce"),
        state_length: if ticked("state") { usual.state_length } else { 0 },
        sends_scope_at_token: ticked("sends_scope_at_token"),
        response_mode: match params.one("response_mode") {
            Some("form_post") => SentResponseMode::FormPost,
            _ => SentResponseMode::Query,
        },
        userinfo: match params.one("userinfo") {
            Some("post") => UserinfoCall::Post,
            Some("none") => UserinfoCall::None,
            _ => UserinfoCall::Get,
        },
        introspects: ticked("introspects"),
        ..usual
    }
}

/// The redirect URI of a test.
pub async fn callback(app: Data<App>, http: HttpRequest, path: Path<String>) -> Answer {
    let query = http.query_string().to_owned();
    answered(&app, &http, &path, &query).await
}

/// The redirect URI of a test, for `response_mode=form_post`. What binds the form to the test is
/// `state`, as at any relying party, and the administrator's session.
pub async fn callback_by_form(
    app: Data<App>,
    http: HttpRequest,
    path: Path<String>,
    payload: Payload,
) -> Answer {
    let form = body::form(&http, payload, app.form_bounds).await.unwrap_or_default();
    answered(&app, &http, &path, &form).await
}

async fn answered(
    app: &Data<App>,
    http: &HttpRequest,
    client_id: &str,
    parameters: &str,
) -> Answer {
    let admin = guard::entered(app, http, Permission::ClientsWrite).await?;
    let query = layout::query(http);
    let parameters = Params::parse(parameters.as_bytes()).unwrap_or_default();
    let answered = Answered {
        session: admin.facts.session.id,
        token: query.one("trial").unwrap_or_default(),
        parameters: &parameters,
        user_session: app.cookies.trial_session(http),
    };
    let finished = trials::finish(admin.act(app), client_id, answered).await;
    let TrialId(id) = finished.map_err(layout::telling(app, http, &admin))?;
    let route = client_route(&ClientId(client_id.to_owned()));
    let page = app.issuer.path(&format!("{route}/test/{id}"));
    Ok(leave::to_page(http, &page, vec![app.cookies.clear_trial_session()]))
}

/// What came of a test.
pub async fn report(app: Data<App>, http: HttpRequest, path: Path<(String, String)>) -> Answer {
    let admin = guard::entered(&app, &http, Permission::ClientsWrite).await?;
    let (client_id, id) = path.into_inner();
    // What is no number names no test.
    let id = TrialId(id.parse().unwrap_or_default());
    let act = admin.act(&app);
    let found = async {
        Ok((trials::plan(act, &client_id).await?, trials::report(act, &client_id, id).await?))
    };
    let (plan, shown) = found.await.map_err(layout::telling(&app, &http, &admin))?;
    let frame = layout::frame(&app, &http, &admin, section(&app, &http));
    let page = TrialReport::of(frame, &plan, &shown);
    Ok(layout::show(&app, &http, &admin, StatusCode::OK, &page))
}

/// How far the vendor's own attempt has come. It looks again by itself, without a script.
pub async fn wait(app: Data<App>, http: HttpRequest, path: Path<String>) -> Answer {
    let admin = guard::entered(&app, &http, Permission::ClientsRead).await?;
    let query = layout::query(&http);
    let route = client_route(&ClientId(path.clone()));
    let Some(since) = query.one("since").and_then(|since| since.parse().ok()) else {
        let since = admin.now.as_seconds();
        let page = app.issuer.path(&format!("{route}/test/wait?since={since}"));
        return Ok(leave::to_page(&http, &page, Vec::new()));
    };
    let since = Timestamp::from_seconds(since);
    let act = admin.act(&app);
    let found = async { Ok((trials::plan(act, &path).await?, watch(act, &path, since).await?)) };
    let (plan, watched) = found.await.map_err(layout::telling(&app, &http, &admin))?;
    let looks = query.one("look") != Some("once")
        && !watched.is_whole()
        && admin.now.since(since) < LOOKS_FOR;
    let frame = layout::frame(&app, &http, &admin, section(&app, &http));
    let page = TrialWait::of(frame, &plan, &watched, looks);
    let mut answer = layout::show(&app, &http, &admin, StatusCode::OK, &page);
    if looks {
        let every = HeaderValue::from_static(LOOK_EVERY);
        answer.headers_mut().insert(HeaderName::from_static("refresh"), every);
    }
    Ok(answer)
}
