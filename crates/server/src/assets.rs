//! The files beside the pages: style, scripts, icon.
//!
//! They are embedded, and each is reached only under a URL that holds a digest of its content, so
//! that browsers keep it for good and never use an old one.

use std::sync::LazyLock;

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use sha2::{Digest as _, Sha256};

/// The folder of the URLs.
pub const PREFIX: &str = "/assets/";

const FILES: &[(&str, &str, &str, &[u8])] = &[
    (
        "vestibule",
        "css",
        "text/css; charset=utf-8",
        include_bytes!("../../../assets/vestibule.css"),
    ),
    (
        "vestibule",
        "js",
        "text/javascript; charset=utf-8",
        include_bytes!("../../../assets/vestibule.js"),
    ),
    ("admin", "css", "text/css; charset=utf-8", include_bytes!("../../../assets/admin.css")),
    ("preview", "css", "text/css; charset=utf-8", include_bytes!("../../../assets/preview.css")),
    ("copy", "js", "text/javascript; charset=utf-8", include_bytes!("../../../assets/copy.js")),
    ("admin", "js", "text/javascript; charset=utf-8", include_bytes!("../../../assets/admin.js")),
    (
        "form-post",
        "js",
        "text/javascript; charset=utf-8",
        include_bytes!("../../../assets/form-post.js"),
    ),
    ("sheet", "css", "text/css; charset=utf-8", include_bytes!("../../../assets/sheet.css")),
    ("book", "css", "text/css; charset=utf-8", include_bytes!("../../../assets/book.css")),
    ("icon", "svg", "image/svg+xml", include_bytes!("../../../assets/icon.svg")),
];

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| FILES.iter().map(Asset::new).collect());

/// An embedded file.
pub struct Asset {
    /// Its name without the digest: `vestibule.css`.
    pub name: String,
    /// Where it is served.
    pub url: String,
    /// Its media type.
    pub content_type: &'static str,
    /// Its content.
    pub bytes: &'static [u8],
}

impl Asset {
    fn new(
        (stem, extension, content_type, bytes): &(&str, &str, &'static str, &'static [u8]),
    ) -> Self {
        let digest: String =
            Sha256::digest(bytes).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Self {
            name: format!("{stem}.{extension}"),
            url: format!("{PREFIX}{stem}.{digest}.{extension}"),
            content_type,
            bytes,
        }
    }
}

/// Every file.
pub fn every() -> impl Iterator<Item = &'static Asset> {
    ASSETS.iter()
}

/// The URL of the file `name`; a page that names a file there is not gets a URL that is not found.
pub fn url(name: &str) -> &'static str {
    ASSETS.iter().find(|asset| asset.name == name).map_or(PREFIX, |asset| asset.url.as_str())
}

/// The file served at `path`.
pub fn at(path: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.url == path)
}

/// Answers `GET /assets/{file}`.
pub async fn serve(file: web::Path<String>) -> HttpResponse {
    match at(&format!("{PREFIX}{file}")) {
        Some(asset) => HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, asset.content_type))
            .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
            .body(asset.bytes),
        None => HttpResponse::NotFound()
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .insert_header((header::CONTENT_TYPE, "text/plain; charset=utf-8"))
            .body("There is no such file. Reload the page that asked for it."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_has_a_url_of_its_content() {
        for asset in ASSETS.iter() {
            assert_eq!(url(&asset.name), asset.url);
            assert!(at(&asset.url).is_some_and(|found| found.bytes == asset.bytes));
            let digest = asset.url.rsplit('.').nth(1).unwrap();
            assert!(digest.len() == 16 && digest.bytes().all(|b| b.is_ascii_hexdigit()));
        }
    }

    #[test]
    fn only_the_exact_url_is_served() {
        for path in ["/assets/", "/assets/vestibule.css", "/assets/../vestibule.css", ""] {
            assert!(at(path).is_none(), "{path}");
        }
    }

    #[test]
    fn the_styles_are_small_and_ask_for_nothing_elsewhere() {
        let styles: Vec<_> = FILES.iter().filter(|file| file.1 == "css").collect();
        assert!(styles.len() >= 2);
        for (name, _, _, bytes) in styles {
            let style = std::str::from_utf8(bytes).unwrap();
            assert!(style.len() < 16 * 1024, "{name}: {} bytes", style.len());
            for outside in ["http:", "https:", "url(", "@import", "@font-face"] {
                assert!(!style.contains(outside), "{name} says {outside}");
            }
        }
    }

    #[actix_web::test]
    async fn a_file_is_kept_for_good_and_an_unknown_one_is_not() {
        let file = url("vestibule.css").trim_start_matches(PREFIX).to_owned();
        let found = serve(web::Path::from(file)).await;
        let header = |name| found.headers().get(name).expect("a header");
        assert_eq!(found.status(), 200);
        assert_eq!(header(header::CONTENT_TYPE), "text/css; charset=utf-8");
        assert_eq!(header(header::CACHE_CONTROL), "public, max-age=31536000, immutable");
        let missing = serve(web::Path::from("vestibule.0000.css".to_owned())).await;
        assert_eq!(missing.status(), 404);
        assert!(missing.headers().get(header::CACHE_CONTROL).is_some_and(|it| it == "no-store"));
    }
}
