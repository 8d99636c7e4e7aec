//! `alerts explain` and `alerts replay`: why an alert became what it became, and what other rules would have made of those that are past.

use std::{io::IsTerminal, path::PathBuf};

use chrono::Duration;
use clap::{Subcommand, ValueEnum};

use super::{Cli, Failure, Outcome, reach::Reach, senders, show};
use crate::{
    alert::{
        explain::{Explanation, outcome},
        group::Grouping,
        replay::{Difference, Replay, Report, Tally},
        rules::{Open, Rulebook},
    },
    config::RulesFile,
    desk::clock::{System, World},
    journal::history::History,
    wall::lasting,
};

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Which rules are looked at, which one matches, why the others do not, and what became of it: `alerts explain S-1`, or
    /// `alerts explain --sender pingdom < body.json`
    Explain {
        /// A situation that is stored
        #[arg(value_name = "S-N", required_unless_present = "sender")]
        situation: Option<String>,
        /// Read a body of this sender, or hook of the settings, from standard input instead
        #[arg(long, value_name = "NAME", conflicts_with = "situation")]
        sender: Option<String>,
        #[arg(long, default_value = "text")]
        format: Form,
    },
    /// What a changed file of rules would have made of the alerts of the past, beside the rules in force. It only reads
    Replay {
        /// The changed file: `[[rule]]` and `[[group]]`
        #[arg(long, value_name = "FILE")]
        rules: PathBuf,
        /// How far back: 14d, 12h, 30m
        #[arg(long, value_name = "TIME", default_value = "14d", value_parser = ago)]
        since: Duration,
        /// How many situations that differ are told one by one
        #[arg(long, value_name = "N", default_value_t = 100)]
        limit: usize,
        #[arg(long, default_value = "text")]
        format: Form,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    Text,
    Json,
}

/// Reads `14d`.
fn ago(text: &str) -> Result<Duration, String> {
    lasting(text)
        .filter(|time| *time > Duration::zero() && *time < Duration::days(36_500))
        .ok_or_else(|| format!("«{text}» is no time; write 14d, 12h or 30m"))
}

pub async fn run(cli: &Cli, verb: &Verb) -> Outcome {
    match verb {
        Verb::Explain { situation: Some(situation), format, .. } => stored(cli, situation, *format).await,
        Verb::Explain { sender, format, .. } => body(cli, sender.as_deref().unwrap_or_default(), *format),
        Verb::Replay { rules, since, limit, format } => {
            let report = replay(cli, rules, *since, *limit).await?;
            match format {
                Form::Json => show(&serde_json::to_string_pretty(&report)?),
                Form::Text => show(&told(&report)),
            }
            Ok(())
        }
    }
}

async fn stored(cli: &Cli, situation: &str, format: Form) -> Outcome {
    let id = situation.trim_start_matches("S-").parse().map_err(|_| {
        Failure(format!("«{situation}» is no alert situation. Write S-3; `incident alerts` lists them."))
    })?;
    let reach = Reach::find(cli, None).await?;
    let told = reach.explain(id).await;
    reach.end().await;
    print(&told?, format)
}

fn print(told: &Explanation, format: Form) -> Outcome {
    match format {
        Form::Json => show(&serde_json::to_string_pretty(told)?),
        Form::Text => show(&told.to_string()),
    }
    Ok(())
}

/// Nothing is stored, and no server asked.
fn body(cli: &Cli, sender: &str, format: Form) -> Outcome {
    let config = cli.settings()?;
    if std::io::stdin().is_terminal() {
        eprintln!("Paste a body, then press Ctrl-D.");
    }
    let intake = senders::read(&config, sender, None)?;
    let (book, now) = (Rulebook::new(config.alerts.rule.clone()), System.now());
    let open = Open { now, ..Open::default() };
    let grouping = Grouping::new(config.alerts.group.clone());
    let situations = senders::situations(&intake, &grouping, now);
    if situations.is_empty() {
        show("There is no alert in it: nothing would become of it.");
    }
    for (situation, alerts) in situations {
        let Some((lead, decision)) = book.judge(&situation, alerts, &open) else { continue };
        print(&Explanation::of(&book, "", &situation, lead, &open), format)?;
        if format == Form::Text {
            show(&match situation.is_over() {
                true => "Nothing of it fires: it would be stored, and nobody told.".to_owned(),
                false => outcome(&decision.action),
            });
        }
    }
    Ok(())
}

async fn replay(
    cli: &Cli,
    rules: &std::path::Path,
    since: Duration,
    limit: usize,
) -> Result<Report, Failure> {
    let config = cli.settings()?;
    let file = RulesFile::load(rules, &config).map_err(|problems| {
        let lines: Vec<_> = problems.iter().map(|problem| problem.render()).collect();
        Failure(format!("{} has mistakes:\n{}", rules.display(), lines.join("\n")))
    })?;
    let in_force = (Rulebook::new(config.alerts.rule.clone()), Grouping::new(config.alerts.group.clone()));
    let new = (Rulebook::new(file.rule), Grouping::new(file.group));
    let since = System.now() - since;
    let mut history = History::open(&config.storage.data_dir).await.map_err(|error| {
        Failure(format!(
            "{error}. The alerts are read from the data directory: run this where the server runs, with the same settings."
        ))
    })?;
    let incidents = history.incidents(since).await?;
    let mut replay = Replay::new(in_force, new, &incidents, limit);
    let unread = history.alerts(since, |past| replay.feed(&past)).await?;
    if unread > 0 {
        eprintln!("{unread} alerts could not be read, and are left out.");
    }
    Ok(replay.finish())
}

fn told(report: &Report) -> String {
    let (Some(from), Some(to)) = (report.from, report.to) else {
        return "No alert came in this time.".to_owned();
    };
    let time = "%Y-%m-%d %H:%M";
    let mut lines = vec![format!(
        "{} alerts in {} situations, {} to {} UTC",
        report.alerts,
        report.situations,
        from.format(time),
        to.format(time)
    )];
    lines.push(String::new());
    lines.push(format!("{:<12}{:>12}{:>12}{:>12}", "", "then", "in force", "new file"));
    let columns = [report.then, report.in_force, report.new];
    let of = |tally: Tally| [tally.declared, tally.paged, tally.attached, tally.carded, tally.recorded];
    let [then, in_force, new] = columns.map(of);
    for (nth, name) in ["declared", "paged", "attached", "a card", "recorded"].into_iter().enumerate() {
        let (then, in_force, new) = (then[nth], in_force[nth], new[nth]);
        lines.push(format!("{name:<12}{then:>12}{in_force:>12}{new:>12}"));
    }
    lines.push(String::new());
    if report.left_out > 0 {
        lines.push(match report.left_out {
            1 => "One situation is left out of all three: a window or a silence kept it back, or it was over before any rule looked.".to_owned(),
            n => format!("{n} situations are left out of all three: a window or a silence kept them back, or they were over before any rule looked."),
        });
        lines.push(String::new());
    }
    if report.differ == 0 {
        lines.push("No situation would have become anything else.".to_owned());
        return lines.join("\n");
    }
    lines.push(match report.differ {
        1 => "One situation would have become something else:".to_owned(),
        n => format!("{n} situations would have become something else:"),
    });
    lines.extend(report.differences.iter().map(one));
    let more = report.differ.saturating_sub(report.differences.len() as u64);
    if more > 0 {
        lines.push(format!("… and {more} more (`--limit`)"));
    }
    lines.join("\n")
}

fn one(one: &Difference) -> String {
    let then = match one.then {
        Some(then) if then != one.in_force => format!(" (then: {})", then.word()),
        _ => String::new(),
    };
    format!(
        "{} {} {}\n  in force: {}{then}. {}\n  new:      {}. {}",
        one.situation,
        one.at.format("%m-%d %H:%M"),
        one.title,
        one.in_force.word(),
        one.why_in_force,
        one.new.word(),
        one.why_new
    )
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    #[test]
    fn what_is_left_out_of_the_comparison_is_said() {
        let (from, to) = (Some(DateTime::UNIX_EPOCH), Some(DateTime::UNIX_EPOCH));
        let of = |left_out| told(&Report { left_out, from, to, ..Report::default() });
        assert!(
            of(3).contains("3 situations are left out of all three: a window or a silence kept them back")
        );
        assert!(of(1).contains("One situation is left out") && !of(0).contains("left out"));
    }

    #[test]
    fn a_time_back_is_days_hours_or_minutes() {
        assert_eq!(ago("14d"), Ok(Duration::days(14)));
        assert_eq!(ago("12h"), Ok(Duration::hours(12)));
        assert_eq!(ago("30m"), Ok(Duration::minutes(30)));
        assert_eq!(ago("2w"), Ok(Duration::weeks(2)));
        for wrong in ["", "d", "14", "-1d", "0d", "14 d", "99999999999999d", "1é"] {
            assert!(ago(wrong).is_err(), "{wrong}");
        }
    }
}
