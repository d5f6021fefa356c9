//! What becomes of some hundred rows: compared with the users who exist, decided, written in one
//! transaction.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;
use vestibule_protocol::admin::{GrantFault, Rights};
use vestibule_protocol::client::Status;
use vestibule_protocol::event::Event;
use vestibule_protocol::identifiers;
use vestibule_protocol::ids::{Subject, UserId};
use vestibule_protocol::user::{StandardClaims, User};
use vestibule_store::admin_roles::Holder;
use vestibule_store::checkpoints::Checkpoint;
use vestibule_store::credentials::PasswordHash;
use vestibule_store::groups::Group;
use vestibule_store::users::bulk::{KnownUser, NewUser, UserKeys};
use vestibule_store::{StoreError, Transaction};

use super::Options;
use super::report::{RowOutcome, RowReport};
use super::row::Wanted;
use crate::services::users::update::{self, Changed};
use crate::services::users::welcome;
use crate::services::users::{about, described, new_group, random_subject};
use crate::services::{Act, FieldFault, ServiceFault, groups};

/// Most groups that one import makes: more means that the wrong column was taken for them.
const MAX_NEW_GROUPS: usize = 200;

/// The chunks of one import, and what they share.
pub(super) struct Chunks<'a> {
    act: Act<'a>,
    dry_run: bool,
    invite: bool,
    groups: BTreeSet<String>,
    made: usize,
    /// What administrators may do: nobody imports over those who may more (invariant I27).
    ranks: HashMap<UserId, Rights>,
}

/// What is to be written for a row.
enum Write {
    Create(Box<NewUser>),
    Update(Box<Update>),
    Nothing,
}

struct Update {
    before: KnownUser,
    changed: Changed,
    status: Option<Status>,
    password: Option<PasswordHash>,
}

/// Everything that a chunk writes.
#[derive(Default)]
struct Batch {
    groups: Vec<Group>,
    new: Vec<NewUser>,
    updates: Vec<Update>,
    events: Vec<Event>,
    invitations: Vec<welcome::Rows>,
}

impl<'a> Chunks<'a> {
    pub(super) async fn new(act: Act<'a>, options: &Options) -> Result<Self, ServiceFault> {
        let known = act.core.store.groups(act.org).await?;
        let mut ranks: HashMap<UserId, Rights> = HashMap::new();
        for role in act.core.store.admin_roles().await? {
            if let Holder::User(user) = role.holder {
                let held = ranks.entry(user).or_insert(Rights::NONE);
                *held = held.union(role.assignment.role.rights());
            }
        }
        let groups = known.into_iter().map(|group| group.name).collect();
        let Options { dry_run, invite, .. } = *options;
        Ok(Self { act, dry_run, invite, groups, made: 0, ranks })
    }

    /// Does these rows; those that cannot be are told, and the others done all the same. The
    /// checkpoint that `save` makes of the reports moves in the same transaction.
    pub(super) async fn process(
        &mut self,
        rows: Vec<Result<Wanted, RowReport>>,
        name: &str,
        save: impl Fn(&[RowReport]) -> Checkpoint,
    ) -> Result<Vec<RowReport>, ServiceFault> {
        let mut attempts = 0;
        loop {
            self.act = self.act.resumed();
            let (reports, batch) = self.decide(&rows).await?;
            if self.dry_run {
                return Ok(reports);
            }
            let checkpoint = save(&reports);
            match self.write(batch, name, checkpoint).await {
                Ok(()) => return Ok(reports),
                // Somebody changed or added one of these users since they were read.
                Err(StoreError::Conflict { .. } | StoreError::Stale { .. }) if attempts < 3 => {
                    attempts += 1;
                }
                Err(StoreError::NotFound { what: "group" | "user" }) if attempts < 3 => {
                    attempts += 1;
                    self.groups.clear();
                    let known = self.act.core.store.groups(self.act.org).await?;
                    self.groups.extend(known.into_iter().map(|group| group.name));
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn decide(
        &mut self,
        rows: &[Result<Wanted, RowReport>],
    ) -> Result<(Vec<RowReport>, Batch), ServiceFault> {
        let known = Known::read(self.act, rows.iter().flatten()).await?;
        let (mut reports, mut batch) = (Vec::with_capacity(rows.len()), Batch::default());
        for row in rows {
            let wanted = match row {
                Ok(wanted) => wanted,
                Err(report) => {
                    reports.push(report.clone());
                    continue;
                }
            };
            let decided = self.decide_one(wanted, &known, &mut batch);
            let mut report = wanted.refused(Vec::new());
            match decided {
                Ok((write, notes)) => {
                    report.notes = notes;
                    report.outcome = write.outcome();
                    report.notes.extend(self.invite(&write, &mut batch)?);
                    batch.take(self.act, write);
                }
                Err(faults) => report.faults = faults,
            }
            reports.push(report);
        }
        Ok((reports, batch))
    }

    fn decide_one(
        &mut self,
        wanted: &Wanted,
        known: &Known,
        batch: &mut Batch,
    ) -> Result<(Write, Vec<FieldFault>), Vec<FieldFault>> {
        let before = known.user_of(wanted).map_err(|fault| vec![fault])?;
        let write = match before {
            None => self.create(wanted).map(|new| (Write::Create(Box::new(new)), Vec::new()))?,
            Some(before) => self.update(wanted, before)?,
        };
        if let Some(groups) = &wanted.change.groups {
            self.make_groups(groups, batch).map_err(|fault| vec![fault])?;
        }
        Ok(write)
    }

    fn create(&self, wanted: &Wanted) -> Result<NewUser, Vec<FieldFault>> {
        let act = self.act;
        let blank = User {
            id: UserId(act.core.ids.next(act.now)),
            org: act.org,
            subject: Subject(wanted.sub.clone().unwrap_or_else(random_subject)),
            external_id: None,
            account_type: None,
            test: false,
            status: wanted.status.unwrap_or_default(),
            claims: StandardClaims::default(),
            groups: BTreeSet::new(),
            not_before: act.now,
            created_at: act.now,
            updated_at: act.now,
        };
        let Changed { mut user, identifiers } = update::apply(&blank, &[], &wanted.change)?;
        if identifiers.is_empty() {
            let problem = "a new user needs a name to sign in with: email or username";
            return Err(vec![FieldFault::new("email", problem)]);
        }
        if user.claims.name.is_none() {
            let names = [&user.claims.given_name, &user.claims.family_name];
            let names: Vec<&str> = names.into_iter().flatten().map(String::as_str).collect();
            user.claims.name = Some(names.join(" ")).filter(|name| !name.is_empty());
        }
        let password = self.password(wanted, user.id);
        Ok(NewUser { user, identifiers, password })
    }

    fn update(
        &self,
        wanted: &Wanted,
        before: &KnownUser,
    ) -> Result<(Write, Vec<FieldFault>), Vec<FieldFault>> {
        let user = &before.user;
        if let Some(rank) = self.ranks.get(&user.id) {
            let fault = (!self.act.rights.cover(*rank)).then_some(GrantFault::BeyondOwnRights);
            if let Some(fault) = fault {
                return Err(vec![FieldFault::new("row", fault.to_string())]);
            }
            if wanted.status == Some(Status::Disabled) {
                let problem = "an administrator is not switched off by an import";
                return Err(vec![FieldFault::new("status", problem)]);
            }
        }
        if wanted.sub.as_ref().is_some_and(|sub| *sub != user.subject.0) {
            let problem = "the user exists and has another subject; a subject never changes";
            return Err(vec![FieldFault::new("sub", problem)]);
        }
        let changed = update::apply(user, &before.identifiers, &wanted.change)?;
        let mut notes = Vec::new();
        let mut password = None;
        match (&wanted.hash, before.has_password) {
            (Some(_), false) => password = self.password(wanted, user.id),
            (Some(_), true) => notes.push(FieldFault::new(
                "password_hash",
                "the user has a password already, which is kept",
            )),
            (None, _) => {}
        }
        let status = wanted.status.filter(|status| *status != user.status);
        let same = changed.user == *user && changed.identifiers == before.identifiers;
        if same && status.is_none() && password.is_none() {
            return Ok((Write::Nothing, notes));
        }
        let update = Update { before: before.clone(), changed, status, password };
        Ok((Write::Update(Box::new(update)), notes))
    }

    /// Mails an invitation to a new user who has no password, if that is wanted; tells why one gets
    /// none.
    fn invite(&self, write: &Write, batch: &mut Batch) -> Result<Option<FieldFault>, ServiceFault> {
        let Write::Create(new) = write else { return Ok(None) };
        if !self.invite || new.password.is_some() || new.user.status != Status::Active {
            return Ok(None);
        }
        if new.user.claims.email.is_none() {
            let problem = "there is no address to send the invitation to";
            return Ok(Some(FieldFault::new("email", problem)));
        }
        if !self.dry_run {
            batch.invitations.push(welcome::invitation(self.act, &new.user)?);
        }
        Ok(None)
    }

    fn password(&self, wanted: &Wanted, user: UserId) -> Option<PasswordHash> {
        let hash = wanted.hash.as_ref()?.to_string();
        Some(PasswordHash { user, hash, updated_at: self.act.now })
    }

    fn make_groups(
        &mut self,
        groups: &BTreeSet<String>,
        batch: &mut Batch,
    ) -> Result<(), FieldFault> {
        let missing = |name: &&String| {
            !self.groups.contains(*name) && !batch.groups.iter().any(|group| group.name == **name)
        };
        let missing: Vec<&String> = groups.iter().filter(missing).collect();
        if self.made + batch.groups.len() + missing.len() > MAX_NEW_GROUPS {
            let problem = format!(
                "more than {MAX_NEW_GROUPS} new groups in one file; is this the right column? Make the groups before, or split the file"
            );
            return Err(FieldFault::new("groups", problem));
        }
        batch.events.extend(missing.iter().map(|name| groups::added(self.act, name)));
        batch.groups.extend(missing.into_iter().map(|name| new_group(self.act, name)));
        Ok(())
    }

    async fn write(
        &mut self,
        batch: Batch,
        name: &str,
        checkpoint: Checkpoint,
    ) -> Result<(), StoreError> {
        let names: Vec<String> = batch.groups.iter().map(|group| group.name.clone()).collect();
        let (act, name) = (self.act, name.to_owned());
        let (org, now) = (act.org, act.now);
        act.core
            .store
            .write(move |tx| {
                batch.groups.iter().try_for_each(|group| tx.insert_group(group))?;
                tx.insert_users(org, &batch.new)?;
                batch.invitations.into_iter().try_for_each(|invitation| invitation.insert(tx))?;
                batch.updates.iter().try_for_each(|update| update.write(tx, now))?;
                tx.record(batch.events)?;
                tx.set_checkpoint(org, &name, &checkpoint)
            })
            .await?;
        self.made += names.len();
        self.groups.extend(names);
        Ok(())
    }
}

impl Write {
    fn outcome(&self) -> RowOutcome {
        match self {
            Self::Create(_) => RowOutcome::Created,
            Self::Update(_) => RowOutcome::Updated,
            Self::Nothing => RowOutcome::Unchanged,
        }
    }
}

impl Batch {
    fn take(&mut self, act: Act<'_>, write: Write) {
        match write {
            Write::Nothing => {}
            Write::Create(new) => {
                let user = &new.user;
                let event = act.event("user.added", about(user), Value::Null, described(user));
                self.events.push(event);
                self.new.push(*new);
            }
            Write::Update(update) => {
                let mut after = update.changed.user.clone();
                after.status = update.status.unwrap_or(after.status);
                let event = update::event(act, "user.updated", &update.before.user, &after);
                self.events.push(event);
                self.updates.push(*update);
            }
        }
    }
}

impl Update {
    fn write(
        &self,
        tx: &mut Transaction<'_>,
        now: vestibule_protocol::Timestamp,
    ) -> Result<(), StoreError> {
        let user = &self.before.user;
        update::write(tx, user, &self.before.identifiers, &self.changed, now)?;
        if let Some(password) = &self.password {
            tx.set_password(user.org, password)?;
        }
        match self.status {
            Some(status) => tx.set_user_status(user.org, user.id, status, now),
            None => Ok(()),
        }
    }
}

/// The users who exist of those that some rows are about.
struct Known {
    users: Vec<KnownUser>,
    by_external_id: BTreeMap<String, usize>,
    by_identifier: BTreeMap<String, usize>,
    by_subject: BTreeMap<String, usize>,
    /// Subjects that mean somebody or something already, in any organization.
    taken: BTreeSet<String>,
}

impl Known {
    async fn read(act: Act<'_>, rows: impl Iterator<Item = &Wanted>) -> Result<Self, ServiceFault> {
        let (mut keys, mut subjects) = (UserKeys::default(), BTreeSet::new());
        for row in rows {
            keys.external_ids.extend(row.external_id.clone());
            keys.identifiers.extend(row.email.clone());
            keys.identifiers.extend(row.username.clone());
            keys.subjects.extend(row.sub.clone());
            // Administrators name a user by either, so what is a name of one is no subject of another.
            keys.subjects.extend(row.username.clone());
            keys.identifiers.extend(row.sub.as_deref().and_then(identifiers::sign_in_name));
            subjects.extend(row.sub.clone());
        }
        let users = act.core.store.known_users(act.org, keys).await?;
        let mut known = Self {
            taken: act.core.store.taken_subjects(subjects).await?,
            users: Vec::new(),
            by_external_id: BTreeMap::new(),
            by_identifier: BTreeMap::new(),
            by_subject: BTreeMap::new(),
        };
        for (place, one) in users.iter().enumerate() {
            known.by_external_id.extend(one.user.external_id.clone().map(|id| (id, place)));
            known.by_subject.insert(one.user.subject.0.clone(), place);
            let names = one.identifiers.iter().map(|name| (name.value.clone(), place));
            known.by_identifier.extend(names);
        }
        known.users = users;
        Ok(known)
    }

    /// The user whom a row is about: by the external id, else by the email address, else, where
    /// there is none, by the user name. What else the row names must not be somebody else's.
    fn user_of(&self, wanted: &Wanted) -> Result<Option<&KnownUser>, FieldFault> {
        let find = |map: &BTreeMap<String, usize>, key: &Option<String>| {
            key.as_ref().and_then(|key| map.get(key).copied())
        };
        let by_external_id = find(&self.by_external_id, &wanted.external_id);
        let by_email = find(&self.by_identifier, &wanted.email);
        let by_username = find(&self.by_identifier, &wanted.username);
        let by_subject = find(&self.by_subject, &wanted.sub);
        let found = by_external_id.or(by_email).or(by_username.filter(|_| wanted.email.is_none()));
        let sub_as_name = wanted.sub.as_deref().and_then(identifiers::sign_in_name);
        let others = [
            ("email", by_email),
            ("username", by_username),
            ("username", find(&self.by_subject, &wanted.username)),
            ("sub", by_subject),
            ("sub", find(&self.by_identifier, &sub_as_name)),
        ];
        for (column, other) in others {
            if other.is_some() && other != found {
                return Err(FieldFault::new(column, "it is another user's already"));
            }
        }
        if let (None, Some(sub)) = (found, &wanted.sub)
            && self.taken.contains(sub)
        {
            let problem = "it means somebody else already, or a client; leave the column out";
            return Err(FieldFault::new("sub", problem));
        }
        let Some(user) = found.and_then(|place| self.users.get(place)) else { return Ok(None) };
        let theirs = &user.user.external_id;
        match (&wanted.external_id, theirs) {
            (Some(wanted), Some(theirs)) if wanted != theirs => {
                let column = if by_email.is_some() { "email" } else { "username" };
                Err(FieldFault::new(column, "it is the user's of another external id"))
            }
            _ => Ok(Some(user)),
        }
    }
}
