//! Vendor profiles: what a named vendor's client needs.

use schemars::JsonSchema;
use serde::Serialize;
use vestibule_protocol::admin::Permission as P;

use super::documents::ListOf;
use super::problem::Problem;
use super::reply::Reply;
use super::routes::Route;
use super::serve::Call;
use crate::profiles::{
    self, Evidence, Expectations, Profile, ProfileFault, Support, TestStep, Trouble,
};
use crate::services::ServiceFault;

pub(super) const ROUTES: &[Route] = &[
    Route::get("/profiles", "listProfiles", "Lists the vendor profiles.", |call| {
        Box::pin(list(call))
    })
    .needs(P::ClientsRead)
    .gives::<ListOf<ProfileLine>>(),
    Route::get(
        "/profiles/{profile}",
        "readProfile",
        "Reads a vendor profile: its variables, what surprises, how to try it out.",
        |call| Box::pin(read(call)),
    )
    .needs(P::ClientsRead)
    .gives::<ProfileDocument>()
    .tagged(),
];

/// A vendor profile in a list.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ProfileSummary")]
struct ProfileLine {
    /// How requests call it.
    name: String,
    /// The vendor or its product, as people write it.
    vendor: String,
    /// What it is, in one sentence.
    summary: String,
    /// How far this version serves it.
    support: Support,
}

/// A vendor profile.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Profile")]
struct ProfileDocument {
    #[serde(flatten)]
    line: ProfileLine,
    /// What is not offered, or what to choose at the vendor instead.
    support_note: Option<String>,
    /// What differs from one customer of the vendor to the next.
    variables: Vec<Variable>,
    /// What the vendor does with claims.
    claims: Expectations,
    /// How to try it out.
    tests: Vec<TestStep>,
    /// What surprises.
    quirks: Vec<String>,
    /// What goes wrong in practice.
    troubles: Vec<Trouble>,
    /// Where its facts come from, and how sure they are.
    evidence: Vec<Evidence>,
}

/// A variable of a profile.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ProfileVariable")]
struct Variable {
    /// Its name.
    name: String,
    /// What it is and where to get it.
    help: String,
    /// What its value may look like.
    expected: String,
    /// A value as it may look.
    example: String,
}

async fn list(call: Call<'_>) -> Result<Reply, Problem> {
    let (found, broken) = profiles::all(call.app.config.profiles.folder.as_deref());
    for fault in broken {
        tracing::warn!(%fault, "a vendor profile cannot be used");
    }
    Reply::json(&ListOf { items: found.iter().map(line).collect() })
}

async fn read(call: Call<'_>) -> Result<Reply, Problem> {
    let folder = call.app.config.profiles.folder.as_deref();
    let profile = profiles::find(call.path("profile"), folder).map_err(|fault| match fault {
        ProfileFault::Unknown { name, .. } => Problem::not_found("profile", &name),
        fault => ServiceFault::from(fault).into(),
    })?;
    let variables = profile.variables.iter().map(|variable| Variable {
        name: variable.name.clone(),
        help: variable.help.clone(),
        expected: variable.pattern.words(),
        example: variable.example.clone(),
    });
    Reply::one(&ProfileDocument {
        variables: variables.collect(),
        line: line(&profile),
        support_note: profile.support_note,
        claims: profile.claims,
        tests: profile.tests,
        quirks: profile.quirks,
        troubles: profile.troubles,
        evidence: profile.evidence,
    })
}

fn line(profile: &Profile) -> ProfileLine {
    ProfileLine {
        name: profile.name.clone(),
        vendor: profile.vendor.clone(),
        summary: profile.summary.clone(),
        support: profile.support,
    }
}
