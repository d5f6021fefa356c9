//! `vestibule state`.

use std::process::ExitCode;

use serde_json::json;

use super::args::StateVerb;
use super::console::Console;
use super::fault::CliFault;
use super::key::agree;
use super::session::with_core;
use crate::config::Sources;
use crate::services::Act;
use crate::state::export::{self, Wanted};
use crate::state::plan::{self, Plan, Prune};
use crate::state::read::{self, Surroundings};
use crate::state::{apply, render};

/// The exit code of "there are differences".
const DIFFERENCES: u8 = 3;

pub(super) fn run(
    verb: &StateVerb,
    sources: &Sources,
    console: &Console,
) -> Result<ExitCode, CliFault> {
    with_core(sources, async |act| match verb {
        StateVerb::Diff { files } => {
            let plan = planned(act, files, sources).await?;
            Ok(tell(&plan, console))
        }
        StateVerb::Apply { files, yes, dry_run } => {
            let plan = planned(act, files, sources).await?;
            if *dry_run {
                return Ok(tell(&plan, console));
            }
            carry_out(act, plan, *yes, console).await
        }
        StateVerb::Export { all, clients } => {
            let wanted = if *all { Wanted::All } else { Wanted::Clients(clients.clone()) };
            let document = export::export(act, wanted).await?;
            console.answer(&json!({ "document": document }), || document.clone());
            Ok(ExitCode::SUCCESS)
        }
    })
}

async fn planned(
    act: Act<'_>,
    files: &super::args::StateFiles,
    sources: &Sources,
) -> Result<Plan, CliFault> {
    let around = Surroundings { core: act.core, variables: &sources.variables };
    let documents = read::read(&files.files, around)?;
    let prune = if files.prune { Prune::Remove } else { Prune::Tell };
    Ok(plan::plan(act, documents, prune).await?)
}

/// 1 when something cannot be, 3 when something differs.
fn tell(plan: &Plan, console: &Console) -> ExitCode {
    console.answer(&render::json(plan), || render::text(plan));
    match (plan.problems.is_empty(), plan.is_empty()) {
        (false, _) => ExitCode::FAILURE,
        (true, false) => ExitCode::from(DIFFERENCES),
        (true, true) => ExitCode::SUCCESS,
    }
}

async fn carry_out(
    act: Act<'_>,
    mut plan: Plan,
    yes: bool,
    console: &Console,
) -> Result<ExitCode, CliFault> {
    if plan.destroys() {
        console.note(&render::text(&plan));
        agree(yes)?;
    }
    let (problems, notes) = (std::mem::take(&mut plan.problems), std::mem::take(&mut plan.notes));
    let outcomes = apply::apply(act, plan).await;
    console.answer(&render::outcome_json(&outcomes, &problems, &notes), || {
        render::outcome_text(&outcomes, &problems, &notes)
    });
    let done = problems.is_empty() && outcomes.iter().all(|outcome| outcome.result.is_ok());
    Ok(if done { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
