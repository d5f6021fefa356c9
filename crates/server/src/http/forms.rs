//! Telling our own forms from forged ones (invariant I19).
//!
//! A state-changing POST needs the token that was derived from the browser's binding cookie, and
//! must not say of itself that another site sent it.

use actix_web::HttpRequest;
use vestibule_keys::DigestKey;

use super::cookies::BrowserBinding;
use crate::issuer::Issuer;

/// The token to put into a form for this browser.
pub fn token(digests: &DigestKey, browser: &BrowserBinding) -> String {
    digests.csrf_token(browser.as_bytes())
}

/// Whether a POST came from one of our pages in this browser.
pub fn is_ours(
    digests: &DigestKey,
    issuer: &Issuer,
    request: &HttpRequest,
    browser: Option<&BrowserBinding>,
    presented: Option<&str>,
) -> bool {
    let (Some(browser), Some(presented)) = (browser, presented) else {
        return false;
    };
    is_same_site(issuer, request) && digests.is_csrf_token(browser.as_bytes(), presented)
}

/// What the browser itself says of where the request came from. Old browsers say nothing, and a
/// page without referrer sends `Origin: null`; the token decides then. What is said twice must be true
/// twice, and what cannot be read is not true.
fn is_same_site(issuer: &Issuer, request: &HttpRequest) -> bool {
    let all = |name: &str, good: &dyn Fn(&[u8]) -> bool| {
        request.headers().get_all(name).all(|value| good(value.as_bytes()))
    };
    all("sec-fetch-site", &|site| site == b"same-origin")
        && all("origin", &|origin| origin == issuer.origin().as_bytes() || origin == b"null")
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn i19_a_form_needs_its_token_and_no_foreign_origin() {
        let digests = DigestKey::new([1; 32]);
        let issuer = Issuer::parse("https://id.example").unwrap();
        let browser = BrowserBinding::new([2; 32]);
        let stranger = BrowserBinding::new([3; 32]);
        let good = token(&digests, &browser);
        let judge = |headers: &[(&'static str, &'static str)], presented: Option<&str>| {
            let mut request = TestRequest::post();
            for header in headers {
                request = request.append_header(*header);
            }
            is_ours(&digests, &issuer, &request.to_http_request(), Some(&browser), presented)
        };
        assert!(judge(&[], Some(&good)));
        assert!(judge(&[("origin", "https://id.example")], Some(&good)));
        assert!(judge(&[("origin", "null"), ("sec-fetch-site", "same-origin")], Some(&good)));
        assert!(!judge(&[("origin", "https://evil.example")], Some(&good)));
        assert!(!judge(&[("sec-fetch-site", "cross-site")], Some(&good)));
        assert!(!judge(&[("sec-fetch-site", "same-site")], Some(&good)));
        assert!(!judge(
            &[("origin", "https://id.example"), ("origin", "https://evil.example")],
            Some(&good)
        ));
        assert!(!judge(&[("origin", "https://id.examplé")], Some(&good)));
        assert!(!judge(&[], Some(&token(&digests, &stranger))));
        assert!(!judge(&[], Some("")));
        assert!(!judge(&[], None));
    }
}
