//! From the 2xx that an alert is answered with to its card in the modelled Discord.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a load program measures by the machine's clock, and stops where it cannot go on"
)]

mod support;

use std::time::{Duration, Instant};

use commandpost::model::discord::RateLimits;
use support::{
    discord::{LIMITS, PATIENCE, house},
    figures::{Figure, Goal, goals, percentile},
    load, table,
};

/// Alerts at this distance, each of a group of its own, so each a card; and what the modelled Discord allows meanwhile. Five
/// messages in five seconds in a channel are one in 1 s: at 1.25 s none waits for them.
const CASES: [(&str, Duration, Option<RateLimits>); 2] = [
    ("0.8 a second, Discord's limits", Duration::from_millis(1_250), Some(LIMITS)),
    ("4 a second, no limits", Duration::from_millis(250), None),
];

#[derive(Default)]
struct Times {
    /// Milliseconds from sending the alert to the 2xx.
    answered: Vec<f64>,
    /// From the 2xx to the card.
    card: Vec<f64>,
    limited: usize,
}

async fn cards(every: Duration, limits: Option<RateLimits>, lasting: Duration) -> Times {
    let dir = support::scratch();
    let (discord, channel, server) = house(dir.path()).await;
    if let Some(limits) = limits {
        discord.limit(limits);
    }
    let mut connection = load::Connection::open(server.address).await;
    let mut request = load::webhook_grouped(server.address, 1, 1);
    let mut times = Times::default();
    let count = (lasting.as_secs_f64() / every.as_secs_f64()).ceil().max(2.0) as u64;
    let mut due = Instant::now();
    for number in 0..count {
        tokio::time::sleep_until(due.into()).await;
        due = Instant::now() + every;
        let name = load::alert_name(number);
        let sent = Instant::now();
        let (status, answer) = connection.send(&mut request, number).await;
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(answer));
        let taken = Instant::now();
        times.answered.push((taken - sent).as_secs_f64() * 1e3);
        let card = discord.wait_for(PATIENCE, |d| {
            let newest = d.newest(channel)?;
            newest.embeds.iter().any(|embed| embed.to_string().contains(&name)).then_some(())
        });
        card.await.unwrap_or_else(|| panic!("{name} has no card: {:#?}", discord.newest(channel)));
        times.card.push(taken.elapsed().as_secs_f64() * 1e3);
    }
    times.limited = discord.requests().iter().filter(|request| request.status == 429).count();
    server.stop();
    times
}

fn main() {
    let lasting = Duration::from_secs_f64(support::seconds(125.0));
    rustls::crypto::ring::default_provider().install_default().ok();
    support::headline("From an alert's 2xx to its card in the modelled Discord", "card");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime");
    let (mut rows, mut figures) = (vec![], vec![]);
    for (what, every, limits) in CASES {
        let times = runtime.block_on(cards(every, limits, lasting));
        let both = |times: &[f64]| format!("{:.1} / {:.1}", percentile(times, 0.5), percentile(times, 0.99));
        rows.push(vec![
            what.to_owned(),
            times.card.len().to_string(),
            both(&times.answered),
            both(&times.card),
            times.limited.to_string(),
        ]);
        for (name, part, goal) in [("p50", 0.5, 5.0), ("p99", 0.99, 25.0)] {
            let figure = format!("accepted to card, {what}: {name}");
            figures.push(Figure::new(figure, Some(percentile(&times.card, part)), "ms", Goal::Below(goal)));
        }
    }
    table(
        &["alerts", "cards", "sent to 2xx, p50 / p99 ms", "2xx to card, p50 / p99 ms", "refused with 429"],
        &rows,
    );
    goals(&figures);
    println!(
        "Each for {:.0} s. Each alert opens a situation, whose card is a new message in the channel; the next comes when that is there.",
        lasting.as_secs_f64()
    );
}
