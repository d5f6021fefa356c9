//! `vestibule client`.

use std::process::ExitCode;

use serde_json::{Value, json};
use vestibule_protocol::Timestamp;
use vestibule_protocol::client::{Client, ClientSecret, Status};
use vestibule_protocol::scope::Scope;
use vestibule_store::PageRequest;
use vestibule_store::clients::ClientFilter;

use super::args::{ClientAdd, ClientVerb, ListPage, SecretVerb, StatusArg, UriVerb};
use super::console::{Console, moment, pairs, table};
use super::fault::CliFault;
use super::session::with_core;
use crate::config::Sources;
use crate::profiles;
use crate::services::clients::{self, NewClient, Registered};
use crate::services::{Act, ServiceFault};

pub(super) fn run(
    verb: ClientVerb,
    sources: &Sources,
    console: &Console,
) -> Result<ExitCode, CliFault> {
    with_core(sources, async |act| {
        match verb {
            ClientVerb::Add(args) => add(act, *args, console).await?,
            ClientVerb::List(page) => list(act, page, console).await?,
            ClientVerb::Show { client_id } => {
                show(&clients::find(act, &client_id).await?, act.now, console);
            }
            ClientVerb::Disable { client_id } => {
                let client = clients::set_status(act, &client_id, Status::Disabled).await?;
                say(&client, "is switched off: nothing new starts, nothing old works", console);
            }
            ClientVerb::Enable { client_id } => {
                let client = clients::set_status(act, &client_id, Status::Active).await?;
                say(&client, "is in use again", console);
            }
            ClientVerb::Secret(verb) => secret(act, verb, console).await?,
            ClientVerb::Uri(verb) => uri(act, verb, console).await?,
        }
        Ok(ExitCode::SUCCESS)
    })
}

async fn add(act: Act<'_>, args: ClientAdd, console: &Console) -> Result<(), CliFault> {
    let registered = clients::add(act, new_client(args)?).await?;
    let answer = registered_json(act, &registered);
    console.answer(&answer, || registered_text(act, &registered));
    Ok(())
}

fn new_client(args: ClientAdd) -> Result<NewClient, CliFault> {
    let scope = match args.scopes.join(" ") {
        text if text.is_empty() => None,
        text => Some(Scope::parse(&text).map_err(|fault| {
            CliFault::Service(ServiceFault::invalid("scope", fault.to_string()))
        })?),
    };
    Ok(NewClient {
        name: args.name,
        profile: args.profile,
        values: args.values.into_iter().collect(),
        redirect_uris: args.redirect_uris,
        post_logout_redirect_uris: args.post_logout_redirect_uris,
        scope,
        grant_types: args.grants.into_iter().map(Into::into).collect(),
        auth_method: args.auth_method.map(Into::into),
        pkce: args.pkce.map(Into::into),
        client_id: None,
    })
}

fn registered_json(act: Act<'_>, registered: &Registered) -> Value {
    let mut answer = json!({ "client_id": registered.client.client_id });
    if let Some(answer) = answer.as_object_mut() {
        if let Some(secret) = &registered.secret {
            answer.insert("client_secret".to_owned(), json!(secret.as_str()));
        }
        answer.insert("issuer".to_owned(), json!(act.core.config.issuer.as_str()));
        if let Value::Object(rest) = client_json(&registered.client, act.now) {
            answer.extend(rest);
        }
    }
    answer
}

/// What is handed to the vendor, in the vendor's own words where a profile knows them.
fn registered_text(act: Act<'_>, registered: &Registered) -> String {
    let client = &registered.client;
    let settings = &client.settings;
    let issuer = &act.core.config.issuer;
    let folder = act.core.config.profiles.folder.as_deref();
    let profile = settings.vendor_profile.as_deref();
    let handover = profile.and_then(|name| profiles::find(name, folder).ok()).map(|p| p.handover);
    let handover = handover.unwrap_or_default();
    let method = match handover.token_endpoint_auth_methods.first() {
        Some(first) => first.clone(),
        None => word(&settings.auth_method),
    };
    let mut facts = vec![
        ("issuer", "Issuer", issuer.as_str().to_owned()),
        ("authorization_endpoint", "Authorization URL", issuer.url("/oauth/authorize")),
        ("token_endpoint", "Token URL", issuer.url("/oauth/token")),
        ("userinfo_endpoint", "Userinfo URL", issuer.url("/oauth/userinfo")),
        ("client_id", "Client ID", client.client_id.to_string()),
    ];
    if let Some(secret) = &registered.secret {
        facts.push(("client_secret", "Client secret", secret.to_string()));
    }
    for uri in &settings.redirect_uris {
        facts.push(("redirect_uri", "Redirect URI", uri.clone()));
    }
    facts.push(("scope", "Scope", as_typed(&settings.scope)));
    facts.push(("token_endpoint_auth_method", "Authentication", method));
    let lines: Vec<(&str, String)> = facts
        .into_iter()
        .map(|(key, plain, value)| (handover.labels.get(key).map_or(plain, String::as_str), value))
        .collect();
    let mut text = format!("{} is registered.\n{}", client.name, pairs(&lines));
    if registered.secret.is_some() {
        text.push_str("The secret is shown this once; keep it now.\n");
    }
    text
}

/// A scope as people write it: `openid` first. To the protocol it is a set.
fn as_typed(scope: &Scope) -> String {
    let rest = scope.iter().filter(|token| *token != "openid");
    let openid = scope.contains("openid").then_some("openid");
    openid.into_iter().chain(rest).collect::<Vec<_>>().join(" ")
}

async fn list(act: Act<'_>, page: ListPage, console: &Console) -> Result<(), CliFault> {
    let filter = ClientFilter { text: page.search, status: page.status.map(status) };
    let request = PageRequest { after: page.after, limit: page.limit };
    let found = clients::list(act, filter, request).await?;
    let items: Vec<Value> = found.items.iter().map(|client| client_json(client, act.now)).collect();
    console.answer(&json!({ "clients": items, "next": found.next }), || {
        let mut rows = vec![row(["CLIENT ID", "NAME", "STATUS", "AUTHENTICATION", "PROFILE"])];
        for client in &found.items {
            rows.push(row([
                &client.client_id.0,
                &client.name,
                &word(&client.status),
                &word(&client.settings.auth_method),
                client.settings.vendor_profile.as_deref().unwrap_or("-"),
            ]));
        }
        let mut text = table(&rows);
        if let Some(next) = found.next {
            text.push_str(&format!("There are more: --after {next}\n"));
        }
        text
    });
    Ok(())
}

fn show(client: &Client, now: Timestamp, console: &Console) {
    console.answer(&client_json(client, now), || {
        let settings = &client.settings;
        let mut lines = vec![
            ("Client ID", client.client_id.to_string()),
            ("Status", word(&client.status)),
            ("Authentication", word(&settings.auth_method)),
            ("PKCE", word(&settings.pkce)),
            ("Scope", as_typed(&settings.scope)),
            ("Grants", settings.grant_types.iter().map(word).collect::<Vec<_>>().join(" ")),
            ("Profile", settings.vendor_profile.clone().unwrap_or_else(|| "-".to_owned())),
            ("Registered", moment(client.created_at.as_seconds())),
        ];
        for uri in &settings.redirect_uris {
            lines.push(("Redirect URI", uri.clone()));
        }
        for uri in &settings.post_logout_redirect_uris {
            lines.push(("After logout", uri.clone()));
        }
        for origin in &settings.frame_ancestors {
            lines.push(("Shown in frames of", origin.clone()));
        }
        for secret in &client.secrets {
            lines.push(("Secret", secret_line(secret, now)));
        }
        format!("{}\n{}", console.strong(&client.name), pairs(&lines))
    });
}

fn secret_line(secret: &ClientSecret, now: Timestamp) -> String {
    let state = match (secret.revoked_at, secret.is_live(now)) {
        (Some(at), _) => format!("revoked {}", moment(at.as_seconds())),
        (None, false) => "expired".to_owned(),
        (None, true) => secret.expires_at.map_or_else(
            || "live".to_owned(),
            |end| format!("live until {}", moment(end.as_seconds())),
        ),
    };
    let used = secret
        .last_used_at
        .map_or_else(|| "never used".to_owned(), |at| format!("used {}", moment(at.as_seconds())));
    format!("{}…  {}  {state}, {used}  id {}", secret.prefix, secret.label, secret.id.0)
}

async fn secret(act: Act<'_>, verb: SecretVerb, console: &Console) -> Result<(), CliFault> {
    match verb {
        SecretVerb::Add { client_id, label, expires_in } => {
            let expires_at = expires_in.map(|span| act.now.plus(span));
            let made = clients::add_secret(act, &client_id, &label, expires_at).await?;
            let mut answer = secret_json(&made.kept, act.now);
            if let Some(object) = answer.as_object_mut() {
                object.insert("client_id".to_owned(), json!(client_id));
                object.insert("client_secret".to_owned(), json!(made.text.as_str()));
            }
            console.answer(&answer, || {
                let secret = made.text.as_str();
                format!(
                    "Client secret  {secret}\nShown this once. The earlier secrets go on working; \
                     revoke them when the vendor has changed over."
                )
            });
        }
        SecretVerb::Revoke { client_id, secret } => {
            let revoked = clients::revoke_secret(act, &client_id, &secret).await?;
            console.answer(&secret_json(&revoked, act.now), || {
                format!("The secret {}… of {client_id} is revoked.", revoked.prefix)
            });
        }
    }
    Ok(())
}

async fn uri(act: Act<'_>, verb: UriVerb, console: &Console) -> Result<(), CliFault> {
    let (client, done) = match verb {
        UriVerb::Add { client_id, uri } => {
            (clients::add_uri(act, &client_id, &uri).await?, "has one more redirect URI")
        }
        UriVerb::Remove { client_id, uri } => {
            (clients::remove_uri(act, &client_id, &uri).await?, "has one redirect URI less")
        }
    };
    say(&client, done, console);
    Ok(())
}

fn say(client: &Client, what: &str, console: &Console) {
    let answer = json!({
        "client_id": client.client_id,
        "status": client.status,
        "redirect_uris": client.settings.redirect_uris,
    });
    console.answer(&answer, || format!("{} ({}) {what}.", client.name, client.client_id));
}

fn client_json(client: &Client, now: Timestamp) -> Value {
    let secrets: Vec<Value> =
        client.secrets.iter().map(|secret| secret_json(secret, now)).collect();
    let mut answer = json!({
        "client_id": client.client_id,
        "name": client.name,
        "status": client.status,
        "secrets": secrets,
        "created_at": client.created_at.as_seconds(),
        "updated_at": client.updated_at.as_seconds(),
    });
    if let (Some(answer), Ok(Value::Object(settings))) =
        (answer.as_object_mut(), serde_json::to_value(&client.settings))
    {
        answer.extend(settings);
    }
    answer
}

fn secret_json(secret: &ClientSecret, now: Timestamp) -> Value {
    let seconds = |moment: Option<Timestamp>| moment.map(Timestamp::as_seconds);
    json!({
        "id": secret.id.0.to_string(),
        "label": secret.label,
        "prefix": secret.prefix,
        "live": secret.is_live(now),
        "created_at": secret.created_at.as_seconds(),
        "expires_at": seconds(secret.expires_at),
        "last_used_at": seconds(secret.last_used_at),
        "revoked_at": seconds(secret.revoked_at),
    })
}

/// The word by which a setting is written.
pub(super) fn word<T: serde::Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        _ => String::new(),
    }
}

pub(super) fn status(status: StatusArg) -> Status {
    match status {
        StatusArg::Active => Status::Active,
        StatusArg::Disabled => Status::Disabled,
    }
}

fn row<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}
