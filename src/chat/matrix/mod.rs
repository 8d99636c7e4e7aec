//! Matrix: commands in the rooms of a homeserver in; cards, rooms and lines of the timeline out.
//!
//! Words come in by the homeserver's `/sync` ([`listen`]), from where the last run left off: what was said while the
//! bot was away is done when it is back, once. What everybody reads comes from the outbox: the door is a [`Courier`].
//! An incident has one space (a room of its own, or a thread in the command post), remembered in the journal.
//!
//! Encrypted rooms are refused, for the door has no keys; unless it reaches its homeserver by a proxy that has them
//! ([`encrypted`]).

mod answer;
mod behind;
mod deliver;
mod encrypted;
mod heard;
#[cfg(test)]
mod homeserver;
mod listen;
mod look;
mod members;
mod picture;
mod pinned;
mod private;
mod put_out;
#[cfg(test)]
mod recorded;
mod render;
mod rest;
mod settings;
#[cfg(test)]
pub(super) mod shown;
mod space;
mod stand;
mod text;

use std::sync::Arc;

use serde_json::Value;
use tokio::sync::{Mutex, OnceCell};
use tokio_util::sync::CancellationToken;

use self::{encrypted::Encrypted, members::Members, put_out::InPost, rest::Rest, stand::Stand};
pub use self::{heard::mentioned, settings::MatrixSettings};
use crate::{
    chat::{
        Say,
        bindings::Bindings,
        bring,
        health::Standing,
        theirs::{Typed, ours},
        typed::Slips,
    },
    config::MatrixSpace,
    desk::{Desk, absence},
    outbox::port::{BoxFuture, Courier, Errand, Outcome, Reconciled},
};

/// The destination's name in outbox, journal and settings.
pub const NAME: &str = "matrix";

/// The door. It listens as long as `stop` is not cancelled; as a courier it works in any case.
pub struct MatrixDoor {
    settings: MatrixSettings,
    /// How what is to be typed is typed.
    typed: Typed,
    desk: Arc<Desk>,
    say: Say,
    rest: Rest,
    bindings: Bindings,
    standing: Standing,
    /// Whether the bot is in the command post: nothing that is typed there reaches it otherwise.
    in_post: InPost,
    /// Who the bot is and where it stands, once asked.
    stand: OnceCell<Stand>,
    encrypted: Encrypted,
    slips: Slips,
    members: Members,
    /// Held by the answer that is being sent.
    answering: Mutex<()>,
    stop: CancellationToken,
}

impl MatrixDoor {
    /// Opens the door. Returns at once; the homeserver need not be there. Run [`MatrixDoor::listen`] to hear commands,
    /// and [`Desk::run_outbox`] with it to bring out cards and lines.
    ///
    /// # Errors
    /// A sentence, when no HTTP client can be built on this machine.
    pub fn open(
        settings: MatrixSettings,
        desk: Arc<Desk>,
        say: Say,
        stop: CancellationToken,
    ) -> Result<Arc<MatrixDoor>, String> {
        let rest = Rest::new(&settings.homeserver, settings.token.clone(), desk.world.clone())?;
        let bindings = Bindings::new(desk.journal.clone(), NAME);
        Ok(Arc::new(MatrixDoor {
            typed: Typed::after(&settings.prefix),
            settings,
            desk,
            say,
            rest,
            bindings,
            standing: Standing::default(),
            in_post: InPost::default(),
            stand: OnceCell::new(),
            encrypted: Encrypted::default(),
            slips: Slips::default(),
            members: Members::default(),
            answering: Mutex::default(),
            stop,
        }))
    }

    /// Our own words, in which nobody is quoted.
    fn own(&self, text: &str) -> Value {
        render::told(&ours(text, &self.typed), self.settings.tz)
    }

    /// How the door stands now.
    pub fn health(&self) -> absence::Standing {
        let heard = self.standing.look();
        if self.settings.space == MatrixSpace::Room {
            // Out of the command post it goes on in the rooms of incidents.
            return heard;
        }
        self.in_post.with(heard)
    }
}

impl Courier for MatrixDoor {
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
