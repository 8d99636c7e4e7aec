//! Forms as Mattermost shows them (interactive dialogs), and what somebody has filled in. Pure.
//!
//! After <https://developers.mattermost.com/integrate/plugins/interactive-dialogs/>: a title and labels of 24 bytes, a
//! line of help of 150, 150 characters in a line of text and 3,000 in several.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    card::Button,
    chat::{
        button::button_name,
        form::{Filled, Origin, Purpose, verb_name},
        text::cap,
    },
    grammar::{Form, Kind, Question},
};

const TITLE_BYTES_MAX: usize = 24;
const LABEL_BYTES_MAX: usize = 24;
const HELP_BYTES_MAX: usize = 150;
const LINE_MAX: u64 = 150;
const TEXT_MAX: u64 = 3_000;
const CHOICES_MAX: usize = 100;
const CHOICE_MAX: usize = 75;

/// At most so many bytes: Mattermost counts them so.
fn short(text: &str, bytes_max: usize) -> String {
    if text.len() <= bytes_max {
        return text.to_owned();
    }
    let mut kept = String::new();
    for c in text.chars() {
        if kept.len() + c.len_utf8() + '…'.len_utf8() > bytes_max {
            break;
        }
        kept.push(c);
    }
    format!("{}…", kept.trim_end())
}

/// A form and its name, without the state that comes back with it.
pub(super) struct Dialog {
    pub name: String,
    shown: Value,
}

impl Dialog {
    fn new(name: String, title: &str, about: &str, elements: Vec<Value>) -> Self {
        let shown = json!({
            "callback_id": name, "title": short(title, TITLE_BYTES_MAX), "introduction_text": about,
            "elements": elements, "submit_label": "Send", "notify_on_cancel": false,
        });
        Self { name, shown }
    }
    pub fn with_state(mut self, state: String) -> Value {
        self.shown["state"] = json!(state);
        self.shown
    }
}

/// `hint` stands below; a label that is cut, in place of it.
fn element(name: &str, label: &str, hint: &str, is_required: bool, mut element: Value) -> Value {
    element["name"] = json!(name);
    element["display_name"] = json!(short(label, LABEL_BYTES_MAX));
    element["optional"] = json!(!is_required);
    let below = if label.len() > LABEL_BYTES_MAX { label } else { hint };
    if !below.is_empty() {
        element["help_text"] = json!(short(below, HELP_BYTES_MAX));
    }
    element
}

fn typed(is_long: bool) -> Value {
    let (kind, max) = if is_long { ("textarea", TEXT_MAX) } else { ("text", LINE_MAX) };
    json!({"type": kind, "max_length": max})
}

/// The form for a button's blanks.
pub(super) fn of_button(subject: &str, button: &Button) -> Dialog {
    let elements = button.blanks.iter().map(|blank| {
        let mut shown = typed(blank.is_long);
        shown["placeholder"] = json!(short(blank.placeholder, HELP_BYTES_MAX));
        element(blank.name, blank.label, "", blank.is_required, shown)
    });
    let title = format!("{subject}: {}", button.label);
    Dialog::new(button_name(subject, &button.id), &title, "", elements.collect())
}

/// The form of a verb.
pub(super) fn of_verb(form: &Form, origin: &Origin) -> Dialog {
    let elements = form.questions.iter().map(|question| {
        // Of a box to tick, it stands beside.
        let hint = if question.kind == Kind::YesOrNo { "" } else { question.hint.as_str() };
        element(&question.name, &question.label, hint, question.is_required, answer_of(question))
    });
    let title = match origin.incident {
        Some(id) => format!("{id}: {}", form.name),
        None => form.title.clone(),
    };
    let title = if title.len() > TITLE_BYTES_MAX { form.name.clone() } else { title };
    Dialog::new(verb_name(form), &title, &form.title, elements.collect())
}

fn answer_of(question: &Question) -> Value {
    match question.kind {
        Kind::Line => typed(false),
        Kind::Text => typed(true),
        Kind::Number => json!({"type": "text", "subtype": "number", "max_length": LINE_MAX}),
        Kind::Person => json!({"type": "select", "data_source": "users"}),
        Kind::YesOrNo => json!({"type": "bool", "placeholder": short(&question.hint, HELP_BYTES_MAX)}),
        Kind::Choice => {
            let option =
                |(shown, value): &(String, String)| json!({"text": cap(shown, CHOICE_MAX), "value": value});
            let options: Vec<Value> = question.choices.iter().take(CHOICES_MAX).map(option).collect();
            let default = question.default.as_deref().unwrap_or_default();
            let is_there = options.iter().any(|option| option["value"] == default);
            json!({"type": "select", "options": options, "default": if is_there { default } else { "" }})
        }
    }
}

/// A form that was sent, by its name and where it was opened. `None`: none of ours.
pub(super) fn read(name: &str, note: &str, submission: &Value) -> Option<Filled> {
    let purpose = Purpose::read(name)?;
    let given = submission.as_object()?;
    let people = people_of(&purpose);
    let answers = given.iter().filter_map(|(name, answer)| {
        let answer = match answer {
            Value::String(text) if people.contains(name) && !text.is_empty() => format!("<@{text}>"),
            Value::String(text) => text.clone(),
            Value::Bool(true) => "true".to_owned(),
            Value::Number(number) => number.to_string(),
            _ => return None,
        };
        Some((name.clone(), answer))
    });
    let answers: Vec<_> = answers.collect();
    let asked = match &purpose {
        Purpose::Verb(verb) => Form::of(verb)?.questions.into_iter().map(|question| question.name).next(),
        Purpose::Button(_) => None,
    };
    let first = asked.or_else(|| given.keys().next().cloned()).unwrap_or_default();
    Some(Filled { purpose, origin: Origin::read(note), answers, first })
}

/// The questions whose answers are ids of users.
fn people_of(purpose: &Purpose) -> Vec<String> {
    let Purpose::Verb(verb) = purpose else { return vec![] };
    let questions = Form::of(verb).map(|form| form.questions).unwrap_or_default();
    questions.into_iter().filter(|one| one.kind == Kind::Person).map(|one| one.name).collect()
}

/// The same whenever the same form is sent with the same answers.
pub(super) fn once(state: &str, submission: &Value) -> String {
    let digest = Sha256::digest(format!("{state}\n{submission}").as_bytes());
    format!("form:{}", hex::encode(digest).chars().take(40).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declaration_asks_for_one_thing_only() {
        let view = of_verb(&Form::of("declare").unwrap(), &Origin::default()).with_state("s".into());
        let elements = view["elements"].as_array().unwrap();
        let needed: Vec<&Value> = elements.iter().filter(|one| one["optional"] == false).collect();
        assert_eq!(needed.len(), 1);
        assert_eq!((needed[0]["name"].as_str(), view["state"].as_str()), (Some("title"), Some("s")));
        assert_eq!(needed[0]["display_name"], "Title");
        assert_eq!(needed[0]["help_text"], "What is broken, in a line");
        let severity = elements.iter().find(|one| one["name"] == "severity").unwrap();
        let triage = elements.iter().find(|one| one["name"] == "triage").unwrap();
        assert_eq!((&triage["display_name"], &triage["help_text"]), (&json!("Triage"), &Value::Null));
        assert_eq!(triage["placeholder"], "Only a suspicion, to be confirmed or cancelled");
        assert!(severity["default"].as_str().is_none_or(str::is_empty), "left alone, its type may have one");
    }

    #[test]
    fn answers_come_back_as_they_would_be_typed() {
        let id = "erj6qck3rfgtujs86w5r6rckzh";
        let sent = read("cp1|verb|command offer", r#"{"incident":"INC-3"}"#, &json!({"to": id})).unwrap();
        assert_eq!(sent.answers, [("to".to_owned(), format!("<@{id}>"))]);
        assert_eq!((sent.first.as_str(), sent.origin.incident), ("to", "INC-3".parse().ok()));
        let submission = json!({"title": "x", "severity": "sev1", "triage": true, "test": false, "n": null});
        let mut answers = read("cp1|verb|declare", "{}", &submission).unwrap().answers;
        answers.sort();
        let pair = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        assert_eq!(answers, [pair("severity", "sev1"), pair("title", "x"), pair("triage", "true")]);
        assert_eq!(read("another-app", "{}", &submission), None);
        assert_eq!(read("cp1|verb|declare", "{}", &Value::Null), None);
    }

    #[test]
    fn every_verb_keeps_mattermosts_limits_as_a_form() {
        for path in crate::grammar::examples() {
            let words: Vec<&str> = path.split_whitespace().take(2).collect();
            let Some(form) = Form::of(&words.join(" ")).or_else(|| Form::of(words[0])) else { continue };
            let view = of_verb(&form, &Origin::default()).with_state(String::new());
            let bytes = |value: &Value| value.as_str().map_or(0, str::len);
            assert!(bytes(&view["title"]) <= TITLE_BYTES_MAX, "{view}");
            for one in view["elements"].as_array().unwrap() {
                assert!((1..=LABEL_BYTES_MAX).contains(&bytes(&one["display_name"])), "{one}");
                assert!(!one["display_name"].to_string().contains('…'), "cut: {one}");
                assert!(!one["help_text"].to_string().contains('…') || form.name == "playbook run", "{one}");
                assert!(bytes(&one["help_text"]) <= HELP_BYTES_MAX, "{one}");
            }
        }
        assert_eq!(short("Größe und mehr", 8), "Grö…");
    }
}
