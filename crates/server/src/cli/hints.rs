//! What a fault of a service means on the command line: the command that shows what there is, or the
//! flag that mends it. The services speak to every door.

use crate::profiles::ProfileFault;
use crate::services::{FieldFault, ServiceFault};

/// The fault, with its way out.
pub(super) fn told(fault: &ServiceFault) -> String {
    match way(fault) {
        Some(way) => format!("{fault}; {way}"),
        None => fault.to_string(),
    }
}

fn way(fault: &ServiceFault) -> Option<String> {
    match fault {
        ServiceFault::NotFound { what, .. } => {
            command(what).map(|command| format!("see: vestibule {command}"))
        }
        ServiceFault::Invalid(faults) => flags(faults),
        ServiceFault::Profile(ProfileFault::Unknown { .. }) => {
            Some("see: vestibule profile list".to_owned())
        }
        ServiceFault::Profile(
            ProfileFault::Missing { name, example, .. } | ProfileFault::Value { name, example, .. },
        ) => Some(format!("give it as --set {name}={example}")),
        _ => None,
    }
}

/// The command that shows which there are.
fn command(what: &str) -> Option<&'static str> {
    Some(match what {
        "client" => "client list",
        "redirect URI" | "live secret" => "client show CLIENT_ID",
        "open link" => "client links list CLIENT_ID",
        "user" => "user list",
        "session" | "consent" => "user show USER",
        "group" => "group list",
        "organization" => "organization list",
        "role" => "admin list",
        "live API token" => "token list",
        "webhook" => "webhook list",
        "case" => "events tail",
        "shared link" => "case show CODE",
        _ => return None,
    })
}

/// The flags of fields that are called otherwise on the command line.
fn flags(faults: &[FieldFault]) -> Option<String> {
    let flags: Vec<&str> = faults
        .iter()
        .filter_map(|fault| {
            Some(match fault.field.as_str() {
                "variables" => "--set NAME=VALUE, with --profile",
                "name" => "--name",
                "redirect_uris" => "--redirect-uri",
                "post_logout_redirect_uris" => "--post-logout-redirect-uri",
                "grant_types" => "--grant",
                "pkce" => "--pkce",
                "email" => "--email or --username",
                "groups" => "--group; groups are made by: vestibule group add",
                "kinds" => "--kind",
                "password_hash" => "--firebase, for hashes of Firebase",
                _ => return None,
            })
        })
        .collect();
    match flags.as_slice() {
        [] => None,
        flags => Some(format!("see the flag {}", flags.join(", "))),
    }
}
