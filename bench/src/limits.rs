//! What this machine can do at best: the denominators of every ratio.

use std::fs;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use actix_web::{App, HttpResponse, HttpServer, web};
use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::RSA_PKCS1_SHA256;

use crate::http::Connection;
use crate::measure::{self, Plan};
use crate::process::Running;

/// CPU milliseconds of the three things a provider cannot do without.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// One HTTP exchange of 80 bytes on a bare actix-web server.
    pub exchange: f64,
    /// One RSA-2048 signature by aws-lc.
    pub signature: f64,
    /// One Argon2id hash of 19 MiB, two passes, in reused memory, while each other core computes one
    /// as well, as a server under load does: they share the way to the memory.
    pub password: f64,
}

/// Measures all three.
pub async fn measure(plan: &Plan, pin: bool) -> Result<Limits, String> {
    Ok(Limits {
        signature: signature()?,
        password: password()?,
        exchange: exchange(plan, pin).await?,
    })
}

/// The bare server: the process that [`exchange`] measures.
pub fn serve_bare(port: u16) -> ExitCode {
    const BODY: &str =
        r#"{"message":"eighty bytes of JSON, as small as an answer of the provider gets"}   "#;
    let answer = || async { HttpResponse::Ok().content_type("application/json").body(BODY) };
    let served = actix_web::rt::System::new().block_on(async move {
        HttpServer::new(move || App::new().route("/", web::get().to(answer)))
            .workers(2)
            .bind(("127.0.0.1", port))?
            .run()
            .await
    });
    if served.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn exchange(plan: &Plan, pin: bool) -> Result<f64, String> {
    let port = crate::server::free_port()?;
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new(program);
    command.args(["--bare", &port.to_string()]).stdout(Stdio::null());
    let mut running = Running::start(command, pin)?;
    let address = format!("127.0.0.1:{port}");
    crate::server::wait_for(&mut running, &address, "/").await?;
    let visitors = (0..plan.users).map(|_| Connection::to(&address)).collect();
    let watched = [&running];
    let window = measure::window(visitors, plan, &watched, async |connection| {
        let answer = connection.send("GET", "/", &[], String::new()).await?;
        if answer.status == 200 { Ok(()) } else { Err(format!("status {}", answer.status)) }
    });
    let (window, _) = window.await?;
    window.cpu_per_operation.first().copied().ok_or_else(|| "nothing was measured".to_owned())
}

fn signature() -> Result<f64, String> {
    let key = KeyPair::generate(KeySize::Rsa2048).map_err(|_| "no RSA key".to_owned())?;
    // Read back as a server does: a generated key and a stored one are checked differently.
    let stored = key.as_der().map_err(|_| "no PKCS#8".to_owned())?;
    let key = KeyPair::from_pkcs8(stored.as_ref()).map_err(|error| error.to_string())?;
    let random = SystemRandom::new();
    let mut out = vec![0; key.public_modulus_len()];
    let message = [b'm'; 400];
    repeat(|| {
        key.sign(&RSA_PKCS1_SHA256, &random, &message, &mut out)
            .map_err(|_| "RSA refused to sign".to_owned())
    })
}

fn password() -> Result<f64, String> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads: Vec<_> = (0..cores).map(|_| std::thread::spawn(one_cores_passwords)).collect();
    let mut sum = 0.0;
    for thread in threads {
        sum += thread.join().map_err(|_| "a hashing thread panicked".to_owned())??;
    }
    #[expect(clippy::cast_precision_loss, reason = "few cores")]
    let cores = cores as f64;
    Ok(sum / cores)
}

fn one_cores_passwords() -> Result<f64, String> {
    let params =
        argon2::Params::new(19 * 1024, 2, 1, Some(32)).map_err(|error| error.to_string())?;
    let mut memory = vec![argon2::Block::default(); params.block_count()];
    let argon2 = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    let mut out = [0; 32];
    repeat(|| {
        argon2
            .hash_password_into_with_memory(
                b"correct horse",
                b"salt of 16 bytes",
                &mut out,
                &mut memory,
            )
            .map_err(|error| error.to_string())
    })
}

/// CPU milliseconds of this thread per call, over more than a second of calls.
fn repeat(mut work: impl FnMut() -> Result<(), String>) -> Result<f64, String> {
    for _ in 0..3 {
        work()?;
    }
    let (start, cpu, mut calls) = (Instant::now(), thread_cpu_nanos()?, 0.0);
    while start.elapsed() < Duration::from_millis(1200) {
        work()?;
        calls += 1.0;
    }
    Ok((thread_cpu_nanos()? - cpu) / 1e6 / calls)
}

fn thread_cpu_nanos() -> Result<f64, String> {
    let text =
        fs::read_to_string("/proc/thread-self/schedstat").map_err(|error| error.to_string())?;
    let nanos = text.split_whitespace().next().and_then(|field| field.parse().ok());
    nanos.ok_or_else(|| format!("/proc/thread-self/schedstat holds {text:?}"))
}
