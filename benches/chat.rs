//! From a command that somebody types in Discord to its answer, its line and the edited card, at Discord's own pace; and
//! memory with a thousand open incidents.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a load program measures by the machine's clock, and stops where it cannot go on"
)]

mod support;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use commandpost::model::discord::{Discord, Id, Message};
use serde_json::json;
use support::{
    discord::{LIMITS, PATIENCE, house},
    figures::percentile,
    load, table,
};

/// People at work on one incident.
const CREW: usize = 10;
/// Each types something this often.
const EVERY: Duration = Duration::from_secs(10);
const OPEN_INCIDENTS: usize = 1_000;
/// Until each of them has its thread and card: some six requests an incident, of fifty a second.
const ALL_SHOWN_WITHIN: Duration = Duration::from_secs(300);

async fn declare(discord: &Discord, channel: Id, person: Id, n: usize) -> (Id, Id) {
    let declare = discord.slash(person, channel, "incident declare", json!({"title": format!("load {n}")}));
    let answer = declare.expect("a command").message().await.expect("an answer");
    let name = format!("INC-{n} ");
    let found = discord.wait_for(PATIENCE, |d| {
        let thread = d.threads().into_iter().find(|thread| thread.name.starts_with(&name))?;
        let card = d.messages(thread.id).into_iter().find(|message| !message.embeds.is_empty())?;
        Some((thread.id, card.id))
    });
    let Some(found) = found.await else {
        let said: Vec<String> =
            discord.messages(channel).into_iter().map(|message| message.content).collect();
        panic!(
            "{name}has no thread with a card. It was answered «{}», the channel says {said:#?}",
            answer.content
        )
    };
    found
}

/// How many open tasks a card counts.
fn tasks(card: &Message) -> usize {
    let fields = card.embeds.first().and_then(|embed| embed["fields"].as_array());
    let field = fields.into_iter().flatten().find(|field| field["name"] == "Open tasks");
    let text = field.and_then(|field| field["value"].as_str()).unwrap_or_default();
    let more = text.lines().find_map(|line| line.strip_prefix("… and ")?.split(' ').next()?.parse().ok());
    text.lines().filter(|line| line.starts_with('#') || line.starts_with("\\#")).count() + more.unwrap_or(0)
}

#[derive(Default)]
struct Times {
    answered: Vec<f64>,
    line: Vec<f64>,
    card: Vec<f64>,
}

/// One person who types until `until`, one thing after the other.
async fn type_away(
    discord: Discord,
    (thread, card): (Id, Id),
    person: Id,
    begin: Duration,
    until: Instant,
    said: Arc<AtomicUsize>,
) -> Times {
    let mut times = Times::default();
    tokio::time::sleep(begin).await;
    let mut round = 0;
    while Instant::now() < until {
        round += 1;
        let next = Instant::now() + EVERY;
        let text = format!("{person} looks at shard {round}");
        let typed = Instant::now();
        let asked = discord.slash(person, thread, "incident task add", json!({"text": text}));
        asked.expect("a command").message().await.expect("an answer");
        times.answered.push(typed.elapsed().as_secs_f64());
        let count = said.fetch_add(1, Ordering::Relaxed) + 1;
        let line = async {
            let seen =
                |d: &Discord| d.messages(thread).iter().any(|m| m.content.contains(&text)).then_some(());
            discord.wait_for(PATIENCE, seen).await.expect("its line");
            typed.elapsed().as_secs_f64()
        };
        let edited = async {
            let seen = |d: &Discord| (tasks(&d.message(card)?) >= count).then_some(());
            discord.wait_for(PATIENCE, seen).await.expect("its card");
            typed.elapsed().as_secs_f64()
        };
        let (line, edited) = tokio::join!(line, edited);
        times.line.push(line);
        times.card.push(edited);
        tokio::time::sleep(next.saturating_duration_since(Instant::now())).await;
    }
    times
}

/// Milliseconds, of seconds.
fn both(seconds: &[f64]) -> String {
    format!("{:.0} / {:.0}", percentile(seconds, 0.5) * 1e3, percentile(seconds, 0.99) * 1e3)
}

async fn typing(people: usize, lasting: Duration) -> Vec<String> {
    let dir = support::scratch();
    let (discord, channel, server) = house(dir.path()).await;
    let crew: Vec<Id> = (0..people).map(|n| discord.person(&format!("person{n}"))).collect();
    let mut places = Vec::new();
    for (n, person) in crew.iter().take(people.div_ceil(CREW)).enumerate() {
        places.push(declare(&discord, channel, *person, n + 1).await);
    }
    discord.limit(LIMITS);
    let before = server.cpu_seconds();
    let until = Instant::now() + lasting;
    let counts: Vec<_> = places.iter().map(|_| Arc::new(AtomicUsize::new(0))).collect();
    let typing = crew.iter().enumerate().map(|(n, person)| {
        let place = n % places.len();
        let begin = EVERY / people as u32 * n as u32;
        tokio::spawn(type_away(discord.clone(), places[place], *person, begin, until, counts[place].clone()))
    });
    let mut all = Times::default();
    for one in typing.collect::<Vec<_>>() {
        let one = one.await.expect("everybody is told");
        all.answered.extend(one.answered);
        all.line.extend(one.line);
        all.card.extend(one.card);
    }
    let limited = discord.requests().iter().filter(|request| request.status == 429).count();
    let cpu = (server.cpu_seconds() - before) / all.answered.len() as f64 * 1_000.0;
    let row = vec![
        people.to_string(),
        places.len().to_string(),
        all.answered.len().to_string(),
        both(&all.answered),
        both(&all.card),
        both(&all.line),
        limited.to_string(),
        format!("{cpu:.1}"),
        format!("{:.1}", server.resident_mib()),
    ];
    server.stop();
    row
}

/// Memory with a thousand open incidents, each with a thread and a card.
async fn open_incidents() {
    let dir = support::scratch();
    let (discord, _, server) = house(dir.path()).await;
    let idle = server.resident_mib();
    let mut connection = load::Connection::open(server.address).await;
    for n in 1..=OPEN_INCIDENTS {
        let body = format!(r#"{{"title":"load {n}","severity":"sev3"}}"#);
        let (status, answer) =
            connection.send(&mut load::post(server.address, "/api/v1/incidents", &body), 0).await;
        assert_eq!(status, 201, "{}", String::from_utf8_lossy(answer));
    }
    let all = discord.wait_for(ALL_SHOWN_WITHIN, |d| {
        let threads = d.threads();
        let with_card = |thread: Id| d.messages(thread).iter().any(|message| !message.embeds.is_empty());
        (threads.len() == OPEN_INCIDENTS && threads.iter().all(|thread| with_card(thread.id))).then_some(())
    });
    all.await.expect("each has its thread and card");
    tokio::time::sleep(Duration::from_secs(5)).await;
    println!(
        "Resident memory with {OPEN_INCIDENTS} open incidents, each with a thread and a card: {:.1} MiB (none: {idle:.1} MiB).",
        server.resident_mib()
    );
    server.stop();
}

fn main() {
    let lasting = Duration::from_secs_f64(support::seconds(30.0));
    rustls::crypto::ring::default_provider().install_default().ok();
    support::headline("A command typed in the modelled Discord, at Discord's pace", "chat");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime");
    let rows: Vec<_> =
        [1, 20, 200].into_iter().map(|people| runtime.block_on(typing(people, lasting))).collect();
    let head = [
        "people",
        "incidents",
        "commands",
        "answered p50 / p99 ms",
        "card edited p50 / p99 ms",
        "line posted p50 / p99 ms",
        "refused with 429",
        "CPU ms/command",
        "resident MiB",
    ];
    table(&head, &rows);
    println!(
        "Each person types something every {} s. Limits: 5 requests in 5 s for each kind and channel, 50 a second in all.",
        EVERY.as_secs()
    );
    runtime.block_on(open_incidents());
}
