//! What the pages wear: found for a client or an organization, and served.
//!
//! A picture is whatever an administrator uploaded. It is served under the digest of its bytes, as
//! the kind that its content is, never to be read as anything else, and in a sandbox should somebody
//! open it by itself. A colour is a style sheet of a few lines that follows from its name alone.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::web::{Data, Path};
use arc_swap::ArcSwap;
use vestibule_protocol::brand::accent::Shades;
use vestibule_protocol::brand::{Accent, LogoDigest};
use vestibule_protocol::client::Client;
use vestibule_protocol::ids::OrgId;
use vestibule_store::brands::Worn;
use vestibule_store::{Store, StoreError};

use crate::app::App;
use crate::http::answer::store_fault;
use crate::http::csp::{self, Policy};
use crate::pages::views::Dress;

/// Below what all of it is served.
const PREFIX: &str = "/brand";
/// What follows from its address for ever.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// The brands of all organizations, as this node knows them.
#[derive(Default)]
pub struct Brands(ArcSwap<BTreeMap<OrgId, Worn>>);

impl Brands {
    /// Reads them again: something has changed.
    pub async fn refresh(&self, store: &Store) -> Result<(), StoreError> {
        self.0.store(Arc::new(store.brands().await?));
        Ok(())
    }

    /// What the pages of an organization wear.
    pub fn of_organization(&self, org: OrgId) -> Dress {
        let worn = self.0.load().get(&org).copied().unwrap_or_default();
        dress(worn.logo, worn.accent)
    }

    /// What the pages of a client wear. Its own logo stands beside its name, so the one at the top of
    /// the page is its organization's.
    pub fn of_client(&self, client: &Client) -> Dress {
        let worn = self.0.load().get(&client.org).copied().unwrap_or_default();
        dress(worn.logo, client.settings.accent.or(worn.accent))
    }
}

fn dress(logo: Option<(OrgId, LogoDigest)>, accent: Option<Accent>) -> Dress {
    Dress {
        logo: logo.map(|(org, digest)| logo_route(org, digest)),
        style: accent.map(style_route),
    }
}

/// Where a picture is served.
pub fn logo_route(org: OrgId, digest: LogoDigest) -> String {
    format!("{PREFIX}/{}/{}", org.0, digest.hex())
}

/// Where the style sheet of a colour is served.
pub fn style_route(accent: Accent) -> String {
    format!("{PREFIX}/{}.css", accent.digits())
}

/// Answers `GET /brand/{org}/{digest}`.
pub async fn logo(app: Data<App>, path: Path<(String, String)>) -> HttpResponse {
    let (org, digest) = path.into_inner();
    let (Ok(org), Some(digest)) = (org.parse(), LogoDigest::of_hex(&digest)) else {
        return nothing();
    };
    match app.store.logo(OrgId(org), digest).await.map_err(store_fault("reading a logo")) {
        Ok(Some(logo)) => kept(&app, logo.picture.kind.media_type(), logo.bytes),
        Ok(None) => nothing(),
        Err(_) => HttpResponse::build(StatusCode::SERVICE_UNAVAILABLE)
            .insert_header((CACHE_CONTROL, "no-store"))
            .finish(),
    }
}

/// Answers `GET /brand/{colour}.css`. Only a colour that could be set has one.
pub async fn style(app: Data<App>, file: Path<String>) -> HttpResponse {
    let accent = file.strip_suffix(".css").and_then(Accent::of_digits);
    match accent
        .filter(|accent| accent.check().is_ok() && *file == format!("{}.css", accent.digits()))
    {
        Some(accent) => kept(&app, "text/css; charset=utf-8", sheet(accent).into_bytes()),
        None => nothing(),
    }
}

fn kept(app: &App, content_type: &'static str, bytes: Vec<u8>) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    for header in csp::headers(Policy::Upload, app.transport) {
        response.insert_header(header);
    }
    response
        .insert_header((CONTENT_TYPE, content_type))
        .insert_header((CACHE_CONTROL, FOR_EVER))
        .body(bytes)
}

fn nothing() -> HttpResponse {
    HttpResponse::NotFound()
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_TYPE, "text/plain; charset=utf-8"))
        .body("There is no such picture or colour. Reload the page that asked for it.")
}

/// The tokens of `vestibule.css` that a colour stands for, in both schemes.
fn sheet(accent: Accent) -> String {
    let mut sheet = String::new();
    let scheme = |sheet: &mut String, shades: Shades| {
        let _infallible = write!(
            sheet,
            ".branded {{ --accent: {}; --accent-deep: {}; --tint: {}; --fill: {accent}; \
             --fill-deep: {}; --on-accent: {}; }}",
            shades.text,
            shades.deep,
            shades.tint,
            accent.pressed(),
            accent.on()
        );
    };
    scheme(&mut sheet, accent.light());
    sheet.push_str("\n@media (prefers-color-scheme: dark) { ");
    scheme(&mut sheet, accent.dark());
    sheet.push_str(" }\n");
    sheet
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_sets_tokens_and_asks_for_nothing() {
        let sheet = sheet("#1a73e8".parse().unwrap());
        assert_eq!(sheet.matches(".branded").count(), 2);
        assert!(sheet.contains("--fill: #1a73e8; "), "{sheet}");
        assert_eq!(sheet.matches('{').count(), sheet.matches('}').count());
        for outside in ["url(", "@import", "<", "http"] {
            assert!(!sheet.contains(outside), "{outside}");
        }
    }
}
