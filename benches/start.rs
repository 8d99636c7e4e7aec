//! From exec to ready, and memory: on an empty database and on one with a thousand incidents and a million entries.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a load program measures by the machine's clock, and stops where it cannot go on"
)]

mod support;

use std::{path::Path, time::Duration};

use support::{generate, load, median, table};

const ROUNDS: usize = 7;
const INCIDENTS: u64 = 1_000;
const ENTRIES_EACH: u64 = 1_000;

fn measure(what: &str, dir: &Path) -> Vec<String> {
    let (mut times, mut idle, mut after, mut peak) = (vec![], vec![], vec![], vec![]);
    for _ in 0..ROUNDS {
        let begun = std::time::Instant::now();
        let server = support::spawn_server(dir);
        support::ready(&server, "/readyz");
        times.push(begun.elapsed().as_secs_f64() * 1_000.0);
        std::thread::sleep(Duration::from_secs(1));
        idle.push(server.resident_mib());
        for path in ["/status", "/console", "/api/v1/incidents", "/status", "/metrics"] {
            let (head, _) = load::get(server.address, path);
            assert!(head.starts_with("HTTP/1.1 200"), "{path}: {head}");
        }
        after.push(server.resident_mib());
        peak.push(server.peak_mib());
        server.stop();
    }
    let least = times.iter().copied().fold(f64::INFINITY, f64::min);
    vec![
        what.to_owned(),
        format!("{:.0} ({least:.0})", median(&times)),
        format!("{:.1}", median(&idle)),
        format!("{:.1}", median(&after)),
        format!("{:.1}", median(&peak)),
    ]
}

fn main() {
    support::headline("Start and memory", "start");
    let empty = support::scratch();
    let mut rows = vec![measure("empty", empty.path())];
    let full = generate::incidents("million", INCIDENTS, ENTRIES_EACH);
    rows.push(measure("1,000 incidents, 1,000,000 entries", &full));
    table(
        &["database", "ready after ms, median (least)", "idle MiB", "after serving MiB", "peak MiB"],
        &rows,
    );
    println!(
        "Median of {ROUNDS} starts. Ready: GET /readyz answers 200, which a write has to go through for. Served: status page, console, \
         list of incidents, metrics. Resident memory (VmRSS, VmHWM)."
    );
}
