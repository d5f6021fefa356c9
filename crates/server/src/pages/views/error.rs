//! The error page: what to do for the person, what happened for the app's developer.

use askama::Template;
use vestibule_protocol::Timestamp;

use super::app::App;
use super::shell::{Shell, is_link};

/// The error page. Every refusal that is shown rather than redirected ends here.
#[derive(Template)]
#[template(path = "error.html")]
pub struct ErrorPage {
    /// The frame.
    pub shell: Shell,
    /// What the person is told.
    pub kind: ErrorKind,
    /// The OAuth or catalogue code.
    pub code: String,
    /// The case code of the attempt.
    pub case_code: String,
    /// What came and what was expected, for the app's developer: never a secret.
    pub facts: Vec<Fact>,
    /// When it happened.
    pub at: Timestamp,
    /// The id of the HTTP request.
    pub request_id: String,
    /// The app it concerns, when its registration is known.
    pub app: Option<App>,
}

/// What went wrong, as far as the person is concerned: one heading and one piece of advice each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The app is not registered here, or switched off.
    UnknownApp,
    /// The app asked to be answered at an address it has not registered.
    RedirectUri,
    /// The app's request cannot be read.
    Request,
    /// The sign-in took too long, or was started in another browser.
    Expired,
    /// The sign-in was finished already: back button, second click.
    AlreadyDone,
    /// The browser did not send our cookie back.
    Cookies,
    /// A form did not come from our page.
    Forgery,
    /// The account may not use this app, or this page.
    NotAllowed,
    /// A one-time link that was used, replaced or is too old.
    Link,
    /// There is no such page.
    NotFound,
    /// The page does not take this kind of request.
    Method,
    /// What was sent is too large.
    TooLarge,
    /// Too many requests; again after so many seconds.
    TooMany {
        /// The wait.
        seconds: u64,
    },
    /// Too busy, or a part is down; again after so many seconds.
    Unavailable {
        /// The wait.
        seconds: u64,
    },
    /// A fault of ours.
    Server,
}

/// A fact for the app's developer. It is shown in English, the language of the specifications.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// A named value.
    Value {
        /// What it is: `parameter`, `registered method`.
        name: String,
        /// The value.
        value: String,
    },
    /// A word that a page of ours explains.
    Link {
        /// What it is: `catalogue`.
        name: String,
        /// The word.
        text: String,
        /// The page: a path of ours.
        href: String,
    },
}

impl ErrorKind {
    fn heading(self) -> &'static str {
        match self {
            Self::UnknownApp => "error-unknown-app",
            Self::RedirectUri => "error-redirect-uri",
            Self::Request => "error-request",
            Self::Expired => "error-expired",
            Self::AlreadyDone => "error-already-done",
            Self::Cookies => "error-cookies",
            Self::Forgery => "error-forgery",
            Self::NotAllowed => "error-not-allowed",
            Self::Link => "error-link",
            Self::NotFound => "error-not-found",
            Self::Method => "error-method",
            Self::TooLarge => "error-too-large",
            Self::TooMany { .. } => "error-too-many",
            Self::Unavailable { .. } => "error-unavailable",
            Self::Server => "error-server",
        }
    }

    fn advice(self) -> &'static str {
        match self {
            Self::UnknownApp => "error-unknown-app-text",
            Self::RedirectUri => "error-redirect-uri-text",
            Self::Request => "error-request-text",
            Self::Expired => "error-expired-text",
            Self::AlreadyDone => "error-already-done-text",
            Self::Cookies => "error-cookies-text",
            Self::Forgery => "error-forgery-text",
            Self::NotAllowed => "error-not-allowed-text",
            Self::Link => "error-link-text",
            Self::NotFound => "error-not-found-text",
            Self::Method => "error-method-text",
            Self::TooLarge => "error-too-large-text",
            Self::TooMany { .. } => "error-too-many-text",
            Self::Unavailable { .. } => "error-unavailable-text",
            Self::Server => "error-server-text",
        }
    }

    /// Whether going back to the app and starting again may help.
    fn starts_again(self) -> bool {
        match self {
            Self::Expired | Self::AlreadyDone | Self::Cookies | Self::Forgery | Self::Server => {
                true
            }
            Self::UnknownApp
            | Self::RedirectUri
            | Self::Request
            | Self::NotAllowed
            | Self::Link
            | Self::NotFound
            | Self::Method
            | Self::TooLarge
            | Self::TooMany { .. }
            | Self::Unavailable { .. } => false,
        }
    }
}

impl ErrorPage {
    fn heading(&self) -> String {
        self.shell.tr.t(self.kind.heading()).into_owned()
    }

    fn advice(&self) -> String {
        match self.kind {
            ErrorKind::TooMany { seconds } | ErrorKind::Unavailable { seconds } => {
                let wait = self.shell.wait(seconds);
                self.shell.t1(self.kind.advice(), "wait", &wait).into_owned()
            }
            _ => self.shell.tr.t(self.kind.advice()).into_owned(),
        }
    }

    /// The app's own home page; never an address from the request.
    fn back(&self) -> Option<(&App, &str)> {
        let app = self.app.as_ref()?;
        Some((app, app.home.as_deref().filter(|home| is_link(home))?))
    }

    fn window_title(&self) -> String {
        self.shell.title(&self.heading(), true)
    }
}

#[cfg(test)]
impl ErrorPage {
    pub(crate) fn samples(shell: &Shell) -> Vec<Self> {
        let page = |kind, code: &str, app, facts| Self {
            shell: shell.clone(),
            kind,
            code: code.to_owned(),
            case_code: "7FK-2QD".to_owned(),
            facts,
            at: Timestamp::from_seconds(1_795_233_000),
            request_id: "01JD8ZK5V0".to_owned(),
            app,
        };
        let plain = |kind, code: &str| page(kind, code, None, Vec::new());
        let facts = vec![
            Fact::Value { name: "client_id".to_owned(), value: "<unomed>".to_owned() },
            Fact::Link {
                name: "catalogue".to_owned(),
                text: "VB-2004".to_owned(),
                href: "/errors/VB-2004".to_owned(),
            },
        ];
        vec![
            page(ErrorKind::RedirectUri, "invalid_request", Some(App::sample()), facts),
            page(ErrorKind::Expired, "expired", Some(App::sample()), Vec::new()),
            page(ErrorKind::NotAllowed, "access_denied", Some(App::awkward_sample()), Vec::new()),
            plain(ErrorKind::UnknownApp, "invalid_client"),
            plain(ErrorKind::Request, "invalid_request"),
            plain(ErrorKind::AlreadyDone, "already_done"),
            plain(ErrorKind::Cookies, "cookies"),
            plain(ErrorKind::Forgery, "forgery"),
            plain(ErrorKind::Link, "link"),
            plain(ErrorKind::NotFound, "not_found"),
            plain(ErrorKind::Method, "method_not_allowed"),
            plain(ErrorKind::TooLarge, "too_large"),
            plain(ErrorKind::TooMany { seconds: 240 }, "too_many_requests"),
            plain(ErrorKind::Unavailable { seconds: 2 }, "temporarily_unavailable"),
            plain(ErrorKind::Server, "server_error"),
        ]
    }
}
