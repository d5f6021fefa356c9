//! Clients and their secrets: as stated, and as they stand.

use serde_json::{Map, Value, json};
use vestibule_protocol::Timestamp;
use vestibule_protocol::client::{Client, ClientSecret, ClientSettings, Status};
use vestibule_protocol::ids::ClientId;
use vestibule_store::managed::ManagedKind;

use super::super::document::{ClientWanted, SecretSource, SecretWanted};
use super::super::export::moment;
use super::{Deed, Draft, Home, Planning, Prune, SecretDeed, SecretLine, Step, Verb, row_of};

use crate::services::clients::declared::{self, SecretChange};
use crate::services::{ServiceFault, difference};

impl Planning<'_> {
    pub(super) async fn client(
        &mut self,
        draft: Draft,
        home: Home,
        client_id: ClientId,
        wanted: Option<Box<ClientWanted>>,
    ) -> Result<Step, ServiceFault> {
        let found = self.act.core.store.client_by_client_id(client_id.clone()).await?;
        if let Some(wanted) = &wanted {
            self.check_settings(&home, found.as_ref(), &wanted.settings).await?;
        }
        let (found, wanted) = match (found, wanted) {
            (None, None) => {
                let kind = ManagedKind::Client;
                return Ok(draft.missing(kind, Verb::Keep, Value::Null, Deed::Keep));
            }
            (None, Some(wanted)) => return self.new_client(draft, home, client_id, wanted),
            (Some(found), wanted) => (found, wanted),
        };
        if home != Home::Known(found.org) {
            let problem =
                format!("{client_id} is the client_id of a client elsewhere; choose another");
            return Err(ServiceFault::Conflict(problem));
        }
        match wanted {
            Some(wanted) => self.standing_client(draft, found, wanted).await,
            None => {
                let row = row_of(found.key);
                let deed = Deed::RemoveClient { home: found.org, client_id };
                let before = described(&found.name, found.status, &found.settings);
                self.standing(draft, row, Verb::Remove, (before, Value::Null), deed).await
            }
        }
    }

    /// What a client's settings name is there, now or once the documents are applied: the
    /// organizations that it is limited to, its own or ones below it; its groups; its picture.
    async fn check_settings(
        &self,
        home: &Home,
        found: Option<&Client>,
        settings: &ClientSettings,
    ) -> Result<(), ServiceFault> {
        let strange = settings.organizations.iter().filter(|slug| !self.lies_in(slug, home));
        let mut faults: Vec<_> = strange.map(|slug| declared::strange_organization(slug)).collect();
        // As the service has it: groups of before are nobody's typing error now.
        let had = found.map(|found| found.settings.groups.clone()).unwrap_or_default();
        let joined = settings.groups.difference(&had).cloned().collect();
        faults.extend(self.unknown_groups(home, &joined).await?);
        if !faults.is_empty() {
            return Err(ServiceFault::Invalid(faults));
        }
        let worn = found.and_then(|found| found.settings.logo);
        let named = settings.logo.filter(|logo| worn != Some(*logo));
        self.check_picture(home, named).await
    }

    fn new_client(
        &mut self,
        draft: Draft,
        home: Home,
        client_id: ClientId,
        wanted: Box<ClientWanted>,
    ) -> Result<Step, ServiceFault> {
        let now = self.act.now;
        let after = described(&wanted.name, wanted.status, &wanted.settings);
        let due: Vec<_> = wanted.secrets.iter().filter(|secret| is_due(secret, now)).collect();
        declared::refuse_secrets(&wanted.settings, due.len())?;
        for secret in &due {
            self.target_of(secret)?;
        }
        let secrets: Vec<_> = due.into_iter().filter_map(added).collect();
        if secrets.is_empty() && !wanted.settings.is_public() {
            self.plan.notes.push(format!(
                "client {client_id} gets no secret: state one with [[client.secret]], or make one \
                 with `vestibule client secret add {client_id}`"
            ));
        }
        let deed = Deed::AddClient { home, wanted, client_id };
        let step = draft.missing(ManagedKind::Client, Verb::Create, after, deed);
        Ok(Step { secrets, ..step })
    }

    async fn standing_client(
        &mut self,
        draft: Draft,
        found: Client,
        mut wanted: Box<ClientWanted>,
    ) -> Result<Step, ServiceFault> {
        let before = described(&found.name, found.status, &found.settings);
        let after = described(&wanted.name, wanted.status, &wanted.settings);
        let (before, after) = difference(&before, &after);
        let (mut deeds, mut lines) = (Vec::new(), Vec::new());
        let named: Vec<String> = wanted.secrets.iter().map(|one| one.label.clone()).collect();
        for secret in std::mem::take(&mut wanted.secrets) {
            self.secret(&found, secret, &mut deeds, &mut lines)?;
        }
        self.unnamed_secrets(&draft, &found, &named, (&mut deeds, &mut lines)).await?;
        check_count(&found, &wanted.settings, &deeds, self.act.now)?;
        let same = after.as_object().is_some_and(Map::is_empty);
        let verb = if same && deeds.is_empty() { Verb::Keep } else { Verb::Change };
        let row = row_of(found.key);
        let deed = Deed::ChangeClient {
            found: Box::new(found),
            wanted: (!same).then_some(wanted),
            secrets: deeds,
        };
        let step = self.standing(draft, row, verb, (before, after), deed).await?;
        Ok(Step { secrets: lines, ..step })
    }

    /// What one stated secret asks for. A value is compared by its digest.
    fn secret(
        &mut self,
        client: &Client,
        wanted: SecretWanted,
        deeds: &mut Vec<SecretDeed>,
        lines: &mut Vec<SecretLine>,
    ) -> Result<(), ServiceFault> {
        let now = self.act.now;
        let due = is_due(&wanted, now);
        let live =
            client.secrets.iter().filter(|one| one.label == wanted.label && one.is_live(now));
        let (same, other): (Vec<_>, Vec<_>) = live.partition(|one| match &wanted.source {
            Some(SecretSource::Given { text, .. }) => {
                due && one.digest.0 == self.act.core.digests.client_secret(text)
            }
            Some(SecretSource::Generate { .. }) => due,
            None => false,
        });
        for one in other {
            lines.push(line(&wanted.label, '-', format!("{}… is revoked", one.prefix)));
            deeds.push(SecretDeed::Stands(SecretChange::Revoke(one.id)));
        }
        if !due {
            return Ok(());
        }
        if same.is_empty() {
            self.target_of(&wanted)?;
            lines.extend(added(&wanted));
            let SecretWanted { label, source, expires_at } = wanted;
            deeds.extend(source.map(|source| SecretDeed::Add { label, source, expires_at }));
            return Ok(());
        }
        for one in same.into_iter().filter(|one| one.expires_at != wanted.expires_at) {
            lines.push(line(&wanted.label, '~', until(wanted.expires_at)));
            deeds.push(SecretDeed::Stands(SecretChange::Expire(one.id, wanted.expires_at)));
        }
        Ok(())
    }

    /// The file that a secret is to be written to can be written.
    fn target_of(&mut self, wanted: &SecretWanted) -> Result<(), ServiceFault> {
        match &wanted.source {
            Some(SecretSource::Generate { write_to: Some(path) }) => {
                self.target(path, &wanted.label)
            }
            _ => Ok(()),
        }
    }

    /// Secrets that the file stated once and no longer names.
    async fn unnamed_secrets(
        &mut self,
        draft: &Draft,
        client: &Client,
        named: &[String],
        (deeds, lines): (&mut Vec<SecretDeed>, &mut Vec<SecretLine>),
    ) -> Result<(), ServiceFault> {
        let now = self.act.now;
        let unnamed = |one: &&ClientSecret| one.is_live(now) && !named.contains(&one.label);
        for one in client.secrets.iter().filter(unnamed) {
            let mark = self.act.core.store.managed(ManagedKind::ClientSecret, one.id.0).await?;
            if !super::is_marked(mark.as_ref(), &draft.source) {
                continue;
            }
            if self.prune == Prune::Tell {
                self.plan.notes.push(format!(
                    "secret {:?} of client {} is no longer named; --prune revokes it",
                    one.label, client.client_id
                ));
                continue;
            }
            lines.push(line(&one.label, '-', format!("{}… is revoked", one.prefix)));
            deeds.push(SecretDeed::Stands(SecretChange::Revoke(one.id)));
        }
        Ok(())
    }

    /// The step that prunes a client.
    pub(super) async fn prune_client(&self, row: i64) -> Result<Option<Pruned>, ServiceFault> {
        let found =
            self.act.core.store.client_by_key(vestibule_protocol::ids::ClientKey(row)).await?;
        Ok(found.map(|found| Pruned {
            id: found.client_id.0.clone(),
            before: described(&found.name, found.status, &found.settings),
            deed: Deed::RemoveClient { home: found.org, client_id: found.client_id },
        }))
    }
}

/// An object that a file no longer names.
pub(super) struct Pruned {
    pub id: String,
    pub before: Value,
    pub deed: Deed,
}

/// A client as documents state it: its settings beside name and status.
pub(crate) fn described(name: &str, status: Status, settings: &ClientSettings) -> Value {
    let mut whole = Map::new();
    whole.insert("name".to_owned(), json!(name));
    whole.insert("status".to_owned(), json!(status));
    if let Ok(Value::Object(settings)) = serde_json::to_value(settings) {
        whole.extend(settings);
    }
    Value::Object(whole)
}

/// Whether a secret is to live now. One whose end has passed is not made again.
fn is_due(wanted: &SecretWanted, now: Timestamp) -> bool {
    wanted.source.is_some() && wanted.expires_at.is_none_or(|end| now < end)
}

/// Where a secret comes from, in words.
pub(super) fn from(source: &SecretSource) -> String {
    match source {
        SecretSource::Given { from, .. } => format!("from {from}"),
        SecretSource::Generate { write_to: Some(path) } => {
            format!("generated, written to {}", path.display())
        }
        SecretSource::Generate { write_to: None } => "generated".to_owned(),
    }
}

fn added(wanted: &SecretWanted) -> Option<SecretLine> {
    let from = from(wanted.source.as_ref()?);
    let until = wanted.expires_at.map(|_| format!(", {}", until(wanted.expires_at)));
    Some(line(&wanted.label, '+', format!("{from}{}", until.unwrap_or_default())))
}

fn line(label: &str, sign: char, text: String) -> SecretLine {
    SecretLine { label: label.to_owned(), sign, text }
}

fn until(end: Option<Timestamp>) -> String {
    match end {
        Some(end) => format!("until {}", moment(end)),
        None => "without an end".to_owned(),
    }
}

/// Not more secrets live at a time than a client may have.
fn check_count(
    found: &Client,
    settings: &ClientSettings,
    deeds: &[SecretDeed],
    now: Timestamp,
) -> Result<(), ServiceFault> {
    let live = found.secrets.iter().filter(|secret| secret.is_live(now)).count();
    let added = deeds.iter().filter(|deed| matches!(deed, SecretDeed::Add { .. })).count();
    let gone = |deed: &&SecretDeed| matches!(deed, SecretDeed::Stands(SecretChange::Revoke(_)));
    declared::refuse_change(settings, live, added, deeds.iter().filter(gone).count())
}
