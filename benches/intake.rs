//! New alerts a second, durable, beside Alertmanager taking as many new alerts into memory.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a load program measures by the machine's clock, and stops where it cannot go on"
)]

mod support;

use std::time::Duration;

use sqlx::{ConnectOptions, Row, sqlite::SqliteConnectOptions};
use support::{load, median, table, thousands};

const CONNECTIONS: [usize; 2] = [16, 64];
const ROUNDS: usize = 3;

struct Run {
    alerts: f64,
    p50: f64,
    p99: f64,
    cpu: f64,
}

fn measure(
    program: &support::Program,
    post: fn(std::net::SocketAddr, usize, usize) -> load::Numbered,
    connections: usize,
    size: usize,
    seconds: f64,
) -> (Run, load::Outcome) {
    let requests = (0..connections).map(|lane| post(program.address, size, lane)).collect();
    let before = program.cpu_seconds();
    let outcome =
        load::block_on(load::run(program.address, requests, 1, Duration::from_secs_f64(seconds), None));
    assert_eq!(outcome.refused, 0, "every request is answered 2xx");
    let alerts = outcome.rate() * size as f64;
    let cpu = (program.cpu_seconds() - before) / (alerts * outcome.seconds) * 1e6;
    (Run { alerts, p50: outcome.percentile(0.5), p99: outcome.percentile(0.99), cpu }, outcome)
}

/// Rows, different keys, and times seen of all alerts in a stopped server's database.
fn stored(dir: &std::path::Path) -> (i64, i64, i64) {
    load::block_on(async {
        let options = SqliteConnectOptions::new().filename(dir.join("commandpost.db"));
        let mut conn = options.connect().await.expect("the database opens");
        let row =
            sqlx::query("SELECT COUNT(*), COUNT(DISTINCT alert_key), COALESCE(SUM(times), 0) FROM alerts")
                .fetch_one(&mut conn)
                .await
                .expect("a count");
        (row.get(0), row.get(1), row.get(2))
    })
}

fn main() {
    let seconds = support::seconds(3.0);
    support::headline(
        "New alerts a second: commandpost (on disk when answered) and Alertmanager (in memory)",
        "intake",
    );
    let mut rows = Vec::new();
    let mut counted = 0;
    let cases = CONNECTIONS.into_iter().flat_map(|many| [1, 10, 100].map(|size| (many, size)));
    for (many, size) in cases {
        let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let dir = support::scratch();
            let server = support::server(dir.path());
            let (run, outcome) = measure(&server, load::webhook_post, many, size, seconds);
            server.stop();
            let answered = i64::try_from(outcome.answered).expect("a count") * size as i64;
            assert_eq!(
                stored(dir.path()),
                (answered, answered, answered),
                "what was answered is there, once"
            );
            counted += answered;
            if let Some(peer) = support::alertmanager(dir.path()) {
                let (other, _) = measure(&peer, load::alertmanager_post, many, size, seconds);
                peer.stop();
                ratios.push(run.alerts / other.alerts);
                theirs.push(other);
            }
            ours.push(run);
        }
        let of = |runs: &[Run], what: fn(&Run) -> f64| median(&runs.iter().map(what).collect::<Vec<_>>());
        let least = ratios.iter().copied().fold(f64::INFINITY, f64::min);
        rows.push(vec![
            many.to_string(),
            size.to_string(),
            thousands(of(&ours, |r| r.alerts)),
            format!("{:.2} / {:.2}", of(&ours, |r| r.p50), of(&ours, |r| r.p99)),
            format!("{:.0}", of(&ours, |r| r.cpu)),
            thousands(of(&theirs, |r| r.alerts)),
            format!("{:.2} / {:.2}", of(&theirs, |r| r.p50), of(&theirs, |r| r.p99)),
            format!("{:.0}", of(&theirs, |r| r.cpu)),
            if ratios.is_empty() { "–".into() } else { format!("{:.2} ({least:.2})", median(&ratios)) },
        ]);
        if ratios.is_empty() {
            println!("prometheus-alertmanager is not installed: the comparison is skipped.");
        }
    }
    table(
        &[
            "connections",
            "alerts a request",
            "commandpost alerts/s",
            "p50 / p99 ms",
            "CPU µs/alert",
            "Alertmanager alerts/s",
            "p50 / p99 ms",
            "CPU µs/alert",
            "ratio, median (least)",
        ],
        &rows,
    );
    let dir = support::scratch();
    println!(
        "Median of {ROUNDS} rounds of {seconds} s each, turn about. Counted after each: all {} alerts answered 2xx are in the \
         database, once. The disk gives one writer {} syncs a second of 4 KiB, {} of 256 KiB.",
        thousands(counted as f64),
        thousands(support::syncs_per_second(dir.path(), 4 * 1024)),
        thousands(support::syncs_per_second(dir.path(), 256 * 1024)),
    );
}
