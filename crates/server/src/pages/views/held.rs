//! A form that came after its session had ended.

use askama::Template;

use super::{Form, Shell};

/// Keeps what was typed until its sender has signed in again (WCAG 2.2 §2.2.5).
#[derive(Template)]
#[template(path = "held.html")]
pub struct Held {
    /// The frame.
    pub shell: Shell,
    /// The same form once more.
    pub form: Form,
    /// The path and query of the sign-in page.
    pub sign_in: String,
}

impl Held {
    fn window_title(&self) -> String {
        self.shell.title(&self.shell.t("held-title"), true)
    }
}

#[cfg(test)]
impl Held {
    pub(crate) fn samples(shell: &Shell) -> Vec<Self> {
        let mut form = Form::new("/admin/groups", "c3JmLXRva2Vu");
        form.extra = vec![("name".to_owned(), "Nurses \"A\" & <B>".to_owned())];
        vec![Self { shell: shell.clone(), form, sign_in: "/login?continue=%2Fadmin".to_owned() }]
    }
}
