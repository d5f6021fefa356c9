//! `vestibule errors`: the catalogue, without a server or a database.

use std::process::ExitCode;

use vestibule_protocol::refusal::catalogue::by_code;

use super::args::ErrorsVerb;
use super::console::{Console, print};
use super::fault::CliFault;
use crate::catalogue;
use crate::i18n::Tr;
use crate::pages::views::user_text;
use crate::services::ServiceFault;

pub(super) fn run(verb: &ErrorsVerb, console: &Console) -> Result<ExitCode, CliFault> {
    match verb {
        ErrorsVerb::Show { code } => {
            let entry = by_code(code).ok_or_else(|| ServiceFault::NotFound {
                what: "error code",
                name: code.clone(),
                hint: "codes look like VB-2004; see docs/reference/errors.md",
            })?;
            let tr = Tr::default();
            console.answer(&catalogue::document(entry, tr), || {
                format!(
                    "{} {}\nMended by {}.\n\nPerson:     {}\nDeveloper:  {}\nAdmin:      {}",
                    console.strong(entry.code),
                    entry.word,
                    entry.mender.words(),
                    tr.t(user_text(entry.user)),
                    entry.developer,
                    entry.admin
                )
            });
        }
        ErrorsVerb::Reference => print(&catalogue::markdown()),
    }
    Ok(ExitCode::SUCCESS)
}
