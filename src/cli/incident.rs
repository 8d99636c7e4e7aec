//! `incident`, `export`, `verify`, `outbox`: the everyday verbs.

use std::io::Write;

use clap::Subcommand;

use super::{Cli, Failure, Outcome, printable, reach::Reach};
use crate::{export::Format, incident::id::IncidentId, journal::Handle};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// In whose name; without it, the login name
    #[arg(long = "as", value_name = "NAME")]
    pub as_person: Option<String>,
    /// Words of the command language, the incident's number anywhere before the text: `note INC-1 "..."`, `list`,
    /// `declare "checkout is down" --severity sev1`, `help`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true, value_name = "WORDS")]
    pub words: Vec<String>,
}

/// Says words on an incident.
pub async fn run(cli: &Cli, args: &Args) -> Outcome {
    let reach = Reach::find(cli, args.as_person.as_deref()).await?;
    let answer = reach.say(None, args.words.clone()).await;
    reach.end().await;
    print(&answer?.text)
}

/// Prints for a person or a pipe; a reader that goes away early is no failure.
fn print(text: &str) -> Outcome {
    match writeln!(std::io::stdout(), "{}", printable(text)) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

#[derive(Debug, clap::Args)]
pub struct ExportArgs {
    #[arg(value_name = "INC-N")]
    pub incident: IncidentId,
    /// markdown, json or csv
    #[arg(long, default_value = "markdown", value_name = "FORMAT")]
    pub format: Format,
    /// IANA time zone for the times shown: Europe/Berlin
    #[arg(long, default_value = "UTC", value_name = "ZONE", value_parser = zone)]
    pub tz: chrono_tz::Tz,
    /// Into a file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<std::path::PathBuf>,
}

fn zone(name: &str) -> Result<chrono_tz::Tz, String> {
    name.parse().map_err(|_| "That is no time zone. Write an IANA name: Europe/Berlin, UTC.".to_owned())
}

pub async fn export(cli: &Cli, args: &ExportArgs) -> Outcome {
    let reach = Reach::find(cli, None).await?;
    let bytes = reach.export(args.incident, args.format, args.tz).await;
    reach.end().await;
    let bytes = bytes?;
    match &args.output {
        Some(file) => std::fs::write(file, bytes).map_err(|e| Failure(format!("{}: {e}", file.display()))),
        None => match std::io::stdout().write_all(&bytes) {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
            _ => Ok(()),
        },
    }
}

#[derive(Debug, clap::Args)]
pub struct VerifyArgs {
    /// Without one, every incident: all that there are where no server runs on the data, else those that you may see
    #[arg(value_name = "INC-N")]
    pub incident: Option<IncidentId>,
}

/// A server tells nobody how many restricted incidents there are besides their own.
const RESTRICTED_LEFT_OUT: &str = "Restricted incidents that you are not in are left out. While no server \
     runs on the data directory, `commandpost verify` there looks at all of them.";

pub async fn verify(cli: &Cli, args: &VerifyArgs) -> Outcome {
    let reach = Reach::find(cli, None).await?;
    let outcome = verify_all(&reach, args.incident).await;
    reach.end().await;
    outcome
}

async fn verify_all(reach: &Reach, one: Option<IncidentId>) -> Outcome {
    let ids = match one {
        Some(id) => vec![id],
        None => reach.incidents().await?,
    };
    let mut broken = 0;
    for id in &ids {
        let verified = reach.verify(*id).await?;
        if verified.problems.is_empty() {
            print(&format!(
                "{id}: {} entries, unbroken. Head of the chain: {}",
                verified.entries, verified.head
            ))?;
        } else {
            broken += 1;
            print(&format!("{id}: {} entries, BROKEN:", verified.entries))?;
            for problem in &verified.problems {
                print(&format!("  {problem}"))?;
            }
        }
    }
    if one.is_none() && matches!(reach, Reach::Remote(_)) {
        drop(writeln!(std::io::stderr(), "{RESTRICTED_LEFT_OUT}"));
    }
    match broken {
        0 => Ok(()),
        _ => Err(Failure(format!(
            "{broken} of {} incidents do not verify. Keep a copy of the database as it is now, and compare it with a backup.",
            ids.len()
        ))),
    }
}

#[derive(Debug, clap::Args)]
pub struct OutboxArgs {
    #[command(subcommand)]
    pub what: Option<OutboxVerb>,
    /// In whose name
    #[arg(long = "as", value_name = "NAME", global = true)]
    pub as_person: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum OutboxVerb {
    /// What waits, is unknown or has failed
    List,
    /// Try one again, now
    Retry { n: i64 },
    /// Give one up, with a reason
    Drop {
        n: i64,
        #[arg(required = true, trailing_var_arg = true)]
        reason: Vec<String>,
    },
}

pub async fn outbox(cli: &Cli, args: &OutboxArgs) -> Outcome {
    let reach = Reach::find(cli, args.as_person.as_deref()).await?;
    let text = match &args.what {
        None | Some(OutboxVerb::List) => list(&reach, args.as_person.is_some()).await,
        Some(OutboxVerb::Retry { n }) => reach.handle(*n, Handle::Retry).await,
        Some(OutboxVerb::Drop { n, reason }) => {
            reach.handle(*n, Handle::Drop { reason: reason.join(" ") }).await
        }
    };
    reach.end().await;
    print(&text?)
}

/// Where the list is empty: what that is the truth about. A server lists what the one who asks may see.
fn nothing_waits(reach: &Reach, is_named: bool) -> &'static str {
    match reach {
        Reach::Local(_) => "Nothing waits: everything that was to be said has been said.",
        Reach::Remote(remote) if is_named || remote.has_token() => {
            "Nothing waits that you may see: all of that has been said."
        }
        Reach::Remote(_) => {
            "Nothing waits that everybody may see. `commandpost outbox --as NAME` lists what is for your eyes as well."
        }
    }
}

async fn list(reach: &Reach, is_named: bool) -> Result<String, Failure> {
    let waiting = reach.outbox().await?;
    if waiting.is_empty() {
        return Ok(nothing_waits(reach, is_named).into());
    }
    let lines: Vec<_> = waiting
        .iter()
        .map(|d| {
            let subject = d.incident.map_or_else(|| d.lane.clone(), |id| id.to_string());
            let what = match &d.what {
                crate::journal::rows::What::Post { n } => format!("public update {n}"),
                crate::journal::rows::What::Card => "status card".to_owned(),
                crate::journal::rows::What::Say { seq } => format!("timeline entry {seq}"),
                crate::journal::rows::What::Unsay { seq } => format!("redaction of timeline entry {seq}"),
                crate::journal::rows::What::Situation { id } => format!("alert card S-{id}"),
                crate::journal::rows::What::Ask { how, .. } => format!("{} at the sender", how.word()),
                crate::journal::rows::What::Page { n, to, act } => {
                    let to = to.as_ref().map(|person| format!(" to {person}")).unwrap_or_default();
                    format!("page{to}, call {n} ({})", act.word())
                }
                crate::journal::rows::What::Secret { .. } => "word on a secret in a message".to_owned(),
            };
            let why = d.error.as_deref().map(|error| format!(" – {error}")).unwrap_or_default();
            let next = match d.state {
                crate::journal::rows::DeliveryState::Failed => {
                    "`outbox retry` or `outbox drop` decides".to_owned()
                }
                _ => format!("next attempt {}", d.next_at.format("%H:%M:%S UTC")),
            };
            format!(
                "{:>6}  {:<8} {:<10} {subject} {what}, {} attempts, {next}{why}",
                d.n,
                d.state.word(),
                d.destination,
                d.attempts
            )
        })
        .collect();
    Ok(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_that_is_none_is_refused_with_what_to_write() {
        assert_eq!(zone("Europe/Berlin"), Ok(chrono_tz::Europe::Berlin));
        for wrong in ["", "Berlin", "CET+1"] {
            assert_eq!(
                zone(wrong).unwrap_err(),
                "That is no time zone. Write an IANA name: Europe/Berlin, UTC."
            );
        }
    }

    #[test]
    fn what_was_recorded_by_a_name_that_turns_the_line_does_not_turn_a_terminal() {
        assert_eq!(printable("ev\u{202e}ada: a\tb\nc\u{1b}[31m"), "ev\u{FFFD}ada: a\tb\nc\u{FFFD}[31m");
    }
}
