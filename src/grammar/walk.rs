//! From words to an argument list that the tree can parse: finds the verb, the incident it is said of, flags and
//! blanks, and leaves free text as it was typed.

mod line;

use clap::Command;

use line::{Line, longest};

use super::known::Lexicon;
use super::{
    refuse,
    tree::{self, Blank, tree},
    words::Words,
};
use crate::incident::{id::IncidentId, phase::Phase, refusal::Refusal, severity::Severity};

/// Shorter verbs are one letter away from too many words.
const SLIP_BYTES_MIN: usize = 4;

/// What was said, ready for the tree.
pub(super) struct Walked {
    pub target: Option<IncidentId>,
    pub verb: &'static Command,
    pub path: Vec<&'static str>,
    /// Path, flags as `--flag=value`, `--`, positionals.
    pub argv: Vec<String>,
}

pub(super) fn walk(mut words: Words<'_>, known: Lexicon<'_>) -> Result<Walked, Refusal> {
    if words.is_text() && words.peek().is_some_and(is_prefix) {
        words.next();
    }
    let mut target = take_target(&mut words);
    let Some(first) = words.peek() else {
        return Err(Refusal::invalid(
            "Nothing was said.",
            "`help` lists what can be said, for example `status`.",
        ));
    };
    let Found { mut path, mut verb, mut blanks } = find_verb(&mut words, first, &mut target, known)?;
    let opens = path == ["declare"];
    let of_none = opens || matches!(path.as_slice(), ["list" | "alerts" | "find" | "help"] | ["roster", _]);
    // The number after `merge` is the duplicate's, that after `under` the greater one's.
    let names_another = matches!(path.as_slice(), ["phase", "merge"] | ["sub", "under"]);
    if target.is_none() && !of_none && !names_another {
        target = take_target(&mut words);
    }
    if opens && let Some(confirmed) = confirmation(&mut words, target, known) {
        (path, target) = (vec!["phase", "confirm"], Some(confirmed));
        verb = tree::at(&["phase", "confirm"]).unwrap_or(verb);
    }
    if let (["declare"], Some(target)) = (path.as_slice(), target) {
        return Err(refuse::declared_of(target));
    }
    // `severity --impact wide --urgency now` says what `rate wide now` says.
    if path == ["severity"]
        && blanks.is_empty()
        && let Some(found) = impact_and_urgency(&mut words)?
        && let Some(rate) = tree::at(&["rate"])
    {
        (path, verb, blanks) = (vec!["rate"], rate, found);
    }
    let mut argv: Vec<String> = path.iter().map(|word| (*word).to_owned()).collect();
    argv.extend(Line::new(verb, &path, known, blanks).read(&mut words)?);
    Ok(Walked { target, verb, path, argv })
}

/// What may stand before everything else that is typed.
pub(super) fn is_prefix(word: &str) -> bool {
    ["/incident", "!incident", "incident", "/record"].iter().any(|prefix| word.eq_ignore_ascii_case(prefix))
}

/// Whether words begin with a verb: one of the tree, what is short for one, or a severity by its id.
pub fn is_verb_said(words: &[&str]) -> bool {
    let Some(first) = words.first().map(|word| word.to_lowercase()) else { return false };
    tree::short(words).is_some() || is_severity(&first) || tree().find_subcommand(&first).is_some()
}

/// Whether a word is a verb but for one slip of the hand: a letter too many, too few, another, or two exchanged.
pub fn is_verb_meant(word: &str) -> bool {
    let word = word.to_lowercase();
    let verbs = tree().get_subcommands().flat_map(Command::get_name_and_visible_aliases);
    let mut all = verbs.chain(tree::SHORT.iter().map(|(short, _)| *short));
    word.starts_with(char::is_alphabetic)
        && all.any(|verb| verb.len() >= SLIP_BYTES_MIN && strsim::osa_distance(&word, verb) == 1)
}

/// The verb of a line as it was said, with a mark where more follows it: `status`, `task add …`, `period start …`.
pub fn verb_said(line: &[&str]) -> String {
    let line = match line {
        [first, rest @ ..] if is_prefix(first) => rest,
        line => line,
    };
    let is_group =
        |word: &&str| tree().find_subcommand(word.to_lowercase()).is_some_and(|verb| verb.has_subcommands());
    let count = match tree::short(line) {
        Some((count, _)) => count,
        None => 1 + usize::from(line.first().is_some_and(is_group)),
    };
    let more = if line.len() > count { " …" } else { "" };
    format!("{}{more}", line.get(..count).unwrap_or(line).join(" "))
}

fn take_target(words: &mut Words<'_>) -> Option<IncidentId> {
    let id = words.peek()?.parse().ok()?;
    words.next();
    Some(id)
}

/// `declare INC-3 [SEVERITY]` means a triage card that turns out to be an incident, not an incident of that title.
fn confirmation(words: &mut Words<'_>, target: Option<IncidentId>, known: Lexicon<'_>) -> Option<IncidentId> {
    let mut ahead = *words;
    let id = target.or_else(|| take_target(&mut ahead))?;
    let mut severity = ahead;
    if severity.peek() == Some("--severity") {
        severity.next();
    }
    let start = severity;
    if let Some((_, after)) = longest(&start, |text| known.names.find_severity(text))
        && after.peek().is_none()
    {
        *words = start;
        return Some(id);
    }
    match severity.next() {
        None => {}
        Some(word) if word.parse::<Severity>().is_ok() && severity.peek().is_none() => ahead = start,
        Some(_) => return None,
    }
    *words = ahead;
    Some(id)
}

struct Found {
    path: Vec<&'static str>,
    verb: &'static Command,
    /// Blanks that the verb's word fills by itself.
    blanks: Vec<String>,
}

/// The next words, as far as a short form and what tells its meanings apart may reach.
fn next_words<'w>(mut words: Words<'w>) -> Vec<&'w str> {
    std::iter::from_fn(|| words.next()).take(3).collect()
}

fn find_verb(
    words: &mut Words<'_>,
    first: &str,
    target: &mut Option<IncidentId>,
    known: Lexicon<'_>,
) -> Result<Found, Refusal> {
    let lower = first.to_lowercase();
    if let Some((count, path)) = tree::short(&next_words(*words)) {
        for _ in 0..count {
            words.next();
        }
        let path = if asks_for_proposals(path, words) { PROPOSALS } else { path };
        if path == PROPOSALS {
            while words.next().is_some() {}
        }
        return tree::at(path)
            .map(|verb| Found { path: path.to_vec(), verb, blanks: vec![] })
            .ok_or_else(|| refuse::unknown(first));
    }
    // `sev1 payments fail too`: the severity is the verb.
    let is_severity = is_severity(&lower);
    let verb = if is_severity { tree().find_subcommand("severity") } else { tree().find_subcommand(&lower) };
    // So is what the team calls one, where that is no verb.
    if verb.is_none()
        && let Some((severity, after)) = longest(words, |text| known.names.find_severity(text))
        && let Some(verb) = tree().find_subcommand("severity")
    {
        *words = after;
        return Ok(Found { path: vec!["severity"], verb, blanks: vec![severity.word().to_owned()] });
    }
    let verb = verb.ok_or_else(|| refuse::unknown(first))?;
    words.next();
    if !verb.has_subcommands() {
        let blanks = if is_severity { vec![lower] } else { vec![] };
        return Ok(Found { path: vec![verb.get_name()], verb, blanks });
    }
    if target.is_none() {
        *target = take_target(words);
    }
    // `playbook` alone asks for its steps.
    if verb.get_name() == "playbook" && words.peek().is_none() {
        let sub = verb.find_subcommand("show").unwrap_or(verb);
        return Ok(Found { path: vec![verb.get_name(), sub.get_name()], verb: sub, blanks: vec![] });
    }
    let Some(second) = words.peek() else { return Err(refuse::incomplete(verb)) };
    refuse_unclear_stop(verb, second)?;
    refuse_unclear_number(verb, *words)?;
    // `action restart db1`: what is no verb of the group is what somebody is about to do; or what could go wrong.
    if let Some(usual) = usual(verb.get_name()).filter(|_| announces(verb, *words)) {
        let sub = verb.find_subcommand(usual).unwrap_or(verb);
        return Ok(Found { path: vec![verb.get_name(), sub.get_name()], verb: sub, blanks: vec![] });
    }
    // `phase monitoring`, or what the team calls that, is the verb that leads there.
    if verb.get_name() == "phase"
        && verb.find_subcommand(second.to_lowercase()).is_none()
        && let Some((phase, after)) = longest(words, |text| status(text, known))
        && let Some(path) = leading_to(phase)
        && let Some(verb) = tree::at(path)
    {
        *words = after;
        return Ok(Found { path: path.to_vec(), verb, blanks: vec![] });
    }
    words.next();
    let sub = verb.find_subcommand(second.to_lowercase()).ok_or_else(|| refuse::unknown_in(verb, second))?;
    Ok(Found { path: vec![verb.get_name(), sub.get_name()], verb: sub, blanks: vec![] })
}

/// `action stop the queue` may be either, and neither is to come about by mistake.
fn refuse_unclear_stop(verb: &Command, second: &str) -> Result<(), Refusal> {
    let (word, what) = match second.to_lowercase().as_str() {
        "stop" => ("stop", "stop everything"),
        "resume" => ("resume", "lift the stop"),
        _ => return Ok(()),
    };
    if verb.get_name() != "action" {
        return Ok(());
    }
    Err(Refusal::invalid(
        format!(
            "Nothing was done: `action {word} …` may mean to {what}, or to announce what you are about to do."
        ),
        format!("To {what}: `{word} WHY`. To announce: `action announce {word} …`."),
    ))
}

const PROPOSALS: &[&str] = &["decision", "list"];

/// `propose list` and `decide list` ask for what is proposed; nobody decides on «list».
fn asks_for_proposals(path: &[&str], words: &Words<'_>) -> bool {
    matches!(path, ["decision", "propose" | "record"]) && words.rest().trim().eq_ignore_ascii_case("list")
}

/// The verb of a group that need not be said.
pub(super) fn usual(group: &str) -> Option<&'static str> {
    match group {
        "action" => Some("announce"),
        "change" => Some("record"),
        "hazard" => Some("add"),
        _ => None,
    }
}

/// A severity that is a verb by itself; a bare `1` is not.
pub(super) fn is_severity(lower: &str) -> bool {
    lower.starts_with('s') && lower.parse::<Severity>().is_ok()
}

/// A status by its id, or as the team calls it.
fn status(text: &str, known: Lexicon<'_>) -> Option<Phase> {
    let by_id = || {
        Phase::ALL
            .into_iter()
            .find(|phase| phase.word().eq_ignore_ascii_case(text) || phase.shown().eq_ignore_ascii_case(text))
    };
    known.names.find_phase(text).or_else(by_id)
}

/// The verb that a status is entered by; `None` where no single one does.
pub(super) fn leading_to(phase: Phase) -> Option<&'static [&'static str]> {
    match phase {
        Phase::Investigating => Some(&["reopen"]),
        Phase::Identified => Some(&["phase", "identify"]),
        Phase::Monitoring => Some(&["phase", "mitigate"]),
        Phase::Resolved => Some(&["resolve"]),
        Phase::Review => Some(&["phase", "review"]),
        Phase::Closed => Some(&["close"]),
        Phase::Cancelled => Some(&["cancel"]),
        Phase::InProgress => Some(&["maintenance", "start"]),
        Phase::Completed => Some(&["maintenance", "complete"]),
        Phase::Triage | Phase::Merged | Phase::Scheduled => None,
    }
}

/// `--impact wide --urgency now`, in either order, at the cursor. `None`: neither is there. Read here, as they are no flags of
/// `severity` but the two words of `rate`, which has a place of its own in every chat's menu.
fn impact_and_urgency(words: &mut Words<'_>) -> Result<Option<Vec<String>>, Refusal> {
    let (mut impact, mut urgency) = (None, None);
    while let Some(word) = words.peek() {
        let Some(name) = word.strip_prefix("--").or_else(|| word.strip_prefix('—')) else { break };
        let slot = match name.split('=').next() {
            Some("impact") if impact.is_none() => &mut impact,
            Some("urgency") if urgency.is_none() => &mut urgency,
            _ => break,
        };
        *slot = match name.split_once('=') {
            Some((_, value)) if !words.is_text() => {
                words.next();
                Some(value.to_owned())
            }
            Some(_) => {
                words.skip_in_word(word.find('=').unwrap_or(0) + 1);
                words.value()?
            }
            None => {
                words.next();
                words.value()?
            }
        };
    }
    match (impact, urgency) {
        (None, None) => Ok(None),
        (Some(impact), Some(urgency)) => Ok(Some(vec![impact, urgency])),
        _ => Err(Refusal::invalid(
            "Impact and urgency make a severity together; one of them is missing.",
            "Write `severity --impact high --urgency low WHY`.",
        )),
    }
}

/// Whether the words after `action` are an announcement, those after `hazard` a hazard: they begin with none of its verbs, and are no
/// slip of one (`action dnoe 2 restarted`).
fn announces(group: &Command, mut words: Words<'_>) -> bool {
    let second = words.next().unwrap_or_default().to_lowercase();
    group.find_subcommand(&second).is_none()
        && (!is_at_number(&filled_in(words)) || !refuse::is_slip(group, &second))
}

/// `action drop the replica`, `hazard clear x`: a number must follow the verb, and something else does.
fn refuse_unclear_number(group: &Command, mut words: Words<'_>) -> Result<(), Refusal> {
    let Some(usual) = usual(group.get_name()) else { return Ok(()) };
    let second = words.next().unwrap_or_default().to_lowercase();
    let Some(sub) = group.find_subcommand(&second) else { return Ok(()) };
    let counts = sub.get_positionals().next().is_some_and(|blank| Blank::of(blank) == Blank::Number);
    let words = filled_in(words);
    let after = words.rest();
    if !counts || is_at_number(&words) || after.is_empty() || is_slip_of_number(&after) {
        return Ok(());
    }
    Err(refuse::unclear_number(group, sub, usual, &after))
}

/// What a form filled in comes after `--`.
fn filled_in(mut words: Words<'_>) -> Words<'_> {
    if words.peek() == Some("--") {
        words.next();
    }
    words
}

/// Of a form that somebody copied, or that is told, `N` stands for one.
fn is_at_number(words: &Words<'_>) -> bool {
    words.peek().is_some_and(|word| word == "N" || word.trim_start_matches('#').parse::<u32>().is_ok())
}

/// A word by which somebody means a number: `-1`, `2nd`, `two`.
fn is_slip_of_number(word: &str) -> bool {
    const SPELT: [&str; 9] = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    let digits = word.trim_start_matches(['-', '−', '–', '+', '#']);
    let is_spelt = SPELT.iter().any(|one| one.eq_ignore_ascii_case(word));
    is_spelt || (digits.starts_with(|c: char| c.is_ascii_digit()) && !digits.contains(char::is_whitespace))
}

/// The verb that words name, for help: `update draft`, `sev`, `ack`.
pub(super) fn named(text: &str) -> Result<(Vec<&'static str>, &'static Command), Refusal> {
    let words = next_words(Words::text(text));
    let first = words.first().copied().unwrap_or_default();
    let path: Vec<String> = match tree::short(&words) {
        Some((_, path)) => path.iter().map(|word| (*word).to_owned()).collect(),
        None => words.iter().take(2).map(|word| word.to_lowercase()).collect(),
    };
    let mut at = tree();
    let mut names = Vec::new();
    for word in &path {
        at = match at.find_subcommand(word) {
            Some(sub) => sub,
            None if names.is_empty() => return Err(refuse::unknown(first)),
            None if at.has_subcommands() => return Err(refuse::unknown_in(at, word)),
            // `help note something`: the verb is told.
            None => break,
        };
        names.push(at.get_name());
    }
    Ok((names, at))
}
