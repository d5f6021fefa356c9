//! What apply would refuse, a diff tells.

use super::*;

/// What a plan says cannot be, one text an object.
async fn problems(desk: &Desk, text: &str, prune: Prune) -> Vec<String> {
    let plan = desk.plan(text, prune).await;
    plan.problems
        .iter()
        .map(|one| format!("{} {}: {}", one.kind.as_str(), one.id, one.fault))
        .collect()
}

/// What stands before each case.
const BEFORE: &str = r#"version = 1
[[organization]]
slug = "clinic"
name = "Clinic"
[[organization]]
slug = "off"
name = "Off"
status = "disabled"
[[group]]
name = "nurses"
[[group]]
name = "clinicians"
organization = "clinic"
[[client]]
client_id = "ward-app"
name = "App"
groups = ["nurses"]
redirect_uris = ["https://app.example/cb"]
"#;

fn client(more: &str) -> String {
    format!(
        "version = 1\n[[client]]\nclient_id = \"new\"\nname = \"New\"\n\
         redirect_uris = [\"https://new.example/cb\"]\n{more}\n"
    )
}

#[tokio::test]
async fn a_diff_tells_what_apply_would_refuse() {
    let desk = Desk::new().await;
    desk.done(BEFORE).await;
    let deep: String = (0..5)
        .map(|n| {
            let parent = if n == 0 { "clinic".to_owned() } else { format!("d{}", n - 1) };
            format!("[[organization]]\nslug = \"d{n}\"\nname = \"D\"\nparent = \"{parent}\"\n")
        })
        .collect();
    let organization = |slug: &str, more: &str| {
        format!("version = 1\n[[organization]]\nslug = \"{slug}\"\nname = \"X\"\n{more}\n")
    };
    let cases = [
        (
            client("groups = [\"nursse\"]"),
            "groups: there is no group \"nursse\"; did you mean \"nurses\"?",
        ),
        (client("groups = [\"clinicians\"]"), "there is no group \"clinicians\""),
        (
            client("organizations = [\"nowhere\"]"),
            "organizations: there is no organization nowhere",
        ),
        (
            client("organization = \"clinic\"\norganizations = [\"off\"]"),
            "there is no organization off here",
        ),
        (
            client(
                "organization = \"clinic\"\norganizations = [\"side\"]\n[[organization]]\nslug = \"side\"\nname = \"Side\"",
            ),
            "there is no organization side here",
        ),
        (
            client(&format!("logo = \"sha256:{}\"", "0".repeat(64))),
            "logo: there is no such picture",
        ),
        (
            client("[[client.secret]]\nlabel = \"a\"\ngenerate = true\nwrite_to = \"no/such\""),
            "its folder does not exist",
        ),
        (
            client(
                "[[client.secret]]\nlabel = \"a\"\ngenerate = true\nwrite_to = \"out\"\n[[client.secret]]\nlabel = \"b\"\ngenerate = true\nwrite_to = \"out\"",
            ),
            "another secret is written to",
        ),
        (organization("Bad", ""), "lower case letters"),
        (organization("x", "parent = \"off\""), "is switched off"),
        (organization("x", "parent = \"nowhere\""), "there is no organization \"nowhere\""),
        (
            organization("x", &format!("logo = \"sha256:{}\"", "0".repeat(64))),
            "there is no such picture",
        ),
        (
            organization(
                "x",
                "parent = \"y\"\n[[organization]]\nslug = \"y\"\nname = \"Y\"\nparent = \"x\"",
            ),
            "stand in a circle",
        ),
        (format!("version = 1\n{deep}"), "organization d3: parent: it would be more than 5 deep"),
        (organization("root", "status = \"disabled\""), "the root organization is where"),
        ("version = 1\n[[group]]\nname = \"\"\n".to_owned(), "a group's name has"),
        (
            "version = 1\n[[group]]\nname = \"nurses\"\nensure = \"absent\"\n".to_owned(),
            "group nurses: the client ward-app is limited to the group nurses",
        ),
        (
            client("organization = \"clinic\"\n[[admin]]\nclient = \"new\"\nrole = \"auditor\""),
            "there is no client \"new\"",
        ),
    ];
    for (text, expected) in cases {
        let told = problems(&desk, &text, Prune::Tell).await;
        assert!(told.iter().any(|one| one.contains(expected)), "{text}: {told:#?}");
        let plan = desk.plan(&text, Prune::Tell).await;
        let stuck = |id: &str| plan.problems.iter().any(|problem| problem.id == id);
        assert!(!plan.changes().any(|step| stuck(&step.id)), "nothing is planned of it: {plan:?}");
    }
}

#[tokio::test]
async fn what_the_documents_make_themselves_is_there() {
    let desk = Desk::new().await;
    desk.done(BEFORE).await;
    let text = r#"version = 1
[[client]]
client_id = "new"
name = "New"
organization = "ward"
organizations = ["bay"]
groups = ["doctors"]
redirect_uris = ["https://new.example/cb"]
[[group]]
name = "doctors"
organization = "ward"
[[organization]]
slug = "bay"
name = "Bay"
parent = "ward"
[[organization]]
slug = "ward"
name = "Ward"
parent = "clinic"
"#;
    assert_eq!(problems(&desk, text, Prune::Tell).await, Vec::<String>::new());
    assert_eq!(desk.done(text).await, [Verb::Create; 4]);
}

#[tokio::test]
async fn a_group_goes_with_the_client_that_was_limited_to_it() {
    let desk = Desk::new().await;
    desk.done(BEFORE).await;
    let absent = "version = 1\n[[group]]\nname = \"nurses\"\nensure = \"absent\"\n";
    let with_client =
        format!("{absent}[[client]]\nclient_id = \"ward-app\"\nensure = \"absent\"\n");
    assert_eq!(problems(&desk, &with_client, Prune::Tell).await, Vec::<String>::new());
    let without = BEFORE
        .replace("groups = [\"nurses\"]\n", "")
        .replace("name = \"nurses\"\n", "name = \"nurses\"\nensure = \"absent\"\n");
    assert_eq!(desk.done(&without).await, [Verb::Change, Verb::Remove]);
    desk.done(BEFORE).await;
    assert_eq!(desk.done(&with_client).await, [Verb::Remove, Verb::Remove]);
}

#[tokio::test]
async fn the_last_owner_stays() {
    let desk = Desk::new().await;
    let (act, passwords) = (desk.act(), crate::services::testing::passwords());
    for email in ["ada@x.example", "bob@x.example"] {
        let new = crate::services::users::NewUser {
            email: Some(email.to_owned()),
            ..crate::services::users::NewUser::default()
        };
        crate::services::users::add(act, &passwords, new).await.unwrap();
    }
    let owner = |email: &str, ensure: &str| {
        format!("[[admin]]\nuser = \"{email}\"\nrole = \"owner\"\nensure = \"{ensure}\"\n")
    };
    desk.done(&format!("version = 1\n{}", owner("ada@x.example", "present"))).await;
    let gone = format!("version = 1\n{}", owner("ada@x.example", "absent"));
    let told = problems(&desk, &gone, Prune::Tell).await;
    assert!(told[0].contains("owner"), "{told:?}");
    assert!(desk.plan(&gone, Prune::Tell).await.is_empty(), "nothing of it is done");
    let handed = format!("{gone}{}", owner("bob@x.example", "present"));
    assert_eq!(desk.done(&handed).await, [Verb::Create, Verb::Remove]);
}
