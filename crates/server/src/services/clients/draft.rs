//! A client that is about to be registered: a profile and what is to differ from it become one policy.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use vestibule_protocol::admin::Permission;
use vestibule_protocol::client::{
    AuthMethod, ClientSettings, Environment, GrantType, PkcePolicy, Relaxation,
};
use vestibule_protocol::ids::ClientId;
use vestibule_protocol::scope::Scope;

use super::{faults, judge};
use crate::core::Core;
use crate::profiles;
use crate::services::{Act, ServiceFault};

/// What a client is registered with: a profile, and what is to differ from it.
#[derive(Clone, Debug, Default)]
pub struct NewClient {
    /// What people read; a profile has one of its own.
    pub name: Option<String>,
    /// The vendor profile it begins with.
    pub profile: Option<String>,
    /// The values of the profile's variables.
    pub values: BTreeMap<String, String>,
    /// In place of the profile's.
    pub redirect_uris: Vec<String>,
    /// In place of the profile's.
    pub post_logout_redirect_uris: Vec<String>,
    /// In place of the profile's.
    pub scope: Option<Scope>,
    /// In place of the profile's.
    pub grant_types: BTreeSet<GrantType>,
    /// In place of the profile's.
    pub auth_method: Option<AuthMethod>,
    /// In place of the profile's.
    pub pkce: Option<PkcePolicy>,
    /// In place of a generated one.
    pub client_id: Option<ClientId>,
    /// In place of the profile's.
    pub environment: Option<Environment>,
    /// Whether it is an app on the user's device, in place of the profile's.
    pub native: Option<bool>,
    /// Why it is trusted more than the default trusts it; a profile's own points need no reason.
    pub reasons: BTreeMap<Relaxation, String>,
    /// Whether each such point must come with a reason.
    pub reasons_required: bool,
    /// For how long a link shows the secret once, where it is handed over so.
    pub secret_link: Option<Duration>,
}

/// A client that is about to be registered: profile and wishes have become one policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// What people read.
    pub name: String,
    /// In place of a generated one.
    pub client_id: Option<ClientId>,
    /// Its policy and metadata, whole.
    pub settings: ClientSettings,
    /// Whether each point in which it is trusted more than usual needs a reason.
    pub reasons_required: bool,
    /// For how long a link shows the secret once, where it is handed over so.
    pub secret_link: Option<Duration>,
}

/// Whether a client could be registered so. Nothing is.
pub fn check(act: Act<'_>, new: &NewClient) -> Result<(), ServiceFault> {
    judged(act, &draft(act, new.clone())?)
}

/// What a client would be registered as; nothing is judged or kept yet.
pub fn draft(act: Act<'_>, new: NewClient) -> Result<Draft, ServiceFault> {
    act.require(Permission::ClientsWrite)?;
    let (name, settings) = describe(act.core, &new)?;
    let NewClient { client_id, reasons_required, secret_link, .. } = new;
    Ok(Draft { name, client_id, settings, reasons_required, secret_link })
}

pub(super) fn judged(act: Act<'_>, draft: &Draft) -> Result<(), ServiceFault> {
    let mut faults = faults(&draft.name, &draft.settings, &act.core.config.key_policy());
    faults.extend(draft.client_id.as_ref().and_then(judge::new_client_id));
    if draft.reasons_required {
        faults.extend(judge::unexplained(&draft.settings, None));
    }
    if faults.is_empty() { Ok(()) } else { Err(ServiceFault::Invalid(faults)) }
}

/// The name and the settings of a client that is registered so: the profile, with what was asked
/// for in place of it.
pub(crate) fn describe(
    core: &Core,
    new: &NewClient,
) -> Result<(String, ClientSettings), ServiceFault> {
    let (profile_name, mut settings) = match &new.profile {
        Some(profile) => {
            let folder = core.config.profiles.folder.as_deref();
            let profile = profiles::find(profile, folder)?;
            let mut filled = profile.fill(&new.values)?;
            profile.complete(&mut filled.settings, &core.config.tokens);
            judge::explain_by_configuration(&mut filled.settings, core.config.tokens.lifetimes());
            judge::explain_by_profile(&mut filled.settings, &profile.name);
            (Some(filled.name), filled.settings)
        }
        None if new.values.is_empty() => (None, ClientSettings::default()),
        None => return Err(ServiceFault::invalid("variables", "they fill in a profile; name one")),
    };
    let name = new.name.clone().or(profile_name).ok_or_else(|| {
        ServiceFault::invalid("name", "a client needs a name, or a profile that has one")
    })?;
    if new.profile.is_none() && new.redirect_uris.is_empty() {
        // Nobody can be sent back to it: it works for itself.
        settings.grant_types = BTreeSet::from([GrantType::ClientCredentials]);
        settings.scope = Scope::default();
    }
    if new.profile.is_none() {
        settings.lifetimes = core.config.tokens.lifetimes();
        settings.refresh = core.config.tokens.refresh();
        judge::explain_by_configuration(&mut settings, core.config.tokens.lifetimes());
    }
    override_with(&mut settings, new);
    Ok((name, settings))
}

fn override_with(settings: &mut ClientSettings, new: &NewClient) {
    if !new.redirect_uris.is_empty() {
        settings.redirect_uris.clone_from(&new.redirect_uris);
    }
    if !new.post_logout_redirect_uris.is_empty() {
        settings.post_logout_redirect_uris.clone_from(&new.post_logout_redirect_uris);
    }
    if let Some(scope) = &new.scope {
        settings.scope = scope.clone();
    }
    if let Some(method) = new.auth_method {
        settings.auth_method = method;
    }
    if let Some(pkce) = new.pkce {
        settings.pkce = pkce;
    }
    if let Some(environment) = new.environment {
        settings.environment = environment;
    }
    if let Some(native) = new.native {
        settings.native = native;
    }
    settings.reasons.extend(new.reasons.clone());
    if !new.grant_types.is_empty() {
        settings.grant_types.clone_from(&new.grant_types);
    } else if settings.scope.contains("offline_access") {
        // Asking for the one without the other is never meant.
        settings.grant_types.insert(GrantType::RefreshToken);
    }
}
