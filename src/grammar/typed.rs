//! What is offered while somebody types a line, and what an incident makes known for it.

use clap::Command;

use super::{
    complete::{Completions, autocomplete},
    discord::option_name,
    tree::{self, Blank, SHORT, flags, tree, value_name},
};
use crate::incident::{id::IncidentId, state::Incident};

impl Completions {
    /// What an incident adds: who has which part in it, and what is open.
    pub fn add(&mut self, incident: &Incident) {
        for held in &incident.roles {
            let slug = held.role.slug().to_owned();
            match self.roles.iter_mut().find(|(_, known)| *known == slug) {
                Some(role) => role.0 = format!("{} ({})", role.0, held.person),
                None => self.roles.push((format!("{slug} – {}", held.person), slug)),
            }
        }
        let people = incident.participants.values();
        self.people = people.map(|one| (one.person.to_string(), one.person.id.clone())).collect();
        let tasks = incident.tasks.iter().rev().filter(|task| task.state.is_open());
        self.tasks = tasks.map(|one| numbered(one.n, format!("{} ({})", one.text, one.whose()))).collect();
        let posts = incident.posts.iter().rev().filter(|post| post.dropped.is_none());
        self.updates = posts.map(|one| numbered(one.n, one.draft.text.clone())).collect();
        let objectives = incident.objectives.iter().rev();
        self.objectives = objectives.map(|one| numbered(one.n, one.text.clone())).collect();
        self.actions = incident
            .open_actions()
            .map(|one| numbered(one.n, format!("{} ({}, {})", one.text, one.by, incident.standing_of(one))))
            .collect();
        self.hazards = incident.open_hazards().map(|one| numbered(one.n, one.text.clone())).collect();
        let settled = incident.steps().filter(|place| !place.progress.is_open());
        let steps = incident.open_steps().chain(settled);
        self.steps = steps
            .map(|place| {
                let name = incident.step_name(&place);
                (format!("{name} {}", place.step.text), name)
            })
            .collect();
        let proposals = incident.open_proposals();
        self.proposals = proposals.map(|one| numbered(one.n, format!("{} ({})", one.text, one.by))).collect();
    }
}

fn numbered(n: u32, text: String) -> (String, String) {
    (format!("{n} {text}"), n.to_string())
}

/// What could stand in the place of the last word of a line, which may be empty: pairs of what is shown and the word.
pub fn complete_line(line: &str, known: &Completions) -> Vec<(String, String)> {
    let (before, typed) = line.rsplit_once(char::is_whitespace).unwrap_or(("", line));
    let mut words: Vec<&str> = before.split_whitespace().collect();
    if words.first().is_some_and(|word| word.parse::<IncidentId>().is_ok()) {
        words.remove(0);
    }
    let begins = |word: &&str| word.starts_with(&typed.to_lowercase());
    let told = |verb: &Command| verb.get_about().map(|about| about.to_string()).unwrap_or_default();
    if words.is_empty() {
        let verbs = tree().get_subcommands().map(|verb| (verb.get_name(), told(verb)));
        let short = SHORT.iter().map(|(short, path)| (*short, path.join(" ")));
        let mut all: Vec<_> = verbs.chain(short).filter(|(word, _)| begins(word)).collect();
        all.sort_by_key(|(word, _)| *word);
        return all.into_iter().map(|(word, about)| (format!("{word} – {about}"), word.to_owned())).collect();
    };
    let Some((path, verb, rest)) = verb(&words) else { return vec![] };
    if verb.has_subcommands() {
        let subs = verb.get_subcommands().filter(|sub| begins(&sub.get_name()) && rest.is_empty());
        return subs
            .map(|sub| (format!("{} – {}", sub.get_name(), told(sub)), sub.get_name().into()))
            .collect();
    }
    if typed.starts_with("--") {
        let longs = flags(verb).filter_map(|flag| Some((flag.get_long()?, flag.get_help()?.to_string())));
        let all = longs.map(|(long, help)| (format!("--{long} – {help}"), format!("--{long}")));
        return all.filter(|(_, word)| word.starts_with(typed)).collect();
    }
    let Some(option) = option(verb, rest) else { return vec![] };
    autocomplete(&path, &option, typed, known)
}

/// The verb that the words before the last one name, and those after it.
fn verb<'w>(words: &'w [&'w str]) -> Option<(Vec<&'static str>, &'static Command, &'w [&'w str])> {
    // Something follows: what is being typed.
    let followed: Vec<&str> = words.iter().copied().chain([""]).collect();
    if let Some((count, path)) = tree::short(&followed) {
        return Some((path.to_vec(), tree::at(path)?, words.get(count..)?));
    }
    let (first, rest) = words.split_first()?;
    let verb = tree().find_subcommand(first.to_lowercase())?;
    match rest.split_first() {
        Some((second, rest)) if verb.has_subcommands() => {
            let sub = verb.find_subcommand(second.to_lowercase())?;
            Some((vec![verb.get_name(), sub.get_name()], sub, rest))
        }
        _ => Some((vec![verb.get_name()], verb, rest)),
    }
}

/// The option whose value comes next after these words; none within free text.
fn option(verb: &Command, words: &[&str]) -> Option<String> {
    let takes_value = |word: &&str| {
        let long = word.strip_prefix("--")?;
        flags(verb).find(|flag| flag.get_long() == Some(long) && Blank::of(flag) != Blank::Switch)
    };
    if let Some(flag) = words.last().and_then(takes_value) {
        return Some(option_name(flag));
    }
    let mut blanks = verb.get_positionals();
    let mut blank = blanks.next();
    let mut values = 0;
    for word in words {
        if values > 0 {
            values -= 1;
        } else if word.starts_with("--") {
            values = usize::from(takes_value(word).is_some());
        } else if blank.is_some_and(|blank| !matches!(Blank::of(blank), Blank::Free | Blank::Title)) {
            blank = blanks.next();
        }
    }
    let blank = blank?;
    let is_verb = value_name(blank) == "VERB";
    (is_verb || !matches!(Blank::of(blank), Blank::Free | Blank::Title)).then(|| option_name(blank))
}
