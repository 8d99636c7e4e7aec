//! `heartbeats`: who gives signs of life, and what is missed.

use chrono::{DateTime, Utc};

use super::{Cli, Outcome, reach::Reach, show};
use crate::desk::heartbeats::HeartbeatView;

#[derive(Debug, clap::Args)]
pub struct Args {}

pub async fn run(cli: &Cli, _: &Args) -> Outcome {
    let reach = Reach::find(cli, None).await?;
    let all = reach.heartbeats().await;
    reach.end().await;
    show(&table(&all?));
    Ok(())
}

fn table(all: &[HeartbeatView]) -> String {
    if all.is_empty() {
        return "No heartbeat is named in the settings: see [[heartbeat]] in docs/configuration.md."
            .to_owned();
    }
    let width = all.iter().map(|one| one.name.chars().count()).max().unwrap_or(0).max(4);
    let time = |at: Option<DateTime<Utc>>| {
        at.map_or("–".to_owned(), |at| at.format("%Y-%m-%d %H:%M:%S UTC").to_string())
    };
    let mut lines = vec![format!("{:<width$}  {:<8}  {:<23}  missed from", "name", "state", "last sign")];
    for one in all {
        let due = time(Some(one.missed_since.unwrap_or(one.due_at)));
        let line = format!("{:<width$}  {:<8}  {:<23}  {due}", one.name, one.state, time(one.heard_at));
        lines.push(line);
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_says_who_was_heard_when_and_until_when_there_is_time() {
        let at = |minute: i64| DateTime::from_timestamp(1_800_000_000 + minute * 60, 0).unwrap();
        let alive = HeartbeatView {
            name: "backup".into(),
            state: "alive".into(),
            heard_at: Some(at(0)),
            due_at: at(7),
            missed_since: None,
            every_seconds: 300,
            grace_seconds: 120,
        };
        let missed = HeartbeatView {
            name: "prometheus-eu".into(),
            state: "missed".into(),
            missed_since: Some(at(3)),
            ..alive.clone()
        };
        let waiting =
            HeartbeatView { name: "new".into(), state: "waiting".into(), heard_at: None, ..alive.clone() };
        insta::assert_snapshot!(table(&[alive, missed, waiting]), @"
        name           state     last sign                missed from
        backup         alive     2027-01-15 08:00:00 UTC  2027-01-15 08:07:00 UTC
        prometheus-eu  missed    2027-01-15 08:00:00 UTC  2027-01-15 08:03:00 UTC
        new            waiting   –                        2027-01-15 08:07:00 UTC
        ");
        assert!(table(&[]).contains("[[heartbeat]]"));
    }
}
