//! The doors of the monitoring from their settings: what is asked at each, and read anew while they are open.

use std::{collections::HashMap, net::SocketAddr, sync::Arc, time::Duration};

use arc_swap::ArcSwap;

use super::{Cli, Failure, Outcome};
use crate::{
    alert::heartbeat,
    config::{self, Config},
    http::{
        hooks::Hooks,
        metrics::Metrics,
        sns::{Fetch, Sns},
        trust::{Asked, Proofs},
    },
    signature::Plain,
};

/// Amazon is asked while SNS waits for its answer, which it does for 15 seconds.
const FETCH_SECONDS_MAX: u64 = 8;
/// What Amazon answers is small; more is not read.
const FETCH_BYTES_MAX: usize = 64 * 1024;

/// What a hook asks of whoever posts there.
///
/// # Errors
/// A secret that cannot be one.
pub fn proofs(
    config: &Config,
    name: &str,
    hook: &config::Hook,
    metrics: &Metrics,
) -> Result<Proofs, Failure> {
    let asked = Asked {
        token: hook.token.clone(),
        token_next: hook.token_next.clone(),
        signature: hook.signature,
        plain: Plain {
            header: hook.signature_header.clone().unwrap_or_default(),
            timestamp_header: hook.signature_timestamp_header.clone(),
        },
        secret: hook.secret.clone(),
        secret_next: hook.secret_next.clone(),
        certificates: hook.client_certificates.clone(),
        certificate_header: config.http.client_certificate_header.clone(),
        allow: hook.allow.clone(),
    };
    Proofs::new(&format!("[hooks.{name}]"), name, asked, metrics).map_err(Failure)
}

/// What somebody who gives a sign of life is asked.
fn proofs_of(one: &config::Heartbeat, metrics: &Metrics) -> Result<Proofs, Failure> {
    let (token, token_next) = (one.token.clone(), one.token_next.clone());
    let asked = Asked { token, token_next, allow: one.allow.clone(), ..Asked::default() };
    let section = format!("[[heartbeat]] {}", one.name);
    Proofs::new(&section, &format!("heartbeat/{}", one.name), asked, metrics).map_err(Failure)
}

/// The heartbeats that may be heard at this address.
///
/// # Errors
/// A token that cannot be one.
pub fn beats(
    config: &Config,
    address: SocketAddr,
    metrics: &Metrics,
) -> Result<HashMap<String, ArcSwap<Proofs>>, Failure> {
    let heard = config.heard_heartbeats(address);
    heard.map(|one| Ok((one.name.clone(), ArcSwap::from_pointee(proofs_of(one, metrics)?)))).collect()
}

/// The heartbeats as the desk watches them.
pub fn heartbeats(config: &Config) -> Vec<heartbeat::Heartbeat> {
    let all = config.heartbeat.iter().map(|one| heartbeat::Heartbeat {
        name: one.name.clone(),
        every: one.every.duration(),
        grace: one.grace.duration(),
        severity: one.severity,
        watchdog: one.watchdog.as_ref().map(|watchdog| heartbeat::Watchdog {
            hook: watchdog.hook.clone(),
            labels: watchdog.labels.clone(),
        }),
    });
    all.collect()
}

/// Amazon's messages, where the settings name topics.
pub fn sns(hook: &config::Hook) -> Option<Sns> {
    (!hook.topics.is_empty()).then(|| Sns::new(hook.topics.clone(), fetch()))
}

/// Gets what stands at an address of Amazon's.
fn fetch() -> Fetch {
    let client = reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(3))
        .timeout(Duration::from_secs(FETCH_SECONDS_MAX))
        .redirect(reqwest::redirect::Policy::none())
        .https_only(true)
        .build()
        .map_err(|error| error.to_string());
    Arc::new(move |url| {
        let client = client.clone();
        Box::pin(async move {
            let told = |error: reqwest::Error| error.without_url().to_string();
            let mut response = client?.get(url).send().await.map_err(told)?;
            if !response.status().is_success() {
                return Err(format!("it answered {}", response.status()));
            }
            let mut bytes = Vec::new();
            while let Some(chunk) = response.chunk().await.map_err(told)? {
                bytes.extend_from_slice(&chunk);
                if bytes.len() > FETCH_BYTES_MAX {
                    return Err("it answered with too much".to_owned());
                }
            }
            Ok(bytes)
        })
    })
}

/// Reads on SIGHUP anew what is asked at each door: tokens, secrets, addresses, certificates. What is wrong then is told, and
/// what holds goes on holding. Ends only if signals cannot be had.
pub async fn read_anew(cli: &Cli, hooks: &Hooks, metrics: &Metrics) -> Outcome {
    let mut hangup = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup())?;
    while hangup.recv().await.is_some() {
        match take_over(cli, hooks, metrics) {
            Ok(count) => tracing::info!(doors = count, "tokens and secrets of the hooks were read anew"),
            Err(Failure(why)) => {
                tracing::error!(why, "the settings were not read anew; what held goes on holding");
            }
        }
    }
    Err(Failure("the signal SIGHUP can no longer be heard".into()))
}

fn take_over(cli: &Cli, hooks: &Hooks, metrics: &Metrics) -> Result<usize, Failure> {
    let config = cli.settings()?;
    let mut all = Vec::new();
    for (name, hook) in &hooks.hooks {
        // A hook that is not written any more asks nothing on loopback alone; elsewhere it goes on asking as it did.
        if let Some(written) = config.hooks.get(name) {
            all.push((&hook.proofs, proofs(&config, name, written, metrics)?));
        }
    }
    for one in &config.heartbeat {
        if let Some(beat) = hooks.beats.get(&one.name) {
            all.push((beat, proofs_of(one, metrics)?));
        }
    }
    if let Some((place, _)) = all.iter().find(|(place, new)| place.load().asks_who() && !new.asks_who()) {
        let path = place.load().path().to_owned();
        return Err(Failure(format!("{path} would ask nobody any more who it is; start again for that")));
    }
    let count = all.len();
    // All of them, or none.
    for (place, proofs) in all {
        place.store(Arc::new(proofs));
    }
    Ok(count)
}
