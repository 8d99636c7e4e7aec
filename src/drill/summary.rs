//! The after-action summary: what happened, how each objective went and by which entries, what to change. Plain
//! Markdown. It speaks of objectives and of the way of working, never of who was good.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

use super::{
    metric::{KEY_ROLES, Metric, title},
    scenario::Scenario,
    score::{Expected, Measure, Outcome, Score},
    time,
};
use crate::incident::{kind::Kind, role::Words, sentence::capital, timeline::Line};

/// Key lines told at most; the timeline has them all.
const LINES_MAX: usize = 60;
/// Characters of one line.
const LINE_CHARS_MAX: usize = 300;

/// Writes the summary of a drill, with roles in these words. `lines` is its timeline as readers see it.
pub fn summary(scenario: &Scenario, score: &Score, lines: &[Line], words: Words) -> String {
    let banner = Kind::Drill.banner();
    let mut out = vec![
        banner.to_owned(),
        String::new(),
        format!("# After-action summary: {}", plain(&scenario.title)),
        String::new(),
    ];
    let notice = if scenario.is_announced { "announced" } else { "without notice" };
    out.push(format!(
        "{}, scenario {} {} ({}, {notice}). {} to {} UTC, {} of exercise time.",
        score.incident,
        plain(&scenario.id),
        plain(&scenario.version),
        scenario.exercise.word(),
        clock(score.began),
        clock(score.ended),
        time::words(score.ended - score.began),
    ));
    if !score.reason.is_empty() {
        out.push(format!("It ended: {}.", plain(score.reason.trim_end_matches('.'))));
    }
    out.push(
        "Objectives are rated here, not people. Each value names the entries of the timeline that show it."
            .into(),
    );

    section(&mut out, "What happened");
    let key: Vec<&Line> = lines.iter().filter(|line| is_key(line)).collect();
    for line in key.iter().take(LINES_MAX) {
        out.push(format!(
            "- {} {}: {} (entry {})",
            clock(line.occurred_at),
            plain(&line.actor.name),
            plain(&format!("{}{}", line.text, line.whose())),
            line.seq
        ));
    }
    if key.len() > LINES_MAX {
        out.push(format!("- and {} more; the timeline has them all.", key.len() - LINES_MAX));
    }

    section(&mut out, "Objectives");
    for objective in &scenario.objectives {
        let rating = score.rating(&objective.id).map_or_else(
            || "not observed".to_owned(),
            |rating| format!("{} ({})", rating.letter(), rating.words()),
        );
        out.push(format!(
            "- {} {}: **{rating}** [{}]",
            objective.id,
            plain(&objective.text),
            plain(&objective.capability)
        ));
        for measure in score.measures.iter().filter(|m| objective.metrics.contains(&m.metric)) {
            out.push(format!("  - {}", told(measure, words)));
        }
    }
    out.push(String::new());
    out.push("P performed without challenges, S with some, M with major challenges, U unable to be performed (HSEEP).".into());

    section(&mut out, "Expected actions");
    out.extend(
        score
            .measure(Metric::T3)
            .filter(|t3| t3.mark.is_some())
            .map(|t3| format!("{} done in time.\n", t3.value)),
    );
    for expected in &score.expected {
        let what = expected
            .inject
            .as_deref()
            .map_or_else(|| "from the start".to_owned(), |id| format!("after inject {id}"));
        out.push(format!(
            "- {} {what} ({}): {}",
            expected.action.words(),
            expected.objective,
            expected.words()
        ));
    }
    if score.expected.is_empty() {
        out.push("- None were set.".into());
    }

    section(&mut out, "What went well");
    out.extend(listed(strengths(score, words)));
    let (found, next) = findings(scenario, score, words);
    section(&mut out, "Findings");
    out.extend(listed(found));
    section(&mut out, "Next time");
    out.extend(listed(next));
    out.push(String::new());
    out.push(banner.to_owned());
    out.push(String::new());
    out.join("\n")
}

fn section(out: &mut Vec<String>, title: &str) {
    out.extend([String::new(), format!("## {title}"), String::new()]);
}

fn listed(items: Vec<String>) -> Vec<String> {
    if items.is_empty() {
        vec!["- Nothing to note.".into()]
    } else {
        items.into_iter().map(|item| format!("- {item}")).collect()
    }
}

fn is_key(line: &Line) -> bool {
    line.important
        || matches!(line.name, "can" | "drill.inject" | "drill.observed" | "role.accepted" | "reminder")
}

fn told(measure: &Measure, words: Words) -> String {
    let evidence = measure.evidence();
    let evidence = if evidence.is_empty() { String::new() } else { format!("; {evidence}") };
    format!(
        "{} {}: {} (target: {}{evidence})",
        measure.metric.id(),
        measure.metric.name(words),
        measure.value,
        measure.target
    )
}

fn strengths(score: &Score, words: Words) -> Vec<String> {
    let mut all = Vec::new();
    if let Some(seq) = score.command_from_start {
        all.push(format!(
            "Command was explicit from the first minute: whoever declared had it, and the timeline says so (entry {seq}). Nobody had to guess."
        ));
    }
    for measure in score
        .measures
        .iter()
        .filter(|m| m.is_met() && !(m.metric == Metric::C1 && score.command_from_start.is_some()))
    {
        all.push(format!("{}: {}.", capital(&measure.metric.name(words)), measure.value));
    }
    all
}

/// What was missed, in calm words, and what to try.
fn findings(scenario: &Scenario, score: &Score, words: Words) -> (Vec<String>, Vec<String>) {
    let (mut found, mut next) = (Vec::new(), Vec::new());
    for measure in score.measures.iter().filter(|m| m.mark.is_some() && !m.is_met()) {
        let (what, try_this) = finding(measure, words);
        // What the expected actions say is told one by one below.
        if measure.metric == Metric::T3 {
            continue;
        }
        found.push(what);
        if let Some(try_this) = try_this {
            next.push(try_this.into_owned());
        }
    }
    for expected in &score.expected {
        found.extend(missed(scenario, expected));
    }
    if !found.is_empty() {
        next.push("Play this drill again after the change, and look at the same values.".into());
    }
    (found, next)
}

fn finding(measure: &Measure, words: Words) -> (String, Option<Cow<'static, str>>) {
    let (value, target) = (&measure.value, &measure.target);
    let never = measure.to.is_none();
    let [first, second, third] = KEY_ROLES.map(|slug| title(slug, words));
    match measure.metric {
        Metric::D3 => (
            format!("The first reaction to the alert: {value} ({target})."),
            Some("Whoever sees a page first says so on the timeline: `note looking`.".into()),
        ),
        Metric::C1 => (
            format!("Command: {value} ({target})."),
            Some("The first on the scene says `command take`, and hands over later if somebody fits better.".into()),
        ),
        Metric::C2 => (
            format!("{}: {value} ({target}). What is not given out stays with the commander, beside everything else.", measure.metric.name(words)),
            Some(format!("Give out the role {first} first, then {second}, then {third}: `role offer pio @NAME`.").into()),
        ),
        Metric::C4 => (
            format!("{value} people checked in. Without it nobody knows who is there, and who may go."),
            Some("Ask for a roll call once the bridge is open: `roll call`.".into()),
        ),
        Metric::M1 => (
            format!("The first report of conditions, actions and needs: {value} ({target})."),
            Some(format!("Ask the {second} for a report every ten minutes: `can SERVICE CONDITIONS | ACTIONS | NEEDS`.").into()),
        ),
        Metric::M2 if never => (
            "The public was told nothing: no update was published. People outside saw the fault and no sign that it was known.".into(),
            Some("Publish «Investigating» within five minutes. It needs no cause and no scope: `update draft`.".into()),
        ),
        Metric::M2 => (
            format!("The first public update came after {value} ({target})."),
            Some("Publish «Investigating» within five minutes. It needs no cause and no scope: `update draft`.".into()),
        ),
        Metric::M4 if never => {
            (format!("Public updates: {value} ({target})."), Some("Give one person nothing to do but public information.".into()))
        }
        Metric::M4 => (format!("Public updates in time: {value} ({target})."), Some("Say when the next update comes, and keep it even with nothing new.".into())),
        Metric::M5 => (
            format!("Promised updates kept: {value}."),
            Some("Promise the next update for a time that can be kept; nothing new is news, too.".into()),
        ),
        Metric::H1 => (
            format!("The briefing at the hand-over of command: {value}."),
            Some("Before `command offer`, fill what `command briefing` shows as empty.".into()),
        ),
        Metric::T1 => (
            format!("Tasks with an owner, a time box and a read-back: {value} ({target})."),
            Some("Name one person and a time: `task add @NAME 10m TEXT`; the owner answers `task ack N`.".into()),
        ),
        Metric::T2 => (
            format!("Tasks reported in time: {value} ({target})."),
            Some("When a time box ends, report what is known so far: `task done N`, or `task more N 10m`.".into()),
        ),
        Metric::T3 => (format!("Expected actions done: {value}."), None),
    }
}

fn missed(scenario: &Scenario, expected: &Expected) -> Option<String> {
    let inject = expected.inject.as_deref().and_then(|id| scenario.inject(id));
    let asked = inject.map_or_else(String::new, |inject| format!("After «{}» ", plain(&inject.text)));
    let what = expected.action.words();
    let sentence = match expected.outcome {
        Outcome::Missed => {
            format!("{asked}`{what}` was expected within {} and did not come.", time::words(expected.within))
        }
        Outcome::Late { after, .. } => {
            format!(
                "{asked}`{what}` was expected within {} and came after {}.",
                time::words(expected.within),
                time::words(after)
            )
        }
        Outcome::Done { .. } | Outcome::Open => return None,
    };
    Some(capital(&sentence))
}

fn clock(at: DateTime<Utc>) -> String {
    at.format("%H:%M").to_string()
}

/// A text of somebody's on one line, short, with what Markdown would act on taken for what it is.
fn plain(text: &str) -> String {
    let mut out = String::new();
    for c in text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(LINE_CHARS_MAX) {
        if matches!(c, '\\' | '*' | '[' | ']' | '<' | '|') {
            out.push('\\');
        }
        // A code mark in somebody's words would swallow ours.
        out.push(if c == '`' { '\'' } else { c });
    }
    if text.chars().count() > LINE_CHARS_MAX {
        out.push('…');
    }
    out
}
