//! `/api/v1`, every route of the table: for each role and none, in an own, a foreign and no
//! organization, exactly what the permission says; and what is foreign is as what is unknown.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};
use vestibule::api::routes::{self, Body, BodyKind, Method as Verb, Place, Route};
use vestibule::services::About;
use vestibule::services::admins::{self, Named};
use vestibule::services::clients::{self, NewClient};
use vestibule::services::groups;
use vestibule::services::sheets;
use vestibule::services::tokens;
use vestibule::services::users::{self, NewUser};
use vestibule::services::webhooks::{self, Wanted};
use vestibule_protocol::admin::{Assignment, Reach, Rights, Role, rights_in};
use vestibule_protocol::authorize::trial::Trial;
use vestibule_protocol::case_code::CaseCode;
use vestibule_protocol::ids::{ClientKey, OrgId, SessionId, TrialId};
use vestibule_protocol::opaque::Digest;
use vestibule_store::checkpoints::Checkpoint;
use vestibule_tests::api::{Api, act_in, administrator, organization};
use vestibule_tests::browser::Answer;
use vestibule_tests::on_both_databases;
use vestibule_tests::server::Server;

/// Names for the parameters of a path.
type Names = BTreeMap<&'static str, String>;

/// One thing of each kind in an organization.
async fn things(server: &Server, org: OrgId) -> Names {
    let act = act_in(server, org);
    let new = NewClient { name: Some("Thing".to_owned()), ..NewClient::default() };
    let client = clients::add(act, new).await.unwrap().client;
    let lifetime = std::time::Duration::from_secs(600);
    sheets::share(act, &client.client_id.0, lifetime).await.unwrap();
    let link = sheets::shared(act, &client.client_id.0).await.unwrap()[0].id;
    let new = NewUser { username: Some(format!("thing-{}", org.0)), ..NewUser::default() };
    let user = users::add(act, &server.app().passwords, new).await.unwrap();
    let case = CaseCode::from_random(u32::try_from(org.0 % 16_777_213).unwrap());
    let mut event = act.event(
        "token.refused",
        About::Client(client.client_id.clone()),
        Value::Null,
        Value::Null,
    );
    event.case_code = Some(case);
    server.app().store.write(move |tx| tx.record(vec![event])).await.unwrap();
    let group = groups::add(act, &format!("group-{}", org.0)).await.unwrap();
    let admin = administrator(server, None).await;
    let reach = Reach::Below(org);
    let assignment = Assignment { role: Role::Support, reach };
    let role = admins::grant(server.act(), &Named::User(Box::new(admin.clone())), assignment)
        .await
        .unwrap();
    let new = tokens::NewToken { label: "thing".to_owned(), permissions: Rights::all(), lifetime };
    let token = tokens::make(act, &admin, new).await.unwrap().kept;
    let wanted = Wanted {
        label: "thing".to_owned(),
        url: "https://hooks.test/".to_owned(),
        kinds: Vec::new(),
    };
    let webhook = webhooks::add(act, wanted).await.unwrap().kept;
    let file = format!("{:064x}", org.0);
    let checkpoint = Checkpoint { position: 1, state: "{}".to_owned(), updated_at: server.now() };
    let name = format!("import:{file}");
    server.app().store.write(move |tx| tx.set_checkpoint(org, &name, &checkpoint)).await.unwrap();
    let trial = trial(server, org, client.key);
    let test = trial.id.0.to_string();
    server.app().store.write(move |tx| tx.insert_trial(&trial, "")).await.unwrap();
    Names::from([
        ("client_id", client.client_id.0.clone()),
        ("secret_id", client.secrets[0].id.0.to_string()),
        ("link_id", link.to_string()),
        ("user", user.subject.0),
        ("group", group.name),
        ("case", case.to_string()),
        ("session_id", "8".to_owned()),
        ("org", org.0.to_string()),
        ("role_id", role.id.0.to_string()),
        ("token_id", token.id.0.to_string()),
        ("webhook_id", webhook.id.0.to_string()),
        ("file", file),
        ("test_id", test),
        ("profile", "unomed".to_owned()),
        ("kid", "no-such-key".to_owned()),
    ])
}

/// A sign-in that was begun as a client.
fn trial(server: &Server, org: OrgId, client: ClientKey) -> Trial {
    let now = server.now();
    Trial {
        id: TrialId(server.app().ids.next(now)),
        org,
        client,
        session: SessionId(8),
        digest: Digest::from_stored([7; 32]),
        created_at: now,
        expires_at: now,
        admitted_at: None,
        answered_at: None,
        case_code: None,
    }
}

/// Names that nothing has.
fn unknown() -> Names {
    Names::from([
        ("client_id", "vci_nobody".to_owned()),
        ("secret_id", "7".to_owned()),
        ("link_id", "7".to_owned()),
        ("group", "nobodies".to_owned()),
        ("case", "ZZZ-ZZZ".to_owned()),
        ("session_id", "7".to_owned()),
        ("org", "nowhere".to_owned()),
        ("user", "00000000000000000000000000000000".to_owned()),
        ("role_id", "7".to_owned()),
        ("token_id", "7".to_owned()),
        ("webhook_id", "7".to_owned()),
        ("file", "f".repeat(64)),
        ("test_id", "7".to_owned()),
        ("profile", "nobody".to_owned()),
        ("kid", "no-such-key".to_owned()),
    ])
}

fn path(route: &Route, names: &Names, place: Option<&str>) -> String {
    let mut path = route.path.to_owned();
    for name in route.path_parameters() {
        let value = names.get(name).unwrap_or_else(|| panic!("no sample for {{{name}}}"));
        path = path.replace(&format!("{{{name}}}"), value);
    }
    place.map_or_else(|| path.clone(), |place| format!("/organizations/{place}{path}"))
}

fn method(route: &Route) -> Method {
    Method::from_bytes(route.method.as_str().as_bytes()).unwrap()
}

/// A request that changes nothing even where it is allowed: what has an entity tag is of another
/// version, and a body is no object.
async fn harmless(api: &Api, route: &Route, path: &str) -> Answer {
    match (&route.body, route.tagged && route.method != Verb::Get) {
        (Some(_), true) => {
            api.json_with(method(route), path, &[("if-match", "\"none\"")], &json!({})).await
        }
        (Some(_), false) => api.json(method(route), path, &json!([])).await,
        (None, true) => {
            let path =
                if route.query.is_some() { format!("{path}?uri=x") } else { path.to_owned() };
            api.send(method(route), &path, &[("if-match", "\"none\"")], None).await
        }
        (None, false) => api.send(method(route), path, &[], None).await,
    }
}

/// Checks one answer against what the caller may do there.
fn judge(answer: &Answer, route: &Route, rights: Rights, named: bool, at: &str) {
    let status = answer.status.as_u16();
    let said = || format!("{} {at}: {status} {}", route.id, answer.text());
    if named && rights.is_empty() {
        assert_eq!(status, 404, "{}", said());
        assert!(answer.text().contains("there is no organization"), "{}", said());
    } else if route.permission.is_some_and(|permission| !rights.allow(permission)) {
        assert_eq!(status, 403, "{}", said());
        let permission = route.permission.unwrap().as_str();
        assert!(answer.text().contains(permission), "{}", said());
    } else {
        assert!(!matches!(status, 401 | 403 | 405 | 500..), "{}", said());
        assert!(!answer.text().contains("there is no organization"), "{}", said());
        match (route.method, route.tagged) {
            (Verb::Get, _) => assert_eq!(status, 200, "{}", said()),
            (_, true) => assert_eq!(status, 412, "{}", said()),
            (_, false) => {}
        }
    }
}

/// An answer without what differs between two requests for two names.
fn anonymous(answer: &Answer, names: &[&str]) -> Value {
    let mut text = answer.text();
    for name in names {
        text = text.replace(name, "…");
    }
    let mut value: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}"));
    value.as_object_mut().unwrap().remove("request_id");
    value["status_line"] = answer.status.as_u16().into();
    // Whether a connection is kept depends on how much of the body had come by then.
    let fields =
        answer.headers.keys().map(|name| name.as_str()).filter(|name| *name != "connection");
    value["fields"] = fields.collect::<Vec<_>>().into();
    value
}

on_both_databases! {
    async fn each_route_for_each_role_in_each_organization(server) {
        let (north, south) = (organization(server, "north").await, organization(server, "south").await);
        let (root_things, north_things, south_things) = (things(server, OrgId::ROOT).await, things(server, north).await, things(server, south).await);
        let mut callers = vec![None];
        for role in Role::ALL {
            callers.push(Some(Assignment { role, reach: Reach::Everywhere }));
            callers.push(Some(Assignment { role, reach: Reach::Below(north) }));
        }
        for caller in callers {
            let api = Api::of(server, caller).await;
            let held: Vec<Assignment> = caller.into_iter().collect();
            let rights = |lineage: &[OrgId]| rights_in(&held, lineage);
            for route in routes::all() {
                // Revoking needs no version; it is tried on what nobody has.
                let revokes = route.method == Verb::Delete && !route.tagged;
                let own = |names: &Names| if revokes { unknown() } else { names.clone() };
                if route.place == Place::Itself {
                    for (names, lineage) in [(&root_things, vec![OrgId::ROOT]), (&north_things, vec![north, OrgId::ROOT]), (&south_things, vec![south, OrgId::ROOT])] {
                        let at = path(route, names, None);
                        judge(&harmless(&api, route, &at).await, route, rights(&lineage), true, &format!("{caller:?} {at}"));
                    }
                    continue;
                }
                let at = path(route, &own(&root_things), None);
                judge(&harmless(&api, route, &at).await, route, rights(&[OrgId::ROOT]), false, &format!("{caller:?} {at}"));
                let below = path(route, &own(&north_things), Some("north"));
                if route.place == Place::Installation {
                    assert_eq!(harmless(&api, route, &below).await.status, 404, "{below}");
                    continue;
                }
                judge(&harmless(&api, route, &below).await, route, rights(&[north, OrgId::ROOT]), true, &format!("{caller:?} {below}"));
                let beside = path(route, &own(&south_things), Some("south"));
                let beside_by_id = path(route, &own(&south_things), Some(&south.0.to_string()));
                for at in [beside, beside_by_id] {
                    judge(&harmless(&api, route, &at).await, route, rights(&[south, OrgId::ROOT]), true, &format!("{caller:?} {at}"));
                }
            }
            let tried = routes::all().count();
            assert!(tried > 60, "{tried} routes");
        }
    }

    async fn i26_what_is_foreign_is_as_what_is_unknown(server) {
        let (north, south) = (organization(server, "north").await, organization(server, "south").await);
        let (own, foreign, unknown) = (things(server, north).await, things(server, south).await, unknown());
        let owner = Api::of(server, Some(Assignment { role: Role::Owner, reach: Reach::Below(north) })).await;
        let mut compared = 0;
        for route in routes::all().filter(|route| route.place != Place::Installation) {
            let itself = route.place == Place::Itself;
            let body = route.example().unwrap_or(Value::Null);
            let ask = async |place: &str, names: &Names| {
                let mut at = path(route, names, (!itself).then_some(place));
                if route.method != Verb::Get && route.query.is_some() {
                    at.push_str("?uri=https://a.test/cb");
                }
                match route.body {
                    Some(Body { kind: BodyKind::File(_), media_types, .. }) => {
                        let headers = [("content-type", media_types[0])];
                        owner.send(method(route), &at, &headers, Some(b"a file".to_vec())).await
                    }
                    Some(_) => owner.json(method(route), &at, &body).await,
                    None => owner.send(method(route), &at, &[], None).await,
                }
            };
            for parameter in route.path_parameters().filter(|name| *name != "profile") {
                let with = |other: &Names| {
                    let mut names = own.clone();
                    names.insert(parameter, other[parameter].clone());
                    names
                };
                let (one, other) = (ask("north", &with(&foreign)).await, ask("north", &with(&unknown)).await);
                assert_eq!(one.status, 404, "{} {parameter}: {}", route.id, one.text());
                let names = [foreign[parameter].as_str(), unknown[parameter].as_str()];
                assert_eq!(anonymous(&one, &names), anonymous(&other, &names), "{} {parameter}", route.id);
                compared += 1;
            }
            if itself {
                continue;
            }
            let (there, nowhere) = (ask("south", &foreign).await, ask("nowhere", &foreign).await);
            assert_eq!(there.status, 404, "{}", route.id);
            let names = ["south", "nowhere"];
            assert_eq!(anonymous(&there, &names), anonymous(&nowhere, &names), "{}", route.id);
        }
        assert!(compared >= 40, "{compared}");
        let named = json!({ "client": foreign["client_id"], "role": "support" });
        assert_eq!(owner.post("/organizations/north/admins", &named).await.status, 404, "in a body too");
        let mine = clients::find(act_in(server, south), &foreign["client_id"]).await;
        assert!(mine.is_ok(), "nothing foreign was touched");
    }
}
