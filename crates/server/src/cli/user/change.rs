//! `vestibule user invite`, `update` and `reset-link`.

use std::time::Duration;

use serde_json::json;
use vestibule_protocol::user::User;

use super::{new_user, user_json, user_text};
use crate::cli::args::{UserFields, UserUpdate};
use crate::cli::console::{Console, moment};
use crate::cli::fault::CliFault;
use crate::cli::session::passwords;
use crate::services::Act;
use crate::services::links::NewLink;
use crate::services::users::update::{self, Edit, UserChange};
use crate::services::users::{self, welcome};

pub(super) async fn invite(
    act: Act<'_>,
    fields: UserFields,
    console: &Console,
) -> Result<(), CliFault> {
    let pool = passwords(&act.core.config)?;
    let (user, link) = welcome::invite(act, &pool, new_user(fields)).await?;
    tell(&user, &link, console);
    Ok(())
}

pub(super) async fn reset_link(
    act: Act<'_>,
    name: &str,
    lifetime: Option<Duration>,
    console: &Console,
) -> Result<(), CliFault> {
    let (user, link) = welcome::reset_link(act, name, lifetime).await?;
    tell(&user, &link, console);
    Ok(())
}

fn tell(user: &User, link: &NewLink, console: &Console) {
    let ends = link.expires_at.as_seconds();
    let answer = json!({ "sub": user.subject, "link": link.url, "expires_at": ends });
    console.answer(&answer, || {
        format!(
            "{}\nHand it to the user, nobody else: whoever opens it sets the password. Good for one use, until {}.",
            link.url,
            moment(ends)
        )
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
    console.answer(&user_json(&user, &names), || user_text(&user, &names, console));
    Ok(())
}
