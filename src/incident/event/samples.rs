//! One event of every name, for tests: found out from the reader of events itself, so that none is forgotten.

use serde_json::{Value, json};

use super::Event;

/// The stored names that the reader knows.
pub fn names() -> Vec<String> {
    let why = read(json!({"type": "?"})).unwrap_err();
    why.split('`').skip(3).step_by(2).map(str::to_owned).collect()
}

/// An event of this name, with what its fields cannot do without.
pub fn event(name: &str) -> Event {
    let mut stored = json!({"type": name});
    loop {
        let why = match read(stored.clone()) {
            Ok(event) => return event,
            Err(why) => why,
        };
        let field = missing(&why).unwrap_or_else(|| panic!("{name}: {why}")).to_owned();
        let fits = |value: &Value| {
            let mut with = stored.clone();
            with[&field] = value.clone();
            read(with).err().is_none_or(|why| missing(&why).is_some())
        };
        let value = values().into_iter().find(fits);
        stored[&field] = value.unwrap_or_else(|| panic!("{name}: nothing fits {field}"));
    }
}

fn read(stored: Value) -> Result<Event, String> {
    serde_json::from_value(stored).map_err(|why| why.to_string())
}

fn missing(why: &str) -> Option<&str> {
    why.strip_prefix("missing field `")?.split('`').next()
}

/// An event of this name with these fields, and what the others cannot do without.
fn filled(name: &str, fields: &Value) -> Event {
    let fields = fields.as_object().expect("fields have names");
    let mut stored = serde_json::to_value(event(name)).expect("an event can be stored");
    for (field, value) in fields {
        stored[field.as_str()] = value.clone();
    }
    let event = read(stored).unwrap_or_else(|why| panic!("{name}: {why}"));
    let kept = serde_json::to_value(&event).expect("an event can be stored");
    for field in fields.keys() {
        assert!(kept.get(field).is_some(), "{name} has no {field}");
    }
    event
}

/// What is written down on a night, and on the days before and after, as people read it: who did it (empty: the house), and what.
/// Of every name there is one at least.
pub fn night() -> Vec<(&'static str, Event)> {
    let at = "2026-03-29T01:30:00Z";
    let person = |name: &str| json!({"id": name.to_lowercase(), "name": name});
    let (ada, bo, cleo) = (person("Ada"), person("Bo"), person("Cleo"));
    let (dan, eve, vera) = (person("Dan"), person("Eve"), person("Vera"));
    let with = |known: &Value, more: Value| {
        let mut all = known.clone();
        for (field, value) in more.as_object().expect("fields have names") {
            all[field.as_str()] = value.clone();
        }
        all
    };
    let phase = |from: &str, to: &str, reason: &str| json!({"from": from, "to": to, "reason": reason});
    let passed = |without: bool, reason: &str| json!({"from": ada, "to": bo, "briefing_sections": 9, "without_outgoing_brief": without, "reason": reason});
    let step = json!({"playbook": "database", "step": "D2", "text": "Stop the backup."});
    let alerts = json!({"situation": 4, "title": "checkout 5xx", "total": 2});
    let draft = json!({
        "title": "Checkout errors", "phase": "investigating", "impact": "major", "text": "Some payments fail.",
    });
    let playbook = json!({
        "id": "database", "title": "The database is slow",
        "steps": [{"id": "D1", "role": "ops", "text": "Look at the locks."}, {"id": "D2", "role": "ops", "text": "Stop the backup."}],
    });
    let calls = json!([
        {"to": [{"roster": "primary"}], "after_minutes": 0}, {"to": [{"person": dan}], "after_minutes": 5},
    ]);
    let sum = json!({"bytes": 48_213, "sha256": "5ca1ab1e".repeat(8)});
    let all = [
        ("Ada", "incident.declared", json!({"title": "Checkout fails", "kind": "real", "severity": "sev2"})),
        (
            "Ada",
            "work.planned",
            json!({"from": at, "until": "2026-03-29T03:00:00Z", "services": ["db", "checkout"]}),
        ),
        ("Ada", "incident.retitled", json!({"title": "Checkout fails with 502 in Europe"})),
        ("Ada", "incident.summarized", json!({"text": "Half of all payments fail since 00:52"})),
        (
            "Ada",
            "incident.severity_changed",
            json!({"from": "sev2", "to": "sev1", "reason": "nobody can pay"}),
        ),
        ("Ada", "incident.phase_changed", phase("triage", "investigating", "")),
        ("Ada", "incident.phase_changed", phase("triage", "cancelled", "a test of the load balancer")),
        ("Ada", "incident.phase_changed", phase("investigating", "monitoring", "release 412 is rolled back")),
        ("Ada", "incident.phase_changed", phase("monitoring", "resolved", "no error for half an hour")),
        ("Ada", "incident.phase_changed", phase("resolved", "closed", "")),
        ("Ada", "incident.phase_changed", phase("closed", "investigating", "it fails again")),
        ("Ada", "incident.phase_changed", phase("scheduled", "in_progress", "")),
        ("Ada", "incident.phase_changed", phase("in_progress", "completed", "")),
        ("Ada", "incident.type_set", json!({"incident_type": "outage"})),
        ("Ada", "field.set", json!({"field": "region", "value": "eu"})),
        (
            "Bo",
            "milestone.set",
            json!({"milestone": "began", "reached_at": at, "reason": "the first error in the log"}),
        ),
        ("Ada", "incident.put_under", json!({"parent": "INC-7"})),
        ("Ada", "incident.left_parent", json!({"parent": "INC-7", "reason": "it has another cause"})),
        ("", "incident.child_joined", json!({"child": "INC-2", "phase": "investigating"})),
        ("", "incident.child_moved", json!({"child": "INC-2", "phase": "resolved"})),
        ("", "incident.child_left", json!({"child": "INC-2"})),
        ("Ada", "incident.merged_into", json!({"into": "INC-7", "reason": "it has the same cause"})),
        (
            "Ada",
            "incident.merged_in",
            json!({"from": "INC-3", "title": "Carts are slow", "severity": "sev3", "entries": 14}),
        ),
        ("Ada", "command.established", json!({"by": ada})),
        ("Ada", "command.offered", json!({"from": ada, "to": bo, "expires_at": at, "briefing_sections": 9})),
        ("Bo", "command.declined", json!({"by": bo, "reason": "I am on a train", "next": dan})),
        ("", "command.offer_expired", json!({"to": bo, "next": dan})),
        ("Ada", "command.offer_withdrawn", json!({"to": bo})),
        ("Bo", "command.transferred", passed(false, "")),
        ("Bo", "command.transferred", passed(true, "no answer since 01:20")),
        (
            "Vera",
            "command.executive_asked",
            json!({"words": "lower the severity: SEV3", "commander": ada, "who": vera}),
        ),
        ("Vera", "command.executive_declined", json!({"who": vera})),
        ("", "command.executive_declined", json!({"who": vera, "is_silent": true})),
        ("Ada", "command.unify_offered", json!({"to": eve, "organization": "Globex", "expires_at": at})),
        ("Eve", "command.unify_declined", json!({"by": eve, "reason": "we only watch"})),
        ("", "command.unify_offer_expired", json!({"to": eve})),
        ("Dan", "command.joined", json!({"by": dan, "organization": "Acme"})),
        ("Ada", "command.separated", json!({"who": dan, "reason": "their part is done"})),
        ("Ada", "role.offered", json!({"role": "pio", "to": cleo, "expires_at": at})),
        ("Cleo", "role.accepted", json!({"role": "pio", "by": cleo})),
        (
            "Cleo",
            "role.declined",
            json!({"role": "pio", "by": cleo, "reason": "I am alone here", "next": dan}),
        ),
        ("", "role.offer_expired", json!({"role": "pio", "to": cleo, "next": dan})),
        ("Ada", "role.relieved", json!({"role": "pio", "person": cleo, "reason": "end of the shift"})),
        ("Cleo", "role.released", json!({"role": "pio", "person": cleo})),
        ("Bo", "checkin", json!({"who": bo, "note": "on the bridge"})),
        ("Bo", "checkout", json!({"who": bo, "note": ""})),
        ("Ada", "rollcall.called", json!({"asked": [ada, bo, cleo], "due_at": at})),
        ("Bo", "rollcall.answered", json!({"note": "in the data centre"})),
        ("", "rollcall.closed", json!({"missing": [cleo], "of": 3, "to": ada})),
        ("Ada", "role.reports_to", json!({"who": bo, "to": dan})),
        ("Ada", "access.restricted", json!({"people": [ada, bo], "reason": "a customer's data"})),
        ("Ada", "access.opened", json!({"reason": "nothing in it is secret any more"})),
        ("Ada", "access.admitted", json!({"who": cleo})),
        ("Ada", "access.removed", json!({"who": cleo, "reason": "let in by mistake"})),
        ("Vera", "access.glass_broken", json!({"reason": "the regulator asks"})),
        ("Ada", "objective.set", json!({"n": 1, "text": "Customers can pay again"})),
        ("Ada", "objective.met", json!({"n": 1})),
        ("Ada", "objective.dropped", json!({"n": 2, "reason": "nobody needs it"})),
        (
            "Ada",
            "period.started",
            json!({"n": 2, "ends_at": at, "emphasis": "Payments first", "objectives": [1, 2]}),
        ),
        ("Ada", "period.ended", json!({"n": 2})),
        ("Ada", "task.assigned", json!({"n": 1, "text": "Roll back release 412", "owner": bo, "due_at": at})),
        ("Bo", "task.understood", json!({"n": 1})),
        ("Bo", "task.extended", json!({"n": 1, "due_at": at})),
        ("Bo", "task.reported", json!({"n": 1, "result": "rolled back on 4 of 4 nodes"})),
        ("", "task.overdue", json!({"n": 1, "owner": bo, "to": ada})),
        ("Ada", "task.cancelled", json!({"n": 1, "reason": "the release is not the cause"})),
        ("Bo", "task.declined", json!({"n": 1, "owner": bo, "reason": "I may not deploy", "to": ada})),
        (
            "Ada",
            "task.reopened",
            json!({"n": 1, "reason": "node 4 runs 412 still", "owner": bo, "due_at": at}),
        ),
        ("Ada", "task.given", json!({"n": 1, "owner": dan, "due_at": at})),
        (
            "Bo",
            "hazard.named",
            json!({"n": 1, "text": "db2 may fill up as well", "mitigation": "watch its disk"}),
        ),
        ("Bo", "hazard.cleared", json!({"n": 1, "reason": "its disk was grown"})),
        ("Ada", "decision.recorded", json!({"text": "Roll back rather than fix forward"})),
        ("Bo", "action.announced", json!({"n": 1, "text": "restart lb2", "minutes": 10})),
        (
            "Bo",
            "action.announced",
            json!({"n": 2, "text": "restart db1", "is_risky": true, "waits_for": [ada], "minutes": 10}),
        ),
        ("Ada", "action.cleared", json!({"n": 2})),
        ("Ada", "action.held", json!({"n": 2, "reason": "the backup runs"})),
        ("Bo", "action.done", json!({"n": 1, "result": "lb2 is up"})),
        ("Bo", "action.done", json!({"n": 2, "result": "db1 is up", "without_go": true})),
        ("Bo", "action.dropped", json!({"n": 2, "reason": "the backup would be lost"})),
        ("", "action.overdue", json!({"n": 1, "by": bo, "to": [ada]})),
        ("Ada", "actions.stopped", json!({"reason": "we lose writes"})),
        ("Ada", "actions.resumed", json!({"reason": "the replica is back"})),
        ("Bo", "proposal.made", json!({"n": 1, "text": "Roll release 412 back everywhere", "ends_at": at})),
        ("Cleo", "proposal.objected", json!({"n": 1, "reason": "the schema has changed"})),
        ("Cleo", "proposal.objection_withdrawn", json!({"n": 1})),
        ("Bo", "proposal.withdrawn", json!({"n": 1, "reason": "the cause is another"})),
        ("", "proposal.settled", json!({"n": 1, "objectors": []})),
        ("Ada", "proposal.settled", json!({"n": 1, "objectors": [cleo], "at_once": true})),
        ("Bo", "assist.asked", json!({"text": "which replica leads?", "asked": [ada, dan]})),
        (
            "",
            "nudge",
            json!({"whom": "commander", "asked": [ada], "silent_minutes": 10, "open": ["task #1 of Bo is late"]}),
        ),
        ("", "nudge", json!({"whom": "everyone", "asked": [ada, bo], "silent_minutes": 20})),
        ("Ada", "nudge.quiet", json!({"until": at})),
        (
            "",
            "page.begun",
            json!({"n": 1, "escalation": "web", "steps": calls, "rounds": 2, "again_minutes": 10}),
        ),
        (
            "",
            "page.sent",
            json!({"n": 1, "step": 0, "round": 0, "called": [{"id": "eve", "name": "Eve", "by": ["ntfy"]}]}),
        ),
        ("Eve", "page.acknowledged", json!({"pagings": [1]})),
        ("Ada", "page.stopped", json!({"pagings": [1], "reason": "a false alarm"})),
        ("", "page.exhausted", json!({"n": 1})),
        ("", "page.failed", json!({"n": 1, "to": eve, "pager": "sms", "why": "Twilio refused our token"})),
        ("", "playbook.begun", json!({"playbook": playbook})),
        ("Bo", "playbook.step_done", with(&step, json!({"result": "it was not running"}))),
        ("Bo", "playbook.step_skipped", with(&step, json!({"reason": "there is none"}))),
        ("Bo", "playbook.step_reopened", step.clone()),
        ("", "playbook.step_reopened", with(&step, json!({"due_for": [bo]}))),
        (
            "Bo",
            "can",
            json!({"service": "checkout", "conditions": "4 of 10 payments fail", "actions": "rolling back", "needs": "a DBA"}),
        ),
        ("Bo", "note", json!({"text": "The release went out at 00:50 UTC"})),
        ("Bo", "note", json!({"text": "The database failed over", "until": at})),
        ("Bo", "evidence", json!({"label": "Dashboard", "url": "https://g.example.com/d/1"})),
        ("Bo", "evidence", json!({"label": "slow.log", "url": "https://g.example.com/f/2", "sum": sum})),
        (
            "Bo",
            "entry.corrected",
            json!({"target": 16, "text": "It went out at 00:50 UTC", "corrected_at": at, "reason": "misread"}),
        ),
        (
            "Bo",
            "entry.corrected",
            json!({"target": 15, "text": "", "reason": "misread", "can": {"needs": ""}}),
        ),
        ("Ada", "entry.redacted", json!({"target": 16, "reason": "a customer's name"})),
        ("Ada", "entry.pinned", json!({"target": 16})),
        ("Ada", "entry.unpinned", json!({"target": 16})),
        (
            "",
            "alert.linked",
            with(
                &alerts,
                json!({"source": "alertmanager", "firing": 1, "within": {"name": "network", "until": at}}),
            ),
        ),
        ("", "alert.changed", with(&alerts, json!({"firing": 1, "flapping": {"times": 5, "minutes": 12}}))),
        ("", "alert.cleared", with(&alerts, json!({"asks": true}))),
        ("Cleo", "update.drafted", json!({"n": 1, "draft": draft})),
        ("Ada", "update.approved", json!({"n": 1, "expires_at": at})),
        ("Cleo", "update.approved", json!({"n": 1, "expires_at": at, "alone": "nobody else is awake"})),
        (
            "Cleo",
            "update.published",
            json!({"n": 1, "next_update_at": at, "destinations": ["page", "statuspage"]}),
        ),
        ("", "update.delivered", json!({"n": 1, "destination": "page"})),
        ("", "update.delivery_failed", json!({"n": 1, "destination": "x", "why": "403 Forbidden"})),
        ("Cleo", "update.dropped", json!({"n": 1, "reason": "it is over"})),
        ("", "reminder", json!({"what": "The public was promised an update by now. Cleo: `update draft`."})),
        ("", "chat.lost", json!({"chat": "slack", "since": at})),
        ("", "chat.back", json!({"chat": "slack", "away_seconds": 727})),
        ("", "drill.startex", json!({"scenario": "Failover"})),
        (
            "",
            "drill.inject",
            json!({"inject": "I1", "from": "Support", "to": "Ada", "text": "Customers call: nobody can pay"}),
        ),
        ("Dan", "drill.observed", json!({"text": "The first public update took 9 minutes"})),
        ("Dan", "drill.endex", json!({"reason": "all objectives are met"})),
    ];
    all.into_iter().map(|(who, name, fields)| (who, filled(name, &fields))).collect()
}

/// What fields take, in turn: a word of each kind, numbers, and one thing that is a person and a draft.
fn values() -> Vec<Value> {
    let words = [
        "words",
        "real",
        "sev1",
        "investigating",
        "commander",
        "began",
        "2026-01-02T03:00:00Z",
        "INC-2",
        "pio",
    ];
    let thing = json!({
        "id": "ada", "name": "Ada", "title": "words", "phase": "investigating", "impact": "major", "text": "words"
    });
    words.iter().map(|word| json!(word)).chain([json!(1), json!(true), json!([]), thing]).collect()
}

#[test]
fn the_name_of_every_event_is_the_one_it_is_stored_under() {
    let names = names();
    assert!(names.len() > 90 && names.iter().any(|name| name == "drill.endex"), "{names:?}");
    for name in names {
        let event = event(&name);
        assert_eq!(event.name(), name);
        assert_eq!(serde_json::to_value(&event).unwrap()["type"], json!(name));
    }
}

#[test]
fn a_night_has_an_event_of_every_name() {
    let night = night();
    for name in names() {
        assert!(night.iter().any(|(_, event)| event.name() == name), "{name}");
    }
}
