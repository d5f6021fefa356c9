//! The cookies we set, and reading them back.
//!
//! | cookie | holds | lives |
//! |---|---|---|
//! | session | an opaque [`SessionToken`] | as long as the session may |
//! | browser | random bytes that bind pending sign-ins and forms to one browser | until the browser closes |
//! | trial | the session of an administrator's trial of a client, beside their own | until the trial ends |
//! | device | a signed note that this browser has signed this user in before | as long as configured |
//! | organization | in which organization an administrator works; their roles decide whether they may | a year |
//! | notice | a signed sentence that the next page of the console shows | a minute at most |
//!
//! On https each has the `__Host-` prefix: only this host can have set it, over TLS, for every path.

use actix_web::HttpRequest;
use actix_web::cookie::{Cookie, SameSite, time::Duration};
use actix_web::http::header::{
    HeaderName, HeaderValue, InvalidHeaderValue, SET_COOKIE, TryIntoHeaderPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use vestibule_protocol::ids::OrgId;
use vestibule_protocol::opaque::{Opaque, SessionToken};

use crate::i18n::{LANGUAGE_COOKIE, Tr};
use crate::issuer::Issuer;

/// The names of our cookies, which depend on whether browsers reach us by TLS.
#[derive(Clone, Debug)]
pub struct CookieJar {
    secure: bool,
    session: &'static str,
    browser: &'static str,
    device: &'static str,
    trial: &'static str,
    notice: &'static str,
    organization: &'static str,
    trusted: Duration,
}

/// Where a page is shown decides whether its cookies travel with cross-site frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// In a tab of its own: `SameSite=Lax`, which redirects from relying parties need.
    OnItsOwn,
    /// In a frame of an allow-listed site: `SameSite=None; Partitioned`.
    InFrame,
}

impl Shown {
    /// Where a page stands that may be framed: a browser says so when it is on its own; that of one
    /// that says nothing may be in a frame.
    pub fn of(http: &HttpRequest) -> Self {
        let alone = http.headers().get("sec-fetch-dest").is_some_and(|dest| dest == "document");
        if alone { Self::OnItsOwn } else { Self::InFrame }
    }
}

/// The value of a `Set-Cookie` header.
#[derive(Clone)]
pub struct SetCookie(String);

impl TryIntoHeaderPair for SetCookie {
    type Error = InvalidHeaderValue;

    fn try_into_pair(self) -> Result<(HeaderName, HeaderValue), InvalidHeaderValue> {
        Ok((SET_COOKIE, HeaderValue::try_from(self.0)?))
    }
}

/// What binds pending sign-ins and forms to one browser.
#[derive(Clone)]
pub struct BrowserBinding {
    value: String,
}

impl BrowserBinding {
    /// A binding of fresh random bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self { value: URL_SAFE_NO_PAD.encode(bytes) }
    }

    /// What the store keeps of it.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.value.as_bytes()).into()
    }

    /// What form tokens are derived from.
    pub fn as_bytes(&self) -> &[u8] {
        self.value.as_bytes()
    }
}

/// 43 characters of unpadded base64url.
const BINDING_LENGTH: usize = 43;
/// How long what somebody chose is remembered.
const CHOICE_DAYS: i64 = 365;
/// How long a notice waits for the page that shows it.
const NOTICE_SECONDS: i64 = 60;

impl CookieJar {
    /// The cookies of this issuer. A browser in which a user has signed in is known for `trusted`.
    pub fn new(issuer: &Issuer, trusted: std::time::Duration) -> Self {
        let trusted = Duration::try_from(trusted).unwrap_or(Duration::MAX);
        if issuer.is_https() {
            Self {
                secure: true,
                session: "__Host-vestibule-session",
                browser: "__Host-vestibule-browser",
                device: "__Host-vestibule-device",
                trial: "__Host-vestibule-trial",
                notice: "__Host-vestibule-notice",
                organization: "__Host-vestibule-organization",
                trusted,
            }
        } else {
            Self {
                secure: false,
                session: "vestibule-session",
                browser: "vestibule-browser",
                device: "vestibule-device",
                trial: "vestibule-trial",
                notice: "vestibule-notice",
                organization: "vestibule-organization",
                trusted,
            }
        }
    }

    /// The session value that came with a request, if it has our form. Under this one name a browser
    /// may hold two and send both: what is `Partitioned` it keeps beside what is not. The newer one
    /// counts, for the sign-in that made it has ended the other.
    pub fn session(&self, request: &HttpRequest) -> Option<Opaque<SessionToken>> {
        let cookies = request.cookies().ok()?;
        let held = cookies.iter().filter(|cookie| cookie.name() == self.session);
        held.filter_map(|cookie| Opaque::parse(cookie.value())).max_by_key(Opaque::id)
    }

    /// The session of a trial that came with a request, if it has our form.
    pub fn trial_session(&self, request: &HttpRequest) -> Option<Opaque<SessionToken>> {
        Opaque::parse(request.cookie(self.trial)?.value())
    }

    /// The browser binding that came with a request, if it has our form.
    pub fn browser(&self, request: &HttpRequest) -> Option<BrowserBinding> {
        let cookie = request.cookie(self.browser)?;
        let value = cookie.value();
        let ours = value.len() == BINDING_LENGTH
            && value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        ours.then(|| BrowserBinding { value: value.to_owned() })
    }

    /// The device note that came with a request; its signature is for the reader to check.
    pub fn device(&self, request: &HttpRequest) -> Option<String> {
        let cookie = request.cookie(self.device)?;
        (cookie.value().len() <= 256).then(|| cookie.value().to_owned())
    }

    /// The notice that came with a request; its signature is for the reader to check.
    pub fn notice(&self, request: &HttpRequest) -> Option<String> {
        let cookie = request.cookie(self.notice)?;
        (cookie.value().len() <= 1024).then(|| cookie.value().to_owned())
    }

    /// Leaves a notice for the next page.
    pub fn set_notice(&self, note: String) -> SetCookie {
        let lives = Some(Duration::seconds(NOTICE_SECONDS));
        self.cookie(self.notice, note, Shown::OnItsOwn, lives)
    }

    /// Takes the notice back.
    pub fn clear_notice(&self) -> SetCookie {
        self.cookie(self.notice, String::new(), Shown::OnItsOwn, Some(Duration::ZERO))
    }

    /// The organization that an administrator chose to work in.
    pub fn organization(&self, request: &HttpRequest) -> Option<OrgId> {
        request.cookie(self.organization)?.value().parse().ok().map(OrgId)
    }

    /// Remembers the organization that an administrator works in.
    pub fn set_organization(&self, org: OrgId) -> SetCookie {
        let max_age = Some(Duration::days(CHOICE_DAYS));
        self.cookie(self.organization, org.0.to_string(), Shown::OnItsOwn, max_age)
    }

    /// Hands out a session.
    pub fn set_session(&self, token: &Opaque<SessionToken>, shown: Shown) -> SetCookie {
        self.cookie(self.session, token.text(), shown, None)
    }

    /// Takes the session back, from both places where a browser may hold one.
    pub fn clear_session(&self) -> Vec<SetCookie> {
        let mut places = vec![Shown::OnItsOwn];
        places.extend(self.secure.then_some(Shown::InFrame));
        let over = |shown| self.cookie(self.session, String::new(), shown, Some(Duration::ZERO));
        places.into_iter().map(over).collect()
    }

    /// Hands out the session of a trial.
    pub fn set_trial_session(&self, token: &Opaque<SessionToken>) -> SetCookie {
        self.cookie(self.trial, token.text(), Shown::OnItsOwn, None)
    }

    /// Takes the session of a trial back.
    pub fn clear_trial_session(&self) -> SetCookie {
        self.cookie(self.trial, String::new(), Shown::OnItsOwn, Some(Duration::ZERO))
    }

    /// Binds the browser.
    pub fn set_browser(&self, binding: &BrowserBinding, shown: Shown) -> SetCookie {
        self.cookie(self.browser, binding.value.clone(), shown, None)
    }

    /// Remembers a language. It holds no secret and names nobody.
    pub fn set_language(&self, language: Tr) -> SetCookie {
        let value = language.lang().to_owned();
        let max_age = Some(Duration::days(CHOICE_DAYS));
        self.cookie(LANGUAGE_COOKIE, value, Shown::OnItsOwn, max_age)
    }

    /// Notes that a user has signed in on this browser.
    pub fn set_device(&self, note: String) -> SetCookie {
        self.cookie(self.device, note, Shown::OnItsOwn, Some(self.trusted))
    }

    fn cookie(
        &self,
        name: &'static str,
        value: String,
        shown: Shown,
        max_age: Option<Duration>,
    ) -> SetCookie {
        let framed = shown == Shown::InFrame && self.secure;
        let mut cookie = Cookie::build(name, value)
            .path("/")
            .secure(self.secure)
            .http_only(true)
            .same_site(if framed { SameSite::None } else { SameSite::Lax })
            .finish();
        cookie.set_max_age(max_age);
        // The cookie crate of actix-web knows no `Partitioned` yet.
        SetCookie(if framed { format!("{cookie}; Partitioned") } else { cookie.to_string() })
    }
}
