//! What is looked after beside the cards: who has the role of those who command.
//!
//! One task, woken by each card that goes out, and for what had to wait. It looks at what ought to be and at what was done
//! last, which the journal remembers; so a restart goes on where it was, and no card waits for any of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::{DateTime, Duration, Utc};
use tokio::sync::Notify;

use super::{DiscordDoor, rest::Trouble};
use crate::{
    chat::bring::{Halt, Step},
    incident::kind::Kind,
    journal::rows::IncidentFilter,
};

/// Everything is looked at this often, whoever woke the task or did not.
const EVERYTHING_EVERY: Duration = Duration::minutes(10);
/// What Discord did not take for a passing reason is tried again after this.
const AGAIN_AFTER: Duration = Duration::seconds(30);
/// What only a person can mend.
const AFTER_REFUSAL: Duration = Duration::minutes(5);
/// The subject under which the journal remembers who was given the role: a user's id, and which role.
const COMMANDERS: &str = "commanders";
/// Follows a role that Discord was asked to give, until it said that it did.
const ASKED: &str = "?";

/// Who wakes the task, and why.
#[derive(Debug, Default)]
pub(super) struct Upkeep {
    wake: Notify,
}

impl Upkeep {
    /// Something became of an incident.
    pub fn moved(&self) {
        self.wake.notify_one();
    }
}

impl DiscordDoor {
    /// Looks after roles until the door is stopped.
    pub(super) async fn look_after(self: Arc<Self>) {
        loop {
            let looked = self.look_after_once().await;
            let again = looked.unwrap_or_else(|halt| {
                tracing::info!(?halt, "roles in Discord are looked after later");
                Some(self.desk.world.now() + AGAIN_AFTER)
            });
            let wait = again.map_or(EVERYTHING_EVERY, |at| at - self.desk.world.now());
            let wait = wait.to_std().unwrap_or_default();
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = self.upkeep.wake.notified() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Returns when to look again.
    async fn look_after_once(&self) -> Step<Option<DateTime<Utc>>> {
        let now = self.desk.world.now();
        let open = self.desk.journal.incidents(IncidentFilter::open()).await;
        let open = open.map_err(|error| later(format!("The journal does not answer: {error}.")))?;
        let commanding = open.iter().filter(|row| row.id.kind == Kind::Real && row.seen_by.is_none());
        let commanding: BTreeSet<String> =
            commanding.filter_map(|row| self.settings.account_of(&row.commander.id)).collect();
        self.keep_roles(&commanding, now).await
    }

    /// Those who command have the role, and those who did no longer. Returns when to try again what was not done.
    ///
    /// Of a drill's commander, nobody should think that they command anything; and a restricted incident must not be seen by
    /// a role. So `commanding` has neither.
    async fn keep_roles(
        &self,
        commanding: &BTreeSet<String>,
        now: DateTime<Utc>,
    ) -> Step<Option<DateTime<Utc>>> {
        let wanted = self.settings.commander_role_id.as_deref();
        let given: BTreeMap<String, String> = self.bindings.all(COMMANDERS).await?.into_iter().collect();
        let mut again = None;
        for (account, given) in &given {
            let role = given.trim_end_matches(ASKED);
            if wanted == Some(role) && commanding.contains(account) {
                continue;
            }
            match self.rest.delete(&self.role_path(account, role)).await {
                Err(trouble) if !trouble.is_nobody() && !is_role_gone(&trouble) => {
                    again = again.max(Some(now + self.not_done(&trouble, role)));
                }
                _ => self.bindings.bind(COMMANDERS, account, "").await?,
            }
        }
        let Some(role) = wanted else { return Ok(again) };
        for account in commanding {
            if given.get(account).is_some_and(|given| given == role) {
                continue;
            }
            // Before: should the answer be lost, it is known whom to take it from.
            self.bindings.bind(COMMANDERS, account, &format!("{role}{ASKED}")).await?;
            match self.rest.put(&self.role_path(account, role), None).await {
                Ok(_) => self.bindings.bind(COMMANDERS, account, role).await?,
                Err(trouble) => {
                    if matches!(trouble, Trouble::Refused { .. } | Trouble::NotSent(_) | Trouble::Wait(_)) {
                        self.bindings.bind(COMMANDERS, account, "").await?;
                    }
                    again = again.max(Some(now + self.not_done(&trouble, role)));
                }
            }
        }
        Ok(again)
    }

    fn role_path(&self, account: &str, role: &str) -> String {
        format!("/guilds/{}/members/{account}/roles/{role}", self.settings.guild_id)
    }

    /// How long to wait with a role that was neither given nor taken. What a person can mend is said.
    fn not_done(&self, trouble: &Trouble, role: &str) -> Duration {
        let why = match trouble {
            trouble if trouble.is_forbidden() => format!(
                "The bot may not give the role {role} to whoever commands, nor take it from who did. In the server's settings, give the \
                 bot's own role “Manage Roles”, and put it above that one; it is tried again by itself."
            ),
            trouble if is_role_gone(trouble) => format!(
                "The server has no role {role}, which whoever commands should have. Set another in the settings \
                 (`discord.commander_role_id`), or none, and start again."
            ),
            trouble if trouble.is_nobody() => {
                tracing::info!(
                    role,
                    "whoever commands is not a member of the server, so they have no role there"
                );
                return AFTER_REFUSAL;
            }
            trouble => {
                tracing::info!(role, why = trouble.why(), "the role of those who command is seen to later");
                return patience(trouble);
            }
        };
        tracing::warn!("{why}");
        self.standing.error(why);
        patience(trouble)
    }
}

fn later(why: String) -> Halt {
    crate::outbox::port::Outcome::Retry { after: None, why }.into()
}

/// Unknown role.
fn is_role_gone(trouble: &Trouble) -> bool {
    trouble.code() == 10011
}

/// How long to wait after it.
fn patience(trouble: &Trouble) -> Duration {
    match trouble {
        Trouble::Wait(after) => Duration::from_std(*after).unwrap_or(AFTER_REFUSAL),
        Trouble::Refused { .. } => AFTER_REFUSAL,
        Trouble::NotSent(_) | Trouble::MaybeSent(_) | Trouble::Broken(_) => AGAIN_AFTER,
    }
}
