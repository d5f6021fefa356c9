//! `vestibule client`.

pub(super) mod brand;
mod change;
mod handover;
mod limit;
mod test;

use std::process::ExitCode;

use serde_json::{Value, json};
use vestibule_protocol::Timestamp;
use vestibule_protocol::brand::Brand;
use vestibule_protocol::client::{Client, ClientSecret, Status};
use vestibule_protocol::scope::Scope;
use vestibule_store::PageRequest;
use vestibule_store::clients::ClientFilter;

use super::args::{ClientAdd, ClientList, ClientVerb, SecretVerb, UriVerb};
use super::console::{Console, moment, pairs, table, word};
use super::fault::CliFault;
use super::session::with_core;
use crate::config::Sources;
use crate::profiles::{self, Fact};
use crate::services::clients::{self, NewClient, NewSecret, Registered, SecretTerms};
use crate::services::{Act, ServiceFault, claims};
use crate::sheet::facts::{Facts, as_typed, plain_label};
use crate::state::apply::manager_of;
use handover::Handed;

pub(super) fn run(
    verb: ClientVerb,
    sources: &Sources,
    console: &Console,
) -> Result<ExitCode, CliFault> {
    with_core(sources, async |act| {
        match verb {
            ClientVerb::Add(args) => add(act, *args, console).await?,
            ClientVerb::List(wanted) => list(act, wanted, console).await?,
            ClientVerb::Show { client_id } => {
                let client = clients::find(act, &client_id).await?;
                let manager = manager_of(act, client.key).await?;
                show(&client, manager.as_deref(), act.now, console);
            }
            ClientVerb::Preview { client_id, user, scopes } => {
                preview(act, &client_id, &user, &scopes, console).await?;
            }
            ClientVerb::Update(args) => change::update(act, args, console).await?,
            ClientVerb::Remove { client_id, confirm } => {
                change::remove(act, &client_id, &confirm, console).await?;
            }
            ClientVerb::Disable { client_id } => {
                let client = clients::set_status(act, &client_id, Status::Disabled).await?;
                say(&client, "is switched off: nothing new starts, nothing old works", console);
            }
            ClientVerb::Enable { client_id } => {
                let client = clients::set_status(act, &client_id, Status::Active).await?;
                say(&client, "is in use again", console);
            }
            ClientVerb::Limit(args) => limit::run(act, args, console).await?,
            ClientVerb::Sheet(args) => handover::sheet(act, args, console).await?,
            ClientVerb::Links(verb) => handover::links(act, verb, console).await?,
            ClientVerb::Test { client_id, secret_stdin } => {
                return test::run(act, &client_id, secret_stdin, console).await;
            }
            ClientVerb::Secret(verb) => secret(act, verb, console).await?,
            ClientVerb::Uri(verb) => uri(act, verb, console).await?,
            ClientVerb::Logo(verb) => {
                let client = brand::logo(act, verb).await?;
                brand::say(&client, act.now, console);
            }
            ClientVerb::Accent(verb) => {
                let client = brand::accent(act, verb).await?;
                brand::say(&client, act.now, console);
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}

async fn add(act: Act<'_>, args: ClientAdd, console: &Console) -> Result<(), CliFault> {
    let by_link = args.secret_link.is_some();
    let Registered { client, secret, link } = clients::add(act, new_client(args)?).await?;
    let handed = secret.map(|text| Handed::of(text, link));
    if handed.is_none() && by_link {
        console.note("The client is public and has no secret, so there is no link to one.");
    }
    let answer = registered_json(act, &client, handed.as_ref());
    console.answer(&answer, || registered_text(act, &client, handed.as_ref()));
    Ok(())
}

async fn preview(
    act: Act<'_>,
    client_id: &str,
    user: &str,
    scopes: &[String],
    console: &Console,
) -> Result<(), CliFault> {
    let preview = claims::preview(act, client_id, user, scope_of(scopes)?).await?;
    console.answer(&json!(preview), || {
        let mut text = format!(
            "A sample: nothing was issued. Scope: {}\n",
            as_typed(&preview.scope).join(" ")
        );
        let parts = [
            ("ID token", Some(&preview.id_token)),
            ("Access token", preview.access_token.as_ref()),
            ("Userinfo", Some(&preview.userinfo)),
            ("Introspection", preview.introspection.as_ref()),
        ];
        for (name, claims) in parts {
            let claims = claims.and_then(|claims| serde_json::to_string_pretty(claims).ok());
            let claims = claims.unwrap_or_else(|| "-".to_owned());
            text.push_str(&format!("\n{}\n{claims}\n", console.strong(name)));
        }
        for warning in &preview.warnings {
            text.push_str(&format!("\nwarning: {warning}"));
        }
        text
    });
    Ok(())
}

/// The scopes of a flag that may be repeated; `None` when it was not given.
fn scope_of(scopes: &[String]) -> Result<Option<Scope>, CliFault> {
    match scopes.join(" ") {
        text if text.is_empty() => Ok(None),
        text => Scope::parse(&text)
            .map(Some)
            .map_err(|fault| CliFault::Service(ServiceFault::invalid("scope", fault.to_string()))),
    }
}

fn new_client(args: ClientAdd) -> Result<NewClient, CliFault> {
    let scope = scope_of(&args.scopes)?;
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
        secret_link: args.secret_link,
        ..NewClient::default()
    })
}

fn registered_json(act: Act<'_>, client: &Client, handed: Option<&Handed>) -> Value {
    let mut answer = json!({ "client_id": client.client_id });
    if let Some(answer) = answer.as_object_mut() {
        if let Some(Value::Object(secret)) = handed.map(Handed::json) {
            answer.extend(secret);
        }
        answer.insert("issuer".to_owned(), json!(act.core.config.issuer.as_str()));
        if let Value::Object(rest) = client_json(client, act.now) {
            answer.extend(rest);
        }
    }
    answer
}

/// What is handed to the vendor, in the vendor's own words where a profile knows them.
fn registered_text(act: Act<'_>, client: &Client, handed: Option<&Handed>) -> String {
    let settings = &client.settings;
    let folder = act.core.config.profiles.folder.as_deref();
    let profile = settings.vendor_profile.as_deref().and_then(|it| profiles::find(it, folder).ok());
    let facts = Facts {
        issuer: act.core.config.issuer.as_str(),
        client_id: &client.client_id.0,
        settings,
        profile: profile.as_ref(),
    };
    let mut lines: Vec<(&str, String)> = Vec::new();
    for fact in HANDED_OVER {
        let label = profile.as_ref().and_then(|profile| profile.label(fact));
        let label = label.unwrap_or_else(|| plain_label(fact));
        lines.extend(facts.values(fact).into_iter().map(|value| (label, value)));
        if let (Fact::ClientSecret, Some(secret)) = (fact, handed) {
            lines.push((label, secret.shown()));
        }
    }
    let mut text = format!("{} is registered.\n{}", client.name, pairs(&lines));
    if let Some(secret) = handed {
        text.push_str(&format!("{}\n", secret.advice()));
    }
    text.push_str(&format!(
        "The sheet for the vendor: vestibule client sheet {}\n",
        client.client_id
    ));
    text
}

/// What `client add` prints; the sheet has the rest.
const HANDED_OVER: [Fact; 9] = [
    Fact::Issuer,
    Fact::AuthorizationEndpoint,
    Fact::TokenEndpoint,
    Fact::UserinfoEndpoint,
    Fact::ClientId,
    Fact::ClientSecret,
    Fact::RedirectUri,
    Fact::Scope,
    Fact::TokenEndpointAuthMethod,
];

async fn list(act: Act<'_>, wanted: ClientList, console: &Console) -> Result<(), CliFault> {
    let ClientList { page, environment, relaxed } = wanted;
    let filter = ClientFilter {
        text: page.search,
        status: page.status.map(Status::from),
        environment: environment.map(Into::into),
        relaxed,
    };
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

fn show(client: &Client, manager: Option<&str>, now: Timestamp, console: &Console) {
    let mut answer = client_json(client, now);
    if let Some(answer) = answer.as_object_mut() {
        answer.insert("managed_by".to_owned(), json!(manager));
    }
    console.answer(&answer, || {
        let settings = &client.settings;
        let mut lines = vec![
            ("Client ID", client.client_id.to_string()),
            ("Status", word(&client.status)),
            ("Authentication", word(&settings.auth_method)),
            ("PKCE", word(&settings.pkce)),
            ("Scope", as_typed(&settings.scope).join(" ")),
            ("Grants", settings.grant_types.iter().map(word).collect::<Vec<_>>().join(" ")),
            ("Profile", settings.vendor_profile.clone().unwrap_or_else(|| "-".to_owned())),
            ("Registered", moment(client.created_at.as_seconds())),
        ];
        if let Some(file) = manager {
            lines.push(("Managed by", file.to_owned()));
        }
        lines.extend(limit::lines(settings));
        lines.extend(brand::lines(Brand { logo: settings.logo, accent: settings.accent }));
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
        SecretVerb::Add { client_id, label, expires_in, secret_link } => {
            let terms = SecretTerms {
                label: &label,
                expires_at: expires_in.map(|span| act.now.plus(span)),
                overlap: None,
                link: secret_link,
            };
            let NewSecret { kept, text, link } =
                clients::give_secret(act, &client_id, terms).await?;
            let handed = Handed::of(text, link);
            let mut answer = secret_json(&kept, act.now);
            if let (Some(object), Value::Object(secret)) = (answer.as_object_mut(), handed.json()) {
                object.insert("client_id".to_owned(), json!(client_id));
                object.extend(secret);
            }
            console.answer(&answer, || {
                format!(
                    "Client secret  {}\n{} The earlier secrets go on working; revoke them when the \
                     vendor has changed over.",
                    handed.shown(),
                    handed.advice()
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

fn row<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}
