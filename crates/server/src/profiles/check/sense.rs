//! What no single value of a profile can tell: texts that must be there, variables and where they
//! stand, a client that can be registered, and a behaviour that this client lets through.

use std::collections::BTreeSet;

use vestibule_protocol::claims;
use vestibule_protocol::client::{AuthMethod, ClaimsPlacement, ClientSettings};

use super::CheckFault;
use crate::config::keys::Keys;
use crate::config::session::Session;
use crate::profiles::{ClaimSource, Pattern, Profile, SentAuth, Support, is_name};
use crate::services::clients;

/// Most of anything that a profile lists.
const MAX_ITEMS: usize = 40;

pub(super) fn faults(profile: &Profile) -> Vec<CheckFault> {
    let mut faults = Faults(Vec::new());
    texts(profile, &mut faults);
    variables(profile, &mut faults);
    fields(profile, &mut faults);
    if profile.support != Support::Planned {
        client(profile, &mut faults);
    }
    faults.0
}

struct Faults(Vec<CheckFault>);

impl Faults {
    fn add(&mut self, key: impl Into<String>, problem: impl Into<String>) {
        self.0.push(CheckFault { line: None, key: key.into(), problem: problem.into() });
    }
}

fn texts(profile: &Profile, faults: &mut Faults) {
    if !is_name(&profile.name) {
        faults.add("name", "a name has 1 to 64 lower-case letters, digits and dashes");
    }
    for (key, text) in [("vendor", &profile.vendor), ("summary", &profile.summary)] {
        if text.trim().is_empty() || text.chars().any(char::is_control) {
            faults.add(key, "it is missing; write one line");
        }
    }
    let note = profile.support_note.as_deref().unwrap_or_default();
    if profile.support != Support::Full && note.trim().is_empty() {
        faults.add("support_note", "say in one sentence what is not offered");
    }
    if profile.evidence.is_empty() {
        faults.add("evidence", "say where the facts come from: [[evidence]] mark, facts, source");
    }
    if profile.tests.is_empty() && profile.support != Support::Planned {
        faults.add("test", "say how to try it out: [[test]] step, expect");
    }
    let lists = [
        ("quirks", profile.quirks.len()),
        ("variable", profile.variables.len()),
        ("test", profile.tests.len()),
        ("trouble", profile.troubles.len()),
        ("evidence", profile.evidence.len()),
        ("handover.fields", profile.handover.fields.len()),
    ];
    for (key, count) in lists.into_iter().filter(|(_, count)| *count > MAX_ITEMS) {
        faults.add(key, format!("{count} are too many; at most {MAX_ITEMS}"));
    }
}

fn variables(profile: &Profile, faults: &mut Faults) {
    let texts = profile.client_texts();
    let mut names = BTreeSet::new();
    for (index, variable) in profile.variables.iter().enumerate() {
        let key = |field: &str| format!("variable.{}.{field}", index + 1);
        let name = variable.name.as_str();
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') {
            faults.add(key("name"), "a variable's name has lower-case letters and underscores");
        }
        if !names.insert(name) {
            faults.add(key("name"), format!("there are two variables {name}"));
        }
        if variable.help.trim().is_empty() {
            faults.add(key("help"), "say what it is and where to get it");
        }
        if !variable.pattern.fits(&variable.example) {
            let expected = variable.pattern.words();
            faults.add(key("example"), format!("it does not fit the pattern: {expected}"));
        }
        let written = format!("{{{name}}}");
        let uses: Vec<_> = texts.iter().filter(|(_, text)| text.contains(&written)).collect();
        if uses.is_empty() && profile.support != Support::Planned {
            faults.add(key("name"), format!("{written} stands nowhere in [client]"));
        }
        for (place, _) in uses.iter().filter(|(place, text)| place != "name" && *text != written) {
            if !variable.pattern.is_confined() {
                faults.add(key("pattern"), too_wide(&variable.pattern, place));
            }
        }
    }
    for (place, text) in &texts {
        for name in named(text).filter(|name| !names.contains(name)) {
            faults.add(format!("client.{place}"), format!("there is no variable {name:?}"));
        }
    }
}

fn too_wide(pattern: &Pattern, place: &str) -> String {
    format!(
        "it stands inside client.{place} and admits characters that change whose URI it is ({}); \
         use host, label, segment or uuid, or let the value be the whole text",
        pattern.words()
    )
}

/// What stands in braces.
fn named(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name)
}

fn fields(profile: &Profile, faults: &mut Faults) {
    for (index, field) in profile.handover.fields.iter().enumerate() {
        let key = format!("handover.fields.{}", index + 1);
        if field.label.trim().is_empty() {
            faults.add(&key, "a field needs the vendor's label");
        }
        if field.fact.is_some() == field.value.is_some() {
            faults.add(&key, "a field has either a fact of ours or a value to choose");
        }
    }
    for method in &profile.handover.token_endpoint_auth_methods {
        if !["client_secret_basic", "client_secret_post", "private_key_jwt", "none"]
            .contains(&method.as_str())
        {
            let problem = format!("{method:?} is no registered authentication method");
            faults.add("handover.token_endpoint_auth_methods", problem);
        }
    }
}

fn client(profile: &Profile, faults: &mut Faults) {
    let filled = match profile.example() {
        Ok(filled) => filled,
        Err(fault) => return faults.add("client", fault.to_string()),
    };
    let mut policy = Keys::default().policy(Session::default().absolute);
    // Which keys there are is the installation's affair; a profile may ask for any algorithm.
    let asked = crate::config::keys::key_alg(filled.settings.id_token_alg);
    if !policy.wanted.iter().any(|(known, _)| *known == asked) {
        policy.wanted.push((asked, asked.default_key_type()));
    }
    for fault in clients::faults(&filled.name, &filled.settings, &policy) {
        faults.add(format!("client.{}", fault.field), fault.problem);
    }
    behaviour(profile, &filled.settings, faults);
    expectations(profile, &filled.settings, faults);
}

fn behaviour(profile: &Profile, settings: &ClientSettings, faults: &mut Faults) {
    let behaviour = &profile.behaviour;
    let accepted = match settings.auth_method {
        AuthMethod::Basic => behaviour.auth_method == SentAuth::Basic,
        AuthMethod::Post => behaviour.auth_method == SentAuth::Post,
        AuthMethod::BasicOrPost => behaviour.auth_method != SentAuth::None,
        AuthMethod::None => behaviour.auth_method == SentAuth::None,
    };
    if !accepted {
        faults.add("behaviour.auth_method", "client.auth_method does not accept it");
    }
    let demands = [
        ("behaviour.pkce", settings.requires_pkce() && !behaviour.pkce, "client.pkce requires it"),
        ("behaviour.nonce", settings.require_nonce && !behaviour.nonce, "client.require_nonce"),
        ("behaviour.state", settings.require_state && !behaviour.state, "client.require_state"),
    ];
    for (key, missing, why) in demands {
        if missing {
            faults.add(key, format!("the vendor sends none, but {why}"));
        }
    }
}

fn expectations(profile: &Profile, settings: &ClientSettings, faults: &mut Faults) {
    let expected = &profile.claims;
    let in_userinfo_only = settings.claims_placement == ClaimsPlacement::Userinfo;
    if expected.reads == ClaimSource::IdToken && in_userinfo_only {
        let problem =
            "the vendor reads the ID token; set claims_placement = \"id_token_and_userinfo\"";
        faults.add("client.claims_placement", problem);
    }
    if expected.reads == ClaimSource::Userinfo && !profile.behaviour.userinfo {
        faults.add("behaviour.userinfo", "claims.reads says that the vendor reads userinfo");
    }
    let mut released = claims::names_within(&settings.scope);
    released.extend(["sub", "id", "first_name", "last_name"]);
    for claim in expected.needs.iter().filter(|claim| !released.contains(claim.as_str())) {
        faults.add("claims.needs", format!("no scope of the client releases {claim}"));
    }
}
