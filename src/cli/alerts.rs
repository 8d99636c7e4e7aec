//! `alerts` and `change`: what alerts tell and whether they deserve it; what was changed.

use chrono::Duration;
use clap::Subcommand;

use super::{Cli, Failure, Outcome, reach::Reach, ruled, show};
use crate::{
    desk::clock::{System, World},
    export::alerts::ReportFormat,
    wall::dated,
};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
    /// In whose name; without it, the login name
    #[arg(long = "as", value_name = "NAME", global = true)]
    as_person: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// What users feel, likely why, and what changed before: of an incident or of alerts
    Why {
        #[arg(value_name = "INC-N|S-N")]
        of: String,
    },
    /// Say whether alerts deserved it: `alerts mark S-3 noise "the disk cleans itself"`
    Mark {
        /// S-3, or the name of a rule
        alert: String,
        /// actionable, noise or late
        mark: String,
        /// Why
        reason: Vec<String>,
    },
    /// Which rules cry wolf, what was never acted on, what first told of each incident, what came late
    Report {
        /// Over how long
        #[arg(long, default_value = "30d", value_name = "DURATION")]
        since: String,
        /// text, json, csv or markdown
        #[arg(long, default_value = "text", value_name = "FORMAT")]
        format: ReportFormat,
    },
    #[command(flatten)]
    Ruled(ruled::Verb),
}

pub async fn run(cli: &Cli, args: &Args) -> Outcome {
    if let Verb::Ruled(verb) = &args.verb {
        return ruled::run(cli, verb).await;
    }
    let reach = Reach::find(cli, args.as_person.as_deref()).await?;
    let told = match &args.verb {
        Verb::Why { of } => {
            // An incident's number goes before the verb's words, a situation's is one of them.
            reach.say(None, words(&["alert", "why", of])).await.map(|answer| answer.text)
        }
        Verb::Mark { alert, mark, reason } => {
            let mut said = words(&["alert", "mark", alert, mark]);
            if !reason.is_empty() {
                said.push(reason.join(" "));
            }
            reach.say(None, said).await.map(|answer| answer.text)
        }
        Verb::Report { since, format } => reach.alert_report(since, *format).await,
        Verb::Ruled(_) => return Ok(()),
    };
    reach.end().await;
    show(told?.trim_end());
    Ok(())
}

#[derive(Debug, clap::Args)]
pub struct ChangeArgs {
    /// What was changed, `rolled out 1.2.3`; left out, or `list`, the last changes are listed; `withdraw N REASON` takes one back
    #[arg(value_name = "TEXT")]
    text: Vec<String>,
    /// Of which service
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
    /// Where
    #[arg(long, value_name = "NAME")]
    env: Option<String>,
    /// When: 09:12, 10m (ago), a date and time; UTC
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// The incident on whose timeline it shall stand
    #[arg(long, value_name = "INC-N")]
    incident: Option<String>,
    /// Hours that are listed
    #[arg(long, default_value_t = 24, value_name = "HOURS")]
    hours: u32,
    /// In whose name; without it, the login name
    #[arg(long = "as", value_name = "NAME")]
    as_person: Option<String>,
}

pub async fn change(cli: &Cli, args: &ChangeArgs) -> Outcome {
    let reach = Reach::find(cli, args.as_person.as_deref()).await?;
    let told = match args.text.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] | ["list"] => list(&reach, args.hours).await,
        ["withdraw", n, reason @ ..] if n.parse::<u32>().is_ok() => {
            let said = words(&["change", "withdraw", *n, "--", reason.join(" ").as_str()]);
            reach.say(None, said).await.map(|answer| answer.text)
        }
        _ => say(&reach, args).await,
    };
    reach.end().await;
    show(&told?);
    Ok(())
}

async fn say(reach: &Reach, args: &ChangeArgs) -> Result<String, Failure> {
    let mut said: Vec<String> = args.incident.iter().cloned().collect();
    said.push("change".to_owned());
    for (flag, value) in [("service", &args.service), ("env", &args.env), ("at", &args.at)] {
        said.extend(value.iter().map(|value| format!("--{flag}={value}")));
    }
    said.push("--".to_owned());
    said.push(args.text.join(" "));
    Ok(reach.say(None, said).await?.text)
}

async fn list(reach: &Reach, hours: u32) -> Result<String, Failure> {
    let changes = reach.changes(System.now() - Duration::hours(i64::from(hours))).await?;
    if changes.is_empty() {
        return Ok(format!(
            "No change is known of the last {hours} hours. docs/changes.md says how to let them in."
        ));
    }
    let lines = changes.iter().map(|change| {
        let about: Vec<&str> = [&change.service, &change.environment, &change.by]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        let about = if about.is_empty() { String::new() } else { format!(" ({})", about.join(", ")) };
        let (n, at, kind) = (change.number(), dated(change.at), change.kind.word());
        format!("{n}  {at}  {kind:<13} {}{about}", change.line())
    });
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

fn words(of: &[&str]) -> Vec<String> {
    of.iter().map(|word| (*word).to_owned()).collect()
}
