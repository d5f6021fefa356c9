//! `logo` and `accent`: a picture is a file beside the document, or one that is kept already.

use std::path::Path;

use vestibule_protocol::brand::{Brand, LogoDigest};
use vestibule_store::brands::Logo;

use super::super::table::{Source, Table};
use crate::services::brands;

/// The key of a picture.
pub(super) const LOGO: &str = "logo";
/// The key of a colour.
pub(super) const ACCENT: &str = "accent";

/// A picture that a document names.
pub(super) enum Named {
    /// It is kept already.
    Kept(LogoDigest),
    /// It is to be kept.
    File(Logo),
}

impl Named {
    /// Its name, and what is to be kept.
    pub(super) fn parts(self) -> (LogoDigest, Option<Logo>) {
        match self {
            Self::Kept(digest) => (digest, None),
            Self::File(logo) => (logo.digest, Some(logo)),
        }
    }
}

/// The picture that `logo` names.
pub(super) fn logo(table: &Table<'_>, source: &mut Source<'_>, folder: &Path) -> Option<Named> {
    let text: String = table.read(source, LOGO)?;
    if let Ok(digest) = text.parse() {
        return Some(Named::Kept(digest));
    }
    let path = folder.join(&text);
    let read =
        brands::file(&path).and_then(|bytes| brands::picture(bytes).map_err(|fault| fault.problem));
    match read {
        Ok(logo) => Some(Named::File(logo)),
        Err(problem) => {
            let problem = format!("{}: {problem}", path.display());
            source.fault(&table.key(LOGO), table.at(LOGO), problem);
            None
        }
    }
}

/// What an organization's pages are to wear.
pub(super) fn brand(
    table: &Table<'_>,
    source: &mut Source<'_>,
    folder: &Path,
) -> (Brand, Option<Logo>) {
    let (logo, picture) = logo(table, source, folder).map(Named::parts).unzip();
    let typed: Option<String> = table.read(source, ACCENT);
    let accent = match typed.as_deref().map(brands::accent).transpose() {
        Ok(accent) => accent.flatten(),
        Err(fault) => {
            source.fault(&table.key(ACCENT), table.at(ACCENT), fault.problem);
            None
        }
    };
    (Brand { logo, accent }, picture.flatten())
}
