//! The command tree: every verb with its blanks, its flags, one line on what it does and one example.
//!
//! With [`groups`](super::groups) and [`alerting`](super::alerting) it is the only declaration of the language. What a blank takes is said by its value name (`ROLE`, `NAME`,
//! `N`, `DURATION`, ...): the reader, Discord's options, completion and help all go by it (see [`Blank`]). An example stands in
//! `after_help`; `before_help` has the form that people type where it differs from flags and blanks.

use std::sync::{LazyLock, Mutex, PoisonError};

use clap::{Arg, ArgAction, Command, CommandFactory, FromArgMatches, Parser, Subcommand};

use super::{
    alerting::{AlertVerb, Maintenance},
    groups::{
        ActionVerb, ChangeVerb, Crew, DecisionVerb, EntryVerb, HazardVerb, Objective, Of, PagerVerb,
        PhaseVerb, PlaybookVerb, Reason, RoleVerb, RosterVerb, Set, Sub, Task, Update,
    },
    value::{self, SituationId},
};
use crate::incident::{id::IncidentId, milestone::Milestone, severity::Severity};

/// The whole language.
#[derive(Debug, Parser)]
#[command(
    name = "incident",
    about = "Run an incident: command, timeline, tasks, public updates",
    no_binary_name = true,
    disable_help_flag = true,
    disable_help_subcommand = true
)]
pub(super) struct Line {
    #[command(subcommand)]
    pub verb: Verb,
}

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Open an incident; you have command of it
    #[command(after_help = "declare Checkout fails for everybody --severity sev1")]
    Declare {
        /// What is broken, in a line
        #[arg(value_name = "TITLE", required_unless_present = "from")]
        title: Option<String>,
        /// If in doubt, the worse one; else its type's, or sev2
        #[arg(long, value_name = "SEVERITY", value_parser = value::severity())]
        severity: Option<Severity>,
        /// How many are hit, in place of a severity
        #[arg(long, value_name = "IMPACT", requires = "urgency", conflicts_with = "severity")]
        impact: Option<String>,
        /// How soon it must be mended
        #[arg(long, value_name = "URGENCY", requires = "impact")]
        urgency: Option<String>,
        /// Alerts it comes from; it has their title where none is said
        #[arg(long, value_name = "SITUATION", value_parser = value::situation)]
        from: Option<SituationId>,
        /// Only a suspicion, to be confirmed or cancelled
        #[arg(long)]
        triage: bool,
        /// A check of the installation: nothing leaves the house
        #[arg(long)]
        test: bool,
        /// What type of incident
        #[arg(long = "type", value_name = "TYPE")]
        incident_type: Option<String>,
        /// Such as region=eu; several with ; between
        #[arg(long = "field", value_name = "FIELD=VALUE", value_parser = value::field, value_delimiter = ';')]
        fields: Vec<value::Filled>,
        /// Only you, and whom you let in, see it
        #[arg(long)]
        restricted: bool,
        /// The greater incident that it is a part of
        #[arg(long, value_name = "INCIDENT")]
        under: Option<IncidentId>,
        /// When it really began: 09:12, 10m (ago); UTC
        #[arg(long, value_name = "TIME", value_parser = value::time)]
        began: Option<value::Time>,
        /// When it was over: declared for the record
        #[arg(long, value_name = "TIME", value_parser = value::time, conflicts_with = "triage")]
        ended: Option<value::Time>,
    },
    /// Open incidents
    #[command(alias = "ls", after_help = "list --all")]
    List {
        /// Closed ones too
        #[arg(long)]
        all: bool,
    },
    /// Open alerts; those that belong together are a group, such as S-3
    #[command(after_help = "alerts")]
    Alerts,
    /// What alerts tell, whether they deserve it; acknowledge and silence them
    #[command(subcommand)]
    Alert(AlertVerb),
    /// Planned work, and windows in which alerts are expected
    #[command(subcommand)]
    Maintenance(Maintenance),
    /// How the incident stands
    #[command(after_help = "status")]
    Status,
    /// What to type first, or a verb in full; `help me` asks for help with the incident
    #[command(after_help = "help update draft")]
    Help {
        /// The verb, or all: every verb in a few lines
        #[arg(value_name = "VERB")]
        verb: Option<String>,
    },
    /// Who is in command
    #[command(subcommand, after_help = "command offer @ada")]
    Command(Of),
    /// Who does what
    #[command(subcommand)]
    Role(RoleVerb),
    /// Who works on it: here or gone, let in or kept out
    #[command(subcommand)]
    Crew(Crew),
    /// Who is woken, and who answered
    #[command(subcommand)]
    Pager(PagerVerb),
    /// Who is on call
    #[command(subcommand)]
    Roster(RosterVerb),
    /// What is due now, for you
    #[command(after_help = "next")]
    Next,
    /// Write on the timeline
    #[command(
        before_help = "note [--at TIME] [--from TIME --until TIME] TEXT",
        after_help = "note --at 09:12 the first customer called"
    )]
    Note {
        /// When it happened, or began: 09:12, 10m (ago), a date and time; UTC
        #[arg(long, alias = "from", value_name = "TIME", value_parser = value::time)]
        at: Option<value::Time>,
        /// When it was over, if it lasted
        #[arg(long, value_name = "TIME", value_parser = value::time, requires = "at")]
        until: Option<value::Time>,
        /// What happened; kept word for word
        #[arg(value_name = "TEXT")]
        text: String,
    },
    /// What stands on the timeline
    #[command(subcommand)]
    Entry(EntryVerb),
    /// Say how bad it is
    #[command(alias = "sev", after_help = "severity sev1 payments fail too")]
    Severity {
        /// sev1 is the worst
        #[arg(value_name = "SEVERITY", value_parser = value::severity())]
        severity: Severity,
        /// Why
        #[arg(value_name = "REASON")]
        reason: Option<String>,
    },
    /// Say how bad it is by impact and urgency
    #[command(
        before_help = "rate IMPACT URGENCY [REASON], or severity --impact IMPACT --urgency URGENCY [REASON]",
        after_help = "rate high low only one shop is hit"
    )]
    Rate {
        /// How many are hit, by your matrix
        #[arg(value_name = "IMPACT")]
        impact: String,
        /// How soon it must be mended
        #[arg(value_name = "URGENCY")]
        urgency: String,
        /// Why
        #[arg(value_name = "REASON")]
        reason: Option<String>,
    },
    /// Title, summary, quiet
    #[command(subcommand)]
    Set(Set),
    /// What is to be reached
    #[command(subcommand)]
    Objective(Objective),
    /// Who does what by when
    #[command(subcommand)]
    Task(Task),
    /// A CAN report: conditions, actions, needs
    #[command(
        before_help = "can [--correct] SERVICE CONDITIONS [| ACTIONS [| NEEDS]]",
        after_help = "can checkout half of all payments fail | rolling back 4.2 | somebody who knows db1"
    )]
    Can {
        /// The last one was wrong; what is left out stays
        #[arg(long)]
        correct: bool,
        /// The service
        #[arg(value_name = "SERVICE")]
        service: String,
        /// What is done
        #[arg(long, value_name = "ACTIONS")]
        actions: Option<String>,
        /// What is missing
        #[arg(long, value_name = "NEEDS")]
        needs: Option<String>,
        /// How things are
        #[arg(value_name = "CONDITIONS")]
        conditions: String,
    },
    /// What was changed on the systems
    #[command(subcommand)]
    Change(ChangeVerb),
    /// What could go wrong
    #[command(subcommand)]
    Hazard(HazardVerb),
    /// What is about to be done
    #[command(subcommand)]
    Action(ActionVerb),
    /// What is decided, and what is proposed
    #[command(subcommand)]
    Decision(DecisionVerb),
    /// What the public is told
    #[command(subcommand)]
    Update(Update),
    /// The steps to go by, ticked as they are done
    #[command(subcommand)]
    Playbook(PlaybookVerb),
    /// Link a group of alerts (S-N), a page, or your own accounts
    #[command(
        before_help = "link S-N, link LABEL URL, link me [CODE|list|off]",
        after_help = "link Error rate by region https://grafana.example/d/7"
    )]
    Link {
        /// The page's address
        #[arg(long, value_name = "URL")]
        url: Option<String>,
        /// A name for the page, a group of alerts such as S-3, or me
        #[arg(value_name = "LABEL")]
        label: String,
    },
    /// Search every timeline that you may see
    #[command(after_help = "find replica lag")]
    Find {
        /// All of these words, in one entry
        #[arg(value_name = "TEXT")]
        words: String,
    },
    /// The last lines of the timeline, or those that you ask for
    #[command(alias = "log", after_help = "timeline --last 5")]
    Timeline {
        /// Only key moments
        #[arg(long)]
        pinned: bool,
        /// Only what this person did and said
        #[arg(long, value_name = "NAME")]
        by: Option<String>,
        /// Only so far back, such as 30m
        #[arg(long, value_name = "DURATION", value_parser = value::duration)]
        since: Option<value::Minutes>,
        /// Only so many of them, 1 to 20
        #[arg(long, value_name = "COUNT", value_parser = value::lines)]
        last: Option<u8>,
    },
    /// Sub-incidents: parts of a greater one, each with its own commander
    #[command(subcommand)]
    Sub(Sub),
    /// What type of incident it is; or set it
    #[command(alias = "types", after_help = "type security")]
    Type {
        /// Its type
        #[arg(value_name = "TYPE")]
        name: Option<String>,
    },
    /// The fields of your organization; or fill one in
    #[command(alias = "fields", before_help = "field [FIELD VALUE]", after_help = "field region eu")]
    Field {
        /// Which
        #[arg(value_name = "FIELD", requires = "value")]
        name: Option<String>,
        /// What belongs there
        #[arg(value_name = "VALUE")]
        value: Option<String>,
    },
    /// The times of its milestones; or set one
    #[command(
        alias = "milestones",
        before_help = "milestone [MILESTONE TIME [REASON]]",
        after_help = "milestone began 09:12 the first error in the log"
    )]
    Milestone {
        /// Which
        #[arg(value_name = "MILESTONE", value_parser = value::milestone(), requires = "at")]
        milestone: Option<Milestone>,
        /// When it was: 09:12, 10m (ago), a date and time; UTC
        #[arg(value_name = "TIME", value_parser = value::time)]
        at: Option<value::Time>,
        /// How that is known
        #[arg(value_name = "REASON")]
        reason: Option<String>,
    },
    /// How far it has come
    #[command(subcommand)]
    Phase(PhaseVerb),
    /// It is over
    #[command(after_help = "resolve rolled back 4.2, error rate is back to normal")]
    Resolve(Reason),
    /// It broke again: back to investigating
    #[command(after_help = "reopen errors are back since 10:40")]
    Reopen(Reason),
    /// Nothing is left to do
    #[command(after_help = "close")]
    Close {
        /// Its open sub-incidents go on by themselves
        #[arg(long)]
        leave_open: bool,
        /// Why, or how
        #[arg(value_name = "REASON")]
        reason: Option<String>,
    },
    /// It never was an incident
    #[command(after_help = "cancel the probe was broken, not the service")]
    Cancel {
        /// Why it is none
        #[arg(value_name = "REASON")]
        reason: String,
    },
}

/// Words that stand for a longer path when typed; one word, or two.
pub(super) const SHORT: &[(&str, &[&str])] = &[
    ("ack", &["task", "ack"]),
    // Which of them is meant: see [`short`].
    ("ack", &["pager", "ack"]),
    ("actions", &["action", "list"]),
    ("admit", &["crew", "admit"]),
    ("approve", &["update", "approve"]),
    ("assign", &["role", "offer"]),
    ("assist", &["crew", "assist"]),
    ("break glass", &["crew", "break-glass"]),
    ("briefing", &["command", "briefing"]),
    ("changes", &["change", "list"]),
    ("chart", &["role", "chart"]),
    ("checkin", &["crew", "checkin"]),
    ("checkout", &["crew", "checkout"]),
    ("confirm", &["phase", "confirm"]),
    ("correct", &["entry", "correct"]),
    ("decide", &["decision", "record"]),
    ("decisions", &["decision", "list"]),
    ("delegate", &["role", "offer"]),
    ("done", &["task", "done"]),
    ("draft", &["update", "draft"]),
    ("expel", &["crew", "expel"]),
    ("hand over to", &["command", "offer"]),
    ("hand over", &["command", "offer"]),
    ("handover", &["command", "offer"]),
    ("hazards", &["hazard", "list"]),
    ("here", &["crew", "here"]),
    ("i have command", &["command", "accept"]),
    ("identify", &["phase", "identify"]),
    ("merge", &["phase", "merge"]),
    ("join", &["command", "join"]),
    ("leave", &["command", "separate"]),
    ("mitigate", &["phase", "mitigate"]),
    ("object", &["decision", "object"]),
    ("objectives", &["objective", "list"]),
    ("oncall override", &["roster", "override"]),
    ("oncall overrides", &["roster", "overrides"]),
    ("oncall withdraw", &["roster", "withdraw"]),
    ("oncall", &["roster", "who"]),
    ("open up", &["crew", "open"]),
    ("page stop", &["pager", "stop"]),
    ("page", &["pager", "page"]),
    ("pages", &["pager", "list"]),
    ("period end", &["objective", "period-end"]),
    ("period start", &["objective", "period"]),
    ("pin", &["entry", "pin"]),
    ("playbooks", &["playbook", "list"]),
    ("proposals", &["decision", "list"]),
    ("propose", &["decision", "propose"]),
    ("publish", &["update", "publish"]),
    ("redact", &["entry", "redact"]),
    ("relapse", &["reopen"]),
    ("restrict", &["crew", "restrict"]),
    ("resume", &["action", "resume-all"]),
    ("review", &["phase", "review"]),
    ("roles", &["role", "list"]),
    ("roll call", &["crew", "roll-call"]),
    ("separate", &["command", "separate"]),
    ("silence", &["alert", "silence"]),
    ("snooze", &["set", "quiet"]),
    ("stop", &["action", "stop-all"]),
    ("subs", &["sub", "list"]),
    // With nothing after it; else it is what the summary begins with. See `short`.
    ("summary exec", &["command", "summary"]),
    ("summary", &["set", "summary"]),
    ("take", &["command", "take"]),
    ("tasks", &["task", "list"]),
    ("title", &["set", "title"]),
    ("transfer", &["command", "offer"]),
    ("unack", &["alert", "unack"]),
    ("under", &["sub", "under"]),
    ("unify", &["command", "unify"]),
    ("unsilence", &["alert", "unsilence"]),
    ("unpin", &["entry", "unpin"]),
    ("updates", &["update", "list"]),
    ("withdraw", &["decision", "withdraw"]),
];

/// The short form that words begin with, the longest of those that fit: of how many words it is, and what it stands for. `ack` is
/// of the alerts of a situation, of a task by its number, and alone of a page.
pub(super) fn short(words: &[&str]) -> Option<(usize, &'static [&'static str])> {
    let begins = |short: &str| {
        let mut said = words.iter();
        short.split(' ').all(|one| said.next().is_some_and(|word| word.eq_ignore_ascii_case(one)))
    };
    let known = SHORT.iter().filter(|(short, _)| begins(short));
    let (count, path) =
        known.map(|(short, path)| (short.split(' ').count(), *path)).rev().max_by_key(|(count, _)| *count)?;
    let path: &'static [&'static str] = match (path, words.get(1)) {
        (["task", "ack"], Some(word)) if value::situation(word).is_ok() => &["alert", "ack"],
        (["task", "ack"], next) => {
            let is_target = next.is_some_and(|word| word.parse::<IncidentId>().is_ok());
            let counts = words.len() > 1 + usize::from(is_target);
            if counts { path } else { &["pager", "ack"] }
        }
        // `summary exec is out`: what comes after is what the summary says.
        (["command", "summary"], _)
            if words.get(2).is_some_and(|word| word.parse::<IncidentId>().is_err()) =>
        {
            return Some((1, &["set", "summary"]));
        }
        _ => path,
    };
    Some((count, path))
}

/// The verb that a whole path leads to.
pub(super) fn at(path: &[&str]) -> Option<&'static Command> {
    path.iter().try_fold(tree(), |at, word| at.find_subcommand(word))
}

static TREE: LazyLock<Command> = LazyLock::new(|| {
    let mut tree = Line::command();
    tree.build();
    tree
});

/// The tree that reads lines. Kept, since to build it costs more than all else about a command.
static READER: LazyLock<Mutex<Command>> = LazyLock::new(|| Mutex::new(Line::command()));

/// Reads one line, split into words.
///
/// # Errors
/// What clap does not understand.
pub(super) fn read(argv: &[String]) -> Result<Line, clap::Error> {
    let mut reader = READER.lock().unwrap_or_else(PoisonError::into_inner);
    let mut matches = reader.try_get_matches_from_mut(argv)?;
    drop(reader);
    Line::from_arg_matches_mut(&mut matches)
}

/// The command tree, for whoever makes something else of it: shell completion, manual pages.
pub fn tree() -> &'static Command {
    &TREE
}

/// What a blank takes, told by its value name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blank {
    /// No value: there or not.
    Switch,
    Number,
    Role,
    /// A person: words up to the next flag.
    Name,
    /// Words up to the next flag.
    Title,
    /// The rest of the line, word for word, as a positional; one word or a quoted text as a flag.
    Free,
    /// One word or a quoted text.
    Word,
}

impl Blank {
    pub fn of(arg: &Arg) -> Blank {
        if matches!(arg.get_action(), ArgAction::SetTrue) {
            return Blank::Switch;
        }
        match value_name(arg) {
            "N" | "COUNT" => Blank::Number,
            "ROLE" => Blank::Role,
            "NAME" => Blank::Name,
            "TITLE" | "HAZARD" => Blank::Title,
            "TEXT" | "SPAN" | "REASON" | "RESULT" | "CONDITIONS" | "LABEL" | "VERB" | "VALUE" => Blank::Free,
            _ => Blank::Word,
        }
    }
}

pub(super) fn value_name(arg: &Arg) -> &str {
    arg.get_value_names().and_then(|names| names.first()).map_or("", |name| name.as_str())
}

/// What is written with two hyphens, in the order of its declaration.
pub(super) fn flags(verb: &Command) -> impl Iterator<Item = &Arg> {
    verb.get_arguments().filter(|arg| !arg.is_positional())
}

/// The flag of this name, or called so as well.
pub(super) fn flag_called<'v>(verb: &'v Command, name: &str) -> Option<&'v Arg> {
    flags(verb).find(|arg| {
        let aliases = arg.get_all_aliases().unwrap_or_default();
        arg.get_long().into_iter().chain(aliases).any(|long| long.eq_ignore_ascii_case(name))
    })
}

/// Every verb that can be said with its path, in the tree's order.
pub(super) fn leaves() -> Vec<(Vec<&'static str>, &'static Command)> {
    let mut all = Vec::new();
    for verb in tree().get_subcommands() {
        if verb.has_subcommands() {
            all.extend(verb.get_subcommands().map(|sub| (vec![verb.get_name(), sub.get_name()], sub)));
        } else {
            all.push((vec![verb.get_name()], verb));
        }
    }
    all
}

/// The example line of a verb; of a group its own, or that of its first verb.
pub(super) fn example(verb: &Command) -> String {
    let first = || verb.get_subcommands().next().unwrap_or(verb);
    let of = if verb.get_after_help().is_some() { verb } else { first() };
    of.get_after_help().map(|text| text.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_sound() {
        Line::command().debug_assert();
    }

    #[test]
    fn every_verb_says_what_it_does_and_shows_an_example_of_itself() {
        for (path, verb) in leaves() {
            assert!(verb.get_about().is_some(), "{path:?}");
            assert!(example(verb).starts_with(&path.join(" ")), "{path:?}: {}", example(verb));
            for arg in verb.get_arguments() {
                assert!(arg.get_help().is_some(), "{path:?} {}", arg.get_id());
            }
        }
    }

    #[test]
    fn short_words_never_hide_a_verb() {
        for (short, path) in SHORT {
            assert!(tree().find_subcommand(short).is_none(), "{short}");
            let verb = path.iter().try_fold(tree(), |at, word| at.find_subcommand(word));
            assert!(verb.is_some(), "{short}");
        }
    }
}
