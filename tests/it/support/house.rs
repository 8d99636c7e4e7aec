//! A house of one's own: a journal in a folder that goes away with it, and a clock that is moved by hand.

use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicU64, Ordering},
};

use chrono::{DateTime, Duration, Utc};
use commandpost::{
    alert::{Alert, AlertSeverity, Status},
    desk::{
        Along, Answer, Caller, Desk, Settings,
        clock::{System, World},
    },
    incident::{
        command::{Command, Declare},
        id::IncidentId,
        kind::Kind,
        refusal::Refusal,
        severity::Severity,
    },
    journal::{
        Handle, Journal,
        rows::{DeliveryFilter, DeliveryState},
        sqlite::SqliteJournal,
    },
    people::Person,
};
use uuid::Uuid;

use super::faulty::Faulty;

/// How long a test waits before it fails; nothing is measured by it.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(90);

/// Time that stands still until it is moved; ids that count.
pub struct Manual {
    now_ms: AtomicI64,
    count: AtomicU64,
}

impl Manual {
    pub fn new() -> Arc<Manual> {
        Arc::new(Manual { now_ms: AtomicI64::new(at(0).timestamp_millis()), count: AtomicU64::new(1) })
    }
    pub fn later(&self, by: Duration) {
        self.now_ms.fetch_add(by.num_milliseconds(), Ordering::SeqCst);
    }
}

impl World for Manual {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.now_ms.load(Ordering::SeqCst)).unwrap()
    }
    fn id(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.count.fetch_add(1, Ordering::SeqCst)))
    }
    fn salt(&self) -> String {
        format!("{:032x}", self.count.fetch_add(1, Ordering::SeqCst))
    }
    fn chance(&self) -> f64 {
        0.0
    }
}

/// Seconds after the moment at which the tests begin.
pub fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_355_200 + seconds, 0).unwrap()
}

pub fn person(name: &str) -> Person {
    Person::named(name).unwrap()
}

pub fn caller(name: &str) -> Caller {
    Caller::person(person(name), "test")
}

pub fn declare(title: &str, kind: Kind) -> Declare {
    Declare::new(title, Severity::Sev2, kind)
}

/// A key as people paste one; put together here, so that no file holds a key by its shape.
pub fn pasted_key() -> String {
    format!("ghp_{}", "Ab1".repeat(11))
}

pub fn note(text: impl Into<String>) -> Command {
    Command::Note { text: text.into(), at: None }
}

/// A firing alert of one group.
pub fn alert(group: &str, name: &str) -> Alert {
    Alert {
        source: "alertmanager".into(),
        fingerprint: name.into(),
        status: Status::Firing,
        acknowledged: false,
        severity: AlertSeverity::Critical,
        severity_text: "critical".into(),
        title: format!("Disk full on {name}"),
        description: String::new(),
        starts_at: Some(at(-60)),
        ends_at: None,
        labels: Default::default(),
        annotations: Default::default(),
        links: vec![],
        group_key: group.into(),
        notes: vec![],
    }
}

pub fn resolved(alert: &Alert) -> Alert {
    Alert { status: Status::Resolved, ends_at: Some(at(0)), ..alert.clone() }
}

/// Tries again what is left to bring out, as soon as each attempt that is under way is written down: none is given up by
/// itself.
pub async fn try_again_at_once(desk: &Desk) {
    let waiting = async {
        loop {
            let open = desk.journal.deliveries(DeliveryFilter::Open).await.expect("a list");
            if open.iter().all(|delivery| delivery.state == DeliveryState::Pending) {
                return open;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    let waiting = tokio::time::timeout(PATIENCE, waiting).await;
    for delivery in waiting.expect("it is tried again by itself") {
        desk.journal.handle(delivery.n, Handle::Retry, System.now()).await.expect("at once");
    }
}

/// Until something of this incident was tried and waits to be tried again, and nothing is under way.
pub async fn waits(desk: &Desk, id: &str) {
    let id: IncidentId = id.parse().expect("an id");
    let waiting = async {
        loop {
            let open = desk.journal.deliveries(DeliveryFilter::Open).await.expect("a list");
            let is_tried = open.iter().any(|one| one.incident == Some(id) && one.attempts > 0);
            if is_tried && open.iter().all(|one| one.state != DeliveryState::Sending) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, waiting).await.is_ok(), "something of {id} waits");
}

/// A desk on a journal of its own, by the machine's clock, that shows its incidents in these chats.
pub async fn desk(chats: &[&str]) -> (Arc<Desk>, Arc<tempfile::TempDir>) {
    let chats = chats.iter().map(|chat| (*chat).to_owned()).collect();
    desk_of(Settings { chats, ..Settings::default() }).await
}

/// With settings of its own.
pub async fn desk_of(settings: Settings) -> (Arc<Desk>, Arc<tempfile::TempDir>) {
    let dir = Arc::new(tempfile::tempdir().unwrap());
    let journal = SqliteJournal::open(dir.path()).await.unwrap();
    (Desk::new(Arc::new(journal), Arc::new(System), settings), dir)
}

pub struct House {
    pub desk: Arc<Desk>,
    pub world: Arc<Manual>,
    pub journal: Arc<dyn Journal>,
    _dir: Arc<tempfile::TempDir>,
}

impl House {
    pub async fn open(settings: Settings) -> House {
        Self::at(Manual::new(), settings).await
    }

    /// By a clock that is there already.
    pub async fn at(world: Arc<Manual>, settings: Settings) -> House {
        let dir = Arc::new(tempfile::tempdir().unwrap());
        let journal: Arc<dyn Journal> = Arc::new(SqliteJournal::open(dir.path()).await.unwrap());
        House { desk: Desk::new(journal.clone(), world.clone(), settings), world, journal, _dir: dir }
    }

    /// On a journal that can be made to fail.
    pub async fn faulty(settings: Settings) -> (House, Arc<Faulty>) {
        let dir = Arc::new(tempfile::tempdir().unwrap());
        let faulty = Faulty::new(Arc::new(SqliteJournal::open(dir.path()).await.unwrap()));
        let (world, journal) = (Manual::new(), faulty.clone() as Arc<dyn Journal>);
        let desk = Desk::new(journal.clone(), world.clone(), settings);
        (House { desk, world, journal, _dir: dir }, faulty)
    }

    /// Where its files lie.
    pub fn dir(&self) -> &std::path::Path {
        self._dir.path()
    }

    /// Another desk on the same journal, as after a crash: nothing is left but what was written.
    pub fn restarted(self) -> House {
        let settings = (*self.desk.settings()).clone();
        self.restarted_with(settings)
    }

    /// The same, with other settings.
    pub fn restarted_with(self, settings: Settings) -> House {
        House { desk: Desk::new(self.journal.clone(), self.world.clone(), settings), ..self }
    }

    /// An incident that Ada has declared.
    pub async fn incident(&self) -> IncidentId {
        self.declared(Kind::Real).await
    }

    pub async fn declared(&self, kind: Kind) -> IncidentId {
        let declared =
            self.desk.declare(caller("Ada"), declare("Payments fail", kind), Along::default()).await;
        declared.unwrap().incident.unwrap()
    }

    pub async fn try_say(&self, who: &str, id: IncidentId, command: Command) -> Result<Answer, Refusal> {
        self.desk.submit(caller(who), id, command, Along::default()).await
    }

    pub async fn say(&self, who: &str, id: IncidentId, command: Command) -> Answer {
        self.try_say(who, id, command).await.unwrap()
    }

    /// The names of the entries, in order; the chain and the projections are sound.
    pub async fn names(&self, id: IncidentId) -> Vec<&'static str> {
        self.sound(id).await;
        self.desk.timeline(id, 1).await.unwrap().into_iter().map(|line| line.name).collect()
    }

    pub async fn texts(&self, id: IncidentId) -> Vec<String> {
        self.desk.timeline(id, 1).await.unwrap().into_iter().map(|line| line.text).collect()
    }

    pub async fn sound(&self, id: IncidentId) {
        let verified = self.desk.verify(id).await.unwrap();
        assert_eq!(verified.problems, Vec::<String>::new());
    }
}
