//! Webhooks: as stated, and as they stand.

use std::time::Duration;

use serde_json::{Map, Value, json};
use vestibule_protocol::client::Status;
use vestibule_store::managed::ManagedKind;
use vestibule_store::webhooks::Webhook;

use super::super::document::{SecretSource, SigningSecret, WebhookWanted, within};
use super::clients::{Pruned, from};
use super::{Deed, Draft, Home, Planning, SecretLine, Step, Verb};
use crate::services::webhooks::{self, Wanted};
use crate::services::{ServiceFault, difference};

/// What the only secret of a webhook is called.
const SIGNING: &str = "signing";

impl Planning<'_> {
    pub(super) async fn webhook(
        &mut self,
        draft: Draft,
        home: Home,
        label: String,
        wanted: Option<Box<WebhookWanted>>,
    ) -> Result<Step, ServiceFault> {
        let kind = ManagedKind::Webhook;
        let known = match &home {
            Home::Known(org) => self.act.core.store.webhooks(*org).await?,
            Home::ToBe(_) => Vec::new(),
        };
        let count = known.len();
        let found = known.into_iter().find(|one| one.label == label);
        match (found, wanted) {
            (None, None) => Ok(draft.missing(kind, Verb::Keep, Value::Null, Deed::Keep)),
            (None, Some(wanted)) => self.new_webhook(draft, home, count, wanted),
            (Some(found), Some(wanted)) => self.standing_webhook(draft, found, *wanted).await,
            (Some(found), None) => {
                let row = (kind, found.id.0);
                let before = described(&found.url, &found.kinds, found.status);
                let deed = Deed::RemoveWebhook { found: Box::new(found) };
                self.standing(draft, row, Verb::Remove, (before, Value::Null), deed).await
            }
        }
    }

    fn new_webhook(
        &mut self,
        draft: Draft,
        home: Home,
        known: usize,
        wanted: Box<WebhookWanted>,
    ) -> Result<Step, ServiceFault> {
        let added = self.webhooks_to_be.iter().filter(|one| **one == home).count();
        webhooks::judge_count(known + added)?;
        let line = wanted.secret.as_ref().map(|secret| added_secret(&secret.source));
        if let Some(SecretSource::Generate { write_to: Some(path) }) =
            wanted.secret.as_ref().map(|secret| &secret.source)
        {
            self.target(path, SIGNING)?;
        }
        if line.is_none() {
            self.plan.notes.push(format!(
                "webhook {} gets a secret that nobody is shown: state one with secret.file, \
                 secret.env or secret.generate, or draw another with `vestibule webhook rotate`",
                draft.id
            ));
        }
        self.webhooks_to_be.push(home.clone());
        let Wanted { url, kinds, .. } = &wanted.wanted;
        let after = described(url, kinds, wanted.status);
        let deed = Deed::AddWebhook { home, wanted };
        let step = draft.missing(ManagedKind::Webhook, Verb::Create, after, deed);
        Ok(Step { secrets: line.into_iter().collect(), ..step })
    }

    async fn standing_webhook(
        &mut self,
        draft: Draft,
        found: Webhook,
        stated: WebhookWanted,
    ) -> Result<Step, ServiceFault> {
        let WebhookWanted { wanted, status, secret } = stated;
        let before = described(&found.url, &found.kinds, found.status);
        let after = described(&wanted.url, &wanted.kinds, status);
        let (before, after) = difference(&before, &after);
        let secret = self.other_secret(&found, secret).await?;
        let secrets = secret.as_ref().map(replaced).into_iter().flatten().collect();
        let same = after.as_object().is_some_and(Map::is_empty);
        let verb = if same && secret.is_none() { Verb::Keep } else { Verb::Change };
        let row = (ManagedKind::Webhook, found.id.0);
        let deed = Deed::ChangeWebhook {
            found: Box::new(found),
            wanted: (!same).then_some((wanted, status)),
            secret,
        };
        let step = self.standing(draft, row, verb, (before, after), deed).await?;
        Ok(Step { secrets, ..step })
    }

    /// The stated secret, if it is not the one that stands. One that is generated is generated once.
    async fn other_secret(
        &self,
        found: &Webhook,
        stated: Option<SigningSecret>,
    ) -> Result<Option<SigningSecret>, ServiceFault> {
        let Some(secret) = stated else { return Ok(None) };
        let SecretSource::Given { text, .. } = &secret.source else { return Ok(None) };
        let stands = webhooks::signs_with(self.act, found, text).await?;
        Ok((!stands).then_some(secret))
    }

    /// The step that prunes a webhook.
    pub(super) async fn prune_webhook(&self, row: i64) -> Result<Option<Pruned>, ServiceFault> {
        for organization in &self.organizations {
            let known = self.act.core.store.webhooks(organization.id).await?;
            if let Some(found) = known.into_iter().find(|one| one.id.0 == row) {
                let slug = self.slug_of(Some(organization.id));
                return Ok(Some(Pruned {
                    id: within(slug.as_deref(), &found.label),
                    before: described(&found.url, &found.kinds, found.status),
                    deed: Deed::RemoveWebhook { found: Box::new(found) },
                }));
            }
        }
        Ok(None)
    }
}

fn described(url: &str, kinds: &[String], status: Status) -> Value {
    json!({ "url": url, "kinds": kinds, "status": status })
}

fn added_secret(source: &SecretSource) -> SecretLine {
    SecretLine { label: SIGNING.to_owned(), sign: '+', text: from(source) }
}

/// The new secret, and what becomes of the one before.
fn replaced(secret: &SigningSecret) -> [SecretLine; 2] {
    let text = match secret.overlap {
        Duration::ZERO => "the one before ends at once".to_owned(),
        overlap => {
            let span = crate::config::units::span::write(overlap);
            format!("the one before signs as well for {span}")
        }
    };
    [SecretLine { label: SIGNING.to_owned(), sign: '-', text }, added_secret(&secret.source)]
}
