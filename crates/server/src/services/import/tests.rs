use std::io::Cursor;

use vestibule_protocol::admin::Role;
use vestibule_protocol::client::Status;
use vestibule_store::events::EventQuery;

use super::*;
use crate::services::testing::{Installation, passwords};
use crate::services::users::{self, NewUser, UserQuery};
use crate::services::{events, export, groups};

const HASH: &str = "$2b$04$25jFfHtAi9jW7Br3AL3mQOboCrlD0PPH.GRu1WOF8Ns2EFGfTHlHm";

async fn imported(
    act: Act<'_>,
    format: Format,
    dry_run: bool,
    text: &str,
) -> Result<(Counts, Vec<RowReport>), ServiceFault> {
    let mut rows = Vec::new();
    let options = Options { format, dry_run, firebase: None, invite: false };
    let file = Cursor::new(text.as_bytes().to_vec());
    let imported = run(act, file, &options, |row, _| rows.push(row.clone())).await?;
    Ok((imported.counts, rows))
}

async fn csv(act: Act<'_>, text: &str) -> (Counts, Vec<RowReport>) {
    imported(act, Format::Csv, false, text).await.unwrap()
}

fn only(rows: &[RowReport]) -> &RowReport {
    assert_eq!(rows.len(), 1, "{rows:?}");
    &rows[0]
}

#[tokio::test]
async fn users_are_created_and_found_by_external_id_and_email() {
    let installation = Installation::new().await;
    let act = installation.act();
    let text = format!(
        "external_id;email;given_name;family_name;groups;account_type;test;sub;password_hash;email_verified\r\n\
         p-1;Ada@Clinic.test;Ada;Lovelace;\"providers; admins\";provider;yes;ada-sub;{HASH};TRUE\r\n"
    );
    let (counts, rows) = csv(act, &text).await;
    assert_eq!((counts.created, counts.refused), (1, 0), "{rows:?}");
    let ada = users::find(act, "ada@clinic.test").await.unwrap();
    assert_eq!(ada.subject.0, "ada-sub");
    assert_eq!(ada.claims.name.as_deref(), Some("Ada Lovelace"));
    assert!(ada.claims.email_verified && ada.test);
    assert_eq!(ada.groups.len(), 2);
    assert_eq!(ada.account_type.as_deref(), Some("provider"));
    assert!(act.core.store.password(act.org, ada.id).await.unwrap().is_some());
    for word in ["lovel", "p-1", "ada-sub", "ada@clin"] {
        let query = UserQuery { text: Some(word.to_owned()), ..UserQuery::default() };
        let found = users::list(act, query, vestibule_store::PageRequest::first(5)).await.unwrap();
        assert_eq!(found.items.len(), 1, "{word}");
    }
    // By external id, with another address, which then is not verified.
    let (counts, _) = csv(act, "external_id,email\np-1,ada@hospital.test\n").await;
    assert_eq!(counts.updated, 1);
    let ada = users::find(act, "ada@hospital.test").await.unwrap();
    assert!(!ada.claims.email_verified);
    assert_eq!(ada.claims.given_name.as_deref(), Some("Ada"), "an absent column changes nothing");
    assert!(users::find(act, "ada@clinic.test").await.is_err());
    // By email address; an empty cell changes nothing.
    let (counts, _) = csv(act, "email,family_name,given_name\nADA@hospital.test,King,\n").await;
    assert_eq!(counts.updated, 1);
    let ada = users::find(act, "ada@hospital.test").await.unwrap();
    assert_eq!(ada.claims.family_name.as_deref(), Some("King"));
    assert_eq!(ada.claims.given_name.as_deref(), Some("Ada"));
    // And switched off.
    let (counts, _) = csv(act, "external_id,status\np-1,disabled\n").await;
    assert_eq!(counts.updated, 1);
    assert_eq!(users::find(act, "ada-sub").await.unwrap().status, Status::Disabled);
}

#[tokio::test]
async fn an_import_that_is_repeated_changes_nothing() {
    let installation = Installation::new().await;
    let act = installation.act();
    let text = format!("email,name,password_hash\na@x.test,A B,{HASH}\nb@x.test,=1+1,\n");
    let (first, _) = csv(act, &text).await;
    let (second, rows) = csv(act, &text).await;
    assert_eq!((first.created, second.unchanged), (2, 2));
    assert_eq!(rows[0].notes.len(), 1, "the password that is there is kept: {rows:?}");
    let b = users::find(act, "b@x.test").await.unwrap();
    assert_eq!(b.claims.name.as_deref(), Some("=1+1"), "what looks like a formula is data");
}

#[tokio::test]
async fn a_dry_run_tells_the_same_and_writes_nothing() {
    let installation = Installation::new().await;
    let act = installation.act();
    let text = "email,groups\na@x.test,g1\nnonsense,g2\n";
    let (dry, told) = imported(act, Format::Csv, true, text).await.unwrap();
    assert!(users::find(act, "a@x.test").await.is_err());
    assert!(groups::list(act).await.unwrap().is_empty());
    let log = events::search(act, EventQuery { limit: 10, ..EventQuery::default() }).await.unwrap();
    assert!(log.is_empty(), "{log:?}");
    let (wet, done) = csv(act, text).await;
    assert_eq!((dry, told), (wet, done));
    assert_eq!((wet.created, wet.refused), (1, 1));
    let log = events::search(act, EventQuery { limit: 10, ..EventQuery::default() }).await.unwrap();
    let kinds: Vec<&str> = log.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(
        kinds,
        ["group.added", "user.added", "users.imported"],
        "i30: each change has its line"
    );
}

#[tokio::test]
async fn an_import_that_was_broken_off_goes_on() {
    let installation = Installation::new().await;
    let act = installation.act();
    let mut text = "email,name\n".to_owned();
    for number in 0..CHUNK * 2 + 10 {
        text.push_str(&format!("u{number}@x.test,User {number}\n"));
    }
    let digest = source::inspect(&mut Cursor::new(text.as_bytes())).unwrap();
    // As it stands when the first chunk is done.
    let (whole, _) = csv(act, &text).await;
    assert_eq!(whole.created, CHUNK as u64 * 2 + 10);
    let counts = Counts { rows: CHUNK as u64, created: CHUNK as u64, ..Counts::default() };
    let name = format!("import:{digest}");
    let checkpoint =
        Checkpoint { position: counts.position(), state: counts.state(), updated_at: act.now };
    let (org, key) = (act.org, name.clone());
    act.core.store.write(move |tx| tx.set_checkpoint(org, &key, &checkpoint)).await.unwrap();
    let (again, rows) = csv(act, &text).await;
    assert_eq!(again.earlier, CHUNK as u64);
    assert_eq!(rows.len(), CHUNK + 10, "the rows of the earlier run are not told again");
    assert_eq!((again.rows, again.unchanged), (whole.rows, CHUNK as u64 + 10));
    assert_eq!(act.core.store.checkpoint(act.org, name).await.unwrap(), None);
}

#[tokio::test]
async fn hostile_rows_are_told_and_the_others_done() {
    let installation = Installation::new().await;
    let act = installation.act();
    csv(act, "external_id,email,username\ntaken,taken@x.test,taken-name\n").await;
    let long = "x".repeat(1_000_000);
    let many = (0..150).map(|n| format!("g{n}")).collect::<Vec<_>>().join(";");
    let table: Vec<(&str, String, &str, &str)> = vec![
        ("email", "nonsense".into(), "email", "exactly one @"),
        ("email", "a@x@y.test".into(), "email", "exactly one @"),
        ("email", "new@x.test,surplus".into(), "row", "2 cells"),
        ("email,name", format!("new@x.test,{long}"), "name", "8192 bytes"),
        ("email,name", "new@x.test,\"never closed".into(), "name", "never closed"),
        ("email,name", "new@x.test,a\u{0}b".into(), "file", "zero bytes"),
        ("email,name", "new@x.test,a\u{7}b".into(), "claims.name", "control characters"),
        ("email,sub", "new@x.test,with space".into(), "sub", "ASCII"),
        ("email,sub", "taken@x.test,other".into(), "sub", "never changes"),
        ("email,test", "new@x.test,perhaps".into(), "test", "neither true nor false"),
        ("email,status", "new@x.test,gone".into(), "status", "neither active nor disabled"),
        ("email,email_verified", "new@x.test,2".into(), "email_verified", "neither"),
        ("email,picture", "new@x.test,javascript:alert(1)".into(), "claims.picture", "not a URL"),
        ("email,birthdate", "new@x.test,1.2.3".into(), "claims.birthdate", "YYYY-MM-DD"),
        ("email,password_hash", "new@x.test,hunter2".into(), "password_hash", "not a known"),
        ("email,password_hash", "new@x.test,$2b$31$x".into(), "password_hash", "bcrypt"),
        (
            "email,password_hash,password_salt",
            "new@x.test,AAAA,AAAA".into(),
            "password_hash",
            "the project's parameters",
        ),
        ("email,groups", format!("new@x.test,{many}"), "groups", "at most 100"),
        ("email,external_id", "taken@x.test,another".into(), "email", "another external id"),
        ("email,external_id", "taken@x.test,\" padded\"".into(), "email", "external id"),
        ("email,username", "new@x.test,taken-name".into(), "username", "another user's"),
        ("external_id,email", "fresh,taken@x.test".into(), "email", "another external id"),
        ("external_id", "unknown".into(), "email", "a name to sign in with"),
        ("email,claims.acr", "new@x.test,x".into(), "claims.acr", "states this claim itself"),
        ("email,claims.na me", "new@x.test,x".into(), "claims.na me", "visible ASCII"),
    ];
    for (head, row, field, problem) in table {
        let text = format!("{head}\n{row}\n");
        let faults = match imported(act, Format::Csv, false, &text).await {
            Ok((counts, rows)) => {
                assert_eq!((counts.refused, counts.created, counts.updated), (1, 0, 0), "{head}");
                only(&rows).faults.clone()
            }
            Err(ServiceFault::Invalid(faults)) => faults,
            Err(other) => panic!("{other}"),
        };
        let said = faults.iter().any(|f| f.field == field && f.problem.contains(problem));
        assert!(said, "{head} / {}: {faults:?}", row.chars().take(40).collect::<String>());
        let quoted = format!("{faults:?}");
        assert!(!quoted.contains("hunter2"), "a hash is never repeated: {quoted}");
        assert!(users::find(act, "new@x.test").await.is_err(), "{head}: nothing of it was done");
    }
}

#[tokio::test]
async fn one_bad_row_does_not_hold_up_the_others() {
    let installation = Installation::new().await;
    let act = installation.act();
    let text =
        "email,username\na@x.test,one\nA@X.test,two\nbad,three\nb@x.test,one\nc@x.test,four\n";
    let (counts, rows) = csv(act, text).await;
    assert_eq!((counts.created, counts.refused), (2, 3), "{rows:?}");
    assert!(rows[1].faults[0].problem.contains("row 1 has the same"));
    assert!(rows[3].faults[0].problem.contains("row 1 has the same"));
    assert!(users::find(act, "c@x.test").await.is_ok());
}

#[tokio::test]
async fn columns_that_are_not_ours_are_told_before_anything_is_done() {
    let installation = Installation::new().await;
    let act = installation.act();
    for (head, expected) in [
        ("E-Mail,name", "did you mean email"),
        ("email,firstname", "did you mean given_name"),
        ("email,famly_name", "did you mean family_name"),
        ("email,password", "did you mean password_hash"),
        ("email,email", "there twice"),
        ("email,colour", "claims.NAME"),
        ("email,claims.email", "a column of its own"),
        ("name,given_name", "whose row"),
        ("", "empty"),
    ] {
        let refused = imported(act, Format::Csv, false, &format!("{head}\na@x.test,b\n")).await;
        let Err(fault @ ServiceFault::Invalid(_)) = refused else { panic!("{head}: {refused:?}") };
        assert!(fault.to_string().contains(expected) || head.is_empty(), "{head}: {fault}");
        assert!(users::find(act, "a@x.test").await.is_err());
    }
    let latin = b"email,name\na@x.test,J\xfcrg\n".to_vec();
    let options = Options { format: Format::Csv, dry_run: false, firebase: None, invite: false };
    let refused = run(act, Cursor::new(latin), &options, |_, _| {}).await;
    assert!(refused.unwrap_err().to_string().contains("Latin-1"));
}

#[tokio::test]
async fn json_lines_carry_lists_flags_and_structures() {
    let installation = Installation::new().await;
    let act = installation.act();
    let text = concat!(
        "\u{feff}{\"email\":\"a@x.test\",\"email_verified\":true,\"groups\":[\"one;two\"],",
        "\"address\":{\"locality\":\"Bern\"},\"claims\":{\"ward\":\"B2\"},\"phone_number\":null}\n",
        "\n",
        "[1]\n",
        "{\"email\":\"b@x.test\",\"nme\":\"x\"}\n",
        "{\"email\":[\"c@x.test\"]}\n",
        "{\"email\":\"d@x.test\",\"email_verified\":\"maybe\"}\n",
        "not json\n",
    );
    let (counts, rows) = imported(act, Format::Jsonl, false, text).await.unwrap();
    assert_eq!((counts.created, counts.refused), (1, 5), "{rows:?}");
    assert_eq!(rows.iter().map(|row| row.line).collect::<Vec<_>>(), [1, 3, 4, 5, 6, 7]);
    assert!(rows[2].faults[0].problem.contains("did you mean name"), "{rows:?}");
    let a = users::find(act, "a@x.test").await.unwrap();
    assert!(a.claims.email_verified);
    assert!(a.groups.contains("one;two"));
    assert_eq!(a.claims.address.unwrap().locality.as_deref(), Some("Bern"));
    assert_eq!(a.claims.other["ward"], "B2");
}

#[tokio::test]
async fn i27_an_import_touches_nobody_who_may_more() {
    use vestibule_protocol::admin::{Assignment, Permission, Reach, Rights, Role};
    let installation = Installation::new().await;
    let act = installation.act();
    let new = NewUser { email: Some("owner@x.test".to_owned()), ..NewUser::default() };
    users::add(act, &passwords(), new).await.unwrap();
    let owner = crate::services::admins::user(act, "owner@x.test").await.unwrap();
    let role = Assignment { role: Role::Owner, reach: Reach::Everywhere };
    crate::services::admins::grant(act, &owner, role).await.unwrap();
    let theirs = Act { rights: Role::UserManager.rights(), ..act };
    let text = format!("email,name,password_hash\nowner@x.test,Mallory,{HASH}\n");
    let (counts, rows) = csv(theirs, &text).await;
    assert_eq!(counts.refused, 1, "{rows:?}");
    let (counts, _) = csv(act, "email,status\nowner@x.test,disabled\n").await;
    assert_eq!(counts.refused, 1, "nor is an administrator switched off by a file");
    let reading = Act { rights: Rights::of([Permission::UsersRead]), ..act };
    let refused = imported(reading, Format::Csv, true, "email\na@x.test\n").await;
    assert!(matches!(refused, Err(ServiceFault::Forbidden { .. })));
}

#[tokio::test]
async fn i16_the_log_of_an_import_holds_no_personal_data() {
    let installation = Installation::new().await;
    let act = installation.act();
    let text = |name: &str| {
        format!("external_id,email,name,password_hash\nmrn-77,ada@clinic.test,{name},{HASH}\n")
    };
    csv(act, &text("Ada")).await;
    csv(act, &text("Countess")).await;
    let log = events::search(act, EventQuery { limit: 50, ..EventQuery::default() }).await.unwrap();
    let log = serde_json::to_string(&log).unwrap();
    for kind in ["user.added", "user.updated", "users.imported"] {
        assert!(log.contains(kind), "{kind} in {log}");
    }
    for personal in ["mrn-77", "ada@clinic.test", "Ada", "Countess", "$2b$"] {
        assert!(!log.contains(personal), "{personal} in {log}");
    }
}

#[tokio::test]
async fn what_is_exported_is_imported_again_unchanged() {
    let installation = Installation::new().await;
    let act = installation.act();
    let text = concat!(
        "external_id,email,username,name,address.locality,groups,test,status,phone_number,nickname\n",
        "p-1,a@x.test,Anna,\"A, \"\"B\"\"\nC\",Bern,one;two,true,active,+41441234567,=1+1\n",
        "p-2,b@x.test,,'quoted',,,,disabled,,\n",
    );
    assert_eq!(csv(act, text).await.0.created, 2);
    for format in [Format::Csv, Format::Jsonl] {
        let mut file = String::new();
        let style = export::Style { format, spreadsheet: false };
        let count = export::run(act, &export::Content::Users, style, async |text: String| {
            file.push_str(&text);
            true
        });
        assert_eq!(count.await.unwrap(), 2);
        let (counts, rows) = imported(act, format, false, &file).await.unwrap();
        assert_eq!((counts.unchanged, counts.rows), (2, 2), "{file}\n{rows:?}");
    }
}

#[tokio::test]
async fn a_uid_map_has_whom_the_client_admits() {
    let installation = Installation::new().await;
    let act = installation.act();
    let text = "external_id,email,given_name,family_name,account_type,sub,groups,test\n\
        p-1,a@x.test,Ada,=cmd,provider,sub-1,providers,\n\
        p-2,b@x.test,Bea,Bell,patient,sub-2,patients,\n\
        p-3,c@x.test,Cy,Cole,provider,sub-3,providers,true\n";
    assert_eq!(csv(act, text).await.0.created, 3);
    let new = crate::services::clients::NewClient {
        name: Some("Healthie".to_owned()),
        redirect_uris: vec!["https://vendor.example/cb".to_owned()],
        ..Default::default()
    };
    let client = crate::services::clients::add(act, new).await.unwrap().client;
    let mut limited = client.clone();
    limited.settings.groups = ["providers".to_owned()].into();
    let now = act.now;
    act.core.store.write(move |tx| tx.update_client(&limited, now)).await.unwrap();
    let content = export::Content::UidMap { client: Some(client.client_id.0.clone()) };
    let map = async |spreadsheet| {
        let mut file = String::new();
        let style = export::Style { format: Format::Csv, spreadsheet };
        let run = export::run(act, &content, style, async |text: String| {
            file.push_str(&text);
            true
        });
        run.await.unwrap();
        file
    };
    let head = "external_id,sub,email,given_name,family_name,account_type,org\r\n";
    let exact = map(false).await;
    assert_eq!(exact, format!("{head}p-1,sub-1,a@x.test,Ada,\"=cmd\",provider,root\r\n"));
    assert!(map(true).await.contains(",\"'=cmd\","), "harmless in a spreadsheet");
    let unknown = export::Content::UidMap { client: Some("nobody".to_owned()) };
    let style = export::Style { format: Format::Csv, spreadsheet: false };
    let refused = export::run(act, &unknown, style, async |_| true).await;
    assert!(matches!(refused, Err(ServiceFault::NotFound { .. })));
}

#[tokio::test]
async fn i30_an_export_is_recorded_before_its_first_line_and_needs_a_right_of_its_own() {
    let installation = Installation::new().await;
    let act = installation.act();
    assert_eq!(csv(act, "email\na@x.test\n").await.0.created, 1);
    let style = export::Style { format: Format::Csv, spreadsheet: false };
    let exported = async || {
        let query =
            EventQuery { kind: Some("users.exported".to_owned()), limit: 9, ..Default::default() };
        act.core.store.events(act.org, query).await.unwrap().len()
    };
    for role in [Role::Auditor, Role::Support, Role::ClientManager] {
        let by = Act { rights: role.rights(), ..act };
        let refused = export::run(by, &export::Content::Users, style, async |_| true).await;
        assert!(matches!(refused, Err(ServiceFault::Forbidden { .. })), "{role:?}");
    }
    assert_eq!(exported().await, 0);
    let by = Act { rights: Role::UserManager.rights(), ..act };
    let broken_off = export::run(by, &export::Content::Users, style, async |_| {
        assert_eq!(exported().await, 1);
        false
    });
    assert_eq!(broken_off.await.unwrap(), 0);
    assert_eq!(exported().await, 1);
}

/// Webhooks, and whoever else follows the event log, do not look back further than a minute.
#[tokio::test]
async fn what_a_long_import_writes_late_is_told_late() {
    let installation = Installation::new().await;
    let clock = &installation.core.clock;
    clock.stop();
    let act = installation.act();
    let minutes = std::time::Duration::from_secs(120);
    let text: String = (0..=CHUNK).map(|number| format!("u{number}@x.test\n")).collect();
    let file = Cursor::new(format!("email\n{text}"));
    let options = Options { format: Format::Csv, dry_run: false, firebase: None, invite: false };
    let passing = |_: &RowReport, counts: &Counts| {
        if counts.created >= CHUNK as u64 {
            clock.advance(minutes);
        }
    };
    let done = run(act, file, &options, passing).await.unwrap();
    assert_eq!(done.counts.created, CHUNK as u64 + 1);
    let since = Some(act.now.plus(minutes));
    let query = EventQuery { limit: 10, since, ..EventQuery::default() };
    let log = events::search(act, query).await.unwrap();
    let kinds: Vec<&str> = log.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds, ["user.added", "users.imported"]);
    assert_eq!(log[1].at, act.now.plus(minutes + minutes));
}

#[tokio::test]
async fn a_subject_that_means_somebody_else_refuses_its_row_alone() {
    let installation = Installation::new().await;
    let act = installation.act();
    let elsewhere = vestibule_store::organizations::Organization {
        id: vestibule_protocol::ids::OrgId(7),
        parent: Some(act.org),
        slug: "elsewhere".to_owned(),
        name: "Elsewhere".to_owned(),
        status: Status::Active,
        created_at: act.now,
        updated_at: act.now,
    };
    let there = Act { org: elsewhere.id, ..act };
    act.core.store.write(move |tx| tx.insert_organization(&elsewhere)).await.unwrap();
    csv(there, "email,sub\nada@x.test,taken-elsewhere\n").await;
    csv(act, "username,sub\nbob,bobs-subject\n").await;
    let client = crate::services::clients::NewClient {
        name: Some("App".to_owned()),
        ..crate::services::clients::NewClient::default()
    };
    let client = crate::services::clients::add(act, client).await.unwrap().client.client_id;
    csv(act, "email,sub\ngone@x.test,erased\n").await;
    users::erase::erase(act, "gone@x.test").await.unwrap();
    let text = format!(
        "email,username,sub\n\
         e@x.test,,erased\n\
         a@x.test,,taken-elsewhere\n\
         b@x.test,,{client}\n\
         c@x.test,,bob\n\
         d@x.test,bobs-subject,\n\
         good@x.test,good,goods-own\n"
    );
    let (counts, rows) = csv(act, &text).await;
    assert_eq!((counts.created, counts.refused), (1, 5), "{rows:?}");
    let fields: Vec<&str> =
        rows.iter().flat_map(|row| &row.faults).map(|it| it.field.as_str()).collect();
    assert_eq!(fields, ["sub", "sub", "sub", "sub", "username"], "{rows:?}");
    users::find(act, "good@x.test").await.unwrap();
    let (again, rows) = csv(act, "email,username,sub\ngood@x.test,good,goods-own\n").await;
    assert_eq!(again.unchanged, 1, "{rows:?}");
}
