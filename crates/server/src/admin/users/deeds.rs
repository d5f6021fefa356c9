//! What is asked about before it is done to a user. Each has a page that says what follows; its form
//! goes to the same path.

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use vestibule_protocol::admin::Permission;
use vestibule_protocol::client::Status;
use vestibule_protocol::ids::SessionId;
use vestibule_protocol::params::Params;
use vestibule_protocol::user::User;

use super::edit::{handed_over, handover, handover_field};
use crate::admin::guard::{self, Admin, FRESH};
use crate::admin::layout;
use crate::admin::table::Answer;
use crate::admin::views::users::route;
use crate::admin::views::{Button, Field, FormPage, Section, moment};
use crate::app::App;
use crate::pages::{self, lost};
use crate::services::users::{self, access, detail, erase, welcome};
use crate::services::{FieldFault, ServiceFault};

/// What can be done to a user.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Deed {
    Disable,
    Enable,
    Unlock,
    SignOut,
    ResetLink,
    Erase,
    EndSession(SessionId),
    WithdrawConsent(String),
}

impl Deed {
    fn of_word(word: &str) -> Option<Self> {
        Some(match word {
            "disable" => Self::Disable,
            "enable" => Self::Enable,
            "unlock" => Self::Unlock,
            "sign-out" => Self::SignOut,
            "reset-link" => Self::ResetLink,
            "erase" => Self::Erase,
            _ => return None,
        })
    }

    fn needs(&self) -> Permission {
        match self {
            Self::Disable | Self::Enable | Self::Erase => Permission::UsersWrite,
            Self::Unlock
            | Self::SignOut
            | Self::ResetLink
            | Self::EndSession(_)
            | Self::WithdrawConsent(_) => Permission::UsersSupport,
        }
    }

    /// Whether the password has to be fresh: what cannot be undone, and what opens an account.
    fn is_dangerous(&self) -> bool {
        matches!(self, Self::Erase | Self::ResetLink)
    }

    fn route(&self, user: &User) -> String {
        let word = match self {
            Self::Disable => "disable",
            Self::Enable => "enable",
            Self::Unlock => "unlock",
            Self::SignOut => "sign-out",
            Self::ResetLink => "reset-link",
            Self::Erase => "erase",
            Self::EndSession(id) => return format!("{}/sessions/{}", route(user), id.0),
            Self::WithdrawConsent(client) => return format!("{}/consents/{client}", route(user)),
        };
        format!("{}/{word}", route(user))
    }

    fn question(&self, name: &str) -> String {
        match self {
            Self::Disable => format!("Disable {name}?"),
            Self::Enable => format!("Enable {name}?"),
            Self::Unlock => format!("Unlock {name}?"),
            Self::SignOut => format!("Sign {name} out everywhere?"),
            Self::ResetLink => format!("Create a password link for {name}?"),
            Self::Erase => format!("Erase {name}?"),
            Self::EndSession(_) => format!("End this session of {name}?"),
            Self::WithdrawConsent(_) => format!("Withdraw this consent of {name}?"),
        }
    }

    fn consequences(&self) -> &'static [&'static str] {
        match self {
            Self::Disable => &[
                "The user is signed out everywhere at once, and cannot sign in.",
                "Everything that clients hold from the user is revoked. The account stays.",
            ],
            Self::Enable => &["The user can sign in again. What was revoked stays revoked."],
            Self::Unlock => {
                &["The wrong passwords are forgotten, and the user can try again at once."]
            }
            Self::SignOut => {
                &["Every session ends, and everything that clients hold from the user is revoked."]
            }
            Self::ResetLink => &[
                "Whoever opens the link sets the password. Hand it to the user and nobody else.",
                "Earlier links end now. Once a password is set with this one, the user is signed out everywhere.",
            ],
            Self::Erase => &[
                "The account is removed for good, with its names, password, sessions, consents and groups.",
                "The event log keeps the subject, and nothing personal. This cannot be undone.",
            ],
            Self::EndSession(_) => &[
                "The browser is signed out, and what clients hold through this session is revoked.",
            ],
            Self::WithdrawConsent(_) => &[
                "Everything that the client holds from the user is revoked. The user is asked again at the next sign-in there.",
            ],
        }
    }

    fn button(&self) -> Button {
        match self {
            Self::Disable => Button::grave("Disable"),
            Self::Enable => Button::yes("Enable"),
            Self::Unlock => Button::yes("Unlock"),
            Self::SignOut => Button::grave("Sign out everywhere"),
            Self::ResetLink => Button::yes("Create the link"),
            Self::Erase => Button::grave("Erase for good"),
            Self::EndSession(_) => Button::grave("End the session"),
            Self::WithdrawConsent(_) => Button::grave("Withdraw the consent"),
        }
    }

    fn done(&self) -> &'static str {
        match self {
            Self::Disable => "The user was disabled and signed out everywhere.",
            Self::Enable => "The user can sign in again.",
            Self::Unlock => "The user was unlocked.",
            Self::SignOut => "The user was signed out everywhere.",
            Self::ResetLink => "The link was created.",
            Self::Erase => "The user was erased.",
            Self::EndSession(_) => "The session was ended.",
            Self::WithdrawConsent(_) => "The consent was withdrawn.",
        }
    }
}

/// Asks.
pub async fn ask(app: Data<App>, http: HttpRequest, path: Path<(String, String)>) -> Answer {
    let (user, word) = path.into_inner();
    match Deed::of_word(&word) {
        Some(deed) => asked(app, http, user, deed).await,
        None => Ok(lost::not_found(app, http).await),
    }
}

/// Does it.
pub async fn act(
    app: Data<App>,
    http: HttpRequest,
    path: Path<(String, String)>,
    payload: Payload,
) -> Answer {
    let (user, word) = path.into_inner();
    match Deed::of_word(&word) {
        Some(deed) => done(app, http, user, deed, payload).await,
        None => Ok(lost::not_found(app, http).await),
    }
}

/// Asks before a session is ended.
pub async fn ask_of_session(
    app: Data<App>,
    http: HttpRequest,
    path: Path<(String, i64)>,
) -> Answer {
    let (user, session) = path.into_inner();
    asked(app, http, user, Deed::EndSession(SessionId(session))).await
}

/// Ends a session.
pub async fn do_to_session(
    app: Data<App>,
    http: HttpRequest,
    path: Path<(String, i64)>,
    payload: Payload,
) -> Answer {
    let (user, session) = path.into_inner();
    done(app, http, user, Deed::EndSession(SessionId(session)), payload).await
}

/// Asks before a consent is withdrawn.
pub async fn ask_of_consent(
    app: Data<App>,
    http: HttpRequest,
    path: Path<(String, String)>,
) -> Answer {
    let (user, client) = path.into_inner();
    asked(app, http, user, Deed::WithdrawConsent(client)).await
}

/// Withdraws a consent.
pub async fn do_to_consent(
    app: Data<App>,
    http: HttpRequest,
    path: Path<(String, String)>,
    payload: Payload,
) -> Answer {
    let (user, client) = path.into_inner();
    done(app, http, user, Deed::WithdrawConsent(client), payload).await
}

async fn asked(app: Data<App>, http: HttpRequest, user: String, deed: Deed) -> Answer {
    let admin = guard::entered(&app, &http, deed.needs()).await?;
    if deed.is_dangerous() {
        admin.fresh(&app, &http, FRESH)?;
    }
    let user = users::by_subject(admin.act(&app), &user)
        .await
        .map_err(layout::telling(&app, &http, &admin))?;
    Ok(match about(&app, &admin, &user, &deed).await {
        Ok(about) => {
            let asked = Asked { user: &user, deed: &deed, about };
            question(&app, &http, &admin, asked, &Params::default(), &[])
        }
        Err(fault) => layout::fault(&app, &http, &admin, &fault),
    })
}

/// What is asked.
struct Asked<'a> {
    user: &'a User,
    deed: &'a Deed,
    about: Option<String>,
}

/// Which session or which consent it is.
async fn about(
    app: &App,
    admin: &Admin,
    user: &User,
    deed: &Deed,
) -> Result<Option<String>, ServiceFault> {
    if !matches!(deed, Deed::EndSession(_) | Deed::WithdrawConsent(_)) {
        return Ok(None);
    }
    let detail = detail::of(admin.act(app), user.clone()).await?;
    let said = match deed {
        Deed::EndSession(id) => detail.sessions.iter().find(|one| one.id == *id).map(|one| {
            let (since, seen) = (moment(one.authentication.at), moment(one.last_seen_at));
            format!("Signed in on {since}, last seen on {seen}.")
        }),
        Deed::WithdrawConsent(id) => {
            let named = detail.consents.iter().find_map(|(consent, client)| {
                client.as_ref().filter(|it| it.client_id.0 == *id).map(|it| (consent, &it.name))
            });
            named.map(|(consent, name)| {
                let since = moment(consent.granted_at);
                format!("{name} gets {} since {since}.", consent.scope)
            })
        }
        _ => None,
    };
    Ok(said)
}

fn question(
    app: &App,
    http: &HttpRequest,
    admin: &Admin,
    Asked { user, deed, about }: Asked<'_>,
    typed: &Params,
    faults: &[FieldFault],
) -> HttpResponse {
    let frame = layout::frame(app, http, admin, Section::Users);
    let account = pages::account(user);
    let fields = match deed {
        Deed::Erase => {
            let hint = format!("Type {}", account.username);
            vec![Field::text("name", "What the user signs in with").hint(hint).typed(typed)]
        }
        Deed::ResetLink => {
            let email = user.claims.email.as_deref();
            email.and_then(|email| handover_field(app, email)).into_iter().collect()
        }
        _ => Vec::new(),
    };
    let consequences = deed.consequences().iter().map(|text| (*text).to_owned());
    let page = FormPage {
        title: deed.question(&account.name),
        text: about.into_iter().chain(consequences).collect(),
        button: deed.button(),
        ..FormPage::at(frame.below(account.name, &route(user)), &deed.route(user), &route(user))
    }
    .asking(fields, faults);
    layout::show(app, http, admin, page.summary.status(), &page)
}

async fn done(
    app: Data<App>,
    http: HttpRequest,
    user: String,
    deed: Deed,
    payload: Payload,
) -> Answer {
    let (admin, params) = guard::posted(&app, &http, payload, deed.needs()).await?;
    if deed.is_dangerous() {
        admin.fresh(&app, &http, FRESH)?;
    }
    let user = users::by_subject(admin.act(&app), &user)
        .await
        .map_err(layout::telling(&app, &http, &admin))?;
    if deed == Deed::Erase {
        let expected = pages::account(&user).username;
        if params.one("name").map(str::trim) != Some(expected.as_str()) {
            let faults = [FieldFault::new("name", "this is not what the user signs in with")];
            let asked = Asked { user: &user, deed: &deed, about: None };
            return Ok(question(&app, &http, &admin, asked, &params, &faults));
        }
    }
    let answer = perform(&app, &http, &admin, &user, &deed, &params)
        .await
        .map_err(layout::telling(&app, &http, &admin))?;
    Ok(answer)
}

async fn perform(
    app: &App,
    http: &HttpRequest,
    admin: &Admin,
    user: &User,
    deed: &Deed,
    params: &Params,
) -> Result<HttpResponse, ServiceFault> {
    let (act, name) = (admin.act(app), user.subject.0.as_str());
    match deed {
        Deed::Disable => _ = users::set_status(act, name, Status::Disabled).await?,
        Deed::Enable => _ = users::set_status(act, name, Status::Active).await?,
        Deed::Unlock => _ = users::unlock(act, name).await?,
        Deed::SignOut => _ = access::sign_out_everywhere(act, name).await?,
        Deed::EndSession(session) => _ = access::end_session(act, name, *session).await?,
        Deed::WithdrawConsent(client) => _ = access::withdraw_consent(act, name, client).await?,
        Deed::ResetLink => {
            let (user, handed) = welcome::reset_link(act, name, None, handover(params)).await?;
            return Ok(handed_over(app, http, admin, &user, &handed, false));
        }
        Deed::Erase => {
            erase::erase(act, name).await?;
            return Ok(layout::done(app, http, admin, "/admin/users", deed.done()));
        }
    }
    Ok(layout::done(app, http, admin, &route(user), deed.done()))
}
