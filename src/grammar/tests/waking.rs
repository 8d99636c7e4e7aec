//! Words about who is on call and who is woken.

use super::*;
use crate::incident::command::Whom;

fn paged(text: &str) -> (Whom, String) {
    match command(text) {
        Command::BeginPaging { whom, about } => (whom, about),
        other => panic!("{text}: {other:?}"),
    }
}

fn on_call(text: &str) -> OnCall {
    match said(text) {
        Ok(Spoken::OnCall(asked)) => asked,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn somebody_a_roster_or_the_usual_ones_are_paged_with_a_text_as_it_was_typed() {
    assert_eq!(paged("page"), (Whom::Usual, String::new()));
    assert_eq!(paged("page @ada it's  \"gone\""), (Whom::Person(ada()), "it's  \"gone\"".into()));
    assert_eq!(paged("page <@80351110224678912>"), (Whom::Person(ada()), String::new()));
    assert_eq!(paged("page web/secondary"), (Whom::Named("web/secondary".into()), String::new()));
    assert_eq!(command("page stop false alarm"), Command::StopPaging { reason: "false alarm".into() });
    assert_eq!(command("pages"), Command::Pagings);
    assert!(said("page @nobody").is_err());
}

#[test]
fn ack_alone_answers_a_page_and_with_a_number_it_is_about_a_task() {
    assert_eq!(command("ack"), Command::AcknowledgePages);
    assert_eq!(command("pager ack"), Command::AcknowledgePages);
    assert_eq!(command("ack 2"), Command::UnderstandTask { n: 2 });
    for text in ["INC-1 ack", "ack INC-1", "pager ack INC-1"] {
        let inc = "INC-1".parse().unwrap();
        assert_eq!(
            said(text).unwrap(),
            Spoken::On { target: Some(inc), command: Command::AcknowledgePages },
            "{text}"
        );
    }
}

#[test]
fn who_is_on_call_is_asked_and_said_otherwise_in_few_words() {
    let who = |roster: Option<&str>, at: Option<&str>| OnCall::Who {
        roster: roster.map(str::to_owned),
        at: at.map(str::to_owned),
        until: None,
    };
    assert_eq!(on_call("oncall"), who(None, None));
    assert_eq!(on_call("oncall web --at 18:00"), who(Some("web"), Some("18:00")));
    assert_eq!(on_call("oncall --at \"2026-12-24 18:00\""), who(None, Some("2026-12-24 18:00")));
    assert_eq!(
        on_call("oncall override web @ada 2026-12-24 09:00..2026-12-26 09:00"),
        OnCall::Override {
            roster: "web".into(),
            who: ada(),
            span: "2026-12-24 09:00..2026-12-26 09:00".into()
        }
    );
    assert_eq!(on_call("oncall withdraw 3"), OnCall::Withdraw { n: 3 });
    assert_eq!(on_call("oncall overrides"), OnCall::Overrides);
    assert!(refused("oncall override web @ada").contains("roster override"));
}
