//! Why an attempt went wrong, who can mend it, and how.

use serde::Serialize;
use serde_json::Value;
use vestibule_protocol::event::Event;
use vestibule_protocol::ids::ClientId;
use vestibule_protocol::redirect_uri::{self, Difference, Segment};
use vestibule_protocol::refusal::{Hint, Mender, catalogue};
use vestibule_store::PageRequest;
use vestibule_store::clients::ClientFilter;

use super::{Reader, adoptable};
use crate::services::{Act, ServiceFault};

/// Why it went wrong.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cause {
    /// The catalogue's code.
    pub code: &'static str,
    /// The reason's word.
    pub reason: String,
    /// Who can mend it.
    pub mender: Mender,
    /// For the admin; the vendor is not told it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub admin: Option<&'static str>,
    /// For the vendor's developer.
    pub developer: &'static str,
    /// What the request looks like, most telling first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hints: Vec<HintText>,
    /// The URI that came beside the registered one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uri: Option<UriComparison>,
}

/// A hint in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HintText {
    /// The stable word.
    pub hint: String,
    /// What to do, for whoever reads.
    pub text: String,
}

/// A URI that came beside the one that was expected.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct UriComparison {
    /// Which parameter.
    pub parameter: &'static str,
    /// What came.
    pub received: String,
    /// The nearest registered one, or the one of the earlier request.
    pub expected: Option<String>,
    /// In what they differ, most telling first.
    pub differences: Vec<Difference>,
    /// Both, aligned.
    pub segments: Vec<Segment>,
    /// Whether it may be registered as it is.
    pub adoptable: bool,
    /// Other clients here that have it registered: mostly test for live.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<ClientId>,
}

/// Why a line went wrong; nothing for a line that says no reason.
pub(super) fn of(event: &Event, reader: Reader) -> Option<Cause> {
    let reason = event.reason.clone()?;
    let entry = catalogue::by_word(&reason)?;
    Some(Cause {
        code: entry.code,
        mender: entry.mender,
        admin: (reader == Reader::Admin).then_some(entry.admin),
        developer: entry.developer,
        hints: hints(event, reader),
        uri: comparison(event, reader),
        reason,
    })
}

fn hints(event: &Event, reader: Reader) -> Vec<HintText> {
    let kept = event.facts.get("hints").and_then(Value::as_array).cloned().unwrap_or_default();
    // A hint of a later version is left out, not a fault.
    let hints = kept.into_iter().filter_map(|hint| serde_json::from_value::<Hint>(hint).ok());
    hints
        .map(|hint| match reader {
            Reader::Admin => HintText { hint: hint.word(), text: hint.admin() },
            Reader::Vendor => {
                let hint = hint.for_vendor();
                HintText { hint: hint.word(), text: hint.developer() }
            }
        })
        .collect()
}

fn comparison(event: &Event, reader: Reader) -> Option<UriComparison> {
    let (parameter, against) = match event.reason.as_deref()? {
        "redirect_uri_mismatch" => ("redirect_uri", "nearest"),
        "code_redirect_uri_mismatch" => ("redirect_uri", "expected"),
        "logout_redirect_mismatch" => ("post_logout_redirect_uri", "nearest"),
        _ => return None,
    };
    let text = |name: &str| event.facts.get(name).and_then(Value::as_str).map(str::to_owned);
    let (received, expected) = (text("received")?, text(against));
    let (differences, segments) = match &expected {
        Some(expected) => (
            redirect_uri::differences(&received, expected),
            redirect_uri::align(&received, expected),
        ),
        None => (vec![Difference::NothingRegistered], Vec::new()),
    };
    // Whether the client is native only decides about app schemes; adding judges that again.
    let may_be = adoptable(event).is_some_and(|it| redirect_uri::validate(it.uri, true).is_ok());
    let adoptable = reader == Reader::Admin && may_be;
    let others = Vec::new();
    Some(UriComparison { parameter, received, expected, differences, segments, adoptable, others })
}

/// Pages of clients that are looked through.
const MOST_PAGES: usize = 20;
/// No more than these are named.
const MOST_OTHERS: usize = 5;

/// The clients of the organization, other than `this`, that have exactly this redirect URI.
pub(super) async fn others_with(
    act: Act<'_>,
    uri: &str,
    this: Option<&ClientId>,
) -> Result<Vec<ClientId>, ServiceFault> {
    let mut others = Vec::new();
    let mut page = PageRequest::first(PageRequest::MAX);
    for _ in 0..MOST_PAGES {
        let found = act.core.store.clients(act.org, ClientFilter::default(), page).await?;
        let having = found.items.into_iter().filter(|client| {
            Some(&client.client_id) != this
                && client.settings.redirect_uris.iter().any(|known| known == uri)
        });
        others.extend(having.map(|client| client.client_id).take(MOST_OTHERS - others.len()));
        match found.next {
            Some(after) if others.len() < MOST_OTHERS => page.after = after,
            _ => break,
        }
    }
    Ok(others)
}
