//! `vestibule client sheet` and `vestibule client links`: what a vendor is handed.

use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::cli::args::{LinksVerb, SheetArgs};
use crate::cli::console::{self, Console, moment, table};
use crate::cli::fault::CliFault;
use crate::services::Act;
use crate::services::links::NewLink;
use crate::services::sheets;
use crate::sheet::Format;

/// Prints the sheet, or makes a link to it.
pub(super) async fn sheet(
    act: Act<'_>,
    args: SheetArgs,
    console: &Console,
) -> Result<(), CliFault> {
    if let Some(lifetime) = args.share {
        let link = sheets::share(act, &args.client_id, lifetime).await?;
        let end = moment(link.expires_at.as_seconds());
        console.answer(&link_json("sheet_link", &link), || {
            format!(
                "{}\nGood until {end}, for everybody who has it. The secret is not on it.",
                link.url
            )
        });
        return Ok(());
    }
    let sheet = sheets::sheet(act, &args.client_id).await?;
    // `--json` asks for JSON whatever the command.
    let format = if console.json { Format::Json } else { args.format.into() };
    let text = sheet
        .render(format)
        .map_err(|error| CliFault::Refused(format!("the sheet could not be written: {error}")))?;
    console::print(&text);
    Ok(())
}

/// Lists links, or ends one.
pub(super) async fn links(
    act: Act<'_>,
    verb: LinksVerb,
    console: &Console,
) -> Result<(), CliFault> {
    match verb {
        LinksVerb::List { client_id } => {
            let links = sheets::shared(act, &client_id).await?;
            console.answer(&json!({ "links": links }), || {
                let heads = ["ID", "FOR", "MADE", "GOOD UNTIL", "USED"].map(str::to_owned);
                let mut rows = vec![heads.to_vec()];
                rows.extend(links.iter().map(|link| {
                    let used = link.used_at.map_or_else(|| "-".to_owned(), moment);
                    let (made, end) = (moment(link.created_at), moment(link.expires_at));
                    vec![link.id.to_string(), link.purpose.clone(), made, end, used]
                }));
                table(&rows)
            });
        }
        LinksVerb::Revoke { client_id, id } => {
            sheets::revoke(act, &client_id, id).await?;
            console
                .answer(&json!({ "revoked": id }), || format!("The link {id} opens nothing more."));
        }
    }
    Ok(())
}

/// A secret that was just made: as it is, or behind a link.
pub(super) enum Handed {
    /// To be shown this once.
    Text(Zeroizing<String>),
    /// To be shown by a link.
    Link(NewLink),
}

impl Handed {
    /// Behind its link if it has one: then the text is shown to nobody here.
    pub(super) fn of(text: Zeroizing<String>, link: Option<NewLink>) -> Self {
        link.map_or(Self::Text(text), Self::Link)
    }

    /// For programs.
    pub(super) fn json(&self) -> Value {
        match self {
            Self::Text(text) => json!({ "client_secret": text.as_str() }),
            Self::Link(link) => link_json("secret_link", link),
        }
    }

    /// For people.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Text(text) => text.to_string(),
            Self::Link(link) => link.url.clone(),
        }
    }

    /// What to do with it.
    pub(super) fn advice(&self) -> String {
        match self {
            Self::Text(_) => "The secret is shown this once; keep it now.".to_owned(),
            Self::Link(link) => format!(
                "The link shows the secret once, until {}; opening it alone uses nothing up.",
                moment(link.expires_at.as_seconds())
            ),
        }
    }
}

fn link_json(name: &str, link: &NewLink) -> Value {
    let end = format!("{name}_expires_at");
    json!({ name: link.url, end: link.expires_at.as_seconds() })
}
