//! `parlance serve`.

use std::{net::SocketAddr, time::Duration};

use anyhow::Context;
use kernel::Env;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tokio_util::sync::CancellationToken;

use super::say;
use crate::{Config, Platform, config::SignUp, router, server, telemetry};

/// What is left after the runs have ended: answers on the way out, batches being written.
const LAST_WORDS: Duration = Duration::from_secs(5);

pub async fn run(mut config: Config) -> anyhow::Result<()> {
    let _telemetry = telemetry::start(&config)?;
    // An open stream holds two, and the usual limit for a process is 1,024.
    match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(files) => tracing::debug!(files, "files that may be open"),
        Err(error) => tracing::warn!(%error, "the limit of open files stays as it is"),
    }
    // The port first: a second start by mistake should not touch the database.
    let listener = bind(SocketAddr::new(config.server.host, config.server.port)).await?;
    let address = listener.local_addr()?;
    // Links in letters name the port that was found free.
    config.server.port = address.port();
    let platform = Platform::open(&config, Env::system()).await?;
    let router = router::router(&platform, &config)?;
    platform.start().await?;
    telemetry::sum_up(&platform.tasks)?;
    tracing::info!(
        address = %address,
        database = ?platform.db.engine(),
        version = env!("CARGO_PKG_VERSION"),
        "Parlance is ready on {}", people_address(&config, address),
    );
    if config.auth.sign_up == SignUp::Open && !address.ip().is_loopback() {
        tracing::info!("anyone who can reach this address can sign up; PARLANCE_AUTH__SIGN_UP=closed ends that");
    }

    if let Some(path) = platform.identity.setup_path().await? {
        // On standard output and not in the log: whoever has it becomes the administrator.
        let link = format!("{}{path}", people_address(&config, address).trim_end_matches('/'));
        say(format_args!(
            "Nobody administers this installation yet. Become its administrator (once, for a day): {link}"
        ));
    }

    let stopping = CancellationToken::new();
    let serving = server::serve(listener, router, &platform.tasks, stopping.clone());
    tokio::select! {
        () = serving => {}
        signal = asked_to_stop() => tracing::info!(signal = signal?, "stopping: running answers may finish"),
    }
    stopping.cancel();
    let limit = Duration::from_secs(config.server.shutdown_seconds);
    tokio::join!(platform.chat.drain(limit), platform.workers.drain(limit));
    if !platform.tasks.drain(LAST_WORDS).await {
        tracing::warn!("some work was still going on at the end");
    }
    platform.db.close().await.context("the database can't be closed")?;
    tracing::info!("stopped");
    Ok(())
}

async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            anyhow::anyhow!("port {} is in use; stop what uses it, or set PORT to another", address.port())
        }
        std::io::ErrorKind::PermissionDenied => {
            anyhow::anyhow!("port {} needs privileges; set PORT to one above 1023", address.port())
        }
        _ => anyhow::Error::new(error).context(format!("{address} can't be listened on")),
    })
}

fn people_address(config: &Config, address: SocketAddr) -> String {
    match &config.server.public_url {
        Some(url) => url.to_string(),
        None if address.ip().is_unspecified() => format!("http://localhost:{}", address.port()),
        None => format!("http://{address}"),
    }
}

async fn asked_to_stop() -> anyhow::Result<&'static str> {
    let mut terminate = signal(SignalKind::terminate()).context("signals can't be received")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("signals can't be received")?;
    Ok(tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
    })
}
