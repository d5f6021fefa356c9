//! What administrators wait for: an import, the pages of the console and a search, with many people
//! and a thousand clients in the database.
//!
//! Everything gets there by the doors that administrators use: `user import` and `state apply`. The
//! visitor is an owner with a browser's session, and asks one page after the other.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::measure::{self, Plan, Window};
use crate::process::MILLIS_PER_TICK;
use crate::server::Server;
use crate::verify;
use crate::visitor::Visitor;

/// Clients beside the people.
const CLIENTS: usize = 1000;
/// CPU milliseconds of the server that a page may cost.
const PAGE_TARGET: f64 = 50.0;
/// Milliseconds that a search may take.
const SEARCH_TARGET: f64 = 100.0;
/// Seconds that 100,000 rows may take.
const IMPORT_TARGET: f64 = 120.0;
/// A stored hash to import: nothing is hashed on the way in.
const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$\
    iWh06vD8Fy27wf9npn6FXWiCX4K6pW6Ue1Bnzz07Z8A";
const GIVEN: [&str; 16] = [
    "Ada", "Anna", "Bea", "Chloé", "Dora", "Elif", "Fatima", "Grace", "Hana", "Ines", "João",
    "Kofi", "Lars", "Mia", "Noor", "Zoe",
];
/// Somebody among the imported.
const SOMEBODY: &str = "person.77@clinic77.test";
/// Searched for as somebody would type it: one letter, names, an address, an identifier, nothing;
/// words that everybody has, words that many have and nobody together, and other filters beside them.
const SEARCHES: [&str; 15] = [
    "q=a",
    "q=an",
    "q=anna",
    "q=anna+f",
    "q=f+a",
    "q=anna+family77",
    "q=clinic7.test",
    "q=mrn-0000077",
    "q=anna+clinic99.test",
    "q=anna+family1+clinic99.test",
    "q=person+family1+clinic+mrn-0+zoe",
    "q=@",
    "q=nobody",
    "q=anna&status=disabled",
    "q=anna&status=active&test=no",
];
const PAGES: [&str; 14] = [
    "/admin",
    "/admin/clients",
    "/admin/clients?q=clinic+7",
    "/admin/clients?environment=test",
    "/admin/clients/clinic-77",
    "/admin/users",
    "/admin/users?status=disabled",
    "/admin/groups",
    "/admin/organizations",
    "/admin/events",
    "/admin/admins",
    "/admin/webhooks",
    "/admin/keys",
    "/admin/system",
];

/// One line of the table.
struct Line {
    what: String,
    kind: Kind,
    /// What it cost, and how many milliseconds it took the first time; or why that is not known.
    measured: Result<(Window, f64), String>,
}

/// What is compared with which target.
#[derive(Clone, Copy)]
enum Kind {
    /// The CPU time of the server.
    Page,
    /// The latency at the 99th percentile.
    Search,
}

/// Fills the server through its doors, measures, prints.
pub async fn run(server: &Server, people: u32, plan: &Plan) -> Result<(), String> {
    let owner = server.target().person(0).0;
    server.run(&["admin", "grant", "--user", &owner, "owner", "--json"], "")?;
    clients(server)?;
    eprintln!("importing {people} people");
    let import = import(server, people)?;
    let somebody = server.run(&["user", "show", SOMEBODY, "--json"], "")?;
    let mut admin = Visitor::new(server.target(), 0);
    admin.sign_in().await?;
    let mut asked: Vec<(String, Kind)> =
        PAGES.iter().map(|path| ((*path).to_owned(), Kind::Page)).collect();
    let user = verify::required(&somebody, "sub")?;
    asked.push((format!("/admin/users/{user}"), Kind::Page));
    asked.extend(SEARCHES.map(|query| (format!("/admin/users?{query}"), Kind::Search)));
    let mut lines = Vec::new();
    for (what, kind) in asked {
        eprintln!("{what}");
        let mut visitor = admin.again();
        let page = async |visitor: &mut Visitor| visitor.page(&what).await;
        let measured = measure::alone(&mut visitor, plan, &server.processes(), page).await;
        lines.push(Line { what, kind, measured });
    }
    print(people, import, &lines);
    match lines.iter().filter(|line| line.measured.is_err()).count() {
        0 => Ok(()),
        failed => Err(format!("{failed} of {} could not be measured", lines.len())),
    }
}

/// A thousand clients from one file.
fn clients(server: &Server) -> Result<(), String> {
    let mut document = "version = 1\nname = \"bench\"\n".to_owned();
    for number in 0..CLIENTS {
        let environment = if number % 10 == 0 { "test" } else { "live" };
        let line = write!(
            document,
            "[[client]]\nclient_id = \"clinic-{number}\"\nname = \"Clinic {number}\"\n\
             environment = \"{environment}\"\n\
             redirect_uris = [\"https://clinic{number}.example/cb\"]\n"
        );
        line.map_err(|error| error.to_string())?;
    }
    let file = written(server, "clients.toml", &document)?;
    server.run(&["state", "apply", "-f", &file.display().to_string(), "--json"], "").map(|_| ())
}

fn import(server: &Server, people: u32) -> Result<Duration, String> {
    let mut rows =
        "external_id,email,email_verified,given_name,family_name,password_hash\n".to_owned();
    for number in 0..people {
        let given = GIVEN.get(number as usize % GIVEN.len()).unwrap_or(&"Ada");
        let line = writeln!(
            rows,
            "MRN-{number:07},person.{number}@clinic{}.test,true,{given},Family{},\"{HASH}\"",
            number % 100,
            number / 16 % 20_011
        );
        line.map_err(|error| error.to_string())?;
    }
    let file = written(server, "people.csv", &rows)?;
    let began = Instant::now();
    let told = server.run(&["user", "import", &file.display().to_string(), "--json"], "")?;
    let took = began.elapsed();
    match told.pointer("/counts/created").and_then(Value::as_u64) {
        Some(created) if created == u64::from(people) => Ok(took),
        _ => Err(format!("{people} people should have been created: {told}")),
    }
}

fn written(server: &Server, name: &str, text: &str) -> Result<PathBuf, String> {
    let path = server.folder().join(name);
    fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(path)
}

fn print(people: u32, import: Duration, lines: &[Line]) {
    let seconds = import.as_secs_f64();
    let target = IMPORT_TARGET * f64::from(people) / 100_000.0;
    println!(
        "{people} people imported, {CLIENTS} clients\nimport: {seconds:.1} s ({:.0} rows a second), \
         {:.0}% of its target\n",
        f64::from(people) / seconds,
        100.0 * seconds / target
    );
    println!(
        "{:<48}{:>7}{:>9}{:>9}{:>10}{:>9}{:>9}{:>11}",
        "page", "times", "cpu ms", "db ms", "first ms", "p50 ms", "p99 ms", "of target"
    );
    for Line { what, kind, measured } in lines {
        let (window, first) = match measured {
            Ok(measured) => measured,
            Err(fault) => {
                println!("{what:<48}{fault}");
                continue;
            }
        };
        let of_target = match kind {
            Kind::Page => {
                let cost = window.cpu_per_operation.first().filter(|cost| **cost > 0.0);
                cost.map(|cost| cost / PAGE_TARGET)
            }
            Kind::Search => Some(window.p99 / SEARCH_TARGET),
        };
        let of_target = of_target.map_or("-".to_owned(), |part| format!("{:.0}%", 100.0 * part));
        println!(
            "{what:<48}{:>7}{:>9}{:>9}{first:>10.2}{:>9.2}{:>9.2}{of_target:>11}",
            window.operations,
            cpu(window, 0),
            cpu(window, 1),
            window.p50,
            window.p99
        );
    }
    println!(
        "\ntargets: {PAGE_TARGET} CPU ms of the server a page; {SEARCH_TARGET} ms at p99 a search. Of \
         fewer than a hundred times p99 is the longest; the first time is not among them."
    );
}

/// The CPU time of a process, as far as the kernel's clock tells it.
fn cpu(window: &Window, process: usize) -> String {
    let operations = u32::try_from(window.operations).map_or(f64::INFINITY, f64::from);
    match window.cpu_per_operation.get(process) {
        None => "-".to_owned(),
        Some(cpu) if *cpu > 0.0 => format!("{cpu:.2}"),
        Some(_) => format!("<{:.2}", MILLIS_PER_TICK / operations),
    }
}
