//! Mattermost: commands, buttons and forms in; cards, channels and lines of the timeline out.
//!
//! Words come in by the WebSocket ([`listen`]), as messages that begin with a prefix or the bot's name: what was said while
//! the bot was away is found and done when it is back, once ([`missed`]). Where Mattermost can reach this server, slash
//! commands, buttons and forms come over HTTP ([`receive`]) and are answered to the asker alone. What everybody reads comes
//! from the outbox: the door is a [`Courier`]. An incident has one space (a channel of its own, or a thread in the command
//! post), remembered in the journal.

mod answer;
mod deliver;
mod dialog;
mod event;
mod heard;
mod listen;
mod look;
mod missed;
mod moment;
mod picture;
mod pinned;
mod press;
mod private;
mod receive;
mod render;
mod rest;
mod seal;
mod settings;
#[cfg(test)]
pub(super) mod shown;
mod space;
mod stand;
mod text;
mod trouble;

use std::sync::Arc;

use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

pub use self::{heard::Way, settings::MattermostSettings, text::mentioned};
use self::{rest::Rest, seal::Seal, stand::Stand};
use crate::{
    chat::{
        Say,
        bindings::Bindings,
        bring,
        health::Standing,
        seen::Seen,
        theirs::{Typed, ours},
        typed::Slips,
    },
    desk::{Desk, absence},
    outbox::port::{BoxFuture, Courier, Errand, Outcome, Reconciled},
};

/// The destination's name in outbox, journal and settings.
pub const NAME: &str = "mattermost";

/// The door. It listens as long as `stop` is not cancelled; as a courier it works in any case.
pub struct MattermostDoor {
    settings: MattermostSettings,
    /// How what is to be typed is typed in a message.
    typed: Typed,
    desk: Arc<Desk>,
    say: Say,
    rest: Rest,
    seal: Seal,
    bindings: Bindings,
    /// What was heard and done by this process.
    seen: Seen,
    slips: Slips,
    standing: Standing,
    /// Who the bot is and where it stands, once asked.
    stand: OnceCell<Stand>,
    stop: CancellationToken,
}

impl MattermostDoor {
    /// Opens the door. Returns at once; Mattermost need not be there. Run [`MattermostDoor::listen`] to hear what is said,
    /// and [`Desk::run_outbox`] with it to bring out cards and lines.
    ///
    /// # Errors
    /// A sentence, when no HTTP client can be built on this machine.
    pub fn open(
        settings: MattermostSettings,
        desk: Arc<Desk>,
        say: Say,
        stop: CancellationToken,
    ) -> Result<Arc<MattermostDoor>, String> {
        let rest = Rest::new(&settings.url, settings.token.clone(), desk.world.clone())?;
        let seal = Seal::new(settings.token.clone());
        let bindings = Bindings::new(desk.journal.clone(), NAME);
        Ok(Arc::new(MattermostDoor {
            typed: Typed::after(&settings.prefix),
            settings,
            desk,
            say,
            rest,
            seal,
            bindings,
            seen: Seen::default(),
            slips: Slips::default(),
            standing: Standing::default(),
            stand: OnceCell::new(),
            stop,
        }))
    }

    /// Words that are typed as they stand there, as they are shown.
    fn told(&self, text: &str) -> String {
        render::told(text, self.settings.tz)
    }

    /// Our own words, in which nobody is quoted.
    fn own(&self, text: &str) -> String {
        self.told(&ours(text, &self.typed))
    }

    /// How the door stands now.
    pub fn health(&self) -> absence::Standing {
        self.rest.reach.with_connection(self.standing.look())
    }

    /// Sees to requests that fail, whatever the WebSocket says, until the door is stopped.
    async fn attend(&self) {
        let (every, reach) = (self.settings.ask_every, &self.rest.reach);
        // What comes of it is noted with every request.
        let ask = || async { drop(self.rest.get("/users/me").await) };
        let heard = || self.standing.look();
        reach.attend((NAME, every), &self.stop, heard, ask, || bring::catch_up(&self.desk, NAME)).await;
    }
}

impl Courier for MattermostDoor {
    fn destination(&self) -> &str {
        NAME
    }
    fn deliver<'a>(&'a self, errand: &'a Errand) -> BoxFuture<'a, Outcome> {
        Box::pin(bring::carry(self, errand, |why| self.standing.error(why)))
    }
    fn reconcile<'a>(&'a self, errand: &'a Errand) -> BoxFuture<'a, Reconciled> {
        Box::pin(bring::look_up(self, errand))
    }
}

/// Reads what comes by the WebSocket and over HTTP, as far as it can be read before anybody is asked.
#[cfg(any(test, fuzzing))]
pub(crate) fn read_through(body: &[u8]) {
    let seal = Seal::new(crate::config::Secret::new("the seal of this house"));
    let Ok(json) = serde_json::from_slice(body) else { return };
    drop((event::Post::read(&json), event::Event::read(&json), heard::command(&json)));
    assert!(!matches!(heard::action(&json, &seal), Ok(Some(_))), "nobody presses what was not sealed here");
    assert!(!matches!(heard::submission(&json, &seal, 0), Ok(Some(_))), "nor fills it in");
}
