use vestibule_protocol::Timestamp;
use vestibule_protocol::authorize::trial::Trial;
use vestibule_protocol::case_code::CaseCode;
use vestibule_protocol::client::{AuthMethod, Client, ClientSettings, Status};
use vestibule_protocol::ids::{ClientId, ClientKey, OrgId, SessionId, TrialId};
use vestibule_protocol::opaque::Opaque;

use super::*;
use crate::relying_party::behaviour::Expectations;
use crate::relying_party::report::HopKind;
use crate::services::FieldFault;
use crate::services::trials::watch;

const NOW: Timestamp = Timestamp::from_seconds(1_795_000_000);

fn plan(auth_method: AuthMethod) -> Plan {
    let client = Client {
        key: ClientKey(7),
        org: OrgId::ROOT,
        client_id: ClientId("unomed live/1".to_owned()),
        name: "<b>Unomed</b>".to_owned(),
        status: Status::Active,
        settings: ClientSettings { auth_method, ..ClientSettings::default() },
        secrets: Vec::new(),
        created_at: NOW,
        updated_at: NOW,
    };
    Plan {
        behaviour: Behaviour::of_client(&client),
        expects: Expectations::of_client(&client),
        scope: vec!["openid".to_owned(), "email".to_owned()],
        client,
    }
}

fn shown(progress: Progress) -> Shown {
    let trial = Trial {
        id: TrialId(900),
        org: OrgId::ROOT,
        client: ClientKey(7),
        session: SessionId(1),
        digest: Opaque::new(900, [1; 32]).digest(),
        created_at: NOW,
        expires_at: NOW,
        admitted_at: Some(NOW),
        answered_at: None,
        case_code: Some(CaseCode::from_random(7)),
    };
    Shown { trial, progress }
}

fn report() -> Report {
    let hops = vec![
        Hop::new(HopKind::Discovery).passed("issuer is right.").sent("GET https://id.example"),
        Hop::new(HopKind::TokenResponse)
            .passed("It is JSON.")
            .failed("401 invalid_client: <script>alert(1)</script>")
            .received("401\n\n{\n  \"error\": \"invalid_client\"\n}"),
        Hop::new(HopKind::Userinfo).warned("email_verified is not true."),
        Hop::new(HopKind::Expectations),
    ];
    Report {
        behaviour: Behaviour::default(),
        scope: vec!["openid".to_owned()],
        secret: SecretUsed::Temporary,
        finished_at: NOW,
        hops,
    }
}

impl TrialForm {
    pub(crate) fn samples() -> Vec<Self> {
        let recent = [shown(Progress::Waiting), shown(Progress::Reported(Box::new(report())))];
        let invalid = ServiceFault::Invalid(vec![FieldFault::new("secret", "it is empty")]);
        let conflict = ServiceFault::Conflict("unomed is switched off".to_owned());
        let of = |method, fault| Self::of(Frame::sample(), &plan(method), &recent, fault);
        vec![
            of(AuthMethod::Basic, None),
            of(AuthMethod::Basic, Some(&invalid)),
            of(AuthMethod::None, Some(&conflict)),
        ]
    }
}

impl TrialReport {
    pub(crate) fn samples() -> Vec<Self> {
        let reported = Progress::Reported(Box::new(report()));
        let all = [Progress::Waiting, Progress::Expired, Progress::Interrupted, reported];
        let plan = plan(AuthMethod::Post);
        all.into_iter().map(|one| Self::of(Frame::sample(), &plan, &shown(one))).collect()
    }
}

impl TrialWait {
    pub(crate) fn samples() -> Vec<Self> {
        let plan = plan(AuthMethod::Post);
        let nothing = watch::grade(&[], NOW);
        let mut failed = nothing.clone();
        failed.case = Some("7FK-2QD".to_owned());
        for (index, line) in failed.lines.iter_mut().enumerate() {
            line.outcome = if index == 1 { Outcome::Failed } else { Outcome::Passed };
            line.text = "Refused: <b>x</b>".to_owned();
            line.case = Some("7FK-2QD".to_owned());
        }
        vec![
            Self::of(Frame::sample(), &plan, &nothing, true),
            Self::of(Frame::sample(), &plan, &failed, false),
        ]
    }
}
