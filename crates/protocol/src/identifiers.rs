//! Names by which users sign in, and their normal forms.
//!
//! Two names are one if their normal forms are equal, and only then. The three kinds cannot collide:
//! an email address has an `@`, a telephone number begins with `+`, a user name has neither. So one
//! field takes all three, and a budget of guesses counts over all spellings (invariant I24).

use serde::Serialize;
use unicode_normalization::UnicodeNormalization as _;

/// Longest email address, in bytes (RFC 5321 §4.5.3.1.3).
const MAX_EMAIL_BYTES: usize = 254;
const MAX_LOCAL_PART_BYTES: usize = 64;
const MAX_USERNAME_CHARACTERS: usize = 64;

/// Why a text is no identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum IdentifierFault {
    /// Nothing but white space.
    #[error("it is empty")]
    Empty,
    /// Too long.
    #[error("it is longer than {0} characters")]
    TooLong(usize),
    /// Control, invisible or separating characters.
    #[error("it holds the character {0:?}, which is not allowed in it")]
    ForbiddenCharacter(char),
    /// Not exactly one `@`.
    #[error("an email address has exactly one @, such as anna@example.com")]
    NotOneAt,
    /// Nothing before the `@`, or too much, or misplaced dots.
    #[error("the part before the @ is not valid")]
    LocalPart,
    /// No domain name.
    #[error("the part after the @ is not a domain name")]
    Domain,
    /// No number in international form.
    #[error("a telephone number is written in international form, such as +41 44 123 45 67")]
    NotE164,
}

/// The normal form of an email address: trimmed, NFKC, lower case, the domain in ASCII (RFC 5891).
/// The local part is folded as well: no mail service of note tells capitals apart, and accounts that
/// differ by them are how people are impersonated.
pub fn email(text: &str) -> Result<String, IdentifierFault> {
    let folded = fold(text, MAX_EMAIL_BYTES)?;
    // After NFKC, which makes an @ of its full-width twin.
    let (local, domain) = folded.split_once('@').ok_or(IdentifierFault::NotOneAt)?;
    if domain.contains('@') {
        return Err(IdentifierFault::NotOneAt);
    }
    refuse_characters(local, |c| "()<>[],;:\\\"".contains(c))?;
    let dots = local.starts_with('.') || local.ends_with('.') || local.contains("..");
    if local.is_empty() || local.len() > MAX_LOCAL_PART_BYTES || dots {
        return Err(IdentifierFault::LocalPart);
    }
    let domain = idna::domain_to_ascii_strict(domain).map_err(|_| IdentifierFault::Domain)?;
    let all_numeric = domain
        .rsplit('.')
        .next()
        .is_none_or(|label| label.is_empty() || label.bytes().all(|byte| byte.is_ascii_digit()));
    if all_numeric {
        return Err(IdentifierFault::Domain);
    }
    let address = format!("{local}@{domain}");
    if address.len() > MAX_EMAIL_BYTES {
        return Err(IdentifierFault::TooLong(MAX_EMAIL_BYTES));
    }
    Ok(address)
}

/// The normal form of a user name: trimmed, NFKC, case folded.
pub fn username(text: &str) -> Result<String, IdentifierFault> {
    let folded = fold(text, MAX_USERNAME_CHARACTERS * 4)?;
    if folded.chars().count() > MAX_USERNAME_CHARACTERS {
        return Err(IdentifierFault::TooLong(MAX_USERNAME_CHARACTERS));
    }
    refuse_characters(&folded, |c| c == '@')?;
    match folded.chars().next() {
        Some('+') => Err(IdentifierFault::ForbiddenCharacter('+')),
        _ => Ok(folded),
    }
}

/// The normal form of a telephone number: E.164.
pub fn phone(text: &str) -> Result<String, IdentifierFault> {
    let text: String = text.trim().chars().take(64).collect();
    let text: String =
        text.nfkc().filter(|c| !matches!(c, ' ' | '-' | '.' | '/' | '(' | ')')).collect();
    let international = text.strip_prefix("00").map(|rest| format!("+{rest}")).unwrap_or(text);
    let digits = international.strip_prefix('+').ok_or(IdentifierFault::NotE164)?;
    let well_formed = (8..=15).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0');
    if well_formed { Ok(international) } else { Err(IdentifierFault::NotE164) }
}

/// The normal form of what somebody typed to sign in; `None` for what can name nobody.
pub fn sign_in_name(typed: &str) -> Option<String> {
    let text: String = typed.nfkc().take(MAX_EMAIL_BYTES * 4).collect();
    let text = text.trim();
    if text.contains('@') {
        return email(text).ok();
    }
    if text.starts_with('+') { phone(text).ok() } else { username(text).ok() }
}

fn fold(text: &str, limit: usize) -> Result<String, IdentifierFault> {
    let text = text.trim();
    if text.is_empty() {
        return Err(IdentifierFault::Empty);
    }
    if text.len() > limit {
        return Err(IdentifierFault::TooLong(limit));
    }
    // Folding can leave NFKC, so it is normalised again.
    let folded: String = text.nfkc().flat_map(char::to_lowercase).map(final_sigma).collect();
    let folded: String = folded.nfkc().collect();
    refuse_characters(&folded, |c| c.is_whitespace() || c.is_control() || is_invisible(c))?;
    Ok(folded)
}

fn refuse_characters(text: &str, forbidden: impl Fn(char) -> bool) -> Result<(), IdentifierFault> {
    match text.chars().find(|c| forbidden(*c)) {
        Some(character) => Err(IdentifierFault::ForbiddenCharacter(character)),
        None => Ok(()),
    }
}

/// The one letter whose lower case depends on its place.
fn final_sigma(c: char) -> char {
    if c == 'ς' { 'σ' } else { c }
}

/// Whether people see all of this text as it is: nothing in it is hidden, turns the direction of what
/// stands around it, or moves a cursor. What joins the letters of a word stays.
pub fn is_visible(text: &str) -> bool {
    let joins = |c| matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}');
    !text.chars().any(|c| c.is_control() || (is_invisible(c) && !joins(c)))
}

/// Characters that draw nothing or turn the writing direction.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests;
