//! `vestibule token`.

use std::process::ExitCode;

use serde_json::{Value, json};
use vestibule_protocol::admin::{Permission, Rights};
use vestibule_protocol::ids::{ApiTokenId, OrgId};
use vestibule_protocol::user::User;
use vestibule_store::api_tokens::ApiToken;

use super::args::TokenVerb;
use super::console::{Console, moment, pairs, table};
use super::fault::CliFault;
use super::session::with_core;
use crate::config::Sources;
use crate::services::tokens::{self, NewToken};
use crate::services::{Act, users};

pub(super) fn run(
    verb: TokenVerb,
    sources: &Sources,
    console: &Console,
) -> Result<ExitCode, CliFault> {
    with_core(sources, async |act| {
        match verb {
            TokenVerb::Add { user, label, permissions, lifetime } => {
                let user = administrator(act, &user).await?;
                let permissions = Rights::of(permissions);
                let new = NewToken { label, permissions, lifetime };
                let made = tokens::make(act, &user, new).await?;
                let mut answer = token_json(&made.kept);
                if let Some(answer) = answer.as_object_mut() {
                    answer.insert("token".to_owned(), json!(made.text.as_str()));
                }
                console.answer(&answer, || {
                    let ends = moment(made.kept.expires_at.as_seconds());
                    let token = made.text.as_str().to_owned();
                    let lines =
                        [("Token", token), ("Permissions", words(&made.kept)), ("Until", ends)];
                    format!("{}It is shown this once; keep it now.\n", pairs(&lines))
                });
            }
            TokenVerb::List { user } => {
                list(act, &administrator(act, &user).await?, console).await?
            }
            TokenVerb::Revoke { user, id } => {
                let user = administrator(act, &user).await?;
                let revoked = tokens::revoke(act, &user, ApiTokenId(id)).await?;
                console.answer(&token_json(&revoked), || {
                    format!("The token {} is revoked.", revoked.label)
                });
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// Administrators have their accounts in the root organization, wherever they act.
async fn administrator(act: Act<'_>, name: &str) -> Result<User, CliFault> {
    Ok(users::find(Act { org: OrgId::ROOT, ..act }, name).await?)
}

async fn list(act: Act<'_>, user: &User, console: &Console) -> Result<(), CliFault> {
    let found = tokens::list(act, user).await?;
    let answers: Vec<Value> = found.iter().map(token_json).collect();
    console.answer(&json!({ "tokens": answers }), || {
        let heading = ["ID", "LABEL", "PERMISSIONS", "UNTIL", "STATE"].map(str::to_owned).to_vec();
        let rows = found.iter().map(|token| {
            let state = match (token.revoked_at, token.is_live(act.now)) {
                (Some(_), _) => "revoked",
                (None, true) => "live",
                (None, false) => "expired",
            };
            vec![
                token.id.0.to_string(),
                token.label.clone(),
                words(token),
                moment(token.expires_at.as_seconds()),
                state.to_owned(),
            ]
        });
        table(&std::iter::once(heading).chain(rows).collect::<Vec<_>>())
    });
    Ok(())
}

fn words(token: &ApiToken) -> String {
    token.permissions.iter().map(Permission::as_str).collect::<Vec<_>>().join(" ")
}

fn token_json(token: &ApiToken) -> Value {
    let permissions: Vec<&str> = token.permissions.iter().map(Permission::as_str).collect();
    json!({
        "id": token.id.0.to_string(),
        "label": token.label,
        "permissions": permissions,
        "created_at": token.created_at.as_seconds(),
        "expires_at": token.expires_at.as_seconds(),
        "last_used_at": token.last_used_at.map(|at| at.as_seconds()),
        "revoked_at": token.revoked_at.map(|at| at.as_seconds()),
    })
}
