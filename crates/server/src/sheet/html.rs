//! A sheet as a page of its own, to be kept or printed. The page behind a link is
//! [`crate::pages::views::SharedSheet`]; both show `templates/shared/sheet_body.html`.

use askama::Template;

use super::Sheet;
use crate::assets;

/// A file that needs nothing else.
#[derive(Template)]
#[template(path = "shared/sheet_file.html")]
struct SheetFile<'a> {
    sheet: &'a Sheet,
    /// Our own style; nobody's text is in it.
    style: String,
}

/// The file.
pub fn file(sheet: &Sheet) -> Result<String, askama::Error> {
    let of_ours =
        ["vestibule.css", "sheet.css"].map(assets::url).into_iter().filter_map(assets::at);
    let style = of_ours.map(|asset| String::from_utf8_lossy(asset.bytes)).collect();
    SheetFile { sheet, style }.render()
}

/// What the template asks of a sheet.
impl Sheet {
    pub(crate) fn environment_words(&self) -> &'static str {
        super::markdown::environment(self.environment)
    }

    pub(crate) fn is_test(&self) -> bool {
        self.environment == vestibule_protocol::client::Environment::Test
    }

    pub(crate) fn whom(&self) -> &str {
        self.vendor.as_deref().unwrap_or("the client")
    }

    pub(crate) fn has_secret(&self) -> bool {
        self.fields.iter().any(super::Field::is_secret)
    }

    /// The lists of URIs that have any.
    pub(crate) fn uri_lists(&self) -> Vec<(&'static str, &[String])> {
        let lists = [
            ("Redirect URIs, character for character", self.redirect_uris.as_slice()),
            ("After logout", &self.post_logout_redirect_uris),
            ("Sign-in may be shown in a frame by", &self.frame_ancestors),
        ];
        lists.into_iter().filter(|(_, uris)| !uris.is_empty()).collect()
    }

    /// The samples that there are, as indented JSON.
    pub(crate) fn samples(&self) -> Vec<(&'static str, String)> {
        let samples = [
            ("Userinfo, for a made-up person", self.sample_userinfo.as_ref()),
            ("ID token, for a made-up person", self.sample_id_token.as_ref()),
        ];
        let written = samples.into_iter().filter_map(|(title, sample)| {
            Some((title, format!("{:#}", serde_json::Value::Object(sample?.clone()))))
        });
        written.collect()
    }

    /// The address for help, when it is one that may be offered as a link.
    pub(crate) fn help(&self) -> Option<&str> {
        let contact = self.contact.as_deref()?;
        crate::pages::views::is_link(contact).then_some(contact)
    }
}
