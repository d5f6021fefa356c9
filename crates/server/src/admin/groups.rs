//! `/admin/groups`: the groups of users.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use vestibule_protocol::admin::Permission;
use vestibule_protocol::ids::GroupId;
use vestibule_protocol::params::Params;
use vestibule_store::groups::{Group, GroupSize};

use super::guard::{self, Admin};
use super::layout;
use super::table::Answer;
use super::views::{Button, Field, FormPage, GroupRow, Groups, Section, Summary};
use crate::app::App;
use crate::services::{Act, FieldFault, ServiceFault, groups};

/// Where the groups are.
const LIST: &str = "/admin/groups";

/// The groups.
pub async fn list(app: Data<App>, http: HttpRequest) -> Answer {
    let admin = guard::entered(&app, &http, Permission::UsersRead).await?;
    Ok(shown(&app, &http, &admin, &Params::default(), &[]).await)
}

/// Makes one.
pub async fn add(app: Data<App>, http: HttpRequest, payload: Payload) -> Answer {
    let (admin, params) = guard::posted(&app, &http, payload, Permission::UsersWrite).await?;
    let name = params.one("name").unwrap_or_default().trim();
    Ok(match groups::add(admin.act(&app), name).await {
        Ok(_) => layout::done(&app, &http, &admin, LIST, "The group was created."),
        Err(fault) => match layout::told(fault, "name") {
            Ok(faults) => shown(&app, &http, &admin, &params, &faults).await,
            Err(fault) => layout::fault(&app, &http, &admin, &fault),
        },
    })
}

async fn shown(
    app: &App,
    http: &HttpRequest,
    admin: &Admin,
    typed: &Params,
    faults: &[FieldFault],
) -> HttpResponse {
    let found = match groups::list(admin.act(app)).await {
        Ok(found) => found,
        Err(fault) => return layout::fault(app, http, admin, &fault),
    };
    let frame = layout::frame(app, http, admin, Section::Groups);
    let field = Field::text("name", "Name").typed(typed).faults(faults);
    let row = |size: GroupSize| {
        let query: String = form_urlencoded::Serializer::new(String::new())
            .append_pair("group", &size.group.name)
            .finish();
        let id = size.group.id.0;
        GroupRow {
            users: frame.path(&format!("/admin/users?{query}")),
            rename: frame.path(&format!("{LIST}/{id}/rename")),
            remove: frame.path(&format!("{LIST}/{id}/remove")),
            name: size.group.name,
            members: size.members,
        }
    };
    let page = Groups {
        rows: found.into_iter().map(row).collect(),
        form: frame.form(LIST),
        summary: Summary::of(faults, [&field]),
        field,
        frame,
    };
    layout::show(app, http, admin, page.summary.status(), &page)
}

async fn of_id(act: Act<'_>, id: i64) -> Result<Group, ServiceFault> {
    let known = act.core.store.groups(act.org).await?;
    known.into_iter().find(|group| group.id == GroupId(id)).ok_or_else(|| ServiceFault::NotFound {
        what: "group",
        name: id.to_string(),
        hint: "see the list of groups",
    })
}

async fn entered(
    app: &Data<App>,
    http: &HttpRequest,
    id: i64,
) -> Result<(Admin, Group), HttpResponse> {
    let admin = guard::entered(app, http, Permission::UsersWrite).await?;
    match of_id(admin.act(app), id).await {
        Ok(group) => Ok((admin, group)),
        Err(fault) => Err(layout::fault(app, http, &admin, &fault)),
    }
}

/// The form of a new name.
pub async fn ask_name(app: Data<App>, http: HttpRequest, id: Path<i64>) -> Answer {
    let (admin, group) = entered(&app, &http, *id).await?;
    Ok(naming(&app, &http, &admin, &group, &group.name, &[]))
}

fn naming(
    app: &App,
    http: &HttpRequest,
    admin: &Admin,
    group: &Group,
    typed: &str,
    faults: &[FieldFault],
) -> HttpResponse {
    let route = format!("{LIST}/{}/rename", group.id.0);
    let frame = layout::frame(app, http, admin, Section::Groups);
    let page = FormPage {
        title: format!("Rename {}", group.name),
        button: Button::send("Rename"),
        ..FormPage::at(frame.below(group.name.clone(), &route), &route, LIST)
    }
    .asking(vec![Field::text("name", "Name").value(typed)], faults);
    layout::show(app, http, admin, page.summary.status(), &page)
}

/// Renames.
pub async fn rename(app: Data<App>, http: HttpRequest, id: Path<i64>, payload: Payload) -> Answer {
    let (admin, params) = guard::posted(&app, &http, payload, Permission::UsersWrite).await?;
    let group = of_id(admin.act(&app), *id).await.map_err(layout::telling(&app, &http, &admin))?;
    let to = params.one("name").unwrap_or_default().trim();
    Ok(match groups::rename(admin.act(&app), &group.name, to).await {
        Ok(_) => layout::done(&app, &http, &admin, LIST, "The group was renamed."),
        Err(fault) => match layout::told(fault, "name") {
            Ok(faults) => naming(&app, &http, &admin, &group, to, &faults),
            Err(fault) => layout::fault(&app, &http, &admin, &fault),
        },
    })
}

/// Asks before a group is removed.
pub async fn ask_removal(app: Data<App>, http: HttpRequest, id: Path<i64>) -> Answer {
    let (admin, group) = entered(&app, &http, *id).await?;
    let route = format!("{LIST}/{}/remove", group.id.0);
    let frame = layout::frame(&app, &http, &admin, Section::Groups);
    let page = FormPage {
        title: format!("Remove {}?", group.name),
        text: vec!["Its members keep their accounts. A group that a client is limited to cannot be removed.".to_owned()],
        button: Button::grave("Remove the group"),
        ..FormPage::at(frame.below(group.name, &route), &route, LIST)
    };
    Ok(layout::show(&app, &http, &admin, StatusCode::OK, &page))
}

/// Removes.
pub async fn remove(app: Data<App>, http: HttpRequest, id: Path<i64>, payload: Payload) -> Answer {
    let (admin, _) = guard::posted(&app, &http, payload, Permission::UsersWrite).await?;
    let removed = match of_id(admin.act(&app), *id).await {
        Ok(group) => groups::remove(admin.act(&app), &group.name).await,
        Err(fault) => Err(fault),
    };
    removed.map_err(layout::telling(&app, &http, &admin))?;
    Ok(layout::done(&app, &http, &admin, LIST, "The group was removed."))
}
