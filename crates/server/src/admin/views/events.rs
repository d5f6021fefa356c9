//! The event log.

use askama::Template;
use vestibule_protocol::event::Event;
use vestibule_protocol::refusal::catalogue;

use super::field::{Choice, Field};
use super::frame::Frame;
use super::part::{Pager, Summary};
use crate::services::FieldFault;
use crate::services::cases::Reader;
use crate::services::cases::story::{self, Fact};
use crate::services::events::{EventFilter, Names};

/// The event log: filters, lines, further pages.
#[derive(Template)]
#[template(path = "admin/events.html")]
pub struct Events {
    /// The frame.
    pub frame: Frame,
    /// The filters, as fields.
    pub fields: Vec<Field>,
    /// What was wrong with them.
    pub summary: Summary,
    /// The lines, newest first.
    pub lines: Vec<EventLine>,
    /// Further pages.
    pub pager: Pager,
    /// Whether the search stopped before it had looked at everything.
    pub unfinished: bool,
    /// The same page, which looks again by itself; `None` where it does already.
    pub follow: Option<String>,
    /// The same page, which stays as it is.
    pub still: String,
    /// Where the lines are taken out as CSV and as JSON Lines.
    pub exports: [(&'static str, String); 2],
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventLine {
    /// When, to the second.
    pub at: String,
    /// What happened, in a sentence.
    pub title: String,
    /// The kind.
    pub kind: String,
    /// How it went, in a word.
    pub outcome: &'static str,
    /// Whether it did not succeed.
    pub wrong: bool,
    /// The case's code and the path of its file.
    pub case: Option<(String, String)>,
    /// The client.
    pub client: Option<ClientCell>,
    /// The user's `sub`.
    pub subject: Option<String>,
    /// Why, with the catalogue's code if it has one.
    pub reason: Option<(String, Option<&'static str>)>,
    /// What was compared, or done.
    pub facts: Vec<Fact>,
}

/// The client of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCell {
    /// Its `client_id`.
    pub id: String,
    /// What it is called; `None` when it is gone.
    pub name: Option<String>,
    /// Its page, if it is one of the organization's own.
    pub page: Option<String>,
}

impl EventLine {
    /// An event as a line of the page.
    pub fn of(event: &Event, names: &Names, frame: &Frame) -> Self {
        let case = event.case_code.map(|code| code.to_string());
        let reason = event.reason.clone();
        Self {
            at: story::clock(event.at),
            title: story::title(event),
            kind: event.kind.clone(),
            outcome: crate::services::events::export::word(event.outcome),
            wrong: event.outcome != vestibule_protocol::event::EventOutcome::Success,
            case: case.map(|code| (code.clone(), frame.path(&format!("/admin/cases/{code}")))),
            client: event.client.as_ref().map(|client| ClientCell {
                id: client.0.clone(),
                name: names.client(event).map(str::to_owned),
                page: names.is_ours(event).then(|| frame.path(&format!("/admin/clients/{client}"))),
            }),
            subject: event.subject.as_ref().map(|subject| subject.0.clone()),
            reason: reason.map(|word| {
                let code = catalogue::by_word(&word).map(|entry| entry.code);
                (word, code)
            }),
            facts: story::facts(&event.facts, Reader::Admin),
        }
    }
}

/// The filters as fields, with what was wrong with them.
pub fn event_fields(filter: &EventFilter, faults: &[FieldFault]) -> Vec<Field> {
    let outcomes = vec![
        Choice::new("", "Any"),
        Choice::new("wrong", "What went wrong"),
        Choice::new("success", "What was done"),
    ];
    let fields = [
        Field::text("client", "Client ID").value(&filter.client),
        Field::text("subject", "User (sub)").value(&filter.subject),
        Field::text("kind", "Kind").value(&filter.kind),
        Field::select("outcome", "Outcome", outcomes).value(&filter.outcome),
        Field::text("reason", "Reason").value(&filter.reason),
        Field::text("since", "Since").value(&filter.since),
        Field::text("until", "Until").value(&filter.until),
        Field::text("case", "Case code").value(&filter.case),
    ];
    fields.into_iter().map(|field| field.faults(faults)).collect()
}

#[cfg(test)]
impl Events {
    pub(crate) fn samples() -> Vec<Self> {
        let frame = || Frame { section: super::Section::Events, ..Frame::sample() };
        let lines = crate::services::cases::tests::refused();
        let page = |filter: EventFilter, events: &[Event], faults: &[FieldFault], next| {
            let frame = frame();
            let fields = event_fields(&filter, faults);
            Self {
                summary: Summary::of(faults, &fields),
                fields,
                lines: events
                    .iter()
                    .map(|event| EventLine::of(event, &Names::sample(), &frame))
                    .collect(),
                pager: Pager::new("/admin/events", &filter.pairs(), 0, next),
                unfinished: next.is_some() && events.is_empty(),
                follow: Some("/admin/events?live=on".to_owned()),
                still: "/admin/events".to_owned(),
                exports: [("CSV", "/x?format=csv".to_owned()), ("JSON Lines", "/x".to_owned())],
                frame,
            }
        };
        let odd = EventFilter { since: "<b>".to_owned(), ..EventFilter::default() };
        vec![
            page(EventFilter::default(), &lines, &[], Some(7)),
            page(EventFilter::default(), &[], &[], Some(7)),
            page(EventFilter::default(), &[], &[], None),
            page(odd, &[], &[FieldFault::new("since", "write how long ago")], None),
        ]
    }
}
