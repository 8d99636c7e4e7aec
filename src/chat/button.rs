//! Buttons of a card: looked up by name on the card as it is now, their commands filled in from a form.

use std::sync::Arc;

use crate::{
    card::{self, Button, Card},
    desk::Desk,
    incident::{id::IncidentId, refusal::Refusal},
    journal::rows::SituationFilter,
    people::Person,
};

/// Begins the name of a button or form; the number counts up when its shape changes.
const MARK: &str = "cp1";

/// What a chat calls a button, or the form that it opens.
pub(super) fn button_name(subject: &str, button: &str) -> String {
    format!("{MARK}|{subject}|{button}")
}

/// Subject and button of a name that has our shape. Only names: what they stand for is looked up.
pub(super) fn read_button_name(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix(MARK)?.strip_prefix('|')?.split_once('|')
}

/// What a button of the card would do, as one types it where the card stands: in an incident's own place (`is_own`) `!` before the
/// verb will do, elsewhere the incident is said as well.
pub(super) fn typed(card: &Card, button: &Button, prefix: &str, is_own: bool) -> String {
    let words = button.command.split_whitespace().map(|word| {
        match word.strip_prefix('{').and_then(|word| word.strip_suffix('}')) {
            Some(blank) => blank.to_uppercase(),
            None => word.to_owned(),
        }
    });
    let words = words.collect::<Vec<_>>().join(" ");
    match incident_of(card) {
        Some(_) if is_own => format!("!{words}"),
        Some(id) => format!("{prefix} {id} {words}"),
        None => format!("{prefix} {words}"),
    }
}

/// How one types there what there is besides.
pub(super) fn help(card: &Card, prefix: &str, is_own: bool) -> String {
    if is_own && incident_of(card).is_some() { "!help".to_owned() } else { format!("{prefix} help") }
}

/// The incident whose own card it is.
fn incident_of(card: &Card) -> Option<IncidentId> {
    card.incident.filter(|id| id.to_string() == card.subject)
}

/// What is said of a button that is no more.
pub(super) fn stale() -> Refusal {
    Refusal::conflict(
        "That button is not on the card any more.",
        "Look at the card as it is now, or type the command.",
    )
}

/// The button as the card has it now, with the card's subject and the incident that its command is said of. `by`: whoever presses it.
///
/// # Errors
/// When there is no such card for their eyes, or no such button on it by now.
pub(super) async fn find_button(
    desk: &Arc<Desk>,
    by: &Person,
    subject: &str,
    name: &str,
) -> Result<(Option<IncidentId>, String, Button), Refusal> {
    let (incident, card) = if let Some(n) = subject.strip_prefix("S-") {
        let n: i64 = n.parse().map_err(|_| stale())?;
        let rows = desk.situations(SituationFilter::One(n)).await?;
        let row = rows.into_iter().next().ok_or_else(stale)?;
        (None, desk.situation_card(&row).await?)
    } else {
        let id: IncidentId = subject.parse().map_err(|_| stale())?;
        let incident = desk.seen_by(by).incident(id).await?;
        (Some(id), card::incident(&incident, &desk.settings().policy))
    };
    let button = card.buttons.into_iter().find(|button| button.id == name).ok_or_else(stale)?;
    Ok((incident, card.subject, button))
}

/// What was said by a press of a button, or by a choice in a menu: a name only, and looked up on the card as it is now.
///
/// # Errors
/// When the menu does not offer that by now.
pub(super) fn words_of(button: Button, chosen: Option<&str>) -> Result<String, Refusal> {
    if button.choices.is_empty() {
        return Ok(button.command);
    }
    let choice = button.choices.into_iter().find(|choice| Some(choice.id) == chosen);
    Ok(choice.ok_or_else(stale)?.command)
}

/// A button's command with what was typed in place of its blanks. Each answer stays one element and comes after `--`,
/// where it means nothing but itself. Two things are read in it: an incident that the command begins with, and in a
/// task for whom it is and by when.
pub(super) fn fill_in(command: &str, answers: &[(&str, &str)]) -> Result<Vec<String>, Refusal> {
    let mut argv = Vec::new();
    let mut free = Vec::new();
    for word in command.split_whitespace() {
        let Some(name) = word.strip_prefix('{').and_then(|word| word.strip_suffix('}')) else {
            argv.push(word.to_owned());
            continue;
        };
        let answer = answers.iter().find(|(blank, _)| *blank == name).map(|(_, answer)| answer.trim());
        let answer = answer.unwrap_or_default();
        if name == "incident" {
            let id: IncidentId = answer.parse().map_err(|why: String| {
                Refusal::invalid(why, "Press the button again with a number such as INC-1.")
            })?;
            argv.push(id.to_string());
        } else if !answer.is_empty() {
            free.push(answer);
        }
    }
    if free.is_empty() {
        return Ok(argv);
    }
    let mut free: Vec<String> = free.into_iter().map(str::to_owned).collect();
    if argv == ["task", "add"]
        && let Some(task) = free.first_mut()
    {
        let (flags, rest) = whom_and_when(task);
        argv.extend(flags);
        *task = rest;
    }
    argv.push("--".to_owned());
    argv.extend(free);
    Ok(argv)
}

/// `@ada 10m check the replicas`: flags for the first two, and the rest.
fn whom_and_when(text: &str) -> (Vec<String>, String) {
    let mut flags = Vec::new();
    let mut rest = text.trim();
    for long in ["for", "in"] {
        let (word, after) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let is_it = match long {
            "for" => word.len() > 1 && (word.starts_with('@') || word.starts_with("<@")),
            _ => {
                let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
                let unit = word.strip_prefix(digits).unwrap_or_default();
                !digits.is_empty()
                    && digits.bytes().all(|b| b.is_ascii_digit())
                    && matches!(unit, "m" | "min" | "h")
            }
        };
        // The last word is the task itself.
        if is_it && !after.trim().is_empty() {
            flags.push(format!("--{long}={word}"));
            rest = after.trim_start();
        }
    }
    (flags, rest.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        desk::{Along, Caller, Settings, clock::System},
        incident::{command::Declare, kind::Kind, severity::Severity},
        journal::sqlite::SqliteJournal,
    };

    #[tokio::test]
    async fn whoever_may_not_see_an_incident_learns_from_its_buttons_no_more_than_that_there_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let journal = Arc::new(SqliteJournal::open(dir.path()).await.unwrap());
        let desk = Desk::new(journal, Arc::new(System), Settings::default());
        let (ada, bo) = (Person::named("Ada").unwrap(), Person::named("Bo").unwrap());
        let leak = Declare { restricted: true, ..Declare::new("Leak", Severity::Sev2, Kind::Real) };
        desk.declare(Caller::person(ada.clone(), "test"), leak, Along::default()).await.unwrap();
        let pressed = async |who: &Person, subject: &str| {
            find_button(&desk, who, subject, "note").await.map(|(incident, ..)| incident)
        };
        let of = |subject: &str| subject.parse::<IncidentId>().unwrap();
        assert_eq!(pressed(&ada, "INC-1").await, Ok(Some(of("INC-1"))));
        for subject in ["INC-1", "INC-77"] {
            assert_eq!(pressed(&bo, subject).await, Err(Refusal::no_such(of(subject))), "{subject}");
        }
    }

    fn words(all: &[&str]) -> Vec<String> {
        all.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn a_button_names_its_card_and_nothing_else() {
        assert_eq!(read_button_name(&button_name("INC-12", "note")), Some(("INC-12", "note")));
        for other in ["", "cp1", "cp1|x", "cp2|INC-1|note", "note"] {
            assert_eq!(read_button_name(other), None, "{other}");
        }
    }

    #[test]
    fn of_a_menu_only_what_it_offers_is_done() {
        let choice = |id: &'static str| card::Choice {
            id,
            label: id.to_uppercase(),
            meaning: "bad".into(),
            command: format!("severity {id}"),
            is_now: false,
        };
        let button = card::testing::card_of("x").buttons.remove(0);
        let menu = Button { choices: vec![choice("sev1"), choice("sev2")], ..button.clone() };
        assert_eq!(words_of(menu.clone(), Some("sev2")), Ok("severity sev2".to_owned()));
        for other in [None, Some(""), Some("sev3"), Some("sev2 x"), Some("INC-2 close")] {
            assert_eq!(words_of(menu.clone(), other), Err(stale()), "{other:?}");
        }
        assert_eq!(words_of(button, Some("sev1")), Ok("note {text}".to_owned()), "a button has no choices");
    }

    #[test]
    fn whatever_is_typed_into_a_form_stays_one_text() {
        for typed in ["{text} \"x\" --at 09:12", "-- INC-2 close", "a\nb", "{incident}"] {
            assert_eq!(fill_in("note {text}", &[("text", typed)]), Ok(words(&["note", "--", typed])));
        }
        assert_eq!(
            fill_in("update draft {text}", &[("text", "we look")]),
            Ok(words(&["update", "draft", "--", "we look"]))
        );
        assert_eq!(fill_in("resolve {text}", &[("text", " ")]), Ok(words(&["resolve"])));
    }

    #[test]
    fn an_incident_asked_for_must_be_one() {
        assert_eq!(
            fill_in("{incident} link S-3", &[("incident", "inc-7")]),
            Ok(words(&["INC-7", "link", "S-3"]))
        );
        assert!(fill_in("{incident} link S-3", &[("incident", "INC-7 close")]).is_err());
        assert!(fill_in("{incident} link S-3", &[]).is_err());
    }

    #[test]
    fn a_task_says_for_whom_and_by_when() {
        let task = |typed| fill_in("task add {text}", &[("text", typed)]).unwrap();
        assert_eq!(
            task("@ada 10m check it"),
            words(&["task", "add", "--for=@ada", "--in=10m", "--", "check it"])
        );
        assert_eq!(task("10m check it"), words(&["task", "add", "--in=10m", "--", "check it"]));
        assert_eq!(task("check --for=bob"), words(&["task", "add", "--", "check --for=bob"]));
        assert_eq!(task("@ada"), words(&["task", "add", "--", "@ada"]));
    }
}
