//! `vestibule dev`: everything on this machine, to try it out.
//!
//! The data folder holds a whole installation: configuration, master key, database, and the
//! generated secrets, so that a restart can print them again. Other commands work on it with
//! `--config`.

mod banner;
mod folder;
mod people;

use std::net::{IpAddr, SocketAddr, TcpListener};
use std::process::ExitCode;
use std::sync::Arc;

use secrecy::SecretString;
use vestibule_protocol::client::{
    AuthMethod, ClientSettings, ConsentPolicy, Environment, GrantType, PkcePolicy,
};
use vestibule_protocol::ids::ClientId;
use vestibule_protocol::scope::Scope;

use super::args::Dev;
use super::console::Console;
use super::fault::CliFault;
use super::migrate;
use super::session::passwords;
use crate::clock::{Clock, Stopwatch};
use crate::config::{Config, Sources};
use crate::core::Core;
use crate::issuer::Issuer;
use crate::pages::views::TestUser;
use crate::playground::{self, Demo};
use crate::serve::{self, StopSignals};
use crate::services::clients::DEMO_CLIENT;
use crate::services::{Act, links};
use crate::telemetry::{self, LogTo};
use banner::Announced;
use folder::Folder;

/// Where relying parties on the developer's machine usually wait.
const DEMO_CALLBACKS: [&str; 2] = ["http://127.0.0.1:9999/cb", "http://localhost:9999/cb"];

pub(super) fn run(args: Dev, console: &Console) -> Result<ExitCode, CliFault> {
    let watch = Stopwatch::start();
    let bind = listener(&args)?;
    let issuer = issuer(&args, bind)?;
    let folder = Folder::open(&args.data_dir, args.reset)?;
    folder.write_config(&issuer, bind, management(bind))?;
    let config = Arc::new(Config::load(&Sources::file(folder.config_file()))?);
    migrate::apply(&config)?;
    let _running = telemetry::start(&config.telemetry, LogTo::Stderr, console.colours)?;
    actix_web::rt::System::new().block_on(async {
        let mut stop = StopSignals::listen()?;
        let announced = prepare(&config, &folder, &args.preset).await?;
        let demo = announced.demo();
        let start = serve::start(Arc::clone(&config), Clock::system(), Some(demo));
        let Some(started) = stop.unless(start).await else { return Ok(ExitCode::SUCCESS) };
        let running = started?;
        announced.print(console, running.management, watch.elapsed());
        running.until(stop).await?;
        Ok(ExitCode::SUCCESS)
    })
}

/// The address to listen on, which nobody listens on yet.
fn listener(args: &Dev) -> Result<SocketAddr, CliFault> {
    if !args.bind.is_loopback() {
        return Err(CliFault::Usage(format!(
            "--bind {}: `vestibule dev` is for this machine alone and listens on loopback; for \
             others to reach it, make a production configuration with `vestibule init`",
            args.bind
        )));
    }
    let wanted = SocketAddr::new(args.bind, args.port);
    let probe = TcpListener::bind(wanted).and_then(|listener| listener.local_addr());
    probe.map_err(|error| {
        CliFault::Refused(format!("cannot listen on {wanted}: {error}; choose another with --port"))
    })
}

fn issuer(args: &Dev, bind: SocketAddr) -> Result<Issuer, CliFault> {
    let default = || match bind.ip() {
        IpAddr::V4(_) => format!("http://localhost:{}", bind.port()),
        IpAddr::V6(_) => format!("http://[::1]:{}", bind.port()),
    };
    let text = args.issuer.clone().unwrap_or_else(default);
    let issuer =
        Issuer::parse(&text).map_err(|fault| CliFault::Usage(format!("--issuer: {fault}")))?;
    if issuer.is_https() {
        return Err(CliFault::Usage(format!(
            "--issuer {text}: `vestibule dev` speaks plain http on this machine; leave --issuer \
             out, or make a production configuration with `vestibule init`"
        )));
    }
    Ok(issuer)
}

/// A port a thousand above the public one, or any free one when that is taken.
fn management(bind: SocketAddr) -> SocketAddr {
    let wanted = bind.port().checked_add(1000).map(|port| SocketAddr::new(bind.ip(), port));
    let free = |address: &SocketAddr| TcpListener::bind(address).is_ok();
    wanted.filter(free).unwrap_or_else(|| SocketAddr::new(bind.ip(), 0))
}

/// Makes sure that the demo client and the test users are there, and makes a fresh admin link.
async fn prepare(
    config: &Arc<Config>,
    folder: &Folder,
    presets: &[String],
) -> Result<Announced, CliFault> {
    let core = Core::open(Arc::clone(config), Clock::system()).await?;
    let act = Act::begin(&core, "vestibule dev");
    let secrets = folder.secrets()?;
    let redirect_uris = people::ensure_demo_client(act, &secrets).await?;
    people::ensure_users(act, &passwords(config)?, &secrets).await?;
    let mut others = Vec::new();
    for preset in presets {
        others.push(people::ensure_preset(act, preset).await?);
    }
    let link = links::make_admin_link(act).await?;
    core.store.close();
    let users = people::shown(&secrets);
    Ok(Announced {
        issuer: config.issuer.clone(),
        admin_link: link.url,
        config: folder.config_file(),
        folder: folder.path().to_owned(),
        users,
        client_secret: secrets.client_secret,
        redirect_uris,
        others,
    })
}

impl Announced {
    /// What the playground signs in with.
    fn demo(&self) -> Demo {
        let users = self.users.iter();
        Demo {
            client_id: DEMO_CLIENT.to_owned(),
            client_secret: SecretString::from(self.client_secret.clone()),
            users: users
                .map(|user| TestUser {
                    email: user.email.clone(),
                    password: user.password.clone(),
                    note: user.note.clone(),
                })
                .collect(),
        }
    }
}

/// The demo client: it lets every library try, so it is as open as a confidential client can be.
fn demo_settings(issuer: &Issuer) -> ClientSettings {
    let mut redirect_uris: Vec<String> =
        DEMO_CALLBACKS.iter().map(|uri| (*uri).to_owned()).collect();
    redirect_uris.push(issuer.url(playground::CALLBACK));
    ClientSettings {
        redirect_uris,
        post_logout_redirect_uris: vec![
            issuer.url("/playground"),
            "http://127.0.0.1:9999/".to_owned(),
            "http://localhost:9999/".to_owned(),
        ],
        scope: Scope::of(["openid", "profile", "email", "address", "phone", "offline_access"]),
        grant_types: [
            GrantType::AuthorizationCode,
            GrantType::RefreshToken,
            GrantType::ClientCredentials,
        ]
        .into(),
        auth_method: AuthMethod::BasicOrPost,
        pkce: PkcePolicy::Optional,
        consent: ConsentPolicy::Ask,
        environment: Environment::Test,
        ..ClientSettings::default()
    }
}

fn demo_id() -> ClientId {
    ClientId(DEMO_CLIENT.to_owned())
}
