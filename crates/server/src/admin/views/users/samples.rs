use std::collections::BTreeSet;

use serde_json::json;
use vestibule_protocol::Timestamp;
use vestibule_protocol::event::{Event, EventOutcome};
use vestibule_protocol::ids::{EventId, OrgId, SessionId, Subject, UserId};
use vestibule_protocol::session::{Acr, Authentication, Session};
use vestibule_protocol::user::StandardClaims;

use super::*;
use crate::admin::views::Section;
use crate::services::FieldFault;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

fn user() -> User {
    User {
        id: UserId(7),
        org: OrgId::ROOT,
        subject: Subject("9f3c<b>".to_owned()),
        external_id: Some("<b>MRN-1</b>".to_owned()),
        account_type: Some("provider".to_owned()),
        test: true,
        status: Status::Disabled,
        claims: StandardClaims {
            name: Some("Ada <script>alert(1)</script>".to_owned()),
            email: Some("ada@clinic.test".to_owned()),
            other: [("ward".to_owned(), json!("<b>"))].into(),
            ..StandardClaims::default()
        },
        groups: BTreeSet::from(["providers".to_owned()]),
        not_before: NOW,
        created_at: NOW,
        updated_at: NOW,
    }
}

fn frame() -> Frame {
    Frame { section: Section::Users, ..Frame::sample() }
}

impl Users {
    pub(crate) fn samples() -> Vec<Self> {
        let page = |filters: UserFilters, rows: Vec<UserRow>| Self {
            pager: Pager::new("/admin/users", &[], 7, Some(9)),
            groups: vec!["<b>".to_owned()],
            frame: frame(),
            short: false,
            filters,
            rows,
        };
        let searched = UserFilters { text: "<b>".to_owned(), ..UserFilters::default() };
        vec![
            page(UserFilters::default(), Vec::new()),
            page(searched.clone(), Vec::new()),
            Self { short: true, ..page(searched.clone(), Vec::new()) },
            Self { short: true, ..page(searched.clone(), vec![UserRow::of(&frame(), &user())]) },
            page(searched, vec![UserRow::of(&frame(), &user())]),
        ]
    }
}

impl UserPage {
    pub(crate) fn samples() -> Vec<Self> {
        let session = Session {
            id: SessionId(1),
            org: OrgId::ROOT,
            user: UserId(7),
            sid: "s".to_owned(),
            authentication: Authentication {
                at: NOW,
                acr: Acr::SingleFactor,
                amr: BTreeSet::new(),
            },
            created_at: NOW,
            last_seen_at: NOW,
            expires_at: NOW,
            ended_at: None,
        };
        let event = Event {
            id: EventId(1),
            org: OrgId::ROOT,
            at: NOW,
            kind: "user.added".to_owned(),
            outcome: EventOutcome::Success,
            case_code: None,
            client: None,
            subject: None,
            reason: None,
            facts: json!({ "by": "<b>" }),
        };
        let page = |sessions, events, set| Self {
            here: "/admin/users/9f3c".to_owned(),
            detail: Detail {
                user: user(),
                identifiers: Vec::new(),
                password_set_at: set,
                failures: 3,
                blocked_until: set,
                sessions,
                consents: Vec::new(),
                grants: Vec::new(),
                events,
            },
            frame: frame(),
        };
        vec![page(Vec::new(), Vec::new(), None), page(vec![session], vec![event], Some(NOW))]
    }
}

impl UserLink {
    pub(crate) fn samples() -> Vec<Self> {
        let page = |invitation| Self {
            frame: frame(),
            invitation,
            name: "Ada <b>".to_owned(),
            url: "https://id.example/welcome/vbl_x".to_owned(),
            ends_at: "2026-11-28 07:00 UTC".to_owned(),
            back: "/admin/users/9f3c".to_owned(),
        };
        vec![page(true), page(false)]
    }
}

impl UsersImport {
    pub(crate) fn samples() -> Vec<Self> {
        let page = |faults: &[FieldFault], result| {
            let frame = frame();
            let fields = vec![
                Field::file("file", "File", ".csv").faults(faults),
                Field::tick("import", "Import the users"),
            ];
            Self {
                form: frame.form("/admin/users/import"),
                summary: Summary::of(faults, &fields),
                fields,
                frame,
                result,
            }
        };
        let row = ImportRow {
            row: 1,
            line: 2,
            user: "<b>".to_owned(),
            outcome: "refused",
            column: "email".to_owned(),
            problem: "<b> has no @".to_owned(),
        };
        let counts = vec![("created", 1), ("refused", 1)];
        let result = ImportResult { dry_run: true, counts, rows: vec![row], more: 4 };
        vec![
            page(&[], None),
            page(&[FieldFault::new("file", "it is not UTF-8")], None),
            page(&[], Some(result)),
        ]
    }
}
