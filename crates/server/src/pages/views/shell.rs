//! What all pages share: language, name, address, help.

use std::borrow::Cow;
use std::sync::Arc;

use time::OffsetDateTime;
use time::macros::format_description;
use vestibule_protocol::Timestamp;

use super::app::initials;
use crate::assets;
use crate::i18n::{Direction, Tr};

/// The parameter in which the language menu of a page says what was chosen.
const CHOICE: &str = "ui_locales=";

/// Whose pages these are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brand {
    /// The organization's name.
    pub name: String,
    /// The host of the issuer, shown so that people can compare it with the address bar.
    pub issuer_host: String,
    /// Where to get help: an https or mailto address.
    pub help: Option<String>,
    /// Whether this is a development server, which every page then says.
    pub development: bool,
    /// The path of the issuer, below which everything is served: empty, or without a last slash.
    pub mount: String,
}

impl Brand {
    pub(crate) fn initials(&self) -> String {
        initials(&self.name)
    }
}

/// The frame of a page.
#[derive(Clone, Debug, PartialEq)]
pub struct Shell {
    /// The language.
    pub tr: Tr,
    /// Whose page it is.
    pub brand: Arc<Brand>,
    /// The path and query that show this page again, for the language menu; without one, or with one
    /// that leads elsewhere, there is no menu.
    pub here: Option<String>,
    /// What it wears.
    pub dress: Dress,
}

/// What the pages of an organization or a client wear; the defaults are in the style sheet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dress {
    /// The route of the organization's logo.
    pub logo: Option<String>,
    /// The route of the style sheet of the accent colour.
    pub style: Option<String>,
}

/// An entry of the language menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Language {
    /// Its tag.
    pub tag: &'static str,
    /// Its own name.
    pub name: &'static str,
    /// This page in that language; `None` for the present one.
    pub href: Option<String>,
}

impl Shell {
    /// A frame without a language menu.
    pub fn new(tr: Tr, brand: Arc<Brand>) -> Self {
        Self { tr, brand, here: None, dress: Dress::default() }
    }

    /// The same frame for a page that `path_and_query` shows again.
    #[must_use]
    pub fn at(self, path_and_query: impl Into<String>) -> Self {
        Self { here: Some(path_and_query.into()), ..self }
    }

    /// The same frame in these clothes.
    #[must_use]
    pub fn wearing(self, dress: Dress) -> Self {
        Self { dress, ..self }
    }

    pub(super) fn t(&self, key: &str) -> Cow<'static, str> {
        self.tr.t(key)
    }

    pub(super) fn t1(&self, key: &str, name: &str, value: &str) -> Cow<'static, str> {
        self.tr.with(key, &[(name, value)])
    }

    pub(super) fn count(&self, key: &str, count: u64) -> Cow<'static, str> {
        self.tr.count(key, count)
    }

    pub(super) fn dir(&self) -> &'static str {
        match self.tr.direction() {
            Direction::LeftToRight => "ltr",
            Direction::RightToLeft => "rtl",
        }
    }

    /// The path of a route of ours.
    pub(super) fn path(&self, route: &str) -> String {
        format!("{}{route}", self.brand.mount)
    }

    pub(super) fn asset(&self, name: &str) -> String {
        self.path(assets::url(name))
    }

    pub(super) fn initials(&self) -> String {
        self.brand.initials()
    }

    /// The title of the browser's window.
    pub(super) fn title(&self, page: &str, fault: bool) -> String {
        let page = if fault { self.t1("title-error", "page", page) } else { Cow::Borrowed(page) };
        format!("{page} – {}", self.brand.name)
    }

    /// How long to wait, in words.
    pub(super) fn wait(&self, seconds: u64) -> Cow<'static, str> {
        if seconds < 60 {
            self.count("wait-seconds", seconds.max(1))
        } else {
            self.count("wait-minutes", seconds.div_ceil(60))
        }
    }

    /// A moment as people and machines of any place read it alike.
    pub(super) fn when(&self, at: &Timestamp) -> String {
        let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second] UTC");
        OffsetDateTime::from_unix_timestamp(at.as_seconds())
            .ok()
            .and_then(|moment| moment.format(&format).ok())
            .unwrap_or_else(|| at.as_seconds().to_string())
    }

    pub(super) fn languages(&self) -> Vec<Language> {
        let Some(here) = self.here.as_deref().filter(|it| is_local(it)) else { return Vec::new() };
        let (path, query) = here.split_once('?').unwrap_or((here, ""));
        // A choice made before is replaced.
        let kept = query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with(CHOICE));
        let kept: String = kept.map(|pair| format!("{pair}&")).collect();
        Tr::all()
            .map(|tr| Language {
                tag: tr.lang(),
                name: tr.name(),
                href: (tr != self.tr).then(|| format!("{path}?{kept}{CHOICE}{}", tr.lang())),
            })
            .collect()
    }
}

/// Whether a reference stays on this server: a path, not `//host` and nothing that browsers read as
/// such (they take `\` for `/` and drop tabs and line ends).
pub(crate) fn is_local(reference: &str) -> bool {
    reference.starts_with('/')
        && !reference.starts_with("//")
        && !reference.contains(|c: char| c == '\\' || c.is_control())
}

/// Whether an address may be offered as a link: nothing that runs script.
pub(crate) fn is_link(address: &str) -> bool {
    url::Url::parse(address).is_ok_and(|url| matches!(url.scheme(), "https" | "http" | "mailto"))
}

#[cfg(test)]
impl Shell {
    pub(crate) fn sample(tr: Tr) -> Self {
        let brand = Brand {
            name: "Lakeside Clinic".to_owned(),
            issuer_host: "id.lakeside.example".to_owned(),
            help: Some("https://lakeside.example/help".to_owned()),
            development: false,
            mount: String::new(),
        };
        Self::new(tr, Arc::new(brand)).at("/login?request=01JD8Z")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i10_the_language_menu_never_leads_elsewhere() {
        for here in ["//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil", ""] {
            let shell = Shell::sample(Tr::default()).at(here);
            assert_eq!(shell.languages(), [], "{here:?}");
        }
        let hrefs = |here: &str| {
            let languages = Shell::sample(Tr::default()).at(here).languages();
            languages.into_iter().map(|it| it.href).collect::<Vec<_>>()
        };
        assert_eq!(hrefs("/login"), [None, Some("/login?ui_locales=de".to_owned())]);
        assert_eq!(hrefs("/login?a=b"), [None, Some("/login?a=b&ui_locales=de".to_owned())]);
        let chosen = "/login?a=b&ui_locales=en&c=d";
        assert_eq!(hrefs(chosen), [None, Some("/login?a=b&c=d&ui_locales=de".to_owned())]);
    }

    #[test]
    fn an_issuer_with_a_path_serves_everything_below_it() {
        let mut shell = Shell::sample(Tr::default());
        Arc::make_mut(&mut shell.brand).mount = "/clinic".to_owned();
        assert_eq!(shell.asset("icon.svg"), format!("/clinic{}", assets::url("icon.svg")));
        assert_eq!(shell.path("/playground"), "/clinic/playground");
    }

    #[test]
    fn only_addresses_that_run_nothing_are_links() {
        assert!(is_link("https://a.example/x") && is_link("mailto:help@a.example"));
        for address in ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "x", ""] {
            assert!(!is_link(address), "{address}");
        }
    }

    #[test]
    fn a_wait_is_rounded_up() {
        let shell = Shell::sample(Tr::default());
        for (seconds, words) in
            [(0, "1 second"), (59, "59 seconds"), (60, "1 minute"), (61, "2 minutes")]
        {
            assert_eq!(shell.wait(seconds), words);
        }
    }

    #[test]
    fn a_moment_out_of_every_calendar_is_still_shown() {
        let shell = Shell::sample(Tr::default());
        assert_eq!(shell.when(&Timestamp::from_seconds(0)), "1970-01-01 00:00:00 UTC");
        assert_eq!(shell.when(&Timestamp::from_millis(i64::MAX)), "9223372036854775");
    }
}
