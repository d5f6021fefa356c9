//! Administrators' trials of clients: each is admitted once and answered once.

use diesel::prelude::*;
use vestibule_protocol::Timestamp;
use vestibule_protocol::authorize::trial::Trial;
use vestibule_protocol::case_code::CaseCode;
use vestibule_protocol::ids::{ClientKey, OrgId, SessionId, TrialId};
use vestibule_protocol::opaque::Digest;

use crate::authorizations::case_code;
use crate::rows::{RowName, maybe_millis, maybe_moment, moment};
use crate::schema::trials;
use crate::{Store, StoreError, Transaction};

/// Most trials of a client that a list shows.
const RECENT: i64 = 10;

/// A trial with what is kept of it; both texts are sealed.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptTrial {
    /// The trial.
    pub trial: Trial,
    /// What the stand-in for the vendor must remember; gone once the answer came.
    pub sealed: Option<String>,
    /// What came of it.
    pub report: Option<String>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = trials, treat_none_as_default_value = false)]
struct TrialRow {
    id: i64,
    org_id: i64,
    client_key: i64,
    session_id: i64,
    digest: Vec<u8>,
    sealed: Option<String>,
    report: Option<String>,
    case_code: Option<i64>,
    created_at: i64,
    expires_at: i64,
    admitted_at: Option<i64>,
    answered_at: Option<i64>,
}

impl TryFrom<TrialRow> for KeptTrial {
    type Error = StoreError;

    fn try_from(row: TrialRow) -> Result<Self, StoreError> {
        let name = RowName { table: "trials", id: &row.id };
        let trial = Trial {
            id: TrialId(row.id),
            org: OrgId(row.org_id),
            client: ClientKey(row.client_key),
            session: SessionId(row.session_id),
            digest: Digest::from_stored(name.digest("digest", &row.digest)?),
            created_at: moment(row.created_at),
            expires_at: moment(row.expires_at),
            admitted_at: maybe_moment(row.admitted_at),
            answered_at: maybe_moment(row.answered_at),
            case_code: row.case_code.map(|bits| case_code(&name, bits)).transpose()?,
        };
        Ok(Self { trial, sealed: row.sealed, report: row.report })
    }
}

impl Store {
    /// The trial of this id, for whoever presents its token; the caller compares the digest, the
    /// client and the organization.
    pub async fn presented_trial(&self, id: TrialId) -> Result<Option<Trial>, StoreError> {
        self.read(move |db| {
            let found =
                trials::table.find(id.0).select(TrialRow::as_select()).get_result(db).optional()?;
            Ok(found.map(KeptTrial::try_from).transpose()?.map(|kept| kept.trial))
        })
        .await
    }

    /// A trial of a client of this organization.
    pub async fn trial(
        &self,
        org: OrgId,
        client: ClientKey,
        id: TrialId,
    ) -> Result<Option<KeptTrial>, StoreError> {
        self.read(move |db| {
            let found = trials::table
                .find(id.0)
                .filter(trials::org_id.eq(org.0))
                .filter(trials::client_key.eq(client.0))
                .select(TrialRow::as_select())
                .get_result(db)
                .optional()?;
            found.map(KeptTrial::try_from).transpose()
        })
        .await
    }

    /// The latest trials of a client, newest first.
    pub async fn trials(
        &self,
        org: OrgId,
        client: ClientKey,
    ) -> Result<Vec<KeptTrial>, StoreError> {
        self.read(move |db| {
            let rows = trials::table
                .filter(trials::org_id.eq(org.0))
                .filter(trials::client_key.eq(client.0))
                .order(trials::id.desc())
                .limit(RECENT)
                .select(TrialRow::as_select())
                .load(db)?;
            rows.into_iter().map(KeptTrial::try_from).collect()
        })
        .await
    }
}

impl Transaction<'_> {
    /// Keeps a trial that begins.
    pub fn insert_trial(&mut self, trial: &Trial, sealed: &str) -> Result<(), StoreError> {
        diesel::insert_into(trials::table)
            .values(TrialRow {
                id: trial.id.0,
                org_id: trial.org.0,
                client_key: trial.client.0,
                session_id: trial.session.0,
                digest: trial.digest.as_bytes().to_vec(),
                sealed: Some(sealed.to_owned()),
                report: None,
                case_code: trial.case_code.map(|code| i64::from(code.bits())),
                created_at: trial.created_at.as_millis(),
                expires_at: trial.expires_at.as_millis(),
                admitted_at: maybe_millis(trial.admitted_at),
                answered_at: maybe_millis(trial.answered_at),
            })
            .execute(self.db)?;
        Ok(())
    }

    /// Accepts a trial's authorization request, once; whether this was the once.
    pub fn admit_trial(
        &mut self,
        id: TrialId,
        case: CaseCode,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let changed = diesel::update(trials::table.find(id.0))
            .filter(trials::admitted_at.is_null())
            .filter(trials::answered_at.is_null())
            .filter(trials::expires_at.gt(at.as_millis()))
            .set((
                trials::admitted_at.eq(at.as_millis()),
                trials::case_code.eq(i64::from(case.bits())),
            ))
            .execute(self.db)?;
        Ok(changed == 1)
    }

    /// Takes a trial's answer, once; whether this was the once. What was sealed for it is gone then.
    pub fn answer_trial(&mut self, id: TrialId, at: Timestamp) -> Result<bool, StoreError> {
        let changed = diesel::update(trials::table.find(id.0))
            .filter(trials::answered_at.is_null())
            .filter(trials::expires_at.gt(at.as_millis()))
            .set((trials::answered_at.eq(at.as_millis()), trials::sealed.eq(None::<String>)))
            .execute(self.db)?;
        Ok(changed == 1)
    }

    /// Keeps what came of a trial.
    pub fn report_trial(&mut self, id: TrialId, report: &str) -> Result<(), StoreError> {
        let changed = diesel::update(trials::table.find(id.0))
            .set(trials::report.eq(report))
            .execute(self.db)?;
        if changed == 1 { Ok(()) } else { Err(StoreError::NotFound { what: "trial" }) }
    }
}
