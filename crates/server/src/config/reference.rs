//! The reference page of all keys, written from the same types that are parsed.

use std::fmt::Write as _;

use super::catalogue::{self, Key};

pub use super::catalogue::schema;

const HEAD: &str = "\
# Configuration reference

<!-- Written by `vestibule config reference`; a test holds this page and the program together. -->

Vestibule reads a TOML file (`--config PATH`, else `VESTIBULE_CONFIG`, else `vestibule.toml` in the
current folder) and environment variables. The later of these wins: defaults, files in the order
given, `DATABASE_URL`, `PORT` and `OTEL_EXPORTER_OTLP_ENDPOINT`, then `VESTIBULE_SECTION__KEY`.

- Spans of time are written `30s`, `15m`, `1h 30m`, `30d`; sizes `16KiB`, `2MiB`.
- Each secret has a twin that names a file which holds it (`master_key_file`,
  `VESTIBULE_DATABASE__URL_FILE`); setting both is a fault. A secret's file must not be open to
  everyone on the machine.
- Relative paths in a file start at that file's folder; in a variable, at the current folder.
- Lists in a variable are separated by commas.
- An unknown key is a fault. `vestibule config check` tells all faults at once;
  `vestibule config show --origin` tells where each value came from; `vestibule config schema`
  prints the JSON Schema for editors.
- `NO_COLOR` switches colours off. Other `OTEL_*` variables have their usual meaning.

A whole production file:

```toml
issuer = \"https://id.clinic.example\"

[database]
url = \"postgres://vestibule@db/vestibule\"

[secrets]
master_key_file = \"vestibule.key\"
```
";

/// The page, as Markdown.
pub fn markdown() -> String {
    let mut page = HEAD.to_owned();
    let mut section = None;
    for key in catalogue::keys() {
        let (head, name) = key.path.split_once('.').unwrap_or(("", &key.path));
        if section != Some(head) {
            section = Some(head);
            let title =
                if head.is_empty() { "Top level".to_owned() } else { format!("`[{head}]`") };
            // Writing to a String cannot fail.
            let _ = write!(page, "\n## {title}\n\n| key | default | meaning |\n|---|---|---|\n");
        }
        let _ = writeln!(page, "| `{name}` | {} | {} |", default(key), meaning(key));
    }
    page
}

fn default(key: &Key) -> String {
    key.default.as_ref().map_or_else(|| "–".to_owned(), |value| format!("`{value}`"))
}

fn meaning(key: &Key) -> String {
    let mut text = key.description.replace('|', "\\|");
    let bounds = match key.range {
        (Some(least), Some(most)) => Some(format!("{least} to {most}")),
        (Some(0), None) => None,
        (Some(least), None) => Some(format!("at least {least}")),
        (None, Some(most)) => Some(format!("at most {most}")),
        (None, None) => None,
    };
    if let Some(bounds) = bounds {
        let _ = write!(text, " ({bounds})");
    }
    let _ = write!(text, " `{}`", key.variable());
    text
}
