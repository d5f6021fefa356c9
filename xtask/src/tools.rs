//! What the tests need beyond Rust and a C toolchain.
//!
//! On Debian and its descendants, as root, what is missing is installed with apt-get. Elsewhere
//! nothing is touched: the error lists exactly what to install. Packages of Python and npm are
//! pinned (`tests/python/requirements.txt`, `tests/browser/package-lock.json`) and always live
//! under `target/test-tools`.

use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::{run, workspace};

/// One thing the tests need.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// The browser of the browser tests.
    Chromium,
    /// What drives it.
    Chromedriver,
    /// The server binaries of PostgreSQL (initdb, pg_ctl, postgres).
    Postgres,
    /// Python 3 with the relying parties' packages.
    Python,
    /// Node with the browser tests' packages: the accessibility checker run in each page, and relying
    /// parties.
    Npm,
}

/// Makes sure that each tool is there, installing what can be installed.
pub fn bring(tools: &[Tool]) -> Result<(), String> {
    let missing: Vec<&str> =
        tools.iter().flat_map(|tool| tool.missing_packages()).copied().collect();
    if !missing.is_empty() {
        install(&missing)?;
    }
    if tools.contains(&Tool::Python) {
        python_packages()?;
    }
    if tools.contains(&Tool::Npm) {
        npm_packages()?;
    }
    for tool in tools {
        println!("{}", tool.describe()?);
    }
    Ok(())
}

impl Tool {
    /// Debian's packages that would bring what is not there.
    fn missing_packages(self) -> &'static [&'static str] {
        match self {
            Self::Chromium if chromium().is_none() => &["chromium"],
            Self::Chromedriver if on_path("chromedriver").is_none() => &["chromium-driver"],
            Self::Postgres if postgres().is_none() => &["postgresql"],
            Self::Python if !python_works() => &["python3", "python3-venv"],
            Self::Npm if on_path("node").is_none() || on_path("npm").is_none() => {
                &["nodejs", "npm"]
            }
            _ => &[],
        }
    }

    fn describe(self) -> Result<String, String> {
        let found = match self {
            Self::Chromium => chromium().map(|path| format!("chromium      {}", path.display())),
            Self::Chromedriver => {
                on_path("chromedriver").map(|path| format!("chromedriver  {}", path.display()))
            }
            Self::Postgres => postgres().map(|path| format!("postgresql    {}", path.display())),
            Self::Python => Some(format!("python        {}", venv_python().display())),
            Self::Npm => Some(format!("npm packages  {}", npm_modules().display())),
        };
        found
            .ok_or_else(|| format!("still missing after installing: {:?}", self.missing_packages()))
    }
}

/// Installs Debian packages as root, or says what to install.
fn install(packages: &[&str]) -> Result<(), String> {
    let wanted = packages.join(" ");
    let root = run::output("id", &["-u"]).is_some_and(|id| id.trim() == "0");
    if on_path("apt-get").is_none() || !root {
        return Err(format!(
            "these are missing and can only be installed by you: {wanted} (names of Debian's \
             packages; on Debian: `sudo apt-get install --no-install-recommends {wanted}`)"
        ));
    }
    run::shown("apt-get", &["update", "-q"])?;
    let mut arguments = vec!["install", "-q", "-y", "--no-install-recommends"];
    arguments.extend_from_slice(packages);
    run::shown("env", &[&["DEBIAN_FRONTEND=noninteractive", "apt-get"], &*arguments].concat())
}

/// The pinned packages in an environment of their own, made again when the pins change.
fn python_packages() -> Result<(), String> {
    let pins_path = workspace::root().join("tests/python/requirements.txt");
    let pins = read(&pins_path)?;
    let folder = workspace::test_tools().join("python");
    let stamp = folder.join("installed-requirements.txt");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == pins) {
        return Ok(());
    }
    if folder.exists() {
        fs::remove_dir_all(&folder)
            .map_err(|error| format!("{} could not be replaced: {error}", folder.display()))?;
    }
    let folder_name = folder.display().to_string();
    run::shown("python3", &["-m", "venv", &folder_name])?;
    run::shown(
        &venv_python().display().to_string(),
        &[
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-input",
            "--requirement",
            &pins_path.display().to_string(),
        ],
    )?;
    fs::write(&stamp, pins).map_err(|error| format!("{} not written: {error}", stamp.display()))
}

/// Packages from the npm registry, at the versions and digests of the committed lock file.
fn npm_packages() -> Result<(), String> {
    let folder = workspace::test_tools().join("browser");
    let pins = workspace::root().join("tests/browser");
    let stamp = folder.join("installed-package-lock.json");
    let lock = read(&pins.join("package-lock.json"))?;
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    fs::create_dir_all(&folder)
        .map_err(|error| format!("{} could not be made: {error}", folder.display()))?;
    for name in ["package.json", "package-lock.json"] {
        fs::copy(pins.join(name), folder.join(name))
            .map_err(|error| format!("tests/browser/{name} could not be copied: {error}"))?;
    }
    run::shown_in(&folder, "npm", &["ci", "--no-audit", "--no-fund", "--ignore-scripts"])?;
    fs::write(&stamp, lock).map_err(|error| format!("{} not written: {error}", stamp.display()))
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{} not readable: {error}", path.display()))
}

fn venv_python() -> PathBuf {
    workspace::test_tools().join("python/bin/python")
}

fn npm_modules() -> PathBuf {
    workspace::test_tools().join("browser/node_modules")
}

fn python_works() -> bool {
    run::output("python3", &["-c", "import ensurepip, venv"]).is_some()
}

fn chromium() -> Option<PathBuf> {
    ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(on_path)
}

/// The folder of PostgreSQL's server binaries; Debian keeps them off the PATH.
fn postgres() -> Option<PathBuf> {
    if let Some(initdb) = on_path("initdb") {
        return initdb.parent().map(Path::to_path_buf);
    }
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    versions
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .find(|folder| folder.join("initdb").exists())
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}
