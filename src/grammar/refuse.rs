//! What stands in the way, in two sentences: the reader's own refusals, and the parser's errors put into words.

use clap::{
    Arg, Command, Error,
    error::{ContextKind, ContextValue, ErrorKind},
};

use super::{
    help,
    known::Lexicon,
    tree::{self, Blank, SHORT, flags, tree, value_name},
    value::{self, shown},
};
use crate::incident::{id::IncidentId, kind::Kind, refusal::Refusal, role::Roles};

/// How alike two words must be for one to be taken for a slip of the other (Jaro-Winkler, 0 to 1).
const ALIKE_MIN: f64 = 0.8;

/// `For example: …`, with the verb's own example.
fn for_example(verb: &Command) -> String {
    format!("For example: `{}`.", tree::example(verb))
}

/// `Write …. For example: …`, without the example where it is the form itself.
fn write(path: &[&str], verb: &Command) -> String {
    let usage = help::usage(path, verb);
    if usage == tree::example(verb) {
        return format!("Write `{usage}`.");
    }
    format!("Write `{usage}`. {}", for_example(verb))
}

/// The paths that end in this word, or the one most like it.
fn suggestion(word: &str) -> Option<String> {
    let lower = word.to_lowercase();
    let same: Vec<String> = tree::leaves()
        .into_iter()
        .filter(|(path, _)| path.len() == 2 && path[1] == lower)
        .map(|(path, _)| format!("`{}`", path.join(" ")))
        .collect();
    if !same.is_empty() {
        return Some(same.join(" or "));
    }
    let verbs = tree().get_subcommands().flat_map(|verb| verb.get_name_and_visible_aliases());
    let short = SHORT.iter().map(|(short, _)| *short);
    let subs = tree::leaves().into_iter().filter(|(path, _)| path.len() == 2);
    let candidates = verbs
        .chain(short)
        .map(|word| (word.to_owned(), word.to_owned()))
        .chain(subs.map(|(path, _)| (path[1].to_owned(), path.join(" "))));
    most_alike(&lower, candidates).map(|path| format!("`{path}`"))
}

/// What the most alike key stands for; the first of equals.
fn most_alike(word: &str, candidates: impl Iterator<Item = (String, String)>) -> Option<String> {
    let mut best: Option<(f64, String)> = None;
    for (key, value) in candidates {
        let alike = strsim::jaro_winkler(word, &key);
        if alike >= ALIKE_MIN && best.as_ref().is_none_or(|(most, _)| alike > *most) {
            best = Some((alike, value));
        }
    }
    best.map(|(_, value)| value)
}

/// `INC-0`, `inc-007`: written as an incident's number, and none that one can have.
fn is_numbered(word: &str) -> bool {
    let Some((prefix, number)) = word.trim_start_matches('#').split_once('-') else { return false };
    !number.is_empty()
        && number.bytes().all(|b| b.is_ascii_digit())
        && Kind::ALL.iter().any(|kind| kind.prefix().eq_ignore_ascii_case(prefix))
}

pub(super) fn unknown(word: &str) -> Refusal {
    if is_numbered(word) {
        return Refusal::invalid(
            format!("There is no {}.", shown(word)),
            "`list` shows the incidents there are.",
        );
    }
    let instead = match suggestion(word) {
        Some(path) => format!("Did you mean {path}?"),
        None => "`help all` lists the verbs; `note TEXT` writes on the timeline.".into(),
    };
    Refusal::invalid(format!("«{}» is no verb.", shown(word)), instead)
}

fn subs(group: &Command) -> String {
    group.get_subcommands().map(Command::get_name).collect::<Vec<_>>().join(", ")
}

/// Whether the word is nearly one of the group's verbs.
pub(super) fn is_slip(group: &Command, word: &str) -> bool {
    let subs = group.get_subcommands().map(|sub| (sub.get_name().to_owned(), String::new()));
    most_alike(&word.to_lowercase(), subs).is_some()
}

pub(super) fn unknown_in(group: &Command, word: &str) -> Refusal {
    let name = group.get_name();
    let near = most_alike(
        &word.to_lowercase(),
        group.get_subcommands().map(|sub| (sub.get_name().to_owned(), format!("{name} {}", sub.get_name()))),
    );
    let instead = match near {
        Some(path) => format!("Did you mean `{path}`?"),
        None => format!("It has: {}. {}", subs(group), for_example(group)),
    };
    Refusal::invalid(format!("`{name}` has no «{}».", shown(word)), instead)
}

pub(super) fn incomplete(group: &Command) -> Refusal {
    Refusal::invalid(format!("`{}` needs one of: {}.", group.get_name(), subs(group)), for_example(group))
}

pub(super) fn unknown_flag(path: &[&str], verb: &Command, word: &str) -> Refusal {
    let longs: Vec<&str> = flags(verb).filter_map(|arg| arg.get_long()).collect();
    let name = word.trim_start_matches(['-', '—']).split('=').next().unwrap_or_default().to_lowercase();
    let near = most_alike(&name, longs.iter().map(|flag| ((*flag).to_owned(), (*flag).to_owned())));
    let why = format!("`{}` has no flag «{}».", path.join(" "), shown(word));
    let instead = match near {
        Some(flag) => format!("Did you mean `--{flag}`?"),
        None if longs.is_empty() => format!("It has none. {}", for_example(verb)),
        None => format!("It has --{}. A text that begins so goes after `--`.", longs.join(", --")),
    };
    Refusal::invalid(why, instead)
}

pub(super) fn declared_of(target: IncidentId) -> Refusal {
    Refusal::invalid(
        format!("A declaration opens an incident of its own, not one of {target}."),
        format!("Write `declare TITLE`, or `confirm {target}` for a triage card."),
    )
}

pub(super) fn flag_in_text(path: &[&str], verb: &Command, flag: &Arg, word: &str) -> Refusal {
    let usage = help::usage_with(path, verb, flag);
    Refusal::invalid(
        format!("The flag «{}» stands inside the text.", shown(word)),
        format!("Flags go before it: `{usage}`. To keep it as text, put `--` before the text."),
    )
}

pub(super) fn flag_without_value(path: &[&str], verb: &Command, flag: &Arg) -> Refusal {
    let long = flag.get_long().unwrap_or_default();
    Refusal::invalid(
        format!("`{} --{long}` needs a value ({}).", path.join(" "), value_name(flag)),
        for_example(verb),
    )
}

pub(super) fn switch_with_value(path: &[&str], verb: &Command, long: &str) -> Refusal {
    Refusal::invalid(
        format!("`{} --{long}` takes no value.", path.join(" ")),
        format!("Write `--{long}` alone. {}", for_example(verb)),
    )
}

pub(super) fn left_over(path: &[&str], verb: &Command, rest: &str) -> Refusal {
    Refusal::invalid(format!("«{}» is more than `{}` takes.", shown(rest), path.join(" ")), write(path, verb))
}

/// Two people where one is meant.
pub(super) fn several_people(verb: &Command, typed: &str) -> Refusal {
    let is_text = |arg: &Arg| Blank::of(arg) == Blank::Free;
    let text = if verb.get_positionals().any(is_text) {
        " A text that begins with a name goes after `--`."
    } else {
        ""
    };
    Refusal::invalid(
        format!("«{}» names more than one person.", shown(typed)),
        format!("Name one person. {}{text}", for_example(verb)),
    )
}

/// Somebody who is known, and more behind the name.
pub(super) fn more_than_a_name(verb: &Command, name: &str, typed: &str) -> Refusal {
    Refusal::invalid(
        format!("Nobody known here is called «{}», and «{}» is somebody.", shown(typed), shown(name)),
        format!(
            "Name one person, and nothing behind the name; one of several words that nobody here has goes in quotes. {}",
            for_example(verb)
        ),
    )
}

/// `task add ada 10m …`: hers, or a text that begins so.
pub(super) fn unclear_owner(name: &str, time_box: &str) -> Refusal {
    let mentioned = if name.contains(' ') { format!("\"@{name}\"") } else { format!("@{name}") };
    Refusal::invalid(
        format!("Nothing was done: {name} may be who is to do it, or a part of the text."),
        format!(
            "For {name}: `task add {mentioned} {time_box} …`. As text: `task add -- {name} {time_box} …`."
        ),
    )
}

/// A verb of a group that a number must follow, with something else behind it: that may be a text which begins so.
pub(super) fn unclear_number(group: &Command, sub: &Command, usual: &str, word: &str) -> Refusal {
    let (group, name) = (group.get_name(), sub.get_name());
    Refusal::invalid(
        format!(
            "Nothing was done: «{}» behind `{group} {name}` is not {}'s number.",
            shown(word),
            with_article(numbered(&[group]))
        ),
        format!("{} A text that begins so: `{group} {usual} {name} …`.", for_example(sub)),
    )
}

/// What is no duration in the place of one.
pub(super) fn no_time_box(verb: &Command, word: &str) -> Refusal {
    let why = value::duration(word).err().unwrap_or_else(|| format!("«{}» is no duration.", shown(word)));
    Refusal::invalid(why, format!("{} A text that begins so goes after `--`.", for_example(verb)))
}

/// `why` is what the roles say of the word.
pub(super) fn no_role(why: String, word: &str, roles: &Roles) -> Refusal {
    let word = word.to_lowercase();
    let slugs = roles.slugs().into_iter().map(|slug| (slug.to_owned(), slug.to_owned()));
    let instead = match most_alike(&word, slugs) {
        // A family that lacks its name: one of it is named behind a colon.
        Some(slug) if roles.find(&slug).is_err() => format!("For example: `role take {slug}:db`."),
        Some(slug) => format!("Did you mean `{slug}`?"),
        None => "For example: `role take pio`.".to_owned(),
    };
    Refusal::invalid(why, instead)
}

fn context(error: &Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        _ => vec![],
    }
}

/// A blank's or flag's name without the parser's brackets: `<RESULT>` is `RESULT`, `--at <TIME>` is `--at`.
fn bare(name: &str) -> String {
    let name = name.strip_prefix("--").map_or(name, |_| name.split([' ', '=']).next().unwrap_or(name));
    name.trim_matches(['<', '>', '[', ']']).to_owned()
}

/// The blank or flag that the parser calls so.
fn arg_named<'v>(verb: &'v Command, name: &str) -> Option<&'v Arg> {
    verb.get_arguments().find(|arg| match arg.get_long() {
        Some(long) => name == long || name.strip_prefix("--") == Some(long),
        None => name == value_name(arg),
    })
}

/// What a blank stands for, as people say it: `the task's number`, `what came of it`, `a name`. A flag is called by its name.
fn wanted(path: &[&str], verb: &Command, name: &str) -> String {
    let Some(arg) = arg_named(verb, name).filter(|arg| arg.is_positional()) else { return name.to_owned() };
    match value_name(arg) {
        "N" => format!("the {}'s number", numbered(path)),
        "RESULT" => "what came of it".to_owned(),
        "CONDITIONS" => "how things are".to_owned(),
        "HAZARD" => "what could go wrong".to_owned(),
        "DURATION" => "how long".to_owned(),
        "SPAN" => "from when to when".to_owned(),
        "WHO" => "whom".to_owned(),
        "WINDOW" => "a title".to_owned(),
        "URL" => "an address".to_owned(),
        "SITUATION" | "ALERT" => "which alerts".to_owned(),
        other => with_article(&other.to_lowercase()),
    }
}

/// What has the number that a verb asks for.
fn numbered<'p>(path: &[&'p str]) -> &'p str {
    match path.first().copied().unwrap_or_default() {
        "decision" => "proposal",
        "roster" => "override",
        "maintenance" => "window",
        group => group,
    }
}

fn with_article(word: &str) -> String {
    let article = if word.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {word}")
}

/// The parser's error in two sentences.
pub(super) fn from_clap(path: &[&str], verb: &Command, error: &Error, known: Lexicon<'_>) -> Refusal {
    let said = path.join(" ");
    let args: Vec<String> = context(error, ContextKind::InvalidArg).iter().map(|arg| bare(arg)).collect();
    let value = context(error, ContextKind::InvalidValue).concat();
    let example = for_example(verb);
    match error.kind() {
        ErrorKind::MissingRequiredArgument => {
            let all: Vec<String> = args.iter().map(|arg| wanted(path, verb, arg)).collect();
            Refusal::invalid(format!("`{said}` needs {}.", all.join(" and ")), example)
        }
        ErrorKind::InvalidValue => {
            let of_team = args.iter().find_map(|arg| arg_named(verb, arg)).map(value_name);
            let words = match of_team.filter(|name| *name == "SEVERITY") {
                Some(_) => known.names.used().map(|one| known.names.severity(one)).collect(),
                None => context(error, ContextKind::ValidValue),
            };
            let words = words.join(", ");
            let what = of_team.map_or_else(|| args.join(" "), str::to_lowercase);
            let why = format!("«{}» is no {what}.", shown(&value));
            let instead = if words.is_empty() { example } else { format!("Use one of: {words}. {example}") };
            Refusal::invalid(why, instead)
        }
        ErrorKind::ValueValidation => {
            use std::error::Error as _;
            let is_number = args.iter().any(|arg| {
                arg == "N"
                    || verb.get_arguments().any(|known| {
                        value_name(known) == "N"
                            && known.get_long().is_some_and(|long| arg == &format!("--{long}"))
                    })
            });
            let why = match error.source() {
                _ if is_number => {
                    format!("«{}» is not {}'s number.", shown(&value), with_article(numbered(path)))
                }
                Some(source) => source.to_string(),
                None => format!("«{}» does not fit {}.", shown(&value), args.join(" ")),
            };
            Refusal::invalid(why, example)
        }
        ErrorKind::ArgumentConflict => {
            let other = context(error, ContextKind::PriorArg)
                .iter()
                .map(|arg| bare(arg))
                .collect::<Vec<_>>()
                .join(" and ");
            let why = if other.is_empty() || args.concat() == other {
                format!("{} is given twice.", args.join(" "))
            } else {
                format!("{} does not go with {other}.", args.join(" "))
            };
            Refusal::invalid(why, example)
        }
        _ => Refusal::invalid(format!("`{said}` was not understood."), write(path, verb)),
    }
}
