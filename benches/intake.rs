//! New alerts a second, durable, beside Alertmanager taking as many new alerts into memory, Alerta with PostgreSQL, and what the disk
//! gives as many writers who do nothing else.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a load program measures by the machine's clock, and stops where it cannot go on"
)]

mod support;

use std::{net::SocketAddr, path::Path, time::Duration};

use support::{
    alerta::{self, Alerta},
    disk::{self, GroupCommit, Medium},
    figures::{Figure, Goal, goals, median_and},
    load, median, table, thousands,
};

const CONNECTIONS: [usize; 2] = [16, 64];
/// More only queue before Alerta's four workers.
const ALERTA_CONNECTIONS: usize = 16;
const ROUNDS: usize = 3;
/// What stands before an alert in the inbox's log: the record's head and its receipt.
const RECORD_HEAD: usize = 72;

struct Run {
    alerts: f64,
    p50: f64,
    p99: f64,
    cpu: f64,
}

/// New alerts numbered from `first` on, by so many connections, for so long; and how many requests were answered 2xx, and how many not.
fn measure(
    program: &support::Program,
    post: fn(SocketAddr, usize, usize) -> load::Numbered,
    (connections, size): (usize, usize),
    first: u64,
    seconds: f64,
) -> (Run, u64, u64) {
    let requests = (0..connections).map(|lane| post(program.address, size, lane)).collect();
    let before = program.cpu_seconds();
    let lasting = Duration::from_secs_f64(seconds);
    let outcome = load::block_on(load::run(program.address, requests, first, lasting, None));
    let alerts = outcome.rate() * size as f64;
    let cpu = (program.cpu_seconds() - before) / (alerts * outcome.seconds) * 1e6;
    let run = Run { alerts, p50: outcome.percentile(0.5), p99: outcome.percentile(0.99), cpu };
    (run, outcome.answered, outcome.refused)
}

/// What was measured with so many connections and alerts a request, a value for each round.
struct Case {
    connections: usize,
    size: usize,
    ours: Vec<Run>,
    alertmanager: Vec<Run>,
    alerta: Vec<Run>,
    /// Bytes of one alert as the journal has it.
    stored: usize,
    file: Vec<GroupCommit>,
    sqlite: Vec<GroupCommit>,
}

impl Case {
    fn new(connections: usize, size: usize) -> Case {
        let (ours, alertmanager, alerta) = (vec![], vec![], vec![]);
        Case { connections, size, ours, alertmanager, alerta, stored: 0, file: vec![], sqlite: vec![] }
    }

    fn shape(&self) -> (usize, usize) {
        (self.connections, self.size)
    }

    /// Ours, and that all of it is there; how many alerts that were.
    fn own(&mut self, dir: &Path, seconds: f64) -> u64 {
        let server = support::server(dir);
        let (run, answered, refused) = measure(&server, load::webhook_post, self.shape(), 1, seconds);
        assert_eq!(refused, 0, "every request is answered 2xx");
        server.stop();
        let alerts = answered * self.size as u64;
        let stored = support::stored(dir);
        support::assert_stored_once(&stored, alerts);
        self.stored = (stored.bytes / stored.rows.max(1)) as usize;
        self.ours.push(run);
        alerts
    }

    /// What the disk gives as many writers.
    fn disk(&mut self, dir: &Path, seconds: f64) {
        let lasting = Duration::from_secs_f64(seconds);
        let bytes = self.stored + RECORD_HEAD;
        let limit = |medium| disk::group_commit(dir, medium, self.connections, bytes, lasting);
        self.file.push(limit(Medium::File));
        self.sqlite.push(limit(Medium::Sqlite));
    }

    fn with_alertmanager(&mut self, dir: &Path, seconds: f64) {
        if let Some(peer) = support::alertmanager(dir) {
            let (run, _, refused) = measure(&peer, load::alertmanager_post, self.shape(), 1, seconds);
            assert_eq!(refused, 0, "every request is answered 2xx");
            peer.stop();
            self.alertmanager.push(run);
        }
    }

    /// Its database keeps what came before: the numbers begin behind.
    fn with_alerta(&mut self, peer: &Alerta, first: u64, seconds: f64) {
        let program = peer.start();
        let before = alerta::count(&program);
        let (run, answered, refused) = measure(&program, load::alerta_post, self.shape(), first, seconds);
        let (taken, size) = (alerta::count(&program) - before, self.size as u64);
        // A worker of its that closes too early leaves some without an answer.
        assert!(
            (answered * size..=(answered + refused) * size).contains(&taken),
            "what Alerta answered is there, once: {taken} of {answered} and {refused} requests of {size}"
        );
        if refused > 0 {
            println!("Alerta left {refused} of {} requests without a 2xx.", answered + refused);
        }
        program.stop();
        self.alerta.push(run);
    }

    fn rates(&self) -> Vec<f64> {
        self.ours.iter().map(|run| run.alerts).collect()
    }
    /// Our rate as part of another, round by round.
    fn ratios(&self, of: impl Iterator<Item = f64>) -> Vec<f64> {
        self.rates().into_iter().zip(of).map(|(ours, other)| ours / other).collect()
    }
    fn to_peer(&self, peer: &[Run]) -> Vec<f64> {
        self.ratios(peer.iter().map(|run| run.alerts))
    }
    fn to_disk(&self, disk: &[GroupCommit]) -> Vec<f64> {
        self.ratios(disk.iter().map(|run| run.rate))
    }

    fn beside(&self, peer: &[Run]) -> Vec<String> {
        let mut row = vec![self.connections.to_string(), self.size.to_string()];
        for side in [self.ours.as_slice(), peer] {
            row.extend([
                thousands(of(side, |r| r.alerts)),
                format!("{:.2} / {:.2}", of(side, |r| r.p50), of(side, |r| r.p99)),
                format!("{:.0}", of(side, |r| r.cpu)),
            ]);
        }
        row.push(median_and(&self.to_peer(peer), f64::min));
        row
    }
}

fn of(runs: &[Run], what: fn(&Run) -> f64) -> f64 {
    median(&runs.iter().map(what).collect::<Vec<_>>())
}

fn peer_table(name: &str, cases: &[Case], peer: fn(&Case) -> &[Run]) {
    let rate = format!("{name} alerts/s");
    let head = [
        "connections",
        "alerts a request",
        "commandpost alerts/s",
        "p50 / p99 ms",
        "CPU µs/alert",
        &rate,
        "p50 / p99 ms",
        "CPU µs/alert",
        "ratio, median (least)",
    ];
    let rows: Vec<_> =
        cases.iter().filter(|case| !peer(case).is_empty()).map(|case| case.beside(peer(case))).collect();
    if !rows.is_empty() {
        table(&head, &rows);
    }
}

fn figures(case: &Case) -> Vec<Figure> {
    let measured = |ratios: Vec<f64>| (!ratios.is_empty()).then(|| median(&ratios));
    let what = |what: &str| format!("1 a request, {} connections: {what}", case.connections);
    let figure = |name: &str, ratios: Vec<f64>, goal| Figure::new(what(name), measured(ratios), "", goal);
    let mut figures = vec![
        figure("times Alertmanager's rate", case.to_peer(&case.alertmanager), Goal::AtLeast(1.0)),
        Figure::new(what("p99"), Some(of(&case.ours, |r| r.p99)), "ms", Goal::Below(10.0)),
        figure("part of the disk's group-commit limit, a file", case.to_disk(&case.file), Goal::AtLeast(0.7)),
        figure("part of the same limit, SQLite", case.to_disk(&case.sqlite), Goal::Told("–")),
    ];
    if case.connections == ALERTA_CONNECTIONS {
        let ratios = case.to_peer(&case.alerta);
        figures.insert(1, figure("times Alerta's rate", ratios, Goal::AtLeast(1.0)));
    }
    figures
}

fn main() {
    let seconds = support::seconds(3.0);
    support::headline(
        "New alerts a second: commandpost (on disk when answered), Alertmanager (in memory), Alerta (on disk)",
        "intake",
    );
    let peer = Alerta::install();
    if support::alertmanager_program().is_none() {
        println!("The comparison with Alertmanager is skipped: prometheus-alertmanager is not installed.");
    }
    let mut counted = 0;
    let mut alerta_first = 1;
    let mut cases: Vec<_> =
        CONNECTIONS.into_iter().flat_map(|many| [1, 10, 100].map(|size| Case::new(many, size))).collect();
    for case in &mut cases {
        for _ in 0..ROUNDS {
            let dir = support::scratch();
            counted += case.own(dir.path(), seconds);
            if case.size == 1 {
                case.disk(dir.path(), seconds);
            }
            case.with_alertmanager(dir.path(), seconds);
            if let Some(peer) = peer.as_ref().filter(|_| case.connections == ALERTA_CONNECTIONS) {
                case.with_alerta(peer, alerta_first, seconds);
                alerta_first += 1 << 32;
            }
        }
    }
    peer_table("Alertmanager", &cases, |case| &case.alertmanager);
    peer_table("Alerta", &cases, |case| &case.alerta);
    let single: Vec<_> = cases.iter().filter(|case| case.size == 1).collect();
    table(
        &[
            "connections, writers",
            "bytes a record",
            "commandpost alerts/s",
            "group commit to a file, records/s",
            "records a sync",
            "ratio, median (least)",
            "group commit by SQLite, records/s",
            "records a sync",
            "ratio, median (least)",
        ],
        &single.iter().map(|case| disk_row(case)).collect::<Vec<_>>(),
    );
    goals(&single.into_iter().flat_map(figures).collect::<Vec<_>>());
    let dir = support::scratch();
    println!(
        "Median of {ROUNDS} rounds of {seconds} s each, turn about. Counted after each: all {} alerts answered 2xx are in the \
         database, once. The disk gives one writer {} syncs a second of 4 KiB, {} of 256 KiB.",
        thousands(counted as f64),
        thousands(disk::syncs_per_second(dir.path(), 4 * 1024)),
        thousands(disk::syncs_per_second(dir.path(), 256 * 1024)),
    );
}

fn disk_row(case: &Case) -> Vec<String> {
    let mut row = vec![
        case.connections.to_string(),
        (case.stored + RECORD_HEAD).to_string(),
        thousands(median(&case.rates())),
    ];
    for disk in [&case.file, &case.sqlite] {
        let of = |what: fn(&GroupCommit) -> f64| median(&disk.iter().map(what).collect::<Vec<_>>());
        row.extend([
            thousands(of(|run| run.rate)),
            format!("{:.0}", of(|run| run.together)),
            median_and(&case.to_disk(disk), f64::min),
        ]);
    }
    row
}
