//! The last page of a sign-in: on to the app.

use askama::Template;

use super::app::App;
use super::shell::Shell;

/// The answer to the last POST of a sign-in: a page that goes on to the app by itself. It is not a
/// redirect, because browsers hold `form-action` against every redirect that follows a POST, and we
/// cannot name the places the app sends people on to.
#[derive(Template)]
#[template(path = "leave.html")]
pub struct Leave {
    /// The frame.
    pub shell: Shell,
    /// The validated redirect URI with the answer in it.
    pub to: String,
    /// The app.
    pub app: App,
}

/// The answer as a form that posts itself (OAuth 2.0 Form Post Response Mode §2); without script a
/// button does it.
#[derive(Template)]
#[template(path = "form_post.html")]
pub struct FormPost {
    /// The frame.
    pub shell: Shell,
    /// The validated redirect URI.
    pub to: String,
    /// The parameters of the answer.
    pub parameters: Vec<(String, String)>,
    /// The app.
    pub app: App,
}

/// What is shown in a frame that the app has not been allowed: a way out of it.
#[derive(Template)]
#[template(path = "framed.html")]
pub struct Framed {
    /// The frame.
    pub shell: Shell,
    /// The path and query that begin the same sign-in in a window of its own.
    pub to: String,
    /// The app, when it is known.
    pub app: Option<App>,
}

impl Leave {
    fn window_title(&self) -> String {
        self.shell.title(&self.shell.t("leave-title"), false)
    }
}

impl FormPost {
    fn window_title(&self) -> String {
        self.shell.title(&self.shell.t("leave-title"), false)
    }
}

impl Framed {
    fn window_title(&self) -> String {
        self.shell.title(&self.shell.t("framed-title"), false)
    }
}

#[cfg(test)]
impl Leave {
    pub(crate) fn samples(shell: &Shell) -> Vec<Self> {
        let page = |to: &str, app| Self { shell: shell.clone(), to: to.to_owned(), app };
        vec![
            page("https://api.unomed.ch/cb/?code=a&state=%22b%27;c,d", App::sample()),
            page("ch.clinic.app:/cb?code=a&iss=x", App::awkward_sample()),
        ]
    }
}

#[cfg(test)]
impl FormPost {
    pub(crate) fn samples(shell: &Shell) -> Vec<Self> {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let page = |parameters| Self {
            shell: shell.clone(),
            to: "https://api.unomed.ch/cb/".to_owned(),
            parameters,
            app: App::sample(),
        };
        vec![
            page(vec![pair("code", "abc"), pair("state", "\"><script>"), pair("iss", "https://i")]),
            page(vec![pair("error", "access_denied")]),
        ]
    }
}

#[cfg(test)]
impl Framed {
    pub(crate) fn samples(shell: &Shell) -> Vec<Self> {
        let to = || "/oauth/authorize?client_id=a&state=b".to_owned();
        vec![
            Self { shell: shell.clone(), to: to(), app: Some(App::sample()) },
            Self { shell: shell.clone(), to: to(), app: None },
        ]
    }
}
