//! The description of the administration API.

use askama::Template;

use super::shell::Shell;
use crate::api::openapi;
use crate::api::openapi::book::Book;
use crate::api::problem::Kind;

/// Every operation and every document of the API, on one page; in English, as the description is.
#[derive(Template)]
#[template(path = "api_docs.html")]
pub struct ApiDocs {
    /// The frame.
    pub shell: Shell,
    /// What is on it.
    pub book: Book,
    kinds: &'static [Kind],
}

impl ApiDocs {
    /// The page in this frame.
    pub fn new(shell: Shell, issuer: &str) -> Self {
        Self { shell, book: Book::read(&openapi::document(issuer)), kinds: Kind::ALL }
    }

    fn window_title(&self) -> String {
        self.shell.title("Administration API", false)
    }

    fn openapi(&self) -> String {
        self.shell.path("/api/openapi.json")
    }

    /// The document that a type speaks of, to link to it.
    fn linked(&self, kind: &str) -> Option<String> {
        let name = kind.rsplit(' ').next().unwrap_or_default();
        let known = self.book.documents.iter().any(|document| document.name == name);
        known.then(|| name.to_owned())
    }
}

#[cfg(test)]
impl ApiDocs {
    pub(crate) fn samples(shell: &Shell) -> Vec<Self> {
        vec![Self::new(shell.clone(), "https://id.lakeside.example")]
    }
}
