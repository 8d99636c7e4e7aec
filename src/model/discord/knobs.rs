//! What a test can do to the gateway.

use std::io;

use chrono::{DateTime, Utc};
use serde_json::json;

use super::{
    door::Door,
    gateway::{end_session, ends_session},
    service::Service,
    session::Out,
    world::SessionStarts,
};

/// Faults of the gateway, each at once.
pub struct GatewayKnobs<'a> {
    pub(super) service: &'a Service,
    /// Its own address, and that for resuming.
    pub(super) doors: [&'a Door; 2],
}

impl GatewayKnobs<'_> {
    fn all(&self, out: &Out) {
        self.service.with(|w| {
            for link in w.links.values() {
                // A closed connection is noticed by its own task.
                let _ = link.send(out.clone());
            }
        });
    }
    /// Closes every connection with this code; 4003, 4004, 4007, 4009 and 4010 to 4014 end the session as well.
    pub fn close(&self, code: u16) {
        if ends_session(code) {
            self.service.with(|w| {
                let numbers: Vec<u64> = w.links.keys().copied().collect();
                for number in numbers {
                    end_session(w, number);
                }
            });
        }
        self.all(&Out::Close(code));
    }
    /// Closes whoever begins a session with this code, until `None` lets them in again.
    pub fn turn_away(&self, code: Option<u16>) {
        self.service.with(|w| w.turns_away = code);
    }
    /// Drops every connection without a word.
    pub fn cut(&self) {
        self.all(&Out::Cut);
    }
    /// Op 7: asks every client to reconnect and resume.
    pub fn ask_to_reconnect(&self) {
        self.all(&Out::Text(json!({"op": 7, "s": null, "t": null, "d": null}).to_string()));
    }
    /// Forgets all sessions: a resume is answered with op 9, `d: false`.
    pub fn forget_sessions(&self) {
        self.service.with(|w| w.sessions.clear());
    }
    /// Heartbeats are no longer (or again) acknowledged.
    pub fn stop_acks(&self, stopped: bool) {
        self.service.with(|w| w.acks_stopped = stopped);
    }
    /// Every connection stays open and says nothing any more, as behind a network that lost it. New ones are as ever.
    pub fn fall_silent(&self) {
        self.all(&Out::Hush);
    }
    /// Whoever asks for members gets (or gets again) an answer.
    pub fn tell_members(&self, told: bool) {
        self.service.with(|w| w.members_untold = !told);
    }
    /// New TCP connections are accepted, but no handshake is answered.
    pub fn never_handshake(&self, silent: bool) {
        for door in self.doors {
            door.set_silent(silent);
        }
    }
    /// Stops listening and cuts every connection. Sessions stay known.
    pub async fn go_away(&self) {
        self.cut();
        for door in self.doors {
            door.shut().await;
        }
    }
    /// Listens again on the same ports.
    ///
    /// # Errors
    /// When another process took one of them meanwhile.
    pub async fn come_back(&self) -> io::Result<()> {
        for door in self.doors {
            door.reopen().await?;
        }
        Ok(())
    }
    /// A session can be resumed at the address that READY named for it, and no longer (or again) at the gateway's own.
    pub fn resume_elsewhere_only(&self, only: bool) {
        self.service.with(|w| w.resumes_elsewhere_only = only);
    }
    /// Sessions that were resumed at that address so far.
    pub fn resumed_elsewhere(&self) -> u64 {
        self.service.look(|w| w.resumed_elsewhere)
    }
    /// Sessions that were begun there, where they are only to go on.
    pub fn begun_elsewhere(&self) -> u64 {
        self.service.look(|w| w.begun_elsewhere)
    }
    /// So many sessions may still be begun until then. One more ends all of them and takes the bot's token away, as Discord does.
    pub fn leave_session_starts(&self, left: u32, reset_at: DateTime<Utc>) {
        self.service.with(|w| w.session_starts = SessionStarts { left, reset_at });
    }
    /// What HELLO tells new connections, in milliseconds.
    pub fn set_heartbeat_interval(&self, interval_ms: u64) {
        self.service.with(|w| w.heartbeat_interval_ms = interval_ms);
    }
    /// The intents granted to the application; asking for a privileged one beyond them is closed with 4014.
    pub fn allow_intents(&self, intents: u64) {
        self.service.with(|w| w.intents_allowed = intents);
    }
    /// Sends an event that the model itself never sends, to see how the bot takes it.
    pub fn dispatch(&self, event: &str, data: &serde_json::Value) {
        self.service.with(|w| w.dispatch(event, None, data));
    }
    /// Open connections, identified or not.
    pub fn connections(&self) -> usize {
        self.service.look(|w| w.links.len())
    }
    /// Sessions that are connected and identified.
    pub fn sessions(&self) -> usize {
        self.service.look(|w| w.sessions.values().filter(|s| s.link.is_some()).count())
    }
}
