//! The running model: its two ports, its settings, and looking at what is in it.

use std::{io, sync::Arc, time::Duration};

use tokio::net::TcpListener;

use super::{
    clock::Clock,
    door::Door,
    fault::Faults,
    gateway::{self, Address},
    id::Id,
    knobs::GatewayKnobs,
    ratelimit::RateLimits,
    rest,
    service::Service,
    world::{Channel, Command, Message, World},
};
use crate::model::recorder::{Recorded, Recorder};

/// A bot token in the shape of Discord's, good for this model alone.
const TOKEN: &str = "MTIzNDU2Nzg5MDEyMzQ1Njc4.Model0.only-for-the-modelled-discord-on-loopback";

/// A Discord of one's own on loopback. Dropping the last clone closes it.
#[derive(Clone)]
pub struct Discord {
    pub(super) service: Service,
    recorder: Recorder,
    faults: Faults,
    rest: Arc<Door>,
    gateway: Arc<Door>,
    /// The gateway's other address, where sessions are resumed.
    resume: Arc<Door>,
}

impl Discord {
    /// Opens REST and gateway on free ports of 127.0.0.1, with an empty guild.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start(clock: Clock) -> io::Result<Self> {
        let rest_port = TcpListener::bind(("127.0.0.1", 0)).await?;
        let gateway_port = TcpListener::bind(("127.0.0.1", 0)).await?;
        let rest_url = format!("http://{}", rest_port.local_addr()?);
        let resume_port = TcpListener::bind(("127.0.0.1", 0)).await?;
        let gateway_urls =
            (format!("ws://{}", gateway_port.local_addr()?), format!("ws://{}", resume_port.local_addr()?));
        let world = World::new(clock(), TOKEN.to_owned(), rest_url, gateway_urls);
        let (service, recorder, faults) =
            (Service::new(world, clock), Recorder::default(), Faults::default());
        let rest = Door::open(rest_port, rest::router(&service, &recorder, &faults))?;
        let gateway = Door::open(gateway_port, gateway::router(&service, Address::Own))?;
        let resume = Door::open(resume_port, gateway::router(&service, Address::Resume))?;
        let (rest, gateway, resume) = (Arc::new(rest), Arc::new(gateway), Arc::new(resume));
        Ok(Self { service, recorder, faults, rest, gateway, resume })
    }

    /// `http://127.0.0.1:PORT`; the API is below `/api/v10`.
    pub fn url(&self) -> String {
        format!("http://{}", self.rest.addr())
    }
    /// `ws://127.0.0.1:PORT`
    pub fn gateway_url(&self) -> String {
        format!("ws://{}", self.gateway.addr())
    }
    /// The bot's token, without the word `Bot`.
    pub fn token(&self) -> String {
        self.service.look(|w| w.token.clone())
    }
    pub fn application(&self) -> Id {
        self.service.look(|w| w.application)
    }
    pub fn bot(&self) -> Id {
        self.service.look(|w| w.bot)
    }
    pub fn guild(&self) -> Id {
        self.service.look(|w| w.guild)
    }

    /// Every REST request so far.
    pub fn requests(&self) -> Vec<Recorded> {
        self.recorder.all()
    }
    pub fn recorder(&self) -> &Recorder {
        &self.recorder
    }
    /// Faults for the next REST calls.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }
    /// Faults of the gateway.
    pub fn gateway(&self) -> GatewayKnobs<'_> {
        GatewayKnobs { service: &self.service, doors: [&self.gateway, &self.resume] }
    }
    /// Switches rate limits on or off, with fresh budgets.
    pub fn limit(&self, limits: RateLimits) {
        self.service.with_rates(|rates, _| rates.set(limits));
    }
    /// REST stops listening and cuts all its connections.
    pub async fn rest_goes_away(&self) {
        self.rest.shut().await;
    }
    /// REST listens again on the same port.
    ///
    /// # Errors
    /// When another process took the port meanwhile.
    pub async fn rest_comes_back(&self) -> io::Result<()> {
        self.rest.reopen().await
    }

    /// The messages of a channel as everybody sees them, oldest first.
    pub fn messages(&self, channel: Id) -> Vec<Message> {
        self.service.look(|w| {
            w.messages.values().filter(|m| m.channel == channel && !m.is_ephemeral()).cloned().collect()
        })
    }
    /// The last message of a channel that everybody sees.
    pub fn newest(&self, channel: Id) -> Option<Message> {
        self.service
            .look(|w| w.messages.values().rev().find(|m| m.channel == channel && !m.is_ephemeral()).cloned())
    }
    pub fn message(&self, id: Id) -> Option<Message> {
        self.service.look(|w| w.messages.get(&id).cloned())
    }
    pub fn channel(&self, id: Id) -> Option<Channel> {
        self.service.look(|w| w.channels.get(&id).cloned())
    }
    /// All channels but threads.
    pub fn channels(&self) -> Vec<Channel> {
        self.service.look(|w| w.channels.values().filter(|c| c.thread.is_none()).cloned().collect())
    }
    pub fn threads(&self) -> Vec<Channel> {
        self.service.look(|w| w.channels.values().filter(|c| c.thread.is_some()).cloned().collect())
    }
    pub fn commands(&self) -> Vec<Command> {
        self.service.look(|w| w.commands.clone())
    }

    /// Waits until `find` finds something, looking again at each change; `None` when patience runs out.
    pub async fn wait_for<T>(
        &self,
        patience: Duration,
        mut find: impl FnMut(&Self) -> Option<T>,
    ) -> Option<T> {
        let mut changes = self.service.changes();
        let search = async {
            loop {
                changes.borrow_and_update();
                if let Some(found) = find(self) {
                    return Some(found);
                }
                changes.changed().await.ok()?;
            }
        };
        tokio::time::timeout(patience, search).await.ok().flatten()
    }
}
