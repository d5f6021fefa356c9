//! The catalogue of errors for its readers: the reference page, and one entry as a document.
//!
//! The texts stand in `vestibule_protocol::refusal::catalogue`; what the person who signs in is told
//! stands in `locales/`.

use std::fmt::Write as _;

use serde_json::{Value, json};
use vestibule_protocol::refusal::Entry;
use vestibule_protocol::refusal::catalogue;

use crate::i18n::Tr;
use crate::pages::views::user_text;

const HEAD: &str = "\
# Errors

<!-- Written by `vestibule errors reference`; a test holds this page and the program together. -->

Each refusal has three readers. The **person** who signs in is told what to do. The **vendor's
developer** hears a standard error code, a short description that gives nothing away, and the address of
a page that explains it (`error_uri`). The **admin** reads the reason and the facts that were compared,
in the case file:

```sh
vestibule case show 7FK-2QD
```

The case code ends every `error_description`, as in `the code has expired (case 7FK-2QD)`, and stands on
every error page with the id `case-code`. It is typed as it is heard: letter case and the dash do not
matter, O counts as 0, I and L count as 1.

How an error travels:

| where | how |
|---|---|
| authorization endpoint, before client and redirect URI are known to be right | shown to the user; never redirected |
| authorization endpoint, afterwards | sent to the redirect URI as `error`, `error_description`, `error_uri`, `state` (if it came) and `iss`, by the asked `response_mode` |
| token, introspection, revocation, userinfo | JSON with `error`, `error_description` and `error_uri` |
| logout | shown to the user |
| a wrong method at an endpoint that clients call | 405 `invalid_request` with `Allow`, in JSON |
| a body that is no form, too large or too slow, at one of them | 415, 413 or 408 `invalid_request`, in JSON |
| a discovery document where there is none | 404 `invalid_request`, in JSON |
| a path that there is not | a page with the code `not_found`; a page that takes other methods says `method_not_allowed` |

Statuses: `invalid_client` and `invalid_token` are 401 with `WWW-Authenticate` (RFC 6750 §3),
`insufficient_scope` 403, `server_error` 500, `temporarily_unavailable` 429 or 503 with `Retry-After`, all
others 400 unless the table above says otherwise. A token found invalid by introspection is no error: the
answer is `{\"active\":false}`, and the endpoint records nothing.

Each code has a page at `/errors/CODE` below the issuer, also as JSON (`Accept: application/json`). A code
is never given to another reason. Where callers must not tell reasons apart, they hear one code for all of
them; the case file has the exact one.
";

const TAIL: &str = "
## Facts worth knowing

Two facts say at a glance what is wrong; what is recognisable besides stands under `hints`, which
[When a sign-in fails](../guides/troubleshooting.md) explains.

`difference`, of a redirect URI and the nearest that is registered:

| word | they differ in |
|---|---|
| `trailing_slash`, `letter_case`, `whitespace` | the slash at the end; capital letters; blanks or a line break at an end |
| `percent_encoding`, `double_encoding` | escapes of the same characters; escaped once more than registered |
| `invisible`, `look_alike` | characters that are not seen; letters of another alphabet |
| `scheme`, `user_info`, `host`, `port`, `path`, `query`, `fragment` | that part alone |
| `several` | more than one of these; the case file names all of them |
| `nothing_registered` | there is nothing to differ from |

`diagnosis`, of a wrong client secret (the secret itself is never kept):

| member | says |
|---|---|
| `length` | how many bytes came |
| `surrounding_white_space`, `matches_when_trimmed` | it was pasted with a blank or a line break; without it, it would be right |
| `matches_when_decoded` | the client escapes what it sends once too often |
| `matches_when_escaped` | the client does not escape what it sends in the form |

## Sign-in

A sign-in that fails (`VB-31xx`) is not answered to the client: the page is shown again, and the event log
has `session.refused`. The page answers 422, and 429 with `Retry-After` while the account is throttled; a
throttled attempt is not recorded.
";

/// The parts of the catalogue, by the digit that follows `VB-`.
pub const PARTS: [(&str, &str); 5] = [
    ("VB-1", "The request"),
    ("VB-2", "The client"),
    ("VB-3", "The user"),
    ("VB-4", "The session, the code, the grant and the tokens"),
    ("VB-5", "The server"),
];

/// The entries of a part.
pub fn part(prefix: &str) -> impl Iterator<Item = &'static Entry> {
    catalogue::all().filter(move |entry| entry.code.starts_with(prefix))
}

/// An entry for programs.
pub fn document(entry: &Entry, tr: Tr) -> Value {
    json!({
        "code": entry.code,
        "reason": entry.word,
        "error": (!entry.error.is_empty()).then_some(entry.error),
        "told_as": entry.heard,
        "mended_by": entry.mender,
        "user": tr.t(user_text(entry.user)),
        "developer": entry.developer,
        "admin": entry.admin,
    })
}

/// The reference page, as Markdown.
pub fn markdown() -> String {
    let mut page = HEAD.to_owned();
    let tr = Tr::default();
    for (prefix, title) in PARTS {
        // Writing to a String cannot fail.
        let _ = write!(page, "\n## {prefix}xxx: {}\n", title.to_lowercase());
        for entry in part(prefix) {
            let _ = write!(page, "\n### {} `{}`\n\n", entry.code, entry.word);
            match entry.error {
                "" => {}
                error if entry.heard == entry.code => {
                    let _ = write!(page, "Told as `{error}`. ");
                }
                error => {
                    let _ = write!(page, "Told as `{error}` with the code {}. ", entry.heard);
                }
            }
            let _ = write!(
                page,
                "Mended by {}.\n\n- **Person:** {}\n- **Developer:** {}\n- **Admin:** {}\n",
                entry.mender.words(),
                tr.t(user_text(entry.user)),
                entry.developer,
                entry.admin,
            );
        }
    }
    page.push_str(TAIL);
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_page_is_the_one_in_the_documents() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/errors.md");
        assert_eq!(
            std::fs::read_to_string(file).unwrap_or_default(),
            markdown(),
            "write it anew: cargo run -- errors reference > docs/reference/errors.md"
        );
    }

    #[test]
    fn every_entry_has_a_part_and_every_situation_a_text_in_every_language() {
        let listed: usize = PARTS.iter().map(|(prefix, _)| part(prefix).count()).sum();
        assert_eq!(listed, catalogue::all().count());
        for tr in Tr::all() {
            for entry in catalogue::all() {
                let key = user_text(entry.user);
                assert!(tr.t(key).len() > 20 && tr.t(key) != key, "{} {key}", tr.lang());
            }
        }
    }
}
