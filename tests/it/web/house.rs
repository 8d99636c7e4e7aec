//! A desk on a directory of its own with the console and the status page before it; what is said goes through the
//! command language, as it does from every door.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use axum::Router;
use chrono::Duration;
use commandpost::{
    alert::{Alert, AlertSeverity, Link, LinkKind, Status},
    config::Component,
    desk::{
        Along, Answer, Caller, Desk, Settings,
        clock::{System, World},
        heartbeats::HeartbeatView,
        words::{Words, by_name},
    },
    grammar,
    http::{
        console::{self, Console},
        page::{self, PageSettings, StatusPage},
    },
    incident::{
        command::{Declare, DrillStart},
        decide::Policy,
        event::DrillClock,
        id::IncidentId,
        kind::Kind,
        paging::Means,
        play::Playbook,
        refusal::Refusal,
        severity::Severity,
    },
    journal::{Journal, sqlite::SqliteJournal},
    people::Person,
};
use tokio_util::sync::CancellationToken;

pub struct House {
    pub desk: Arc<Desk>,
    pub page: Arc<StatusPage>,
    pub stop: CancellationToken,
    pub router: Router,
}

pub fn components() -> Vec<Component> {
    let one = |name: &str, about: &str, group: &str| Component {
        name: name.into(),
        description: Some(about.into()),
        group: Some(group.into()),
    };
    vec![
        one("Checkout", "Carts and payments", "Shop"),
        one("Search", "Finding things to buy", "Shop"),
        one("API", "For partners", "Platform"),
        one("Webhooks", "Delivery of events", "Platform"),
    ]
}

/// One that begins by hand only.
fn playbooks() -> Vec<Playbook> {
    let all = serde_json::json!([{
        "id": "site-down", "title": "The site does not answer", "steps": [
            {"id": "P1", "role": "ic", "text": "Say that you have command", "say": "command take"},
            {"id": "P2", "role": "pio", "text": "Tell the public", "say": "update draft …"},
            {"id": "P3", "role": "ops", "text": "Go layer by layer <b>", "every_minutes": 10},
            {"id": "P4", "role": "ops", "text": "Say that it holds", "approve": "pio"},
            {"id": "P5", "role": "ic", "text": "Watch it", "when": {"phase": "monitoring"}},
        ]
    }]);
    serde_json::from_value(all).unwrap()
}

/// One that is missed, and one that is not.
fn heartbeats() -> Vec<HeartbeatView> {
    let now = System.now();
    let alive = HeartbeatView {
        name: "backup".into(),
        state: "alive".into(),
        heard_at: Some(now - Duration::minutes(3)),
        due_at: now + Duration::minutes(4),
        missed_since: None,
        every_seconds: 300,
        grace_seconds: 120,
    };
    let since = now - Duration::minutes(9);
    let missed = HeartbeatView {
        name: "prometheus <eu>".into(),
        state: "missed".into(),
        missed_since: Some(since),
        due_at: since,
        ..alive.clone()
    };
    vec![alive, missed]
}

async fn speak(
    desk: Arc<Desk>,
    caller: Caller,
    here: Option<IncidentId>,
    text: String,
    once: Option<String>,
) -> Result<Answer, Refusal> {
    desk.say(caller, here, Words::Text(text), once, &by_name()).await
}

impl House {
    pub async fn open(dir: &Path) -> House {
        let journal = Arc::new(SqliteJournal::open(dir).await.unwrap());
        House::with(journal)
    }

    pub fn with(journal: Arc<dyn Journal>) -> House {
        let names = components().iter().map(|component| component.name.clone()).collect();
        // Somebody who can be called; nobody is by a severity.
        let reach = BTreeMap::from([("bo".to_owned(), vec!["ntfy".to_owned()])]);
        let paging = Means { reach, ..Means::default() };
        let policy = Policy { components: names, playbooks: playbooks(), paging, ..Policy::default() };
        let settings = Settings { policy, ..Settings::default() };
        let world: Arc<dyn World> = Arc::new(System);
        let desk = Desk::new(journal.clone(), world.clone(), settings);
        let stop = CancellationToken::new();
        let said = desk.clone();
        let words = [
            "note ",
            "status",
            "task add @",
            "can ",
            "role take pio",
            "update draft ",
            "severity sev1 ",
            "resolve ",
            "help",
        ];
        let console = Arc::new(Console {
            desk: desk.clone(),
            say: Arc::new(move |caller, here, text, once| {
                Box::pin(speak(said.clone(), caller, here, text, once))
            }),
            who: Arc::new(|_| None),
            asks_name: true,
            help: grammar::help,
            words: words.map(str::to_owned).to_vec(),
            components: components(),
            tz: chrono_tz::Europe::Berlin,
            is_admin: Arc::new(|_| true),
            heartbeats: Arc::new(heartbeats),
            title: "Example Shop".into(),
            stop: stop.clone(),
        });
        let settings = PageSettings {
            title: "Example Shop status".into(),
            organization: "Example Shop".into(),
            public_url: "https://status.example.com".parse().ok(),
            tz: chrono_tz::Europe::Berlin,
            components: components(),
            days: 14,
        };
        let page = StatusPage::new(journal, world, settings);
        let router =
            Router::new().nest("/console", console::router(console)).merge(page::router(page.clone()));
        House { desk, page, stop, router }
    }

    /// Says a line as somebody.
    pub async fn say(&self, who: &str, here: &str, line: &str) -> Result<Answer, Refusal> {
        let caller = Caller::person(Person::named(who).unwrap(), "console");
        speak(self.desk.clone(), caller, here.parse().ok(), line.into(), None).await
    }

    /// A drill that Eve controls: DRILL-1 in a new house.
    pub async fn drill(&self) {
        let now = self.desk.world.now();
        let clock = DrillClock { started_real: now, started_virtual: now, speed: 1.0 };
        let drill = Declare {
            drill: Some(DrillStart { scenario: "redis-primary-loss".into(), sha256: "0".repeat(64), clock }),
            ..Declare::new("Loss of the session store", Severity::Sev2, Kind::Drill)
        };
        let eve = Caller::person(Person::named("Eve").unwrap(), "console");
        self.desk.declare(eve, drill, Along::default()).await.unwrap();
    }
}

/// An alert as Alertmanager would send it.
pub fn alert(fingerprint: &str, group: &str, title: &str, severity: AlertSeverity) -> Alert {
    Alert {
        source: "alertmanager".into(),
        fingerprint: fingerprint.into(),
        status: Status::Firing,
        acknowledged: false,
        severity,
        severity_text: severity.word().into(),
        title: title.into(),
        description: "More than 5 % of requests have failed for two minutes.".into(),
        starts_at: Some(System.now() - Duration::minutes(7)),
        ends_at: None,
        labels: BTreeMap::from([("service".into(), "checkout".into())]),
        annotations: BTreeMap::new(),
        links: vec![Link { kind: LinkKind::Runbook, url: "https://runbooks.example/checkout".into() }],
        group_key: group.into(),
        notes: vec![],
    }
}
