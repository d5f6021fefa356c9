//! A second opinion: the `code_grant` machines of `oxide_auth` beside our decisions.
//!
//! They know RFC 6749 and nothing about OpenID Connect. On random scenes both agree about what is
//! granted and in which order a request fails, except on the points below, each a test that shows
//! the difference and names the clause that we follow:
//!
//! | they | we | test |
//! |---|---|---|
//! | unknown code is `invalid_request` | `invalid_grant` | `rfc6749_5_2_an_unknown_code_is_invalid_grant` |
//! | failed PKCE is `invalid_request` | `invalid_grant` | `rfc7636_4_6_a_failed_verification_is_invalid_grant` |
//! | redirect URIs are compared after normalising | byte for byte | `i9_redirect_uris_are_not_normalised` |
//! | the token request always needs `redirect_uri` | only if it was sent before | `rfc6749_4_1_3_an_omitted_redirect_uri_stays_omitted` |
//! | a verifier without challenge passes | it is refused | `i12_a_verifier_without_challenge_is_no_downgrade` |
//! | a verifier may be anything | 43 to 128 characters | `rfc7636_4_1_a_short_verifier_is_refused` |
//! | missing `response_type` is `unsupported_response_type` | `invalid_request` | `as_26_a_missing_response_type_is_invalid_request` |
//! | a fragment in `redirect_uri` is as good as any | nothing registered has one | `rfc6749_3_1_2_no_fragment_is_ever_registered` |
//! | the port of `localhost` is ignored | of the literals alone | `rfc8252_7_3_the_port_of_literals_and_not_of_names` |

mod authorize;
mod code;
mod refresh;
mod scope;

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use oxide_auth::primitives::grant::{Extensions, Grant};

use crate::fixtures::*;

/// Their clock is the machine's; so a grant ends far from now on either side.
fn grant(scope: &str, client_id: &str, live: bool) -> Box<Grant> {
    let century = Duration::from_secs(100 * 365 * 86_400);
    let until = if live { SystemTime::UNIX_EPOCH + century } else { SystemTime::UNIX_EPOCH };
    Box::new(Grant {
        owner_id: user().subject.0,
        client_id: client_id.to_owned(),
        scope: scope.parse().expect("a scope"),
        redirect_uri: CALLBACK.parse().expect("a URL"),
        until: until.into(),
        extensions: Extensions::new(),
    })
}

fn text(value: Option<&str>) -> Option<Cow<'_, str>> {
    value.map(Cow::Borrowed)
}
