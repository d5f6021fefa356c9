//! What is kept of hops: whatever a provider answers, they fit where a report is sealed, and what was
//! cut says so.

use super::{Check, Hop, Outcome};

/// Most bytes of all hops together as they are kept. With the scope and the rest of a report it stays
/// below what can be sealed (`vestibule_keys::sealing::MAX_PLAIN`).
pub const MOST: usize = 44 * 1024;
/// Longest message and longest text of a check, step by step until all fits.
const STEPS: [(usize, usize); 6] =
    [(6 * 1024, 1024), (4 * 1024, 1024), (2 * 1024, 512), (1024, 256), (256, 128), (0, 32)];
/// Checks of a hop that are kept when even the shortest are too many, the worst first.
const MOST_CHECKS: usize = 8;
/// Stands between what is kept of a message and how long it was.
const CUT: &str = "\n… cut: ";

/// These hops, so that they fit.
pub fn fitted(mut hops: Vec<Hop>) -> Vec<Hop> {
    for (message, text) in STEPS {
        for hop in &mut hops {
            shorten(&mut hop.sent, message);
            shorten(&mut hop.received, message);
            hop.checks.iter_mut().for_each(|check| shorten(&mut check.text, text));
        }
        if size(&hops) <= MOST {
            return hops;
        }
    }
    hops.iter_mut().for_each(keep_the_worst);
    hops
}

/// How much of a message is recorded while a sign-in is walked.
pub(super) fn recorded(mut text: String) -> String {
    let (longest, _) = STEPS.first().copied().unwrap_or_default();
    shorten(&mut text, longest);
    text
}

fn size(hops: &[Hop]) -> usize {
    serde_json::to_vec(hops).map_or(usize::MAX, |bytes| bytes.len())
}

/// Keeps the first `most` bytes and says of how many. What was shortened before keeps its first
/// length.
fn shorten(text: &mut String, most: usize) {
    let (kept, whole) = match text.rsplit_once(CUT) {
        Some((kept, note)) => {
            let whole = note.split(' ').nth(2).and_then(|number| number.parse().ok());
            (kept.len(), whole.unwrap_or(text.len()))
        }
        None => (text.len(), text.len()),
    };
    if kept <= most {
        return;
    }
    text.truncate(text.floor_char_boundary(most));
    let kept = text.len();
    text.push_str(&format!("{CUT}{kept} of {whole} bytes are shown"));
}

fn keep_the_worst(hop: &mut Hop) {
    let Some(left_out) = hop.checks.len().checked_sub(MOST_CHECKS).filter(|more| *more > 0) else {
        return;
    };
    hop.checks.sort_by_key(|check| std::cmp::Reverse(check.outcome));
    hop.checks.truncate(MOST_CHECKS);
    let text =
        format!("{left_out} more checks went as well as these, or better; they are left out.");
    hop.checks.push(Check { outcome: Outcome::NotReached, text });
}

#[cfg(test)]
mod tests {
    use super::super::HopKind;
    use super::*;

    fn hops(message: &str, checks: usize, text: &str) -> Vec<Hop> {
        let hop = |kind| {
            let hop = Hop::new(kind).sent(message).received(message);
            (0..checks).fold(hop, |hop, _| hop.passed(text)).failed("the one that failed")
        };
        HopKind::ALL.map(hop).to_vec()
    }

    #[test]
    fn i28_whatever_came_a_report_can_be_sealed() {
        for (message, checks, text) in [
            ("short".to_owned(), 3, "good".to_owned()),
            ("x".repeat(1 << 20), 3, "good".to_owned()),
            ("\u{1}".repeat(50_000), 40, "\u{1}".repeat(5000)),
            ("ü".repeat(9000), 5000, "y".repeat(300)),
        ] {
            let kept = fitted(hops(&message, checks, &text));
            let length = size(&kept);
            assert!(length <= MOST, "{length}");
            for hop in &kept {
                assert_eq!(hop.outcome(), Outcome::Failed, "what failed is never left out");
            }
        }
    }

    #[test]
    fn what_fits_stays_whole_and_what_was_cut_says_of_how_much() {
        let kept = fitted(hops("short", 3, "good"));
        assert_eq!((kept[0].sent.as_str(), kept[0].checks.len()), ("short", 4));
        let kept = fitted(hops(&"x".repeat(100_000), 3, "good"));
        assert!(kept[0].sent.ends_with(" of 100000 bytes are shown"), "{}", kept[0].sent);
        assert_eq!(kept[0].sent.matches(CUT).count(), 1);
    }
}
