//! What stored alerts cost: memory of the server that stores them, and the next alert, with 10,000, 100,000 and 1,000,000 there,
//! all of them firing.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a load program measures by the machine's clock, and stops where it cannot go on"
)]

mod support;

use std::{
    path::Path,
    time::{Duration, Instant},
};

use support::{
    Program, disk,
    figures::{Figure, Goal, goals, percentile},
    load, median, table, thousands,
};

const LEVELS: [f64; 3] = [10_000.0, 100_000.0, 1_000_000.0];
/// Alerts of one group, and of a request that fills.
const GROUP: u64 = 100;
const FILLING: usize = 8;
/// Alerts one after the other at each level, by turns with the other server.
const ONE_MORE: f64 = 2_000.0;
const PATIENCE: Duration = Duration::from_secs(300);

/// A whole number of groups.
fn groups(alerts: f64) -> u64 {
    (alerts / GROUP as f64).max(1.0) as u64 * GROUP
}

/// A server and what it was given.
struct House {
    server: Program,
    alerts: u64,
}

impl House {
    fn new(dir: &Path) -> House {
        House { server: support::server(dir), alerts: 0 }
    }

    /// New alerts until there are so many, and until they are in their situations; how many came in a second.
    fn fill(&mut self, until: u64) -> f64 {
        let address = self.server.address;
        let requests = (0..FILLING).map(|_| load::webhook_grouped(address, GROUP as usize, GROUP)).collect();
        let outcome = load::block_on(load::run_until(address, requests, self.alerts, until));
        assert_eq!(outcome.refused, 0, "every request is answered 2xx");
        let count = until - self.alerts;
        self.alerts = until;
        self.settle();
        count as f64 / outcome.seconds
    }

    /// Until all is placed and nothing is at work.
    fn settle(&self) {
        let begun = Instant::now();
        let mut before = self.server.cpu_seconds();
        loop {
            std::thread::sleep(Duration::from_secs(1));
            let now = self.server.cpu_seconds();
            let is_idle = now - before < 0.05;
            before = now;
            if is_idle && self.gauge("commandpost_alerts_waiting") == 0 {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "the server is still at work on what it took");
        }
    }

    fn gauge(&self, name: &str) -> u64 {
        let (_, body) = load::get(self.server.address, "/metrics");
        let text = String::from_utf8_lossy(&body);
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
        value.unwrap_or_else(|| panic!("no {name} among the metrics"))
    }

    /// The numbers of so many new alerts.
    fn numbers(&mut self, count: u64) -> std::ops::Range<u64> {
        self.alerts += count;
        self.alerts - count..self.alerts
    }

    /// Processor seconds, once it has nothing more to do.
    fn cpu(&self) -> f64 {
        self.settle();
        self.server.cpu_seconds()
    }
}

/// A new alert and how long its answer takes.
struct OneMore {
    connection: load::Connection,
    request: load::Numbered,
    /// Microseconds.
    times: Vec<f64>,
}

impl OneMore {
    async fn of(house: &House) -> OneMore {
        let address = house.server.address;
        let connection = load::Connection::open(address).await;
        OneMore { connection, request: load::webhook_grouped(address, 1, GROUP), times: vec![] }
    }

    async fn send(&mut self, number: u64) {
        let begun = Instant::now();
        let (status, _) = self.connection.send(&mut self.request, number).await;
        self.times.push(begun.elapsed().as_secs_f64() * 1e6);
        assert_eq!(status, 200);
    }
}

/// Microseconds of so many new alerts, one after the other, by turns at both servers: each pair meets the same disk.
async fn by_turns(house: &mut House, few: &mut House, count: u64) -> (Vec<f64>, Vec<f64>) {
    let (mut here, mut there) = (OneMore::of(house).await, OneMore::of(few).await);
    for (number, beside) in house.numbers(count).zip(few.numbers(count)) {
        here.send(number).await;
        there.send(beside).await;
    }
    (here.times, there.times)
}

/// What was measured with so many stored.
struct Level {
    stored: u64,
    firing: u64,
    filled: f64,
    resident: f64,
    peak: f64,
    times: Vec<f64>,
    cpu: f64,
    /// Of the server that has few, by turns with those.
    beside: Vec<f64>,
    syncs: f64,
}

fn megabytes(mib: f64) -> f64 {
    mib * 1.048_576
}

impl Level {
    fn measure(house: &mut House, few: &mut House, until: u64, more: u64) -> Level {
        let filled = house.fill(until);
        let (resident, peak) = (house.server.resident_mib(), house.server.peak_mib());
        let firing = house.gauge("commandpost_alerts_firing");
        let before = house.cpu();
        let (times, beside) = load::block_on(by_turns(house, few, more));
        let cpu = house.cpu() - before;
        let dir = support::scratch();
        Level {
            stored: until,
            firing,
            filled,
            resident: megabytes(resident),
            peak: megabytes(peak),
            cpu: cpu / times.len() as f64 * 1e6,
            times,
            beside,
            syncs: disk::syncs_per_second(dir.path(), 4 * 1024),
        }
    }

    fn ratio(&self) -> f64 {
        median(&self.times) / median(&self.beside)
    }

    fn row(&self) -> Vec<String> {
        vec![
            thousands(self.stored as f64),
            thousands(self.firing as f64),
            format!("{:.1}", self.resident),
            format!("{:.1}", self.peak),
            format!("{:.0} / {:.0}", median(&self.times), percentile(&self.times, 0.99)),
            format!("{:.0} / {:.0}", median(&self.beside), percentile(&self.beside, 0.99)),
            format!("{:.2}", self.ratio()),
            format!("{:.0}", self.cpu),
            thousands(self.filled),
            thousands(self.syncs),
        ]
    }
}

/// A start on what is stored: milliseconds, and megabytes once it is idle.
fn started_anew(dir: &Path) -> (f64, f64) {
    let begun = Instant::now();
    let server = support::spawn_server(dir);
    support::ready(&server, "/readyz");
    let took = begun.elapsed().as_secs_f64() * 1_000.0;
    let house = House { server, alerts: 0 };
    house.settle();
    let resident = megabytes(house.server.resident_mib());
    house.server.stop();
    (took, resident)
}

fn figures(levels: &[Level; 3]) -> Vec<Figure> {
    let [few, open, all] = levels;
    let what = |level: &Level, what: &str| format!("{what} with {} stored", thousands(level.stored as f64));
    vec![
        Figure::new(what(open, "resident, all firing,"), Some(open.resident), "MB", Goal::Below(150.0)),
        Figure::new(
            what(all, "resident, of that with the fewest,"),
            Some(all.resident / few.resident),
            "times",
            Goal::Told("flat"),
        ),
        Figure::new(
            what(all, "bytes resident for each further alert,"),
            Some((all.resident - few.resident) * 1e6 / (all.stored - few.stored) as f64),
            "",
            Goal::Told("flat"),
        ),
        Figure::new(
            what(all, "one more alert, of that with the fewest beside it, median,"),
            Some(all.ratio()),
            "times",
            Goal::Below(1.3),
        ),
        Figure::new(
            what(all, "the same of the first level before, median,"),
            Some(median(&all.times) / median(&few.times)),
            "times",
            Goal::Below(1.3),
        ),
        Figure::new(
            what(all, "processor time of one more, of the first level before,"),
            Some(all.cpu / few.cpu),
            "times",
            Goal::Told("–"),
        ),
    ]
}

fn main() {
    let scale = support::scale();
    let more = groups(ONE_MORE * scale.min(1.0));
    support::headline("Stored alerts: memory, and the cost of the next", "stored");
    let (dir, few_dir) = (support::scratch(), support::scratch());
    let (mut house, mut few) = (House::new(dir.path()), House::new(few_dir.path()));
    let idle = megabytes(house.server.resident_mib());
    few.fill(groups(LEVELS[0] * scale));
    let levels = LEVELS.map(|level| Level::measure(&mut house, &mut few, groups(level * scale), more));
    table(
        &[
            "stored",
            "of them firing",
            "resident MB",
            "peak MB",
            "one more, median / p99 µs",
            "beside it with few, median / p99 µs",
            "ratio of medians",
            "CPU µs, follow-up included",
            "filled at alerts/s",
            "syncs/s of the disk",
        ],
        &levels.each_ref().map(Level::row),
    );
    goals(&figures(&levels));
    house.server.stop();
    few.server.stop();
    let stored = support::stored(dir.path());
    support::assert_stored_once(&stored, house.alerts);
    let (took, resident) = started_anew(dir.path());
    println!(
        "Resident before any alert: {idle:.1} MB. Filled through `POST /hooks/alertmanager`, {GROUP} new alerts a request of a group of \
         their own, {FILLING} connections; {more} more at each level, one a request, one after the other, by turns with a second \
         server that has {} and those. Counted at the end: all {} are in the database, once. Started anew on them: ready \
         after {took:.0} ms, {resident:.1} MB once idle.",
        thousands(groups(LEVELS[0] * scale) as f64),
        thousands(house.alerts as f64),
    );
}
