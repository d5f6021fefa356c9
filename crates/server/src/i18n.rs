//! Texts in the reader's language.
//!
//! The catalogues of `locales/` are embedded and parsed once. A page is written with a [`Tr`], which
//! is one catalogue; [`negotiate`] chooses it from what the application asked (`ui_locales`), what
//! the reader chose before (a cookie), what the browser says (`Accept-Language`) and the
//! installation's default, in this order. A text that a catalogue lacks is shown in English; a test
//! holds every catalogue complete.

use std::borrow::Cow;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use unic_langid::LanguageIdentifier;

/// The cookie that remembers a language the reader chose.
pub const LANGUAGE_COOKIE: &str = "vestibule-lang";

/// Preferences beyond this many are not looked at; nobody reads so many languages.
pub const MAX_PREFERENCES: usize = 16;

/// The languages there are texts for. The first is the one that is always complete.
const SOURCES: &[Source] = &[
    Source {
        tag: "en",
        name: "English",
        direction: Direction::LeftToRight,
        texts: &[
            include_str!("../../../locales/en/common.ftl"),
            include_str!("../../../locales/en/sign-in.ftl"),
            include_str!("../../../locales/en/errors.ftl"),
            include_str!("../../../locales/en/tools.ftl"),
            include_str!("../../../locales/en/mail.ftl"),
        ],
    },
    Source {
        tag: "de",
        name: "Deutsch",
        direction: Direction::LeftToRight,
        texts: &[
            include_str!("../../../locales/de/common.ftl"),
            include_str!("../../../locales/de/sign-in.ftl"),
            include_str!("../../../locales/de/errors.ftl"),
            include_str!("../../../locales/de/tools.ftl"),
            include_str!("../../../locales/de/mail.ftl"),
        ],
    },
];

static CATALOGUES: LazyLock<Vec<Catalogue>> =
    LazyLock::new(|| SOURCES.iter().map(Catalogue::load).collect());

struct Source {
    tag: &'static str,
    name: &'static str,
    direction: Direction,
    texts: &'static [&'static str],
}

struct Catalogue {
    source: &'static Source,
    bundle: FluentBundle<FluentResource>,
}

/// The way a language is written: the `dir` of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// As English.
    LeftToRight,
    /// As Arabic and Hebrew.
    RightToLeft,
}

impl Catalogue {
    fn load(source: &'static Source) -> Self {
        let language: LanguageIdentifier = source.tag.parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![language]);
        // The marks that isolate an argument's direction would be part of what people copy, and of
        // what tests compare; names and addresses stand on lines of their own where it matters.
        bundle.set_use_isolating(false);
        for text in source.texts {
            // A faulty message is left out and English stands in for it; a test refuses both.
            let resource = FluentResource::try_new((*text).to_owned())
                .unwrap_or_else(|(resource, _faults)| resource);
            bundle.add_resource_overriding(resource);
        }
        Self { source, bundle }
    }

    fn format(&self, key: &str, args: Option<&FluentArgs<'_>>) -> Option<String> {
        let pattern = self.bundle.get_message(key)?.value()?;
        let mut faults = Vec::new();
        let text = self.bundle.format_pattern(pattern, args, &mut faults);
        faults.is_empty().then(|| text.into_owned())
    }
}

/// The texts of one language, for one page.
#[derive(Clone, Copy)]
pub struct Tr {
    index: usize,
}

impl Tr {
    /// The language with this tag, when there are texts in it.
    pub fn of(tag: &str) -> Option<Self> {
        let index = SOURCES.iter().position(|known| known.tag.eq_ignore_ascii_case(tag))?;
        Some(Self { index })
    }

    /// Every language there is.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..SOURCES.len()).map(|index| Self { index })
    }

    /// Its tag: the `lang` of a page.
    pub fn lang(self) -> &'static str {
        self.source().map_or("en", |source| source.tag)
    }

    /// Its name, as its speakers write it.
    pub fn name(self) -> &'static str {
        self.source().map_or("English", |source| source.name)
    }

    /// The way it is written.
    pub fn direction(self) -> Direction {
        self.source().map_or(Direction::LeftToRight, |source| source.direction)
    }

    /// The text of `key`.
    pub fn t(self, key: &str) -> Cow<'static, str> {
        self.format(key, None)
    }

    /// The text of `key` with values in it.
    pub fn with(self, key: &str, values: &[(&str, &str)]) -> Cow<'static, str> {
        let args = values.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
        self.format(key, Some(&args))
    }

    /// The text of `key` for `count` things, in the right plural form.
    pub fn count(self, key: &str, count: u64) -> Cow<'static, str> {
        let mut args = FluentArgs::new();
        args.set("count", count);
        self.format(key, Some(&args))
    }

    /// A missing text is the defect of a release, never of a request: the key in brackets is shown,
    /// and a test finds it on any page.
    fn format(self, key: &str, args: Option<&FluentArgs<'_>>) -> Cow<'static, str> {
        let own = CATALOGUES.get(self.index).and_then(|catalogue| catalogue.format(key, args));
        own.or_else(|| CATALOGUES.first().and_then(|english| english.format(key, args)))
            .map_or_else(|| Cow::Owned(format!("⟦{key}⟧")), Cow::Owned)
    }

    fn source(self) -> Option<&'static Source> {
        CATALOGUES.get(self.index).map(|catalogue| catalogue.source)
    }
}

impl Default for Tr {
    /// English.
    fn default() -> Self {
        Self { index: 0 }
    }
}

impl PartialEq for Tr {
    fn eq(&self, other: &Self) -> bool {
        self.index == other.index
    }
}

impl std::fmt::Debug for Tr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tr({})", self.lang())
    }
}

/// What is known about the reader's language.
#[derive(Clone, Copy, Debug, Default)]
pub struct Preferences<'a> {
    /// `ui_locales` (OIDC Core §3.1.2.1), most wanted first.
    pub ui_locales: &'a [String],
    /// The value of [`LANGUAGE_COOKIE`].
    pub cookie: Option<&'a str>,
    /// The header `Accept-Language`.
    pub accept_language: Option<&'a str>,
    /// What the installation speaks when nothing else is known.
    pub default: Tr,
}

/// The language to answer in. Tags nobody knows are passed over: a language never causes an error.
pub fn negotiate(preferences: &Preferences<'_>) -> Tr {
    let asked = preferences.ui_locales.iter().map(String::as_str).take(MAX_PREFERENCES);
    asked
        .chain(preferences.cookie)
        .find_map(lookup)
        .or_else(|| accepted(preferences.accept_language?).into_iter().find_map(lookup))
        .unwrap_or(preferences.default)
}

/// RFC 4647 §3.4: `de-CH-1996`, then `de-CH`, then `de`.
fn lookup(range: &str) -> Option<Tr> {
    let mut range = range.trim();
    loop {
        if let Some(found) = Tr::of(range) {
            return Some(found);
        }
        range = range.rsplit_once('-')?.0;
    }
}

/// The languages of an `Accept-Language` header (RFC 9110 §12.5.4), best first; those of weight zero
/// are left out.
fn accepted(header: &str) -> Vec<&str> {
    let mut ranges: Vec<(u16, &str)> = header
        .split(',')
        .take(MAX_PREFERENCES)
        .filter_map(|item| {
            let (range, parameters) = item.split_once(';').unwrap_or((item, ""));
            let weight = parameters.trim().strip_prefix("q=").map_or(Some(1000), thousandths)?;
            (weight > 0).then_some((weight, range.trim()))
        })
        .collect();
    ranges.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    ranges.into_iter().map(|(_, range)| range).collect()
}

/// A weight such as `0.8`, in thousandths (RFC 9110 §12.4.2); `None` for what is no weight.
fn thousandths(weight: &str) -> Option<u16> {
    let (whole, fraction) = weight.trim().split_once('.').unwrap_or((weight.trim(), ""));
    let digits = format!("{fraction:0<3}");
    match whole {
        "0" if digits.len() == 3 && digits.bytes().all(|b| b.is_ascii_digit()) => {
            digits.parse().ok()
        }
        "1" => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
