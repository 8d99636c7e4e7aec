//! What people put between backticks, beside what our words tell them to type.
//!
//! Ours stands as Discord has it typed: `/record decision object 1 REASON` for `object 1 REASON`. People write paths between backticks,
//! and programs that are called as verbs of ours are (`find . -name core`): that stands as they wrote it. An answer does not say which
//! of its words are whose. So theirs is what stands between backticks in what was typed just now, or anywhere in the incident.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{DiscordDoor, asked::Asked};
use crate::{
    card::Card,
    chat::{
        text::{as_typed, coded},
        words::in_words,
    },
    desk::Answer,
    grammar::slash_words,
    incident::{id::IncidentId, refusal::Refusal},
};

/// Verbs whose answer is nothing but what people wrote, of whichever incident.
const READ_OUT: [&[&str]; 5] = [&["find"], &["list"], &["task", "list"], &["timeline"], &["update", "list"]];

#[derive(Debug, Default)]
pub(super) struct Theirs(BTreeSet<String>);

impl Theirs {
    /// With what stands between backticks in any text of this.
    pub fn add(&mut self, value: &Value) {
        match value {
            Value::String(text) => {
                // Some sentences quote it in one line.
                let line = flat(text);
                let all = [text, &line].into_iter().flat_map(|text| coded(text));
                self.0.extend(all.map(|code| flat(&code)));
            }
            Value::Array(all) => all.iter().for_each(|one| self.add(one)),
            Value::Object(all) => all.values().for_each(|one| self.add(one)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// A text of our words and theirs, as it is shown.
    pub fn shown(&self, text: &str) -> String {
        as_typed(text, |code| slash_words(code).filter(|_| !self.0.contains(&flat(code))))
    }
}

/// In one line.
fn flat(code: &str) -> String {
    code.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl DiscordDoor {
    /// What came of a command, for the asker.
    pub(super) async fn told_to(&self, asked: &Asked, done: &Result<Answer, Refusal>) -> String {
        let text = in_words(Some(done.clone()));
        let (verb, options) = asked.verb();
        if done.is_ok() && READ_OUT.contains(&verb.as_slice()) {
            return text;
        }
        let named = options.iter().find(|option| option["name"] == "incident");
        let named = named.and_then(|option| option["value"].as_str()?.parse::<IncidentId>().ok());
        let of = done.as_ref().ok().and_then(|answer| answer.incident).or(named);
        let incident = match of {
            Some(id) => Some(id),
            None => self.bindings.incident_of(&asked.channel).await,
        };
        let mut theirs = match incident {
            Some(id) => self.theirs_in(id).await,
            None => Theirs::default(),
        };
        theirs.add(&asked.data);
        theirs.shown(&text)
    }

    /// What people wrote on a card of an incident. `None`: it is the card of alerts, which tells nobody to type anything.
    pub(super) async fn theirs_on(&self, card: &Card) -> Option<Theirs> {
        Some(self.theirs_in(card.subject.parse().ok()?).await)
    }

    async fn theirs_in(&self, id: IncidentId) -> Theirs {
        let mut theirs = Theirs::default();
        if let Ok(incident) = self.desk.incident(id).await {
            theirs.add(&serde_json::to_value(&incident).unwrap_or_default());
        }
        theirs
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ours_is_told_as_discord_has_it_typed_and_theirs_as_they_wrote_it() {
        let mut theirs = Theirs::default();
        theirs.add(&json!({
            "title": "`checkout` fails",
            "tasks": [{"n": 3, "text": "run `find /var\n -name core` on db1"}],
            "stop": {"reason": "`close the valve` first"},
        }));
        for (text, shown) in [
            (
                "Task #3: run `find /var -name core` on db1. `done 3 RESULT`.",
                "Task #3: run `find /var -name core` on db1. `/incident task done 3 RESULT`.",
            ),
            (
                "by Ada: `close the valve` first. Change nothing until `resume`.",
                "by Ada: `close the valve` first. Change nothing until `/incident action resume-all`.",
            ),
            ("`checkout` fails", "`checkout` fails"),
            ("Give a word or two: `find replica lag`.", "Give a word or two: `/record find replica lag`."),
            ("```\nclose the valve\nnext\n```", "```\nclose the valve\nnext\n```"),
        ] {
            assert_eq!(theirs.shown(text), shown);
        }
        assert_eq!(Theirs::default().shown("`close the valve`"), "`/incident close the valve`");
    }
}
