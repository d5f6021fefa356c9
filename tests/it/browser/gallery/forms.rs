//! What the console's forms lead to: pages that say what was wrong, and pages that show what was made.

use super::world::World;

/// What is typed into which field.
type Typed = &'static [(&'static str, &'static str)];

/// In place of a text: the field is clicked.
const CLICK: &str = "(click)";

async fn fill_in(world: &World, typed: Typed) {
    for (field, text) in typed {
        match *text {
            CLICK => world.scene.chromium.click(field).await,
            text => world.scene.chromium.fill(field, text).await,
        }
    }
}

/// Forms that come back: the page, what is typed, the button.
const FAULTY: &[(&str, &str, Typed, &str)] = &[
    (
        "client-uris",
        "/admin/clients/{clinic}/redirect-uris",
        &[("redirect_uris", "javascript:alert(1)")],
        "save",
    ),
    (
        "client-policy",
        "/admin/clients/{clinic}/policy",
        &[("scope", "openid, profile"), ("lifetimes.code_seconds", "0")],
        "save",
    ),
    ("client-keys", "/admin/clients/{clinic}/keys", &[("jwks", "{ not JSON")], "save"),
    ("claims", "/admin/clients/{clinic}/claims", &[("claim", "sub"), ("from", "name")], "submit"),
    (
        "secret-new",
        "/admin/clients/{clinic}/credentials/new",
        &[("label", ""), ("overlap", "soon")],
        "make",
    ),
    ("sheet", "/admin/clients/{clinic}/sheet", &[("lifetime", "400")], "share-button"),
    ("client-remove", "/admin/clients/{clinic}/remove", &[("name", "another name")], "confirm"),
    (
        "user-new",
        "/admin/users/new",
        &[("email", "not an address"), ("birthdate", "yesterday")],
        "submit",
    ),
    ("user-edit", "/admin/users/{long}/edit", &[("email", "ada@clinic.test")], "submit"),
    ("user-erase", "/admin/users/{long}/erase", &[("name", "somebody else")], "confirm"),
    ("users-import", "/admin/users/import", &[], "submit"),
    ("users-export", "/admin/users/export", &[("what-2", CLICK), ("client", "nobody")], "submit"),
    ("groups", "/admin/groups", &[("name", "providers")], "submit"),
    ("group-rename", "/admin/groups/{group}/rename", &[("name", "patients")], "submit"),
    (
        "organization-new",
        "/admin/organizations/new",
        &[("name", "Clinic"), ("slug", "Not a slug")],
        "submit",
    ),
    ("organization-rename", "/admin/organizations/clinic-berlin/rename", &[("name", "")], "submit"),
    ("case-share", "/admin/cases/{case}/share", &[("days", "400")], "make"),
    (
        "webhook-new",
        "/admin/webhooks/new",
        &[("label", ""), ("url", "http://hooks.example/")],
        "submit",
    ),
    ("webhook-rotate", "/admin/webhooks/{webhook}/rotate", &[("overlap", "soon")], "submit"),
    ("webhook-replay", "/admin/webhooks/{webhook}/replay", &[("hours", "0")], "submit"),
    ("admin-grant", "/admin/admins/grant", &[("holder", "nobody@clinic.test")], "submit"),
    ("token-new", "/admin/tokens/new", &[("lifetime", "for ever")], "submit"),
];

#[tokio::test]
async fn a_form_that_comes_back_says_why_and_leads_to_the_field() {
    let world = World::set().await;
    let chromium = &world.scene.chromium;
    let mut faults = Vec::new();
    for (name, route, typed, button) in FAULTY {
        world.open(route).await;
        fill_in(&world, typed).await;
        chromium.click(button).await;
        // The browser gives it the focus a moment after it is there.
        chromium.wait_for_css("#error-summary:focus").await;
        if !chromium.title().await.starts_with("Error: ") {
            faults.push(format!("{name}: the title does not say that there is an error"));
        }
        let summary = chromium.text_of("error-summary").await;
        let links = chromium.count("#error-summary li").await;
        if chromium.count("#error-summary li a").await != links {
            faults.push(format!("{name}: not each line leads to its field: {summary}"));
        }
        let _ = chromium.console().await;
        faults.extend(chromium.faults(&format!("console-faulty-{name}")).await);
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    world.close().await;
}

/// Forms that make something which is shown this once: the page, what is typed, the button, and
/// where it then stands.
const SHOWN: &[(&str, &str, Typed, &str, &str)] = &[
    (
        "client",
        "/admin/new-client?kind=web",
        &[("name", "Portal"), ("redirect_uris", "https://rp.test/cb")],
        "register",
        "client-secret",
    ),
    (
        "secret",
        "/admin/clients/{clinic}/credentials/new",
        &[("label", "2027")],
        "make",
        "client-secret",
    ),
    ("sheet-link", "/admin/clients/{clinic}/sheet", &[], "share-button", "secret"),
    (
        "invitation",
        "/admin/users/new",
        &[("email", "invited@clinic.test"), ("given_name", "Inès")],
        "submit",
        "link",
    ),
    ("password-link", "/admin/users/{patient}/reset-link", &[], "confirm", "link"),
    ("case-link", "/admin/cases/{case}/share", &[], "make", "link"),
    (
        "webhook",
        "/admin/webhooks/new",
        &[("label", "Archive"), ("url", "https://hooks.example/")],
        "submit",
        "secret",
    ),
    (
        "token",
        "/admin/tokens/new",
        &[("label", "Backup"), ("clients:read", CLICK)],
        "submit",
        "secret",
    ),
];

#[tokio::test]
async fn what_is_shown_once_is_shown_well() {
    let world = World::set().await;
    let chromium = &world.scene.chromium;
    let mut faults = Vec::new();
    for (name, route, typed, button, shown) in SHOWN {
        world.open(route).await;
        fill_in(&world, typed).await;
        chromium.click(button).await;
        assert!(!chromium.text_of(shown).await.is_empty(), "{name}");
        let _ = chromium.console().await;
        faults.extend(chromium.faults(&format!("console-shown-{name}")).await);
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    world.close().await;
}

#[tokio::test]
async fn an_import_reports_each_row() {
    let world = World::set().await;
    let chromium = &world.scene.chromium;
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let file = folder.path().join("users.csv");
    let rows = "external_id,email,name,birthdate\n\
                MRN-1,new@elsewhere.test,Nia Okonkwo,1990-02-03\n\
                MRN-2,not an address,Somebody,1990-02-03\n\
                MRN-3,ada@clinic.test,Ada Byron,yesterday\n";
    std::fs::write(&file, rows).expect("a new file can be written");
    world.open("/admin/users/import").await;
    chromium.choose_file("file", &file).await;
    chromium.click("submit").await;
    assert_eq!(chromium.text_of("count-refused").await, "2");
    let _ = chromium.console().await;
    chromium.inspect("console-import-report").await;
    world.close().await;
}
