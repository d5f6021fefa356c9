//! Where a sign-in that no app asked for leads back to.
//!
//! Somebody who opens `/admin/…` without a session signs in and arrives there. Only our own pages
//! for signed-in people can be named, so that the parameter leads nowhere else (invariant I10).

use actix_web::HttpRequest;
use vestibule_protocol::params::Params;

use super::views::is_local;
use crate::issuer::Issuer;

/// The parameter that carries it.
pub const PARAMETER: &str = "continue";
/// The parameter and the value that ask for the password of somebody who is signed in.
pub const AGAIN: (&str, &str) = ("prompt", "login");

/// What it may begin with.
const ROOMS: [&str; 2] = ["/admin", "/account"];
/// Longest path and query that are remembered.
const MAX_BYTES: usize = 2048;

/// Path and query of one of our pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Back(String);

impl Back {
    /// What the parameters name, if it is one of our pages.
    pub fn read(issuer: &Issuer, params: &Params) -> Option<Self> {
        Self::parse(issuer, params.one(PARAMETER)?)
    }

    /// The page that is asked for now.
    pub fn to(issuer: &Issuer, http: &HttpRequest) -> Option<Self> {
        Self::parse(issuer, http.uri().path_and_query()?.as_str())
    }

    /// The first page of the console.
    pub fn of_console(issuer: &Issuer) -> Self {
        Self(issuer.path("/admin"))
    }

    fn parse(issuer: &Issuer, text: &str) -> Option<Self> {
        let path = text.split(['?', '#']).next().unwrap_or_default();
        let route = path.strip_prefix(issuer.mount())?;
        let known = ROOMS.iter().any(|room| {
            route.strip_prefix(room).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        });
        // A browser would resolve the dots before it asks.
        let plain = !path.to_ascii_lowercase().replace("%2e", ".").contains("..");
        (known && plain && text.len() <= MAX_BYTES && is_local(text) && text.is_ascii())
            .then(|| Self(text.to_owned()))
    }

    /// Path and query.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The sign-in page that leads back here.
    pub fn sign_in(&self, issuer: &Issuer) -> String {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair(PARAMETER, &self.0)
            .finish();
        format!("{}?{query}", issuer.path("/login"))
    }

    /// The page that asks a signed-in person for the password again and leads back here.
    pub fn confirm(&self, issuer: &Issuer) -> String {
        format!("{}&{}={}", self.sign_in(issuer), AGAIN.0, AGAIN.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(mount: &str, text: &str) -> Option<String> {
        let issuer = Issuer::parse(&format!("https://id.example{mount}")).unwrap();
        Back::parse(&issuer, text).map(|back| back.0)
    }

    #[test]
    fn i10_a_sign_in_leads_back_to_our_own_pages_only() {
        for good in ["/admin", "/admin/clients?q=a%20b&after=..", "/account", "/admin/"] {
            assert_eq!(parse("", good).as_deref(), Some(good));
        }
        for bad in [
            "",
            "/",
            "/administrator",
            "/adminevil.example",
            "//evil.example/admin",
            "https://evil.example/admin",
            "/\\evil.example",
            "/admin/../oauth/authorize",
            "/admin/%2E%2e/x",
            "/admin\r\nSet-Cookie: a=b",
            "/admin/\u{202e}",
            "/oauth/authorize?client_id=x",
        ] {
            assert_eq!(parse("", bad), None, "{bad:?}");
        }
        assert_eq!(parse("/clinic", "/clinic/admin").as_deref(), Some("/clinic/admin"));
        assert_eq!(parse("/clinic", "/admin"), None);
        assert_eq!(parse("", &format!("/admin?{}", "x".repeat(2048))), None);
    }
}
