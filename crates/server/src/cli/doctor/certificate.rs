//! When a certificate ends (RFC 5280 §4.1.2.5).

use vestibule_protocol::Timestamp;
use x509_cert::der::Decode as _;

use super::Finding;
use crate::cli::console::moment;

/// So many days before its end it is time to renew.
const SOON: i64 = 14;
const DAY: i64 = 86_400;

/// What is to be said of a certificate (DER) of `what`.
pub(super) fn judge(check: &'static str, what: &str, der: &[u8], now: Timestamp) -> Finding {
    let end = x509_cert::Certificate::from_der(der).ok().and_then(|certificate| {
        let end = certificate.tbs_certificate.validity.not_after.to_unix_duration();
        i64::try_from(end.as_secs()).ok()
    });
    let Some(end) = end else {
        return Finding::warning(
            check,
            format!("the certificate of {what} cannot be read"),
            "look at it with: openssl x509 -text",
        );
    };
    let fix =
        "renew it, and restart the server that offers it; whoever does so by itself has failed to";
    let (left, at) = ((end - now.as_seconds()).div_euclid(DAY), moment(end));
    match left {
        ..0 => Finding::bad(check, format!("the certificate of {what} ended at {at}"), fix),
        0..SOON => Finding::warning(
            check,
            format!("the certificate of {what} ends in {left} days, at {at}"),
            fix,
        ),
        _ => Finding::good(check, format!("{what}: {left} days left, until {at}")),
    }
}
