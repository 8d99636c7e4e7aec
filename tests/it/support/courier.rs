//! A courier that answers as it is told, and a way to let the outbox work until nothing is due.

use std::{
    collections::{HashSet, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

use commandpost::{
    card::Said,
    desk::Desk,
    incident::sentence::Part,
    journal::rows::{DeliveryFilter, DeliveryState},
    outbox::port::{BoxFuture, Content, Courier, Errand, Outcome, Reconciled},
};
use tokio_util::sync::CancellationToken;

pub struct Scripted {
    name: &'static str,
    /// What comes of the next attempts; when there is no more, everything arrives.
    outcomes: Mutex<VecDeque<Outcome>>,
    looks: Mutex<VecDeque<Reconciled>>,
    /// Everything asked: `deliver KEY: TEXT`, `look KEY`.
    asked: Mutex<Vec<String>>,
    earlier: Mutex<Vec<Option<String>>>,
}

impl Scripted {
    pub fn new(name: &'static str) -> Arc<Scripted> {
        Self::with(name, [], [])
    }

    pub fn with(
        name: &'static str,
        outcomes: impl IntoIterator<Item = Outcome>,
        looks: impl IntoIterator<Item = Reconciled>,
    ) -> Arc<Scripted> {
        Arc::new(Scripted {
            name,
            outcomes: Mutex::new(outcomes.into_iter().collect()),
            looks: Mutex::new(looks.into_iter().collect()),
            asked: Mutex::default(),
            earlier: Mutex::default(),
        })
    }

    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
    pub fn earlier(&self) -> Vec<Option<String>> {
        self.earlier.lock().unwrap().clone()
    }
}

fn text_of(said: &Said) -> String {
    let shown = |part: &Part| match part {
        Part::Text(text) => text.clone(),
        Part::Time(at) => at.to_string(),
    };
    said.text.iter().map(shown).collect()
}

impl Courier for Scripted {
    fn destination(&self) -> &str {
        self.name
    }
    /// As a public destination would; a chat shows at once.
    fn shows_late(&self) -> bool {
        self.name != "chat"
    }
    fn deliver<'a>(&'a self, errand: &'a Errand) -> BoxFuture<'a, Outcome> {
        let says = match &errand.content {
            Content::Post(post) => post.text.clone(),
            Content::Card(card) => format!("card {}", card.subject),
            Content::Line(said) => text_of(said),
            Content::Unsaid(lines) => {
                let lines = lines.iter().map(|one| format!("{} reads {}", one.message, text_of(&one.said)));
                format!("unsaid {}", lines.collect::<Vec<_>>().join("; "))
            }
            Content::Ask(asked) => format!("{} S-{}", asked.how.word(), asked.situation),
            Content::Page(page) => page.text(),
            Content::Secret { kinds, of } => format!("{kinds} in {} {}", of.at, of.message),
            Content::Nothing => "nothing".into(),
        };
        let key = &errand.delivery.key;
        self.asked.lock().unwrap().push(format!("deliver {key}: {says}"));
        self.earlier.lock().unwrap().push(errand.earlier.clone());
        let next = self.outcomes.lock().unwrap().pop_front();
        let sent = Outcome::Sent { external_id: Some(format!("ext {key}")), url: None };
        Box::pin(async move { next.unwrap_or(sent) })
    }
    fn reconcile<'a>(&'a self, errand: &'a Errand) -> BoxFuture<'a, Reconciled> {
        self.asked.lock().unwrap().push(format!("look {}", errand.delivery.key));
        let next = self.looks.lock().unwrap().pop_front();
        Box::pin(async move { next.unwrap_or(Reconciled::Absent) })
    }
}

/// A destination that takes everything and never answers.
pub struct Dead(pub &'static str);

impl Courier for Dead {
    fn destination(&self) -> &str {
        self.0
    }
    fn deliver<'a>(&'a self, _: &'a Errand) -> BoxFuture<'a, Outcome> {
        Box::pin(std::future::pending())
    }
    fn reconcile<'a>(&'a self, _: &'a Errand) -> BoxFuture<'a, Reconciled> {
        Box::pin(std::future::pending())
    }
}

/// Runs the outbox of these couriers until nothing of theirs is due at this moment of the clock.
pub async fn pump(desk: &Arc<Desk>, couriers: &[&Arc<Scripted>]) {
    let couriers: Vec<_> = couriers.iter().map(|courier| Arc::clone(courier) as Arc<dyn Courier>).collect();
    pump_all(desk, &couriers).await;
}

/// The same, whatever the couriers.
pub async fn pump_all(desk: &Arc<Desk>, couriers: &[Arc<dyn Courier>]) {
    let stop = CancellationToken::new();
    let running: Vec<_> = couriers
        .iter()
        .map(|courier| tokio::spawn(desk.clone().run_outbox(courier.clone(), stop.clone())))
        .collect();
    for courier in couriers {
        loop {
            let mut open = desk.journal.deliveries(DeliveryFilter::Open).await.unwrap();
            open.retain(|d| d.destination == courier.destination() && d.state.is_open());
            // What stands behind another in its lane waits for that one.
            let mut lanes = HashSet::new();
            open.retain(|d| lanes.insert(d.lane.clone()));
            let now = desk.world.now();
            if !open.iter().any(|d| d.state == DeliveryState::Sending || d.next_at <= now) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
    stop.cancel();
    for task in running {
        task.await.unwrap();
    }
}
