//! `senders`: who can post alerts, and what would become of a body, with nothing stored and no server asked.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
    io::Read,
    net::SocketAddr,
};

use chrono::{DateTime, Utc};
use clap::Subcommand;

use super::{Cli, Failure, Outcome, house, ruled::Form, show};
use crate::alert::{
    Alert, Intake, Rejected, Status,
    change::Change,
    explain::outcome,
    group::Grouping,
    intake::BODY_MAX_BYTES,
    rules::{JUDGED_MAX, Open, Rulebook},
    senders::{self, kept},
    situation::{Situation, changes, fold},
};
use crate::http::metrics::Metrics;
use crate::{
    config::Config,
    desk::clock::{System, World},
};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// The senders whose bodies are understood, of alerts and then of changes; each is served at /hooks/NAME
    List,
    /// Read a body from standard input and say what would become of it: `senders test pingdom < body.json`
    Test {
        /// A sender, or a hook of the settings
        name: String,
        /// The content type that it comes with
        #[arg(long, value_name = "TYPE")]
        content_type: Option<String>,
        #[arg(long, default_value = "text")]
        format: Form,
    },
}

pub fn run(cli: &Cli, args: &Args) -> Outcome {
    match &args.verb {
        Verb::List => {
            for listed in senders::ALL.iter().chain(senders::CHANGES) {
                show(&format!("{:<19}{}", listed.name, listed.about));
            }
            Ok(())
        }
        Verb::Test { name, content_type, format } => test(cli, name, content_type.as_deref(), *format),
    }
}

/// A body that cannot be read is shown as it would be kept, and is a failure all the same: whoever tries a template in a
/// script has to know.
fn test(cli: &Cli, name: &str, content_type: Option<&str>, format: Form) -> Outcome {
    let config = cli.settings()?;
    let (mut intake, unreadable) = taken(&config, name, content_type)?;
    let now = System.now();
    let mut changes: Vec<Change> = intake.changes.drain(..).map(|draft| draft.taken(now)).collect();
    for change in &mut changes {
        change.mask();
    }
    let (book, grouping) =
        (Rulebook::new(config.alerts.rule.clone()), Grouping::new(config.alerts.group.clone()));
    match format {
        Form::Json => {
            let document = document(&intake, &changes, unreadable.as_ref(), &book, &grouping, now);
            show(&serde_json::to_string_pretty(&document)?);
        }
        Form::Text => {
            if unreadable.is_some() {
                show(KEPT);
            }
            changes.iter().for_each(|change| show(&told_change(change)));
            if changes.is_empty() {
                show(&told(&intake, &book, &grouping, now));
            }
        }
    }
    match unreadable {
        Some(why) => Err(Failure(format!("it cannot be read. {why}"))),
        None => Ok(()),
    }
}

const KEPT: &str = "It cannot be read, and would be kept as an alert of its own.";

/// Reads a body from standard input as a hook would.
pub(super) fn read(config: &Config, name: &str, content_type: Option<&str>) -> Result<Intake, Failure> {
    let (intake, unreadable) = taken(config, name, content_type)?;
    if unreadable.is_some() {
        show(KEPT);
    }
    Ok(intake)
}

/// What a hook would take of a body on standard input, and why it could not be read, if so.
fn taken(
    config: &Config,
    name: &str,
    content_type: Option<&str>,
) -> Result<(Intake, Option<Rejected>), Failure> {
    let here = SocketAddr::from(([127, 0, 0, 1], 0));
    let mut hooks = house::hooks(config, here, &Metrics::default(), &HashMap::new())?;
    let Some(hook) = hooks.remove(name) else {
        return Err(Failure(format!(
            "there is neither a sender «{name}» nor a hook of this name in the settings. `commandpost senders list` names the senders."
        )));
    };
    let mut body = Vec::new();
    std::io::stdin().take(BODY_MAX_BYTES as u64 + 1).read_to_end(&mut body)?;
    let (mut intake, unreadable) = match hook.sender.read(&body, content_type) {
        Ok(intake) => (intake.as_of(System.now()), None),
        Err(why) if hook.keep_unreadable && !body.is_empty() => (kept::keep(name, &body, &why), Some(why)),
        Err(why) => return Err(Failure(format!("it would be refused with 400. {why}"))),
    };
    intake.alerts.iter_mut().for_each(Alert::mask);
    Ok((intake, unreadable))
}

/// What a delivery would come to, for programs.
fn document(
    intake: &Intake,
    changes: &[Change],
    unreadable: Option<&Rejected>,
    book: &Rulebook,
    grouping: &Grouping,
    now: DateTime<Utc>,
) -> serde_json::Value {
    let open = Open { now, ..Open::default() };
    let situations = situations(intake, grouping, now).into_iter().map(|(situation, alerts)| {
        let judged = if situation.is_over() { None } else { book.judge(&situation, alerts, &open) };
        let decision = judged.map(|(_, decision)| {
            serde_json::json!({
                "rule": decision.rule,
                "reason": decision.reason,
                "outcome": outcome(&decision.action),
            })
        });
        serde_json::json!({
            "title": situation.title,
            "severity": situation.severity,
            "firing": situation.firing,
            "total": situation.total,
            "decision": decision,
        })
    });
    serde_json::json!({
        "is_readable": unreadable.is_none(),
        "why": unreadable.map(ToString::to_string),
        "notes": intake.notes,
        "open_once": intake.open_once,
        "alerts": intake.alerts,
        "changes": changes,
        "situations": situations.collect::<Vec<_>>(),
    })
}

/// The situations that the alerts of a delivery would be, if nothing had come before it, each with the alerts that it is judged by: the
/// worst first, of several the newest.
pub(super) fn situations<'a>(
    intake: &'a Intake,
    grouping: &Grouping,
    now: DateTime<Utc>,
) -> Vec<(Situation, Vec<&'a Alert>)> {
    let mut groups: BTreeMap<[u8; 16], Vec<&Alert>> = BTreeMap::new();
    for alert in &intake.alerts {
        groups.entry(grouping.spot(alert).hash).or_default().push(alert);
    }
    let of = |alerts: Vec<&'a Alert>| {
        let mut state = fold(None, &changes(alerts.iter().copied(), |_| None), now, "")?;
        if let Some((group, key)) = alerts.first().and_then(|alert| grouping.spot(alert).group) {
            (state.grouped_by, state.group_key) = (Some(group), key);
        }
        let newest = alerts.iter().rev().copied().filter(|alert| alert.status == Status::Firing);
        let mut judged: Vec<&Alert> = newest.collect();
        judged.sort_by_key(|alert| Reverse(alert.severity));
        judged.truncate(JUDGED_MAX as usize);
        if judged.is_empty() {
            judged.extend(alerts.first());
        }
        Some((state, judged))
    };
    groups.into_values().filter_map(of).collect()
}

/// What a delivery would come to, if nothing had come before it.
fn told(intake: &Intake, book: &Rulebook, grouping: &Grouping, now: DateTime<Utc>) -> String {
    let mut lines = intake.notes.clone();
    lines.extend(intake.open_once.iter().map(|url| format!("To be opened once by you: {url}")));
    if intake.alerts.is_empty() {
        lines.push("It would be answered with 200; there is no alert in it.".to_owned());
    }
    for alert in &intake.alerts {
        lines.extend(one(alert));
    }
    for (situation, alerts) in situations(intake, grouping, now) {
        lines.push(format!(
            "A situation: {} – {}, {} firing of {}",
            situation.title,
            situation.severity.word(),
            situation.firing,
            situation.total
        ));
        if situation.is_over() {
            lines.push("  Nothing of it fires: it would be stored, and nobody told.".to_owned());
            continue;
        }
        let open = Open { now, ..Open::default() };
        let Some((_, decision)) = book.judge(&situation, alerts, &open) else { continue };
        lines.push(format!("  {} {}", decision.reason, outcome(&decision.action)));
    }
    lines.join("\n")
}

fn told_change(change: &Change) -> String {
    let mut lines = vec![format!("{}: {}", change.kind.word(), change.line())];
    let mut add = |name: &str, value: &str| {
        if !value.is_empty() {
            lines.push(format!("  {name:<14}{value}"));
        }
    };
    add("source", &change.source);
    add("identity", &change.id);
    add("began", &change.at.to_rfc3339());
    add("ended", &change.ended_at.map(|at| at.to_rfc3339()).unwrap_or_default());
    for (name, value) in [
        ("service", &change.service),
        ("environment", &change.environment),
        ("by", &change.by),
        ("link", &change.url),
    ] {
        add(name, value.as_deref().unwrap_or_default());
    }
    for (name, value) in &change.labels {
        add("label", &format!("{name} = {value}"));
    }
    for note in &change.notes {
        add("note", note);
    }
    lines.join("\n")
}

fn one(alert: &Alert) -> Vec<String> {
    let mut lines = vec![format!("{}, {}: {}", alert.status.word(), alert.severity.word(), alert.title)];
    let mut add = |name: &str, value: &str| {
        if !value.is_empty() {
            lines.push(format!("  {name:<14}{}", value.replace('\n', "\n                ")));
        }
    };
    add("source", &alert.source);
    add("identity", &alert.fingerprint);
    add("group", &alert.group_key);
    add("severity", &alert.severity_text);
    add("since", &alert.starts_at.map(|at| at.to_rfc3339()).unwrap_or_default());
    add("until", &alert.ends_at.map(|at| at.to_rfc3339()).unwrap_or_default());
    if alert.acknowledged {
        add("acknowledged", "yes");
    }
    add("text", &alert.description);
    for (name, value) in &alert.labels {
        add("label", &format!("{name} = {value}"));
    }
    for (name, value) in &alert.annotations {
        add("annotation", &format!("{name} = {value}"));
    }
    for link in &alert.links {
        add(link.kind.word(), &link.url);
    }
    for note in &alert.notes {
        add("note", note);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_told_with_its_alerts_its_situation_and_the_rule_that_would_take_it() {
        let body = r#"{"check_id": 7, "check_name": "Shop", "current_state": "DOWN", "importance_level": "HIGH",
            "state_changed_timestamp": 1795205588, "description": "HTTP Error 503"}"#;
        let rules = serde_json::from_value(serde_json::json!([
            {"name": "shop", "when": {"source": "ping*", "severity": "error"}, "then": {"declare": {"severity": 2}}}
        ]));
        let (book, grouping) = (Rulebook::new(rules.unwrap()), Grouping::default());
        let sender = senders::listed("pingdom").unwrap().sender(&senders::Settings::default());
        let intake = sender.read(body.as_bytes(), None).unwrap();
        insta::assert_snapshot!(told(&intake, &book, &grouping, DateTime::UNIX_EPOCH), @"
        firing, error: Shop is DOWN
          source        pingdom
          identity      7
          group         7
          severity      HIGH
          text          HTTP Error 503
          label         check = Shop
          annotation    changed_at = 2026-11-20T20:13:08+00:00
          source        https://my.pingdom.com/app/reports/uptime#check=7
        A situation: Shop is DOWN – error, 1 firing of 1
          The rule “shop” matched: an incident of severity 2. SEV2 «Shop is DOWN» would be declared.
        ");
        let document = document(&intake, &[], None, &book, &grouping, DateTime::UNIX_EPOCH);
        assert_eq!(document["is_readable"], true);
        assert_eq!(document["alerts"][0]["fingerprint"], "7");
        assert_eq!(document["alerts"][0]["status"], "firing");
        assert_eq!(document["situations"][0]["decision"]["rule"], "shop");
        let bare = sender.read(br#"{"check_id": 0}"#, None).unwrap();
        assert!(
            told(&bare, &Rulebook::default(), &grouping, DateTime::UNIX_EPOCH).contains("No rule matched")
        );
    }
}
