//! Any sender, in our own words: `{"change": "rolled out 1.2.3", "service": "checkout"}`, an object in its place, or a list.

use super::{Draft, Kind, Outcome, Reading, outcome};
use crate::alert::{
    Rejected,
    body::Node,
    draft::joined,
    intake::ALERTS_MAX,
    text::{digest, note, quote},
};

/// Words for a change that is there and of which no more is said.
const DONE: [&str; 6] = ["done", "complete", "completed", "finished", "deployed", "released"];

pub fn read(body: Node<'_>, out: &mut Reading) -> Result<(), Rejected> {
    let several = body.at("changes");
    let list: Vec<Node<'_>> = if several.is_list() { several.list().collect() } else { vec![body] };
    if list.len() > ALERTS_MAX {
        return Err(Rejected::TooMany { found: list.len(), limit: ALERTS_MAX });
    }
    for outer in list {
        let told = outer.at("change");
        // What stands in the object is meant; what stands beside it holds for it too.
        let of = |paths: &[&str]| {
            let inner = told.first(paths);
            if inner.is_empty() { outer.first(paths) } else { inner }
        };
        let text = told.text();
        let title = if text.is_empty() { of(&["title", "summary", "message", "name"]) } else { text };
        if title.is_empty() {
            return Err(out.missing("change"));
        }
        let at = of(&["at", "began_at", "started_at", "timestamp", "time"]);
        let service = of(&["service", "app", "application"]);
        let id = of(&["id", "key"]);
        let id = match (id.is_empty(), at.is_empty()) {
            (true, false) => digest(joined("\n", &[&title, &service, &at]).as_bytes()),
            _ => id,
        };
        let mut change = Draft::new(kind(&of(&["kind", "type"])), id, title);
        let said = of(&["outcome", "status", "result", "state"]);
        let reached = if said.is_empty() { Outcome::Done } else { outcome(&said) };
        if reached == Outcome::Done && !said.is_empty() && !DONE.contains(&said.to_lowercase().as_str()) {
            let unknown =
                || format!("The status {} is unknown; the change is taken to be done.", quote(&said));
            note(&mut out.notes, unknown);
        }
        change.outcome(reached);
        change.service(service);
        change.environment(of(&["environment", "env"]));
        change.by(of(&["by", "author", "user"]));
        change.began(at);
        change.ended(of(&["ended_at", "finished_at"]));
        change.url(of(&["url", "link"]));
        for labels in [outer.at("labels"), told.at("labels")] {
            for (name, value) in labels.pairs() {
                change.label(&name, value);
            }
        }
        out.change(change);
    }
    Ok(())
}

fn kind(word: &str) -> Kind {
    const ALL: [Kind; 6] =
        [Kind::Deploy, Kind::Release, Kind::Push, Kind::Pipeline, Kind::Configuration, Kind::Flag];
    match word.to_lowercase().as_str() {
        "deployment" => Kind::Deploy,
        "config" => Kind::Configuration,
        "feature_flag" | "feature-flag" => Kind::Flag,
        word => ALL.into_iter().find(|kind| kind.word() == word).unwrap_or(Kind::Other),
    }
}

#[cfg(test)]
pub const EXAMPLES: &[&str] = &[
    r#"{"id": "rollout-7", "change": "rolled out 1.2.3", "kind": "deploy", "service": "checkout", "status": "running",
        "at": "2026-11-20T20:03:08Z"}"#,
    r#"{"change": {"id": "rollout-7", "title": "rolled out 1.2.3", "kind": "deploy", "environment": "production", "status": "success",
        "at": "2026-11-20T20:03:08Z", "ended_at": "2026-11-20T20:05:08Z", "by": "ada", "url": "https://ci.example/7"},
        "service": "checkout"}"#,
];

#[cfg(test)]
mod tests {
    use crate::alert::Intake;
    use crate::alert::senders::{Settings, listed};

    fn read(body: &str) -> Intake {
        listed("change").unwrap().sender(&Settings::default()).read(body.as_bytes(), None).unwrap()
    }

    #[test]
    fn a_status_that_nobody_knows_is_named_and_the_change_is_taken_all_the_same() {
        let intake = read(r#"{"change": "b", "status": "bogus"}"#);
        assert_eq!(intake.changes.len(), 1);
        assert!(intake.notes.concat().contains("“bogus”"), "{:?}", intake.notes);
        for known in ["", "Done", "success", "running", "failed"] {
            let intake = read(&format!(r#"{{"change": "b", "status": "{known}"}}"#));
            assert!(intake.notes.is_empty(), "{known}: {:?}", intake.notes);
        }
    }
}
