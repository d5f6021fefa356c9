//! The reference page of the API, in Markdown, from the OpenAPI document.

use std::fmt::Write as _;

use super::openapi;
use super::openapi::book::{Book, Field, Operation};
use super::problem::Kind;

const HEAD: &str = "\
# API reference

<!-- Written by `vestibule api reference`; a test holds this page and the program together. -->

`/api/v1` does for programs what the console does for people: the same acts, the same permissions,
the same lines in the event log. `/api/openapi.json` describes it for generators (OpenAPI 3.1),
`/api/docs` shows that description in a browser.

## Who calls

- An **API token**, made by `vestibule token add` or in the console, sent as
  `Authorization: Bearer vbt_…`. It acts for its administrator, may at most what the token and the
  administrator's roles both allow, and ends.
- A **client** with its own access token (`grant_type=client_credentials`). The client needs a role
  (`vestibule admin grant --client`), and the token's scopes, which are the names of permissions, are
  a ceiling. A token that was issued for a user opens nothing here.

There are no cookies and no CORS headers: the API is for servers.

## Where

Paths act in the root organization. The same paths below `/api/v1/organizations/{org}` act in another
one, by its number or its short name. What belongs to another organization answers exactly as what does
not exist; so does an organization in which the caller may do nothing.

## Rules

- Documents are JSON in UTF-8, at most 64 KiB, 16 levels deep. A member that is unknown, is there
  twice, or may not be written is refused with 422, and nothing is stored.
- Files are sent and answered as they are. An answer that is a file is read while it is sent; one that
  cannot be read to its end breaks off, so that nobody takes a part for the whole.
- Numbers of rows are strings. Moments are RFC 3339 in UTC.
- Lists come in pages: `limit` and `cursor`; `next`, and the header `Link` with `rel=\"next\"`, lead
  on. Whoever is added meanwhile comes at the end; nothing is shown twice or left out.
- One thing has an `ETag`. `If-None-Match` saves fetching it again (304); `If-Match` on PUT, PATCH and
  DELETE refuses to change what somebody else has changed (412). Without it the change is made.
- PATCH is a JSON merge patch (RFC 7396): members that are left out stay, `null` puts a setting back
  to its default, lists are replaced as a whole.
- `Idempotency-Key` on POST: sent again under the same key within 24 hours, the same request gets the
  first one's answer and nothing is done twice, also when it holds a secret. Another request under the
  key is refused (422). While the first one runs the answer is 409 with `Retry-After`. A request that
  was refused leaves its key free.
- Tokens that do not work are counted by address, and too many are answered 429.

## Problems

Every error is a document of RFC 9457, `application/problem+json`: `type`, `title`, `status`,
`detail`, `instance`, `request_id`, for values that cannot be accepted `errors` with one `field` and
`problem` each, and `case` where the event log has more under a case code.

";

/// The page, as Markdown.
pub fn markdown() -> String {
    let book = Book::read(&openapi::document("https://id.example"));
    let mut page = HEAD.to_owned();
    // Writing to a String cannot fail.
    let _ = writeln!(page, "| status | type | meaning |\n|---|---|---|");
    for kind in Kind::ALL {
        let (status, word, title) = (kind.status(), kind.word(), kind.title());
        let _ = writeln!(page, "| {status} | `/errors/{word}` | {title} |");
    }
    for noun in &book.nouns {
        let _ = writeln!(page, "\n## {}", noun.name);
        for operation in &noun.operations {
            write_operation(&mut page, operation);
        }
    }
    let _ = writeln!(page, "\n## Documents");
    for document in &book.documents {
        let _ = writeln!(page, "\n### {}\n\n{}", document.name, document.text);
        if !document.words.is_empty() {
            let _ = writeln!(page, "\n| word | meaning |\n|---|---|");
            for word in &document.words {
                let _ = writeln!(page, "| `{}` | {} |", word.name, cell(&word.text));
            }
        }
        if !document.fields.is_empty() {
            write_fields(&mut page, "member", &document.fields);
        }
    }
    page
}

fn write_operation(page: &mut String, operation: &Operation) {
    let Operation { method, path, summary, .. } = operation;
    let _ = writeln!(page, "\n### {method} {path}\n\n{summary}");
    let permission = operation.permission.as_deref();
    let needs = permission.map_or("any administrator".to_owned(), |it| format!("`{it}`"));
    let place = if operation.anywhere { "" } else { "; for the whole installation" };
    let _ = write!(page, "\n`{}` needs {needs}{place}.", operation.id);
    if let Some(takes) = &operation.takes {
        let _ = write!(page, " It takes {takes}.");
    }
    match &operation.gives {
        Some(gives) => _ = writeln!(page, " It answers {} with {gives}.", operation.status),
        None => _ = writeln!(page, " It answers {}.", operation.status),
    }
    if !operation.parameters.is_empty() {
        write_fields(page, "parameter", &operation.parameters);
    }
    if let Some(example) = &operation.example {
        let language = if example.starts_with(['{', '[']) { "json" } else { "text" };
        let _ = writeln!(page, "\n```{language}\n{example}\n```");
    }
}

fn write_fields(page: &mut String, heading: &str, fields: &[Field]) {
    let _ = writeln!(page, "\n| {heading} | type | meaning |\n|---|---|---|");
    for field in fields {
        let needed = if field.needed { "" } else { ", may be left out" };
        let _ = writeln!(
            page,
            "| `{}` | {}{needed} | {} |",
            field.name,
            cell(&field.kind),
            cell(&field.text)
        );
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn the_reference_page_is_the_one_in_the_documents() {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/api.md");
        let written = std::fs::read_to_string(page).unwrap_or_default();
        assert!(
            written == super::markdown(),
            "write it anew: cargo run -- api reference > docs/reference/api.md"
        );
    }
}
