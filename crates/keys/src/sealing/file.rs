//! The file of a master key: made for its owner alone, refused when others can read it.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::{MasterKey, MasterKeyError};

/// The most that is read of a file that should hold 43 characters.
const MAX_FILE: u64 = 4096;

/// Why a master key file was not written or read.
#[derive(Debug, thiserror::Error)]
pub enum MasterFileError {
    /// The file is there already: a master key is never overwritten.
    #[error(
        "{0} exists already; a master key is never overwritten, since all that it sealed would be lost"
    )]
    Exists(PathBuf),
    /// The system refused.
    #[error("cannot {what} the master key file {path}: {cause}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// Others than the owner can read it.
    #[error(
        "the master key file {path} has mode {mode:04o}, so others can read it; run: chmod 600 {path}"
    )]
    Readable {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Not a file that can hold a key.
    #[error("{path} has {bytes} bytes and is no master key file (43 characters of base64url)")]
    TooLong {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
    },
    /// Its content is not a master key.
    #[error("in {path}: {cause}")]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        cause: MasterKeyError,
    },
}

impl MasterKey {
    /// Writes the key to a new file that only its owner can read, and waits until it is on disk:
    /// what is sealed next would otherwise be lost with it.
    pub fn write_file(&self, path: &Path) -> Result<(), MasterFileError> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path).map_err(|cause| {
            if cause.kind() == io::ErrorKind::AlreadyExists {
                return MasterFileError::Exists(path.to_owned());
            }
            failed("create", path)(cause)
        })?;
        let mut text = self.to_text();
        text.push('\n');
        file.write_all(text.as_bytes()).map_err(failed("write", path))?;
        file.sync_all().map_err(failed("write", path))?;
        #[cfg(unix)]
        if let Some(directory) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            File::open(directory)
                .and_then(|directory| directory.sync_all())
                .map_err(failed("write", path))?;
        }
        Ok(())
    }

    /// Reads the key from a file that only its owner can read. A container's secret mount, which
    /// is world-readable by design, is read by the caller and given to [`MasterKey::parse`].
    pub fn read_file(path: &Path) -> Result<Self, MasterFileError> {
        let file = File::open(path).map_err(failed("open", path))?;
        let facts = file.metadata().map_err(failed("read", path))?;
        refuse_readable(path, &facts)?;
        let mut text = Zeroizing::new(String::with_capacity(128));
        let read = file.take(MAX_FILE + 1).read_to_string(&mut text);
        let bytes = read.map_err(failed("read", path))? as u64;
        if bytes > MAX_FILE {
            return Err(MasterFileError::TooLong { path: path.to_owned(), bytes: facts.len() });
        }
        Self::parse(&text)
            .map_err(|cause| MasterFileError::Content { path: path.to_owned(), cause })
    }
}

/// On the open file, so that it cannot be exchanged between the look and the read.
#[cfg(unix)]
fn refuse_readable(path: &Path, facts: &std::fs::Metadata) -> Result<(), MasterFileError> {
    let mode = std::os::unix::fs::PermissionsExt::mode(&facts.permissions()) & 0o7777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(MasterFileError::Readable { path: path.to_owned(), mode })
}

#[cfg(not(unix))]
fn refuse_readable(_: &Path, _: &std::fs::Metadata) -> Result<(), MasterFileError> {
    Ok(())
}

fn failed<'a>(
    what: &'static str,
    path: &'a Path,
) -> impl FnOnce(io::Error) -> MasterFileError + 'a {
    move |cause| MasterFileError::Io { what, path: path.to_owned(), cause }
}
