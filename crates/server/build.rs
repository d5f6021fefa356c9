//! Links the release program so that it holds less memory.
//!
//! It has 29 MiB of machine code, of which a start runs 3.5, spread over all of it. The kernel maps 64 KiB and
//! more around each page that is touched, so an idle server had 16 MiB of it resident. `link/start-order` names
//! what a start runs, and the linker puts that first. A name that is not found costs memory, never a build.
//!
//! And the addresses that the loader corrects are listed in the packed form (`RELR`), 1.6 MiB less to read.
//!
//! A linker or C library that does not know one of these options goes without: each is tried on an empty program,
//! and so does a program for another machine, which cannot be tried here.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

type Fault = Box<dyn std::error::Error>;

const ORDER: &str = "link/start-order";

fn main() -> Result<(), Fault> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={ORDER}");
    let linux = variable("CARGO_CFG_TARGET_OS")? == "linux";
    if !linux || variable("PROFILE")? != "release" || variable("TARGET")? != variable("HOST")? {
        return Ok(());
    }
    let folder = PathBuf::from(variable("OUT_DIR")?);
    let script = folder.join("order.ld");
    fs::write(&script, linker_script(&fs::read_to_string(ORDER)?))?;
    let trial = Trial::new(&folder)?;
    for option in [format!("-Wl,-T,{}", script.display()), "-Wl,-z,pack-relative-relocs".into()] {
        if trial.takes(&option) {
            println!("cargo:rustc-link-arg-bins={option}");
        }
    }
    Ok(())
}

/// A section before `.text` for the functions of the list; all else stays as the linker has it.
fn linker_script(order: &str) -> String {
    let names = order.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let each = names.map(|name| format!("    *(.text.{name} .text.unlikely.{name})\n"));
    let sections: String = each.collect();
    format!("SECTIONS {{\n  .text.start : {{\n{sections}  }}\n}}\nINSERT BEFORE .text;\n")
}

/// An empty program, built as the real one will be, to see which options of the linker work.
struct Trial {
    source: PathBuf,
    program: PathBuf,
    flags: Vec<OsString>,
}

impl Trial {
    fn new(folder: &Path) -> Result<Self, Fault> {
        let source = folder.join("trial.rs");
        fs::write(&source, "fn main() {}\n")?;
        let chosen = variable("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
        let mut flags: Vec<OsString> =
            chosen.split('\x1f').filter(|flag| !flag.is_empty()).map(OsString::from).collect();
        if let Some(linker) = env::var_os("RUSTC_LINKER") {
            flags.extend(["-C".into(), [OsString::from("linker="), linker].into_iter().collect()]);
        }
        Ok(Self { source, program: folder.join("trial"), flags })
    }

    /// Whether a program linked with it is made, and starts.
    fn takes(&self, option: &str) -> bool {
        let compiler = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let mut link = Command::new(compiler);
        link.args(&self.flags).arg(format!("-Clink-arg={option}"));
        link.arg("-o").args([&self.program, &self.source]);
        succeeds(&mut link) && succeeds(&mut Command::new(&self.program))
    }
}

fn succeeds(command: &mut Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

#[expect(clippy::disallowed_methods, reason = "cargo speaks to a build script by the environment")]
fn variable(name: &str) -> Result<String, Fault> {
    env::var(name).map_err(|error| format!("{name}: {error}").into())
}
