//! The configuration as it is in force.

use askama::Template;

use super::frame::Frame;
use crate::config::show::Shown;

/// The configuration, section by section.
#[derive(Template)]
#[template(path = "admin/system.html")]
pub struct System {
    /// The frame.
    pub frame: Frame,
    /// The sections with their keys.
    pub sections: Vec<(String, Vec<Setting>)>,
}

/// A key in force.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Its name within the section.
    pub name: String,
    /// Its value; a secret is masked.
    pub value: String,
    /// Where it stands; nothing for a default.
    pub origin: Option<String>,
}

impl System {
    /// The page of these keys.
    pub fn of(frame: Frame, shown: &[Shown]) -> Self {
        let mut sections: Vec<(String, Vec<Setting>)> = Vec::new();
        for line in shown {
            let (section, name) = line.key.split_once('.').unwrap_or(("general", &line.key));
            let origin = (line.origin != "default").then(|| line.origin.clone());
            let setting = Setting { name: name.to_owned(), value: line.value.clone(), origin };
            match sections.iter_mut().find(|(known, _)| known == section) {
                Some((_, settings)) => settings.push(setting),
                None => sections.push((section.to_owned(), vec![setting])),
            }
        }
        Self { frame, sections }
    }
}

#[cfg(test)]
impl System {
    pub(crate) fn samples() -> Vec<Self> {
        use super::frame::Section;

        let line = |key: &str, value: &str, origin: &str| Shown {
            key: key.to_owned(),
            value: value.to_owned(),
            origin: origin.to_owned(),
        };
        let shown = [
            line("issuer", "\"https://id.lakeside.example\"", "vestibule.toml line 1"),
            line("server.bind", "\"127.0.0.1:8080\"", "default"),
            line("secrets.master_key", "(hidden)", "variable VESTIBULE_SECRETS__MASTER_KEY"),
            line("branding.name", "\"<b>Lakeside</b>\"", "vestibule.toml line 7"),
        ];
        vec![Self::of(Frame { section: Section::System, ..Frame::sample() }, &shown)]
    }
}
