//! What a new password must be (NIST SP 800-63B §3.1.1.2): long, and not among the first guesses.
//! Any character is welcome; nothing is demanded of the mix, and nothing expires.

use serde::Serialize;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

/// Longest password, in characters.
pub const MAX_CHARACTERS: usize = 256;
/// Longest password, in bytes; it bounds what a stranger can make us hash.
pub const MAX_BYTES: usize = 1024;
/// Context words shorter than this are in too many good passwords.
const MIN_CONTEXT_CHARACTERS: usize = 4;
/// A password with fewer different characters is a pattern.
const MIN_DISTINCT_CHARACTERS: usize = 5;

/// The installation's demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordPolicy {
    /// Fewest characters: 15 where the password is the only factor, 8 where another is enforced.
    pub min_characters: usize,
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self { min_characters: 15 }
    }
}

/// Why a password will not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum PasswordFault {
    /// Too short.
    #[error("it is too short; use at least {minimum} characters, for instance four words")]
    TooShort {
        /// The fewest allowed.
        minimum: usize,
    },
    /// Too long.
    #[error("it is longer than {MAX_CHARACTERS} characters")]
    TooLong,
    /// A zero byte or another control character, which some keyboards cannot type again.
    #[error("it holds a control character")]
    ControlCharacter,
    /// One of the first guesses.
    #[error("it is among the passwords that are guessed first; choose something of your own")]
    Common,
    /// Few characters over and over, or in a row.
    #[error("it is a pattern, such as a row of the keyboard or a repetition")]
    Pattern,
    /// The user's own name or address, or the service's.
    #[error("it is mostly your name, your address or the name of this service")]
    Context,
}

/// The form in which a password is hashed and checked: NFC, other spaces as the plain one (RFC 8265
/// §4.2). The same keys give the same bytes on every system, and ASCII stays as it is.
pub fn normalize(password: &str) -> Zeroizing<String> {
    let space = |c: char| if c.is_whitespace() && !c.is_control() { ' ' } else { c };
    Zeroizing::new(password.chars().map(space).nfc().collect())
}

/// Judges a new password. `context` holds words that are easily guessed for this user: names, the
/// parts of addresses, the service's name.
pub fn check(
    password: &str,
    policy: PasswordPolicy,
    context: &[&str],
) -> Result<(), PasswordFault> {
    if password.len() > MAX_BYTES {
        return Err(PasswordFault::TooLong);
    }
    let password = normalize(password);
    let characters = password.chars().count();
    if characters > MAX_CHARACTERS {
        return Err(PasswordFault::TooLong);
    }
    if characters < policy.min_characters {
        return Err(PasswordFault::TooShort { minimum: policy.min_characters });
    }
    if password.chars().any(char::is_control) {
        return Err(PasswordFault::ControlCharacter);
    }
    let plain = Zeroizing::new(plain(&password));
    if is_pattern(&plain) {
        return Err(PasswordFault::Pattern);
    }
    if common().any(|common| is_mostly(&plain, common)) {
        return Err(PasswordFault::Common);
    }
    // Of "Praxis Zytglogge" each word is as easily guessed as the whole.
    let words = |text: &str| text.split(|c: char| !c.is_alphanumeric()).map(self::plain).collect();
    let parts = context.iter().flat_map(|text| -> Vec<String> { words(text) });
    let known = context.iter().map(|text| self::plain(text)).chain(parts);
    let mut known = known.filter(|word| word.chars().count() >= MIN_CONTEXT_CHARACTERS);
    if known.any(|word| is_mostly(&plain, &word)) {
        return Err(PasswordFault::Context);
    }
    Ok(())
}

/// Lower case letters and digits, with the usual disguises taken off: `P@ssw0rd` is `password`.
fn plain(text: &str) -> String {
    let undisguised = text.chars().flat_map(char::to_lowercase).map(|c| match c {
        '@' | '4' => 'a',
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    });
    undisguised.filter(|c| c.is_alphanumeric()).collect()
}

/// Whether little is left of the password without `word`: four characters more are no secret, and
/// no more is a row of the keyboard.
fn is_mostly(password: &str, word: &str) -> bool {
    if !password.contains(word) {
        return false;
    }
    let rest = Zeroizing::new(password.replace(word, ""));
    rest.chars().count() <= 4 || is_pattern(&rest)
}

/// Whether the characters repeat, or follow each other on the keyboard or in the alphabet.
fn is_pattern(password: &str) -> bool {
    let mut distinct: Vec<char> = password.chars().collect();
    let length = distinct.len();
    distinct.sort_unstable();
    distinct.dedup();
    if distinct.len() < MIN_DISTINCT_CHARACTERS {
        return true;
    }
    let pairs = password.chars().zip(password.chars().skip(1));
    let steps = pairs.filter(|(a, b)| a == b || follows(*a, *b) || follows(*b, *a)).count();
    steps * 4 >= length.saturating_sub(1) * 3
}

fn follows(a: char, b: char) -> bool {
    // As `plain` leaves them: the digit row reads o i 2 e a s 6 t 8 9.
    const ROWS: [&str; 5] =
        ["abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm", "oi2eas6t89o"];
    ROWS.iter().any(|row| row.chars().zip(row.chars().skip(1)).any(|pair| pair == (a, b)))
}

/// The passwords that are guessed first, in the form of [`plain`].
fn common() -> impl Iterator<Item = &'static str> {
    const LIST: &str = include_str!("password_policy/common.txt");
    LIST.lines().filter(|line| !line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(password: &str) -> Result<(), PasswordFault> {
        let context = ["Anna", "Zumstein", "anna.zumstein", "Vestibule", "Praxis Zytglogge (test)"];
        check(password, PasswordPolicy::default(), &context)
    }

    #[test]
    fn nist_800_63b_length_counts_and_the_mix_does_not() {
        let good = [
            "four plain words here",
            "correct staple horse",
            "пароль моей бабушки",
            "12 Äpfel, 3 Birnen",
            "aZ9-aZ9.kd8 mq2",
        ];
        for password in good {
            assert_eq!(judged(password), Ok(()), "{password}");
        }
        assert_eq!(judged("Sh0rt&complex!"), Err(PasswordFault::TooShort { minimum: 15 }));
        let policy = PasswordPolicy { min_characters: 8 };
        assert_eq!(check("k9d2mqzx", policy, &[]), Ok(()));
    }

    #[test]
    fn i28_a_password_is_bounded_in_characters_and_bytes() {
        let text = "seven words and more ".repeat(20);
        assert_eq!(judged(&text[..256]), Ok(()));
        assert_eq!(judged(&text[..257]), Err(PasswordFault::TooLong));
        assert_eq!(judged(&"𝒜".repeat(257)), Err(PasswordFault::TooLong));
    }

    #[test]
    fn first_guesses_are_refused_in_any_disguise() {
        let cases = [
            ("P@ssw0rdP@ssw0rd", PasswordFault::Common),
            ("passwordpassword1234", PasswordFault::Common),
            ("Password123456789", PasswordFault::Common),
            ("manchester-manchester", PasswordFault::Common),
            ("correct horse battery staple", PasswordFault::Common),
            ("aaaaaaaaaaaaaaaa", PasswordFault::Pattern),
            ("abababababababab", PasswordFault::Pattern),
            ("123456789012345", PasswordFault::Pattern),
            ("abcdefghijklmnop", PasswordFault::Pattern),
            ("zumsteinzumstein", PasswordFault::Context),
            ("Anna.Zumstein1984", PasswordFault::Context),
            ("vestibule-vestibule", PasswordFault::Context),
            ("praxis-zytglogge-test", PasswordFault::Context),
            ("Zytglogge12345678", PasswordFault::Context),
            ("control\u{7}character", PasswordFault::ControlCharacter),
        ];
        for (password, fault) in cases {
            assert_eq!(judged(password), Err(fault), "{password}");
        }
    }

    /// ASVS 6.2.4: at least the 3000 most common ones.
    #[test]
    fn asvs_6_2_4_the_list_is_long_and_in_the_form_that_is_compared() {
        assert!(common().count() >= 3000, "{}", common().count());
        for word in common() {
            assert_eq!(plain(word), word);
            assert!(word.len() >= 5, "{word:?} is in too many good passwords");
        }
    }

    #[test]
    fn rfc8265_4_2_the_same_keys_give_the_same_bytes() {
        assert_eq!(*normalize("Zu\u{308}rich\u{a0}12"), *normalize("Zürich 12"));
        assert_eq!(*normalize("plain ASCII 12 ~"), "plain ASCII 12 ~");
    }
}
