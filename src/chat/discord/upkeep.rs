//! What is looked after beside the cards: who has the role of those who command, and what the places of incidents are called.
//!
//! One task, woken by each card that goes out, and for what had to wait. It looks at what ought to be and at what was done
//! last, which the journal remembers; so a restart goes on where it was, and no card waits for any of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::{
    DiscordDoor,
    deliver::Doing,
    render::{self, nonce},
    rest::Trouble,
    space::{ANNOUNCED, TEXT_CHANNEL},
    text::{cap, plain},
};
use crate::{
    chat::{
        bindings::Spot,
        bring::{Halt, Step},
        space::{RENAMED, redacted_title, renamed, topic},
    },
    config::IncidentSpace,
    incident::{id::IncidentId, kind::Kind},
    journal::rows::IncidentFilter,
    outbox::port::Outcome,
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
const TOPIC_MAX: usize = 1_000;
/// When a place was renamed last, and when the time before.
const NAMED_AT: &str = "named_at";
const NAMED_BEFORE: &str = "named_before";

/// Who wakes the task, and why.
#[derive(Debug, Default)]
pub(super) struct Upkeep {
    wake: Notify,
    moved: Mutex<BTreeSet<IncidentId>>,
}

impl Upkeep {
    /// Something became of this incident.
    pub fn moved(&self, id: IncidentId) {
        self.moved.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        self.wake.notify_one();
    }
}

/// When what had to wait is due; the task's own memory.
#[derive(Default)]
struct Due {
    names: BTreeMap<IncidentId, DateTime<Utc>>,
    roles: Option<DateTime<Utc>>,
    everything: Option<DateTime<Utc>>,
}

impl Due {
    fn next(&self) -> Option<DateTime<Utc>> {
        self.names.values().copied().chain(self.roles).chain(self.everything).min()
    }
}

impl DiscordDoor {
    /// Looks after roles and names until the door is stopped.
    pub(super) async fn look_after(self: Arc<Self>) {
        let mut due = Due::default();
        loop {
            let looked = self.look_after_once(&mut due).await;
            let now = self.desk.world.now();
            let mut wait = due.next().map_or(EVERYTHING_EVERY, |at| at - now);
            if let Err(halt) = looked {
                tracing::info!(?halt, "roles and names in Discord are looked after later");
                (due.everything, wait) = (None, AGAIN_AFTER);
            }
            let wait = wait.to_std().unwrap_or_default();
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = self.upkeep.wake.notified() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    async fn look_after_once(&self, due: &mut Due) -> Step<()> {
        let now = self.desk.world.now();
        let moved = std::mem::take(&mut *self.upkeep.moved.lock().unwrap_or_else(PoisonError::into_inner));
        let all = due.everything.is_none_or(|at| at <= now);
        if all {
            due.everything = Some(now + EVERYTHING_EVERY);
        }
        let open = self.desk.journal.incidents(IncidentFilter::open()).await;
        let open = open.map_err(|error| later(format!("The journal does not answer: {error}.")))?;
        if all || !moved.is_empty() || due.roles.is_some_and(|at| at <= now) {
            let commanding = open.iter().filter(|row| row.id.kind == Kind::Real && row.seen_by.is_none());
            let commanding: BTreeSet<String> =
                commanding.filter_map(|row| self.settings.account_of(&row.commander.id)).collect();
            due.roles = self.keep_roles(&commanding, now).await?;
        }
        let mut ids: BTreeSet<IncidentId> = moved;
        ids.extend(due.names.iter().filter(|(_, at)| **at <= now).map(|(id, _)| *id));
        ids.extend(open.iter().filter(|_| all).map(|row| row.id));
        for id in ids {
            let again = [self.keep_announcement(id, now).await?, self.keep_name(id, now).await?];
            match again.into_iter().flatten().min() {
                Some(at) => due.names.insert(id, at),
                None => due.names.remove(&id),
            };
        }
        Ok(())
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

    /// The line above the incident's place follows title and severity. That which leads to an incident's own channel is made here: the
    /// channel waits for no right to write in the command post. Returns when to try again what was not done; what Discord refuses for
    /// good is not tried again.
    async fn keep_announcement(&self, id: IncidentId, now: DateTime<Utc>) -> Step<Option<DateTime<Utc>>> {
        let Ok(incident) = self.desk.incident(id).await else { return Ok(None) };
        let subject = Spot::open(id).to_string();
        let space = self.bindings.bound(&subject, "space").await?;
        let Some(space) = space.filter(|_| incident.restricted.is_none()) else { return Ok(None) };
        let post = &self.settings.channel_id;
        // The message has the id of the thread below it; that of a forum's post stands in it.
        let (channel, line, leads_to) = match self.settings.space {
            IncidentSpace::Thread => (post, Some(space.clone()), None),
            IncidentSpace::Forum => (&space, Some(space.clone()), None),
            IncidentSpace::Channel => {
                (post, self.bindings.bound(&subject, "announcement").await?, Some(space.as_str()))
            }
        };
        let body = self.announcement(&incident, leads_to);
        let says = body["content"].to_string();
        if self.bindings.bound(&subject, ANNOUNCED).await?.as_ref() == Some(&says) {
            return Ok(None);
        }
        let said = match line {
            Some(line) => self.edit(channel, &line, &body).await.map(drop),
            None if incident.phase.is_over() => return Ok(None),
            None => self.announce(id, &space, &body).await,
        };
        match said {
            Ok(()) => {}
            Err(Halt::Outcome(Outcome::Failed { why })) => {
                tracing::warn!(incident = %id, why, "its announcement stays as it was");
            }
            Err(Halt::Outcome(Outcome::Forbidden { why })) => {
                tracing::warn!(incident = %id, why, "its announcement is made or changed later");
                self.standing.error(why);
                return Ok(Some(now + AFTER_REFUSAL));
            }
            Err(Halt::SpaceGone) => {
                // Of a place that is gone, whatever is said next makes another.
                if leads_to.is_some() {
                    let why = format!(
                        "The channel {post} is gone, so nobody reads there where {id} is worked on. Set another in the settings \
                         (`discord.channel_id`), and start again."
                    );
                    tracing::warn!("{why}");
                    self.standing.error(why);
                }
                return Ok(None);
            }
            Err(halt) => {
                tracing::info!(incident = %id, ?halt, "its announcement is changed later");
                return Ok(Some(now + AGAIN_AFTER));
            }
        }
        self.bindings.bind(&subject, ANNOUNCED, &says).await?;
        Ok(None)
    }

    /// Says in the command post where the incident's own channel is. An earlier attempt may have said it: that line is looked for, and
    /// says from now on what is so.
    async fn announce(&self, id: IncidentId, space: &str, body: &Value) -> Step<()> {
        let (subject, post) = (Spot::open(id).to_string(), &self.settings.channel_id);
        let mark = render::announcement_mark(id);
        let is_it = |m: &Value| m["content"].as_str().is_some_and(|content| content.contains(&mark));
        let line = if let Some(line) = self.find(post, None, is_it).await? {
            self.edit(post, &line, body).await?;
            line
        } else {
            let once = nonce(&format!("announcement/{subject}/{post}/{space}"));
            let made = self.create(post, body.clone(), &once, Doing::Announce).await?;
            made.ok_or_else(|| Outcome::Unknown { why: "Discord's answer could not be read.".into() })?
        };
        self.bindings.bind(&subject, "announcement", &line).await
    }

    /// The incident's place is called as the incident is, and its channel says how it stands. Discord takes two changes of these in
    /// ten minutes; what comes too soon waits, and the last that was wanted is what it is called then. The words of a title that was
    /// redacted go with the second of the two, if that is still to be had. Returns when it is done.
    async fn keep_name(&self, id: IncidentId, now: DateTime<Utc>) -> Step<Option<DateTime<Utc>>> {
        let Ok(incident) = self.desk.incident(id).await else { return Ok(None) };
        let subject = Spot::open(id).to_string();
        let known: BTreeMap<String, String> = self.bindings.all(&subject).await?.into_iter().collect();
        // What everybody may read has the title that it had before.
        let Some(space) = known.get("space").filter(|_| incident.restricted.is_none()) else {
            return Ok(None);
        };
        let is_channel = self.settings.space == IncidentSpace::Channel;
        let mut wanted = json!({"name": render::thread_name(id, &incident.title)});
        if is_channel {
            wanted = json!({
                "name": render::channel_name(id, &incident.title),
                "topic": cap(&plain(&topic(&incident, &self.desk.settings().policy.names)), TOPIC_MAX),
            });
        }
        let named = format!("{space} {wanted}");
        if known.get("named") == Some(&named) {
            return Ok(None);
        }
        let renamed_at =
            |name: &str| known.get(name).and_then(|ms| DateTime::from_timestamp_millis(ms.parse().ok()?));
        let (last, before) = (renamed_at(NAMED_AT), renamed_at(NAMED_BEFORE));
        let redacted = redacted_title(&self.desk, &incident).await?.map(|seq| renamed(space, seq));
        let is_urgent = redacted.is_some() && known.get(RENAMED) != redacted.as_ref();
        let every = self.settings.rename_every;
        let usual = last.filter(|_| !is_urgent).map(|at| at + every);
        if let Some(free) = usual.max(before.map(|at| at + every * 2))
            && now < free
        {
            return Ok(Some(free));
        }
        let path = format!("/channels/{space}");
        let is_now = match self.rest.get(&path).await {
            Ok(is_now) => is_now,
            Err(trouble) if trouble.is_channel_gone() => return Ok(None),
            Err(trouble) => return Ok(Some(now + patience(&trouble))),
        };
        if let Value::Object(wanted) = &mut wanted {
            wanted.retain(|what, value| {
                // A place that was made while the settings were others.
                let has_it = what == "name" || is_now["type"] == TEXT_CHANNEL;
                has_it && is_now[what.as_str()] != *value
            });
        }
        if wanted.as_object().is_some_and(|wanted| !wanted.is_empty()) {
            // Before: should the answer be lost, it may have counted.
            if let Some(last) = known.get(NAMED_AT) {
                self.bindings.bind(&subject, NAMED_BEFORE, last).await?;
            }
            self.bindings.bind(&subject, NAMED_AT, &now.timestamp_millis().to_string()).await?;
            if is_now["thread_metadata"]["archived"] == true {
                wanted["archived"] = json!(false);
            }
            match self.rest.rename(&path, wanted).await {
                Ok(_) => {}
                Err(trouble) if trouble.is_channel_gone() => return Ok(None),
                Err(trouble) => {
                    if trouble.is_forbidden() {
                        let why = format!(
                            "The place of {id} keeps its old name. Give the bot's role “Manage Channels” (for a thread, “Manage \
                             Threads”) in the channel {space}; it is tried again by itself."
                        );
                        tracing::warn!("{why}");
                        self.standing.error(why);
                    } else {
                        tracing::info!(incident = %id, why = trouble.why(), "its place is renamed later");
                    }
                    let again = patience(&trouble);
                    return Ok(Some(now + if is_urgent { again } else { again.max(every) }));
                }
            }
        }
        if let Some(redacted) = redacted {
            self.bindings.bind(&subject, RENAMED, &redacted).await?;
        }
        self.bindings.bind(&subject, "named", &named).await?;
        Ok(None)
    }
}

fn later(why: String) -> Halt {
    Outcome::Retry { after: None, why }.into()
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
