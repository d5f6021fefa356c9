//! The accent colour, and whether people can tell it from what is behind it (WCAG 2.2).
//!
//! One colour serves the light and the dark scheme. It fills buttons, so it must stand out from the
//! card in both (3:1, success criterion 1.4.11); the text on it is black or white, whichever reads
//! better. Where the accent is text itself, as in links, each scheme has a shade of it that reads on
//! all grounds of that scheme (4.5:1, success criterion 1.4.3). The shades keep hue and saturation.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a filled button must keep from the card (WCAG 2.2 §1.4.11).
const CONTROL: f64 = 3.0;
/// What text must keep from its ground (WCAG 2.2 §1.4.3).
const TEXT: f64 = 4.5;
/// How finely a shade is looked for.
const STEPS: u32 = 1000;

/// A colour of sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rgb([u8; 3]);

const WHITE: Rgb = Rgb([255, 255, 255]);
const BLACK: Rgb = Rgb([0, 0, 0]);
/// The card of each scheme, as `assets/vestibule.css` has it.
const CARDS: [Rgb; 2] = [WHITE, Rgb([0x14, 0x20, 0x1e])];
/// The other grounds of the light scheme.
const LIGHT: [Rgb; 3] = [WHITE, Rgb([0xee, 0xf3, 0xf3]), Rgb([0xf4, 0xf8, 0xf7])];
/// The other grounds of the dark scheme.
const DARK: [Rgb; 3] = [Rgb([0x14, 0x20, 0x1e]), Rgb([0x0c, 0x15, 0x14]), Rgb([0x1a, 0x29, 0x27])];

/// A colour as `#rrggbb`.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Accent(Rgb);

/// A text that is no colour.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a colour such as #1a73e8: a hash and six hexadecimal digits")]
pub struct NoColour;

/// A colour that some people could not tell from its ground.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error(
    "{colour} has a contrast of {ratio:.1}:1 with the {scheme} background, and 3:1 is needed in both \
     schemes (WCAG 2.2, 1.4.11); the nearest colour that has it is {nearest}"
)]
pub struct TooFaint {
    /// What came.
    pub colour: Accent,
    /// How far it stands out where it does least.
    pub ratio: f64,
    /// Where that is.
    pub scheme: &'static str,
    /// What would do, of the same hue.
    pub nearest: Accent,
}

/// What one scheme makes of an accent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shades {
    /// Links and other text.
    pub text: Accent,
    /// The same under the pointer.
    pub deep: Accent,
    /// Behind initials, and under the pointer.
    pub tint: Accent,
}

impl Accent {
    /// Its six hexadecimal digits.
    pub fn digits(&self) -> String {
        let [r, g, b] = self.0.0;
        format!("{r:02x}{g:02x}{b:02x}")
    }

    /// The colour of six hexadecimal digits.
    pub fn of_digits(digits: &str) -> Option<Self> {
        if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let [_, r, g, b] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
        Some(Self(Rgb([r, g, b])))
    }

    /// Whether a button of this colour stands out in both schemes.
    pub fn check(self) -> Result<(), TooFaint> {
        let ratios = CARDS.map(|card| contrast(self.0, card));
        let [light, dark] = ratios;
        let (ratio, scheme) = if light < dark { (light, "light") } else { (dark, "dark") };
        if ratio >= CONTROL {
            return Ok(());
        }
        let stands_out = |rgb| CARDS.iter().all(|card| contrast(rgb, *card) >= CONTROL);
        let nearest = Self(nearest(self.0, stands_out));
        Err(TooFaint { colour: self, ratio, scheme, nearest })
    }

    /// The colour of text on it: black or white.
    pub fn on(self) -> Self {
        match contrast(self.0, WHITE) >= contrast(self.0, BLACK) {
            true => Self(WHITE),
            false => Self(BLACK),
        }
    }

    /// Its shades in the light scheme.
    pub fn light(self) -> Shades {
        shades(self.0, &LIGHT, mixed(self.0, WHITE, 12), BLACK)
    }

    /// Its shades in the dark scheme.
    pub fn dark(self) -> Shades {
        shades(self.0, &DARK, mixed(self.0, Rgb([0x14, 0x20, 0x1e]), 22), WHITE)
    }

    /// Itself under the pointer: further from the text on it.
    pub fn pressed(self) -> Self {
        let away = if self.on() == Self(WHITE) { BLACK } else { WHITE };
        Self(mixed(away, self.0, 18))
    }
}

fn shades(colour: Rgb, grounds: &[Rgb], tint: Rgb, away: Rgb) -> Shades {
    let reads = |rgb| grounds.iter().chain([&tint]).all(|ground| contrast(rgb, *ground) >= TEXT);
    let text = nearest(colour, reads);
    Shades { text: Accent(text), deep: Accent(mixed(away, text, 25)), tint: Accent(tint) }
}

/// The colour of the same hue and saturation that fits and is least lighter or darker. Black or
/// white fit at the latest.
fn nearest(colour: Rgb, fits: impl Fn(Rgb) -> bool) -> Rgb {
    if fits(colour) {
        return colour;
    }
    let (hue, saturation, lightness) = hsl(colour);
    for step in 1..=STEPS {
        let by = f64::from(step) / f64::from(STEPS);
        for moved in [lightness - by, lightness + by] {
            let candidate = rgb(hue, saturation, moved.clamp(0.0, 1.0));
            if fits(candidate) {
                return candidate;
            }
        }
    }
    colour
}

/// `share` hundredths of `one` in `other`.
fn mixed(one: Rgb, other: Rgb, share: u32) -> Rgb {
    let channel = |(one, other): (u8, u8)| {
        let sum = u32::from(one) * share + u32::from(other) * (100 - share);
        u8::try_from((sum + 50) / 100).unwrap_or(u8::MAX)
    };
    let [r, g, b] = one.0;
    let [s, h, c] = other.0;
    Rgb([channel((r, s)), channel((g, h)), channel((b, c))])
}

/// The contrast ratio of two colours (WCAG 2.2, "contrast ratio").
fn contrast(one: Rgb, other: Rgb) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// WCAG 2.2, "relative luminance".
fn luminance(Rgb(channels): Rgb) -> f64 {
    let [r, g, b] = channels.map(|channel| {
        let value = f64::from(channel) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

/// Hue in sixths of a turn, saturation and lightness.
fn hsl(Rgb(channels): Rgb) -> (f64, f64, f64) {
    let [r, g, b] = channels.map(|channel| f64::from(channel) / 255.0);
    let (most, least) = (r.max(g).max(b), r.min(g).min(b));
    let (lightness, spread) = ((most + least) / 2.0, most - least);
    if spread == 0.0 {
        return (0.0, 0.0, lightness);
    }
    let saturation = spread / (1.0 - (2.0 * lightness - 1.0).abs());
    let hue = match most {
        most if most == r => ((g - b) / spread).rem_euclid(6.0),
        most if most == g => (b - r) / spread + 2.0,
        _ => (r - g) / spread + 4.0,
    };
    (hue, saturation, lightness)
}

fn rgb(hue: f64, saturation: f64, lightness: f64) -> Rgb {
    let chroma = (1.0 - (2.0 * lightness - 1.0).abs()) * saturation;
    let second = chroma * (1.0 - (hue.rem_euclid(2.0) - 1.0).abs());
    let rest = lightness - chroma / 2.0;
    let (r, g, b) = match hue {
        hue if hue < 1.0 => (chroma, second, 0.0),
        hue if hue < 2.0 => (second, chroma, 0.0),
        hue if hue < 3.0 => (0.0, chroma, second),
        hue if hue < 4.0 => (0.0, second, chroma),
        hue if hue < 5.0 => (second, 0.0, chroma),
        _ => (chroma, 0.0, second),
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it lies between 0 and 255"
    )]
    let channel = |value: f64| ((value + rest) * 255.0).round().clamp(0.0, 255.0) as u8;
    Rgb([channel(r), channel(g), channel(b)])
}

impl fmt::Display for Accent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.digits())
    }
}

impl fmt::Debug for Accent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for Accent {
    type Err = NoColour;

    fn from_str(text: &str) -> Result<Self, NoColour> {
        text.strip_prefix('#').and_then(Self::of_digits).ok_or(NoColour)
    }
}

impl TryFrom<String> for Accent {
    type Error = NoColour;

    fn try_from(text: String) -> Result<Self, NoColour> {
        text.parse()
    }
}

impl From<Accent> for String {
    fn from(accent: Accent) -> Self {
        accent.to_string()
    }
}

#[cfg(test)]
mod tests;
