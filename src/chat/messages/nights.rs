//! Nights for the page of messages: each has on its card, or in its lines, what no other has.

use chrono::Duration;

use crate::{
    alert::window::Span,
    export::samples::{Journal, checkout, person, role},
    incident::{
        briefing,
        event::{Event, Whom},
        kind::Kind,
        paging::{self, Called, Target},
        phase::Phase,
        play::{self, Playbook, When},
        state::Incident,
    },
};

pub(super) fn incident(journal: &Journal) -> Incident {
    journal.paper().incident
}

/// The night of the checkout, up to and with so many entries.
pub(super) fn night(entries: usize) -> Journal {
    let mut journal = checkout();
    journal.plain.truncate(entries);
    journal
}

/// A night when everything comes at once.
pub(super) fn everything() -> Journal {
    let (mut j, ic) = (night(18), Some("ic"));
    let (ada, bo, cleo) = (person("Ada"), person("Bo"), person("Cleo"));
    let briefing_sections = briefing::sections_filled(&incident(&j), j.at);
    let (from, to, expires_at) = (ada.clone(), bo.clone(), j.at + Duration::minutes(5));
    j.say("Ada", ic, Event::CommandOffered { from, to, expires_at, briefing_sections });
    let due_at = j.at + Duration::minutes(5);
    j.say("Ada", ic, Event::RollCalled { asked: vec![ada, bo, cleo.clone()], due_at });
    j.say("Ada", ic, Event::ActionsStopped { reason: "the replica lags".into(), by: None, as_safety: false });
    let (text, mitigation) = ("db2 may fill up as well".into(), "watch its disk".into());
    j.say("Bo", None, Event::HazardNamed { n: 1, text, mitigation, by: None });
    let expires_at = j.at + Duration::minutes(10);
    j.say("Ada", ic, Event::RoleOffered { role: role("scribe"), to: cleo, expires_at });
    j
}

/// An executive gave an order without a role.
pub(super) fn interrupted() -> Journal {
    let mut j = night(8);
    let words = "lower the severity".into();
    j.say("Vera", None, Event::ExecutiveAsked { words, commander: person("Ada"), who: Some(person("Vera")) });
    j
}

/// Somebody is about to do what may do harm.
pub(super) fn risky() -> Journal {
    let mut j = night(18);
    let (text, waits_for) = ("restart db1".into(), vec![person("Ada")]);
    let minutes = Some(10);
    let risky = Event::ActionAnnounced { n: 1, text, is_risky: true, waits_for, minutes, is_stopped: false };
    j.say("Bo", None, risky);
    j
}

/// Something is decided when its time is over.
pub(super) fn proposed() -> Journal {
    let mut j = night(18);
    let (text, ends_at) = ("Roll release 412 back in all regions".into(), j.at + Duration::minutes(5));
    j.say("Bo", None, Event::ProposalMade { n: 1, text, ends_at });
    j
}

/// Another organization commands as well, and a third one is asked to.
pub(super) fn unified() -> Journal {
    let mut j = night(18);
    j.say("Dan", None, Event::CommandJoined { by: person("Dan"), organization: "Acme".into() });
    let (to, organization, expires_at) = (person("Eve"), "Globex".into(), j.at + Duration::minutes(5));
    j.say("Ada", Some("ic"), Event::UnifyOffered { to, organization, expires_at });
    j
}

/// It is a part of a greater one, and has parts of its own.
pub(super) fn related() -> Journal {
    let (mut j, ic) = (night(18), Some("ic"));
    let id = |text: &str| text.parse().unwrap();
    j.say("Ada", ic, Event::PutUnder { parent: id("INC-7") });
    j.house(Event::ChildJoined { child: id("INC-2"), phase: Phase::Investigating });
    j.house(Event::ChildJoined { child: id("INC-3"), phase: Phase::Resolved });
    j.house(Event::ChildMoved { child: id("INC-3"), phase: Phase::Closed });
    j
}

pub(super) fn planned() -> Journal {
    let mut j = Journal::declared(Kind::Planned, "Upgrade of db1", "2026-03-28T10:00:00Z");
    let at = |text: &str| text.parse().unwrap();
    let span = Span { from: at("2026-03-29T02:00:00Z"), until: at("2026-03-29T04:00:00Z") };
    j.say("Ada", Some("ic"), Event::WorkPlanned { span, services: vec!["db".into(), "checkout".into()] });
    j
}

fn called(j: &mut Journal) {
    let step = |to: Target, after_minutes: u32| paging::Step { to: vec![to], after_minutes };
    let steps = vec![step(Target::Roster("primary".into()), 0), step(Target::Person(person("Dan")), 5)];
    j.house(Event::PagingBegun {
        n: 1,
        escalation: Some("web".into()),
        about: String::new(),
        steps,
        rounds: 2,
        again_minutes: 10,
        is_automatic: true,
    });
    j.house(Event::Paged {
        n: 1,
        step: 0,
        round: 0,
        called: vec![Called { person: person("Eve"), by: vec!["ntfy".into()] }],
        pagers: vec![],
        missed: vec![],
        is_rehearsal: false,
    });
}

/// People are woken, and nobody has answered.
pub(super) fn paged() -> Journal {
    let mut j = night(3);
    called(&mut j);
    j
}

/// A playbook has begun, and one of its steps is done.
pub(super) fn played() -> Journal {
    let mut j = night(18);
    let step = |id: &str, slug: &str, text: &str, say: Option<&str>| play::Step {
        id: id.into(),
        role: role(slug),
        text: text.into(),
        say: say.map(str::to_owned),
        when: When::default(),
        approve: None,
        every_minutes: None,
    };
    let first = "update draft --phase investigating --next 20m …";
    let steps = vec![
        step("P1", "pio", "Take the role.", Some("role take pio")),
        step("P2", "pio", "First post: that it is known is enough.", Some(first)),
        step("P7", "lno", "Tell support where the public updates are.", None),
    ];
    let (id, title) = ("public-communication".to_owned(), "What the public is told, and when".to_owned());
    let (playbook, step) = (id.clone(), "P1".to_owned());
    j.house(Event::PlaybookBegun { playbook: Playbook { id, title, alert: None, severity: None, steps } });
    let (text, result) = (String::new(), String::new());
    j.say("Cleo", Some("pio"), Event::StepDone { playbook, step, text, result });
    j
}

/// Nothing that is linked fires any more.
pub(super) fn cleared() -> Journal {
    let mut j = night(18);
    let (title, total) = ("checkout 5xx".into(), 1);
    j.house(Event::AlertsCleared { situation: 4, title, total, asks: true, in_triage: false });
    j
}

/// What the house says by itself.
pub(super) fn unasked() -> Journal {
    let mut j = Journal::declared(Kind::Real, "Checkout fails with 502", "2026-03-29T00:55:00Z");
    called(&mut j);
    j.say("Eve", None, Event::PageAcknowledged { pagings: vec![1], here: None });
    j.at += Duration::minutes(5);
    let what = "The public has heard nothing yet. Ada: `update draft We are investigating.` is enough.";
    j.house(Event::Reminded { what: what.into(), executive: false, of: vec![] });
    let what =
        "Nobody has yet the role of Scribe. Eve: `role offer scribe Bo`. Whoever can: `role take scribe`.";
    j.house(Event::Reminded { what: what.into(), executive: false, of: vec![] });
    let since = j.at - Duration::minutes(1);
    j.house(Event::ChatLost { chat: "slack".into(), since, is_deaf: false });
    j.at += Duration::minutes(10);
    let open = vec!["task #1 of Bo is late".into()];
    let asked = vec![person("Ada")];
    j.house(Event::Nudged { whom: Whom::Commander, asked, silent_minutes: 10, command_minutes: None, open });
    j.house(Event::ChatBack { chat: "slack".into(), away_seconds: 12 * 60 + 7, was_deaf: false });
    j
}
