//! `vestibule user`.

mod change;
mod files;
mod show;

use std::io::Read as _;
use std::path::Path;
use std::process::ExitCode;

use serde_json::{Map, Value, json};
use vestibule_protocol::client::Status;
use vestibule_protocol::ids::SessionId;
use vestibule_protocol::user::User;
use vestibule_store::PageRequest;
use vestibule_store::users::Identifier;
use zeroize::Zeroizing;

use super::args::{UserAdd, UserFields, UserList, UserVerb};
use super::console::{Console, moment, pairs, table, word};
use super::fault::CliFault;
use super::session::{passwords, with_core};
use crate::config::Sources;
use crate::random;
use crate::services::users::{self, NewUser, UserQuery, access, erase};
use crate::services::{Act, ServiceFault};

/// Longest password input that is read; longer ones are refused by the policy anyway.
const MAX_INPUT: u64 = 8 * 1024;

pub(super) fn run(
    verb: UserVerb,
    sources: &Sources,
    console: &Console,
) -> Result<ExitCode, CliFault> {
    with_core(sources, async |act| {
        match verb {
            UserVerb::Add(args) => add(act, *args, console).await?,
            UserVerb::Invite(args) => change::invite(act, *args, console).await?,
            UserVerb::List(args) => list(act, args, console).await?,
            UserVerb::Show { user } => show::show(act, &user, console).await?,
            UserVerb::Update(args) => change::update(act, *args, console).await?,
            UserVerb::ResetLink { user, expires_in, handover } => {
                change::reset_link(act, &user, expires_in, &handover, console).await?;
            }
            UserVerb::Disable { user } => {
                let user = users::set_status(act, &user, Status::Disabled).await?;
                say(&user, "is kept out, and signed out everywhere", console);
            }
            UserVerb::Enable { user } => {
                let user = users::set_status(act, &user, Status::Active).await?;
                say(&user, "may sign in again", console);
            }
            UserVerb::Unlock { user } => {
                let user = users::unlock(act, &user).await?;
                say(&user, "may try again at once", console);
            }
            UserVerb::Sessions { user } => show::sessions(act, &user, console).await?,
            UserVerb::SignOut { user, session: None } => {
                let user = access::sign_out_everywhere(act, &user).await?;
                say(&user, "is signed out everywhere", console);
            }
            UserVerb::SignOut { user, session: Some(id) } => {
                let user = access::end_session(act, &user, SessionId(id)).await?;
                say(&user, "is signed out of that session", console);
            }
            UserVerb::WithdrawConsent { user, client_id } => {
                let user = access::withdraw_consent(act, &user, &client_id).await?;
                say(&user, &format!("shares nothing with {client_id} any more"), console);
            }
            UserVerb::Erase { user, confirm } => {
                if user != confirm {
                    let problem = "--confirm is not the same user; nothing was removed";
                    return Err(CliFault::Usage(problem.to_owned()));
                }
                let user = erase::erase(act, &user).await?;
                console.answer(&json!({ "sub": user.subject, "erased": true }), || {
                    format!("{} is erased.", user.subject)
                });
            }
            UserVerb::Import(args) => return files::import(act, &args, console).await,
            UserVerb::Export(args) => files::export(act, args, console).await?,
        }
        Ok(ExitCode::SUCCESS)
    })
}

async fn add(act: Act<'_>, args: UserAdd, console: &Console) -> Result<(), CliFault> {
    let password = match (&args.password_file, args.password_stdin, args.generate_password) {
        (Some(path), ..) => Some(from_file(path)?),
        (None, true, _) => Some(from_stdin()?),
        (None, false, true) => Some(generated()),
        (None, false, false) => None,
    };
    let shown = password.clone().filter(|_| args.generate_password);
    let has_password = password.is_some();
    let pool = passwords(&act.core.config)?;
    let new = NewUser { password, ..new_user(args.fields) };
    let user = users::add(act, &pool, new).await?;
    let names = users::identifiers_of(act, &user).await?;
    let mut answer = named_user_json(&user, &names);
    if let (Some(object), Some(password)) = (answer.as_object_mut(), &shown) {
        object.insert("password".to_owned(), json!(password.as_str()));
    }
    console.answer(&answer, || {
        let mut text = user_text(&user, &names, console);
        match (&shown, has_password) {
            (Some(password), _) => {
                text.push_str(&format!("  Password {}  (shown this once)\n", password.as_str()));
            }
            (None, true) => {}
            (None, false) => text.push_str(
                "Without a password this user cannot sign in yet; make a link: vestibule user reset-link USER\n",
            ),
        }
        text
    });
    Ok(())
}

/// What the flags say of a new user.
fn new_user(fields: UserFields) -> NewUser {
    let whole = match (&fields.name, &fields.given_name, &fields.family_name) {
        (Some(name), ..) => Some(name.clone()),
        (None, Some(given), Some(family)) => Some(format!("{given} {family}")),
        (None, given, family) => given.clone().or_else(|| family.clone()),
    };
    let mut claims = fields.claims;
    let mut set = |name: &str, value: Option<String>| {
        claims.extend(value.map(|value| (name.to_owned(), value)));
    };
    set("given_name", fields.given_name);
    set("family_name", fields.family_name);
    set("name", whole);
    set("email_verified", fields.email_verified.then(|| "true".to_owned()));
    NewUser {
        email: fields.email,
        username: fields.username,
        claims,
        groups: fields.groups.into_iter().collect(),
        external_id: fields.external_id,
        account_type: fields.account_type,
        test: fields.test,
        ..NewUser::default()
    }
}

pub(super) fn from_stdin() -> Result<Zeroizing<String>, CliFault> {
    let mut text = Zeroizing::new(String::new());
    std::io::stdin()
        .lock()
        .take(MAX_INPUT)
        .read_to_string(&mut text)
        .map_err(CliFault::file(Path::new("standard input")))?;
    without_line_end(text)
}

fn from_file(path: &Path) -> Result<Zeroizing<String>, CliFault> {
    let mut text = Zeroizing::new(String::new());
    std::fs::File::open(path)
        .and_then(|file| file.take(MAX_INPUT).read_to_string(&mut text))
        .map_err(CliFault::file(path))?;
    without_line_end(text)
}

/// A password ends where its line does; `echo` and editors add the end.
fn without_line_end(text: Zeroizing<String>) -> Result<Zeroizing<String>, CliFault> {
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.is_empty() {
        let problem = "there is none; write it to standard input, or name a file that holds it";
        return Err(ServiceFault::invalid("password", problem).into());
    }
    Ok(Zeroizing::new(line.to_owned()))
}

/// Twenty letters and digits that are not mistaken for one another: 100 random bits.
pub(super) fn generated() -> Zeroizing<String> {
    const LETTERS: &[u8; 31] = b"23456789abcdefghjkmnpqrstuvwxyz";
    let mut text = Zeroizing::new(String::with_capacity(24));
    let mut letters = 0;
    while letters < 20 {
        let [byte] = random::bytes::<1>();
        // Bytes from the largest multiple of 31 on are drawn again, so that every letter is as
        // likely as any other.
        let place = usize::from(byte);
        let letter = LETTERS.get(place % LETTERS.len()).filter(|_| place < 8 * LETTERS.len());
        if let Some(letter) = letter {
            if letters > 0 && letters % 5 == 0 {
                text.push('-');
            }
            text.push(char::from(*letter));
            letters += 1;
        }
    }
    text
}

async fn list(act: Act<'_>, args: UserList, console: &Console) -> Result<(), CliFault> {
    let page = args.page;
    let request = PageRequest { after: page.after, limit: page.limit };
    let query = UserQuery {
        text: page.search,
        status: page.status.map(Status::from),
        group: args.group,
        test: args.test,
    };
    let found = users::list(act, query, request).await?;
    let items: Vec<Value> = found.items.iter().map(user_json).collect();
    console.answer(&json!({ "users": items, "next": found.next }), || {
        let head = ["SUBJECT", "NAME", "EMAIL", "STATUS"].map(str::to_owned).to_vec();
        let mut rows = vec![head];
        for user in &found.items {
            let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
            rows.push(vec![
                user.subject.to_string(),
                text(&user.claims.name),
                text(&user.claims.email),
                word(&user.status),
            ]);
        }
        let mut text = table(&rows);
        match found.next {
            Some(next) if found.is_short(request) => text.push_str(&format!(
                "Not everybody who fits a part of this search was looked at: add a letter or a word, or look further with --after {next}\n"
            )),
            Some(next) => text.push_str(&format!("There are more: --after {next}\n")),
            None => {}
        }
        text
    });
    Ok(())
}

fn user_text(user: &User, names: &[Identifier], console: &Console) -> String {
    let mut lines = vec![("Subject", user.subject.to_string()), ("Status", word(&user.status))];
    for name in names {
        lines.push(("Signs in as", name.value.clone()));
    }
    lines.extend(user.external_id.clone().map(|id| ("External id", id)));
    lines.extend(user.account_type.clone().map(|kind| ("Account type", kind)));
    if user.test {
        lines.push(("Test user", "reaches test registrations of clients alone".to_owned()));
    }
    if !user.groups.is_empty() {
        let groups: Vec<&str> = user.groups.iter().map(String::as_str).collect();
        lines.push(("Groups", groups.join(", ")));
    }
    lines.push(("Added", moment(user.created_at.as_seconds())));
    let name = user.claims.name.clone().unwrap_or_else(|| user.subject.to_string());
    let mut text = format!("{}\n{}", console.strong(&name), pairs(&lines));
    let claims = claims_of(user);
    let claims: Vec<(&str, String)> = claims
        .iter()
        .map(|(name, value)| {
            (name.as_str(), value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        })
        .collect();
    if !claims.is_empty() {
        text.push_str("Claims\n");
        text.push_str(&pairs(&claims));
    }
    text
}

fn say(user: &User, what: &str, console: &Console) {
    let name = user.claims.email.clone().or_else(|| user.claims.name.clone());
    let name = name.unwrap_or_else(|| user.subject.to_string());
    console.answer(&json!({ "sub": user.subject, "status": user.status }), || {
        format!("{name} {what}.")
    });
}

/// Standard and other claims side by side, as relying parties get them.
fn claims_of(user: &User) -> Map<String, Value> {
    let Ok(Value::Object(mut claims)) = serde_json::to_value(&user.claims) else {
        return Map::new();
    };
    for (of, flag) in [("email", "email_verified"), ("phone_number", "phone_number_verified")] {
        if !claims.contains_key(of) {
            claims.remove(flag);
        }
    }
    if let Some(Value::Object(other)) = claims.remove("other") {
        claims.extend(other);
    }
    claims
}

/// A user with the names to sign in with.
fn named_user_json(user: &User, names: &[Identifier]) -> Value {
    let names: Vec<&str> = names.iter().map(|name| name.value.as_str()).collect();
    let mut answer = user_json(user);
    if let Some(answer) = answer.as_object_mut() {
        answer.insert("identifiers".to_owned(), json!(names));
    }
    answer
}

/// A user as lists have them, which do not read everybody's names to sign in with.
fn user_json(user: &User) -> Value {
    json!({
        "sub": user.subject,
        "status": user.status,
        "external_id": user.external_id,
        "account_type": user.account_type,
        "test": user.test,
        "groups": user.groups,
        "claims": claims_of(user),
        "created_at": user.created_at.as_seconds(),
        "updated_at": user.updated_at.as_seconds(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_password_is_long_and_speakable() {
        let (one, other) = (generated(), generated());
        assert_ne!(one.as_str(), other.as_str());
        assert_eq!(one.len(), 23);
        assert_eq!(one.matches('-').count(), 3);
        assert!(one.bytes().all(|b| b == b'-' || b.is_ascii_lowercase() || b.is_ascii_digit()));
    }

    #[test]
    fn a_password_ends_where_its_line_does() {
        let read = |text: &str| without_line_end(Zeroizing::new(text.to_owned()));
        assert_eq!(read(" a b \r\n").unwrap().as_str(), " a b ");
        assert_eq!(read("a\n\n").unwrap().as_str(), "a\n");
        assert!(read("\n").is_err());
    }
}
