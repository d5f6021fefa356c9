//! Who we are on the web: the issuer identifier, and every URL that follows from it.
//!
//! It comes from configuration alone; no request header alters it (invariant I8).

use url::Url;

/// The issuer identifier (OIDC Core §2 `iss`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    text: String,
    origin: String,
    path: String,
    host: String,
    https: bool,
}

/// Why a text cannot be an issuer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssuerFault {
    /// It cannot be read as a URL.
    #[error("{0:?} is not a URL; an issuer looks like https://id.clinic.example")]
    NotAUrl(String),
    /// Its scheme is neither https nor http.
    #[error("{0:?} must begin with https:// (http:// is for loopback addresses only)")]
    Scheme(String),
    /// Plain http on an address that others can reach.
    #[error("{0:?} is http on a public host; sign-in needs https there")]
    HttpOnPublicHost(String),
    /// It has a query, a fragment or credentials.
    #[error("{0:?} must have no query, no fragment and no user name (OIDC Discovery §3)")]
    Decorated(String),
}

impl Issuer {
    /// Reads an issuer identifier. It is kept byte for byte, because relying parties compare it so.
    pub fn parse(text: &str) -> Result<Self, IssuerFault> {
        let url = Url::parse(text).map_err(|_| IssuerFault::NotAUrl(text.to_owned()))?;
        let https = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(IssuerFault::Scheme(text.to_owned())),
        };
        let host = url.host_str().ok_or_else(|| IssuerFault::NotAUrl(text.to_owned()))?.to_owned();
        if url.query().is_some() || url.fragment().is_some() || text.contains('@') {
            return Err(IssuerFault::Decorated(text.to_owned()));
        }
        if !https && !is_loopback(&url) {
            return Err(IssuerFault::HttpOnPublicHost(text.to_owned()));
        }
        Ok(Self {
            origin: url.origin().ascii_serialization(),
            path: url.path().trim_end_matches('/').to_owned(),
            text: text.to_owned(),
            host,
            https,
        })
    }

    /// The identifier as configured.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The absolute URL of one of our paths, which starts with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.text.trim_end_matches('/'))
    }

    /// The path of one of our routes as a browser sees it, which starts with a slash.
    pub fn path(&self, route: &str) -> String {
        format!("{}{route}", self.path)
    }

    /// What every route is mounted below: empty, or a path without its last slash.
    pub fn mount(&self) -> &str {
        &self.path
    }

    /// Scheme, host and port: what a browser sends as `Origin`.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The host name.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether browsers reach us by TLS.
    pub fn is_https(&self) -> bool {
        self.https
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oidc_discovery_3_issuer_has_no_query_fragment_or_credentials() {
        for bad in [
            "https://id.example?x=1",
            "https://id.example#x",
            "https://me@id.example",
            "https://me:pw@id.example/",
        ] {
            assert_eq!(Issuer::parse(bad), Err(IssuerFault::Decorated(bad.into())), "{bad}");
        }
    }

    #[test]
    fn http_is_for_loopback_only() {
        for good in
            ["http://localhost:8080", "http://127.0.0.1:1", "http://[::1]:9", "http://a.localhost"]
        {
            assert!(Issuer::parse(good).is_ok(), "{good}");
        }
        assert!(matches!(
            Issuer::parse("http://id.example"),
            Err(IssuerFault::HttpOnPublicHost(_))
        ));
        assert!(matches!(Issuer::parse("ftp://id.example"), Err(IssuerFault::Scheme(_))));
    }

    #[test]
    fn urls_are_built_below_the_issuer_byte_for_byte() {
        let root = Issuer::parse("https://id.example").unwrap();
        assert_eq!(root.url("/oauth/token"), "https://id.example/oauth/token");
        let deep = Issuer::parse("https://id.example/clinic/").unwrap();
        assert_eq!(deep.as_str(), "https://id.example/clinic/");
        assert_eq!(deep.url("/oauth/token"), "https://id.example/clinic/oauth/token");
        assert_eq!(deep.mount(), "/clinic");
        assert_eq!(deep.origin(), "https://id.example");
    }
}
