//! Letters as deliveries of hooks: under the same proofs, as far as a letter can show them, and on the same way to the disk.

use std::net::IpAddr;

use axum::http::HeaderMap;
use sha2::{Digest, Sha256};

use super::{
    hooks::{Hooks, backlog::LINE_MAX, shown},
    proxies::Proxies,
    trust::Origin,
};
use crate::{alert::senders, incident::refusal::Refusal, journal::AlertsOnce};

impl Hooks {
    /// Whether a letter from this address may come to a hook, with the token that its address shows.
    ///
    /// # Errors
    /// A sentence: there is no such hook, or it asks what no letter can show.
    pub fn admit_letter(&self, name: &str, token: Option<&str>, from: IpAddr) -> Result<(), String> {
        let hook = self.hook(name).ok_or_else(|| format!("There is no hook {}", shown(name)))?;
        let proofs = &hook.proofs;
        if proofs.asks_a_signature() || hook.sns.is_some() {
            return Err(format!("The hook {name} takes nothing that is not signed"));
        }
        // A letter has no headers of HTTP, so no proxy speaks for it.
        let origin = Origin { peer: Some(from), proxies: &Proxies::default(), headers: &HeaderMap::new() };
        proofs.head(origin, token, self.desk.world.now()).map_err(|refused| {
            tracing::warn!(client = %from, hook = name, why = refused.why, "a letter was refused");
            self.metrics.hook(name, "unauthorized");
            refused.why
        })
    }

    /// Takes a letter for a hook that admits it, within the memory that all deliveries have together; `key` is the same when it comes
    /// again.
    ///
    /// # Errors
    /// Invalid: nothing can be read from it. Otherwise it is to come again.
    pub async fn take_letter(&self, name: &str, body: Vec<u8>, key: Option<String>) -> Result<(), Refusal> {
        let Some(hook) = self.hook(name) else {
            return Err(Refusal::not_found(
                format!("There is no hook {}.", shown(name)),
                "Name it in the settings.",
            ));
        };
        if self.backlog.is_behind() {
            return Err(self.later(name, "What came before waits for the disk too long."));
        }
        let crowded = |_| self.later(name, "Too much is under way at once.");
        let held = self.bodies.hold(&hook.share, body.into()).map_err(crowded)?;
        let intake = match hook.sender.read(&held.bytes, None) {
            Ok(intake) => intake.as_of(self.desk.world.now()),
            Err(rejected) if hook.keep_unreadable => senders::kept::keep(name, &held.bytes, &rejected),
            Err(rejected) => return Err(Refusal::invalid(rejected.to_string(), "Nothing was taken.")),
        };
        self.tell_of(name, &intake);
        let asked = hex::encode(Sha256::digest(&held.bytes));
        let once = key.map(|key| AlertsOnce { key: format!("hook/{name}/mail/{key}"), asked });
        let count = intake.alerts.len() + intake.changes.len();
        let _room = self.bodies.for_alerts(Some(&hook.share), held, count).map_err(crowded)?;
        let turn = tokio::time::timeout(LINE_MAX, hook.share.turn(intake.alerts.len())).await;
        let Ok(_turn) = turn else {
            return Err(self.later(name, "What this source sent before waits for the disk too long."));
        };
        self.hand_on(name, intake, once).await.map(drop)
    }

    /// There is no room for a letter now; whoever brings it tries again.
    fn later(&self, name: &str, why: &str) -> Refusal {
        self.metrics.hook(name, "unavailable");
        Refusal::unavailable(why, "Nothing of this letter was taken. Send it again in a minute.")
    }
}
