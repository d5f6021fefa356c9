//! `/admin/users`: finding users, one user, and what can be done about one.
//!
//! | room | owns |
//! |---|---|
//! | `users.rs` | the list and the page of one user |
//! | [`edit`] | inviting and changing |
//! | [`deeds`] | what is asked about before it is done: disabling, links, sessions, erasing |
//! | [`files`] | import and export |

pub mod deeds;
pub mod edit;
pub mod files;

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use vestibule_protocol::admin::Permission;
use vestibule_protocol::client::Status;
use vestibule_protocol::params::Params;
use vestibule_store::PageRequest;

use super::guard::{self, Admin};
use super::layout;
use super::table::Answer;
use super::views::users::{UserFilters, UserPage, UserRow, Users, route};
use super::views::{Pager, Section};
use crate::app::App;
use crate::services::ServiceFault;
use crate::services::users::{self, UserQuery, detail};

/// Rows of a page.
const ROWS: u32 = 50;
/// Longest text that is searched for, in characters.
const MAX_TEXT: usize = 200;

/// The users that fit the query.
pub async fn list(app: Data<App>, http: HttpRequest) -> Answer {
    let admin = guard::entered(&app, &http, Permission::UsersRead).await?;
    let params = layout::query(&http);
    let after = layout::after(&params);
    let page = found(&app, &http, &admin, &params, after)
        .await
        .map_err(layout::telling(&app, &http, &admin))?;
    Ok(layout::show(&app, &http, &admin, StatusCode::OK, &page))
}

async fn found(
    app: &App,
    http: &HttpRequest,
    admin: &Admin,
    params: &Params,
    after: i64,
) -> Result<Users, ServiceFault> {
    let text = |name: &str| params.one(name).unwrap_or_default().chars().take(MAX_TEXT).collect();
    let filters = UserFilters {
        text: text("q"),
        status: text("status"),
        group: text("group"),
        test: text("test"),
    };
    let act = admin.act(app);
    let request = PageRequest { after, limit: ROWS };
    let page = users::list(act, query(&filters), request).await?;
    let known = app.store.groups(act.org).await?;
    let frame = layout::frame(app, http, admin, Section::Users);
    let kept = [
        ("q", filters.text.as_str()),
        ("status", &filters.status),
        ("test", &filters.test),
        ("group", &filters.group),
    ];
    Ok(Users {
        pager: Pager::new(&frame.path("/admin/users"), &kept, after, page.next),
        rows: page.items.iter().map(|user| UserRow::of(&frame, user)).collect(),
        short: page.is_short(request),
        groups: known.into_iter().map(|group| group.name).collect(),
        filters,
        frame,
    })
}

fn query(filters: &UserFilters) -> UserQuery {
    let given = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    UserQuery {
        text: given(&filters.text),
        group: given(&filters.group),
        status: match filters.status.as_str() {
            "active" => Some(Status::Active),
            "disabled" => Some(Status::Disabled),
            _ => None,
        },
        test: match filters.test.as_str() {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        },
    }
}

/// Everything about one user.
pub async fn show(app: Data<App>, http: HttpRequest, user: Path<String>) -> Answer {
    let admin = guard::entered(&app, &http, Permission::UsersRead).await?;
    let act = admin.act(&app);
    let found = match users::by_subject(act, &user).await {
        Ok(user) => detail::of(act, user).await,
        Err(fault) => Err(fault),
    };
    let detail = found.map_err(layout::telling(&app, &http, &admin))?;
    let frame = layout::frame(&app, &http, &admin, Section::Users);
    let here = frame.path(&route(&detail.user));
    let name = crate::pages::account(&detail.user).name;
    let page = UserPage { frame: frame.below(name, &route(&detail.user)), detail, here };
    Ok(layout::show(&app, &http, &admin, StatusCode::OK, &page))
}
