//! What administrators wait for: an import, the pages of the console and a search, with many people
//! and a thousand clients in the database.
//!
//! Everything gets there by the doors that administrators use: `user import` and `state apply`. The
//! visitor is an owner with a browser's session, and asks one page after the other.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::measure::{self, Plan, Window};
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
/// Searched for as somebody would type it: one letter, names, an address, an identifier, nothing.
const SEARCHES: [&str; 10] = [
    "a",
    "an",
    "anna",
    "anna f",
    "anna family77",
    "clinic7.test",
    "mrn-0000077",
    "anna family1 clinic99.test",
    "@",
    "nobody",
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
    window: Window,
    /// What is compared with the target, and the target.
    compared: (f64, f64),
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
    let mut pages: Vec<String> = PAGES.iter().map(|path| (*path).to_owned()).collect();
    pages.push(format!("/admin/users/{}", verify::required(&somebody, "sub")?));
    let mut lines = Vec::new();
    for path in pages {
        let window = asked(server, &mut admin, &path, plan).await?;
        let cpu = window.cpu_per_operation.first().copied().unwrap_or_default();
        lines.push(Line { what: path, window, compared: (cpu, PAGE_TARGET) });
    }
    for text in SEARCHES {
        let query = form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let path = format!("/admin/users?q={query}");
        let window = asked(server, &mut admin, &path, plan).await?;
        let slowest = window.p99;
        lines.push(Line { what: path, window, compared: (slowest, SEARCH_TARGET) });
    }
    print(people, import, &lines);
    Ok(())
}

/// One page again and again, by one visitor.
async fn asked(
    server: &Server,
    admin: &mut Visitor,
    path: &str,
    plan: &Plan,
) -> Result<Window, String> {
    eprintln!("{path}");
    let visitor = admin.again();
    let path = path.to_owned();
    let watched = server.processes();
    let visitors = vec![(visitor, path)];
    let ran =
        measure::window(visitors, plan, &watched, async |(visitor, path)| visitor.page(path).await);
    Ok(ran.await?.0)
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
    server.run(&["user", "import", &file.display().to_string(), "--json"], "")?;
    Ok(began.elapsed())
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
        "{people} people, {CLIENTS} clients\nimport: {seconds:.1} s ({:.0} rows a second), \
         {:.0}% of its target\n",
        f64::from(people) / seconds,
        100.0 * seconds / target
    );
    println!(
        "{:<44}{:>9}{:>9}{:>9}{:>9}{:>11}",
        "page", "cpu ms", "db ms", "p50 ms", "p99 ms", "of target"
    );
    for Line { what, window, compared: (cost, target) } in lines {
        let cpu = |at: usize| {
            window.cpu_per_operation.get(at).map_or("-".to_owned(), |cpu| format!("{cpu:.2}"))
        };
        println!(
            "{what:<44}{:>9}{:>9}{:>9.2}{:>9.2}{:>10.0}%",
            cpu(0),
            cpu(1),
            window.p50,
            window.p99,
            100.0 * cost / target
        );
    }
    println!("\ntargets: {PAGE_TARGET} CPU ms a page; {SEARCH_TARGET} ms at p99 a search");
}
