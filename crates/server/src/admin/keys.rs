//! `/admin/keys`: the signing keys, rotating and retiring them.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Payload};
use vestibule_keys::Alg;
use vestibule_keys::lifecycle::{RotateError, Rotation};
use vestibule_protocol::Timestamp;
use vestibule_protocol::admin::Permission;

use super::table::Answer;
use super::views::{Button, FormPage, Keys, Section, moment};
use super::{guard, layout};
use crate::app::App;
use crate::services::{ServiceFault, keys};

/// Where the keys are.
const HOME: &str = "/admin/keys";
/// The ways to rotate: the word in the address, and what it does.
const WAYS: [(Rotation, &str, &str); 3] = [
    (Rotation::Planned, "planned", "Publish the next key"),
    (Rotation::Immediate, "now", "Rotate at once"),
    (Rotation::Compromised, "compromised", "Rotate and withdraw the old keys"),
];

/// The keys.
pub async fn get(app: Data<App>, http: HttpRequest) -> Answer {
    let admin = guard::entered(&app, &http, Permission::KeysRead).await?;
    let act = admin.act(&app);
    let found = async { Ok((keys::list(act, false).await?, keys::clients(act).await?)) };
    let (lines, clients) = found.await.map_err(layout::telling(&app, &http, &admin))?;
    let frame = layout::frame(&app, &http, &admin, Section::Keys);
    Ok(layout::show(&app, &http, &admin, StatusCode::OK, &Keys::of(frame, lines, clients)))
}

/// Asks whether to rotate, and tells what that costs.
pub async fn ask_rotation(
    app: Data<App>,
    http: HttpRequest,
    path: Path<(String, String)>,
) -> Answer {
    let admin = guard::entered_fresh(&app, &http, Permission::KeysWrite).await?;
    let (alg, word) = path.into_inner();
    let (alg, rotation, button) =
        named(&alg, &word).map_err(layout::telling(&app, &http, &admin))?;
    let stragglers = keys::stragglers(admin.act(&app), alg)
        .await
        .map_err(layout::telling(&app, &http, &admin))?;
    let mut consequences = vec![keys::consequence(admin.act(&app), rotation)];
    consequences.extend(keys::warning(&stragglers));
    let frame = layout::frame(&app, &http, &admin, Section::Keys);
    let route = format!("{HOME}/{alg}/rotate/{word}");
    let page = FormPage {
        title: format!("{button} for {alg}?"),
        text: consequences,
        button: match rotation {
            Rotation::Compromised => Button::grave(button),
            _ => Button::yes(button),
        },
        ..FormPage::at(frame.below(format!("Rotate {alg}"), &route), &route, HOME)
    };
    Ok(layout::show(&app, &http, &admin, StatusCode::OK, &page))
}

/// Rotates.
pub async fn rotate(
    app: Data<App>,
    http: HttpRequest,
    path: Path<(String, String)>,
    payload: Payload,
) -> Answer {
    let (admin, _) = guard::posted_fresh(&app, &http, payload, Permission::KeysWrite).await?;
    let (alg, word) = path.into_inner();
    let done = match named(&alg, &word) {
        Ok((alg, rotation, _)) => keys::rotate(admin.act(&app), alg, rotation).await,
        Err(fault) => Err(fault),
    };
    Ok(match done {
        Ok(_) => {
            app.documents.refresh(&app.issuer, &app.keys);
            let notice = format!("The {alg} key is rotated.");
            layout::done(&app, &http, &admin, HOME, &notice)
        }
        Err(fault) => layout::fault(&app, &http, &admin, &in_words(fault)),
    })
}

/// Asks whether to retire a key.
pub async fn ask_retirement(app: Data<App>, http: HttpRequest, kid: Path<String>) -> Answer {
    let admin = guard::entered_fresh(&app, &http, Permission::KeysWrite).await?;
    let lines =
        keys::list(admin.act(&app), false).await.map_err(layout::telling(&app, &http, &admin))?;
    let found = lines.into_iter().find(|line| line.kid == *kid);
    let Some(line) = found else {
        let fault = RotateError::UnknownKey(kid.chars().take(100).collect()).into();
        return Err(layout::fault(&app, &http, &admin, &fault));
    };
    let frame = layout::frame(&app, &http, &admin, Section::Keys);
    let route = format!("{HOME}/{}/retire", line.kid);
    let page = FormPage {
        title: format!("Retire the {} key {}?", line.alg, line.kid),
        text: vec![
            "It signs nothing from now on. It stays in the key set until the last token that it signed has expired.".to_owned(),
            "This cannot be undone.".to_owned(),
        ],
        button: Button::grave("Retire the key"),
        ..FormPage::at(frame.below("Retire a key", &route), &route, HOME)
    };
    Ok(layout::show(&app, &http, &admin, StatusCode::OK, &page))
}

/// Retires a key.
pub async fn retire(
    app: Data<App>,
    http: HttpRequest,
    kid: Path<String>,
    payload: Payload,
) -> Answer {
    let (admin, _) = guard::posted_fresh(&app, &http, payload, Permission::KeysWrite).await?;
    Ok(match keys::retire(admin.act(&app), &kid).await {
        Ok(_) => {
            app.documents.refresh(&app.issuer, &app.keys);
            layout::done(&app, &http, &admin, HOME, &format!("The key {kid} is retired."))
        }
        Err(fault) => layout::fault(&app, &http, &admin, &in_words(fault)),
    })
}

fn named(alg: &str, word: &str) -> Result<(Alg, Rotation, &'static str), ServiceFault> {
    let unknown = |name: &str| ServiceFault::NotFound {
        what: "way to rotate",
        name: name.chars().take(40).collect(),
        hint: "choose one on the page of the keys",
    };
    let way = WAYS.into_iter().find(|(_, known, _)| *known == word).ok_or_else(|| unknown(word))?;
    let alg = alg.parse().map_err(|_| unknown(alg))?;
    Ok((alg, way.0, way.2))
}

/// Moments are told as people read them.
fn in_words(fault: ServiceFault) -> ServiceFault {
    match fault {
        ServiceFault::Rotate(RotateError::AlreadyPublished { kid, ready_at }) => {
            let at = moment(Timestamp::from_millis(ready_at));
            ServiceFault::Conflict(format!(
                "The key {kid} is published already and signs from {at} on. If that is too late, rotate at once."
            ))
        }
        fault => fault,
    }
}
