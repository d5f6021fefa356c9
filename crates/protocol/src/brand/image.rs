//! What a picture says of itself: its kind and its size.
//!
//! Nothing is decoded. The parts of the file are walked from its first byte to its last, so a file
//! that is cut off, that says one thing and is another, or that hides something behind the picture
//! is told apart from a picture. What the parts hold is left alone: a browser reads it as a picture
//! and as nothing else, because we say so in the headers.

use std::fmt;

/// Largest file, in bytes.
pub const MAX_BYTES: usize = 256 * 1024;
/// Longest side, in pixels.
pub const MAX_SIDE: u32 = 1024;
/// Most parts of a file; a picture of this size has a few hundred at most.
const MAX_PARTS: usize = 20_000;

/// A kind of picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// PNG (ISO/IEC 15948).
    Png,
    /// JPEG (ITU-T T.81).
    Jpeg,
    /// WebP (RFC 9649).
    Webp,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Png, Self::Jpeg, Self::Webp];

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Webp => "image/webp",
        }
    }

    /// The end of a file's name.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpg",
            Self::Webp => "webp",
        }
    }

    /// The kind of this media type.
    pub fn of_media_type(media_type: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.media_type() == media_type)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
            Self::Webp => "WebP",
        })
    }
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Its kind, by what is in it.
    pub kind: Kind,
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
}

/// Why a file is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Nothing in it.
    #[error("the file is empty; choose a PNG, JPEG or WebP picture")]
    Empty,
    /// Too many bytes.
    #[error("the file has {0} bytes, and {MAX_BYTES} are allowed; save the picture smaller")]
    TooLarge(usize),
    /// Not a picture that is taken, whatever it is called.
    #[error("this is {0}, whatever the file is called; a logo is a PNG, JPEG or WebP picture")]
    NotAPicture(&'static str),
    /// It ends before its end.
    #[error("the {0} picture is cut off or damaged; export it once more")]
    Damaged(Kind),
    /// Something is behind it.
    #[error("{bytes} bytes follow the end of the {kind} picture; export it once more")]
    Trailing {
        /// What it is.
        kind: Kind,
        /// How many.
        bytes: usize,
    },
    /// Too many pixels.
    #[error(
        "the picture is {width} by {height} pixels, and {MAX_SIDE} by {MAX_SIDE} are allowed; scale \
         it down"
    )]
    TooWide {
        /// Pixels from left to right.
        width: u32,
        /// Pixels from top to bottom.
        height: u32,
    },
}

/// Judges a file by what is in it.
pub fn judge(bytes: &[u8]) -> Result<Picture, Refused> {
    if bytes.is_empty() {
        return Err(Refused::Empty);
    }
    if bytes.len() > MAX_BYTES {
        return Err(Refused::TooLarge(bytes.len()));
    }
    let kind = kind(bytes).ok_or_else(|| Refused::NotAPicture(guess(bytes)))?;
    let walked = match kind {
        Kind::Png => png(bytes),
        Kind::Jpeg => jpeg(bytes),
        Kind::Webp => webp(bytes),
    };
    let Walked { width, height, end } = walked.ok_or(Refused::Damaged(kind))?;
    if width == 0 || height == 0 {
        return Err(Refused::Damaged(kind));
    }
    if end < bytes.len() {
        return Err(Refused::Trailing { kind, bytes: bytes.len() - end });
    }
    if width > MAX_SIDE || height > MAX_SIDE {
        return Err(Refused::TooWide { width, height });
    }
    Ok(Picture { kind, width, height })
}

/// The size that was found, and where the picture ends.
struct Walked {
    width: u32,
    height: u32,
    end: usize,
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

fn kind(bytes: &[u8]) -> Option<Kind> {
    match bytes {
        _ if bytes.starts_with(PNG) => Some(Kind::Png),
        [0xff, 0xd8, 0xff, ..] => Some(Kind::Jpeg),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Kind::Webp),
        _ => None,
    }
}

/// What a file that is no picture of ours seems to be, for the message alone.
fn guess(bytes: &[u8]) -> &'static str {
    let begin = bytes.get(..bytes.len().min(512)).unwrap_or_default();
    let text = String::from_utf8_lossy(begin).to_ascii_lowercase();
    let text = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    if begin.starts_with(b"GIF8") {
        "a GIF"
    } else if begin.starts_with(b"BM") {
        "a BMP"
    } else if begin.starts_with(b"%PDF") {
        "a PDF"
    } else if begin.starts_with(b"PK\x03\x04") {
        "a ZIP archive"
    } else if begin.get(4..8) == Some(b"ftyp") {
        "an AVIF, HEIC or video file"
    } else if text.contains("<svg") {
        "an SVG, which can hold scripts"
    } else if text.starts_with('<') {
        "HTML or XML"
    } else {
        "something else"
    }
}

fn be16(bytes: &[u8], at: usize) -> Option<u32> {
    let found = bytes.get(at..at.checked_add(2)?)?;
    Some(u32::from(u16::from_be_bytes(found.try_into().ok()?)))
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn le24(bytes: &[u8], at: usize) -> Option<u32> {
    let [a, b, c] = bytes.get(at..at.checked_add(3)?)? else { return None };
    Some(u32::from_le_bytes([*a, *b, *c, 0]))
}

fn le32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

/// Chunks of length, name, content and checksum, from IHDR to IEND.
fn png(bytes: &[u8]) -> Option<Walked> {
    let (mut at, mut size, mut has_content) = (PNG.len(), None, false);
    for _ in 0..MAX_PARTS {
        let length = usize::try_from(be32(bytes, at)?).ok()?;
        let name = bytes.get(at + 4..at + 8)?;
        let content = at + 8;
        let end = content.checked_add(length)?.checked_add(4)?;
        bytes.get(..end)?;
        match (name, size) {
            (b"IHDR", None) => {
                size = Some((be32(bytes, content)?, be32(bytes, content + 4)?));
            }
            // IHDR is the first one, and there is one.
            (_, None) | (b"IHDR", Some(_)) => return None,
            (b"IDAT", Some(_)) => has_content = true,
            (b"IEND", Some((width, height))) => {
                return has_content.then_some(Walked { width, height, end });
            }
            _ => {}
        }
        at = end;
    }
    None
}

/// Segments of marker and length, and between them the coded picture, up to the marker of its end.
fn jpeg(bytes: &[u8]) -> Option<Walked> {
    let (mut at, mut size) = (2, None);
    for _ in 0..MAX_PARTS {
        // A marker may have any number of 0xff before it.
        if bytes.get(at) != Some(&0xff) {
            return None;
        }
        while bytes.get(at + 1) == Some(&0xff) {
            at += 1;
        }
        let marker = *bytes.get(at + 1)?;
        at += 2;
        match marker {
            0xd9 => return size.map(|(width, height)| Walked { width, height, end: at }),
            // Stand-alone markers.
            0x01 | 0xd0..=0xd7 => continue,
            0x00 | 0xd8 => return None,
            _ => {}
        }
        let length = usize::try_from(be16(bytes, at)?).ok()?;
        let end = at.checked_add(length).filter(|end| length >= 2 && *end <= bytes.len())?;
        // A frame header; 0xc4, 0xc8 and 0xcc are tables.
        if matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc) {
            size = Some((be16(bytes, at + 5)?, be16(bytes, at + 3)?));
        }
        at = end;
        if marker == 0xda {
            at = end_of_scan(bytes, at)?;
        }
    }
    None
}

/// The next marker behind coded data, in which 0xff is followed by 0x00 or a restart marker.
fn end_of_scan(bytes: &[u8], from: usize) -> Option<usize> {
    let coded = bytes.get(from..)?;
    let ends = |pair: &[u8]| matches!(pair, [0xff, next] if !matches!(next, 0x00 | 0xd0..=0xd7));
    coded.windows(2).position(ends).map(|found| from + found)
}

/// Chunks of name, length and content; the file says in its head how long it is.
fn webp(bytes: &[u8]) -> Option<Walked> {
    let end = usize::try_from(le32(bytes, 4)?).ok()?.checked_add(8)?;
    bytes.get(..end)?;
    let (mut at, mut size, mut has_content) = (12, None, false);
    for _ in 0..MAX_PARTS {
        if at == end {
            let (width, height) = size.filter(|_| has_content)?;
            return Some(Walked { width, height, end });
        }
        let name = bytes.get(at..at + 4)?;
        let length = usize::try_from(le32(bytes, at + 4)?).ok()?;
        let content = at + 8;
        // A chunk of an odd length is padded.
        let next = content.checked_add(length)?.checked_add(length % 2)?;
        if next > end {
            return None;
        }
        match (name, at) {
            (b"VP8X", 12) => {
                size = Some((le24(bytes, content + 4)? + 1, le24(bytes, content + 7)? + 1));
            }
            (b"VP8 ", _) => {
                has_content = true;
                size = size.or(Some(lossy(bytes, content)?));
            }
            (b"VP8L", _) => {
                has_content = true;
                size = size.or(Some(lossless(bytes, content)?));
            }
            (b"ANMF", _) => has_content = true,
            _ => {}
        }
        at = next;
    }
    None
}

/// RFC 6386 §9.1: start code, then 14 bits each.
fn lossy(bytes: &[u8], at: usize) -> Option<(u32, u32)> {
    if bytes.get(at + 3..at + 6)? != [0x9d, 0x01, 0x2a] {
        return None;
    }
    let sizes = le32(bytes, at + 6)?;
    Some((sizes & 0x3fff, (sizes >> 16) & 0x3fff))
}

/// RFC 9649 §3.4: signature, then 14 bits each, less one.
fn lossless(bytes: &[u8], at: usize) -> Option<(u32, u32)> {
    if *bytes.get(at)? != 0x2f {
        return None;
    }
    let sizes = le32(bytes, at + 1)?;
    Some(((sizes & 0x3fff) + 1, ((sizes >> 14) & 0x3fff) + 1))
}

#[cfg(test)]
mod tests;
