//! Settings that are read anew while the house works: on SIGHUP, and when an admin asks for it.
//!
//! A settings file with a mistake changes nothing at all. What the house is built of (doors, chats, destinations) waits for a start,
//! and is named. A request goes on with what it came to.

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use arc_swap::ArcSwap;
use futures_util::FutureExt;
use tokio::sync::{mpsc, oneshot};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    Cli, Failure, Outcome, chats::Names, doors, house, reach::Reach, serve::keep_alive, shelf::Shelf, show,
};
use crate::{
    config::{Changed, Config},
    desk::{Desk, Settings, heartbeats::Heartbeats},
    http::{
        api::{Reload, Reloaded},
        hooks::Hooks,
        metrics::Metrics,
    },
    incident::refusal::Refusal,
    pager::source::Source,
};

/// The settings as they are in force.
pub(super) type InForce = Arc<ArcSwap<Config>>;
/// Somebody who waits for the settings to be read.
type Asked = oneshot::Sender<Result<Reloaded, Refusal>>;

/// More than one admin who asks at the same moment is rare.
const ASKED_MAX: usize = 4;

/// What takes settings over.
pub(super) struct Reloader {
    pub files: Files,
    pub address: SocketAddr,
    pub desk: Arc<Desk>,
    pub hooks: Arc<Hooks>,
    pub heartbeats: Arc<Heartbeats>,
    pub metrics: Arc<Metrics>,
    pub names: Arc<Names>,
    pub sources: Sources,
    pub config: InForce,
    pub shelf: Shelf,
}

/// Where the settings are, and what the command line says in their place.
pub(super) struct Files {
    pub config: Option<PathBuf>,
    pub data_dir: Option<PathBuf>,
    pub listen: Option<SocketAddr>,
    /// The demonstration's settings are its own, and stand in no file.
    pub is_demo: bool,
}

/// How to ask for it, and where the asking comes out.
pub(super) fn asking() -> (Reload, mpsc::Receiver<Asked>) {
    let (asked, hear) = mpsc::channel::<Asked>(ASKED_MAX);
    let ask: Reload = Arc::new(move || {
        let asked = asked.clone();
        async move {
            let gone =
                || Refusal::unavailable("The house is stopping.", "It reads its settings when it starts.");
            let (done, told) = oneshot::channel();
            asked.send(done).await.map_err(|_| gone())?;
            told.await.map_err(|_| gone())?
        }
        .boxed()
    });
    (ask, hear)
}

impl Reloader {
    /// Reads the settings anew whenever it is told to. Ends only if signals cannot be had.
    pub async fn run(mut self, mut asked: mpsc::Receiver<Asked>) -> Outcome {
        let mut hangup = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup())?;
        loop {
            let waits = tokio::select! {
                signal = hangup.recv() => match signal {
                    Some(()) => None,
                    None => return Err(Failure("the signal SIGHUP can no longer be heard".into())),
                },
                Some(waits) = asked.recv() => Some(waits),
            };
            let done = self.read().await;
            match &done {
                Ok(reloaded) => tell(reloaded),
                Err(Failure(why)) => {
                    tracing::error!(why, "the settings were not read anew; what held goes on holding");
                }
            }
            if let Some(waits) = waits {
                let instead = "Nothing was changed: mend it, and have it read again.";
                let answer = done.map_err(|Failure(why)| Refusal::invalid(why, instead));
                // Whoever asked may be gone.
                drop(waits.send(answer));
            }
        }
    }

    async fn read(&mut self) -> Result<Reloaded, Failure> {
        if self.files.is_demo {
            return Err(Failure("the demonstration has settings of its own, which stand in no file".into()));
        }
        let running = self.config.load_full();
        let mut read = super::settings(self.files.config.as_deref(), self.files.data_dir.as_deref())?;
        if let Some(listen) = self.files.listen {
            read.http.listen = listen;
        }
        let Changed { config, now: mut changed, at_start } = read.over(&running).map_err(|problems| {
            let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
            Failure(format!("they fit only after a start: {}", told.join(" ")))
        })?;
        let before = self.hooks.served.load_full();
        let served = doors::served(&config, self.address, &self.metrics, &before)?;
        doors::keep_asking(&served, &before)?;
        let sources = Source::all(&config).map_err(Failure)?;
        let shelf = self.shelf.read_anew(&config);
        // From here on nothing is refused but by the disk, and then nothing was changed yet.
        self.heartbeats.watch_these(doors::heartbeats(&config)).await?;
        let shown_after = self.desk.settings().shown_after;
        let settings = Settings { shown_after, ..house::settings_with(&config, shelf.playbooks()) };
        self.desk.work_by(settings);
        self.names.take_over(&config);
        self.hooks.served.store(Arc::new(served));
        let is_of_sources = |line: &String| line.starts_with("roster:") || line.starts_with("person:");
        if changed.iter().any(is_of_sources) {
            self.sources.ask_these(sources);
        }
        self.config.store(Arc::new(config));
        let books = shelf.since(&self.shelf);
        if !books.is_empty() {
            changed.push(format!("playbooks: {}", books.join(", ")));
        }
        let refused = shelf.faults.clone();
        self.shelf = shelf;
        Ok(Reloaded { changed, at_start, refused })
    }
}

fn tell(reloaded: &Reloaded) {
    let Reloaded { changed, at_start, refused } = reloaded;
    tracing::info!(changed = changed.join("; "), "the settings were read anew");
    if !at_start.is_empty() {
        tracing::warn!(
            waiting = at_start.join("; "),
            "what is written otherwise here holds from the next start on"
        );
    }
    for why in refused {
        tracing::error!(why, "a playbook is not taken; `commandpost check` tells its mistakes");
    }
}

/// The loops that ask other systems who is on call: others, when rosters change.
pub(super) struct Sources {
    pub desk: Arc<Desk>,
    pub tasks: TaskTracker,
    pub stop: CancellationToken,
    /// Ends those that run.
    asking: Mutex<CancellationToken>,
}

impl Sources {
    pub fn new(desk: &Arc<Desk>, tasks: &TaskTracker, stop: &CancellationToken) -> Sources {
        let asking = Mutex::new(stop.child_token());
        Sources { desk: desk.clone(), tasks: tasks.clone(), stop: stop.clone(), asking }
    }

    /// From now on these are asked, and no others.
    pub fn ask_these(&self, sources: Vec<Source>) {
        let ending = self.stop.child_token();
        let mut asking = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *asking, ending.clone()).cancel();
        drop(asking);
        for source in sources {
            let (source, desk, until) = (Arc::new(source), self.desk.clone(), ending.clone());
            keep_alive(&self.tasks, &ending, "who is on call elsewhere", move || {
                source.clone().keep_fresh(desk.clone(), until.clone())
            });
        }
    }
}

#[derive(Debug, clap::Args)]
pub struct Args {}

/// `reload`: has the running server read its settings anew, and shows what changed.
pub async fn run(cli: &Cli, _: &Args) -> Outcome {
    let reach = Reach::find(cli, None).await?;
    let reloaded = reach.reload().await;
    reach.end().await;
    let reloaded = reloaded?;
    show(&in_words(&reloaded));
    if reloaded.refused.is_empty() { Ok(()) } else { Err(Failure(reloaded.refused.join("\n"))) }
}

fn in_words(reloaded: &Reloaded) -> String {
    let mut lines = match reloaded.changed.as_slice() {
        [] => vec!["Nothing is another than it was.".to_owned()],
        changed => [&["In force now:".to_owned()], changed].concat(),
    };
    if !reloaded.at_start.is_empty() {
        lines.push("From the next start on:".to_owned());
        lines.extend(reloaded.at_start.iter().cloned());
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_is_told_apart_from_what_waits_for_a_start() {
        let none = Reloaded::default();
        assert_eq!(in_words(&none), "Nothing is another than it was.");
        let some = Reloaded {
            changed: vec!["hooks: grafana added".into(), "roster: web changed".into()],
            at_start: vec!["http: listen changed".into()],
            refused: vec![],
        };
        insta::assert_snapshot!(in_words(&some), @"
        In force now:
        hooks: grafana added
        roster: web changed
        From the next start on:
        http: listen changed
        ");
    }
}
