//! From a command to its durable answer: time and rate, alone and during an alert storm; and from an alert of the storm to its
//! durable answer.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a load program measures by the machine's clock, and stops where it cannot go on"
)]

mod support;

use std::{net::SocketAddr, time::Duration};

use support::{
    disk,
    figures::{Figure, Goal, goals, median_and},
    load, median, table, thousands,
};

const INCIDENTS: usize = 10;
const ROUNDS: usize = 3;
/// New alerts a second that are offered during the storm.
const STORM: usize = 10_000;
/// A caller who has a pace sends one command in this time.
const PACE: Duration = Duration::from_millis(100);

async fn declare(address: SocketAddr) {
    let mut connection = load::Connection::open(address).await;
    for n in 1..=INCIDENTS {
        let body = format!(r#"{{"title":"load {n}","severity":"sev2"}}"#);
        let (status, answer) = connection.send(&mut load::post(address, "/api/v1/incidents", &body), 0).await;
        assert_eq!(status, 201, "{}", String::from_utf8_lossy(answer));
    }
}

fn callers(address: SocketAddr, callers: usize, incidents: usize) -> Vec<load::Numbered> {
    (0..callers)
        .map(|caller| load::command_post(address, &format!("INC-{}", caller % incidents + 1)))
        .collect()
}

struct Case {
    callers: usize,
    incidents: usize,
    /// As soon as the last is answered, unless there is a pace.
    pace: Option<Duration>,
    /// So many alerts a request.
    storm: Option<usize>,
}

/// Medians of the rounds: what they are of, in this order.
#[derive(Default)]
struct Rounds {
    rate: Vec<f64>,
    p50: Vec<f64>,
    p99: Vec<f64>,
    storm_alerts: Vec<f64>,
    storm_p50: Vec<f64>,
    storm_p99: Vec<f64>,
    storm_refused: u64,
}

impl Case {
    fn measure(&self, seconds: f64) -> Rounds {
        let mut rounds = Rounds::default();
        let lasting = Duration::from_secs_f64(seconds);
        for _ in 0..ROUNDS {
            let dir = support::scratch();
            let server = support::server(dir.path());
            let address = server.address;
            load::block_on(declare(address));
            let (commands, storm) = std::thread::scope(|threads| {
                let storm = self.storm.map(|size| threads.spawn(move || storm(address, size, lasting)));
                let callers = callers(address, self.callers, self.incidents);
                let commands = load::block_on(load::run(address, callers, 1, lasting, self.pace));
                (commands, storm.map(|storm| storm.join().expect("the storm ends")))
            });
            assert_eq!(commands.refused, 0, "every command is done");
            server.stop();
            rounds.rate.push(commands.rate());
            rounds.p50.push(commands.percentile(0.5));
            rounds.p99.push(commands.percentile(0.99));
            if let (Some(storm), Some(size)) = (storm, self.storm) {
                rounds.storm_alerts.push(storm.rate() * size as f64);
                rounds.storm_p50.push(storm.percentile(0.5));
                rounds.storm_p99.push(storm.percentile(0.99));
                rounds.storm_refused += storm.refused;
            }
        }
        rounds
    }

    fn row(&self, rounds: &Rounds) -> Vec<String> {
        let storm = |text: String| if self.storm.is_some() { text } else { "–".into() };
        let pace =
            self.pace.map(|pace| format!(", {:.0} a second", self.callers as f64 / pace.as_secs_f64()));
        vec![
            format!("{}{}", self.callers, pace.unwrap_or_default()),
            self.incidents.to_string(),
            thousands(median(&rounds.rate)),
            format!("{:.2}", median(&rounds.p50)),
            median_and(&rounds.p99, f64::max),
            storm(format!("{} of {}", thousands(median(&rounds.storm_alerts)), thousands(STORM as f64))),
            storm(self.storm.unwrap_or_default().to_string()),
            storm(format!("{:.2}", median(&rounds.storm_p50))),
            median_and(&rounds.storm_p99, f64::max),
            storm(rounds.storm_refused.to_string()),
        ]
    }

    fn figures(&self, rounds: &Rounds) -> Vec<Figure> {
        let p99 = |what: String, p99: &[f64], goal| Figure::new(what, Some(median(p99)), "ms", goal);
        match (self.storm, self.pace) {
            (None, None) if self.callers == 50 => {
                let what = format!("50 callers, incidents: {}, p99", self.incidents);
                vec![p99(what, &rounds.p99, Goal::Below(10.0))]
            }
            (Some(size), Some(_)) => {
                let what = |what: &str| {
                    format!(
                        "{} alerts a second offered, {size} a request: p99 of {what}",
                        thousands(STORM as f64)
                    )
                };
                vec![
                    p99(what("intake"), &rounds.storm_p99, Goal::Told("–")),
                    p99(what("an unrelated note"), &rounds.p99, Goal::Told("–")),
                ]
            }
            _ => vec![],
        }
    }
}

/// [`STORM`] alerts a second, so many a request, whether the answers keep up or not.
fn storm(address: SocketAddr, size: usize, lasting: Duration) -> load::Outcome {
    // Enough that an answer of some milliseconds holds up nothing.
    let lanes = match size {
        1 => 64,
        10 => 32,
        _ => 8,
    };
    let posts = (0..lanes).map(|lane| load::webhook_post(address, size, lane)).collect();
    let every = Duration::from_secs_f64((lanes * size) as f64 / STORM as f64);
    load::block_on(load::run(address, posts, 1, lasting, Some(every)))
}

fn main() {
    let seconds = support::seconds(3.0);
    let cases = [
        (1, 1, None, None),
        (50, 1, None, None),
        (50, 10, None, None),
        (200, 1, None, None),
        (200, 10, None, None),
        (50, 1, None, Some(100)),
        (50, 10, None, Some(100)),
        (10, 10, Some(PACE), None),
        (10, 10, Some(PACE), Some(1)),
        (10, 10, Some(PACE), Some(10)),
        (10, 10, Some(PACE), Some(100)),
    ];
    let cases = cases.map(|(callers, incidents, pace, storm)| Case { callers, incidents, pace, storm });
    support::headline(
        "A command, from its request to its durable answer, alone and in a storm of alerts",
        "command",
    );
    let rounds: Vec<_> = cases.iter().map(|case| case.measure(seconds)).collect();
    table(
        &[
            "callers",
            "incidents",
            "commands/s",
            "p50 ms",
            "p99 ms, median (most)",
            "beside it, alerts/s",
            "a request",
            "its p50 ms",
            "its p99 ms, median (most)",
            "refused",
        ],
        &cases.iter().zip(&rounds).map(|(case, rounds)| case.row(rounds)).collect::<Vec<_>>(),
    );
    goals(&cases.iter().zip(&rounds).flat_map(|(case, rounds)| case.figures(rounds)).collect::<Vec<_>>());
    let dir = support::scratch();
    println!(
        "Median of {ROUNDS} rounds of {seconds} s each, keep-alive. Callers without a pace wait for their answer only; what has a pace, \
         and the storm, counts from when it was due. The disk gives one writer {} syncs a second.",
        thousands(disk::syncs_per_second(dir.path(), 4 * 1024))
    );
}
