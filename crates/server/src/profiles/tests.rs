use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use vestibule_protocol::client::{AuthMethod, GrantType, PkcePolicy};

use super::embedded::EMBEDDED;
use super::*;

fn filled(name: &str, values: &[(&str, &str)]) -> Result<Filled, ProfileFault> {
    let values: BTreeMap<String, String> =
        values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    find(name, None).unwrap().fill(&values)
}

fn folder(part: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(part)
}

#[test]
fn the_list_equals_the_folder() {
    let listed: BTreeSet<String> =
        EMBEDDED.iter().map(|file| format!("{}.toml", file.name)).collect();
    let there = std::fs::read_dir(folder("profiles")).unwrap();
    let there: BTreeSet<String> =
        there.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(listed, there);
}

#[test]
fn no_embedded_profile_has_a_fault() {
    for file in EMBEDDED {
        let (profile, faults) = check::text_faults(file.text);
        assert_eq!(faults, [], "{}", file.name);
        let profile = profile.unwrap();
        assert_eq!(profile.name, file.name);
        let filled = profile.example();
        match profile.support {
            Support::Planned => assert!(matches!(filled, Err(ProfileFault::Planned { .. }))),
            _ => {
                let uris = filled.unwrap().settings.redirect_uris;
                assert!(uris.iter().all(|uri| !uri.contains(['{', '}'])), "{uris:?}");
            }
        }
    }
}

#[test]
fn whatever_is_relaxed_is_known_and_whatever_is_only_general_knowledge_is_lenient() {
    // The rows whose client authentication was read or measured.
    let known = [
        "unomed",
        "healthie",
        "pkb-pairing",
        "aws-cognito",
        "auth0",
        "discourse",
        "gitlab",
        "grafana",
        "nextcloud",
        "wordpress",
        "generic-oidc",
        "generic-oauth2",
    ];
    for profile in all(None).0.iter().filter(|profile| profile.support != Support::Planned) {
        let settings = profile.example().unwrap().settings;
        if !known.contains(&profile.name.as_str()) {
            assert_eq!(settings.auth_method, AuthMethod::BasicOrPost, "{}", profile.name);
            assert_eq!(settings.pkce, PkcePolicy::Optional, "{}", profile.name);
        }
    }
}

#[test]
fn redirect_uris_are_the_vendors_to_the_letter() {
    let rows: &[(&str, &[&str])] = &[
        ("healthie", &["https://secure.gethealthie.com/sso/acme_auth"]),
        ("aws-cognito", &["https://acme.auth.eu-central-1.amazoncognito.com/oauth2/idpresponse"]),
        ("azure-ad-b2c", &["https://acme.b2clogin.com/acme.onmicrosoft.com/oauth2/authresp"]),
        (
            "entra-external-id",
            &[
                "https://acme.ciamlogin.com/3f2b0c9d-8e7a-4f5b-8c3d-2e1f0a9b8c7d/federation/oauth2",
                "https://acme.ciamlogin.com/acme.onmicrosoft.com/federation/oauth2",
            ],
        ),
        ("auth0", &["https://acme.eu.auth0.com/login/callback"]),
        ("okta", &["https://acme.okta.com/oauth2/v1/authorize/callback"]),
        ("cloudflare-access", &["https://acme.cloudflareaccess.com/cdn-cgi/access/callback"]),
        ("salesforce", &["https://acme.my.salesforce.com/services/authcallback/Vestibule"]),
        ("discourse", &["https://forum.example.com/auth/oidc/callback"]),
        ("gitlab", &["https://gitlab.example.com/users/auth/openid_connect/callback"]),
        ("grafana", &["https://grafana.example.com/login/generic_oauth"]),
        (
            "nextcloud",
            &[
                "https://cloud.example.com/apps/user_oidc/code",
                "https://cloud.example.com/index.php/apps/user_oidc/code",
            ],
        ),
        (
            "wordpress",
            &[
                "https://www.example.com/wp-admin/admin-ajax.php?action=openid-connect-authorize",
                "https://www.example.com/openid-connect-authorize",
            ],
        ),
        ("moodle", &["https://moodle.example.com/admin/oauth2callback.php"]),
        ("atlassian-data-center", &["https://jira.example.com/plugins/servlet/oidc/callback"]),
        ("keycloak", &["https://keycloak.example.com/realms/clinic/broker/vestibule/endpoint"]),
        ("firebase", &["https://acme-1234.firebaseapp.com/__/auth/handler"]),
        ("matrix-synapse", &["https://matrix.example.com/_synapse/client/oidc/callback"]),
        ("jupyterhub", &["https://jupyter.example.com/hub/oauth_callback"]),
    ];
    for (name, uris) in rows {
        let settings = find(name, None).unwrap().example().unwrap().settings;
        assert_eq!(settings.redirect_uris, *uris, "{name}");
    }
}

#[test]
fn i9_no_value_changes_whose_uri_it_is() {
    let hostile = [
        "evil.example/",
        "evil.example#",
        "evil.example?",
        "user@evil.example",
        "evil.example\\",
        "a%2f",
        "a:b@c",
        "a b",
        "a\nb",
        "..",
        "",
    ];
    for profile in all(None).0.iter().filter(|profile| profile.support != Support::Planned) {
        let good: BTreeMap<_, _> =
            profile.variables.iter().map(|v| (v.name.clone(), v.example.clone())).collect();
        for variable in profile.variables.iter().filter(|v| v.pattern.is_confined()) {
            for value in hostile {
                let mut values = good.clone();
                values.insert(variable.name.clone(), value.to_owned());
                let fault = profile.fill(&values).unwrap_err();
                assert!(matches!(fault, ProfileFault::Value { .. }), "{}: {value:?}", profile.name);
            }
        }
    }
}

#[test]
fn unomed_is_what_its_document_says() {
    let unomed = filled("unomed", &[]).unwrap().settings;
    assert_eq!(
        unomed.redirect_uris,
        [
            "https://api.unomed.ch/accounts/vendor_oauth2/login/callback/",
            "https://api.dev.unomed.ch/accounts/vendor_oauth2/login/callback/",
        ]
    );
    assert_eq!(unomed.auth_method, AuthMethod::BasicOrPost);
    assert_eq!(unomed.pkce, PkcePolicy::Optional);
    assert_eq!(unomed.scope.to_string(), "email openid profile");
    assert!(unomed.grant_types.contains(&GrantType::ClientCredentials));
    assert!(unomed.claim_aliases);
    assert_eq!(unomed.frame_ancestors, ["https://app.unomed.ch", "https://app.dev.unomed.ch"]);
    let profile = find("unomed", None).unwrap();
    let first = profile.handover.token_endpoint_auth_methods.first().map(String::as_str);
    assert_eq!(first, Some("client_secret_post"));
    assert_eq!(profile.behaviour.scope_order, ScopeOrder::Random);
    assert!(!profile.behaviour.nonce && !profile.behaviour.pkce);
}

#[test]
fn healthie_asks_for_the_company() {
    let missing = filled("healthie", &[]).unwrap_err().to_string();
    assert!(missing.contains("a value for company"), "{missing}");
    let healthie = filled("healthie", &[("company", "acme")]).unwrap();
    assert_eq!(healthie.name, "Healthie (acme)");
    assert_eq!(healthie.settings.redirect_uris, ["https://secure.gethealthie.com/sso/acme_auth"]);
    assert!(!healthie.settings.require_nonce);
    for bad in ["", "Acme", "a/b", "a_auth?x=", "ä"] {
        let fault = filled("healthie", &[("company", bad)]).unwrap_err();
        assert!(matches!(fault, ProfileFault::Value { .. }), "{bad}");
    }
    let fault = filled("healthie", &[("company", "acme"), ("town", "x")]).unwrap_err();
    assert!(fault.to_string().contains("it has company"), "{fault}");
}

#[test]
fn a_planned_profile_says_what_is_missing() {
    for name in ["nhs-login-rp", "freshworks-jwt", "zendesk-jwt", "smart-on-fhir"] {
        let fault = filled(name, &[]).unwrap_err().to_string();
        assert!(fault.contains("planned") && fault.contains("offered"), "{fault}");
    }
}

#[test]
fn an_unknown_profile_names_the_one_that_may_be_meant() {
    let fault = find("unomedd", None).unwrap_err().to_string();
    assert!(fault.contains("did you mean unomed?"), "{fault}");
    let fault = find("../../etc/passwd", Some(Path::new("/tmp"))).unwrap_err();
    assert!(matches!(fault, ProfileFault::Unknown { .. }));
}

#[test]
fn a_folder_adds_and_replaces_and_one_broken_file_breaks_only_itself() {
    let own = std::env::temp_dir().join(format!("vestibule-profiles-{}", std::process::id()));
    std::fs::create_dir_all(&own).unwrap();
    let good = EMBEDDED.iter().find(|file| file.name == "unomed").unwrap().text;
    let write = |name: &str, text: &str| std::fs::write(own.join(name), text).unwrap();
    write("unomed.toml", &good.replace("name = \"Unomed\"", "name = \"Our Unomed\""));
    write("clinic.toml", &good.replace("name = \"unomed\"", "name = \"clinic\""));
    write("gitlab.toml", "name = \"gitlab\"\nquirk = 1\n");
    write("notes.txt", "not a profile");
    let (profiles, broken) = all(Some(&own));
    assert_eq!(find("unomed", Some(&own)).unwrap().example().unwrap().name, "Our Unomed");
    assert!(profiles.iter().any(|profile| profile.name == "clinic"));
    assert_eq!(profiles.len(), EMBEDDED.len(), "one more, one broken");
    assert_eq!(broken.len(), 1);
    assert!(find("gitlab", Some(&own)).unwrap_err().to_string().contains("did you mean `quirks`?"));
    std::fs::remove_dir_all(&own).unwrap();
}

#[test]
fn check_tells_all_faults_at_once_with_their_lines() {
    let text = "name = \"Bad Name\"\nvendr = \"x\"\nvendor = \"V\"\nsummary = \"S\"\nsupport = \"ful\"\n\
        [[variable]]\nname = \"host\"\npattern = \"hosts\"\nhelp = \"h\"\nexample = \"e\"\n\
        [client]\nredirect_urls = [\"https://{host}/cb\"]\nauth_method = \"basic\"\n\
        [behaviour]\nuserinfo = 3\n";
    let (_, faults) = check::text_faults(text);
    let said: Vec<(Option<usize>, &str)> =
        faults.iter().map(|fault| (fault.line, fault.key.as_str())).collect();
    assert_eq!(
        said,
        [
            (Some(2), "vendr"),
            (Some(5), "support"),
            (Some(8), "variable.1.pattern"),
            (Some(12), "client.redirect_urls"),
            (Some(13), "client.auth_method"),
            (Some(15), "behaviour.userinfo"),
        ],
        "{faults:#?}"
    );
    let by_key = |key: &str| faults.iter().find(|fault| fault.key == key).unwrap().to_string();
    assert!(by_key("vendr").contains("did you mean `vendor`?"), "{faults:#?}");
    assert!(by_key("client.redirect_urls").contains("did you mean `redirect_uris`?"));
    assert!(by_key("variable.1.pattern").contains("host, label"));
}

#[test]
fn check_tells_what_no_single_value_can() {
    let good = EMBEDDED.iter().find(|file| file.name == "gitlab").unwrap().text;
    let rows = [
        ("vendor = \"GitLab\"", "", "vendor"),
        ("pattern = \"host\"", "pattern = \"uri\"", "variable.1.pattern"),
        ("pattern = \"host\"", "pattern = \"[!-~]+\"", "variable.1.pattern"),
        ("example = \"gitlab.example.com\"", "example = \"https://x\"", "variable.1.example"),
        ("https://{host}/users", "https://{hots}/users", "client.redirect_uris"),
        ("https://{host}/users", "http://{host}/users", "client.redirect_uris"),
        ("pkce = \"optional\"", "pkce = \"required\"", "behaviour.pkce"),
        (
            "auth_method = \"basic_or_post\"",
            "auth_method = \"client_secret_post\"",
            "behaviour.auth_method",
        ),
        ("needs = [\"sub\", \"email\"]", "needs = [\"phone_number\"]", "claims.needs"),
        (
            "{ label = \"args.issuer\", fact = \"issuer\" }",
            "{ label = \"x\" }",
            "handover.fields.1",
        ),
    ];
    for (from, to, key) in rows {
        assert!(good.contains(from), "{from}");
        let (_, faults) = check::text_faults(&good.replacen(from, to, 1));
        assert!(faults.iter().any(|fault| fault.key == key), "{key}: {faults:?}");
    }
    let (none, faults) = check::text_faults("name = \"x\n= 3\n");
    assert!(
        none.is_none() && faults.iter().all(|fault| fault.line.is_some()) && !faults.is_empty()
    );
}

#[test]
fn the_guides_are_those_of_the_profiles() {
    let guides = folder("docs/vendors");
    let (profiles, _) = all(None);
    let again = "write them anew: cargo run -- profile guide --into docs/vendors";
    let mut expected = BTreeSet::from(["README.md".to_owned()]);
    let read = |name: &str| std::fs::read_to_string(guides.join(name)).unwrap_or_default();
    assert!(read("README.md") == guide::index(&profiles), "README.md is stale; {again}");
    for profile in &profiles {
        let name = format!("{}.md", profile.name);
        assert!(read(&name) == guide::markdown_of(profile), "{name} is stale; {again}");
        expected.insert(name);
    }
    let there = std::fs::read_dir(&guides).unwrap();
    let there: BTreeSet<String> =
        there.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(there, expected, "{again}");
}
