//! Help and the reference page, told from the tree.

use clap::{Arg, Command};

use super::{
    discord::{
        INCIDENT, RECORD, asked_for, discord_root, is_of_one, option_name, slash_path, slash_usage,
        slash_words,
    },
    known::Lexicon,
    tree::{self, Blank, SHORT, flags, tree, value_name},
    walk,
};
use crate::incident::{
    refusal::Refusal,
    role::{CATALOGUE, Role, RoleDef, Words, defined},
    severity::Severity,
};

/// How whoever reads the help says a verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// As a line of text.
    Typed,
    /// As a slash command of Discord, every blank and flag by its name.
    Slash,
}

impl Way {
    /// The usage as an answer has it.
    fn usage(self, path: &[&str], verb: &Command) -> String {
        match self {
            Way::Typed => typed(path, verb),
            Way::Slash => format!("`{}`", slash_usage(path, verb)),
        }
    }

    fn path(self, path: &[&str]) -> String {
        match self {
            Way::Typed => path.join(" "),
            Way::Slash => slash_path(path),
        }
    }

    /// Verbs in a row, where they are found.
    fn list(self, verbs: &[&str]) -> String {
        let below = |root: &str| {
            let of: Vec<&str> = verbs.iter().copied().filter(|verb| discord_root(verb) == root).collect();
            (!of.is_empty()).then(|| format!("/{root} {}", of.join(", ")))
        };
        match self {
            Way::Typed => verbs.join(", "),
            Way::Slash => {
                [tree().get_name(), RECORD].into_iter().filter_map(below).collect::<Vec<_>>().join("; ")
            }
        }
    }

    /// How an incident is named.
    fn target(self) -> String {
        match self {
            Way::Typed => "INC-1 before or after the verb says which incident is meant.".to_owned(),
            Way::Slash => {
                format!("The option {INCIDENT} says which incident is meant, if not this channel's.")
            }
        }
    }
}

/// `task add [--for NAME] [--in DURATION] TEXT`.
pub(super) fn usage(path: &[&str], verb: &Command) -> String {
    let mut words = vec![path.join(" ")];
    if verb.has_subcommands() {
        words.push(verb.get_subcommands().map(Command::get_name).collect::<Vec<_>>().join("|"));
        return words.join(" ");
    }
    if let Some(typed) = verb.get_before_help() {
        return typed.to_string();
    }
    flagged(path, verb)
}

/// The form in which a flag stands, where the usual one has a word in its place: `from TIME`.
pub(super) fn usage_with(path: &[&str], verb: &Command, flag: &Arg) -> String {
    let usual = usage(path, verb);
    let long = flag.get_long().unwrap_or_default();
    if usual.contains(&format!("--{long}")) { usual } else { flagged(path, verb) }
}

/// The path with the flags and blanks as they are declared.
fn flagged(path: &[&str], verb: &Command) -> String {
    let mut words = vec![path.join(" ")];
    let options = flags(verb).map(|arg| {
        let long = arg.get_long().unwrap_or_default();
        match Blank::of(arg) {
            Blank::Switch => format!("[--{long}]"),
            _ => format!("[--{long} {}]", value_name(arg)),
        }
    });
    let blanks = verb.get_positionals().map(|arg| {
        if arg.is_required_set() { value_name(arg).to_owned() } else { format!("[{}]", value_name(arg)) }
    });
    // Where flags may follow the words, the words come first: that is how people say it.
    let words_first =
        verb.get_positionals().any(|arg| matches!(Blank::of(arg), Blank::Title | Blank::Name | Blank::Role));
    if words_first && path != ["role", "offer"] {
        words.extend(blanks);
        words.extend(options);
    } else {
        words.extend(options);
        words.extend(blanks);
    }
    words.join(" ")
}

/// The usage as an answer has what is to be typed; a verb of several forms is typed in one of them.
fn typed(path: &[&str], verb: &Command) -> String {
    let form = |form: &str| match form.strip_prefix("or ") {
        Some(form) => format!("or `{form}`"),
        None => format!("`{form}`"),
    };
    usage(path, verb).split(", ").map(form).collect::<Vec<_>>().join(", ")
}

fn about(verb: &Command) -> String {
    verb.get_about().map(|text| text.to_string()).unwrap_or_default()
}

/// Words typed in place of the path.
fn also(path: &[&str], verb: &Command) -> Vec<String> {
    let short = SHORT.iter().filter(|(_, of)| *of == path).map(|(short, _)| (*short).to_owned());
    let group = path.split_last().map_or(String::new(), |(_, group)| group.join(" "));
    let aliases = verb.get_all_aliases().map(|alias| format!("{group} {alias}").trim_start().to_owned());
    let severities = (path == ["severity"]).then(|| "sev1".to_owned());
    aliases.chain(short).chain(severities).collect()
}

fn meaning(arg: &Arg, way: Way, known: Lexicon<'_>) -> String {
    let mut line = arg.get_help().map(|text| text.to_string()).unwrap_or_default();
    // Typed, another blank follows it.
    if way == Way::Typed && arg.is_positional() && matches!(value_name(arg), "SERVICE" | "WINDOW") {
        line.push_str(", in quotes if it has blanks");
    }
    let values: Vec<_> = arg.get_possible_values();
    if Blank::of(arg) != Blank::Switch && !values.is_empty() {
        let words: Vec<&str> = match value_name(arg) {
            "SEVERITY" => known.names.used().map(Severity::word).collect(),
            _ => values.iter().map(|value| value.get_name()).collect(),
        };
        line.push_str(&format!(". One of: {}", words.join(", ")));
    }
    if let Some(default) = arg.get_default_values().first().filter(|_| Blank::of(arg) != Blank::Switch) {
        line.push_str(&format!(". Else {}", default.to_string_lossy()));
    }
    line
}

/// The word that people write in place of a flag, as the usual form has it: `from TIME` for `--begins TIME`.
fn word_for(verb: &Command, arg: &Arg) -> Option<String> {
    let (typed, long) = (verb.get_before_help()?.to_string(), arg.get_long()?);
    let word = match long {
        "begins" => "from",
        "ends" => "to",
        same => same,
    };
    let said = format!("{word} {}", value_name(arg));
    (typed.contains(&said) && !typed.contains(&format!("--{long}"))).then_some(said)
}

/// What a blank or a flag is called, in each of the forms that it has.
fn names_of(verb: &Command, arg: &Arg) -> Vec<String> {
    word_for(verb, arg).into_iter().chain([name_of(arg)]).collect()
}

fn name_of(arg: &Arg) -> String {
    match (arg.get_long(), Blank::of(arg)) {
        (Some(long), Blank::Switch) => format!("--{long}"),
        (Some(long), _) => format!("--{long} {}", value_name(arg)),
        (None, _) => value_name(arg).to_owned(),
    }
}

fn group(path: &[&str], verb: &Command, way: Way) -> String {
    let mut text = format!("{} – {}\n", way.path(path), about(verb));
    for sub in verb.get_subcommands() {
        let path = [verb.get_name(), sub.get_name()];
        text.push_str(&format!("  {} – {}\n", way.usage(&path, sub), about(sub)));
    }
    text
}

/// What is to be filled in, a line each.
fn blanks(path: &[&str], verb: &Command, way: Way, known: Lexicon<'_>) -> String {
    let line = |name: &str, arg: &Arg| format!("  {name}: {}\n", meaning(arg, way, known));
    match way {
        Way::Typed => {
            let args = verb.get_positionals().chain(flags(verb));
            args.map(|arg| line(&names_of(verb, arg).join(", or "), arg)).collect()
        }
        Way::Slash => {
            let of_one = is_of_one(path).then(|| format!("  {INCIDENT}: Which one, if not this channel's\n"));
            asked_for(verb).into_iter().map(|arg| line(&option_name(arg), arg)).chain(of_one).collect()
        }
    }
}

fn one(path: &[&str], verb: &Command, way: Way, known: Lexicon<'_>) -> String {
    let mut text = format!("{} – {}\n", way.usage(path, verb), about(verb));
    text.push_str(&blanks(path, verb, way, known));
    text.push_str(&format!("Example: `{}`\n", tree::example(verb)));
    let also = if way == Way::Typed { also(path, verb) } else { vec![] };
    if !also.is_empty() {
        text.push_str(&format!("Typed also: {}\n", also.join(", ")));
    }
    text
}

/// What to type first, by what somebody is about to do: a few lines, since they are read at three in the morning.
const FIRST: [(&str, &str); 12] = [
    ("begin", "`declare checkout answers 500`; from alerts `declare --from S-3`"),
    ("how it stands", "`status`; what is due for you: `next`"),
    ("how bad it is", "`severity sev1 payments fail too` (sev1 is worst, sev5 least)"),
    ("command", "`take`; to somebody else `command offer @ada`"),
    (
        "roles",
        "`role take pio` (speaks to the public); to somebody else `role offer sme:db @bo` (an expert, on db)",
    ),
    (
        "what happens",
        "`note the database failed over`; conditions, actions and needs (CAN): `can checkout half of all payments fail`",
    ),
    ("work", "`task add @bo 10m check the replicas`, then `done 1 lb2 was out of memory`"),
    ("changes", "`action 10m restart db1`; what may do harm waits for a go: `action --risky restart db1`"),
    ("decisions", "`decide roll back 4.2`; with time to object `propose --for 5m roll back 4.2`"),
    ("the public", "`draft We are investigating.`, then `approve 1` and `publish 1`"),
    (
        "alerts",
        "`alerts` (S-3 is a group of them); you are on it: `ack S-3`; wake somebody: `page @ada the replicas are gone`",
    ),
    ("the end", "`mitigate traffic moved`, then `resolve rolled back 4.2`, then `close`"),
];

fn first(way: Way, known: Lexicon<'_>) -> String {
    // Only a severity that is used can be said.
    let worst = known.names.used().next().map_or("sev1", Severity::word);
    let told = FIRST.iter().map(|(task, words)| format!("  {task} – {}\n", words.replace("sev1", worst)));
    format!(
        "What to type:\n{}`help all` lists every verb, `help task` tells one in full, `help me` asks somebody here. {}\n",
        told.collect::<String>(),
        way.target()
    )
}

/// Every verb by what it is about, a line each: who asks in a chat reads this, and then one of them in full.
const GROUPS: [(&str, &[&str]); 11] = [
    ("how it stands", &["status", "next", "list", "timeline", "find"]),
    (
        "how bad, and how far",
        &["declare", "severity", "rate", "phase", "resolve", "reopen", "close", "cancel"],
    ),
    ("who does what", &["command", "role", "crew"]),
    ("waking people", &["pager", "roster"]),
    ("what happens", &["note", "entry", "can", "change", "link"]),
    ("work", &["task", "action", "decision", "objective", "hazard", "playbook"]),
    ("the public", &["update"]),
    ("alerts", &["alerts", "alert"]),
    ("planned work", &["maintenance"]),
    ("about the incident", &["set", "type", "field", "milestone", "sub"]),
    ("help", &["help"]),
];

fn groups(way: Way) -> String {
    let lines = GROUPS.iter().map(|(about, verbs)| format!("  {about} – {}\n", way.list(verbs)));
    format!(
        "Every verb, by what it is about:\n{}`help task` tells one in full; `help verbs` tells how each is typed, and is long.\n",
        lines.collect::<String>()
    )
}

fn verbs(way: Way) -> String {
    let mut text = String::from("What you can say:\n");
    for verb in tree().get_subcommands() {
        text.push_str(&format!("  {} – {}\n", way.usage(&[verb.get_name()], verb), about(verb)));
    }
    text.push_str(&format!("`help VERB` tells one in full. {}\n", way.target()));
    text
}

fn takes_a_role(verb: &Command) -> bool {
    let of = |verb: &Command| verb.get_arguments().any(|arg| Blank::of(arg) == Blank::Role);
    of(verb) || verb.get_subcommands().any(of)
}

fn takes(verb: &Command, name: &str) -> bool {
    verb.get_arguments().any(|arg| value_name(arg) == name)
}

/// What `help role take` says of roles besides.
const EACH_ROLE: &str =
    "`help ops` tells of a role what it does, may and must not, and whom it reports to; so for each.\n";

/// The role that is named, alone or behind the verb; one of a family without its name too.
fn role_named(words: &str, known: Lexicon<'_>) -> Option<Role> {
    let word = match words.split_once(char::is_whitespace) {
        Some((verb, word)) if verb.eq_ignore_ascii_case("role") => word.trim(),
        _ => words,
    };
    known.roles.find(word).or_else(|_| known.roles.find(&format!("{word}:db"))).ok()
}

/// What stands on the sheet of a role, whoever has it.
fn sheet(role: &Role, words: Words) -> String {
    let (title, in_it) = (role.head(words), role.head(Words::It));
    // Who has chosen these names is told no others.
    let also = if in_it == title { String::new() } else { format!(" (in IT: {in_it})") };
    let mut text = format!("{}\n", headline(role, &format!("{title}{also}")));
    let up = role.reports_to().map_or_else(|| "nobody".to_owned(), |up| up.shown(words));
    text.push_str(&format!("  Reports to: {up}.\n  May: {}.\n", role.may()));
    if !role.must_not().is_empty() {
        text.push_str(&format!("  Must not: {}\n", role.must_not()));
    }
    text.extend(role.checklist().iter().map(|step| format!("  - {step}\n")));
    let take =
        if role.is_command() { "command take".to_owned() } else { format!("role take {}", role.slug()) };
    text.push_str(&format!("Example: `{take}`\n"));
    text
}

/// `pio – Public Information Officer. Drafts …`; of a team's own role nobody need have said what it does.
fn headline(role: &Role, title: &str) -> String {
    format!("{} – {title}. {}", role.slug(), role.does()).trim_end().to_owned()
}

fn of_the_team(known: Lexicon<'_>) -> String {
    let rows =
        known.roles.own().iter().map(|role| format!("  {}\n", headline(role, &role.shown(known.words))));
    format!("Roles of the team:\n{}", rows.collect::<String>())
}

/// The help on a verb, else on a role, or a refusal that names the nearest verb.
pub(super) fn told(verb: Option<&str>, known: Lexicon<'_>) -> Result<String, Refusal> {
    told_in(Way::Typed, verb, known)
}

fn told_in(way: Way, verb: Option<&str>, known: Lexicon<'_>) -> Result<String, Refusal> {
    match verb.map(str::trim).filter(|verb| !verb.is_empty()) {
        None => Ok(first(way, known)),
        Some(words) if words.eq_ignore_ascii_case("all") => Ok(groups(way)),
        Some(words) if words.eq_ignore_ascii_case("verbs") => Ok(verbs(way)),
        Some(words) => {
            let (path, verb) = match walk::named(words) {
                Ok(found) => found,
                Err(refusal) => {
                    return role_named(words, known).map(|role| sheet(&role, known.words)).ok_or(refusal);
                }
            };
            let is_group = verb.has_subcommands();
            let mut text = if is_group { group(&path, verb, way) } else { one(&path, verb, way, known) };
            if takes_a_role(verb) {
                text.push_str(EACH_ROLE);
                if !known.roles.own().is_empty() {
                    text.push_str(&of_the_team(known));
                }
            }
            if takes(verb, "SEVERITY") {
                text.push_str(&known.severities());
            }
            if takes(verb, "URGENCY") {
                text.push_str(&known.rated());
            }
            if verb.get_name() == "phase" || path.first() == Some(&"phase") {
                text.push_str(&known.statuses());
            }
            Ok(text)
        }
    }
}

/// What to type first; every verb by what it is about (`all`), or as it is typed (`verbs`); on one (`update draft`, `sev`), or on a role (`pio`). Plain text. A word that is
/// neither gets the nearest verb.
pub fn help(verb: Option<&str>, known: Lexicon<'_>) -> String {
    told(verb, known).unwrap_or_else(|refusal| format!("{refusal}\n"))
}

/// The help for Discord, where every verb is a slash command with options. `None`: what is asked for is neither a verb nor a role.
pub fn discord_help(verb: Option<&str>, known: Lexicon<'_>) -> Option<String> {
    // In lines of their own: a team's words may have backticks of theirs.
    let told = told_in(Way::Slash, verb, known).ok()?;
    Some(told.split_inclusive('\n').map(in_slashes).collect())
}

/// With what stands between backticks as it is said in Discord.
fn in_slashes(line: &str) -> String {
    let shown = |(i, piece): (usize, &str)| {
        let slashed = if i % 2 == 1 { slash_words(piece) } else { None };
        slashed.unwrap_or_else(|| piece.to_owned())
    };
    line.split('`').enumerate().map(shown).collect::<Vec<_>>().join("`")
}

/// The reference page, in Markdown: `docs/commands.md`.
pub fn reference() -> String {
    let mut page = String::from(REFERENCE_HEAD);
    for verb in tree().get_subcommands() {
        page.push_str(&format!("\n## {}\n\n{}.\n", verb.get_name(), about(verb)));
        if discord_root(verb.get_name()) == RECORD {
            page.push_str(&format!("On Discord: `/{RECORD} {}`.\n", verb.get_name()));
        }
        if verb.has_subcommands() {
            for sub in verb.get_subcommands() {
                let path = [verb.get_name(), sub.get_name()];
                page.push_str(&format!("\n### {}\n\n{}.\n", path.join(" "), about(sub)));
                page.push_str(&section(&path, sub));
            }
        } else {
            page.push_str(&section(&[verb.get_name()], verb));
        }
    }
    page.push_str(ROLES_HEAD);
    for def in CATALOGUE {
        page.push_str(&row(def));
    }
    page
}

/// A role as the reference page has it.
fn row(def: &'static RoleDef) -> String {
    let word = if def.is_family { format!("{}:NAME", def.slug) } else { def.slug.to_owned() };
    let holders = def.holders_max.map_or("any number".to_owned(), |max| max.to_string());
    let up = def.reports_to.and_then(defined).map_or("nobody", |up| up.title);
    let may = def.role().may();
    format!("| `{word}` | {} | {} | {holders} | {up} | {may} |\n", def.title, def.it_title)
}

fn section(path: &[&str], verb: &Command) -> String {
    let mut text = format!("\n```text\n{}\n```\n", usage(path, verb));
    let args: Vec<_> = verb.get_positionals().chain(flags(verb)).collect();
    if !args.is_empty() {
        text.push('\n');
    }
    for arg in args {
        let meaning = meaning(arg, Way::Typed, Lexicon::usual()).replace('|', "\\|");
        text.push_str(&format!("- `{}`: {meaning}\n", names_of(verb, arg).join("`, or `")));
        for value in arg.get_possible_values().iter().filter(|_| Blank::of(arg) != Blank::Switch) {
            if let Some(help) = value.get_help() {
                text.push_str(&format!("  - `{}`: {help}\n", value.get_name()));
            }
        }
    }
    text.push_str(&format!("\nExample: `{}`\n", tree::example(verb)));
    let also = also(path, verb);
    if !also.is_empty() {
        let words: Vec<_> = also.iter().map(|word| format!("`{word}`")).collect();
        text.push_str(&format!("\nTyped also: {}\n", words.join(", ")));
    }
    text
}

const ROLES_HEAD: &str = "
## Roles

What anybody may who is there, such as to write on the timeline or to work on a task, a role need not give. `help ROLE` has a
role's sheet, and whoever takes the role is shown it.

| word | title | in IT | holders | reports to | may besides |
|---|---|---|---|---|---|
";

const REFERENCE_HEAD: &str = "# Commands

This page is generated from the command tree (`src/grammar/tree.rs`); a test keeps the two equal.

The same words work everywhere: typed in a chat, in the console and on the command line, and as Discord's
`/incident` and `/record` with a form for the blanks: there a verb of the record says so below. In text:

- `/incident`, `!incident` or `incident` in front may be left out where only commands are read.
- `INC-1`, first before the verb or first after it, says which incident is meant; without it, the channel's own.
- Flags stand before free text. From its first word on, free text is kept word for word: quotes, apostrophes,
  several blanks, line breaks, `@everyone`, `--force`. After `--` nothing is read as a flag or an incident number:
  `note -- INC-1 looked just like this`.
- A flag's value with blanks in it stands in quotes: `--title \"Checkout fails\"`. `--reason` at the end of a line
  needs none.
- `declare` and verbs that end in a name take their flags after the words, too.
- Times: `09:12` (UTC, the last time it was that late), `2026-11-20T09:12Z`, `10m` (ago). Durations: `10m`, `2h`,
  `1h30m`, `90` (minutes).
- People: `@ada`, or a name; a name with blanks as a flag's value stands in quotes.
";

/// An example line of every verb, as somebody would type it.
pub fn examples() -> Vec<String> {
    fn gather(command: &clap::Command, out: &mut Vec<String>) {
        for verb in command.get_subcommands() {
            if verb.has_subcommands() {
                gather(verb, out);
            } else {
                out.push(tree::example(verb));
            }
        }
    }
    let mut out = Vec::new();
    gather(super::tree(), &mut out);
    out
}
