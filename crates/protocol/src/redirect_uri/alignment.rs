//! Two URIs beside each other, character by character.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::difference::{is_invisible, looks_like};

/// A piece of two aligned texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Segment {
    /// Both have it.
    Equal {
        /// The text.
        text: String,
    },
    /// Only the received text has it.
    OnlyReceived {
        /// The text.
        text: String,
    },
    /// Only the registered text has it.
    OnlyRegistered {
        /// The text.
        text: String,
    },
    /// Something else stands in its place.
    Differs {
        /// What came.
        received: String,
        /// What is registered.
        registered: String,
    },
}

impl Segment {
    /// Its part of the received text.
    pub fn received(&self) -> &str {
        match self {
            Self::Equal { text } | Self::OnlyReceived { text } => text,
            Self::Differs { received, .. } => received,
            Self::OnlyRegistered { .. } => "",
        }
    }

    /// Its part of the registered text.
    pub fn registered(&self) -> &str {
        match self {
            Self::Equal { text } | Self::OnlyRegistered { text } => text,
            Self::Differs { registered, .. } => registered,
            Self::OnlyReceived { .. } => "",
        }
    }

    /// Whether both have it.
    pub fn is_equal(&self) -> bool {
        matches!(self, Self::Equal { .. })
    }

    fn of(received: String, registered: String) -> Self {
        match (received.is_empty(), registered.is_empty()) {
            (false, true) => Self::OnlyReceived { text: received },
            (true, _) => Self::OnlyRegistered { text: registered },
            (false, false) => Self::Differs { received, registered },
        }
    }
}

/// Beyond this many comparisons the differing middle is shown as one piece.
const MOST_COMPARISONS: usize = 1_000_000;
/// Fewer equal characters than this between two differing pieces are chance, and only confuse.
const LEAST_EQUAL: usize = 3;

/// Aligns two texts. The received halves of all segments make the received text, the registered
/// halves the registered one.
pub fn align(received: &str, registered: &str) -> Vec<Segment> {
    let theirs: Vec<char> = received.chars().collect();
    let ours: Vec<char> = registered.chars().collect();
    let front = common(theirs.iter(), ours.iter());
    let rest = theirs.len().min(ours.len()) - front;
    let back = common(theirs.iter().rev(), ours.iter().rev()).min(rest);
    let middle = |text: &[char]| -> Vec<char> {
        text.iter().copied().take(text.len() - back).skip(front).collect()
    };
    let mut pieces = Pieces::default();
    pieces.equal(theirs.iter().take(front).copied());
    between(&middle(&theirs), &middle(&ours), &mut pieces);
    pieces.equal(theirs.iter().skip(theirs.len() - back).copied());
    pieces.finish()
}

fn common<'a>(a: impl Iterator<Item = &'a char>, b: impl Iterator<Item = &'a char>) -> usize {
    a.zip(b).take_while(|(a, b)| a == b).count()
}

/// The longest common subsequence of the differing middles, walked from the front.
fn between(theirs: &[char], ours: &[char], pieces: &mut Pieces) {
    let width = ours.len() + 1;
    if (theirs.len() + 1).saturating_mul(width) > MOST_COMPARISONS {
        theirs.iter().for_each(|c| pieces.differing.0.push(*c));
        ours.iter().for_each(|c| pieces.differing.1.push(*c));
        return;
    }
    // `longest` of row i and column j is that of what follows these places.
    let mut longest = vec![0u16; (theirs.len() + 1) * width];
    let at = |i: usize, j: usize| i * width + j;
    for (i, their) in theirs.iter().enumerate().rev() {
        for (j, our) in ours.iter().enumerate().rev() {
            let value = if their == our {
                read(&longest, at(i + 1, j + 1)) + 1
            } else {
                read(&longest, at(i + 1, j)).max(read(&longest, at(i, j + 1)))
            };
            if let Some(cell) = longest.get_mut(at(i, j)) {
                *cell = value;
            }
        }
    }
    let (mut i, mut j) = (0, 0);
    while let (Some(their), Some(our)) = (theirs.get(i), ours.get(j)) {
        if their == our {
            pieces.equal([*their]);
            (i, j) = (i + 1, j + 1);
        } else if read(&longest, at(i + 1, j)) >= read(&longest, at(i, j + 1)) {
            pieces.differ(Some(*their), None);
            i += 1;
        } else {
            pieces.differ(None, Some(*our));
            j += 1;
        }
    }
    theirs.iter().skip(i).for_each(|c| pieces.differ(Some(*c), None));
    ours.iter().skip(j).for_each(|c| pieces.differ(None, Some(*c)));
}

fn read(table: &[u16], index: usize) -> u16 {
    table.get(index).copied().unwrap_or(0)
}

/// Segments in the making: what is differing at the moment, and equal text whose worth only shows
/// by its length.
#[derive(Default)]
struct Pieces {
    done: Vec<Segment>,
    differing: (String, String),
    equal: String,
}

impl Pieces {
    fn equal(&mut self, text: impl IntoIterator<Item = char>) {
        self.equal.extend(text);
    }

    fn differ(&mut self, received: Option<char>, registered: Option<char>) {
        self.settle(false);
        self.differing.0.extend(received);
        self.differing.1.extend(registered);
    }

    /// Puts pending equal text where it belongs: into a segment, or, when it is too short to mean
    /// anything between two differing pieces, into both sides of the difference.
    fn settle(&mut self, at_end: bool) {
        let equal = std::mem::take(&mut self.equal);
        if equal.is_empty() {
            return;
        }
        let amid = !self.differing.0.is_empty() || !self.differing.1.is_empty();
        if amid && !at_end && equal.chars().count() < LEAST_EQUAL {
            self.differing.0.push_str(&equal);
            self.differing.1.push_str(&equal);
            return;
        }
        self.close();
        self.done.push(Segment::Equal { text: equal });
    }

    fn close(&mut self) {
        let (received, registered) = std::mem::take(&mut self.differing);
        if !received.is_empty() || !registered.is_empty() {
            self.done.push(Segment::of(received, registered));
        }
    }

    fn finish(mut self) -> Vec<Segment> {
        self.settle(true);
        self.close();
        self.done
    }
}

/// `text` with everything that is not seen, or not what it looks like, written out: `⟨U+200B⟩`.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            ' ' => shown.push('␠'),
            '\n' => shown.push('␊'),
            '\r' => shown.push('␍'),
            '\t' => shown.push('␉'),
            c if is_invisible(c) || looks_like(c).is_some() => {
                // Writing to a String cannot fail.
                let _ = write!(shown, "⟨U+{:04X}⟩", u32::from(c));
            }
            c => shown.push(c),
        }
    }
    shown
}

#[cfg(test)]
mod tests;
