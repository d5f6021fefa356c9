//! The headers that tell a browser what a page may do.
//!
//! [`headers`] gives all of them for one kind of answer, as data; only the documents that everybody
//! may read say of themselves that they may. No page has inline script or style, and none loads
//! anything from elsewhere.

use url::Url;

use crate::issuer::Issuer;

/// Two years: what the preload lists ask for.
const STRICT_TRANSPORT: &str = "max-age=63072000; includeSubDomains";

/// Nothing a sign-in has use for, except passkeys.
const PERMISSIONS: &str = "accelerometer=(), autoplay=(), camera=(), \
     display-capture=(), fullscreen=(), geolocation=(), gyroscope=(), hid=(), \
     identity-credentials-get=(), idle-detection=(), local-fonts=(), magnetometer=(), \
     microphone=(), midi=(), payment=(), picture-in-picture=(), screen-wake-lock=(), serial=(), \
     usb=(), xr-spatial-tracking=(), publickey-credentials-get=(self), \
     publickey-credentials-create=(self)";

/// What every page starts from; `form-action` and `frame-ancestors` differ.
const PAGE: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; object-src 'none'";

/// A kind of answer, as far as browsers are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy<'a> {
    /// A page of our own: account, admin, error.
    Page,
    /// A page of a sign-in: it posts to us alone and leaves by [`crate::pages::views::Leave`], since
    /// browsers hold `form-action` against every redirect that follows a POST.
    SignIn {
        /// The origins that the client may show the page in; none forbids framing.
        frame_ancestors: &'a [String],
        /// Whether the window that opened this one stays in touch with it.
        opener: Opener,
    },
    /// The page that posts the answer to the client (OAuth 2.0 Form Post Response Mode).
    FormPost {
        /// The validated redirect URI.
        redirect_uri: &'a str,
        /// The origins that the client may show the page in.
        frame_ancestors: &'a [String],
        /// As for a sign-in.
        opener: Opener,
    },
    /// The page that only offers to open a new window: the one page that any site may frame, so that
    /// a person in a frame we refuse learns what to do.
    FramedNotice,
    /// JSON for the client's server, or for a script of the same origin.
    Json,
    /// A file that somebody uploaded: should a browser show it by itself, it runs nothing and has no
    /// origin.
    Upload,
}

/// Whether a page opened in a pop-up keeps `window.opener`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Opener {
    /// It does not: the default.
    #[default]
    Severed,
    /// It does: for clients that sign in through a pop-up (`display=popup`), whose callback page has
    /// to report to the window it came from. Any stricter value severs it for good.
    Kept,
}

/// How the server is reached, by its configured issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// `http`, on a loopback address.
    Plain,
    /// `https`.
    Tls,
}

impl Transport {
    /// The transport of an issuer.
    pub fn of(issuer: &Issuer) -> Self {
        if issuer.is_https() { Self::Tls } else { Self::Plain }
    }
}

/// Every protective header of an answer. `Cache-Control` is `no-store` for all but uploads, which set
/// their own.
pub fn headers(policy: Policy<'_>, transport: Transport) -> Vec<(&'static str, String)> {
    let mut headers = vec![
        ("content-security-policy", content_security_policy(policy)),
        ("x-content-type-options", "nosniff".to_owned()),
        ("referrer-policy", "no-referrer".to_owned()),
        ("permissions-policy", PERMISSIONS.to_owned()),
        ("cross-origin-opener-policy", opener_policy(policy).to_owned()),
        ("cross-origin-resource-policy", "same-origin".to_owned()),
    ];
    if frame_ancestors(policy) == "'none'" {
        headers.push(("x-frame-options", "DENY".to_owned()));
    }
    if transport == Transport::Tls {
        headers.push(("strict-transport-security", STRICT_TRANSPORT.to_owned()));
    }
    if policy != Policy::Upload {
        headers.push(("cache-control", "no-store".to_owned()));
    }
    headers
}

/// The `Content-Security-Policy` of an answer.
pub fn content_security_policy(policy: Policy<'_>) -> String {
    let ancestors = frame_ancestors(policy);
    match policy {
        Policy::Page | Policy::SignIn { .. } | Policy::FramedNotice => {
            format!("{PAGE}; form-action 'self'; frame-ancestors {ancestors}")
        }
        Policy::FormPost { redirect_uri, .. } => {
            let target = form_target(redirect_uri);
            format!(
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                 base-uri 'none'; form-action {target}; frame-ancestors {ancestors}"
            )
        }
        Policy::Json => format!("default-src 'none'; frame-ancestors {ancestors}"),
        Policy::Upload => format!("default-src 'none'; sandbox; frame-ancestors {ancestors}"),
    }
}

fn opener_policy(policy: Policy<'_>) -> &'static str {
    match policy {
        Policy::SignIn { opener: Opener::Kept, .. }
        | Policy::FormPost { opener: Opener::Kept, .. } => "unsafe-none",
        _ => "same-origin",
    }
}

fn frame_ancestors(policy: Policy<'_>) -> String {
    match policy {
        Policy::SignIn { frame_ancestors, .. } | Policy::FormPost { frame_ancestors, .. } => {
            let known: Vec<String> = frame_ancestors.iter().filter_map(|it| origin(it)).collect();
            if known.is_empty() { "'none'".to_owned() } else { known.join(" ") }
        }
        Policy::FramedNotice => "*".to_owned(),
        Policy::Page | Policy::Json | Policy::Upload => "'none'".to_owned(),
    }
}

/// The origin of a registered URL, in the only form a policy may hold. Whatever is not an http(s)
/// origin is left out: a policy is never widened by a text we do not understand.
pub(super) fn origin(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let origin = url.origin();
    (matches!(url.scheme(), "http" | "https") && origin.is_tuple())
        .then(|| origin.ascii_serialization())
}

/// Where the form of a form_post page may go: the scheme of the redirect URI, not its origin.
///
/// Chromium holds `form-action` against the redirects that follow the POST as well, and a client
/// whose callback and app live on two hosts (`api.unomed.ch`, `app.unomed.ch`) sends its users on;
/// with the origin alone they are stopped at the callback, after their code was spent. What the
/// narrower rule would add is little: nothing on the page but the validated URI is a form's target.
fn form_target(redirect_uri: &str) -> String {
    match Url::parse(redirect_uri) {
        Ok(url) if url.scheme() == "http" => "http: https:".to_owned(),
        Ok(url) => format!("{}:", url.scheme()),
        Err(_) => "'none'".to_owned(),
    }
}

#[cfg(test)]
mod tests;
