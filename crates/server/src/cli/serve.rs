//! `vestibule serve`.

use std::process::ExitCode;
use std::sync::Arc;

use serde_json::json;
use vestibule_protocol::client::Status;
use vestibule_protocol::ids::ClientId;

use super::args::Serve;
use super::console::Console;
use super::fault::CliFault;
use super::migrate;
use crate::clock::Clock;
use crate::config::{Config, Sources};
use crate::core;
use crate::serve::{self, Running, StopSignals};
use crate::services::clients::DEMO_CLIENT;
use crate::telemetry::{self, LogTo};

pub(super) fn run(
    args: &Serve,
    sources: &Sources,
    console: &Console,
) -> Result<ExitCode, CliFault> {
    let config = Config::load(sources)?;
    if config.development {
        return Err(CliFault::Refused(
            "this configuration was written by `vestibule dev`, and its keys are for trying out; \
             make one for production with `vestibule init`"
                .to_owned(),
        ));
    }
    let to = if console.json { LogTo::Stderr } else { LogTo::Stdout };
    let _running = telemetry::start(&config.telemetry, to, console.colours)?;
    if args.migrate {
        for applied in migrate::apply(&config)? {
            tracing::info!(migration = applied, "schema migrated");
        }
    }
    let config = Arc::new(config);
    actix_web::rt::System::new().block_on(async {
        let mut stop = StopSignals::listen()?;
        let Some(started) = stop.unless(start(&config)).await else {
            return Ok(ExitCode::SUCCESS);
        };
        let running = started?;
        let issuer = config.issuer.as_str();
        if console.json {
            let management = running.management.map(|address| address.to_string());
            let address = running.address.to_string();
            console.answer(
                &json!({ "issuer": issuer, "address": address, "management": management }),
                String::new,
            );
        }
        tracing::info!(issuer, address = %running.address, "serving");
        running.until(stop).await?;
        Ok(ExitCode::SUCCESS)
    })
}

async fn start(config: &Arc<Config>) -> Result<Running, CliFault> {
    refuse_demo_client(config).await?;
    Ok(serve::start(Arc::clone(config), Clock::system(), None).await?)
}

/// The demo client's redirect URIs lead to anybody's machine, and its secret has been printed.
async fn refuse_demo_client(config: &Config) -> Result<(), CliFault> {
    let store = core::open_store(config)?;
    store.require_current_schema()?;
    let demo = store.client_by_client_id(ClientId(DEMO_CLIENT.to_owned())).await?;
    store.close();
    if demo.is_some_and(|client| client.status == Status::Active) {
        return Err(CliFault::Refused(format!(
            "this database holds the demo client of `vestibule dev`; switch it off with \
             `vestibule client disable {}`, or name another database",
            DEMO_CLIENT
        )));
    }
    Ok(())
}
