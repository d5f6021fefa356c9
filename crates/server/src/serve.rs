//! Listening, and stopping gracefully.

use std::any::Any;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Extensions, Server, ServerHandle};
use actix_web::http::KeepAlive;
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data};
use actix_web::{App as ActixApp, HttpServer};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;

use crate::app::App;
use crate::background::{self, Jobs};
use crate::clock::{Clock, Stopwatch};
use crate::config::Config;
use crate::core::{Core, OpenFault};
use crate::http::observe::observe;
use crate::listener::Listener;
use crate::playground::{Demo, Playground};
use crate::services::{Act, system};
use crate::{routes, tls};

/// How long connections that are kept alive have to end with an answer.
const FAREWELL: Duration = Duration::from_secs(1);
/// How often it is looked whether they have.
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// So long none may have come to a worker before all who were let in are taken to be with one.
const CALM: Duration = Duration::from_millis(60);
/// After which those who were let in are no longer waited for.
const HANDED_OVER: Duration = Duration::from_secs(1);
/// How long the last notes in memory may take to be written down.
const SETTLED: Duration = Duration::from_secs(5);

/// Why the server did not start, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum ServeFault {
    /// The installation.
    #[error(transparent)]
    Open(#[from] OpenFault),
    /// A port is taken, or not ours to take.
    #[error("cannot listen on {address}: {cause}; set {key} to another address")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Which setting names it.
        key: &'static str,
        /// What the system says.
        cause: io::Error,
    },
    /// The certificate or its key.
    #[error(transparent)]
    Tls(#[from] tls::TlsFault),
    /// The relying party of development.
    #[error("the playground cannot be set up: {0}")]
    Playground(#[from] crate::outbound::OutboundFault),
    /// The server failed while it ran.
    #[error("the server failed: {0}")]
    Server(#[from] io::Error),
}

/// A server that listens.
pub struct Running {
    /// The state, shared with its handlers.
    pub app: Arc<App>,
    /// Where it listens.
    pub address: SocketAddr,
    /// Where its management listener does.
    pub management: Option<SocketAddr>,
    listener: Listener,
    handles: Vec<ServerHandle>,
    tasks: Vec<JoinHandle<io::Result<()>>>,
    jobs: Jobs,
}

/// Lets this process hold as many connections as the system allows it. Of the 1024 open files that are
/// usual at first one stranger would take all, long before `limits.connections_per_worker` is reached.
fn hold_more_files() {
    let allowed = getrlimit(Resource::Nofile);
    if allowed.current == allowed.maximum {
        return;
    }
    let raised = Rlimit { current: allowed.maximum, ..allowed };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::warn!(%error, files = allowed.current, "no more files can be held open");
    }
}

/// Opens the installation and listens. Returns as soon as requests are answered.
pub async fn start(
    config: Arc<Config>,
    clock: Clock,
    demo: Option<Demo>,
) -> Result<Running, ServeFault> {
    hold_more_files();
    let core = Core::open(Arc::clone(&config), clock).await?;
    // A developer's server moves about with its port.
    if demo.is_none() {
        tell_other_issuer(&core).await?;
    }
    let mut app = App::new(core)?;
    if let Some(demo) = demo {
        app.playground = Some(Playground::new(demo)?);
    }
    let app = Arc::new(app);
    let (listener, address) = listen(config.server.bind)?;
    let mut servers = vec![public(&config, &app, &listener)?];
    let mut management_address = None;
    if let Some(bind) = config.server.management_bind {
        let (server, address) = management(bind, &app)?;
        servers.push(server);
        management_address = Some(address);
    }
    let handles = servers.iter().map(Server::handle).collect();
    let tasks = servers.into_iter().map(tokio::spawn).collect();
    let jobs = background::start(&app);
    let management = management_address;
    Ok(Running { app, address, management, listener, handles, tasks, jobs })
}

/// A name that was mistyped on one node, or a copy of production that serves elsewhere, is otherwise
/// first seen by relying parties.
async fn tell_other_issuer(core: &Core) -> Result<(), OpenFault> {
    let act = Act::begin(core, "vestibule serve");
    if let Some(before) = system::served(act).await? {
        tracing::warn!(
            before,
            "this database was served as another issuer before: relying parties that were set up \
             with that one refuse the tokens of this one, and nodes of one installation need the \
             same issuer"
        );
    }
    Ok(())
}

/// The signals that say to stop (SIGTERM, SIGINT). They are listened to from before the start on: the
/// server answers before its start is over, and whoever sees that may already say to stop.
pub struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    /// Listens from now on.
    pub fn listen() -> Result<Self, ServeFault> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// What the start comes to; `None` when a signal came first.
    pub async fn unless<T>(&mut self, start: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            started = start => Some(started),
            () = self.received() => None,
        }
    }

    async fn received(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

impl Running {
    /// Runs until a signal says to stop, then lets running requests finish.
    pub async fn until(self, mut stop: StopSignals) -> Result<(), ServeFault> {
        stop.received().await;
        tracing::info!("stopping: running requests may finish");
        self.stop().await
    }

    /// Says that it is about to stop, lets running requests finish, and closes the store.
    pub async fn stop(self) -> Result<(), ServeFault> {
        self.app.drain();
        farewell(&self.app).await;
        shut(self.listener, &self.app).await;
        for handle in &self.handles {
            handle.stop(true).await;
        }
        for task in self.tasks {
            task.await.map_err(io::Error::other)??;
        }
        drop(self.jobs);
        if tokio::time::timeout(SETTLED, background::settle(&self.app)).await.is_err() {
            tracing::warn!("the last uses of secrets and keys were not noted in time");
        }
        let store = self.app.store.clone();
        tokio::task::spawn_blocking(move || store.close()).await.map_err(io::Error::other)?;
        Ok(())
    }
}

/// For a moment everybody is still answered, and told to come by another connection. A request that a
/// proxy sends on one that is being closed would be lost: of what is no GET it does not know whether it
/// may send it again. A proxy that asks whether we are ready has `server.shutdown_delay` to find out.
async fn farewell(app: &App) {
    let delay = app.config.server.shutdown_delay;
    let began = Stopwatch::start();
    let is_over = || match began.elapsed() {
        elapsed if elapsed < delay => false,
        elapsed => elapsed >= FAREWELL || !app.connections.any(),
    };
    while !is_over() {
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Lets nobody in any more, and waits until those who are inside are with a worker and have said what
/// they want.
async fn shut(listener: Listener, app: &App) {
    if let Err(error) = listener.shut() {
        tracing::debug!(%error, "the listener cannot be shut before it is closed");
        return;
    }
    let began = Stopwatch::start();
    let (mut noted, mut calm) = (app.connections.noted(), Stopwatch::start());
    let settles = |calm: &Stopwatch| calm.elapsed() < CALM || app.connections.any_unused();
    while settles(&calm) && began.elapsed() < HANDED_OVER {
        tokio::time::sleep(LOOK_AGAIN).await;
        let now = app.connections.noted();
        if now != noted {
            (noted, calm) = (now, Stopwatch::start());
        }
    }
}

fn listen(bind: SocketAddr) -> Result<(Listener, SocketAddr), ServeFault> {
    let taken = |cause| ServeFault::Listen { address: bind, key: "server.bind", cause };
    let listener = Listener::bind(bind).map_err(taken)?;
    let address = listener.address().map_err(taken)?;
    Ok((listener, address))
}

fn public(config: &Config, app: &Arc<App>, listener: &Listener) -> Result<Server, ServeFault> {
    let data = Data::from(Arc::clone(app));
    let limits = &config.limits;
    let server = HttpServer::new(move || {
        let app = data.clone();
        actix_web::rt::spawn(vestibule_store::deliver_answers());
        ActixApp::new()
            .app_data(app.clone())
            .wrap(from_fn(observe))
            .configure(|routes| routes::outside(&app, routes))
            .service(
                web::scope(app.issuer.mount()).configure(|routes| routes::public(&app, routes)),
            )
    })
    .on_connect(noting(app))
    .workers(workers(config))
    .keep_alive(KeepAlive::Timeout(limits.keep_alive))
    .client_request_timeout(limits.head_timeout)
    .client_disconnect_timeout(Duration::from_secs(1))
    .max_connections(limits.connections_per_worker)
    .shutdown_timeout(config.server.shutdown_grace.as_secs())
    .disable_signals();
    let socket = listener.for_server()?;
    let server = match &config.server.tls {
        Some(tls) => server.listen_rustls_0_23(socket, tls::server_config(tls)?)?,
        None => server.listen(socket)?,
    };
    Ok(server.run())
}

fn management(bind: SocketAddr, app: &Arc<App>) -> Result<(Server, SocketAddr), ServeFault> {
    let data = Data::from(Arc::clone(app));
    let server = HttpServer::new(move || {
        ActixApp::new().app_data(data.clone()).wrap(from_fn(observe)).configure(routes::management)
    })
    .on_connect(noting(app))
    .workers(1)
    .shutdown_timeout(1)
    .disable_signals()
    .bind(bind)
    .map_err(|cause| ServeFault::Listen {
        address: bind,
        key: "server.management_bind",
        cause,
    })?;
    let address = server.addrs().first().copied().unwrap_or(bind);
    Ok((server.run(), address))
}

/// Every connection is looked after from its beginning.
fn noting(app: &App) -> impl Fn(&dyn Any, &mut Extensions) + Send + Sync + 'static {
    let connections = Arc::clone(&app.connections);
    move |stream, of_connection| connections.note(stream, of_connection)
}

fn workers(config: &Config) -> usize {
    match config.server.workers {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        workers => workers,
    }
}
