//! A case as its vendor reads it, and the parts that the console shows as well.

use askama::Template;
use vestibule_protocol::redirect_uri::{Segment, visible};

use super::shell::Shell;
use crate::services::cases::{Cause, SharedCase, Step, UriComparison, story};

/// The page behind a shared link. It is in English, the language of the specifications.
#[derive(Template)]
#[template(path = "case_shared.html")]
pub struct SharedCasePage {
    /// The frame.
    pub shell: Shell,
    /// The case.
    pub case: SharedCase,
}

impl SharedCasePage {
    fn window_title(&self) -> String {
        self.shell.title(&format!("Case {}", self.case.file.code), false)
    }

    fn ends(&self) -> String {
        story::clock(self.case.expires_at)
    }

    fn timeline(&self) -> Timeline<'_> {
        Timeline { steps: &self.case.file.steps, catalogue: self.shell.path("/errors") }
    }

    fn catalogue(&self, cause: &Cause) -> String {
        self.shell.path(&format!("/errors/{}", cause.code))
    }
}

/// What happened, step by step.
#[derive(Template)]
#[template(path = "part/timeline.html")]
pub struct Timeline<'a> {
    /// The steps, oldest first.
    pub steps: &'a [Step],
    /// The path of the catalogue.
    pub catalogue: String,
}

impl askama::filters::HtmlSafe for Timeline<'_> {}

/// Two URIs, one above the other, with marks where they differ.
#[derive(Template)]
#[template(path = "part/difference.html")]
pub struct DifferenceView<'a> {
    uri: &'a UriComparison,
}

impl askama::filters::HtmlSafe for DifferenceView<'_> {}

/// A piece of one line.
struct Piece {
    text: String,
    differs: bool,
}

impl<'a> DifferenceView<'a> {
    /// The comparison, drawn.
    pub fn of(uri: &'a UriComparison) -> Self {
        Self { uri }
    }

    fn received(&self) -> Vec<Piece> {
        self.line(Segment::received, Segment::registered)
    }

    fn expected(&self) -> Vec<Piece> {
        self.line(Segment::registered, Segment::received)
    }

    /// One line, padded with dots so that both stand under each other.
    fn line(&self, this: fn(&Segment) -> &str, that: fn(&Segment) -> &str) -> Vec<Piece> {
        let piece = |segment: &Segment| {
            let mut text = visible(this(segment));
            let missing =
                visible(that(segment)).chars().count().saturating_sub(text.chars().count());
            text.extend(std::iter::repeat_n('·', missing));
            Piece { text, differs: !segment.is_equal() }
        };
        self.uri.segments.iter().map(piece).collect()
    }

    /// The differences in sentences, for those who do not see the marks.
    fn sentences(&self) -> Vec<String> {
        let told = self.uri.segments.iter().filter_map(|segment| match segment {
            Segment::Equal { .. } => None,
            Segment::OnlyReceived { text } => {
                Some(format!("{} came and is not registered", visible(text)))
            }
            Segment::OnlyRegistered { text } => {
                Some(format!("{} is registered and did not come", visible(text)))
            }
            Segment::Differs { received, registered } => Some(format!(
                "{} came where {} is registered",
                visible(received),
                visible(registered)
            )),
        });
        told.collect()
    }

    fn classes(&self) -> String {
        let words: Vec<&str> = self.uri.differences.iter().map(|class| class.words()).collect();
        words.join("; ")
    }

    fn came(&self) -> String {
        visible(&self.uri.received)
    }
}

#[cfg(test)]
impl SharedCasePage {
    pub(crate) fn samples(shell: &Shell) -> Vec<Self> {
        let cases = crate::services::cases::tests::samples();
        let page = |file| Self {
            shell: shell.clone(),
            case: SharedCase {
                file,
                expires_at: vestibule_protocol::Timestamp::from_seconds(1_795_833_000),
            },
        };
        cases.into_iter().map(page).collect()
    }
}
