//! The words by which users are found, and the words of a search.
//!
//! A user has terms; a search has words. A user matches when each word begins one of the terms. Both
//! sides go through [`fold`], so that neither capitals nor accents stand between them. Words are cut
//! at white space and kept whole; a term goes from its first letter, or from behind a hyphen, dot or
//! other sign in it, to its end: so `o'neil`, `neil` and `ada.l` all find what they should.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization as _;

use crate::user::User;

/// The version of these rules, kept with each user whose terms were written by them.
pub const VERSION: i16 = 1;
/// Longest term, in characters; words are cut to the same length.
const MAX_TERM_CHARACTERS: usize = 64;
/// Most terms of a user.
const MAX_TERMS: usize = 48;
/// Most words of a search; more are left out.
const MAX_WORDS: usize = 5;
/// Longest text that is read for terms, in characters.
const MAX_TEXT_CHARACTERS: usize = 512;

/// The terms of a user: of the names, the email address and its parts, `names` to sign in with,
/// the external id and the subject.
pub fn terms<'a>(user: &'a User, names: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    let claims = &user.claims;
    let mut terms = BTreeSet::new();
    add(&mut terms, &user.subject.0, Parts::Whole);
    if let Some(external_id) = &user.external_id {
        add(&mut terms, external_id, Parts::Whole);
    }
    let texts = [&claims.family_name, &claims.given_name, &claims.name, &claims.preferred_username];
    for text in texts.into_iter().flatten() {
        add(&mut terms, text, Parts::Words);
    }
    for name in claims.email.as_deref().into_iter().chain(names) {
        match name.split_once('@') {
            Some((local, domain)) => {
                add(&mut terms, name, Parts::Whole);
                add(&mut terms, local, Parts::Words);
                add(&mut terms, domain, Parts::Whole);
            }
            None => add(&mut terms, name, Parts::Words),
        }
    }
    terms
}

/// The words of a search, the longest first; none when there is nothing to search for.
pub fn words(text: &str) -> Vec<String> {
    let folded = fold(text);
    let mut words: Vec<String> = folded.split_whitespace().map(cut).collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
    words.dedup();
    words.truncate(MAX_WORDS);
    words
}

/// How much of a text becomes terms.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Parts {
    /// Each word between white space as it stands.
    Whole,
    /// And what follows each hyphen, dot or other sign in it.
    Words,
}

fn add(terms: &mut BTreeSet<String>, text: &str, parts: Parts) {
    let folded = fold(text);
    for word in folded.split_whitespace() {
        let mut before = None;
        for (place, c) in word.char_indices() {
            let begins = place == 0 || before.is_some_and(|b: char| !b.is_alphanumeric());
            let wanted = place == 0 || (parts == Parts::Words && c.is_alphanumeric());
            before = Some(c);
            if begins && wanted && terms.len() < MAX_TERMS {
                terms.insert(cut(word.get(place..).unwrap_or_default()));
            }
        }
    }
}

fn cut(term: &str) -> String {
    term.chars().take(MAX_TERM_CHARACTERS).collect()
}

/// Lower case letters without their accents.
fn fold(text: &str) -> String {
    let letters = text.chars().take(MAX_TEXT_CHARACTERS).nfkd();
    let plain = letters.filter(|c| !unicode_normalization::char::is_combining_mark(*c));
    let mut folded = String::with_capacity(text.len().min(MAX_TEXT_CHARACTERS));
    for c in plain.filter(|c| !c.is_control() || c.is_whitespace()).flat_map(char::to_lowercase) {
        match c {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' => folded.push('d'),
            'ı' => folded.push('i'),
            'ς' => folded.push('σ'),
            // Lowering a letter can bring an accent back.
            c if unicode_normalization::char::is_combining_mark(c) => {}
            c => folded.push(c),
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::user;

    fn is_found(user: &User, text: &str) -> bool {
        let terms = terms(user, ["anna.zumstein@clinic.example"]);
        let words = words(text);
        !words.is_empty()
            && words.iter().all(|word| terms.iter().any(|term| term.starts_with(word)))
    }

    #[test]
    fn a_user_is_found_by_the_beginning_of_each_name() {
        let mut one = user();
        one.claims.family_name = Some("Müller-O'Neil Łoś".to_owned());
        one.external_id = Some("PAT-000123".to_owned());
        for text in [
            "anna",
            "ANN",
            "zum",
            "müller",
            "Muller-o",
            "neil",
            "o'neil",
            "los",
            "Anna mull",
            "neil anna",
            "anna.z",
            "anna.zumstein@clinic.example",
            "clinic.ex",
            "pat-0001",
            "u_4zf7",
            "  anna   zumstein ",
        ] {
            assert!(is_found(&one, text), "{text}");
        }
        for text in ["", "  ", "nna", "anna x", "example", "000123", "\u{0}"] {
            assert!(!is_found(&one, text), "{text:?}");
        }
    }

    #[test]
    fn i28_terms_and_words_are_bounded() {
        let mut one = user();
        one.claims.name = Some("x y ".repeat(100_000));
        one.claims.family_name = Some("z".repeat(1_000_000));
        one.claims.given_name = Some((0..1000).map(|n| format!("w{n} ")).collect());
        let terms = terms(&one, []);
        assert!(terms.len() <= MAX_TERMS);
        assert!(terms.iter().all(|term| term.chars().count() <= MAX_TERM_CHARACTERS));
        assert!(words(&"word ".repeat(100_000)).len() <= 2);
        assert_eq!(words("a bb ccc dddd eeeee ffffff").len(), MAX_WORDS);
    }
}
