//! A verb as a form: its blanks and flags as questions, and the argument list that the answers stand for.
//!
//! For chats whose commands are one line of text: whoever says a verb without its words is asked for them.

use clap::{Arg, Command};

use super::{
    discord::{about, argv_of, option_name},
    known::Lexicon,
    tree::{self, Blank, flags, tree, value_name},
};
use crate::incident::{id::IncidentId, refusal::Refusal};

/// How a question is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Line,
    /// Several lines.
    Text,
    Number,
    Person,
    YesOrNo,
    /// One of the choices.
    Choice,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Id within the form.
    pub name: String,
    /// A word or two: Mattermost shows 24 letters.
    pub label: String,
    /// What belongs there, in a sentence; it stands below.
    pub hint: String,
    pub kind: Kind,
    pub is_required: bool,
    /// What is read, and what is meant.
    pub choices: Vec<(String, String)>,
    /// The choice that holds unless another is made.
    pub default: Option<String>,
}

/// A verb as a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    path: Vec<&'static str>,
    /// The verb's path: `update draft`.
    pub name: String,
    /// What the verb does.
    pub title: String,
    pub questions: Vec<Question>,
}

/// The verb, and its path in full.
fn find(words: &[&str]) -> Option<(Vec<&'static str>, &'static Command)> {
    let of = |path: &[&str]| {
        let mut whole = Vec::new();
        let verb = path.iter().try_fold(tree(), |at, word| {
            let next = at.find_subcommand(word)?;
            whole.push(next.get_name());
            Some(next)
        })?;
        (!verb.has_subcommands()).then_some((whole, verb))
    };
    match tree::short(words) {
        Some((count, path)) if count == words.len() => of(path),
        Some(_) => None,
        None => {
            let words: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
            of(&words.iter().map(String::as_str).collect::<Vec<_>>())
        }
    }
}

/// What the form cannot do without. A declaration by form has a title: the alerts that could give it one are not asked.
fn is_required(path: &[&str], arg: &Arg) -> bool {
    arg.is_required_set() || (path == ["declare"] && value_name(arg) == "TITLE")
}

impl Form {
    /// The form of a verb that is said without the words it needs, and the incident said with it. `None`: it needs none,
    /// or they are there.
    pub fn wanted(line: &str) -> Option<(Option<IncidentId>, Form)> {
        let mut words: Vec<&str> = line.split_whitespace().collect();
        let incident = words.first().and_then(|word| word.parse().ok());
        if incident.is_some() {
            words.remove(0);
        }
        let form = Form::of(&words.join(" "))?;
        form.questions.iter().any(|question| question.is_required).then_some((incident, form))
    }

    /// The form of the verb with this path: `declare`, `update draft`.
    pub fn of(name: &str) -> Option<Form> {
        let (path, verb) = find(&name.split_whitespace().collect::<Vec<_>>())?;
        let args = || verb.get_positionals().chain(flags(verb));
        // Alerts are taken up by the button on their card.
        let args = || args().filter(|arg| value_name(arg) != "SITUATION" || arg.is_required_set());
        let needed = args().filter(|arg| is_required(&path, arg));
        let others = args().filter(|arg| !is_required(&path, arg));
        let questions = needed.chain(others).map(|arg| question(&path, arg)).collect();
        Some(Form { name: path.join(" "), path, title: about(verb), questions })
    }

    /// With the team's own words to choose from.
    pub fn of_team<'a>(mut self, known: impl Into<Lexicon<'a>>) -> Form {
        let known = known.into();
        let Some((_, verb)) = find(&self.path) else { return self };
        for arg in verb.get_arguments() {
            let Some(own) = known.choices(arg) else { continue };
            let name = option_name(arg);
            for question in self.questions.iter_mut().filter(|question| question.name == name) {
                question.kind = Kind::Choice;
                question.choices = own.iter().map(|(word, shown)| (shown.clone(), word.clone())).collect();
            }
        }
        self
    }

    /// The argument list that the answers stand for; an empty answer is none.
    ///
    /// # Errors
    /// `Invalid`, when the form is of another version.
    pub fn filled(
        &self,
        incident: Option<IncidentId>,
        answers: &[(String, String)],
    ) -> Result<Vec<String>, Refusal> {
        let given: Vec<(&str, String)> = answers
            .iter()
            .filter(|(_, answer)| !answer.trim().is_empty())
            .map(|(name, answer)| (name.as_str(), answer.trim().to_owned()))
            .collect();
        let found = find(&self.path).and_then(|(path, verb)| argv_of(incident, &path, verb, &given));
        found.ok_or_else(|| {
            let why = "That form is of another version of commandpost.";
            Refusal::invalid(why, "Open it again, or type the command.")
        })
    }
}

/// What a question is called: as the option is, but where people call it otherwise.
fn label(arg: &Arg) -> String {
    let name = option_name(arg).replace('-', " ");
    let called = match (name.as_str(), value_name(arg)) {
        ("to", "NAME") if !arg.is_positional() => "reports to",
        (_, "NAME") => "person",
        ("n", _) => "number",
        ("at" | "span", _) => "when",
        ("for" | "minutes", "DURATION") => "duration",
        ("for", "ORGANIZATION") => "organization",
        ("in", _) => "time box",
        ("next", _) => "next update",
        ("under" | "parent", _) => "part of",
        ("situation", _) => "alerts",
        ("match", _) => "labels",
        ("env", _) => "environment",
        ("id", "PLAYBOOK") => "playbook",
        ("name", "TYPE") => "type",
        ("name", "FIELD") => "field",
        ("text", "HAZARD") => "hazard",
        ("url", _) => "address",
        ("label", _) => "name",
        ("pinned", _) => "key moments only",
        ("correct", _) => "correction",
        _ => name.as_str(),
    };
    let (first, rest) = called.split_at(called.len().min(1));
    format!("{}{rest}", first.to_uppercase())
}

fn question(path: &[&str], arg: &Arg) -> Question {
    let choices: Vec<(String, String)> = match Blank::of(arg) {
        Blank::Switch => vec![],
        _ => arg
            .get_possible_values()
            .iter()
            .map(|value| {
                let shown = match value.get_help() {
                    Some(help) => format!("{} – {help}", value.get_name()),
                    None => value.get_name().to_owned(),
                };
                (shown, value.get_name().to_owned())
            })
            .collect(),
    };
    let kind = match Blank::of(arg) {
        Blank::Switch => Kind::YesOrNo,
        Blank::Number => Kind::Number,
        Blank::Name => Kind::Person,
        _ if !choices.is_empty() => Kind::Choice,
        Blank::Free if value_name(arg) != "LABEL" && value_name(arg) != "VERB" => Kind::Text,
        _ => Kind::Line,
    };
    Question {
        name: option_name(arg),
        label: label(arg),
        hint: arg.get_help().map(|text| text.to_string()).unwrap_or_default(),
        kind,
        is_required: is_required(path, arg),
        choices,
        default: arg.get_default_values().first().map(|value| value.to_string_lossy().into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grammar::tree::leaves;

    fn words(all: &[&str]) -> Vec<String> {
        all.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn a_verb_without_its_words_asks_for_them() {
        let (incident, form) = Form::wanted(" DECLARE ").unwrap();
        assert_eq!((incident, form.name.as_str()), (None, "declare"));
        let needed: Vec<_> = form.questions.iter().filter(|q| q.is_required).map(|q| &q.name).collect();
        assert_eq!(needed, ["title"], "one blank is enough");
        assert!(form.questions.iter().any(|q| q.name == "severity" && q.choices.len() == 5));
        assert_eq!(Form::wanted("draft").unwrap().1.name, "update draft");
        assert_eq!(Form::wanted("INC-3 command offer").unwrap().0, "INC-3".parse().ok());
        for said in ["status", "note x", "declare it fails", "update", "", "INC-3", "nonsense", "resolve"] {
            assert_eq!(Form::wanted(said), None, "{said}");
        }
    }

    #[test]
    fn answers_become_the_words_that_one_would_have_typed() {
        let answer = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        let declared = Form::of("declare").unwrap().filled(
            None,
            &[answer("title", "-- it's \"down\" --test"), answer("severity", "sev1"), answer("triage", "")],
        );
        assert_eq!(declared, Ok(words(&["declare", "--severity=sev1", "--", "-- it's \"down\" --test"])));
        let offered = Form::of("command offer").unwrap();
        let id = "INC-3".parse().ok();
        assert_eq!(
            offered.filled(id, &[answer("to", "<@U1>")]),
            Ok(words(&["INC-3", "command", "offer", "--", "<@U1>"]))
        );
        assert!(offered.filled(id, &[answer("colour", "red")]).is_err());
    }

    #[test]
    fn every_verb_can_be_a_form_whose_questions_are_told_apart_at_a_glance() {
        for (path, _) in leaves() {
            let form = Form::of(&path.join(" ")).unwrap();
            let mut labels = std::collections::BTreeSet::new();
            for question in &form.questions {
                assert!((1..=24).contains(&question.label.len()), "{path:?}: {}", question.label);
                assert!(!question.hint.is_empty(), "{path:?}: {}", question.label);
                assert!(labels.insert(&question.label), "{path:?}: {} is asked twice", question.label);
                let shown = question.choices.iter().map(|(shown, _)| shown);
                for text in shown.chain([&question.label, &question.hint, &form.title]) {
                    assert!(!text.contains("--"), "{path:?}: a form has no flags: {text}");
                }
            }
        }
    }

    #[test]
    fn a_question_is_called_by_its_name_and_what_belongs_there_stands_below() {
        let labels = |name: &str| -> Vec<String> {
            Form::of(name).unwrap().questions.into_iter().map(|question| question.label).collect()
        };
        assert_eq!(labels("declare")[..4], ["Title", "Severity", "Impact", "Urgency"]);
        assert!(labels("declare").iter().any(|label| label == "Restricted"));
        assert_eq!(labels("note"), ["Text", "When", "Until"]);
        assert_eq!(labels("task add"), ["Text", "Person", "Time box"]);
        assert_eq!(labels("role report"), ["Person", "Reports to"]);
        assert_eq!(labels("close"), ["Reason", "Leave open"]);
        let note = Form::of("note").unwrap().questions.remove(0);
        assert_eq!(note.hint, "What happened; kept word for word");
    }
}
