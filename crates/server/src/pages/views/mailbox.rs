//! The captured mailbox of a development server.

use askama::Template;
use vestibule_protocol::Timestamp;

use super::shell::{Shell, is_link};

/// Every mail the server would have sent, newest first.
#[derive(Template)]
#[template(path = "mailbox_list.html")]
pub struct MailboxList {
    /// The frame.
    pub shell: Shell,
    /// The mails.
    pub mails: Vec<MailLine>,
}

/// A mail in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailLine {
    /// The path that shows it.
    pub href: String,
    /// The recipient.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// When it was sent.
    pub at: Timestamp,
}

/// One mail.
#[derive(Template)]
#[template(path = "mailbox_message.html")]
pub struct MailboxMessage {
    /// The frame.
    pub shell: Shell,
    /// The path of the list.
    pub list: String,
    /// The sender.
    pub from: String,
    /// The recipient.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// When it was sent.
    pub at: Timestamp,
    /// The text part.
    pub text: String,
}

impl MailboxList {
    fn window_title(&self) -> String {
        self.shell.title(&self.shell.t("mailbox-title"), false)
    }
}

impl MailboxMessage {
    /// The addresses in the text, to be followed with one click.
    fn links(&self) -> Vec<&str> {
        self.text.split_whitespace().filter(|word| word.contains("://") && is_link(word)).collect()
    }

    fn window_title(&self) -> String {
        self.shell.title(&self.subject, false)
    }
}

#[cfg(test)]
impl MailboxList {
    pub(crate) fn samples(shell: &Shell) -> Vec<Self> {
        let mail = |n: i64, to: &str, subject: &str| MailLine {
            href: format!("/dev/mail/{n}"),
            to: to.to_owned(),
            subject: subject.to_owned(),
            at: Timestamp::from_seconds(1_795_233_000 + n),
        };
        let mails = vec![
            mail(1, "ada@clinic.test", "Check your email address"),
            mail(
                2,
                "grace@clinic.test",
                "<b>A subject</b> that is long enough for two lines or more",
            ),
        ];
        vec![Self { shell: shell.clone(), mails }, Self { shell: shell.clone(), mails: Vec::new() }]
    }
}

#[cfg(test)]
impl MailboxMessage {
    pub(crate) fn samples(shell: &Shell) -> Vec<Self> {
        let text = "Hello Ada\n\nOpen http://localhost:8080/verify/abcdefghijklmnopqrstuvwxyz0123456789 \
                    to go on.\n\n<script>alert(1)</script> javascript://x";
        vec![Self {
            shell: shell.clone(),
            list: "/dev/mail".to_owned(),
            from: "no-reply@localhost".to_owned(),
            to: "ada@clinic.test".to_owned(),
            subject: "Check your email address".to_owned(),
            at: Timestamp::from_seconds(1_795_233_000),
            text: text.to_owned(),
        }]
    }
}
