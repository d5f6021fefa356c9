//! Every page of the console with something in it, looked at in light and dark, wide and narrow.

mod forms;
mod world;

use std::collections::BTreeSet;

use world::World;

/// A page: its path in the table of routes, and where to look at it, each under a name. What stands
/// in braces there is a thing of the [`World`].
type Rooms = &'static [(&'static str, &'static [(&'static str, &'static str)])];

const CLIENTS: Rooms = &[
    (
        "/admin/clients",
        &[
            ("clients", "/admin/clients"),
            ("clients-none", "/admin/clients?q=nobody+is+called+so"),
            ("clients-relaxed", "/admin/clients?state=relaxed"),
        ],
    ),
    (
        "/admin/new-client",
        &[
            ("new-client", "/admin/new-client"),
            ("new-client-none", "/admin/new-client?q=nobody"),
            ("new-client-web", "/admin/new-client?kind=web"),
            ("new-client-browser", "/admin/new-client?kind=browser"),
            ("new-client-machine", "/admin/new-client?kind=machine"),
            ("new-client-unomed", "/admin/new-client?profile=unomed"),
            ("new-client-healthie", "/admin/new-client?profile=healthie"),
        ],
    ),
    (
        "/admin/clients/{client_id}",
        &[
            ("client", "/admin/clients/{clinic}"),
            ("client-of-vendor", "/admin/clients/{unomed}"),
            ("client-disabled", "/admin/clients/{disabled}"),
            ("client-machine", "/admin/clients/{machine}"),
            ("client-unknown", "/admin/clients/nobody"),
        ],
    ),
    (
        "/admin/clients/{client_id}/redirect-uris",
        &[
            ("client-uris", "/admin/clients/{clinic}/redirect-uris"),
            ("client-uris-none", "/admin/clients/{machine}/redirect-uris"),
        ],
    ),
    (
        "/admin/clients/{client_id}/credentials",
        &[
            ("credentials", "/admin/clients/{clinic}/credentials"),
            ("credentials-public", "/admin/clients/{app}/credentials"),
        ],
    ),
    (
        "/admin/clients/{client_id}/credentials/new",
        &[("secret-new", "/admin/clients/{clinic}/credentials/new")],
    ),
    (
        "/admin/clients/{client_id}/credentials/{secret}/revoke",
        &[("secret-revoke", "/admin/clients/{clinic}/credentials/{secret}/revoke")],
    ),
    ("/admin/clients/{client_id}/keys", &[("client-keys", "/admin/clients/{clinic}/keys")]),
    ("/admin/clients/{client_id}/policy", &[("client-policy", "/admin/clients/{unomed}/policy")]),
    ("/admin/clients/{client_id}/access", &[("client-access", "/admin/clients/{clinic}/access")]),
    (
        "/admin/clients/{client_id}/branding",
        &[("client-branding", "/admin/clients/{clinic}/branding")],
    ),
    ("/admin/clients/{client_id}/logo", &[("client-logo", "/admin/clients/{unomed}/logo")]),
    (
        "/admin/clients/{client_id}/claims",
        &[
            ("claims", "/admin/clients/{clinic}/claims"),
            ("claims-none", "/admin/clients/{app}/claims"),
            ("claims-preview", "/admin/clients/{unomed}/claims?user=ada%40clinic.test"),
        ],
    ),
    (
        "/admin/clients/{client_id}/sheet",
        &[
            ("sheet", "/admin/clients/{unomed}/sheet"),
            ("sheet-machine", "/admin/clients/{machine}/sheet"),
        ],
    ),
    (
        "/admin/clients/{client_id}/test",
        &[
            ("trial", "/admin/clients/{clinic}/test"),
            ("trial-of-vendor", "/admin/clients/{unomed}/test"),
        ],
    ),
    (
        "/admin/clients/{client_id}/test/wait",
        &[("trial-wait", "/admin/clients/{clinic}/test/wait?since=1700000000&look=once")],
    ),
    (
        "/admin/clients/{client_id}/test/{trial}",
        &[("trial-report", "/admin/clients/{unomed}/test/{trial}")],
    ),
    (
        "/admin/clients/{client_id}/status",
        &[
            ("client-disable", "/admin/clients/{clinic}/status"),
            ("client-enable", "/admin/clients/{disabled}/status"),
        ],
    ),
    ("/admin/clients/{client_id}/remove", &[("client-remove", "/admin/clients/{clinic}/remove")]),
];

const USERS: Rooms = &[
    (
        "/admin/users",
        &[
            ("users", "/admin/users"),
            ("users-none", "/admin/users?q=nobody+is+called+so"),
            ("users-of-group", "/admin/users?group=providers"),
        ],
    ),
    ("/admin/users/new", &[("user-new", "/admin/users/new")]),
    ("/admin/users/import", &[("users-import", "/admin/users/import")]),
    ("/admin/users/export", &[("users-export", "/admin/users/export")]),
    (
        "/admin/users/{user}",
        &[
            ("user", "/admin/users/{patient}"),
            ("user-long", "/admin/users/{long}"),
            ("user-invited", "/admin/users/{invited}"),
            ("user-disabled", "/admin/users/{off}"),
        ],
    ),
    ("/admin/users/{user}/edit", &[("user-edit", "/admin/users/{long}/edit")]),
    (
        "/admin/users/{user}/sessions/{session}",
        &[("user-session", "/admin/users/{patient}/sessions/{session}")],
    ),
    (
        "/admin/users/{user}/consents/{client}",
        &[("user-consent", "/admin/users/{patient}/consents/{agreed}")],
    ),
    (
        "/admin/users/{user}/{deed}",
        &[
            ("user-disable", "/admin/users/{patient}/disable"),
            ("user-enable", "/admin/users/{off}/enable"),
            ("user-unlock", "/admin/users/{patient}/unlock"),
            ("user-sign-out", "/admin/users/{patient}/sign-out"),
            ("user-reset-link", "/admin/users/{patient}/reset-link"),
            ("user-erase", "/admin/users/{long}/erase"),
        ],
    ),
    ("/admin/groups", &[("groups", "/admin/groups")]),
    ("/admin/groups/{group}/rename", &[("group-rename", "/admin/groups/{group}/rename")]),
    ("/admin/groups/{group}/remove", &[("group-remove", "/admin/groups/{group}/remove")]),
    ("/admin/organizations", &[("organizations", "/admin/organizations")]),
    ("/admin/organizations/new", &[("organization-new", "/admin/organizations/new")]),
    (
        "/admin/organizations/{slug}/rename",
        &[("organization-rename", "/admin/organizations/clinic-berlin/rename")],
    ),
    (
        "/admin/organizations/{slug}/brand",
        &[("organization-brand", "/admin/organizations/clinic-berlin/brand")],
    ),
    (
        "/admin/organizations/{slug}/logo",
        &[("organization-logo", "/admin/organizations/clinic-berlin/logo")],
    ),
    (
        "/admin/organizations/{slug}/{switch}",
        &[
            ("organization-disable", "/admin/organizations/clinic-berlin/disable"),
            ("organization-enable", "/admin/organizations/closed/enable"),
        ],
    ),
];

const EVENTS: Rooms = &[
    ("/admin", &[("overview", "/admin")]),
    ("/admin/organization", &[("organization", "/admin/organization")]),
    ("/admin/system", &[("system", "/admin/system")]),
    ("/admin/system/mail", &[("system-mail", "/admin/system/mail")]),
    (
        "/admin/events",
        &[
            ("events", "/admin/events"),
            ("events-none", "/admin/events?kind=nothing.at.all"),
            ("events-faulty", "/admin/events?since=yesterday"),
        ],
    ),
    (
        "/admin/cases/{code}",
        &[("case", "/admin/cases/{case}"), ("case-unknown", "/admin/cases/ZZZ-ZZZ")],
    ),
    ("/admin/cases/{code}/adopt", &[("case-adopt", "/admin/cases/{case}/adopt")]),
    ("/admin/cases/{code}/share", &[("case-share", "/admin/cases/{case}/share")]),
    ("/admin/cases/{code}/unshare/{id}", &[("case-unshare", "/admin/cases/{case}/unshare/1")]),
];

const ADMINISTRATION: Rooms = &[
    ("/admin/keys", &[("keys", "/admin/keys")]),
    (
        "/admin/keys/{alg}/rotate/{way}",
        &[
            ("key-rotate-planned", "/admin/keys/ES256/rotate/planned"),
            ("key-rotate-compromised", "/admin/keys/RS256/rotate/compromised"),
        ],
    ),
    ("/admin/keys/{kid}/retire", &[("key-retire", "/admin/keys/{kid}/retire")]),
    ("/admin/webhooks", &[("webhooks", "/admin/webhooks")]),
    ("/admin/webhooks/new", &[("webhook-new", "/admin/webhooks/new")]),
    (
        "/admin/webhooks/{webhook}",
        &[("webhook", "/admin/webhooks/{webhook}"), ("webhook-quiet", "/admin/webhooks/{quiet}")],
    ),
    ("/admin/webhooks/{webhook}/edit", &[("webhook-edit", "/admin/webhooks/{webhook}/edit")]),
    ("/admin/webhooks/{webhook}/replay", &[("webhook-replay", "/admin/webhooks/{webhook}/replay")]),
    ("/admin/webhooks/{webhook}/rotate", &[("webhook-rotate", "/admin/webhooks/{webhook}/rotate")]),
    ("/admin/webhooks/{webhook}/remove", &[("webhook-remove", "/admin/webhooks/{webhook}/remove")]),
    ("/admin/admins", &[("admins", "/admin/admins")]),
    ("/admin/admins/grant", &[("admin-grant", "/admin/admins/grant")]),
    ("/admin/admins/{role}/revoke", &[("admin-revoke", "/admin/admins/{role}/revoke")]),
    ("/admin/tokens", &[("tokens", "/admin/tokens")]),
    ("/admin/tokens/new", &[("token-new", "/admin/tokens/new")]),
    ("/admin/tokens/{token}/revoke", &[("token-revoke", "/admin/tokens/{token}/revoke")]),
];

/// What answers to GET and is no page.
const NO_PAGES: [(&str, &str); 4] = [
    ("/admin/check-redirect-uris", "JSON for a script"),
    ("/admin/events/export", "a file"),
    ("/admin/cases", "leads on to a case or to the events"),
    ("/admin/clients/{client_id}/test/callback", "leads on to a report"),
];

#[test]
fn every_page_of_the_console_is_looked_at() {
    let rooms = [CLIENTS, USERS, EVENTS, ADMINISTRATION].into_iter().flatten();
    let looked_at = rooms.map(|(route, _)| *route).chain(NO_PAGES.map(|(route, _)| route));
    let looked_at: BTreeSet<&str> = looked_at.collect();
    let served: BTreeSet<&str> = vestibule::admin::paths().into_iter().collect();
    assert_eq!(served, looked_at);
}

async fn look_at(rooms: Rooms) {
    let world = World::set().await;
    let mut faults = Vec::new();
    for (name, route) in rooms.iter().flat_map(|(_, pages)| *pages) {
        faults.extend(world.look(name, route).await);
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    world.close().await;
}

#[tokio::test]
async fn the_pages_about_clients() {
    look_at(CLIENTS).await;
}

#[tokio::test]
async fn the_pages_about_users() {
    look_at(USERS).await;
}

#[tokio::test]
async fn the_pages_about_events() {
    look_at(EVENTS).await;
}

#[tokio::test]
async fn the_pages_of_administration() {
    look_at(ADMINISTRATION).await;
}
