//! The hand-over sheet of a client, and who can read it.

use askama::Template;
use vestibule_protocol::Timestamp;
use vestibule_protocol::admin::Permission;

use crate::admin::views::field::Field;
use crate::admin::views::frame::Frame;
use crate::admin::views::part::Summary;
use crate::pages::views::Form;
use crate::services::sheets::{SECRET, SharedLink};
use crate::sheet::Sheet;

/// The sheet as the vendor gets it, and the links by which it does.
#[derive(Template)]
#[template(path = "admin/sheet.html")]
pub struct SheetPage {
    /// The frame.
    pub frame: Frame,
    /// The sheet.
    pub sheet: Sheet,
    /// The path of this page.
    pub here: String,
    /// Makes or ends a link.
    pub form: Form,
    /// For how long a new one is good.
    pub lifetime: Field,
    /// What was wrong with that.
    pub summary: Summary,
    /// The links that are still good.
    pub links: Vec<SharedLink>,
}

impl SheetPage {
    const FORMATS: [(&str, &str); 4] =
        [("html", "HTML"), ("md", "Markdown"), ("json", "JSON"), ("env", ".env")];

    fn may_write(&self) -> bool {
        self.frame.may(Permission::ClientsWrite)
    }

    fn opens(&self, link: &SharedLink) -> &'static str {
        if link.purpose == SECRET { "The secret, once" } else { "The sheet" }
    }

    fn at(&self, seconds: &i64) -> String {
        self.frame.moment(&Timestamp::from_seconds(*seconds))
    }
}

#[cfg(test)]
impl SheetPage {
    pub(crate) fn samples() -> Vec<Self> {
        use super::framed;
        use super::samples::awkward;
        use crate::services::sheets::SHEET;

        let page = |sheet: Sheet, links: Vec<SharedLink>| {
            let frame = framed(Frame::sample(), &awkward());
            Self {
                sheet,
                here: "/admin/clients/x/sheet".to_owned(),
                form: frame.form("/admin/clients/x/sheet"),
                lifetime: Field::number("lifetime", "Expires after, in days").value("14"),
                summary: Summary::default(),
                links,
                frame,
            }
        };
        let link = |id: i64, purpose: &str| SharedLink {
            id,
            purpose: purpose.to_owned(),
            created_at: 1_795_000_000,
            expires_at: 1_796_000_000,
            used_at: None,
        };
        let links = vec![link(1, SHEET), link(2, SECRET)];
        let sheets = crate::sheet::tests::samples().into_iter();
        sheets.map(|sheet| page(sheet, links.clone())).collect()
    }
}
