//! `vestibule group`.

use std::process::ExitCode;

use serde_json::{Value, json};
use vestibule_protocol::user::User;
use vestibule_store::PageRequest;

use super::args::GroupVerb;
use super::console::{Console, table};
use super::fault::CliFault;
use super::session::with_core;
use crate::config::Sources;
use crate::services::{Act, groups};

pub(super) fn run(
    verb: GroupVerb,
    sources: &Sources,
    console: &Console,
) -> Result<ExitCode, CliFault> {
    with_core(sources, async |act| {
        match verb {
            GroupVerb::List => list(act, console).await?,
            GroupVerb::Add { name } => {
                let group = groups::add(act, &name).await?;
                say(&group.name, "there is a group", console);
            }
            GroupVerb::Rename { name, to } => {
                let group = groups::rename(act, &name, &to).await?;
                say(&group.name, "the group is now called", console);
            }
            GroupVerb::Remove { name } => {
                let group = groups::remove(act, &name).await?;
                say(&group.name, "there is no longer a group", console);
            }
            GroupVerb::Members { name, limit, after } => {
                members(act, &name, PageRequest { after, limit }, console).await?;
            }
            GroupVerb::AddMember { name, user } => {
                let user = groups::add_member(act, &name, &user).await?;
                of_user(&user, console);
            }
            GroupVerb::RemoveMember { name, user } => {
                let user = groups::remove_member(act, &name, &user).await?;
                of_user(&user, console);
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}

async fn list(act: Act<'_>, console: &Console) -> Result<(), CliFault> {
    let found = groups::list(act).await?;
    let answers: Vec<Value> = found
        .iter()
        .map(|size| json!({ "name": size.group.name, "members": size.members }))
        .collect();
    console.answer(&json!({ "groups": answers }), || {
        let mut rows = vec![vec!["NAME".to_owned(), "MEMBERS".to_owned()]];
        rows.extend(
            found.iter().map(|size| vec![size.group.name.clone(), size.members.to_string()]),
        );
        table(&rows)
    });
    Ok(())
}

async fn members(
    act: Act<'_>,
    name: &str,
    page: PageRequest,
    console: &Console,
) -> Result<(), CliFault> {
    let found = groups::members(act, name, page).await?;
    let answers: Vec<Value> = found
        .items
        .iter()
        .map(|user| json!({ "sub": user.subject, "email": user.claims.email }))
        .collect();
    console.answer(&json!({ "members": answers, "next": found.next }), || {
        let mut rows = vec![vec!["SUBJECT".to_owned(), "EMAIL".to_owned()]];
        rows.extend(found.items.iter().map(|user| {
            let email = user.claims.email.clone().unwrap_or_else(|| "-".to_owned());
            vec![user.subject.to_string(), email]
        }));
        let mut text = table(&rows);
        if let Some(next) = found.next {
            text.push_str(&format!("There are more: --after {next}\n"));
        }
        text
    });
    Ok(())
}

fn say(name: &str, what: &str, console: &Console) {
    console.answer(&json!({ "name": name }), || format!("{what} {name}"));
}

fn of_user(user: &User, console: &Console) {
    console.answer(&json!({ "sub": user.subject, "groups": user.groups }), || {
        let groups: Vec<&str> = user.groups.iter().map(String::as_str).collect();
        match groups.as_slice() {
            [] => format!("{} is in no group.", user.subject),
            groups => format!("{} is in {}.", user.subject, groups.join(", ")),
        }
    });
}
