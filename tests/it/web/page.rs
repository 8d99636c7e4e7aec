//! The public status page: only what was approved and published, in the shape that readers of Statuspage know, and
//! there when the database is not.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use chrono::{DateTime, Utc};
use commandpost::{
    alert::{arranged::Arrangement, change::Change, judgement::Judgement, report::Fired},
    desk::clock::{System, World},
    http::page::PATHS,
    incident::{chain::Sealed, id::IncidentId, kind::Kind, state::Incident},
    journal::{rows::*, sqlite::SqliteJournal, *},
    people::Person,
    roster::Fetched,
};
use serde_json::Value;
use uuid::Uuid;

use super::{get, house::House, send};

/// An incident whose one update was published, by the way that every update goes.
async fn published(house: &House, title: &str, draft: &str) -> String {
    let answer = house.say("Ada", "", &format!("declare {title} --severity sev2")).await.unwrap();
    let id = answer.incident.unwrap().to_string();
    update(house, &id, draft).await;
    id
}

async fn update(house: &House, id: &str, draft: &str) {
    let n = house.desk.incident(id.parse().unwrap()).await.unwrap().posts.len() + 1;
    house.say("Bo", id, &format!("update draft {draft}")).await.unwrap();
    house.say("Ada", id, &format!("update approve {n}")).await.unwrap();
    house.say("Ada", id, &format!("update publish {n}")).await.unwrap();
}

async fn json(house: &House, path: &str) -> Value {
    serde_json::from_str(&get(house, path).await.body).unwrap()
}

#[tokio::test]
async fn the_worst_of_what_open_incidents_say_is_shown_until_they_are_resolved() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    house.page.refresh().await.unwrap();
    assert!(get(&house, "/status").await.body.contains("All systems operational"));
    let one =
        published(&house, "One", "--component Checkout=major_outage --next 30m First line.\n\nSecond.").await;
    let _two = published(
        &house,
        "Two",
        "--component Checkout=degraded_performance --component Search=partial_outage Slow.",
    )
    .await;
    house.page.refresh().await.unwrap();
    let state = |all: &Value, name: &str| {
        let list = all["components"].as_array().unwrap().clone();
        list.into_iter().find(|c| c["name"] == name).unwrap()["status"].as_str().unwrap().to_owned()
    };
    let summary = json(&house, "/status/api/v2/summary.json").await;
    assert_eq!(
        (state(&summary, "Checkout"), state(&summary, "Search"), state(&summary, "API")),
        ("major_outage".into(), "partial_outage".into(), "operational".into())
    );
    assert_eq!(summary["status"]["indicator"], "critical");
    let page = get(&house, "/status").await.body;
    assert!(page.contains("<p>First line.</p>\n<p>Second.</p>") && page.contains("Next update by"), "{page}");
    house.say("Ada", &one, "resolve rolled back").await.unwrap();
    update(&house, &one, "--phase resolved All is well.").await;
    house.page.refresh().await.unwrap();
    let summary = json(&house, "/status/api/v2/summary.json").await;
    assert_eq!(state(&summary, "Checkout"), "degraded_performance", "the other incident still says so");
    assert_eq!(summary["incidents"].as_array().unwrap().len(), 1);
    let all = json(&house, "/status/api/v2/incidents.json").await;
    let over = all["incidents"].as_array().unwrap().iter().find(|i| i["id"] == one.as_str()).unwrap();
    assert_eq!((&over["status"], over["resolved_at"].is_string()), (&"resolved".into(), true));
    assert_eq!(over["incident_updates"][0]["body"], "All is well.", "newest first");
}

#[tokio::test]
async fn what_is_not_published_or_not_real_is_nowhere_to_be_read() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    published(&house, "INTERNAL-TITLE db7", "--title Checkout PUBLISHED-WORDS").await;
    house.say("Bo", "INC-1", "note INTERNAL-NOTE").await.unwrap();
    house.say("Ada", "INC-1", "set title INTERNAL-TITLE two").await.unwrap();
    house.say("Ada", "INC-1", "set summary INTERNAL-SUMMARY").await.unwrap();
    house.say("Bo", "INC-1", "update draft DRAFTED-WORDS").await.unwrap();
    house.say("Bo", "INC-1", "update draft APPROVED-WORDS").await.unwrap();
    house.say("Ada", "INC-1", "update approve 3").await.unwrap();
    house.say("Bo", "INC-1", "update draft DROPPED-WORDS").await.unwrap();
    house.say("Ada", "INC-1", "update drop 4 no").await.unwrap();
    house.say("Ada", "", "declare TEST-TITLE --test").await.unwrap();
    update(&house, "TEST-1", "TEST-WORDS").await;
    let now = house.desk.world.now();
    let clock =
        commandpost::incident::event::DrillClock { started_real: now, started_virtual: now, speed: 1.0 };
    let drill = commandpost::incident::command::Declare {
        drill: Some(commandpost::incident::command::DrillStart {
            scenario: "x".into(),
            sha256: "0".repeat(64),
            clock,
        }),
        ..commandpost::incident::command::Declare::new(
            "DRILL-TITLE",
            commandpost::incident::severity::Severity::Sev1,
            Kind::Drill,
        )
    };
    let ada =
        commandpost::desk::Caller::person(commandpost::people::Person::named("Ada").unwrap(), "console");
    house.desk.declare(ada, drill, commandpost::desk::Along::default()).await.unwrap();
    update(&house, "DRILL-1", "DRILL-WORDS").await;
    house.page.refresh().await.unwrap();
    for path in PATHS {
        let got = get(&house, path).await;
        assert_eq!(got.status, StatusCode::OK, "{path}");
        for word in ["INTERNAL", "DRAFTED", "APPROVED", "DROPPED", "TEST-", "DRILL", "Ada", "Bo<"] {
            assert!(!got.body.contains(word), "{path} has {word}: {}", got.body);
        }
    }
    for path in ["/status", "/status/feed.atom", "/status/api/v2/summary.json"] {
        assert!(get(&house, path).await.body.contains("PUBLISHED-WORDS"), "{path}");
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// The same keys with the same types, down to the elements of lists. Where one side has null, the other may have
/// anything: the recordings have too few examples to say more.
fn same_shape(at: &str, ours: &Value, theirs: &Value) {
    match (ours, theirs) {
        (Value::Null, _) | (_, Value::Null) => {}
        (Value::Object(ours), Value::Object(theirs)) => {
            let keys = |map: &serde_json::Map<String, Value>| {
                map.keys().cloned().collect::<std::collections::BTreeSet<_>>()
            };
            assert_eq!(keys(ours), keys(theirs), "{at}");
            for (key, value) in ours {
                same_shape(&format!("{at}.{key}"), value, &theirs[key]);
            }
        }
        (Value::Array(ours), Value::Array(theirs)) => {
            for one in ours {
                if let Some(other) = theirs.first() {
                    same_shape(&format!("{at}[]"), one, other);
                }
            }
        }
        (ours, theirs) => {
            assert_eq!(kind_of(ours), kind_of(theirs), "{at}");
            if let (Some(our), Ok(_)) =
                (ours.as_str(), theirs.as_str().unwrap_or_default().parse::<DateTime<Utc>>())
            {
                assert!(our.parse::<DateTime<Utc>>().is_ok(), "{at}: {our} is a time");
            }
        }
    }
}

#[tokio::test]
async fn readers_of_statuspage_find_the_documents_they_know() {
    let Some(dir) = crate::support::specs::find("recordings of Statuspage", "statuspage/public-v2") else {
        return;
    };
    let temp = tempfile::tempdir().unwrap();
    let house = House::open(temp.path()).await;
    let id = published(&house, "One", "--component Checkout=major_outage First.").await;
    house.say("Ada", &id, "phase mitigate restarted").await.unwrap();
    update(&house, &id, "--component Checkout=operational Watching.").await;
    published(&house, "Two", "--component API=partial_outage Second.").await;
    house.say("Ada", &id, "resolve done").await.unwrap();
    update(&house, &id, "--phase resolved Over.").await;
    house.page.refresh().await.unwrap();
    for (path, recorded) in [
        ("summary", "get-summary-json"),
        ("status", "get-status-json"),
        ("components", "get-components-json"),
        ("incidents", "get-incidents-json"),
        ("incidents/unresolved", "get-incidents-unresolved-json"),
        ("scheduled-maintenances", "get-scheduled-maintenances-json"),
        ("scheduled-maintenances/upcoming", "get-scheduled-maintenances-upcoming-json"),
        ("scheduled-maintenances/active", "get-scheduled-maintenances-active-json"),
    ] {
        let file = dir.join(format!("discordstatus_{recorded}-{recorded}.json"));
        let theirs: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        let ours = json(&house, &format!("/status/api/v2/{path}.json")).await;
        same_shape(path, &ours, &theirs);
    }
    // The recorded summary has no incident in it; one there looks as it does in the list of incidents.
    let file = dir.join("discordstatus_get-incidents-json-get-incidents-json.json");
    let theirs: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    let summary = json(&house, "/status/api/v2/summary.json").await;
    assert_eq!(summary["incidents"].as_array().unwrap().len(), 1);
    same_shape("summary.incidents", &summary["incidents"], &theirs["incidents"]);
}

#[tokio::test]
async fn the_feed_is_atom_with_ids_that_stay() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let id = published(&house, "One", "--title Checkout <First> & \"best\".").await;
    house.page.refresh().await.unwrap();
    let before: atom_syndication::Feed = get(&house, "/status/feed.atom").await.body.parse().unwrap();
    update(&house, &id, "Second.").await;
    house.page.refresh().await.unwrap();
    let after: atom_syndication::Feed = get(&house, "/status/feed.atom").await.body.parse().unwrap();
    assert_eq!((after.entries.len(), &after.id), (2, &before.id));
    assert_eq!(after.entries[1], before.entries[0]);
    assert_eq!(after.entries[1].id, "tag:status.example.com,2026:INC-1/p1");
    assert_eq!(
        after.entries[1].content.as_ref().unwrap().value.as_deref(),
        Some("<p>&lt;First&gt; &amp; &quot;best&quot;.</p>")
    );
    assert_eq!(after.updated, after.entries[0].updated);
    let own = after.links.iter().find(|link| link.rel == "self").unwrap();
    assert_eq!(own.href, "https://status.example.com/status/feed.atom");
    assert!(!after.authors.is_empty() && !after.title.value.is_empty());
}

#[tokio::test]
async fn unchanged_bytes_are_not_sent_twice_and_head_sends_none() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    published(&house, "One", "--component Checkout=major_outage First.").await;
    house.page.refresh().await.unwrap();
    for path in PATHS {
        let first = get(&house, path).await;
        let tag = first.headers[header::ETAG].clone();
        assert_eq!(first.headers[header::CACHE_CONTROL], "public, max-age=10", "{path}");
        house.page.refresh().await.unwrap();
        let again =
            Request::builder().uri(path).header(header::IF_NONE_MATCH, &tag).body(Body::empty()).unwrap();
        let again = super::read(send(&house, again).await).await;
        assert_eq!(
            (again.status, again.body.as_str(), &again.headers[header::ETAG]),
            (StatusCode::NOT_MODIFIED, "", &tag),
            "{path}"
        );
        let head = Request::builder().method("HEAD").uri(path).body(Body::empty()).unwrap();
        let head = super::read(send(&house, head).await).await;
        assert_eq!((head.status, head.body.as_str()), (StatusCode::OK, ""), "{path}");
        assert_eq!(head.headers[header::CONTENT_LENGTH], first.body.len().to_string(), "{path}");
        assert_eq!(house.page.bytes(path).unwrap().bytes, first.body.as_bytes(), "{path}");
    }
    let before = get(&house, "/status").await.headers[header::ETAG].clone();
    update(&house, "INC-1", "Second.").await;
    house.page.refresh().await.unwrap();
    assert_ne!(get(&house, "/status").await.headers[header::ETAG], before);
    assert!(house.page.bytes("/console").is_none() && house.page.bytes("/").is_none());
}

/// A journal whose public posts can be made to fail.
struct Failing {
    inner: SqliteJournal,
    fails: AtomicBool,
}

macro_rules! pass_on {
    ($($name:ident($($arg:ident: $kind:ty),*) -> $answer:ty;)*) => {
        $(fn $name(&self $(, $arg: $kind)*) -> $answer {
            self.inner.$name($($arg),*)
        })*
    };
}

impl Journal for Failing {
    fn public_posts(&self, since: DateTime<Utc>) -> Reading<'_, Vec<PublicPostRow>> {
        if self.fails.load(Ordering::Relaxed) {
            return Box::pin(async { Err(JournalError::Unavailable("disk I/O error".into())) });
        }
        self.inner.public_posts(since)
    }
    pass_on! {
        append(append: Append) -> Written<()>;
        load(incident: IncidentId) -> Reading<'_, Option<(Incident, Uuid)>>;
        entries(incident: IncidentId, from: u64, limit: u64) -> Reading<'_, Vec<Sealed>>;
        changing_entries(incident: IncidentId) -> Reading<'_, Vec<Sealed>>;
        incidents(filter: IncidentFilter) -> Reading<'_, Vec<IncidentRow>>;
        incident_row(id: IncidentId) -> Reading<'_, Option<IncidentRow>>;
        recorded() -> Reading<'_, Vec<IncidentId>>;
        last_number(kind: Kind) -> Reading<'_, u32>;
        public_posts_of(incident: IncidentId) -> Reading<'_, Vec<PublicPostRow>>;
        answered(key: &str) -> Reading<'_, Option<(String, String)>>;
        take_alerts(batch: AlertBatch) -> Written<AlertReceipt>;
        alerts_waiting() -> usize;
        situations(filter: SituationFilter) -> Reading<'_, Vec<SituationRow>>;
        alerts_of(situation: i64, limit: u32) -> Reading<'_, Vec<AlertRow>>;
        alerts_of_each(situations: Vec<i64>, limit: u32) -> Reading<'_, Vec<AlertRow>>;
        counts() -> Reading<'_, Counts>;
        close_quiet_situations(before: DateTime<Utc>) -> Written<u64>;
        changes(filter: ChangeFilter) -> Reading<'_, Vec<Change>>;
        judgements(filter: JudgementFilter) -> Reading<'_, Vec<Judgement>>;
        fired(since: DateTime<Utc>, limit: u32) -> Reading<'_, Vec<Fired>>;
        forget_changes(before: DateTime<Utc>) -> Written<u64>;
        arrangements(filter: ArrangementFilter) -> Reading<'_, Vec<Arrangement>>;
        last_arrangement() -> Reading<'_, i64>;
        is_held_until(now: DateTime<Utc>) -> Reading<'_, bool>;
        claim(destination: &str, now: DateTime<Utc>, limit: u32) -> Written<Vec<Delivery>>;
        settle(settlement: Settlement) -> Written<()>;
        orphans_to_unknown() -> Written<u64>;
        handle(delivery: i64, how: Handle, now: DateTime<Utc>) -> Written<bool>;
        deliveries(filter: DeliveryFilter) -> Reading<'_, Vec<Delivery>>;
        next_delivery_at(destination: &str) -> Reading<'_, Option<DateTime<Utc>>>;
        bind(destination: &str, subject: &str, name: &str, value: &str) -> Written<()>;
        bound(destination: &str, subject: &str) -> Reading<'_, Vec<(String, String)>>;
        bound_to(destination: &str, name: &str, value: &str) -> Reading<'_, Option<String>>;
        timers_due(now: DateTime<Utc>, limit: u32) -> Reading<'_, Vec<TimerRow>>;
        next_timer_at() -> Reading<'_, Option<DateTime<Utc>>>;
        receipt(receipt: Uuid) -> Reading<'_, Vec<ReceiptRow>>;
        heartbeats() -> Reading<'_, Vec<HeartbeatRow>>;
        keep_heartbeat(row: HeartbeatRow) -> Written<()>;
        forget_heartbeat(name: &str) -> Written<()>;
        say_override(id: &str, said: SaidOverride) -> Written<u64>;
        withdraw_override(n: u64, by: &Person, at: DateTime<Utc>) -> Written<bool>;
        overrides(since: DateTime<Utc>) -> Reading<'_, Vec<(u64, SaidOverride)>>;
        keep_fetched(roster: &str, fetched: Fetched) -> Written<()>;
        fetched() -> Reading<'_, Vec<(String, Fetched)>>;
        prune(before: DateTime<Utc>) -> Written<u64>;
        probe() -> Written<()>;
        rebuild() -> Written<u64>;
        backup(file: &std::path::Path) -> Written<()>;
    }
}

#[tokio::test]
async fn the_last_good_page_is_served_while_the_database_fails() {
    let dir = tempfile::tempdir().unwrap();
    let inner = SqliteJournal::open(dir.path()).await.unwrap();
    let journal = Arc::new(Failing { inner, fails: AtomicBool::new(true) });
    let house = House::with(journal.clone());
    // Nothing was ever read: an empty page would claim that all is well.
    assert!(house.page.refresh().await.is_err());
    assert_eq!(get(&house, "/status").await.status, StatusCode::SERVICE_UNAVAILABLE);
    journal.fails.store(false, Ordering::Relaxed);
    published(&house, "One", "PUBLISHED-WORDS").await;
    house.page.refresh().await.unwrap();
    let good = get(&house, "/status").await;
    journal.fails.store(true, Ordering::Relaxed);
    update(&house, "INC-1", "LATER-WORDS").await;
    assert!(house.page.refresh().await.is_err());
    let kept = get(&house, "/status").await;
    assert_eq!((kept.status, &kept.body), (StatusCode::OK, &good.body));
    journal.fails.store(false, Ordering::Relaxed);
    house.page.refresh().await.unwrap();
    assert!(get(&house, "/status").await.body.contains("LATER-WORDS"));
}

#[tokio::test]
async fn planned_work_is_shown_with_its_time_once_its_text_was_approved_and_is_under_way_by_itself() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let ahead = (System.now() + chrono::Duration::days(2)).format("%Y-%m-%dT%H:00Z");
    let later = house
        .say("Ada", "", &format!("maintenance schedule \"index rebuild\" from {ahead} for 2h"))
        .await
        .unwrap()
        .incident
        .unwrap()
        .to_string();
    let now = house.say("Ada", "", "maintenance schedule \"db upgrade\" for 2h").await.unwrap();
    let now = now.incident.unwrap().to_string();
    house.page.refresh().await.unwrap();
    let planned = async |path: &str| {
        let all = json(&house, &format!("/status/api/v2/{path}.json")).await;
        let all = all["scheduled_maintenances"].as_array().unwrap().clone();
        all.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert!(!get(&house, "/status").await.body.contains("index rebuild"), "nobody has approved a word of it");
    assert_eq!(planned("summary").await, [] as [&str; 0]);

    update(&house, &later, "Search is away for an hour.").await;
    // Planned for now, and its timer may not have gone off: by its time it is under way all the same.
    update(&house, &now, "--component Checkout=under_maintenance Checkout is slow.").await;
    house.page.refresh().await.unwrap();
    assert_eq!(planned("scheduled-maintenances/upcoming").await, std::slice::from_ref(&later));
    assert_eq!(planned("scheduled-maintenances/active").await, std::slice::from_ref(&now));
    let summary = json(&house, "/status/api/v2/summary.json").await;
    assert_eq!(summary["incidents"].as_array().unwrap().len(), 0, "it is no incident");
    // Whoever reads it as JSON is told the same as whoever reads the page.
    for status in [&summary["status"], &json(&house, "/status/api/v2/status.json").await["status"]] {
        let told = (&status["indicator"], &status["description"]);
        assert_eq!(told, (&"maintenance".into(), &"Service Under Maintenance".into()));
    }
    let first = &summary["scheduled_maintenances"][0];
    assert_eq!((&first["status"], &first["impact"]), (&"in_progress".into(), &"maintenance".into()));
    assert!(first["scheduled_for"].is_string() && first["scheduled_until"].is_string(), "{first}");
    let checkout =
        summary["components"].as_array().unwrap().iter().find(|c| c["name"] == "Checkout").unwrap();
    assert_eq!(checkout["status"], "under_maintenance");
    let page = get(&house, "/status").await.body;
    assert!(page.contains("Planned maintenance") && page.contains("Maintenance is under way"), "{page}");
    assert!(page.contains("Search is away for an hour."), "{page}");
    // An incident that hurts nobody yet is more than work that was planned, on both.
    let open = house.say("Ada", "", "declare payments look odd --severity sev4").await.unwrap();
    let open = open.incident.unwrap().to_string();
    update(&house, &open, "--impact none We are looking into payments.").await;
    house.page.refresh().await.unwrap();
    let status = json(&house, "/status/api/v2/status.json").await;
    assert_ne!(status["status"]["indicator"], "maintenance");
    assert!(get(&house, "/status").await.body.contains("We are looking into an incident"));
    house.say("Ada", &open, "resolve it was a test payment").await.unwrap();
    update(&house, &open, "Payments are as they should be.").await;
    house.page.refresh().await.unwrap();

    house.desk.fire_due_timers().await.unwrap();
    house.say("Ada", &now, "maintenance complete").await.unwrap();
    update(&house, &now, "Checkout is as fast as ever.").await;
    house.page.refresh().await.unwrap();
    assert_eq!(planned("scheduled-maintenances/active").await, [] as [&str; 0]);
    assert_eq!(planned("scheduled-maintenances").await, [later, now]);
    assert!(get(&house, "/status").await.body.contains("All systems operational"));
    assert_eq!(json(&house, "/status/api/v2/status.json").await["status"]["indicator"], "none");
}
