//! Reading credentials.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use zeroize::Zeroizing;

use super::{AuthMethodUsed, Credentials, Presented};
use crate::ids::ClientId;
use crate::params::Params;
use crate::refusal::{Reason, id_excerpt};

/// The longest `Authorization` header that is read, in bytes.
const MAX_HEADER_BYTES: usize = 4 * 1024;

/// The parameters that this module reads; none may repeat.
const KNOWN: [&str; 4] =
    ["client_id", "client_secret", "client_assertion", "client_assertion_type"];

/// Reads the credentials of a request (RFC 6749 §2.3.1). Two kinds at once are refused; a
/// `client_id` in the form beside the header is not, as long as both say the same (AS-71).
pub fn present(params: &Params, authorization: Option<&str>) -> Result<Presented, Reason> {
    if let Some(parameter) = params.repeated(&KNOWN) {
        return Err(Reason::RepeatedParameter { parameter });
    }
    if params.one("client_assertion").is_some() || params.one("client_assertion_type").is_some() {
        return Err(Reason::ClientAssertionUnsupported);
    }
    match authorization {
        Some(header) => with_header(params, header),
        None => from_form(params),
    }
}

fn from_form(params: &Params) -> Result<Presented, Reason> {
    let client_id = params.one("client_id").ok_or(Reason::ClientAuthMissing)?;
    let secret = params.one("client_secret").map(|secret| Zeroizing::new(secret.to_owned()));
    let used = if secret.is_some() { AuthMethodUsed::Post } else { AuthMethodUsed::None };
    let reading = Credentials { client_id: ClientId(client_id.to_owned()), secret };
    Ok(Presented { used, readings: vec![reading] })
}

fn with_header(params: &Params, header: &str) -> Result<Presented, Reason> {
    let mut readings = read_basic(header)?;
    if params.one("client_secret").is_some() {
        return Err(Reason::SeveralAuthMethods);
    }
    if let Some(form) = params.one("client_id") {
        let header = readings.first().map(|reading| id_excerpt(&reading.client_id.0));
        readings.retain(|reading| reading.client_id.0 == form);
        if readings.is_empty() {
            let header = header.unwrap_or_default();
            return Err(Reason::ClientIdContradiction { header, form: id_excerpt(form) });
        }
    }
    // Libraries of public clients send "id:" (RFC 6749 §2.3.1 lets an empty secret be omitted).
    let without_secret = readings.iter().all(|reading| reading.secret.is_none());
    let used = if without_secret { AuthMethodUsed::None } else { AuthMethodUsed::Basic };
    Ok(Presented { used, readings })
}

/// RFC 6749 §2.3.1 wants id and secret form-urlencoded before base64; half of the libraries do not
/// do it. Both readings are kept: decoded first, then raw.
fn read_basic(header: &str) -> Result<Vec<Credentials>, Reason> {
    if header.len() > MAX_HEADER_BYTES {
        return Err(Reason::BasicTooLong { length: header.len(), limit: MAX_HEADER_BYTES });
    }
    let (scheme, encoded) = header.trim().split_once(' ').unwrap_or((header.trim(), ""));
    if !scheme.eq_ignore_ascii_case("Basic") {
        // Without a space the whole header may be a secret; then only its kind is told.
        let scheme = if encoded.is_empty() { "none" } else { scheme };
        return Err(Reason::AuthorizationScheme { scheme: id_excerpt(scheme) });
    }
    let bytes = STANDARD.decode(encoded.trim()).map_err(|_| Reason::BasicNotBase64)?;
    let text = String::from_utf8(bytes).map_err(|_| Reason::BasicNotBase64)?;
    let text = Zeroizing::new(text);
    if text.contains('\0') {
        // No id and no secret has it, and not every database takes it in a question either.
        return Err(Reason::BasicNotBase64);
    }
    let (id, secret) = text.split_once(':').ok_or(Reason::BasicWithoutColon)?;
    if id.is_empty() {
        return Err(Reason::ClientAuthMissing);
    }
    let raw = credentials(id, secret);
    if !text.contains(['%', '+']) {
        return Ok(vec![raw]);
    }
    let decoded = form_decoded(id).zip(form_decoded(secret));
    let decoded = decoded.map(|(id, secret)| credentials(&id, &secret));
    Ok(decoded.into_iter().chain([raw]).collect())
}

fn credentials(id: &str, secret: &str) -> Credentials {
    let secret = (!secret.is_empty()).then(|| Zeroizing::new(secret.to_owned()));
    Credentials { client_id: ClientId(id.to_owned()), secret }
}

/// `None` when what comes out is no text.
pub(super) fn form_decoded(text: &str) -> Option<Zeroizing<String>> {
    let spaced = Zeroizing::new(text.replace('+', " "));
    let decoded =
        percent_decode_str(&spaced).decode_utf8().ok().filter(|text| !text.contains('\0'));
    decoded.map(|text| Zeroizing::new(text.into_owned()))
}
