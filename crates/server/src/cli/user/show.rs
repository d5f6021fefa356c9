//! `vestibule user show` and `sessions`.

use serde_json::{Value, json};
use vestibule_protocol::session::Session;

use super::{named_user_json, user_text};
use crate::cli::console::{Console, moment, pairs, table};
use crate::cli::fault::CliFault;
use crate::services::Act;
use crate::services::users::detail::{self, Detail};

pub(super) async fn show(act: Act<'_>, name: &str, console: &Console) -> Result<(), CliFault> {
    let detail = detail::detail(act, name).await?;
    console.answer(&json_of(&detail), || text_of(&detail, console));
    Ok(())
}

pub(super) async fn sessions(act: Act<'_>, name: &str, console: &Console) -> Result<(), CliFault> {
    let detail = detail::detail(act, name).await?;
    let sessions: Vec<Value> = detail.sessions.iter().map(session_json).collect();
    console.answer(&json!({ "sub": detail.user.subject, "sessions": sessions }), || {
        match detail.sessions.as_slice() {
            [] => "No session.".to_owned(),
            sessions => session_table(sessions),
        }
    });
    Ok(())
}

fn json_of(detail: &Detail) -> Value {
    let mut answer = named_user_json(&detail.user, &detail.identifiers);
    let consents = detail.consents.iter().map(|(consent, client)| {
        let client = client.as_ref().map(|client| client.client_id.clone());
        json!({
            "client_id": client,
            "scope": consent.scope,
            "granted_at": consent.granted_at.as_seconds(),
        })
    });
    if let Some(object) = answer.as_object_mut() {
        let seconds = |at: vestibule_protocol::Timestamp| at.as_seconds();
        object.insert("password_set_at".into(), json!(detail.password_set_at.map(seconds)));
        object.insert("failures".into(), json!(detail.failures));
        object.insert("blocked_until".into(), json!(detail.blocked_until.map(seconds)));
        let sessions: Vec<Value> = detail.sessions.iter().map(session_json).collect();
        object.insert("sessions".into(), json!(sessions));
        object.insert("consents".into(), json!(consents.collect::<Vec<_>>()));
        object.insert("grants".into(), json!(detail.grants.len()));
    }
    answer
}

fn session_json(session: &Session) -> Value {
    json!({
        "id": session.id,
        "signed_in_at": session.authentication.at.as_seconds(),
        "amr": session.authentication.amr,
        "last_seen_at": session.last_seen_at.as_seconds(),
        "expires_at": session.expires_at.as_seconds(),
    })
}

fn text_of(detail: &Detail, console: &Console) -> String {
    let mut text = user_text(&detail.user, &detail.identifiers, console);
    let set = detail.password_set_at.map(|at| moment(at.as_seconds()));
    let mut access = vec![("Password", set.map_or("none".to_owned(), |at| format!("set {at}")))];
    if detail.failures > 0 {
        access.push(("Wrong passwords", detail.failures.to_string()));
    }
    access.extend(detail.blocked_until.map(|at| ("Locked until", moment(at.as_seconds()))));
    access.push(("Grants", detail.grants.len().to_string()));
    text.push_str("Access\n");
    text.push_str(&pairs(&access));
    if !detail.sessions.is_empty() {
        text.push_str("Sessions\n");
        text.push_str(&session_table(&detail.sessions));
    }
    for (consent, client) in &detail.consents {
        let client =
            client.as_ref().map_or("a client that was removed", |c| c.client_id.0.as_str());
        let at = moment(consent.granted_at.as_seconds());
        text.push_str(&format!("Shares {} with {client}, since {at}\n", consent.scope));
    }
    if !detail.events.is_empty() {
        text.push_str("Last events\n");
        let rows: Vec<Vec<String>> = detail
            .events
            .iter()
            .map(|event| {
                let by = event.facts.get("by").and_then(Value::as_str).unwrap_or_default();
                vec![format!("  {}", moment(event.at.as_seconds())), event.kind.clone(), by.into()]
            })
            .collect();
        text.push_str(&table(&rows));
    }
    text
}

fn session_table(sessions: &[Session]) -> String {
    let head = ["ID", "SIGNED IN", "LAST SEEN", "ENDS"].map(str::to_owned).to_vec();
    let row = |session: &Session| {
        vec![
            session.id.0.to_string(),
            moment(session.authentication.at.as_seconds()),
            moment(session.last_seen_at.as_seconds()),
            moment(session.expires_at.as_seconds()),
        ]
    };
    table(&std::iter::once(head).chain(sessions.iter().map(row)).collect::<Vec<_>>())
}
