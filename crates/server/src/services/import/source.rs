//! The whole file before anything is done: its size, its encoding, its digest. A file that is not
//! UTF-8 is refused here, so that no half of it is imported.

use std::io::Read;

use sha2::{Digest as _, Sha256};

use crate::services::ServiceFault;

/// Largest file, in bytes.
pub const MAX_FILE: u64 = 1 << 30;
/// Bytes read at once.
const STEP: usize = 64 * 1024;
/// Longest character, in bytes.
const MAX_CHARACTER: usize = 4;

/// The hexadecimal SHA-256 of a file that can be imported.
pub fn inspect(file: &mut impl Read) -> Result<String, ServiceFault> {
    let mut digest = Sha256::new();
    let mut buffer = vec![0; STEP];
    // The beginning of a character whose rest comes with the next step.
    let mut open: Vec<u8> = Vec::with_capacity(STEP + MAX_CHARACTER);
    let (mut size, mut lines) = (0_u64, 1_u64);
    loop {
        let length = file.read(&mut buffer).map_err(unreadable)?;
        let read = buffer.get(..length).unwrap_or_default();
        if read.is_empty() {
            break;
        }
        if size == 0 {
            refuse_wide(read)?;
        }
        size += read.len() as u64;
        if size > MAX_FILE {
            let problem = format!("it has more than {} MiB; split it", MAX_FILE >> 20);
            return Err(ServiceFault::invalid("file", problem));
        }
        digest.update(read);
        open.extend_from_slice(read);
        let valid = match std::str::from_utf8(&open) {
            Ok(text) => text.len(),
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Err(error) => {
                let place = error.valid_up_to();
                let before = open.get(..place).unwrap_or_default();
                let line = lines + newlines(before);
                return Err(not_utf8(line, open.get(place).copied().unwrap_or_default()));
            }
        };
        lines += newlines(open.get(..valid).unwrap_or_default());
        open.drain(..valid);
    }
    match open.first() {
        Some(byte) => Err(not_utf8(lines, *byte)),
        None => Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()),
    }
}

fn newlines(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|byte| **byte == b'\n').count() as u64
}

/// UTF-16 and UTF-32, by their mark, or by the zero bytes among the column names.
fn refuse_wide(start: &[u8]) -> Result<(), ServiceFault> {
    let marked = start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]);
    if !marked && !start.iter().take(64).any(|byte| *byte == 0) {
        return Ok(());
    }
    let problem = "it is written in UTF-16 or holds zero bytes; save it as UTF-8 (in Excel: \"CSV UTF-8\"), or convert it: iconv -f UTF-16 -t UTF-8";
    Err(ServiceFault::invalid("file", problem))
}

fn not_utf8(line: u64, byte: u8) -> ServiceFault {
    let problem = format!(
        "line {line} is not UTF-8 (byte 0x{byte:02X}): it looks like Latin-1 or Windows-1252; save it as UTF-8 (in Excel: \"CSV UTF-8\"), or convert it: iconv -f WINDOWS-1252 -t UTF-8"
    );
    ServiceFault::invalid("file", problem)
}

/// A file that broke off while it was read.
pub fn unreadable(error: std::io::Error) -> ServiceFault {
    ServiceFault::invalid("file", format!("it cannot be read: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(bytes: &[u8]) -> String {
        inspect(&mut std::io::Cursor::new(bytes)).map_or_else(|e| e.to_string(), |_| "ok".into())
    }

    #[test]
    fn encodings_are_named() {
        assert_eq!(judged("email\nä@x.test\n".as_bytes()), "ok");
        assert_eq!(judged("\u{feff}email\n".as_bytes()), "ok");
        assert!(judged(b"email,name\na@x.test,J\xfcrg\n").contains("line 2 is not UTF-8"));
        assert!(judged(b"\xff\xfee\0m\0").contains("UTF-16"));
        assert!(judged(b"e\0m\0a\0i\0l\0").contains("UTF-16"));
        assert!(judged(b"name\nJ\xc3").contains("line 2 is not UTF-8"), "cut in a character");
    }

    #[test]
    fn a_character_across_two_steps_is_one() {
        let mut bytes = vec![b'x'; STEP - 1];
        bytes.extend_from_slice("ä".as_bytes());
        assert_eq!(judged(&bytes), "ok");
    }
}
