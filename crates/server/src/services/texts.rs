//! Texts that somebody typed: what is a good name, and how a bad one is shown.

use vestibule_protocol::identifiers;

use super::FieldFault;

/// A value as messages show it: not longer than one line.
pub(crate) fn cut(text: &str) -> String {
    text.chars().take(200).collect()
}

/// What [`is_label`] takes.
pub(super) const LABEL: &str = "1 to 100 visible characters, without space at its ends";

/// Whether people can read and repeat this name.
pub(super) fn is_label(name: &str) -> bool {
    !name.is_empty()
        && name.trim() == name
        && name.chars().count() <= 100
        && identifiers::is_visible(name)
}

/// What is wrong with a label that may be left out.
pub(super) fn judge_label(field: &'static str, value: Option<&str>) -> Option<FieldFault> {
    let value = value.filter(|value| !is_label(value))?;
    Some(FieldFault::new(field, format!("{:?} has not {LABEL}", cut(value))))
}
