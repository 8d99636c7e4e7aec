//! What people say about alerts.

use super::*;

fn arranged(text: &str) -> Arrange {
    match said(text) {
        Ok(Spoken::Arrange(asked)) => asked,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn alerts_are_acknowledged_and_silenced_as_people_say_it() {
    let ack = Arrange::Acknowledge { situation: 3, comment: "I look at db1".into() };
    for text in ["ack S-3 I look at db1", "alert ack s-3 I look at db1", "INC-1 ack #S-3 I look at db1"] {
        assert_eq!(arranged(text), ack, "{text}");
    }
    assert_eq!(command("ack 3"), Command::UnderstandTask { n: 3 }, "a task as ever");
    assert_eq!(
        arranged("unack S-3 it is the network"),
        Arrange::Unacknowledge { situation: 3, reason: "it is the network".into() }
    );
    let silence =
        Arrange::Silence { situation: 3, minutes: 120, reason: "the disk is being replaced".into() };
    for text in [
        "silence S-3 for 2h \"the disk is being replaced\"",
        "silence S-3 2h the disk is being replaced",
        "/record alert silence S-3 for 120 the disk is being replaced",
    ] {
        assert_eq!(arranged(text), silence, "{text}");
    }
    assert_eq!(arranged("unsilence S-3"), Arrange::Unsilence { situation: 3, reason: String::new() });
    assert!(refused("silence S-3 for ever it is loud").contains("is no duration"));
    assert!(said("silence S-3 2h").is_err(), "nobody knows why at night");
}

#[test]
fn a_window_is_planned_in_words_or_with_flags() {
    let window = |name: &str, from: Option<&str>, to: Option<&str>, minutes, labels: &[(&str, &str)]| {
        let time = |text: &str| StatedTime::TimeOfDay(text.parse().unwrap());
        Arrange::AddWindow {
            name: name.into(),
            from: from.map(time),
            to: to.map(time),
            minutes,
            labels: labels.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
            records: false,
        }
    };
    let upgrade =
        window("db upgrade", Some("02:00:00"), Some("04:00:00"), None, &[("service", "db"), ("env", "prod")]);
    for text in [
        "maintenance add \"db upgrade\" from 02:00 to 04:00 match service=db env=prod",
        "maintenance add \"db upgrade\" match service=db, env=prod from 02:00 to 04:00",
        "maintenance add --begins 02:00 --ends 04:00 --match service=db;env=prod \"db upgrade\"",
    ] {
        assert_eq!(arranged(text), upgrade, "{text}");
    }
    assert_eq!(arranged("maintenance add network for 2h"), window("network", None, None, Some(120), &[]));
    assert!(matches!(
        arranged("maintenance add network for 2h --record"),
        Arrange::AddWindow { records: true, .. }
    ));
    assert_eq!(arranged("maintenance end 2 done"), Arrange::EndWindow { n: 2, reason: "done".into() });
    for text in [
        "maintenance",
        "maintenance add",
        "maintenance add network tomorrow",
        "maintenance add network match db",
    ] {
        assert!(said(text).is_err(), "{text}: {:?}", said(text));
    }
}

#[test]
fn a_word_of_two_is_taken_with_a_blank_or_a_dash_between_them() {
    let draft = |phase: &str| command(&format!("update draft --phase {phase} We work on it"));
    for typed in
        ["\"in progress\"", "in-progress", "\"In progress\"", "IN_PROGRESS", "in progress", "In Progress"]
    {
        assert_eq!(draft(typed), draft("in_progress"), "{typed}");
    }
}

#[test]
fn work_is_planned_in_words_or_with_flags_and_moved_and_done_by_its_number() {
    use crate::incident::command::PlanText;
    let planned = |text: &str| match said(text) {
        Ok(Spoken::Declare { declare, .. }) => *declare,
        other => panic!("{text}: {other:?}"),
    };
    let time = |text: &str| Some(StatedTime::TimeOfDay(text.parse().unwrap()));
    let plan = PlanText {
        from: time("02:00:00"),
        until: time("04:00:00"),
        minutes: None,
        services: vec!["db".into(), "api".into()],
        text: "checkout is slow meanwhile".into(),
    };
    for text in [
        "maintenance schedule \"db upgrade\" from 02:00 to 04:00 service db,api checkout is slow meanwhile",
        "maintenance schedule \"db upgrade\" service db service api from 02:00 to 04:00 checkout is slow meanwhile",
        "maintenance schedule --begins 02:00 --ends 04:00 --service db;api \"db upgrade\" checkout is slow meanwhile",
    ] {
        let declare = planned(text);
        assert_eq!((declare.kind, declare.title.as_str()), (Kind::Planned, "db upgrade"), "{text}");
        assert_eq!(declare.plan.as_ref(), Some(&plan), "{text}");
    }
    assert_eq!(planned("maintenance schedule network for 2h").plan.unwrap().minutes, Some(120));
    let id = "MAINT-3".parse().ok();
    let at = |text: &str| match said(text) {
        Ok(Spoken::On { target, command }) => (target, command),
        other => panic!("{text}: {other:?}"),
    };
    let enter = |phase, reason: &str| Command::Enter { phase, reason: reason.into() };
    for line in ["maintenance start MAINT-3", "MAINT-3 phase in progress", "MAINT-3 phase in_progress"] {
        assert_eq!(at(line), (id, enter(Phase::InProgress, "")), "{line}");
    }
    assert_eq!(
        at("MAINT-3 maintenance complete it went well"),
        (id, enter(Phase::Completed, "it went well"))
    );
    assert_eq!(at("phase completed it went well"), (None, enter(Phase::Completed, "it went well")));
    assert_eq!(at("maintenance extend MAINT-3 30m"), (id, Command::ExtendWork { minutes: 30 }));
    let moved = Command::MoveWork { from: time("03:00:00"), until: time("05:00:00") };
    for text in [
        "maintenance move MAINT-3 from 03:00 to 05:00",
        "MAINT-3 maintenance move --begins 03:00 --ends 05:00",
    ] {
        assert_eq!(at(text), (id, moved.clone()), "{text}");
    }
}
