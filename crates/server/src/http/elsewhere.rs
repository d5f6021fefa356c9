//! Requests that another site's form made the browser send.
//!
//! A browser keeps our `SameSite=Lax` cookies back from such a POST. Whoever is signed in looks like a
//! stranger then: nobody is found to be signed out, `prompt=none` finds no session, and a new cookie
//! would take the place of the one that requests in other tabs are bound to. With a GET the browser
//! brings its cookies, so it is asked to make the same request again as one (RFC 9110 §15.4.4).

use actix_web::HttpRequest;
use vestibule_protocol::params::Params;

use super::observe::MAX_TARGET;
use crate::app::App;
use crate::issuer::Issuer;

/// Where the browser finds the same request by GET. `None` when it has brought cookies of ours (from
/// a frame, where they are `SameSite=None`), when no other site sent it, and when the target would be
/// longer than we read.
pub fn as_get(app: &App, http: &HttpRequest, form: &Params) -> Option<String> {
    let brought = app.cookies.browser(http).is_some() || app.cookies.session(http).is_some();
    if brought || !is_from_another_site(&app.issuer, http) {
        return None;
    }
    let mut query = form_urlencoded::Serializer::new(String::new());
    let target = format!("{}?{}", http.path(), query.extend_pairs(form.iter()).finish());
    (target.len() <= MAX_TARGET).then_some(target)
}

/// Older browsers tell the origin alone.
fn is_from_another_site(issuer: &Issuer, http: &HttpRequest) -> bool {
    let header = |name: &str| http.headers().get(name).and_then(|value| value.to_str().ok());
    match header("sec-fetch-site") {
        Some(site) => site == "cross-site",
        None => header("origin").is_some_and(|origin| origin != issuer.origin()),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn as_117_browsers_say_that_another_site_sent_them() {
        let issuer = Issuer::parse("https://id.example/sso").unwrap();
        let judge = |headers: &[(&'static str, &'static str)]| {
            let mut request = TestRequest::post();
            for header in headers {
                request = request.insert_header(*header);
            }
            is_from_another_site(&issuer, &request.to_http_request())
        };
        let cross = ("sec-fetch-site", "cross-site");
        assert!(judge(&[cross]));
        assert!(judge(&[cross, ("origin", "null")]));
        assert!(judge(&[("origin", "https://rp.example")]));
        assert!(!judge(&[]), "no browser");
        assert!(!judge(&[("origin", "https://id.example")]));
        assert!(!judge(&[("sec-fetch-site", "same-site"), ("origin", "https://app.id.example")]));
        assert!(!judge(&[("sec-fetch-site", "same-origin"), ("origin", "null")]));
    }
}
