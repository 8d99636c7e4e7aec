//! Discord's slash commands, made of the tree, and back: what a slash command brings as an argument list.
//!
//! After Discord's documentation of application commands: at most 25 options and 25 choices, required options
//! first, 8,000 characters a command. The one language is more than one command holds, so there are two: `/incident` to
//! respond, `/record` for what is written down of it. Elsewhere nobody tells them apart.

use clap::{Arg, Command};
use serde_json::{Map, Value, json};

use super::begun::{Begun, begun};
use super::help;
use super::known::Lexicon;
use super::tree::{Blank, at, flag_called, flags, tree, value_name};
use super::walk::{Walked, walk};
use super::words::Words;
use crate::incident::{id::IncidentId, refusal::Refusal};

/// Name of the command in a message's context menu: the message becomes a note.
pub const CONTEXT_MENU_NOTE: &str = "Add to timeline";

/// Slash command of the record.
pub const RECORD: &str = "record";
const RECORD_ABOUT: &str =
    "What is on record: decisions, objectives, entries, title, times, links, changes, alerts, playbooks";
/// The verbs below [`RECORD`]; every other is below the tree's own name.
const ON_RECORD: [&str; 17] = [
    "alert",
    "change",
    "decision",
    "entry",
    "field",
    "find",
    "link",
    "maintenance",
    "milestone",
    "objective",
    "pager",
    "playbook",
    "roster",
    "set",
    "sub",
    "timeline",
    "type",
];

/// The option that names the incident where it is not the channel's own.
pub(super) const INCIDENT: &str = "incident";

// Option types of the Discord API.
const SUBCOMMAND: u8 = 1;
const GROUP: u8 = 2;
const STRING: u8 = 3;
const INTEGER: u8 = 4;
const BOOLEAN: u8 = 5;
const USER: u8 = 6;

/// Discord's limit on a whole command.
const COMMAND_CHARS_MAX: usize = 8_000;
/// Discord's limit on the choices of an option.
const CHOICES_MAX: usize = 25;
/// Discord's limit on a string option's value.
const TEXT_CHARS_MAX: u32 = 6_000;
/// Greatest integer that Discord passes on unharmed.
const INTEGER_MAX: u64 = (1 << 53) - 1;

/// The slash command that a verb of the tree stands below.
pub fn discord_root(verb: &str) -> &'static str {
    if ON_RECORD.contains(&verb) { RECORD } else { tree().get_name() }
}

/// Words of the language as somebody finds them in Discord, each value in its option: `object 1 REASON` is
/// `/record decision object n:1 reason:REASON` there. `None`: they begin with no verb.
pub fn slash_words(said: &str) -> Option<String> {
    let Begun { target, path, rest } = begun(said)?;
    if let Some(verb) = at(&path).filter(|verb| !verb.has_subcommands() && said == help::usage(&path, verb)) {
        return Some(slash_usage(&path, verb));
    }
    let is_form = rest.contains("[--");
    if !is_form && let Some(filled) = in_options(said) {
        return Some(filled);
    }
    let rest = if is_form { form_with_options(at(&path)?, rest) } else { rest.to_owned() };
    let mut all = vec![format!("/{}", discord_root(path.first()?)), path.join(" ")];
    all.extend(target.map(|id| format!("{INCIDENT}:{id}")));
    all.extend((!rest.is_empty()).then_some(rest));
    Some(all.join(" "))
}

/// A whole command with every value in its option: `done 3 mended` is `/incident task done n:3 result:mended`. `None`: it is none.
fn in_options(said: &str) -> Option<String> {
    begun(said)?;
    filled(&walk(Words::text(said), Lexicon::usual()).ok()?)
}

/// What was said, as Discord's options have it, the blanks first.
fn filled(walked: &Walked) -> Option<String> {
    let Walked { target, verb, path, argv } = walked;
    let mut behind = argv.iter().skip(path.len());
    let given: Vec<&String> = behind.by_ref().take_while(|arg| arg.as_str() != "--").collect();
    let mut all = vec![format!("/{}", discord_root(path.first()?)), path.join(" ")];
    all.extend(target.map(|id| format!("{INCIDENT}:{id}")));
    all.extend(verb.get_positionals().zip(behind).map(|(arg, value)| {
        let is_bare_name = Blank::of(arg) == Blank::Name && !value.starts_with(['@', '<']);
        format!("{}:{}{value}", option_name(arg), if is_bare_name { "@" } else { "" })
    }));
    all.extend(given.into_iter().map(|flag| {
        let flag = flag.strip_prefix("--").unwrap_or(flag);
        let (name, value) = flag.split_once('=').unwrap_or((flag, "True"));
        format!("{name}:{value}")
    }));
    Some(all.join(" "))
}

/// A verb as it is chosen in Discord, with all that it asks for: `/incident task add text:TEXT [for:@NAME] [in:DURATION]`.
pub(super) fn slash_usage(path: &[&str], verb: &Command) -> String {
    let mut words = vec![slash_path(path)];
    if verb.has_subcommands() {
        words.push(verb.get_subcommands().map(Command::get_name).collect::<Vec<_>>().join("|"));
        return words.join(" ");
    }
    words.extend(asked_for(verb).into_iter().map(|arg| {
        let said = match Blank::of(arg) {
            Blank::Switch => format!("{}:True", option_name(arg)),
            Blank::Name => format!("{}:@{}", option_name(arg), value_name(arg)),
            _ => format!("{}:{}", option_name(arg), value_name(arg)),
        };
        if arg.is_required_set() { said } else { format!("[{said}]") }
    }));
    words.join(" ")
}

/// Where a verb is found in Discord: `/record decision object`.
pub(super) fn slash_path(path: &[&str]) -> String {
    format!("/{} {}", discord_root(path.first().copied().unwrap_or_default()), path.join(" "))
}

/// What a verb asks for; Discord wants the required first.
pub(super) fn asked_for(verb: &Command) -> Vec<&Arg> {
    let mut all: Vec<&Arg> = verb.get_positionals().chain(flags(verb)).collect();
    all.sort_by_key(|arg| !arg.is_required_set());
    all
}

/// Whether a verb is said of an incident.
pub(super) fn is_of_one(path: &[&str]) -> bool {
    match path {
        ["alert" | "roster", ..] | ["declare" | "list" | "alerts" | "find" | "help"] => false,
        ["maintenance", sub] => matches!(*sub, "start" | "complete" | "extend" | "move"),
        _ => true,
    }
}

/// A verb's form with options in place of its flags: `[--next DURATION] TEXT` is `[next:DURATION] TEXT`.
fn form_with_options(verb: &Command, form: &str) -> String {
    let mut told = String::new();
    for piece in form.split_inclusive(' ') {
        let (before, flag) = piece.split_at(piece.len() - piece.trim_start_matches('[').len());
        let (flag, after) = flag.split_at(flag.find([']', ' ']).unwrap_or(flag.len()));
        match flag.strip_prefix("--").and_then(|name| flag_called(verb, name)) {
            Some(arg) if Blank::of(arg) == Blank::Switch => {
                told.push_str(&format!("{before}{}:True{after}", option_name(arg)));
            }
            Some(arg) => told.push_str(&format!("{before}{}:{}", option_name(arg), after.trim_start())),
            None => told.push_str(piece),
        }
    }
    told
}

/// The body of a bulk overwrite of the application's commands.
pub fn discord_commands(known: Lexicon<'_>) -> Value {
    let mut commands = json!([
        slash_command(tree().get_name(), &about(tree()), known),
        slash_command(RECORD, RECORD_ABOUT, known),
        { "type": 3, "name": CONTEXT_MENU_NOTE, "contexts": [0] },
    ]);
    // What a team has words for may be more than a command holds: the least needed goes first.
    let shorter: [fn(&mut Map<String, Value>); 3] = [leave_meanings_out, leave_matrix_out, leave_names_out];
    for command in commands.as_array_mut().into_iter().flatten() {
        for step in shorter {
            if size(command) > COMMAND_CHARS_MAX {
                each(command, step);
            }
        }
    }
    commands
}

/// Characters of names, descriptions and values, as Discord counts them.
fn size(value: &Value) -> usize {
    match value {
        Value::Array(all) => all.iter().map(size).sum(),
        Value::Object(fields) => {
            let own = ["name", "description", "value"].iter().filter_map(|key| fields.get(*key)?.as_str());
            let inner = ["options", "choices"].iter().filter_map(|key| fields.get(*key));
            own.map(|text| text.chars().count()).sum::<usize>() + inner.map(size).sum::<usize>()
        }
        _ => 0,
    }
}

/// Does it with every part of a command.
fn each(value: &mut Value, step: fn(&mut Map<String, Value>)) {
    match value {
        Value::Array(all) => all.iter_mut().for_each(|one| each(one, step)),
        Value::Object(fields) => {
            step(fields);
            fields.values_mut().for_each(|inner| each(inner, step));
        }
        _ => {}
    }
}

/// The choices by their names alone.
fn leave_meanings_out(part: &mut Map<String, Value>) {
    let is_choice = part.contains_key("value");
    if let Some(Value::String(name)) = part.get_mut("name").filter(|_| is_choice)
        && let Some((short, _)) = name.split_once(" – ")
    {
        *name = short.to_owned();
    }
}

/// The words of the matrix are typed, not chosen.
fn leave_matrix_out(part: &mut Map<String, Value>) {
    let Some(Value::Array(options)) = part.get_mut("options") else { return };
    if options.iter().any(|option| option["name"] == "urgency") {
        for option in options.iter_mut().filter(|one| one["name"] == "urgency" || one["name"] == "impact") {
            option.as_object_mut().and_then(|fields| fields.remove("choices"));
        }
    }
}

/// The choices by their ids.
fn leave_names_out(part: &mut Map<String, Value>) {
    if let Some(id) = part.get("value").cloned() {
        part.insert("name".to_owned(), id);
    }
}

fn slash_command(root: &str, description: &str, known: Lexicon<'_>) -> Value {
    let verbs = tree().get_subcommands().filter(|verb| discord_root(verb.get_name()) == root);
    json!({
        "type": 1,
        "name": root,
        "description": description,
        "contexts": [0],
        "options": verbs.map(|verb| entry(verb, known)).collect::<Vec<_>>(),
    })
}

pub(super) fn about(verb: &Command) -> String {
    verb.get_about().map(|text| text.to_string()).unwrap_or_default()
}

/// What a verb does, without what is typed where there are no options.
fn description(verb: &Command) -> String {
    let text = about(verb);
    let end = text.find('`').and_then(|at| text[..at].rfind([';', '(']));
    text[..end.unwrap_or(text.len())].trim_end().to_owned()
}

fn entry(verb: &Command, known: Lexicon<'_>) -> Value {
    if verb.has_subcommands() {
        let of_one = |sub: &Command| is_of_one(&[verb.get_name(), sub.get_name()]);
        let subs: Vec<Value> =
            verb.get_subcommands().map(|sub| subcommand(sub, of_one(sub), known)).collect();
        json!({ "type": GROUP, "name": verb.get_name(), "description": description(verb), "options": subs })
    } else {
        subcommand(verb, is_of_one(&[verb.get_name()]), known)
    }
}

/// `is_of_one`: it is said of an incident.
fn subcommand(verb: &Command, is_of_one: bool, known: Lexicon<'_>) -> Value {
    let mut options: Vec<Value> = asked_for(verb).into_iter().map(|arg| option(arg, known)).collect();
    if is_of_one {
        options.push(json!({
            "type": STRING, "name": INCIDENT, "description": "If not here", "autocomplete": true,
        }));
    }
    let mut sub = json!({ "type": SUBCOMMAND, "name": verb.get_name(), "description": description(verb) });
    if !options.is_empty() {
        sub["options"] = Value::Array(options);
    }
    sub
}

/// The option's name: the flag's, or the blank's id.
pub(super) fn option_name(arg: &Arg) -> String {
    arg.get_long().unwrap_or(arg.get_id().as_str()).replace('_', "-")
}

/// Whether values are offered while somebody types.
fn is_completed(arg: &Arg) -> bool {
    matches!(
        value_name(arg),
        "ROLE"
            | "N"
            | "SITUATION"
            | "ALERT"
            | "INCIDENT"
            | "COMPONENT"
            | "LABEL"
            | "VERB"
            | "DURATION"
            | "TYPE"
            | "FIELD"
            | "STEP"
            | "PLAYBOOK"
            | "WHO"
            | "ROSTER"
    )
}

fn option(arg: &Arg, known: Lexicon<'_>) -> Value {
    let mut option = Map::new();
    option.insert("name".into(), option_name(arg).into());
    option
        .insert("description".into(), arg.get_help().map(|text| text.to_string()).unwrap_or_default().into());
    let kind = match Blank::of(arg) {
        Blank::Switch => BOOLEAN,
        Blank::Number => INTEGER,
        Blank::Name => USER,
        _ => STRING,
    };
    option.insert("type".into(), kind.into());
    if arg.is_required_set() {
        option.insert("required".into(), true.into());
    }
    if kind == INTEGER {
        option.insert("min_value".into(), 1.into());
        option.insert("max_value".into(), INTEGER_MAX.into());
    }
    let choices = if kind == STRING { choices(arg, known) } else { vec![] };
    if !choices.is_empty() {
        option.insert("choices".into(), choices.into());
    } else if is_completed(arg) {
        option.insert("autocomplete".into(), true.into());
    } else if kind == STRING && Blank::of(arg) == Blank::Free {
        option.insert("max_length".into(), TEXT_CHARS_MAX.into());
    }
    Value::Object(option)
}

fn choices(arg: &Arg, known: Lexicon<'_>) -> Vec<Value> {
    if let Some(own) = known.choices(arg) {
        // More than Discord takes are typed.
        let own = if own.len() > CHOICES_MAX { vec![] } else { own };
        return own.into_iter().map(|(word, shown)| json!({ "name": shown, "value": word })).collect();
    }
    arg.get_possible_values()
        .iter()
        .map(|value| {
            let name = match value.get_help() {
                Some(help) => format!("{} – {help}", value.get_name()),
                None => value.get_name().to_owned(),
            };
            json!({ "name": name, "value": value.get_name() })
        })
        .collect()
}

/// The argument list that an interaction's `data.options` stands for: the incident's number if one was chosen, the
/// path, the flags, `--`, the blanks in order. Every value is taken as it is. A user becomes `<@ID>`. No verb stands below
/// both commands, so it does not matter which of them it was.
///
/// # Errors
/// `Invalid` when the options do not fit the tree: Discord still shows commands of another version.
pub fn from_discord(options: &Value) -> Result<Vec<String>, Refusal> {
    let mut verb = tree();
    let mut path = Vec::new();
    let mut level = options.as_array().ok_or_else(stale)?;
    let none = Vec::new();
    while verb.has_subcommands() {
        let entry = level.first().ok_or_else(stale)?;
        let name = entry.get("name").and_then(Value::as_str).ok_or_else(stale)?;
        // By the very name: Discord sends no aliases.
        verb = verb.get_subcommands().find(|sub| sub.get_name() == name).ok_or_else(stale)?;
        path.push(name.to_owned());
        level = entry.get("options").and_then(Value::as_array).unwrap_or(&none);
    }
    let mut incident = None;
    let mut given: Vec<(&str, String)> = Vec::new();
    for option in level {
        let name = option.get("name").and_then(Value::as_str).ok_or_else(stale)?;
        let value = value(option).ok_or_else(stale)?;
        if name == INCIDENT {
            let id = value.parse::<IncidentId>();
            incident = Some(id.map_err(|why| Refusal::invalid(why, "Choose one of the list."))?);
        } else {
            given.push((name, value));
        }
    }
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    argv_of(incident, &path, verb, &given).ok_or_else(stale)
}

/// The argument list for a verb whose options were filled in. `None`: an option that it does not have.
pub(super) fn argv_of(
    incident: Option<IncidentId>,
    path: &[&str],
    verb: &Command,
    given: &[(&str, String)],
) -> Option<Vec<String>> {
    let mut argv: Vec<String> = incident.iter().map(ToString::to_string).collect();
    argv.extend(path.iter().map(|word| (*word).to_owned()));
    let mut blanks = vec!["--".to_owned()];
    let mut known = 0;
    for arg in verb.get_positionals() {
        if let Some((_, value)) = given.iter().find(|(name, _)| *name == option_name(arg)) {
            blanks.push(value.clone());
            known += 1;
        }
    }
    for arg in flags(verb) {
        let Some((name, value)) = given.iter().find(|(name, _)| *name == option_name(arg)) else { continue };
        known += 1;
        match (Blank::of(arg), value.as_str()) {
            (Blank::Switch, "true") => argv.push(format!("--{name}")),
            (Blank::Switch, _) => {}
            _ => argv.push(format!("--{name}={value}")),
        }
    }
    if known != given.len() {
        return None;
    }
    argv.append(&mut blanks);
    Some(argv)
}

fn value(option: &Value) -> Option<String> {
    let value = option.get("value")?;
    match (value, option.get("type").and_then(Value::as_u64)) {
        (Value::String(id), Some(kind)) if kind == u64::from(USER) => Some(format!("<@{id}>")),
        (Value::String(text), _) => Some(text.clone()),
        (Value::Bool(yes), _) => Some(yes.to_string()),
        (Value::Number(n), _) => Some(n.to_string()),
        _ => None,
    }
}

fn stale() -> Refusal {
    Refusal::invalid(
        "Discord sent a command that this version does not have.",
        "Reload Discord (Ctrl+R), then choose the command again.",
    )
}
