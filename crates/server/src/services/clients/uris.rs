//! Judging redirect URIs before they are registered: by the rules, and by what a client's browsers
//! have really been sending.

use std::time::Duration;

use serde::Serialize;
use vestibule_protocol::admin::Permission;
use vestibule_protocol::ids::ClientId;
use vestibule_protocol::redirect_uri::{self, Difference};
use vestibule_store::events::{EventQuery, OutcomeFilter};

use crate::services::{Act, ServiceFault};

/// How far back refused requests are compared.
const RECENT: Duration = Duration::from_secs(14 * 86_400);
/// Most refused requests that are compared.
const MOST_REFUSED: u32 = 200;

/// How a URI was judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It can be registered.
    Good,
    /// It can be registered, and is probably not what is meant.
    Warn,
    /// It cannot be registered.
    Bad,
}

/// A judged URI.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Judged {
    /// As it was typed.
    pub uri: String,
    /// What came of it.
    pub verdict: Verdict,
    /// Why.
    pub text: String,
}

/// Judges each URI. Of a client that exists, they are compared with the requests that were refused
/// lately because their `redirect_uri` was not registered.
pub async fn judge(
    act: Act<'_>,
    uris: &[String],
    native: bool,
    client: Option<&ClientId>,
) -> Result<Vec<Judged>, ServiceFault> {
    act.require(Permission::ClientsRead)?;
    let refused = match client {
        Some(client) => refused(act, client).await?,
        None => Vec::new(),
    };
    let judged = uris.iter().enumerate().map(|(index, uri)| {
        let twice = uris.iter().take(index).any(|earlier| earlier == uri);
        let (verdict, text) = one(uri, native, twice, uris, &refused);
        Judged { uri: uri.clone(), verdict, text }
    });
    Ok(judged.collect())
}

fn one(
    uri: &str,
    native: bool,
    twice: bool,
    all: &[String],
    refused: &[String],
) -> (Verdict, String) {
    if let Err(fault) = redirect_uri::validate(uri, native) {
        return (Verdict::Bad, fault.to_string());
    }
    if twice {
        return (Verdict::Bad, "it is there twice".to_owned());
    }
    let unmet = refused.iter().filter(|received| !all.contains(received));
    let slash =
        unmet.clone().find(|it| redirect_uri::difference(it, uri) == Difference::TrailingSlash);
    if let Some(received) = slash {
        let text = format!(
            "{received} was asked for lately and refused: it differs in the slash at the end"
        );
        return (Verdict::Warn, text);
    }
    (Verdict::Good, "can be registered".to_owned())
}

/// The redirect URIs that this client's requests were refused for lately, newest first, each once.
pub async fn refused(act: Act<'_>, client: &ClientId) -> Result<Vec<String>, ServiceFault> {
    act.require(Permission::ClientsRead)?;
    let query = EventQuery {
        client: Some(client.clone()),
        kind: Some("authorize.shown".to_owned()),
        // Only what went wrong is indexed by client.
        outcome: Some(OutcomeFilter::Wrong),
        limit: MOST_REFUSED,
        ..EventQuery::default()
    };
    let mut seen: Vec<String> = Vec::new();
    for event in act.core.store.events(act.org, query).await?.into_iter().rev() {
        let recent = act.now.since(event.at) <= RECENT;
        let received = event.facts.get("received").and_then(serde_json::Value::as_str);
        let mismatch = event.reason.as_deref() == Some("redirect_uri_mismatch");
        if let Some(received) = received.filter(|_| recent && mismatch)
            && !seen.iter().any(|known| known == received)
        {
            seen.push(received.to_owned());
        }
    }
    Ok(seen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_is_compared_with_what_was_refused() {
        let refused = ["https://rp.test/cb/".to_owned()];
        let judged = |uri: &str, all: &[&str]| {
            let all: Vec<String> = all.iter().map(|it| (*it).to_owned()).collect();
            one(uri, false, false, &all, &refused).0
        };
        let cb = "https://rp.test/cb";
        for (uri, all, expected) in [
            (cb, vec![cb], Verdict::Warn),
            (cb, vec![cb, "https://rp.test/cb/"], Verdict::Good),
            ("https://rp.test/other", vec!["https://rp.test/other"], Verdict::Good),
            ("http://rp.test/cb", vec!["http://rp.test/cb"], Verdict::Bad),
            ("javascript:alert(1)", vec!["javascript:alert(1)"], Verdict::Bad),
        ] {
            assert_eq!(judged(uri, &all), expected, "{uri}");
        }
    }
}
