//! A browser without scripts: one cookie jar, no redirect followed unless asked.

use std::collections::BTreeMap;

use reqwest::{Method, StatusCode, Url};
use serde_json::Value;

use crate::page::{Form, Page};

/// Someone who can sign in.
#[derive(Clone, Debug)]
pub struct Person {
    /// What they type as user name.
    pub email: String,
    /// What they type as password.
    pub password: String,
}

/// One person's browser.
#[derive(Clone)]
pub struct Browser {
    client: reqwest::Client,
    cookies: BTreeMap<String, String>,
    /// The pages the last [`Browser::authorize`] went through: `sign-in`, `consent`, `account`.
    pub pages: Vec<&'static str>,
}

/// An HTTP answer, read to its end.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The header fields.
    pub headers: reqwest::header::HeaderMap,
    /// The body.
    pub body: Vec<u8>,
    /// What was asked for.
    pub url: Url,
}

/// Where the provider sent the browser: the relying party's address, its parameters taken apart.
#[derive(Clone, Debug)]
pub struct Return {
    /// The whole address.
    pub url: String,
    /// Query and fragment parameters in their order.
    pub parameters: Vec<(String, String)>,
}

impl Default for Browser {
    fn default() -> Self {
        Self::new()
    }
}

impl Browser {
    /// A browser with an empty cookie jar.
    pub fn new() -> Self {
        Self { client: plain_client(), cookies: BTreeMap::new(), pages: Vec::new() }
    }

    /// Fetches a page.
    pub async fn open(&mut self, url: &str) -> Answer {
        self.send(Method::GET, url, &[], None).await
    }

    /// Sends a form found on the page at `base`.
    pub async fn submit(&mut self, base: &Url, form: &Form) -> Answer {
        let action = base.join(&form.action).expect("a form's action is an address");
        let encoded = encode(&form.fields);
        if form.method == "post" {
            let origin = base.origin().ascii_serialization();
            let headers = [
                ("content-type", "application/x-www-form-urlencoded"),
                ("origin", origin.as_str()),
                ("sec-fetch-site", "same-origin"),
            ];
            return self.send(Method::POST, action.as_str(), &headers, Some(encoded)).await;
        }
        let mut target = action;
        target.set_query(Some(&encoded));
        self.open(target.as_str()).await
    }

    /// Sends any request with this browser's cookies and keeps those of the answer.
    pub async fn send(
        &mut self,
        method: Method,
        url: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Answer {
        self.send_bytes(method, url, headers, body.map(String::into_bytes)).await
    }

    /// Sends a form with a file in it (RFC 7578).
    pub async fn upload(&mut self, base: &Url, form: &Form, name: &str, file: &[u8]) -> Answer {
        let action = base.join(&form.action).expect("a form's action is an address");
        let mut body = Vec::new();
        let head = "--XbX\r\nContent-Disposition: form-data; name=";
        for (field, value) in &form.fields {
            body.extend(format!("{head}\"{field}\"\r\n\r\n{value}\r\n").into_bytes());
        }
        let part = format!("{head}\"file\"; filename=\"{name}\"\r\n\r\n");
        body.extend([part.as_bytes(), file, b"\r\n--XbX--\r\n"].concat());
        let origin = base.origin().ascii_serialization();
        let headers = [
            ("content-type", "multipart/form-data; boundary=XbX"),
            ("origin", origin.as_str()),
            ("sec-fetch-site", "same-origin"),
        ];
        self.send_bytes(Method::POST, action.as_str(), &headers, Some(body)).await
    }

    async fn send_bytes(
        &mut self,
        method: Method,
        url: &str,
        headers: &[(&str, &str)],
        body: Option<Vec<u8>>,
    ) -> Answer {
        let mut request = self.client.request(method, url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !self.cookies.is_empty() {
            let pairs: Vec<String> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header("cookie", pairs.join("; "));
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        let answer = Answer::read(request).await;
        for set in answer.headers.get_all("set-cookie") {
            self.keep(set.to_str().expect("cookies are ASCII"));
        }
        answer
    }

    /// From an authorization request to the relying party: signs in, approves, follows redirects.
    pub async fn authorize(&mut self, url: &str, person: &Person) -> Return {
        match self.try_authorize(url, person, "approve").await {
            Ok(back) => back,
            Err(stuck) => {
                panic!("stopped at {} ({}): {}", stuck.url, stuck.status, stuck.page().text())
            }
        }
    }

    /// As [`Browser::authorize`], but the person refuses.
    pub async fn refuse(&mut self, url: &str, person: &Person) -> Return {
        match self.try_authorize(url, person, "deny").await {
            Ok(back) => back,
            Err(stuck) => panic!("stopped at {}: {}", stuck.url, stuck.page().text()),
        }
    }

    /// As [`Browser::authorize`]; a page that offers nothing to go on with is handed back.
    pub async fn try_authorize(
        &mut self,
        url: &str,
        person: &Person,
        consent: &str,
    ) -> Result<Return, Answer> {
        self.pages.clear();
        let provider = Url::parse(url).expect("an authorization request is an address").origin();
        let mut answer = self.open(url).await;
        for _ in 0..12 {
            if let Some(target) = answer.onward() {
                if target.origin() != provider {
                    return Ok(Return::read(target.as_str()));
                }
                answer = self.open(target.as_str()).await;
                continue;
            }
            let page = answer.page();
            let form = if let Some(form) = page.form_with("password") {
                self.pages.push("sign-in");
                form.fill("username", &person.email)
                    .fill("password", &person.password)
                    .press("submit")
            } else if let Some(form) = page.form_with(consent) {
                self.pages.push("consent");
                form.press(consent)
            } else {
                return Err(answer);
            };
            let before = self.pages.len();
            answer = self.submit(&answer.url, &form).await;
            let again = before >= 3 && answer.onward().is_none();
            if again {
                return Err(answer);
            }
        }
        Err(answer)
    }

    /// The value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    /// Sets or, with `None`, removes a cookie.
    pub fn set_cookie(&mut self, name: &str, value: Option<&str>) {
        match value {
            Some(value) => self.cookies.insert(name.to_owned(), value.to_owned()),
            None => self.cookies.remove(name),
        };
    }

    /// The names of all cookies.
    pub fn cookie_names(&self) -> Vec<&str> {
        self.cookies.keys().map(String::as_str).collect()
    }

    fn keep(&mut self, set_cookie: &str) {
        let mut parts = set_cookie.split(';').map(str::trim);
        let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else {
            return;
        };
        let ended = parts.any(|attribute| attribute.eq_ignore_ascii_case("max-age=0"));
        self.set_cookie(name, (!ended && !value.is_empty()).then_some(value));
    }
}

impl Answer {
    /// Sends a request and reads the answer to its end.
    pub async fn read(request: reqwest::RequestBuilder) -> Self {
        let answer = request.send().await.expect("the server answers");
        Self {
            status: answer.status(),
            headers: answer.headers().clone(),
            url: answer.url().clone(),
            body: answer.bytes().await.expect("the answer is read to its end").to_vec(),
        }
    }

    /// A header field's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("header values are ASCII"))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("the body is UTF-8")
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{} is no JSON ({error}): {}", self.url, self.text()))
    }

    /// The body as a page.
    pub fn page(&self) -> Page {
        Page::parse(&self.text())
    }

    /// The target of the `Location` field.
    pub fn location(&self) -> Option<&str> {
        self.status.is_redirection().then(|| self.header("location")).flatten()
    }

    /// Where a browser would go by itself: a redirect or a meta refresh.
    pub fn onward(&self) -> Option<Url> {
        let html = self.header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
        let target = match self.location() {
            Some(location) => location.to_owned(),
            None if html => self.page().refresh()?,
            None => return None,
        };
        Some(self.url.join(&target).expect("a redirect leads to an address"))
    }
}

impl Return {
    /// Takes an address apart.
    pub fn read(url: &str) -> Self {
        let (before, fragment) = url.split_once('#').unwrap_or((url, ""));
        let query = before.split_once('?').map_or("", |(_, query)| query);
        let parameters = [query, fragment]
            .iter()
            .flat_map(|part| form_urlencoded::parse(part.as_bytes()).into_owned())
            .collect();
        Self { url: url.to_owned(), parameters }
    }

    /// A parameter, which must not be repeated.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut values = self.parameters.iter().filter(|(key, _)| key == name);
        let first = values.next();
        assert!(values.next().is_none(), "{name} is repeated in {}", self.url);
        first.map(|(_, value)| value.as_str())
    }

    /// The authorization code.
    pub fn code(&self) -> &str {
        self.get("code").unwrap_or_else(|| panic!("no code in {}", self.url))
    }
}

/// A client that follows nothing, remembers nothing, asks no proxy and takes any certificate.
pub fn plain_client() -> reqwest::Client {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .tls_danger_accept_invalid_certs(true)
        .timeout(std::time::Duration::from_secs(30))
        .build()
        .expect("an HTTP client can be made")
}

/// `application/x-www-form-urlencoded`.
pub fn encode<K: AsRef<str>, V: AsRef<str>>(fields: &[(K, V)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}
