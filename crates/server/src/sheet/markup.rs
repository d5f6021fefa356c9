//! Texts of others inside Markdown, a shell and a `.env` file, so that none of them can be anything
//! but text.

/// A text inside a Markdown paragraph, heading, list item or table cell. An underscore inside a word
/// means nothing in Markdown and stays as it is.
pub fn markdown(text: &str) -> String {
    let letters: Vec<char> = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let in_word = |at: Option<&char>| at.is_some_and(|letter| letter.is_ascii_alphanumeric());
    let mut out = String::with_capacity(text.len());
    for (index, letter) in letters.iter().enumerate() {
        let within = index.checked_sub(1).is_some_and(|before| in_word(letters.get(before)))
            && in_word(letters.get(index + 1));
        let special = "\\`*[]<>|#~!&$".contains(*letter) || (*letter == '_' && !within);
        if special {
            out.push('\\');
        }
        out.push(*letter);
    }
    out
}

/// A text as code inside Markdown, table cells included.
///
/// A fence is longer than any run of backquotes inside. In a table cell only the bar needs an
/// escape, which GitHub's Markdown takes out again even inside code; elsewhere there is none.
pub fn code(text: &str, place: Place) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    let text = match place {
        Place::Cell => text.replace('|', "\\|"),
        Place::Line => text,
    };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// Where a Markdown text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a table.
    Cell,
    /// Anywhere else.
    Line,
}

/// A block of code: fenced by more backquotes than it holds.
pub fn block(language: &str, text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{language}\n{text}\n{fence}\n")
}

/// A text as one word of a POSIX shell.
pub fn shell(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_./:=,%+".contains(&b);
    if !text.is_empty() && text.bytes().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A value of a `.env` file, which shells and dotenv libraries read alike: in single quotes, which
/// nothing inside can end, unless the value has one itself.
pub fn dotenv(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    if !text.contains('\'') {
        return format!("'{text}'");
    }
    let mut out = String::from("\"");
    for letter in text.chars() {
        if matches!(letter, '"' | '\\' | '$' | '`') {
            out.push('\\');
        }
        out.push(letter);
    }
    out.push('"');
    out
}

/// A text inside a comment line of a `.env` file.
pub fn comment(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
