//! Differences as people read them, and as programs do. Secrets are not in a plan, so they are in
//! neither.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};
use vestibule_store::managed::ManagedKind;

use super::apply::{Delivered, Delivery, Outcome};
use super::document::Place;
use super::export::moment;
use super::plan::{Plan, Problem, SecretLine, Step, Verb};
use super::read::client::defaults;

/// A plan as text: one block an object, then what is worth knowing, then a count.
pub fn text(plan: &Plan) -> String {
    let mut text = String::new();
    for step in plan.changes() {
        block(&mut text, step);
    }
    for problem in &plan.problems {
        let Problem { kind, id, place, fault } = problem;
        let place = place_of(place.as_ref());
        let _infallible = writeln!(text, "! {} {id}  {place}\n    {fault}", kind.as_str());
    }
    for note in &plan.notes {
        let _infallible = writeln!(text, "note: {note}");
    }
    text.push_str(&count(plan));
    text
}

fn place_of(place: Option<&Place>) -> String {
    place.map_or_else(|| "no longer named".to_owned(), ToString::to_string)
}

fn count(plan: &Plan) -> String {
    let of = |verb| plan.steps.iter().filter(|step| step.verb == verb).count();
    let (create, change, remove) = (of(Verb::Create), of(Verb::Change), of(Verb::Remove));
    match (create + change + remove, plan.problems.len()) {
        (0, 0) => format!("No differences: {} as stated.", objects(plan.steps.len())),
        (_, 0) => format!("{create} to create, {change} to change, {remove} to remove."),
        (_, stuck) => format!(
            "{create} to create, {change} to change, {remove} to remove; {} cannot be.",
            objects(stuck)
        ),
    }
}

fn objects(count: usize) -> String {
    format!("{count} object{}", if count == 1 { "" } else { "s" })
}

fn block(text: &mut String, step: &Step) {
    let sign = match step.verb {
        Verb::Create => '+',
        Verb::Change => '~',
        Verb::Remove => '-',
        Verb::Keep => ' ',
    };
    let place = match &step.place {
        Some(place) => format!("{} line {}", place.file, place.line),
        None => format!("no longer named by {}", step.source),
    };
    let _infallible = writeln!(text, "{sign} {} {}  ({place})", step.kind.as_str(), step.id);
    if let Some(file) = &step.taken_from {
        let _infallible = writeln!(text, "    managed by {file} until now");
    }
    if step.verb != Verb::Remove {
        for line in lines(step) {
            let _infallible = writeln!(text, "    {line}");
        }
    }
    for SecretLine { label, sign, text: what } in &step.secrets {
        let _infallible = writeln!(text, "    {sign} secret {label:?} {what}");
    }
}

/// What changes in an object, a line a value, in the order of the settings.
fn lines(step: &Step) -> Vec<String> {
    let (mut before, mut after) = (Vec::new(), Vec::new());
    flatten("", &step.before, &mut before);
    flatten("", &step.after, &mut after);
    if step.verb == Verb::Create {
        after.retain(|(name, value)| !is_default(name, value));
    }
    let mut lines = Vec::new();
    for (name, value) in &before {
        let later = after.iter().find(|(other, _)| other == name).map(|(_, value)| value);
        change(name, Some(value), later, &mut lines);
    }
    for (name, value) in &after {
        if !before.iter().any(|(other, _)| other == name) {
            change(name, None, Some(value), &mut lines);
        }
    }
    lines
}

fn change(name: &str, before: Option<&Value>, after: Option<&Value>, lines: &mut Vec<String>) {
    if before == after {
        return;
    }
    if let (Some(Value::Array(before)), Some(Value::Array(after))) = (before, after) {
        let found = lines.len();
        let gone = before.iter().filter(|item| !after.contains(item));
        lines.extend(gone.map(|item| format!("- {name}: {item}")));
        let new = after.iter().filter(|item| !before.contains(item));
        lines.extend(new.map(|item| format!("+ {name}: {item}")));
        if lines.len() > found {
            return;
        }
        // The same items in another order.
    }
    let stated = |value: &&Value| !value.is_null();
    lines.extend(before.filter(stated).map(|value| format!("- {name} = {value}")));
    lines.extend(after.filter(stated).map(|value| format!("+ {name} = {value}")));
}

/// Nested tables as `table.key`.
fn flatten(prefix: &str, value: &Value, into: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, value) in members {
                let path =
                    if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
                flatten(&path, value, into);
            }
        }
        Value::Null if prefix.is_empty() => {}
        value => into.push((prefix.to_owned(), value.clone())),
    }
}

/// Whether it is what nobody needs to write, so that a new object shows what was written.
fn is_default(name: &str, value: &Value) -> bool {
    let mut names = name.split('.');
    let first = names.next().and_then(|name| defaults().get(name));
    let found = names.try_fold(first, |value, name| value.map(|value| value.get(name)));
    matches!((found, value), (Some(Some(default)), value) if default == value)
}

/// A plan for programs.
pub fn json(plan: &Plan) -> Value {
    let changes: Vec<Value> = plan.changes().map(|step| Value::Object(step_json(step))).collect();
    let problems: Vec<Value> = plan.problems.iter().map(problem_json).collect();
    json!({
        "equal": plan.is_empty() && plan.problems.is_empty(),
        "changes": changes,
        "problems": problems,
        "notes": plan.notes,
    })
}

fn problem_json(problem: &Problem) -> Value {
    json!({
        "kind": problem.kind.as_str(),
        "id": problem.id,
        "file": problem.place.as_ref().map(|place| place.file.as_ref()),
        "line": problem.place.as_ref().map(|place| place.line),
        "error": problem.fault.kind().word(),
        "message": problem.fault.to_string(),
    })
}

fn step_json(step: &Step) -> Map<String, Value> {
    let secrets: Vec<Value> = step
        .secrets
        .iter()
        .map(|line| json!({ "label": line.label, "change": verb_of(line.sign), "text": line.text }))
        .collect();
    let mut object = Map::new();
    object.insert("kind".to_owned(), json!(step.kind.as_str()));
    object.insert("id".to_owned(), json!(step.id));
    object.insert("change".to_owned(), json!(step.verb.as_str()));
    object.insert("managed_by".to_owned(), json!(step.source.as_ref()));
    object.insert("file".to_owned(), json!(step.place.as_ref().map(|place| place.file.as_ref())));
    object.insert("line".to_owned(), json!(step.place.as_ref().map(|place| place.line)));
    object.insert("before".to_owned(), step.before.clone());
    object.insert("after".to_owned(), step.after.clone());
    object.insert("secrets".to_owned(), json!(secrets));
    object
}

fn verb_of(sign: char) -> &'static str {
    match sign {
        '+' => "add",
        '-' => "revoke",
        _ => "expire",
    }
}

/// What became of a plan, as text. Of a secret that was made, where it is.
pub fn outcome_text(outcomes: &[Outcome], problems: &[Problem], notes: &[String]) -> String {
    let mut text = String::new();
    for Outcome { step, result } in outcomes {
        let (kind, id) = (step.kind.as_str(), &step.id);
        let _infallible = match result {
            Ok(_) => writeln!(text, "{} {kind} {id}", past(step)),
            Err(fault) => writeln!(text, "not done: {kind} {id}: {fault}"),
        };
        for Delivered { label, delivery, .. } in result.as_ref().into_iter().flatten() {
            let _infallible = match delivery {
                Delivery::File(path) => {
                    writeln!(text, "    secret {label:?} is in {}", path.display())
                }
                Delivery::Link(link) => writeln!(
                    text,
                    "    secret {label:?} is shown once at {}, until {}",
                    link.url,
                    moment(link.expires_at)
                ),
            };
        }
    }
    for Problem { kind, id, place, fault } in problems {
        let place = place_of(place.as_ref());
        let _infallible = writeln!(text, "not done: {} {id} ({place}): {fault}", kind.as_str());
    }
    for note in notes {
        let _infallible = writeln!(text, "note: {note}");
    }
    let failed = outcomes.iter().filter(|one| one.result.is_err()).count() + problems.len();
    match (outcomes.len() + problems.len() - failed, failed) {
        (0, 0) => text.push_str("Nothing to do: all is as stated."),
        (done, 0) => {
            let _infallible = write!(text, "{} changed.", objects(done));
        }
        (done, failed) => {
            let _infallible = write!(
                text,
                "{} changed, {} not; mend what is told above and apply again.",
                objects(done),
                objects(failed)
            );
        }
    }
    text
}

fn past(step: &Step) -> &'static str {
    match (step.verb, step.kind) {
        (Verb::Create, _) => "created",
        (Verb::Change, _) => "changed",
        (Verb::Remove, ManagedKind::Organization) => "switched off",
        (Verb::Remove, _) => "removed",
        (Verb::Keep, _) => "kept",
    }
}

/// What became of a plan, for programs.
pub fn outcome_json(outcomes: &[Outcome], problems: &[Problem], notes: &[String]) -> Value {
    let done = outcomes.iter().map(|outcome| {
        let mut object = step_json(&outcome.step);
        object.insert("done".to_owned(), json!(outcome.result.is_ok()));
        object.insert("fault".to_owned(), outcome.fault());
        let made = outcome.result.as_ref().into_iter().flatten().map(delivered_json);
        object.insert("made".to_owned(), Value::Array(made.collect()));
        Value::Object(object)
    });
    let ok = problems.is_empty() && outcomes.iter().all(|outcome| outcome.result.is_ok());
    json!({
        "ok": ok,
        "changes": done.collect::<Vec<_>>(),
        "problems": problems.iter().map(problem_json).collect::<Vec<_>>(),
        "notes": notes,
    })
}

fn delivered_json(made: &Delivered) -> Value {
    let mut object = json!({ "label": made.label });
    if let Some(object) = object.as_object_mut() {
        if let Some(client_id) = &made.client_id {
            object.insert("client_id".to_owned(), json!(client_id));
        }
        match &made.delivery {
            Delivery::File(path) => object.insert("file".to_owned(), json!(path)),
            Delivery::Link(link) => {
                let ends = link.expires_at.as_seconds();
                object.insert("expires_at".to_owned(), json!(ends));
                object.insert("secret_link".to_owned(), json!(link.url))
            }
        };
    }
    object
}
