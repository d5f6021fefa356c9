//! Logo and colour of a client or an organization, with a preview.

use askama::Template;

use super::field::Field;
use super::frame::Frame;
use super::part::Summary;
use crate::pages::views::{Dress, Form, initials};

/// The hint of the field of a colour.
pub const ACCENT_HINT: &str = "Buttons and links, such as #1a73e8. It must stand out in the light and in the dark scheme; if \
     it does not, the nearest that does is suggested.";

/// The picture of a client or an organization, and how both look.
#[derive(Clone, Debug)]
pub struct BrandPanel {
    /// Whose it is.
    pub name: String,
    /// Whether it is a client's; else an organization's.
    pub of_client: bool,
    /// The path of its logo.
    pub logo: Option<String>,
    /// Whether it has one of its own.
    pub own: bool,
    /// Whether one of an organization stands there instead.
    pub inherited: bool,
    /// The path of the logo at the top of the page.
    pub above: Option<String>,
    /// The path of the style sheet of the colour.
    pub style: Option<String>,
    /// Posts a file; none for those who may not.
    pub upload: Option<Form>,
    /// Why the last file was not taken.
    pub fault: Option<String>,
}

impl BrandPanel {
    /// What is shown of this dress, and of a logo of a client's own.
    pub fn of(frame: &Frame, name: &str, dress: &Dress, own: Option<String>) -> Self {
        let path = |route: &String| frame.path(route);
        let above = dress.logo.as_ref().map(path);
        Self {
            name: name.to_owned(),
            of_client: true,
            own: own.is_some(),
            inherited: above.is_some(),
            logo: own.as_ref().map(path),
            above,
            style: dress.style.as_ref().map(path),
            upload: None,
            fault: None,
        }
    }

    pub(super) fn initials(&self) -> String {
        initials(&self.name)
    }
}

/// The brand of an organization.
#[derive(Template)]
#[template(path = "admin/organization_brand.html")]
pub struct OrganizationBrand {
    /// The frame.
    pub frame: Frame,
    /// What was wrong with the last attempt.
    pub summary: Summary,
    /// Posts the colour.
    pub form: Form,
    /// The field of the colour.
    pub accent: Field,
    /// The logo.
    pub brand: BrandPanel,
    /// Where "Back" leads: a route with the mount.
    pub back: String,
}

#[cfg(test)]
impl BrandPanel {
    pub(crate) fn sample(frame: &Frame, fault: Option<&str>) -> Self {
        let route = |digit: &str| format!("/brand/1/{}", digit.repeat(64));
        let dress = Dress { logo: Some(route("a")), style: Some("/brand/1a73e8.css".to_owned()) };
        Self {
            upload: Some(frame.form("/admin/clients/unomed/logo")),
            fault: fault.map(str::to_owned),
            ..Self::of(frame, "<b>Unomed", &dress, Some(route("b")))
        }
    }
}

#[cfg(test)]
impl OrganizationBrand {
    pub(crate) fn samples() -> Vec<Self> {
        use crate::admin::views::Section;
        use crate::services::FieldFault;

        let frame = Frame { section: Section::Organizations, ..Frame::sample() };
        let page = |faults: &[FieldFault], fault: Option<&str>| {
            let accent = Field::text("accent", "Colour").optional().hint(ACCENT_HINT);
            let accent = accent.value("#1a73e8").faults(faults);
            let panel = BrandPanel::sample(&frame, fault);
            Self {
                summary: Summary::of(faults, [&accent]),
                form: frame.form("/admin/organizations/root/brand"),
                accent,
                brand: BrandPanel { of_client: false, ..panel },
                back: frame.path("/admin/organizations"),
                frame: frame.clone(),
            }
        };
        let faint = FieldFault::new("accent", "#ffffff has a contrast of 1.0:1");
        vec![
            page(&[], None),
            page(&[faint], None),
            page(&[FieldFault::new("logo", "this is HTML")], Some("this is <b>HTML")),
        ]
    }
}
