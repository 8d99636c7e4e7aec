//! Discord: slash commands, buttons and forms in; cards, threads and lines of the timeline out.
//!
//! Words come in through the gateway ([`gateway`], the only file that knows serenity's client) or over HTTP ([`signed`]),
//! and are answered by our own requests ([`rest`]) or with Discord's. What everybody reads comes from the outbox: the door is a [`Courier`]. An incident
//! has one space (a thread, a forum post or a channel), remembered in the journal and found again by its name.
//!
//! Commands that were sent while the gateway was away are not fetched afterwards: Discord keeps none. A resumed
//! session replays what it missed; after a new session, whoever asked in between was told by Discord that there was
//! no answer, and messages on the timeline are looked after ([`missed`]).

mod answer;
mod asked;
mod brakes;
mod closed;
mod deliver;
mod gateway;
mod health;
mod look;
mod missed;
mod more;
mod pace;
mod pinned;
mod press;
mod private;
#[cfg(test)]
mod recorded;
mod register;
mod render;
mod rest;
mod settings;
#[cfg(test)]
pub(super) mod shown;
mod signed;
mod space;
mod text;
mod upkeep;
mod watch;

use std::sync::Arc;

use ed25519_dalek::VerifyingKey;
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

use self::{health::Standing, rest::Rest, upkeep::Upkeep};
pub use self::{
    health::{Counters, Health},
    settings::DiscordSettings,
    signed::{Signed, WAY},
};
use crate::{
    chat::{Say, bindings::Bindings, bring, seen::Seen, theirs::Typed},
    desk::{Desk, absence},
    grammar::slash_words,
    journal::rows::What,
    outbox::port::{BoxFuture, Courier, Errand, Outcome, Reconciled},
};

/// The destination's name in outbox, journal and settings.
pub const NAME: &str = "discord";

/// Why the gateway hears nothing, until more is known.
const UNHEARD: &str = "The connection to Discord's gateway is lost. A new connection is tried.";

/// What is to be typed is a slash command there.
static TYPED: Typed = Typed::By(slash_words);

/// The door. It works as long as `stop` is not cancelled; as a courier it works in any case.
pub struct DiscordDoor {
    settings: DiscordSettings,
    desk: Arc<Desk>,
    say: Say,
    rest: Rest,
    standing: Standing,
    /// The bot's own user id, once asked.
    me: OnceCell<String>,
    seen: Seen,
    /// In seconds. What was signed before may have come then, and is not remembered.
    opened_at: i64,
    bindings: Bindings,
    /// By which Discord's requests are known, where it sends any.
    key: Option<VerifyingKey>,
    registering: tokio::sync::Mutex<()>,
    looking: tokio::sync::Mutex<()>,
    upkeep: Upkeep,
    /// How often requests were answered again after an outage.
    returns: tokio::sync::watch::Sender<u64>,
    stop: CancellationToken,
}

impl DiscordDoor {
    /// Opens the door: connects the gateway and keeps it connected until `stop`, or waits for requests over HTTP. Returns at once; Discord need not
    /// be there. Run [`Desk::run_outbox`] with it to bring out cards and lines.
    ///
    /// # Errors
    /// A sentence, when no HTTP client can be built on this machine, or the application's key is none.
    pub fn start(
        settings: DiscordSettings,
        desk: Arc<Desk>,
        say: Say,
        stop: CancellationToken,
    ) -> Result<Arc<DiscordDoor>, String> {
        let rest = Rest::new(&settings, desk.world.clone())?;
        let key = settings.public_key.as_deref().map(signed::key).transpose()?;
        let bindings = Bindings::new(desk.journal.clone(), NAME);
        let opened_at = desk.world.now().timestamp();
        let door = Arc::new(DiscordDoor {
            settings,
            desk,
            say,
            rest,
            standing: Standing::default(),
            me: OnceCell::new(),
            seen: Seen::default(),
            opened_at,
            bindings,
            key,
            registering: tokio::sync::Mutex::new(()),
            looking: tokio::sync::Mutex::new(()),
            upkeep: Upkeep::default(),
            returns: tokio::sync::watch::Sender::new(0),
            stop,
        });
        match door.key {
            Some(_) => drop(tokio::spawn(door.clone().watch())),
            None => drop(tokio::spawn(gateway::run(door.clone()))),
        }
        tokio::spawn(door.clone().attend());
        tokio::spawn(door.clone().look_after());
        Ok(door)
    }

    /// How the door stands now.
    pub fn health(&self) -> Health {
        let (health, reach) = (self.standing.look(), &self.rest.reach);
        let heard = health.clone().into();
        let stands = if self.key.is_none() { reach.with_connection(heard) } else { reach.with(heard) };
        let absence::Standing { is_there: connected, since, why, is_deaf } = stands;
        // What went wrong with a request is not why nothing is heard.
        let unheard = || health.why_unheard.clone().unwrap_or_else(|| UNHEARD.to_owned());
        let last_error = if is_deaf { Some(unheard()) } else { why };
        Health { connected, since, last_error, is_deaf, ..health }
    }

    /// Numbers for the metrics.
    pub fn counters(&self) -> &Counters {
        &self.standing.counters
    }
}

impl Courier for DiscordDoor {
    fn destination(&self) -> &str {
        NAME
    }
    fn deliver<'a>(&'a self, errand: &'a Errand) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            let outcome = bring::carry(self, errand, |why| self.standing.error(why)).await;
            if errand.delivery.what == What::Card
                && let Some(id) = errand.delivery.incident
            {
                self.upkeep.moved(id);
            }
            outcome
        })
    }
    fn reconcile<'a>(&'a self, errand: &'a Errand) -> BoxFuture<'a, Reconciled> {
        Box::pin(bring::look_up(self, errand))
    }
}

/// Reads an interaction as far as it can be read before anybody is asked: the words that it means, if any.
#[cfg(any(test, fuzzing))]
pub(crate) fn read_through(
    event: &serde_json::Value,
) -> Option<Result<Vec<String>, crate::incident::refusal::Refusal>> {
    let people = super::people::People::new(NAME, std::collections::HashMap::new());
    let asked = asked::Asked::read(event, &people)?;
    let (path, _) = asked.verb();
    let filled = super::button::fill_in("note {text}", &asked.filled_in());
    drop((path, super::button::read_button_name(asked.data["custom_id"].as_str().unwrap_or_default())));
    Some(match asked.kind {
        asked::Kind::Slash => crate::grammar::from_discord(&asked.data["options"]),
        _ => filled,
    })
}
