//! Reading files that somebody named, whatever they turn out to be: a folder, a device, a pipe, a disk
//! image.

use std::fs::File;
use std::io::{Error, Read as _, Result};
use std::path::Path;

/// What is in a file of at most `most` bytes. A pipe will do, so that a shell's `<(…)` works; a device
/// ends at the bound.
pub fn bytes(path: &Path, most: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > most {
        true => Err(Error::other(format!("it is larger than {} KiB", most >> 10))),
        false => Ok(bytes),
    }
}

/// The same, of a file that holds text.
pub fn text(path: &Path, most: u64) -> Result<String> {
    String::from_utf8(bytes(path, most)?).map_err(|error| {
        let place = error.utf8_error().valid_up_to();
        Error::other(format!("it is not UTF-8 from byte {place} on"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i28_whatever_is_named_no_more_than_the_bound_is_read() {
        let folder = std::env::temp_dir();
        let file = folder.join(format!("vestibule-bounded-{}", std::process::id()));
        std::fs::write(&file, "x".repeat(2048)).unwrap();
        assert_eq!(text(&file, 2048).unwrap().len(), 2048);
        assert!(text(&file, 1024).unwrap_err().to_string().contains("1 KiB"));
        assert!(text(&folder, 1024).is_err(), "a folder");
        assert!(text(Path::new("/dev/zero"), 1024).is_err(), "what never ends");
        std::fs::write(&file, b"\xff").unwrap();
        assert!(text(&file, 1024).is_err(), "not UTF-8");
        std::fs::remove_file(&file).unwrap();
    }
}
