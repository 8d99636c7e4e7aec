//! What a tired person reads.

use chrono::{DateTime, Utc};

use super::*;
use crate::{
    alert::flapping::Flaps,
    incident::{decide::when, milestone::Milestone, phase::Phase, role::Role, severity::Severity},
};

fn person(name: &str) -> Person {
    Person::named(name).unwrap()
}

fn announced(is_risky: bool, waits_for: Vec<Person>, minutes: Option<u32>) -> Event {
    Event::ActionAnnounced {
        n: 1,
        text: "restart db1".into(),
        is_risky,
        waits_for,
        minutes,
        is_stopped: false,
    }
}

#[test]
fn a_correction_of_a_quoted_message_does_not_say_again_where_it_stands() {
    let corrected = |text: &str| {
        let (text, reason) = (text.to_owned(), String::new());
        let corrected = Event::EntryCorrected { target: 7, text, occurred_at: None, reason, can: None };
        sentence(&corrected, &|at| when(Some(at)))
    };
    assert_eq!(
        corrected("Bo wrote: “db2 is full” (https://chat.example/p/1)"),
        "Entry 7 was corrected to «Bo wrote: “db2 is full”»."
    );
    for other in ["see (https://chat.example/p/1)", "“db2” (https://a.example/1 and more)", "“db2” (http", ""]
    {
        assert_eq!(corrected(other), format!("Entry 7 was corrected to «{other}»."));
    }
}

#[test]
fn sentences_are_what_a_tired_person_reads() {
    let (ada, bo) = (person("Ada"), person("Bo"));
    let at = "2026-01-02T03:15:00Z".parse().unwrap();
    let pio: Role = "pio".parse().unwrap();
    let said: Vec<_> = [
        Event::Declared {
            title: "Checkout".into(),
            kind: Kind::Drill,
            severity: Severity::Sev1,
            triage: false,
            drill_clock: None,
            began: None,
            ended: None,
            rated: None,
        },
        Event::Declared {
            title: "Checkout".into(),
            kind: Kind::Real,
            severity: Severity::Sev3,
            triage: true,
            drill_clock: None,
            began: None,
            ended: None,
            rated: None,
        },
        Event::SeverityChanged {
            from: Severity::Sev3,
            to: Severity::Sev1,
            reason: "nobody can pay".into(),
            rated: None,
        },
        Event::PhaseChanged { from: Phase::Identified, to: Phase::Monitoring, reason: String::new() },
        Event::CommandOffered { from: ada.clone(), to: bo.clone(), expires_at: at, briefing_sections: 7 },
        Event::CommandTransferred {
            from: ada.clone(),
            to: bo.clone(),
            briefing_sections: 0,
            without_outgoing_brief: true,
            reason: "Ada is offline".into(),
        },
        Event::CommandJoined { by: bo.clone(), organization: "Acme".into() },
        Event::RoleOffered { role: pio.clone(), to: bo.clone(), expires_at: at },
        Event::RoleRelieved { role: pio, person: bo.clone(), reason: "end of shift!".into() },
        Event::CheckedIn { who: bo.clone(), note: String::new() },
        Event::TaskAssigned { n: 3, text: "Drain node 4".into(), owner: bo, due_at: Some(at) },
        Event::TaskReported { n: 3, result: "drained".into() },
        Event::TaskDeclined {
            n: 3,
            owner: person("Bo"),
            reason: "no access to node 4".into(),
            to: Some(person("Ada")),
        },
        Event::TaskDeclined { n: 3, owner: person("Bo"), reason: "asleep".into(), to: None },
        Event::TaskReopened {
            n: 3,
            reason: "it fills again".into(),
            owner: Some(person("Bo")),
            due_at: Some(at),
        },
        Event::TaskReopened { n: 3, reason: "it fills again".into(), owner: None, due_at: None },
        Event::TaskGiven { n: 3, owner: person("Cy"), due_at: Some(at) },
        Event::HazardNamed {
            n: 1,
            text: "db2 may fill up as well".into(),
            mitigation: "watch its disk".into(),
            by: None,
        },
        Event::HazardNamed {
            n: 2,
            text: "db3 as well".into(),
            mitigation: String::new(),
            by: Some(person("Cy")),
        },
        Event::HazardCleared { n: 1, reason: "its disk was grown".into() },
        Event::ExecutiveAsked {
            words: "lower the severity: SEV3".into(),
            commander: person("Ada"),
            who: Some(person("Vera")),
        },
        Event::ExecutiveAsked { words: "close the incident".into(), commander: person("Ada"), who: None },
        Event::ExecutiveDeclined { who: person("Vera"), reason: String::new(), is_silent: false },
        Event::ExecutiveDeclined { who: person("Vera"), reason: String::new(), is_silent: true },
        Event::CanReported {
            service: "db".into(),
            conditions: "replica lags.".into(),
            actions: String::new(),
            needs: "a DBA".into(),
        },
        Event::AlertsCleared { situation: 4, title: "5xx".into(), total: 12, asks: false, in_triage: false },
        Event::AlertsCleared { situation: 4, title: "5xx".into(), total: 1, asks: true, in_triage: false },
        Event::AlertsCleared { situation: 4, title: "5xx".into(), total: 1, asks: true, in_triage: true },
        Event::AlertsChanged {
            situation: 4,
            title: "5xx".into(),
            firing: 1,
            total: 12,
            alerts: vec![],
            acknowledged: 0,
            flapping: Some(Flaps { times: 5, minutes: 12 }),
        },
        Event::AlertsLinked {
            situation: 4,
            title: "5xx".into(),
            source: "alertmanager".into(),
            firing: 1,
            total: 12,
            alerts: vec![],
            within: None,
            because: "The rule “checkout” matched: an incident of severity 1.".into(),
        },
        Event::MilestoneSet {
            milestone: Milestone::Began,
            reached_at: at,
            was: Some("2026-01-02T03:20:00Z".parse().unwrap()),
            reason: "the first error in the log".into(),
        },
        Event::UpdateApproved {
            n: 1,
            basis: String::new(),
            expires_at: at,
            alone: Some("night shift".into()),
        },
        Event::UpdatePublished {
            n: 1,
            approved_at: at,
            next_update_at: None,
            destinations: vec!["page".into(), "x".into()],
        },
        Event::UpdateDeliveryFailed { n: 1, destination: "x".into(), why: "403 Forbidden".into() },
        announced(false, vec![], Some(10)),
        announced(true, vec![person("Ada"), person("Bo")], None),
        Event::ActionHeld { n: 1, reason: "the backup runs".into() },
        Event::ActionDone { n: 1, result: "db1 is up".into(), without_go: true, is_stopped: false },
        Event::ActionsStopped { reason: "we lose writes".into(), by: None, as_safety: false },
        Event::ActionsResumed { reason: String::new(), free: vec![ActionOf { n: 1, by: person("Bo") }] },
        Event::ProposalMade { n: 1, text: "Roll back 4.2".into(), ends_at: at },
        Event::ProposalObjected { n: 1, reason: "the schema has changed".into() },
        Event::ProposalSettled { n: 1, objectors: vec![], at_once: false },
        Event::ProposalSettled { n: 1, objectors: vec![person("Bo")], at_once: true },
        Event::AssistAsked { text: "which replica is the primary?".into(), asked: vec![person("Ada")] },
        Event::AssistAsked { text: String::new(), asked: vec![] },
        Event::Nudged {
            whom: Whom::Commander,
            asked: vec![person("Ada")],
            silent_minutes: 10,
            command_minutes: None,
            open: vec!["task #3 is late".into(), "the public update is late".into()],
        },
        Event::Nudged {
            whom: Whom::Deputy,
            asked: vec![person("Bo")],
            silent_minutes: 15,
            command_minutes: None,
            open: vec![],
        },
        Event::Nudged {
            whom: Whom::Everyone,
            asked: ["A", "B", "C", "D", "E", "F", "G"].map(person).to_vec(),
            silent_minutes: 20,
            command_minutes: None,
            open: vec![],
        },
        Event::Nudged {
            whom: Whom::Everyone,
            asked: vec![],
            silent_minutes: 10,
            command_minutes: None,
            open: vec![],
        },
        Event::Nudged {
            whom: Whom::Everyone,
            asked: vec![],
            silent_minutes: 1,
            command_minutes: Some(20),
            open: vec![],
        },
        Event::QuietAsked { until: at },
        Event::ChatLost { chat: "discord".into(), since: at, is_deaf: false },
        Event::ChatBack { chat: "discord".into(), away_seconds: 12 * 60 + 40, was_deaf: false },
        Event::ChatBack { chat: "matrix".into(), away_seconds: 125 * 60, was_deaf: true },
    ]
    .iter()
    .map(|event| sentence(event, &|at| when(Some(at))))
    .collect();
    insta::assert_snapshot!(said.join("\n"), @r"
    The exercise «Checkout» was declared as SEV1.
    «Checkout» was noticed and is in triage, taken as SEV3 for now.
    Severity was raised from SEV3 to SEV1: nobody can pay.
    Phase went from identified to monitoring.
    Ada offered command to Bo; 7 of the briefing's 11 points are filled in. Ada stays in command until Bo accepts. The offer ends 2026-01-02 03:15 UTC.
    Command passed from Ada to Bo, without a briefing by Ada: Ada is offline.
    Bo has command as well for Acme (Unified Command: several commanders decide together).
    Bo was asked to be Public Information Officer; the offer ends 2026-01-02 03:15 UTC.
    Bo was relieved as Public Information Officer: end of shift!
    Bo checked in.
    Task #3 went to Bo, due 2026-01-02 03:15 UTC: Drain node 4.
    Task #3 is done: drained.
    Bo declined task #3: no access to node 4. Nobody has it now. Ada: `task give 3 @NAME`.
    Bo declined task #3: asleep. Nobody has it now: `task give 3` takes it.
    Task #3 is not done after all: it fills again. It is Bo's again, due 2026-01-02 03:15 UTC.
    Task #3 is not done after all: it fills again. Nobody has it now: `task give 3` takes it.
    Task #3 is Cy's now, due 2026-01-02 03:15 UTC.
    Hazard 1: db2 may fill up as well. Against it: watch its disk.
    Hazard 2: db3 as well. Cy had named it.
    Hazard 1 is cleared: its disk was grown.
    Vera has no role here and wants to lower the severity: SEV3. Ada stays in command; Vera was asked whether to take it.
    An executive without a role here wants to close the incident. Ada stays in command; the executive was asked whether to take it.
    Vera does not take command.
    Vera did not say whether they wish to take command; nothing changes.
    Report on db – conditions: replica lags; needs: a DBA.
    Alerts S-4 «5xx» cleared: all 12 have stopped firing.
    Alerts S-4 «5xx» cleared: its one alert has stopped firing. All alerts of this incident have stopped. Is it mended? `resolve HOW`.
    Alerts S-4 «5xx» cleared: its one alert has stopped firing. All alerts of this incident have stopped. Was it an incident? `confirm`, or `cancel REASON`.
    Alerts S-4 «5xx» are flapping (cleared 5 times in 12 min); 1 of 12 firing now. Until it settles, you only hear of it getting worse.
    Alerts S-4 «5xx» from alertmanager belong to this incident now: 1 of 12 firing. The rule “checkout” matched: an incident of severity 1.
    Milestone: impact started 2026-01-02 03:15 UTC, not 2026-01-02 03:20 UTC. Reason: the first error in the log.
    Public update 1 was approved by its own author, alone: night shift.
    Public update 1 was published to the status page and X; no next one was promised.
    Public update 1 did not reach X: 403 Forbidden.
    Action 1 is about to be done, 10 minutes: restart db1.
    Action 1 is risky and waits for the go of Ada or Bo: restart db1.
    Action 1 is held: the backup runs.
    Action 1 was done without a go: db1 is up.
    STOP: we lose writes. Nobody changes anything until it is lifted.
    The stop is lifted; what is risky needs a new go. Free to go on: action 1 (Bo).
    Proposal 1: Roll back 4.2. To object strongly: `object 1 WHY`. It is decided 2026-01-02 03:15 UTC unless withdrawn.
    Strong objection to proposal 1: the schema has changed.
    Proposal 1 is decided, as its time is over; nobody objects.
    Proposal 1 is decided before its time, against the strong objection of Bo.
    A second pair of eyes is asked for: which replica is the primary? Ada, can you look?
    A second pair of eyes is asked for. Whoever can, please look.
    Nothing was written for 10 minutes. Ada: how does it stand? A `note` is enough. Open: task #3 is late; the public update is late.
    Nothing was written for 15 minutes. Bo: the commander does not answer. Write a `note`, or `command take`.
    Nothing was written for 20 minutes. A, B, C, D, E and 2 others: is anybody here? Write a `note`, or `command take`.
    Nothing was written for 10 minutes. Nobody has come. Whoever reads this: `command take`.
    The commander has written nothing for 20 minutes, while others do. Whoever reads this: if they do not answer you, `command take`.
    No reminders until 2026-01-02 03:15 UTC.
    Discord has not answered since 2026-01-02 03:15 UTC.
    Discord answers again, after 12 min.
    Matrix is heard again, after 2 h 5 min.
    ");
}

#[test]
fn what_is_late_says_whose_it_is_and_who_asks_and_an_entry_of_before_is_read_still() {
    let task = |owner: Option<&str>, to: Option<&str>| Event::TaskOverdue {
        n: 2,
        owner: owner.map(person),
        to: to.map(person),
    };
    let action = Event::ActionOverdue { n: 1, by: Some(person("Bo")), to: vec![person("Cy"), person("Di")] };
    let before = serde_json::from_str(r#"{"type":"task.overdue","n":2}"#).unwrap();
    let said =
        [task(Some("Bo"), Some("Ada")), task(None, Some("Ada")), task(Some("Ada"), None), before, action]
            .map(|event| sentence(&event, &|at| when(Some(at))));
    assert_eq!(
        said,
        [
            "Bo's task #2 is late. Ada: ask, or give it to somebody else.",
            "Nobody has task #2, and it is late. Ada: `task give 2 @NAME`.",
            "Ada's task #2 is late.",
            "Late: task #2.",
            "Bo's action 1 is late. Cy and Di: ask how it goes.",
        ]
    );
}

#[test]
fn a_time_inside_a_sentence_is_told_as_the_edge_tells_it() {
    let at: DateTime<Utc> = "2026-01-02T03:15:00Z".parse().unwrap();
    let extended = Event::TaskExtended { n: 3, due_at: at };
    let berlin = |at: DateTime<Utc>| at.with_timezone(&chrono_tz::Europe::Berlin).format("%H:%M").to_string();
    assert_eq!(sentence(&extended, &berlin), "Task #3 has more time, until 04:15.");
    let text = |text: &str| Part::Text(text.into());
    assert_eq!(
        parts(&sentence(&extended, &apart)),
        [text("Task #3 has more time, until "), Part::Time(at), text(".")]
    );
    assert_eq!(parts("nothing is due"), [text("nothing is due")]);
}

#[test]
fn who_is_woken_and_who_answered_reads_in_a_line_each() {
    use crate::incident::paging::{Called, Step, Target};
    let roster = |name: &str| Target::Roster(name.into());
    let steps = vec![
        Step { to: vec![roster("web/primary"), Target::Pager("pd".into())], after_minutes: 0 },
        Step { to: vec![roster("web/secondary"), Target::Person(person("Ann"))], after_minutes: 5 },
        Step { to: vec![roster("db/primary")], after_minutes: 1 },
    ];
    let sent = |round: u32, names: &[&str], missed: &[&str], is_rehearsal: bool| Event::Paged {
        n: 1,
        step: 0,
        round,
        called: names.iter().map(|name| Called { person: person(name), by: vec!["ntfy".into()] }).collect(),
        pagers: vec![],
        missed: missed.iter().map(|why| (*why).to_owned()).collect(),
        is_rehearsal,
    };
    let begun = |escalation: Option<&str>, about: &str| Event::PagingBegun {
        n: 1,
        escalation: escalation.map(str::to_owned),
        about: about.into(),
        steps: steps.clone(),
        rounds: 1,
        again_minutes: 5,
        is_automatic: true,
    };
    let said: Vec<String> = [
        begun(Some("default"), ""),
        begun(None, "the replicas are gone"),
        sent(0, &["Ann"], &[], false),
        sent(1, &["Ann", "Bo"], &["Nobody is on call in db/primary."], false),
        sent(2, &["Ann"], &[], false),
        sent(0, &["Ann"], &[], true),
        sent(0, &[], &["Nobody is on call in db/primary."], false),
        Event::PageAcknowledged { pagings: vec![1], here: None },
        Event::PageAcknowledged { pagings: vec![1], here: Some(person("Ann")) },
        Event::PagingStopped { pagings: vec![1], reason: "a false alarm".into() },
        Event::PagingExhausted { n: 1 },
        Event::PageFailed {
            n: 1,
            to: Some(person("Ann")),
            pager: "sms".into(),
            why: "Twilio refused our token".into(),
        },
    ]
    .iter()
    .map(|event| sentence(event, &|at| when(Some(at))))
    .collect();
    insta::assert_snapshot!(said.join("\n"), @r"
    Waking people («default», call 1): web/primary and pd, after 5 minutes web/secondary and Ann, after a minute db/primary.
    Waking people (call 1): web/primary and pd, after 5 minutes web/secondary and Ann, after a minute db/primary. About: the replicas are gone.
    Ann (ntfy) is paged.
    Ann (ntfy) and Bo (ntfy) are paged again. Nobody is on call in db/primary.
    Ann (ntfy) is paged again, the 3. time.
    Ann (ntfy) would be paged.
    Nobody is on call in db/primary.
    The page is acknowledged; nobody else is called.
    Ann is here already, so nobody is paged.
    Nobody is paged any more: a false alarm.
    Everybody was paged, and nobody acknowledged (call 1). To begin again: `page`.
    The page to Ann by sms did not go out: Twilio refused our token.
    ");
}

#[test]
fn a_line_says_what_a_number_stands_for_and_a_redaction_takes_those_words_as_well() {
    use crate::export::samples::{Journal, redaction};
    let (bo, at) = (person("Bo"), "2026-01-02T03:15:00Z".parse().unwrap());
    let mut j = Journal::declared(Kind::Real, "Checkout fails", "2026-01-02T03:00:00Z");
    let named = [
        Event::ObjectiveSet { n: 1, text: "Customers can pay".into() },
        Event::TaskAssigned { n: 1, text: "Drain node 4".into(), owner: bo.clone(), due_at: None },
        Event::HazardNamed { n: 1, text: "db2 may fill up".into(), mitigation: String::new(), by: None },
        announced(true, vec![], None),
        Event::ProposalMade { n: 1, text: "Roll back 4.2".into(), ends_at: at },
    ];
    let seqs: Vec<u64> = named.into_iter().map(|event| j.say("Bo", None, event)).collect();
    let later = [
        Event::ObjectiveMet { n: 1 },
        Event::ObjectiveDropped { n: 1, reason: "nobody needs it".into() },
        Event::TaskUnderstood { n: 1 },
        Event::TaskReported { n: 1, result: "drained".into() },
        Event::TaskOverdue { n: 1, owner: Some(bo), to: Some(person("Ada")) },
        Event::HazardCleared { n: 1, reason: "its disk was grown".into() },
        Event::ActionCleared { n: 1 },
        Event::ActionHeld { n: 1, reason: "the backup runs".into() },
        Event::ProposalSettled { n: 1, objectors: vec![], at_once: false },
    ];
    let told = |j: &Journal| {
        let incident = j.paper().incident;
        let utc = |at| when(Some(at));
        later.iter().map(|event| sentence(event, &Knowing(&utc, &incident))).collect::<Vec<_>>()
    };
    insta::assert_snapshot!(told(&j).join("\n"), @r"
    Objective 1 was met: Customers can pay.
    Objective 1 («Customers can pay») was dropped: nobody needs it.
    Task #1 is understood and under way: Drain node 4.
    Task #1 («Drain node 4») is done: drained.
    Bo's task #1 («Drain node 4») is late. Ada: ask, or give it to somebody else.
    Hazard 1 («db2 may fill up») is cleared: its disk was grown.
    Action 1 has its go: restart db1.
    Action 1 («restart db1») is held: the backup runs.
    Proposal 1 («Roll back 4.2») is decided, as its time is over; nobody objects.
    ");
    for seq in seqs {
        j.say("Ada", None, redaction(seq));
    }
    let hidden = ["Customers can pay", "Drain node 4", "db2 may fill up", "restart db1", "Roll back 4.2"];
    for line in told(&j) {
        assert!(hidden.iter().all(|words| !line.contains(words)), "{line}");
    }
}

#[test]
fn whoever_may_see_what_is_restricted_is_a_list_and_the_reason_stands_by_itself() {
    let restricted = |names: &[&str], reason: &str| {
        let people = names.iter().map(|name| person(name)).collect();
        let event = Event::Restricted { people, reason: reason.into() };
        sentence(&event, &|at| when(Some(at)))
    };
    assert_eq!(
        restricted(&["Ada", "Bo"], "a customer's data"),
        "Restricted: only Ada, Bo and whoever is let in may see this incident. Reason: a customer's data."
    );
    assert_eq!(restricted(&["Ada"], ""), "Restricted: only Ada and whoever is let in may see this incident.");
}
