//! What the next entry costs on a long timeline against a fresh one, and what a long timeline costs on paper.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a load program measures by the machine's clock, and stops where it cannot go on"
)]

mod support;

use std::{path::Path, time::Instant};

use commandpost::{
    desk::Along,
    incident::{command::Command, id::IncidentId, kind::Kind},
};
use support::{generate, load, median, table, thousands};

const LONG: u64 = 100_000;
const EXPORTED: u64 = 50_000;
const EVENTS: u64 = 500;
const TURNS: usize = 6;

/// Microseconds of each of some notes, over HTTP.
async fn round_trips(connection: &mut load::Connection, request: &mut load::Numbered, n: u64) -> Vec<f64> {
    let mut times = Vec::new();
    for i in 0..n {
        let begun = Instant::now();
        let (status, _) = connection.send(request, i).await;
        times.push(begun.elapsed().as_secs_f64() * 1e6);
        assert_eq!(status, 200);
    }
    times
}

async fn inside(desk: &std::sync::Arc<commandpost::desk::Desk>, id: IncidentId, n: u64) -> Vec<f64> {
    let mut times = Vec::new();
    for i in 0..n {
        let command = Command::Note { text: format!("the error rate of shard {i} is falling"), at: None };
        let begun = Instant::now();
        desk.submit(generate::somebody(), id, command, Along::default()).await.expect("a note");
        times.push(begun.elapsed().as_secs_f64() * 1e6);
    }
    times
}

/// Medians on the long incident and on a fresh one, in turns, and their ratio.
fn compare(what: &str, long: &[f64], fresh: &[f64]) -> Vec<String> {
    let (long, fresh) = (median(long), median(fresh));
    vec![what.to_owned(), format!("{fresh:.0}"), format!("{long:.0}"), format!("{:.2}", long / fresh)]
}

fn next_event(dir: &Path) -> Vec<Vec<String>> {
    let (long, fresh) = (IncidentId::new(Kind::Real, 1), IncidentId::new(Kind::Real, 2));
    let (mut inside_long, mut inside_fresh) = (vec![], vec![]);
    generate::runtime().block_on(async {
        let (journal, desk) = generate::open(dir).await;
        for _ in 0..TURNS {
            inside_long.extend(inside(&desk, long, EVENTS / TURNS as u64).await);
            inside_fresh.extend(inside(&desk, fresh, EVENTS / TURNS as u64).await);
        }
        drop(desk);
        journal.close().await;
    });
    let server = support::server(dir);
    let (mut outside_long, mut outside_fresh) = (vec![], vec![]);
    load::block_on(async {
        let mut connection = load::Connection::open(server.address).await;
        let mut on_long = load::command_post(server.address, &long.to_string());
        let mut on_fresh = load::command_post(server.address, &fresh.to_string());
        for _ in 0..TURNS {
            outside_long.extend(round_trips(&mut connection, &mut on_long, EVENTS / TURNS as u64).await);
            outside_fresh.extend(round_trips(&mut connection, &mut on_fresh, EVENTS / TURNS as u64).await);
        }
    });
    server.stop();
    vec![
        compare("round trip over HTTP", &outside_long, &outside_fresh),
        compare("inside the desk", &inside_long, &inside_fresh),
    ]
}

fn exports(dir: &Path) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for format in ["markdown", "json", "csv"] {
        let server = support::server(dir);
        let idle = server.resident_mib();
        let begun = Instant::now();
        let (head, body) =
            load::get(server.address, &format!("/api/v1/incidents/INC-1/export?format={format}"));
        let took = begun.elapsed().as_secs_f64();
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        rows.push(vec![
            format.to_owned(),
            format!("{took:.2}"),
            format!("{:.1}", body.len() as f64 / 1_048_576.0),
            format!("{idle:.0}"),
            format!("{:.0}", server.peak_mib()),
        ]);
        server.stop();
    }
    rows
}

fn main() {
    let cached = generate::timeline("long", LONG);
    // What a run adds must not be there in the next one.
    let dir = support::scratch();
    std::fs::copy(cached.join("commandpost.db"), dir.path().join("commandpost.db")).expect("a copy");
    support::headline(
        &format!("The next entry on a timeline of {} and on a fresh one", thousands(LONG as f64)),
        "timeline",
    );
    table(&["µs, median", "fresh timeline", "long timeline", "ratio"], &next_event(dir.path()));
    println!("{EVENTS} notes on each, in {TURNS} turns, one after another, each on disk before the next.\n");

    println!("A timeline of {} entries on paper\n", thousands(EXPORTED as f64));
    table(
        &["format", "seconds", "size MiB", "idle MiB", "peak MiB"],
        &exports(&generate::timeline("export", EXPORTED)),
    );
}
