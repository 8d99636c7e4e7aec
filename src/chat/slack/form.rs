//! Forms as Slack shows them (modals), and what somebody has filled in. Pure.
//!
//! After <https://docs.slack.dev/reference/views/modal-views>: a title of 24 characters, labels and hints of 2,000, 100 choices of
//! 75 characters, 3,000 characters an answer, and a private note of 3,000 that comes back with the answers.

use serde_json::{Value, json};

use super::render::plain_text;
use crate::{
    card::Button,
    chat::{
        button::button_name,
        form::{Filled, Origin, Purpose, verb_name},
        text::cap,
    },
    grammar::{Form, Kind, Question},
};

const TITLE_MAX: usize = 24;
const LABEL_MAX: usize = 200;
const PLACEHOLDER_MAX: usize = 150;
const CHOICES_MAX: usize = 100;
const CHOICE_MAX: usize = 75;
const ANSWER_MAX: u64 = 3_000;
/// The name of every answer within its block.
const ANSWER: &str = "answer";

fn modal(name: &str, title: &str, blocks: &[Value], origin: &Origin) -> Value {
    json!({
        "type": "modal",
        "callback_id": name,
        "title": plain_text(&cap(title, TITLE_MAX)),
        "submit": plain_text("Send"),
        "close": plain_text("Cancel"),
        "private_metadata": origin.note(),
        "blocks": blocks,
    })
}

/// `hint` stands below.
fn input(name: &str, label: &str, hint: &str, is_required: bool, mut element: Value) -> Value {
    element["action_id"] = json!(ANSWER);
    let mut input = json!({
        "type": "input",
        "block_id": name,
        "label": plain_text(&cap(label, LABEL_MAX)),
        "optional": !is_required,
        "element": element,
    });
    if !hint.is_empty() {
        input["hint"] = plain_text(&cap(hint, LABEL_MAX));
    }
    input
}

/// The form for a button's blanks.
pub(super) fn of_button(subject: &str, button: &Button, origin: &Origin) -> Value {
    let blocks: Vec<Value> = button
        .blanks
        .iter()
        .map(|blank| {
            let element = json!({
                "type": "plain_text_input",
                "multiline": blank.is_long,
                "max_length": ANSWER_MAX,
                "placeholder": plain_text(&cap(blank.placeholder, PLACEHOLDER_MAX)),
            });
            input(blank.name, blank.label, "", blank.is_required, element)
        })
        .collect();
    let title = format!("{subject}: {}", button.label);
    modal(&button_name(subject, &button.id), &title, &blocks, origin)
}

/// The form of a verb. `first` is what stands in its first blank already.
pub(super) fn of_verb(form: &Form, first: &str, origin: &Origin) -> Value {
    let blocks: Vec<Value> = form
        .questions
        .iter()
        .enumerate()
        .map(|(i, question)| {
            let known = if i == 0 { first } else { "" };
            let (label, hint) = (&question.label, &question.hint);
            input(&question.name, label, hint, question.is_required, element(question, known))
        })
        .collect();
    let title = match origin.incident {
        Some(id) => format!("{id}: {}", form.name),
        None => form.title.clone(),
    };
    let title = if title.chars().count() > TITLE_MAX { form.name.clone() } else { title };
    modal(&verb_name(form), &title, &blocks, origin)
}

fn option(shown: &str, value: &str) -> Value {
    json!({"text": plain_text(&cap(shown, CHOICE_MAX)), "value": cap(value, CHOICE_MAX)})
}

fn element(question: &Question, known: &str) -> Value {
    match question.kind {
        Kind::Line | Kind::Text => {
            let mut element = json!({
                "type": "plain_text_input", "multiline": question.kind == Kind::Text, "max_length": ANSWER_MAX,
            });
            if !known.is_empty() {
                element["initial_value"] = json!(known);
            }
            element
        }
        Kind::Number => json!({"type": "number_input", "is_decimal_allowed": false, "min_value": "1"}),
        Kind::Person => json!({"type": "users_select"}),
        Kind::YesOrNo => json!({"type": "checkboxes", "options": [option("Yes", "true")]}),
        Kind::Choice => {
            let options: Vec<Value> = question
                .choices
                .iter()
                .take(CHOICES_MAX)
                .map(|(shown, value)| option(shown, value))
                .collect();
            let mut element = json!({"type": "static_select", "options": options});
            let default = element["options"].as_array().into_iter().flatten();
            let default = default.clone().find(|one| one["value"].as_str() == question.default.as_deref());
            if let Some(default) = default.cloned() {
                element["initial_option"] = default;
            }
            element
        }
    }
}

/// A form that somebody has filled in, from a `view`. `None`: none of ours.
pub(super) fn read(view: &Value) -> Option<Filled> {
    let purpose = Purpose::read(view["callback_id"].as_str()?)?;
    let values = &view["state"]["values"];
    let blocks = view["blocks"].as_array().into_iter().flatten();
    let names: Vec<&str> = blocks.filter_map(|block| block["block_id"].as_str()).collect();
    let answers = values.as_object().into_iter().flatten().filter_map(|(name, block)| {
        let answer = answer(&block[ANSWER])?;
        Some((name.clone(), answer))
    });
    Some(Filled {
        purpose,
        origin: Origin::read(view["private_metadata"].as_str().unwrap_or_default()),
        answers: answers.collect(),
        first: names.first().map_or_else(
            || values.as_object().and_then(|all| all.keys().next().cloned()).unwrap_or_default(),
            |name| (*name).to_owned(),
        ),
    })
}

fn answer(element: &Value) -> Option<String> {
    let chosen = || element["selected_options"].as_array()?.first()?["value"].as_str();
    let text = element["value"]
        .as_str()
        .or_else(|| element["selected_option"]["value"].as_str())
        .or_else(chosen)
        .map(str::to_owned);
    text.or_else(|| element["selected_user"].as_str().map(|id| format!("<@{id}>")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(view: &Value, values: Value) -> Filled {
        let mut view = view.clone();
        view["state"] = json!({"values": values});
        read(&view).unwrap()
    }

    #[test]
    fn a_declaration_asks_for_one_thing_only() {
        let form = Form::of("declare").unwrap();
        let view = of_verb(&form, "db1 is full", &Origin::default());
        let needed: Vec<&Value> =
            view["blocks"].as_array().unwrap().iter().filter(|block| block["optional"] == false).collect();
        assert_eq!(needed.len(), 1);
        assert_eq!(needed[0]["element"]["initial_value"], "db1 is full");
        assert_eq!(needed[0]["label"]["text"], "Title");
        assert_eq!(needed[0]["hint"]["text"], "What is broken, in a line");
        let severity =
            view["blocks"].as_array().unwrap().iter().find(|block| block["block_id"] == "severity").unwrap();
        assert!(severity["element"]["initial_option"].is_null(), "left alone, its type may have one");
    }

    #[test]
    fn answers_come_back_with_where_they_were_asked() {
        let origin = Origin { channel: Some("C1".into()), thread: None, incident: "INC-3".parse().ok() };
        let form = Form::of("command offer").unwrap();
        let view = of_verb(&form, "", &origin);
        let sent = filled(&view, json!({"to": {"answer": {"type": "users_select", "selected_user": "U1"}}}));
        assert_eq!(sent.purpose, Purpose::Verb("command offer".into()));
        assert_eq!((sent.origin, sent.first.as_str()), (origin, "to"));
        assert_eq!(sent.answers, [("to".to_owned(), "<@U1>".to_owned())]);
        let view = of_verb(&Form::of("declare").unwrap(), "", &Origin::default());
        let sent = filled(
            &view,
            json!({
                "title": {"answer": {"type": "plain_text_input", "value": "x"}},
                "severity": {"answer": {"type": "static_select", "selected_option": {"value": "sev1"}}},
                "triage": {"answer": {"type": "checkboxes", "selected_options": [{"value": "true"}]}},
                "test": {"answer": {"type": "checkboxes", "selected_options": []}},
            }),
        );
        let mut answers = sent.answers;
        answers.sort();
        let pair = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        assert_eq!(answers, [pair("severity", "sev1"), pair("title", "x"), pair("triage", "true")]);
    }

    #[test]
    fn a_form_of_somebody_elses_is_not_read() {
        assert_eq!(read(&json!({"callback_id": "another-app"})), None);
        assert_eq!(read(&Value::Null), None);
    }

    #[test]
    fn every_verb_keeps_slacks_limits_as_a_form() {
        for path in crate::grammar::examples() {
            let words: Vec<&str> = path.split_whitespace().take(2).collect();
            let Some(form) = Form::of(&words.join(" ")).or_else(|| Form::of(words[0])) else { continue };
            let view = of_verb(&form, "", &Origin::default());
            assert!(view["title"]["text"].as_str().unwrap().chars().count() <= TITLE_MAX, "{view}");
            assert!(view["callback_id"].as_str().unwrap().len() <= 255);
        }
    }
}
