//! Small pieces that pages are put together from.

use actix_web::http::StatusCode;
use askama::Template;
use time::OffsetDateTime;
use time::macros::format_description;
use vestibule_protocol::Timestamp;

use super::field::Field;
use crate::services::FieldFault;

/// What was wrong with a form, at the top of its page: each line leads to its field.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "admin/part/summary.html")]
pub struct Summary {
    lines: Vec<(Option<String>, String)>,
}

impl askama::filters::HtmlSafe for Summary {}

impl Summary {
    /// The faults of a form that has these fields.
    pub fn of<'a>(faults: &[FieldFault], fields: impl IntoIterator<Item = &'a Field>) -> Self {
        let fields: Vec<&Field> = fields.into_iter().collect();
        let lines = faults.iter().map(|fault| {
            let part = format!("{}.", fault.field);
            let root = fault.field.split('.').next().unwrap_or_default();
            let field = fields
                .iter()
                .find(|field| field.name() == fault.field)
                .or_else(|| fields.iter().find(|field| field.name() == root))
                .or_else(|| fields.iter().find(|field| field.name().starts_with(&part)));
            match field {
                Some(field) => {
                    (Some(field.name().to_owned()), format!("{}: {}", field.label(), fault.problem))
                }
                None => (None, format!("{}: {}", fault.field, fault.problem)),
            }
        });
        Self { lines: lines.collect() }
    }

    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The status of the page that begins with it.
    pub fn status(&self) -> StatusCode {
        if self.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }
    }
}

/// A word in a coloured pill.
#[derive(Clone, Debug, PartialEq, Eq, Template)]
#[template(
    ext = "html",
    source = r#"<span class="tag {{ self.tone.class() }}"{% if let Some(why) = why %} title="{{ why }}"{% endif %}>{{ text }}</span>"#
)]
pub struct Badge {
    /// The word.
    pub text: String,
    /// Its colour.
    pub tone: Tone,
    /// More of it, for those who point at it; it must not be the only place that says so.
    pub why: Option<String>,
}

impl askama::filters::HtmlSafe for Badge {}

/// What a colour means; the word says it as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// As it should be.
    Good,
    /// To be looked at.
    Warn,
    /// Wrong.
    Bad,
    /// Neither.
    Plain,
}

impl Tone {
    fn class(self) -> &'static str {
        match self {
            Self::Good => "passed",
            Self::Warn => "warned",
            Self::Bad => "failed",
            Self::Plain => "not-reached",
        }
    }
}

impl Badge {
    /// A badge.
    pub fn new(text: impl Into<String>, tone: Tone) -> Self {
        Self { text: text.into(), tone, why: None }
    }
}

/// The way to further rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Template)]
#[template(path = "admin/part/pager.html")]
pub struct Pager {
    /// The first page, unless this is it.
    pub first: Option<String>,
    /// The next page, if there is one.
    pub next: Option<String>,
}

impl askama::filters::HtmlSafe for Pager {}

impl Pager {
    /// The way around a list at `path`, whose query keeps `kept` and pages by the cursor `after`.
    pub fn new(path: &str, kept: &[(&str, &str)], after: i64, next: Option<i64>) -> Self {
        let page = |after: Option<i64>| {
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.extend_pairs(kept.iter().filter(|(_, value)| !value.is_empty()));
            if let Some(after) = after {
                query.append_pair("after", &after.to_string());
            }
            let query = query.finish();
            if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
        };
        Self { first: (after != 0).then(|| page(None)), next: next.map(|next| page(Some(next))) }
    }
}

/// How many rows a list shows; nothing of an empty one, which says so itself.
pub(super) fn count(rows: usize, pager: &Pager, one: &str, many: &str) -> String {
    let rest = match (&pager.first, &pager.next) {
        (None, None) => "",
        _ => " on this page",
    };
    match rows {
        0 => String::new(),
        1 => format!("1 {one}{rest}"),
        rows => format!("{rows} {many}{rest}"),
    }
}

/// One of several pages about the same thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tab {
    /// Its name.
    pub label: &'static str,
    /// Its path.
    pub href: String,
    /// Whether it is the one that is shown.
    pub current: bool,
}

/// A moment as people of any place read it alike, to the minute.
pub fn moment(at: Timestamp) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute] UTC");
    OffsetDateTime::from_unix_timestamp(at.as_seconds())
        .ok()
        .and_then(|moment| moment.format(&format).ok())
        .unwrap_or_else(|| at.as_seconds().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pager_keeps_the_filters_and_escapes_them() {
        let kept = [("q", "a&b"), ("status", "")];
        let pager = Pager::new("/admin/clients", &kept, 0, Some(7));
        assert_eq!(pager.first, None);
        assert_eq!(pager.next.as_deref(), Some("/admin/clients?q=a%26b&after=7"));
        let last = Pager::new("/admin/clients", &[], 7, None);
        assert_eq!(last.first.as_deref(), Some("/admin/clients"));
        assert_eq!(last.next, None);
    }

    #[test]
    fn a_fault_leads_to_its_field_or_to_nothing() {
        let fields = [Field::text("name", "Name"), Field::text("reasons.framed", "Why")];
        let faults = [
            FieldFault::new("name", "too long"),
            FieldFault::new("reasons.framed", "missing"),
            FieldFault::new("elsewhere", "odd"),
        ];
        let summary = Summary::of(&faults, &fields);
        let ids: Vec<_> = summary.lines.iter().map(|(id, _)| id.as_deref()).collect();
        assert_eq!(ids, [Some("name"), Some("reasons.framed"), None]);
    }
}
