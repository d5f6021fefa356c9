//! `vestibule admin`.

use std::process::ExitCode;

use serde_json::{Value, json};
use vestibule_protocol::admin::{Assignment, Reach};
use vestibule_protocol::ids::AdminRoleId;
use vestibule_store::admin_roles::{AdminRole, Holder};

use super::args::AdminVerb;
use super::console::{Console, moment, table};
use super::fault::CliFault;
use super::session::{place, with_core};
use crate::config::Sources;
use crate::services::admins::{self, Named, RoleLine};
use crate::services::{Act, links};

pub(super) fn run(
    verb: &AdminVerb,
    sources: &Sources,
    console: &Console,
) -> Result<ExitCode, CliFault> {
    with_core(sources, async |act| {
        match verb {
            AdminVerb::Link => link(act, console).await?,
            AdminVerb::List => list(act, console).await?,
            AdminVerb::Grant { who, role, below } => {
                let named = match (&who.user, &who.client) {
                    (Some(user), _) => admins::user(act, user).await?,
                    (None, Some(client)) => admins::client(act, client).await?,
                    (None, None) => return Err(CliFault::Usage("name --user or --client".into())),
                };
                let reach = match below {
                    Some(slug) => Reach::Below(place(act.core, Some(slug)).await?),
                    None => Reach::Everywhere,
                };
                let role = admins::grant(act, &named, Assignment { role: *role, reach }).await?;
                let line = RoleLine { role, named: Some(named) };
                let answer = line_json(act, &line).await?;
                console.answer(&answer, || {
                    let place = match reach {
                        Reach::Below(_) => "in ",
                        Reach::Everywhere => "",
                    };
                    format!(
                        "{} is {} {place}{}.",
                        text(&answer, "holder"),
                        text(&answer, "role"),
                        text(&answer, "reach")
                    )
                });
            }
            AdminVerb::Revoke { id } => {
                let line = admins::revoke(act, AdminRoleId(*id)).await?;
                let answer = line_json(act, &line).await?;
                console.answer(&answer, || {
                    format!("{} is no longer {}.", text(&answer, "holder"), text(&answer, "role"))
                });
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}

async fn link(act: Act<'_>, console: &Console) -> Result<(), CliFault> {
    let link = links::make_admin_link(act).await?;
    let ends = link.expires_at.as_seconds();
    console.answer(&json!({ "admin_link": link.url, "expires_at": ends }), || {
        format!("{}\nGood for one use, until {}.", link.url, moment(ends))
    });
    Ok(())
}

async fn list(act: Act<'_>, console: &Console) -> Result<(), CliFault> {
    let mut answers = Vec::new();
    for line in admins::list(act).await? {
        answers.push(line_json(act, &line).await?);
    }
    console.answer(&json!({ "admins": answers }), || {
        if answers.is_empty() {
            return "Nobody administers yet; make somebody an owner: vestibule admin link\n".into();
        }
        let columns = ["id", "kind", "holder", "role", "reach", "granted_by"];
        let heading = columns.map(|name| name.to_uppercase().replace('_', " ")).to_vec();
        let rows = answers.iter().map(|line| columns.map(|name| text(line, name)).to_vec());
        table(&std::iter::once(heading).chain(rows).collect::<Vec<_>>())
    });
    Ok(())
}

async fn line_json(act: Act<'_>, line: &RoleLine) -> Result<Value, CliFault> {
    let AdminRole { id, holder, assignment, granted_at, granted_by } = &line.role;
    let reach = match assignment.reach {
        Reach::Everywhere => "everywhere".to_owned(),
        Reach::Below(org) => {
            let found = act.core.store.organization(org).await?;
            found.map_or_else(|| org.0.to_string(), |organization| organization.slug)
        }
    };
    Ok(json!({
        "id": id.0.to_string(),
        "kind": match holder { Holder::User(_) => "user", Holder::Client(_) => "client" },
        "holder": line.named.as_ref().map_or_else(String::new, Named::label),
        "role": assignment.role,
        "reach": reach,
        "granted_at": granted_at.as_seconds(),
        "granted_by": granted_by,
    }))
}

fn text(line: &Value, name: &str) -> String {
    line.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}
