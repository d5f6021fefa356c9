//! Registering a client: what kind it is, the form, and what was made.

use askama::Template;
use zeroize::Zeroizing;

use super::ClientHead;
use crate::admin::views::field::{Field, Group};
use crate::admin::views::frame::Frame;
use crate::admin::views::part::{Pager, Summary, count};
use crate::pages::views::Form;

/// Step 1: what kind of client it is.
#[derive(Template)]
#[template(path = "admin/new_client_kind.html")]
pub struct Kinds {
    /// The frame.
    pub frame: Frame,
    /// The kinds in plain words.
    pub kinds: Vec<KindChoice>,
    /// What was searched for among the vendors.
    pub text: String,
    /// The vendors found.
    pub profiles: Vec<ProfileChoice>,
}

/// A kind of client.
#[derive(Clone, Debug)]
pub struct KindChoice {
    /// Its name.
    pub label: &'static str,
    /// When it is the right one.
    pub text: &'static str,
    /// The form for it.
    pub href: String,
}

/// A vendor.
#[derive(Clone, Debug)]
pub struct ProfileChoice {
    /// The name of its profile.
    pub name: String,
    /// The vendor, as people write it.
    pub vendor: String,
    /// What it is.
    pub summary: String,
    /// The form for it; none while this version cannot serve the vendor.
    pub href: Option<String>,
}

impl Kinds {
    fn search(&self) -> Field {
        Field::search("q", "Find a vendor").value(&self.text)
    }

    fn count(&self) -> String {
        match self.profiles.len() {
            0 => "No vendor fits this search.".to_owned(),
            found => count(found, &Pager::default(), "vendor", "vendors"),
        }
    }
}

/// Step 2: its names, addresses and scopes.
#[derive(Template)]
#[template(path = "admin/new_client.html")]
pub struct NewClientPage {
    /// The frame.
    pub frame: Frame,
    /// What is registered.
    pub title: String,
    /// What there is to know about it.
    pub notes: Vec<String>,
    /// Posts it.
    pub form: Form,
    /// What was wrong with it.
    pub summary: Summary,
    /// The fields.
    pub groups: Vec<Group>,
}

/// Step 3, and whenever a secret was made: it is shown this once.
#[derive(Template)]
#[template(path = "admin/made.html")]
pub struct Made {
    /// The frame.
    pub frame: Frame,
    /// The client.
    pub head: ClientHead,
    /// What was done.
    pub title: String,
    /// The secret; a public client has none.
    pub secret: Option<Zeroizing<String>>,
    /// What to do about earlier secrets.
    pub note: Option<String>,
    /// The client's own page.
    pub home: String,
}

#[cfg(test)]
impl Kinds {
    pub(crate) fn samples() -> Vec<Self> {
        let page = |profiles: Vec<ProfileChoice>| Self {
            frame: Frame::sample(),
            kinds: crate::admin::clients::new::kinds(&Frame::sample()),
            text: "<b>".to_owned(),
            profiles,
        };
        let unomed = ProfileChoice {
            name: "unomed".to_owned(),
            vendor: "<b>Unomed".to_owned(),
            summary: "Unomed signs users in <b>".to_owned(),
            href: Some("/admin/new-client?profile=unomed".to_owned()),
        };
        let planned = ProfileChoice { name: "later".to_owned(), href: None, ..unomed.clone() };
        vec![page(vec![unomed, planned]), page(Vec::new())]
    }
}

#[cfg(test)]
impl NewClientPage {
    pub(crate) fn samples() -> Vec<Self> {
        crate::admin::clients::new::samples(&Frame::sample())
    }
}

#[cfg(test)]
impl Made {
    pub(crate) fn samples() -> Vec<Self> {
        use super::framed;
        use super::samples::awkward;

        let client = awkward();
        let page = |secret: Option<&str>| {
            let frame = framed(Frame::sample(), &client);
            Self {
                head: ClientHead::of(&frame, &client, ""),
                title: "<b>It</b> is registered".to_owned(),
                secret: secret.map(|text| Zeroizing::new(text.to_owned())),
                note: Some("Earlier secrets end on <b>.".to_owned()),
                home: "/admin/clients/x".to_owned(),
                frame,
            }
        };
        vec![page(Some("vcs_secret")), page(None)]
    }
}
