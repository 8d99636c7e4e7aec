//! Killed again and again in the middle of its work, the program loses nothing that it acknowledged and says nothing
//! twice.
//!
//! People type, monitoring sends, public updates go to a modelled X and a modelled Statuspage that have faults of
//! their own; at random moments the process gets SIGKILL. `TORTURE_ROUNDS` (kills) and `TORTURE_SEED` make it longer:
//!
//! ```sh
//! TORTURE_ROUNDS=200 cargo test --test it torture -- --nocapture
//! ```

#![allow(clippy::disallowed_methods, reason = "these tests stand outside the program, in real time")]

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use chrono::Utc;
use commandpost::model::{
    fault::Fault,
    statuspage::StatuspageModel,
    x::{Account, XModel},
};
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};

use crate::support::program::{Program, Said, alertmanager_body, client, fingerprints, say, until};

const ROUNDS_USUAL: u64 = 12;
const INCIDENTS: usize = 4;
/// A new public update is drafted every so many milliseconds at most: Statuspage takes one call a second.
const POST_EVERY_MS: u64 = 2_500;

/// What was asked of the program, and what it acknowledged.
#[derive(Default)]
struct Ledger {
    /// Marks of everything that was ever sent.
    sent: Mutex<HashSet<String>>,
    /// Mark to incident, acknowledged.
    acked: Mutex<HashMap<String, String>>,
    /// Fingerprints of alerts.
    alerts_sent: Mutex<HashSet<String>>,
    alerts_acked: Mutex<HashSet<String>>,
    /// Acknowledged answers asked for again by their key, which came out the same.
    repeats: AtomicU64,
    lost_connections: AtomicU64,
    /// What no load of this kind may be answered.
    wrong: Mutex<Vec<String>>,
}

/// The marks in a text: `tk…kt`, one a thing said.
fn mark_of(text: &str) -> Option<String> {
    let start = text.find("tk")?;
    let rest = text.get(start + 2..)?;
    let end = rest.find("kt")?;
    let inner = rest.get(..end)?;
    inner.bytes().all(|b| b.is_ascii_digit()).then(|| format!("tk{inner}kt"))
}

struct Load {
    port: u16,
    client: reqwest::Client,
    incidents: Vec<String>,
    ledger: Ledger,
    stop: AtomicBool,
    next: AtomicU64,
}

impl Load {
    fn mark(&self) -> String {
        format!("tk{}kt", self.next.fetch_add(1, Ordering::Relaxed))
    }
    fn going(&self) -> bool {
        !self.stop.load(Ordering::Relaxed)
    }
    fn wrong(&self, what: String) {
        self.ledger.wrong.lock().unwrap().push(what);
    }

    /// Says words under a key, again and again until they are acknowledged. `None`: refused, which is noted.
    async fn surely(&self, person: &str, incident: &str, text: &str, key: &str) -> Option<Said> {
        loop {
            match say(&self.client, self.port, person, incident, text, Some(key)).await {
                Ok(said) if said.status == 200 => return Some(said),
                Ok(said) if said.status == 503 => {}
                Ok(said) => {
                    self.wrong(format!("{person} {incident} {text}: {} {}", said.status, said.text));
                    return None;
                }
                Err(_) => drop(self.ledger.lost_connections.fetch_add(1, Ordering::Relaxed)),
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }

    /// One who types: notes mostly, with and without a key, now and then a task of a minute or an offered role.
    async fn caller(self: Arc<Self>, person: &'static str, mut random: StdRng) {
        while self.going() {
            tokio::time::sleep(Duration::from_millis(random.random_range(15..110))).await;
            let incident = self.incidents[random.random_range(0..self.incidents.len())].clone();
            let mark = self.mark();
            let text = match random.random_range(0..60) {
                0 => format!("task add 1m look at {mark}"),
                1 if person == "ada" => format!("role offer sme:{mark} @zoe"),
                _ => format!("note the graph says {mark}"),
            };
            self.ledger.sent.lock().unwrap().insert(mark.clone());
            if random.random_bool(0.3) {
                // Without a key, once: it may be there or not if the answer is lost, but never twice.
                match say(&self.client, self.port, person, &incident, &text, None).await {
                    Ok(said) if said.status == 200 => {
                        self.ledger.acked.lock().unwrap().insert(mark, incident);
                    }
                    Ok(said) if said.status == 503 => {}
                    Ok(said) => self.wrong(format!("{text}: {} {}", said.status, said.text)),
                    Err(_) => drop(self.ledger.lost_connections.fetch_add(1, Ordering::Relaxed)),
                }
                continue;
            }
            let key = format!("key-{mark}");
            let Some(first) = self.surely(person, &incident, &text, &key).await else { continue };
            self.ledger.acked.lock().unwrap().insert(mark, incident.clone());
            if random.random_bool(0.15) {
                if let Some(again) = self.surely(person, &incident, &text, &key).await
                    && again.text != first.text
                {
                    self.wrong(format!(
                        "the key's second answer differs: {} then {}",
                        first.text, again.text
                    ));
                }
                self.ledger.repeats.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Monitoring: a group of alerts, sent until it is taken, as Alertmanager does; some twice, some resolved later.
    async fn monitoring(self: Arc<Self>, name: &'static str, mut random: StdRng) {
        let mut count = 0_u64;
        while self.going() {
            tokio::time::sleep(Duration::from_millis(random.random_range(20..160))).await;
            let group = format!("{name}{}", random.random_range(0..6));
            let prints: Vec<String> = (0..random.random_range(1..6))
                .map(|_| {
                    count += 1;
                    format!("{name}-{count:08x}")
                })
                .collect();
            self.ledger.alerts_sent.lock().unwrap().extend(prints.iter().cloned());
            let rows = |firing: bool| prints.iter().map(|print| (print.clone(), firing)).collect::<Vec<_>>();
            let mut bodies = vec![alertmanager_body(&group, &rows(true))];
            if random.random_bool(0.3) {
                bodies.push(alertmanager_body(&group, &rows(true)));
            }
            if random.random_bool(0.4) {
                bodies.push(alertmanager_body(&group, &rows(false)));
            }
            for body in bodies {
                self.deliver(&body).await;
                self.ledger.alerts_acked.lock().unwrap().extend(prints.iter().cloned());
            }
        }
    }

    async fn deliver(&self, body: &Value) {
        let url = format!("http://127.0.0.1:{}/hooks/alertmanager", self.port);
        loop {
            match self.client.post(&url).json(body).send().await {
                Ok(answer) if answer.status() == 200 => return,
                Ok(answer) if answer.status() == 503 => {}
                Ok(answer) => self.wrong(format!("hook: {}", answer.status())),
                Err(_) => drop(self.ledger.lost_connections.fetch_add(1, Ordering::Relaxed)),
            }
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
    }

    /// The public side: Bob drafts, Ada approves and publishes; every fifth draft stays one.
    async fn public(self: Arc<Self>, mut random: StdRng) {
        let mut count = 0_u64;
        while self.going() {
            tokio::time::sleep(Duration::from_millis(random.random_range(POST_EVERY_MS / 4..POST_EVERY_MS)))
                .await;
            let incident = self.incidents[random.random_range(0..2)].clone();
            let mark = self.mark();
            self.ledger.sent.lock().unwrap().insert(mark.clone());
            let draft = format!("update draft We are working on it, {mark}.");
            let Some(said) = self.surely("bob", &incident, &draft, &format!("draft-{mark}")).await else {
                return;
            };
            let answer = said.json()["text"].as_str().unwrap_or_default().to_owned();
            let n: Option<u32> = answer
                .split_whitespace()
                .find_map(|word| word.trim_matches(|c: char| !c.is_ascii_digit()).parse().ok());
            let Some(n) = n else { return self.wrong(format!("no number in «{answer}»")) };
            count += 1;
            if count.is_multiple_of(5) {
                continue;
            }
            for verb in ["approve", "publish"] {
                let words = format!("update {verb} {n}");
                if self.surely("ada", &incident, &words, &format!("{verb}-{mark}")).await.is_none() {
                    return;
                }
            }
        }
    }
}

/// What has been read of an incident's timeline so far.
#[derive(Default)]
struct Seen {
    upto: u64,
    /// (event name, mark) to how often.
    marks: BTreeMap<(String, String), u32>,
    names: BTreeMap<String, u32>,
    /// Texts of offers that expired.
    expired: Vec<String>,
}

impl Seen {
    fn take(&mut self, entries: &[Value]) {
        for entry in entries {
            let seq = entry["seq"].as_u64().unwrap();
            assert_eq!(seq, self.upto + 1, "sequence numbers have no gap and no repeat");
            self.upto = seq;
            let name = entry["name"].as_str().unwrap().to_owned();
            let text = entry["text"].as_str().unwrap();
            if let Some(mark) = mark_of(text) {
                *self.marks.entry((name.clone(), mark)).or_default() += 1;
            }
            if name == "role.offer_expired" {
                self.expired.push(text.to_owned());
            }
            *self.names.entry(name).or_default() += 1;
        }
    }
    fn count(&self, name: &str) -> u32 {
        self.names.get(name).copied().unwrap_or(0)
    }
    fn marks_of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (&'a str, u32)> {
        self.marks
            .iter()
            .filter(move |((n, _), _)| n == name)
            .map(|((_, mark), count)| (mark.as_str(), *count))
    }
}

/// Everything acknowledged is there once, nothing is twice, nothing is there that nobody sent.
async fn check(post: &Program, load: &Load, seen: &mut BTreeMap<String, Seen>) {
    let acked = load.ledger.acked.lock().unwrap().clone();
    let alerts_acked = load.ledger.alerts_acked.lock().unwrap().clone();
    for id in &load.incidents {
        let seen = seen.entry(id.clone()).or_default();
        let fresh = post.timeline(id, seen.upto + 1).await;
        seen.take(&fresh);
        let verified = post.document(&format!("/api/v1/incidents/{id}/verify")).await;
        assert_eq!(verified["problems"], json!([]), "{id}");
    }
    let sent = load.ledger.sent.lock().unwrap().clone();
    let mut there: HashMap<&str, &str> = HashMap::new();
    for (id, seen) in &*seen {
        for ((name, mark), count) in &seen.marks {
            assert_eq!(*count, 1, "{mark} stands {count} times as {name} in {id}");
            assert!(sent.contains(mark), "{mark} was never sent");
            if let Some(other) = there.insert(mark, id) {
                assert_eq!(other, id, "{mark} is in two incidents");
            }
        }
    }
    for (mark, id) in &acked {
        assert_eq!(there.get(mark.as_str()), Some(&id.as_str()), "{mark} was acknowledged and is lost");
    }
    let stored = fingerprints(&post.database()).await;
    let distinct: HashSet<&String> = stored.iter().collect();
    assert_eq!(distinct.len(), stored.len(), "an alert is stored twice");
    for print in &alerts_acked {
        assert!(distinct.contains(print), "alert {print} was acknowledged and is lost");
    }
    let sent = load.ledger.alerts_sent.lock().unwrap().clone();
    assert!(stored.iter().all(|print| sent.contains(print)), "an alert that nobody sent");
    let wrong = load.ledger.wrong.lock().unwrap().clone();
    assert!(wrong.is_empty(), "{} answers were wrong: {:#?}", wrong.len(), &wrong[..wrong.len().min(5)]);
}

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().map_or(usual, |text| text.parse().unwrap_or_else(|_| panic!("{name}={text}")))
}

fn config(post: &Program, x: &XModel, page: &StatuspageModel) -> String {
    let secret = |name: &str, value: &str| post.secret(name, value);
    format!(
        "[limits]\ndeclares_per_minute_max = 1000\n\
         [command]\noffer_expires_minutes = 1\n\
         [log]\nfilter = \"warn\"\n\
         [x]\nbase_url = \"{}\"\napi_key_file = \"{}\"\napi_secret_file = \"{}\"\naccess_token_file = \"{}\"\n\
         access_token_secret_file = \"{}\"\n\
         [statuspage]\nbase_url = \"{}\"\npage_id = \"page1\"\napi_key_file = \"{}\"\n",
        x.url(),
        secret("x1", "consumer-key-of-the-model"),
        secret("x2", "consumer-secret-of-the-model"),
        secret("x3", "access-token-of-the-model"),
        secret("x4", "access-secret-of-the-model"),
        page.url(),
        secret("sp", "statuspage-key-of-the-model"),
    )
}

async fn models() -> (XModel, StatuspageModel) {
    let account = Account {
        id: "1".into(),
        username: "acme".into(),
        name: "ACME".into(),
        api_key: "consumer-key-of-the-model".into(),
        api_key_secret: "consumer-secret-of-the-model".into(),
        access_token: "access-token-of-the-model".into(),
        access_token_secret: "access-secret-of-the-model".into(),
        bearer_token: Default::default(),
        can_write: true,
    };
    let x = XModel::start(vec![account], Arc::new(Utc::now)).await.unwrap();
    x.limit(1_000_000);
    let key = "statuspage-key-of-the-model".into();
    let page = StatuspageModel::start("page1", "ACME", key, &["API"], Arc::new(Utc::now)).await.unwrap();
    page.limit(1_000_000);
    (x, page)
}

/// How the rounds ended.
#[derive(Default, Debug)]
struct Kills {
    at_random: u32,
    /// While a post was on its way to X or Statuspage.
    in_a_send: u32,
    /// Before the server was ready.
    in_a_start: u32,
}

/// Runs one round up to the moment of the kill.
async fn until_the_kill(
    post: &mut Program,
    x: &XModel,
    page: &StatuspageModel,
    random: &mut StdRng,
    kills: &mut Kills,
) {
    match random.random_range(0..10) {
        0..=5 => {
            tokio::time::sleep(Duration::from_millis(random.random_range(20..900))).await;
            kills.at_random += 1;
        }
        6..=8 => {
            // A request arrives at a model: die before, while or after its answer is taken in.
            x.recorder().clear();
            page.recorder().clear();
            let begun = Instant::now();
            while x.requests().is_empty()
                && page.requests().is_empty()
                && begun.elapsed() < Duration::from_secs(4)
            {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            tokio::time::sleep(Duration::from_micros(random.random_range(0..6_000))).await;
            kills.in_a_send += 1;
        }
        _ => {
            post.kill();
            post.spawn();
            tokio::time::sleep(Duration::from_millis(random.random_range(1..150))).await;
            kills.in_a_start += 1;
        }
    }
}

fn some_fault(x: &XModel, page: &StatuspageModel, random: &mut StdRng) {
    let faults = [Fault::LoseAnswer, Fault::LoseAnswer, Fault::Break, Fault::Garble];
    for service in [x.faults(), page.faults()] {
        if random.random_bool(0.35) {
            service.next_writes(1, faults[random.random_range(0..faults.len())]);
        }
        if random.random_bool(0.15) {
            service.next_reads(1, Fault::Break);
        }
    }
}

/// The public read each published update once at each place, and nothing else. Returns how many.
fn published_once(
    x: &XModel,
    page: &StatuspageModel,
    seen: &BTreeMap<String, Seen>,
    states: &[Value],
) -> usize {
    let mut wanted: HashSet<String> = HashSet::new();
    for state in states {
        for record in state["posts"].as_array().unwrap() {
            if !record["published"].is_null() {
                wanted.insert(mark_of(&record["draft"]["text"].to_string()).unwrap());
            }
        }
    }
    let on_x: Vec<String> = x.posts().iter().filter_map(|post| mark_of(&post.text)).collect();
    let on_page: Vec<String> = page
        .incidents()
        .iter()
        .flat_map(|incident| incident.updates.iter().filter_map(|update| mark_of(&update.body)))
        .collect();
    for (place, found) in [("X", &on_x), ("Statuspage", &on_page)] {
        let distinct: HashSet<String> = found.iter().cloned().collect();
        assert_eq!(distinct.len(), found.len(), "something is twice on {place}");
        assert_eq!(distinct, wanted, "on {place}");
    }
    let delivered: u32 = seen.values().map(|seen| seen.count("update.delivered")).sum();
    let failed: u32 = seen.values().map(|seen| seen.count("update.delivery_failed")).sum();
    assert_eq!(
        (delivered as usize, failed),
        (2 * wanted.len(), 0),
        "each arrival stands on the timeline once"
    );
    wanted.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn torture_nothing_acknowledged_is_lost_and_nothing_is_said_twice() {
    let rounds = number("TORTURE_ROUNDS", ROUNDS_USUAL);
    let seed = number("TORTURE_SEED", rand::rng().random_range(0..1_000_000));
    println!("torture: {rounds} rounds, TORTURE_SEED={seed}");
    let begun = Instant::now();
    let mut random = StdRng::seed_from_u64(seed);
    let (x, page) = models().await;
    let mut post = Program::new("");
    post.configure(&config(&post, &x, &page));
    post.start().await;
    let mut incidents = Vec::new();
    for n in 0..INCIDENTS {
        incidents.push(post.declare("ada", &format!("outage {n}")).await);
    }
    let load = Arc::new(Load {
        port: post.port,
        client: client(),
        incidents,
        ledger: Ledger::default(),
        stop: AtomicBool::new(false),
        next: AtomicU64::new(1),
    });
    let mut tasks = Vec::new();
    for person in ["ada", "bob", "cy", "dee"] {
        tasks.push(tokio::spawn(load.clone().caller(person, StdRng::seed_from_u64(random.random()))));
    }
    for name in ["east", "west"] {
        tasks.push(tokio::spawn(load.clone().monitoring(name, StdRng::seed_from_u64(random.random()))));
    }
    tasks.push(tokio::spawn(load.clone().public(StdRng::seed_from_u64(random.random()))));

    let mut seen = BTreeMap::new();
    let mut kills = Kills::default();
    let mut slowest = Duration::ZERO;
    for round in 1..=rounds {
        some_fault(&x, &page, &mut random);
        until_the_kill(&mut post, &x, &page, &mut random, &mut kills).await;
        post.kill();
        slowest = slowest.max(post.start().await);
        check(&post, &load, &mut seen).await;
        if round.is_multiple_of(20) {
            println!("torture: round {round} of {rounds}, {} s", begun.elapsed().as_secs());
        }
    }

    let killing = begun.elapsed();
    x.faults().clear();
    page.faults().clear();
    load.stop.store(true, Ordering::Relaxed);
    for task in tasks {
        task.await.unwrap();
    }
    until(600, "an empty outbox", || async {
        post.document("/api/v1/outbox").await["deliveries"].as_array().unwrap().is_empty()
    })
    .await;
    let sending = begun.elapsed() - killing;
    // The last tasks and offers fall due a minute after the last round.
    let timers = || async {
        let mut conn = crate::support::program::look_into(&post.database()).await;
        let soon = Utc::now() + chrono::Duration::minutes(5);
        let due: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM timers WHERE due_at < $1 AND (kind LIKE '%task%' OR kind LIKE '%offer%')",
        )
        .bind(soon.timestamp_millis())
        .fetch_one(&mut conn)
        .await
        .unwrap();
        due == 0
    };
    until(180, "every task and offer fallen due", timers).await;
    check(&post, &load, &mut seen).await;

    let (mut overdue, mut expired) = (0, 0);
    for (id, seen) in &seen {
        let given: HashSet<&str> = seen.marks_of("task.assigned").map(|(mark, _)| mark).collect();
        let late: HashSet<&str> = seen.marks_of("task.overdue").map(|(mark, _)| mark).collect();
        assert_eq!(given.len() as u32, seen.count("task.overdue"), "{id}: each task is overdue once");
        assert!(late.is_empty() || late == given, "{id}");
        let distinct: HashSet<&String> = seen.expired.iter().collect();
        assert_eq!(distinct.len(), seen.expired.len(), "{id}: an offer expired twice");
        assert_eq!(seen.count("role.offered") as usize, distinct.len(), "{id}: each offer expires once");
        overdue += given.len();
        expired += distinct.len();
    }
    let mut states = Vec::new();
    for id in &load.incidents {
        states.push(post.document(&format!("/api/v1/incidents/{id}")).await);
    }
    let published = published_once(&x, &page, &seen, &states);

    let log = post.log();
    let status = post.stop();
    assert!(status.success(), "SIGTERM ends in {status}");
    let verified = post.run(&["verify"]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    for secret in
        ["consumer-key-of", "consumer-secret-of", "access-token-of", "access-secret-of", "statuspage-key-of"]
    {
        assert!(!log.contains(secret), "a secret is in the log");
    }
    assert!(!log.contains("panicked"), "{log}");
    let entries: u64 = seen.values().map(|seen| seen.upto).sum();
    println!(
        "torture: TORTURE_SEED={seed}, {rounds} kills in {} s (at random {}, in a send {}, in a start {}), then {} s until the outbox was empty; \
         slowest start {} ms, {} unanswered",
        killing.as_secs(),
        kills.at_random,
        kills.in_a_send,
        kills.in_a_start,
        sending.as_secs(),
        slowest.as_millis(),
        post.hung,
    );
    println!(
        "torture: {} words acknowledged of {} sent, {} asked again by key, {} connections lost; {entries} entries, all chains hold",
        load.ledger.acked.lock().unwrap().len(),
        load.ledger.sent.lock().unwrap().len(),
        load.ledger.repeats.load(Ordering::Relaxed),
        load.ledger.lost_connections.load(Ordering::Relaxed),
    );
    println!(
        "torture: {} alerts acknowledged of {} sent, {published} public updates once on X and once on Statuspage, \
         {overdue} tasks overdue once, {expired} offers expired once; 0 lost, 0 twice",
        load.ledger.alerts_acked.lock().unwrap().len(),
        load.ledger.alerts_sent.lock().unwrap().len(),
    );
}
