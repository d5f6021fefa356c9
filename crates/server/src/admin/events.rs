//! `/admin/events`: the event log, filtered by its URL.

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderValue, REFRESH};
use actix_web::web::Data;
use vestibule_protocol::admin::Permission;
use vestibule_protocol::ids::EventId;

use super::table::Answer;
use super::views::{EventLine, Events, Pager, Section, Summary, event_fields};
use super::{guard, layout};
use crate::app::App;
use crate::http::answer;
use crate::http::chunks::produced;
use crate::services::ServiceFault;
use crate::services::events::export::{self, Format};
use crate::services::events::{self, EventFilter, Names};

/// The path of the page.
const ROUTE: &str = "/admin/events";
/// Lines of one page.
const PAGE: u32 = 50;
/// How often a page that is followed looks again.
const LOOK_AGAIN: &str = "5";

/// A page of the log.
pub async fn get(app: Data<App>, http: HttpRequest) -> Answer {
    let admin = guard::entered(&app, &http, Permission::EventsRead).await?;
    let params = layout::query(&http);
    let filter = EventFilter::of(&params);
    let after = layout::after(&params);
    let before = (after > 0).then_some(EventId(after));
    let act = admin.act(&app);
    let (found, faults) = match events::page(act, &filter, before, PAGE).await {
        Ok(found) => (Some(found), Vec::new()),
        Err(ServiceFault::Invalid(faults)) => (None, faults),
        Err(fault) => return Err(layout::fault(&app, &http, &admin, &fault)),
    };
    let live = params.one("live") == Some("on") && before.is_none() && faults.is_empty();
    let frame = layout::frame(&app, &http, &admin, Section::Events);
    let fields = event_fields(&filter, &faults);
    let (lines, next) = found.map_or_else(Default::default, |page| (page.events, page.next));
    let names = Names::of(act, &lines).await.map_err(layout::telling(&app, &http, &admin))?;
    let next = next.map(|id| id.0);
    let path = frame.path(ROUTE);
    let page = Events {
        summary: Summary::of(&faults, &fields),
        fields,
        lines: lines.iter().map(|event| EventLine::of(event, &names, &frame)).collect(),
        pager: Pager::new(&path, &filter.pairs(), after, next),
        unfinished: next.is_some() && u32::try_from(lines.len()).is_ok_and(|count| count < PAGE),
        follow: (!live).then(|| url(&path, &filter, &[("live", "on")])),
        still: url(&path, &filter, &[]),
        exports: [("CSV", "csv"), ("JSON Lines", "jsonl")].map(|(name, word)| {
            (name, url(&format!("{path}/export"), &filter, &[("format", word)]))
        }),
        frame,
    };
    let mut answer = layout::show(&app, &http, &admin, page.summary.status(), &page);
    if live {
        answer.headers_mut().insert(REFRESH, HeaderValue::from_static(LOOK_AGAIN));
    }
    Ok(answer)
}

fn url(path: &str, filter: &EventFilter, more: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(filter.pairs().iter().filter(|(_, value)| !value.is_empty()));
    query.extend_pairs(more);
    let query = query.finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// All lines that match, as a file.
pub async fn export(app: Data<App>, http: HttpRequest) -> Answer {
    let admin = guard::entered(&app, &http, Permission::EventsRead).await?;
    let params = layout::query(&http);
    let filter = EventFilter::of(&params);
    let format = params.one("format").and_then(Format::from_word).unwrap_or(Format::JsonLines);
    // What is wrong with the filter is told before the file begins.
    if let Err(fault) = events::page(admin.act(&app), &filter, None, 1).await {
        return Err(layout::fault(&app, &http, &admin, &fault));
    }
    let name = format!("events.{}", format.word());
    let mut file = answer::attachment(&app, format.media_type(), &name);
    Ok(file.body(produced(async move |source| {
        let take = async |chunk: String| source.give(chunk).await;
        export::write(admin.act(&app), &filter, format, take).await
    })))
}
