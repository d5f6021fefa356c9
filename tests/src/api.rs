//! A program that uses the administration API.

use reqwest::Method;
use serde_json::{Value, json};
use vestibule::services::Act;
use vestibule::services::admins::{self, Named};
use vestibule::services::clients;
use vestibule::services::tokens::{self, NewToken};
use vestibule::services::users::{self, NewUser};
use vestibule_protocol::Timestamp;
use vestibule_protocol::admin::{Assignment, Permission, Reach, Rights, Role};
use vestibule_protocol::client::Status;
use vestibule_protocol::ids::OrgId;
use vestibule_protocol::user::User;
use vestibule_store::organizations::Organization;

use crate::browser::{Answer, plain_client};
use crate::server::Server;

/// A program with a token.
#[derive(Clone, Debug)]
pub struct Api {
    /// The provider.
    pub issuer: String,
    /// What it presents; empty for nothing.
    pub token: String,
    http: reqwest::Client,
}

impl Api {
    /// A program that presents this token.
    pub fn new(issuer: &str, token: &str) -> Self {
        Self { issuer: issuer.to_owned(), token: token.to_owned(), http: plain_client() }
    }

    /// A program of somebody who owns everything.
    pub async fn owner(server: &Server) -> Self {
        let owner = Assignment { role: Role::Owner, reach: Reach::Everywhere };
        Self::of(server, Some(owner)).await
    }

    /// A program of somebody with this role, whose token may all that the role allows.
    pub async fn of(server: &Server, role: Option<Assignment>) -> Self {
        let user = administrator(server, role).await;
        let permissions = match role {
            Some(assignment) => assignment.role.rights(),
            None => Rights::all(),
        };
        Self::with_token(server, &user, permissions).await
    }

    /// A program with a new token of this administrator.
    pub async fn with_token(server: &Server, user: &User, permissions: Rights) -> Self {
        let lifetime = std::time::Duration::from_secs(3600);
        let new = NewToken { label: "test".to_owned(), permissions, lifetime };
        let made = tokens::make(server.act(), user, new).await.expect("a token");
        Self::new(server.issuer(), &made.text)
    }

    /// Sends a request; the path begins behind `/api/v1`.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Vec<u8>>,
    ) -> Answer {
        let mut request = self.http.request(method, format!("{}/api/v1{path}", self.issuer));
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        Answer::read(request).await
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], None).await
    }

    /// A request with a JSON body.
    pub async fn json(&self, method: Method, path: &str, body: &Value) -> Answer {
        self.json_with(method, path, &[], body).await
    }

    /// A request with a JSON body and more header fields.
    pub async fn json_with(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Answer {
        let headers = [&[("content-type", "application/json")], headers].concat();
        self.send(method, path, &headers, Some(body.to_string().into_bytes())).await
    }

    /// POST with a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.json(Method::POST, path, body).await
    }

    /// POST under an idempotency key.
    pub async fn post_once(&self, path: &str, key: &str, body: &Value) -> Answer {
        self.json_with(Method::POST, path, &[("idempotency-key", key)], body).await
    }
}

/// A user of the root organization with this role.
pub async fn administrator(server: &Server, role: Option<Assignment>) -> User {
    let number = server.app().ids.next(server.now());
    let new = NewUser { username: Some(format!("admin-{number}")), ..NewUser::default() };
    let user = users::add(server.act(), &server.app().passwords, new).await.expect("a user");
    if let Some(assignment) = role {
        let named = Named::User(Box::new(user.clone()));
        admins::grant(server.act(), &named, assignment).await.expect("a role");
    }
    user
}

/// An organization below the root.
pub async fn organization(server: &Server, slug: &str) -> OrgId {
    let (id, now) = (OrgId(server.app().ids.next(server.now())), server.now());
    let row = Organization {
        id,
        parent: Some(OrgId::ROOT),
        slug: slug.to_owned(),
        name: slug.to_owned(),
        status: Status::Active,
        created_at: now,
        updated_at: now,
    };
    let inserted = server.app().store.write(move |tx| tx.insert_organization(&row)).await;
    inserted.expect("an organization");
    id
}

/// An act in another organization than the root.
pub fn act_in(server: &Server, org: OrgId) -> Act<'_> {
    Act { org, ..server.act() }
}

/// A client as every door must have made it: all of it but what is drawn anew for each, and when.
pub async fn canonical_client(server: &Server, client_id: &str) -> Value {
    let client = clients::find(server.act(), client_id).await.expect("a client that is there");
    let secrets = client.secrets.iter().map(|secret| {
        json!({
            "label": secret.label,
            "live": secret.is_live(server.now()),
            "ends": secret.expires_at.map(Timestamp::as_seconds),
        })
    });
    json!({
        "name": client.name,
        "organization": client.org.0,
        "status": client.status,
        "settings": client.settings,
        "secrets": secrets.collect::<Vec<_>>(),
    })
}

/// All rights but these.
pub fn without(permission: Permission) -> Rights {
    Rights::of(Permission::ALL.iter().copied().filter(|it| *it != permission))
}
