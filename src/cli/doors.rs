//! The doors of the monitoring from their settings, and what is asked at each.

use std::{collections::HashMap, net::SocketAddr, sync::Arc, time::Duration};

use super::{Failure, house};
use crate::{
    alert::heartbeat,
    config::{self, Config},
    http::{
        hooks::Served,
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

/// The hooks and heartbeats that are served at this address, in the place of those from before.
///
/// # Errors
/// A token, a secret or a mapping that cannot be one.
pub fn served(
    config: &Config,
    address: SocketAddr,
    metrics: &Metrics,
    before: &Served,
) -> Result<Served, Failure> {
    let hooks = house::hooks(config, address, metrics, &before.hooks)?;
    let heard = config.heard_heartbeats(address);
    let beats = heard.map(|one| Ok((one.name.clone(), Arc::new(proofs_of(one, metrics)?))));
    Ok(Served { hooks, beats: beats.collect::<Result<HashMap<_, _>, Failure>>()? })
}

/// A door that asked who somebody is must not stop asking while it is open: by a mistake everybody would be let in.
///
/// # Errors
/// Which door it is.
pub fn keep_asking(new: &Served, before: &Served) -> Result<(), Failure> {
    let hooks = new.hooks.iter().filter_map(|(name, hook)| Some((hook, before.hooks.get(name)?)));
    let mut silent =
        hooks.filter(|(new, old)| old.asks_who() && !new.asks_who()).map(|(_, old)| old.proofs.path());
    let beats = new.beats.iter().filter_map(|(name, beat)| Some((beat, before.beats.get(name)?)));
    let mut silent_beats =
        beats.filter(|(new, old)| old.asks_who() && !new.asks_who()).map(|(_, old)| old.path());
    match silent.next().or_else(|| silent_beats.next()) {
        Some(path) => {
            Err(Failure(format!("{path} would ask nobody any more who it is; start again for that.")))
        }
        None => Ok(()),
    }
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

/// Amazon's messages, where the settings name topics; the one from before, with what it has fetched, where they are the same.
pub fn sns(hook: &config::Hook, before: Option<&Arc<Sns>>) -> Option<Arc<Sns>> {
    let same = before.filter(|before| before.is_of(&hook.topics)).cloned();
    (!hook.topics.is_empty())
        .then(|| same.unwrap_or_else(|| Arc::new(Sns::new(hook.topics.clone(), fetch()))))
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
