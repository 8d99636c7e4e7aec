//! Slack: commands, buttons, forms and shortcuts in; cards, channels and lines of the timeline out.
//!
//! Words come in by Socket Mode ([`socket`]) or over HTTP ([`signed`]); either way they are acknowledged within Slack's
//! three seconds, and answered to the asker alone ([`answer`]). What everybody reads comes from the outbox: the door is a
//! [`Courier`]. An incident has one space (a channel of its own, or a thread in the command post), remembered in the journal.
//!
//! Commands that were given while the bot was away are not fetched afterwards: Slack tells the person that there was no
//! answer. Events (a 📌) it sends again.

mod answer;
mod deliver;
mod form;
mod heard;
mod look;
mod manifest;
mod picture;
mod pinned;
mod press;
mod private;
#[cfg(test)]
mod recorded;
mod render;
mod rest;
mod settings;
#[cfg(test)]
pub(super) mod shown;
mod signed;
mod socket;
mod space;
mod stand;
mod text;
mod trouble;
mod watch;

use std::{borrow::Cow, sync::Arc};

use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

pub use self::{heard::Way, manifest::manifest, settings::SlackSettings, signed::Signed};
use self::{rest::Rest, stand::Stand};
use crate::{
    chat::{Say, bindings::Bindings, bring, health::Standing, seen::Seen, theirs::Typed},
    desk::{Desk, absence},
    outbox::port::{BoxFuture, Courier, Errand, Outcome, Reconciled},
};

/// The destination's name in outbox, journal and settings.
pub const NAME: &str = "slack";

/// What is to be typed comes behind the slash command.
static SLASH: Typed = Typed::After(Cow::Borrowed(manifest::COMMAND));
/// In a thread Slack takes none: there the bot is spoken to.
static SPOKEN: Typed = Typed::After(Cow::Borrowed(manifest::MENTION));

/// How it is typed in a thread, or outside of any.
fn typed_in(thread: Option<&str>) -> &'static Typed {
    if thread.is_some() { &SPOKEN } else { &SLASH }
}

/// The door. It listens as long as `stop` is not cancelled; as a courier it works in any case.
pub struct SlackDoor {
    settings: SlackSettings,
    desk: Arc<Desk>,
    say: Say,
    rest: Rest,
    bindings: Bindings,
    seen: Seen,
    /// The signatures of the requests that came over HTTP: Slack signs each anew.
    signatures: Seen,
    /// In seconds. What was signed before may have come then, and is not remembered.
    opened_at: i64,
    standing: Standing,
    /// Who the bot is, once asked.
    stand: OnceCell<Stand>,
    stop: CancellationToken,
}

impl SlackDoor {
    /// Opens the door. Returns at once; Slack need not be there. Run [`SlackDoor::listen`] to hear what is said, and
    /// [`Desk::run_outbox`] with it to bring out cards and lines.
    ///
    /// # Errors
    /// A sentence, when no HTTP client can be built on this machine.
    pub fn open(
        settings: SlackSettings,
        desk: Arc<Desk>,
        say: Say,
        stop: CancellationToken,
    ) -> Result<Arc<SlackDoor>, String> {
        let rest = Rest::new(&settings, desk.world.clone())?;
        let bindings = Bindings::new(desk.journal.clone(), NAME);
        let opened_at = desk.world.now().timestamp();
        Ok(Arc::new(SlackDoor {
            settings,
            desk,
            say,
            rest,
            bindings,
            seen: Seen::default(),
            signatures: Seen::default(),
            opened_at,
            standing: Standing::default(),
            stand: OnceCell::new(),
            stop,
        }))
    }

    /// Hears Slack until the door is stopped: by Socket Mode if there is a token for it; over HTTP others bring what is
    /// said ([`SlackDoor::receive`]), and here it is only looked whether Slack is there.
    pub async fn listen(self: Arc<Self>) {
        let listening = async {
            if self.settings.app_token.is_some() {
                self.clone().listen_by_socket().await;
            } else {
                self.watch().await;
            }
        };
        tokio::join!(listening, self.attend());
    }

    /// How the door stands now.
    pub fn health(&self) -> absence::Standing {
        let (reach, heard) = (&self.rest.reach, self.standing.look());
        if self.settings.app_token.is_some() { reach.with_connection(heard) } else { reach.with(heard) }
    }
}

impl Courier for SlackDoor {
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

/// Reads a request in each of Slack's ways, as far as it can be read before anybody is asked.
#[cfg(any(test, fuzzing))]
pub(crate) fn read_through(body: &[u8]) {
    let request = Signed { body: body.to_vec(), ..Signed::default() };
    for way in [Way::Command, Way::Interaction, Way::Event] {
        drop(request.payload(way).map(|payload| heard::Heard::read(way, &payload)));
        drop(serde_json::from_slice(body).map(|payload| heard::Heard::read(way, &payload)));
    }
}
