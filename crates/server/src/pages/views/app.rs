//! The app (client) a person signs in to, as pages show it.

use url::Url;
use vestibule_protocol::client::{Client, Environment};

use super::shell::{is_link, is_local};
use crate::brands;

/// What people are told about a client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct App {
    /// Its name.
    pub name: String,
    /// The route of its logo on this server: pages load nothing from elsewhere.
    pub logo: Option<String>,
    /// The host that receives the data.
    pub domain: Option<String>,
    /// Its home page.
    pub home: Option<String>,
    /// Its privacy policy.
    pub privacy: Option<String>,
    /// Its terms of service.
    pub terms: Option<String>,
    /// Whether it is registered for tests.
    pub environment: Option<Environment>,
}

impl App {
    /// A registered client, asking for an answer at `redirect_uri`.
    pub fn of(client: &Client, redirect_uri: Option<&str>) -> Self {
        let settings = &client.settings;
        let link = |address: &Option<String>| address.clone().filter(|it| is_link(it));
        let shown = redirect_uri.or(settings.client_uri.as_deref());
        Self {
            name: client.name.clone(),
            logo: settings.logo.map(|logo| brands::logo_route(client.org, logo)),
            domain: shown.and_then(|it| Url::parse(it).ok()?.host_str().map(str::to_owned)),
            home: link(&settings.client_uri),
            privacy: link(&settings.policy_uri),
            terms: link(&settings.tos_uri),
            environment: Some(settings.environment),
        }
    }

    pub(super) fn initials(&self) -> String {
        initials(&self.name)
    }

    pub(super) fn is_test(&self) -> bool {
        self.environment == Some(Environment::Test)
    }

    /// The logo, if it is one of ours to serve.
    pub(super) fn picture(&self) -> Option<&str> {
        self.logo.as_deref().filter(|it| is_local(it))
    }
}

/// One or two letters that stand for a name where there is no picture.
pub(crate) fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|w| w.chars().find(|c| c.is_alphanumeric()));
    let first = words.next();
    let second = words.next_back();
    first.into_iter().chain(second).flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
impl App {
    pub(crate) fn sample() -> Self {
        Self {
            name: "Unomed".to_owned(),
            logo: None,
            domain: Some("api.unomed.ch".to_owned()),
            home: Some("https://unomed.ch".to_owned()),
            privacy: Some("https://unomed.ch/privacy".to_owned()),
            terms: Some("https://unomed.ch/terms".to_owned()),
            environment: Some(Environment::Live),
        }
    }

    /// What a hostile or careless registration looks like.
    pub(crate) fn awkward_sample() -> Self {
        Self {
            name:
                "<script>alert(1)</script> & \"Praxisverwaltungsgesellschaftsverbund\" Zürich 健康"
                    .to_owned(),
            logo: Some("https://evil.example/logo.png".to_owned()),
            domain: Some("a-very-long-name-of-a-host.department.praxisverbund.example".to_owned()),
            environment: Some(Environment::Test),
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn initials_are_at_most_two_letters() {
        for (name, expected) in [
            ("Lakeside Clinic", "LC"),
            ("The Lakeside Clinic", "TC"),
            ("unomed", "U"),
            ("<b>x</b> (dental)", "BD"),
            ("健康 診療所", "健診"),
            ("ß", "SS"),
            ("  ", ""),
        ] {
            assert_eq!(initials(name), expected, "{name}");
        }
    }
}
