//! `vestibule user invite`, `update` and `reset-link`.

use std::time::Duration;

use serde_json::json;
use vestibule_protocol::user::User;

use super::{named_user_json, new_user, user_text};
use crate::cli::args::{HandoverArgs, UserInvite, UserUpdate};
use crate::cli::console::{Console, moment};
use crate::cli::fault::CliFault;
use crate::cli::session::passwords;
use crate::services::Act;
use crate::services::users;
use crate::services::users::update::{self, Edit, UserChange};
use crate::services::users::welcome::{self, Handed, Handover};

pub(super) async fn invite(
    act: Act<'_>,
    args: UserInvite,
    console: &Console,
) -> Result<(), CliFault> {
    let pool = passwords(&act.core.config)?;
    let handover = Handover::of(args.handover.send);
    let (user, handed) = welcome::invite(act, &pool, new_user(args.fields), handover).await?;
    tell(&user, &handed, console);
    Ok(())
}

pub(super) async fn reset_link(
    act: Act<'_>,
    name: &str,
    lifetime: Option<Duration>,
    handover: &HandoverArgs,
    console: &Console,
) -> Result<(), CliFault> {
    let handover = Handover::of(handover.send);
    let (user, handed) = welcome::reset_link(act, name, lifetime, handover).await?;
    tell(&user, &handed, console);
    Ok(())
}

fn tell(user: &User, handed: &Handed, console: &Console) {
    let (link, sent_to, ends) = match handed {
        Handed::Shown(link) => (Some(&link.url), None, link.expires_at.as_seconds()),
        Handed::Mailed { to, expires_at } => (None, Some(to), expires_at.as_seconds()),
    };
    let answer =
        json!({ "sub": user.subject, "link": link, "sent_to": sent_to, "expires_at": ends });
    let ends = moment(ends);
    console.answer(&answer, || match handed {
        Handed::Shown(link) => format!(
            "{}\nHand it to the user, nobody else: whoever opens it sets the password. Good for one use, until {ends}.",
            link.url
        ),
        Handed::Mailed { to, .. } => {
            format!("The link is on its way to {to}. Good for one use, until {ends}.")
        }
    });
}

pub(super) async fn update(
    act: Act<'_>,
    args: UserUpdate,
    console: &Console,
) -> Result<(), CliFault> {
    let edit = |value: Option<String>| value.map_or(Edit::Keep, |value| Edit::of(&value));
    let groups =
        (args.no_groups || !args.groups.is_empty()).then(|| args.groups.into_iter().collect());
    let claims = args.claims.into_iter();
    let change = UserChange {
        email: edit(args.email),
        email_verified: args.email_verified,
        username: edit(args.username),
        claims: claims.map(|(name, value)| (name, Some(value).filter(|v| !v.is_empty()))).collect(),
        external_id: edit(args.external_id),
        account_type: edit(args.account_type),
        test: args.test,
        groups,
        version: None,
    };
    let user = update::update(act, &args.user, change).await?;
    let names = users::identifiers_of(act, &user).await?;
    console.answer(&named_user_json(&user, &names), || user_text(&user, &names, console));
    Ok(())
}
