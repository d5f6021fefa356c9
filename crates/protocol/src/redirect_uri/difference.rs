//! In what two URIs differ, in words that a vendor's developer understands.
//!
//! Nothing here decides whether a URI may be used. The parts are cut by hand as RFC 3986 appendix B
//! does, so that what no URL parser accepts can be compared as well.

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

/// In what two URIs differ, the most telling difference first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    /// Nothing is registered to differ from.
    NothingRegistered,
    /// White space or a line break at an end.
    Whitespace,
    /// A character that is not seen: zero-width, no-break space, control.
    Invisible,
    /// A letter of another alphabet that looks like an ASCII one.
    LookAlike,
    /// Escaped twice: what arrived is still percent-encoded.
    DoubleEncoding,
    /// The same characters, escaped differently.
    PercentEncoding,
    /// `http` for `https`, or an app's scheme.
    Scheme,
    /// A user name before the host.
    UserInfo,
    /// Another host.
    Host,
    /// Another port.
    Port,
    /// A slash at the end.
    TrailingSlash,
    /// Capital letters.
    LetterCase,
    /// Another path.
    Path,
    /// Another query.
    Query,
    /// A fragment.
    Fragment,
    /// Several of these.
    Several,
}

impl Difference {
    /// What it is, for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::NothingRegistered => "nothing is registered to compare it with",
            Self::Whitespace => "white space or a line break at an end",
            Self::Invisible => "an invisible character",
            Self::LookAlike => "a letter of another alphabet that looks like a Latin one",
            Self::DoubleEncoding => "percent-encoded twice",
            Self::PercentEncoding => "percent-encoded differently",
            Self::Scheme => "the scheme (http, https or an app's own)",
            Self::UserInfo => "a user name before the host",
            Self::Host => "the host",
            Self::Port => "the port",
            Self::TrailingSlash => "the slash at the end",
            Self::LetterCase => "capital and small letters",
            Self::Path => "the path",
            Self::Query => "the query",
            Self::Fragment => "a fragment (#…)",
            Self::Several => "several things",
        }
    }
}

/// The class of difference between `received` and `registered`, [`Difference::Several`] when there
/// is more than one.
pub fn difference(received: &str, registered: &str) -> Difference {
    match differences(received, registered).as_slice() {
        [only] => *only,
        _ => Difference::Several,
    }
}

/// All classes of difference between `received` and `registered`; none when they are equal.
pub fn differences(received: &str, registered: &str) -> Vec<Difference> {
    let mut found = Vec::new();
    if received == registered {
        return found;
    }
    let mut note = |differs: bool, class: Difference| {
        if differs && !found.contains(&class) {
            found.push(class);
        }
    };
    let trimmed = received.trim_matches(|c: char| c.is_ascii_whitespace());
    note(trimmed != received, Difference::Whitespace);
    let seen: String = trimmed.chars().filter(|c| !is_invisible(*c)).collect();
    note(seen != trimmed, Difference::Invisible);
    let plain = skeleton(&seen);
    note(plain != seen, Difference::LookAlike);
    let (plain, encoded) = unescaped_whole(&plain);
    note(encoded, Difference::DoubleEncoding);
    compare(&Parts::of(&plain), &Parts::of(registered), &mut note);
    if found.is_empty() {
        // The parts are the same, and what separates them is not (`https:/host`).
        found.push(Difference::Path);
    }
    found
}

/// What was escaped as a whole, as it was before.
fn unescaped_whole(text: &str) -> (String, bool) {
    let decoded = decoded(text);
    let was_encoded = !text.contains("://") && decoded.contains("://");
    if was_encoded { (decoded, true) } else { (text.to_owned(), false) }
}

fn compare(theirs: &Parts<'_>, ours: &Parts<'_>, note: &mut impl FnMut(bool, Difference)) {
    use Difference as D;
    note_text(theirs.scheme, ours.scheme, D::Scheme, note);
    note(theirs.user_info != ours.user_info, D::UserInfo);
    note_text(theirs.host, ours.host, D::Host, note);
    note(theirs.port != ours.port, D::Port);
    let (path, known) = (theirs.path, ours.path);
    match (path.trim_end_matches('/'), known.trim_end_matches('/')) {
        (same, other) if same == other => note(path != known, D::TrailingSlash),
        (path, known) => {
            note(theirs.path.ends_with('/') != ours.path.ends_with('/'), D::TrailingSlash);
            note_text(path, known, D::Path, note);
        }
    }
    match (theirs.query, ours.query) {
        (Some(query), Some(known)) => note_text(query, known, D::Query, note),
        (query, known) => note(query != known, D::Query),
    }
    note(theirs.fragment != ours.fragment, D::Fragment);
}

/// The class of difference between two parts of the same kind.
fn note_text(text: &str, known: &str, other: Difference, note: &mut impl FnMut(bool, Difference)) {
    if text == known {
        return;
    }
    let once = decoded(text);
    let class = if text.eq_ignore_ascii_case(known) {
        // Also `%2f` for `%2F`, which only looks like another letter case.
        Difference::LetterCase
    } else if once == decoded(known) {
        Difference::PercentEncoding
    } else if once == known || decoded(&once) == decoded(known) {
        Difference::DoubleEncoding
    } else {
        other
    };
    note(true, class);
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// Whether a character takes no room, or looks like a space without being one.
pub(super) fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{a0}' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{1680}'
            | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180e}' | '\u{2000}'..='\u{200f}'
            | '\u{2028}'..='\u{202f}' | '\u{205f}'..='\u{206f}' | '\u{3000}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// The ASCII letter that a letter of another alphabet is taken for (the confusables of Unicode TS 39
/// that keyboards produce; full-width and mathematical letters are found by NFKC).
pub(super) fn looks_like(c: char) -> Option<char> {
    Some(match c {
        'а' | 'ɑ' | 'α' => 'a',
        'А' | 'Α' => 'A',
        'В' | 'Β' => 'B',
        'с' | 'ϲ' => 'c',
        'С' | 'Ϲ' => 'C',
        'ԁ' => 'd',
        'е' | 'ҽ' => 'e',
        'Е' | 'Ε' => 'E',
        'ɡ' => 'g',
        'һ' => 'h',
        'Н' | 'Η' => 'H',
        'і' | 'ı' | 'ι' => 'i',
        'І' | 'Ι' => 'I',
        'ј' => 'j',
        'Ј' => 'J',
        'К' | 'Κ' => 'K',
        'ӏ' | 'Ӏ' => 'l',
        'М' | 'Μ' => 'M',
        'Ν' => 'N',
        'о' | 'ο' | 'օ' => 'o',
        'О' | 'Ο' => 'O',
        'р' | 'ρ' => 'p',
        'Р' | 'Ρ' => 'P',
        'ԛ' => 'q',
        'ѕ' => 's',
        'Ѕ' => 'S',
        'Т' | 'Τ' => 'T',
        'υ' => 'u',
        'ν' | 'ѵ' => 'v',
        'ԝ' => 'w',
        'х' | 'χ' => 'x',
        'Х' | 'Χ' => 'X',
        'у' | 'ү' | 'γ' => 'y',
        'У' | 'Υ' => 'Y',
        'Ζ' => 'Z',
        '‐' | '‑' | '‒' | '–' | '—' | '−' => '-',
        '⁄' | '∕' | '⧸' => '/',
        '․' | '。' => '.',
        '꞉' | '∶' | 'ː' => ':',
        _ => return None,
    })
}

/// `text` with every look-alike replaced by the ASCII character that was meant.
fn skeleton(text: &str) -> String {
    let meant = text.chars().map(|c| looks_like(c).unwrap_or(c));
    meant.flat_map(|c| std::iter::once(c).nfkc().collect::<Vec<_>>()).collect()
}

/// The registered URI that most resembles `received`, and in what they differ.
pub fn nearest<'a>(received: &str, registered: &'a [String]) -> (Option<&'a str>, Difference) {
    let closest = registered.iter().max_by_key(|known| resemblance(received, known));
    match closest {
        Some(known) => (Some(known), difference(received, known)),
        None => (None, Difference::NothingRegistered),
    }
}

/// How many bytes two texts share at both ends.
fn resemblance(a: &str, b: &str) -> usize {
    let shorter = a.len().min(b.len());
    let front = a.bytes().zip(b.bytes()).take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count();
    let back = a.bytes().rev().zip(b.bytes().rev()).take_while(|(a, b)| a == b).count();
    (front + back).min(shorter)
}

/// The parts of a URI, cut as RFC 3986 appendix B does; only for telling differences.
struct Parts<'a> {
    scheme: &'a str,
    user_info: Option<&'a str>,
    host: &'a str,
    port: Option<&'a str>,
    path: &'a str,
    query: Option<&'a str>,
    fragment: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(uri: &'a str) -> Self {
        let (uri, fragment) = cut(uri, '#');
        let (uri, query) = cut(uri, '?');
        let (scheme, rest) = uri.split_once("://").unwrap_or(("", uri));
        let slash = if scheme.is_empty() { 0 } else { rest.find('/').unwrap_or(rest.len()) };
        let (authority, path) = rest.split_at(slash);
        let (user_info, authority) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
                (host, Some(port))
            }
            _ => (authority, None),
        };
        Self { scheme, user_info, host, port, path, query, fragment }
    }
}

fn cut(text: &str, at: char) -> (&str, Option<&str>) {
    match text.split_once(at) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}

#[cfg(test)]
mod tests;
