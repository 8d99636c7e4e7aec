//! From a command to its durable answer: time and rate, alone and during an alert storm.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a load program measures by the machine's clock, and stops where it cannot go on"
)]

mod support;

use std::time::Duration;

use support::{load, median, table, thousands};

const INCIDENTS: usize = 10;
const ROUNDS: usize = 3;
/// Offered during the storm: this many posts a second of 100 new alerts each.
const STORM_POSTS: u32 = 80;

async fn declare(address: std::net::SocketAddr) {
    let mut connection = load::Connection::open(address).await;
    for n in 1..=INCIDENTS {
        let body = format!(r#"{{"title":"load {n}","severity":"sev2"}}"#);
        let (status, answer) = connection.send(&mut load::post(address, "/api/v1/incidents", &body), 0).await;
        assert_eq!(status, 201, "{}", String::from_utf8_lossy(answer));
    }
}

fn callers(address: std::net::SocketAddr, callers: usize, incidents: usize) -> Vec<load::Numbered> {
    (0..callers)
        .map(|caller| load::command_post(address, &format!("INC-{}", caller % incidents + 1)))
        .collect()
}

struct Case {
    callers: usize,
    incidents: usize,
    storm: bool,
}

fn main() {
    let seconds = support::seconds(3.0);
    let cases = [
        (1, 1, false),
        (50, 1, false),
        (50, 10, false),
        (200, 1, false),
        (200, 10, false),
        (50, 1, true),
        (50, 10, true),
    ];
    let cases = cases.map(|(callers, incidents, storm)| Case { callers, incidents, storm });
    support::headline("A command, from its request to its durable answer", "command");
    let mut rows = Vec::new();
    for case in &cases {
        let (mut rate, mut p50, mut p99, mut storms) = (vec![], vec![], vec![], vec![]);
        for _ in 0..ROUNDS {
            let dir = support::scratch();
            let server = support::server(dir.path());
            let address = server.address;
            let lasting = Duration::from_secs_f64(seconds);
            let (outcome, storm) = load::block_on(async {
                declare(address).await;
                let commands =
                    load::run(address, callers(address, case.callers, case.incidents), 1, lasting, None);
                if !case.storm {
                    return (commands.await, None);
                }
                let lanes = 8;
                let posts = (0..lanes).map(|lane| load::webhook_post(address, 100, lane as usize)).collect();
                let every = Duration::from_secs(1) * lanes / STORM_POSTS;
                let (commands, storm) =
                    tokio::join!(commands, load::run(address, posts, 1, lasting, Some(every)));
                (commands, Some(storm))
            });
            assert_eq!(outcome.refused, 0, "every command is done");
            server.stop();
            rate.push(outcome.rate());
            p50.push(outcome.percentile(0.5));
            p99.push(outcome.percentile(0.99));
            storms.extend(storm.map(|storm| storm.rate() * 100.0));
        }
        let least = p99.iter().copied().fold(f64::INFINITY, f64::min);
        rows.push(vec![
            case.callers.to_string(),
            case.incidents.to_string(),
            if storms.is_empty() { "–".into() } else { format!("{} alerts/s", thousands(median(&storms))) },
            thousands(median(&rate)),
            format!("{:.2}", median(&p50)),
            format!("{:.2} ({least:.2})", median(&p99)),
        ]);
    }
    table(&["callers", "incidents", "beside it", "commands/s", "p50 ms", "p99 ms, median (least)"], &rows);
    let dir = support::scratch();
    println!(
        "Median of {ROUNDS} rounds of {seconds} s each, keep-alive, each caller waiting for its answer. The disk gives one writer {} syncs a second.",
        thousands(support::syncs_per_second(dir.path(), 4 * 1024))
    );
}
