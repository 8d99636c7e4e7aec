//! What people owe, brought to them: reports, roles that nobody has; and what is due within a minute said in one line.

use super::*;
use crate::incident::{
    alternates,
    command::TimerKind,
    event::Owed,
    owed::{self, Report},
    sentence::{and, brief, ended, some_of},
};

/// What may come early and is due within this time is said with what is due now.
pub const TOGETHER: Duration = Duration::minutes(1);
/// And is early by no more than a quarter of the time from one to the next: what was just said is not said again.
const EARLY_PART: i32 = 4;
/// Of tasks, actions, reports and roles so many are named; the others are counted.
const NAMED_MAX: usize = 4;

/// Whether somebody asked for quiet. What was promised to the public, and what has an owner and a time, is said all the same.
pub(super) fn is_quiet(incident: &Incident, now: DateTime<Utc>) -> bool {
    incident.silence.quiet_until.is_some_and(|until| now < until)
}

/// How much earlier than it is due this may be said. What says that a time is over comes when it is.
pub fn early_by(kind: &TimerKind, incident: &Incident, policy: &Policy) -> Duration {
    let apart_minutes = match kind {
        TimerKind::ExecutiveDue => policy.exec_update_minutes(incident.severity),
        TimerKind::ReportsDue => policy.can_minutes(incident.severity),
        TimerKind::RolesDue => policy.roles_minutes(incident.severity),
        TimerKind::StepDue { playbook, step } => {
            let mut steps = incident.steps();
            let found = steps.find(|one| one.play.playbook.id == *playbook && one.step.id == *step);
            found.and_then(|one| one.step.every_minutes).unwrap_or(0)
        }
        _ => 0,
    };
    TOGETHER.min(Duration::minutes(i64::from(apart_minutes)) / EARLY_PART)
}

/// What it is about, the most urgent first.
fn rank(kind: &TimerKind) -> u8 {
    match kind {
        TimerKind::UpdateDue { .. } | TimerKind::FirstUpdateDue => 0,
        TimerKind::ActionDue { .. } => 1,
        TimerKind::TaskDue { .. } => 2,
        TimerKind::StepDue { .. } => 3,
        TimerKind::PeriodEnds { .. } => 4,
        TimerKind::ReportsDue => 5,
        TimerKind::RolesDue => 6,
        // It brings a text of several lines.
        _ => 7,
    }
}

/// Several reminders as one line. What is late changes its state as ever, and is not said a second time.
pub(super) fn together(incident: &Incident, kinds: &[TimerKind], scene: &Scene<'_>) -> Ruling {
    let quiet = is_quiet(incident, scene.now);
    let mut kinds: Vec<&TimerKind> = kinds.iter().filter(|kind| !quiet || !kind.is_movable()).collect();
    // Several times may have been set for one thing.
    let mut known: Vec<&TimerKind> = vec![];
    kinds.retain(|kind| {
        let is_new = !known.contains(kind);
        known.push(*kind);
        is_new
    });
    kinds.sort_by_key(|kind| rank(kind));
    let (mut events, mut said, mut late) = (vec![], vec![], Late::default());
    let (mut is_executive, mut of) = (false, vec![]);
    for kind in kinds {
        let early = match kind {
            // The text for executives looks at nothing that is due, and tells the time that it is; reports look ahead by themselves.
            TimerKind::ExecutiveDue | TimerKind::ReportsDue => Duration::zero(),
            kind => early_by(kind, incident, scene.policy),
        };
        let at = Scene { now: scene.now + early, ..scene.clone() };
        let decided = match kind {
            TimerKind::ReportsDue => reports_with_others(incident, &at),
            kind => clockwork::timer(incident, kind, &at),
        }?;
        for Happened { event, .. } in decided.events {
            match &event {
                Event::Reminded { what, executive, of: owed } => {
                    said.push((rank(kind), what.clone()));
                    is_executive |= executive;
                    of.extend(owed.iter().copied());
                }
                Event::ActionOverdue { n, by, to } => late.actions.add(*n, by.as_ref(), to),
                Event::StepReopened { playbook, step, text, due_for } => late.steps.push(Again {
                    name: format!("{step} of {playbook}"),
                    text: text.clone(),
                    of: due_for.clone(),
                }),
                Event::TaskOverdue { n, owner, to } => late.tasks.add(*n, owner.as_ref(), to.as_slice()),
                _ => continue,
            }
            events.push(event);
        }
    }
    if events.len() < 2 {
        let reply = said.into_iter().map(|(_, what)| what).chain(late.sentences().map(|(_, what)| what));
        return Ok(Decision::many(events, reply.collect::<Vec<_>>().join(" ")));
    }
    if !late.is_empty() {
        of.push(Owed::Late);
    }
    said.extend(late.sentences());
    said.sort_by_key(|(rank, _)| *rank);
    let what = said.into_iter().map(|(_, what)| what).collect::<Vec<_>>().join(" ");
    events.retain(|event| !matches!(event, Event::Reminded { .. }));
    events.push(Event::Reminded { what: what.clone(), executive: is_executive, of });
    Ok(Decision::many(events, what))
}

/// Tasks and actions whose time is over, and steps of playbooks whose time has come again, with whose they are.
#[derive(Default)]
struct Late {
    actions: Overdue,
    tasks: Overdue,
    steps: Vec<Again>,
}

/// By number and whose, and all whom they go up to.
#[derive(Default)]
struct Overdue {
    of: Vec<(u32, String)>,
    up: Vec<Person>,
}

impl Overdue {
    fn add(&mut self, n: u32, of: Option<&Person>, to: &[Person]) {
        self.of.push((n, of.map_or_else(|| "nobody".to_owned(), Person::to_string)));
        let new = to.iter().filter(|one| self.up.iter().all(|known| known.id != one.id));
        let new: Vec<Person> = new.cloned().collect();
        self.up.extend(new);
    }

    fn sentence(&self, what: &str, mark: &str) -> Option<String> {
        let named = some(self.of.iter().map(|(n, of)| format!("{mark}{n} ({of})")));
        let ask = match self.up.as_slice() {
            [] => String::new(),
            people => format!(" {}: ask how it goes.", and(people)),
        };
        match self.of.len() {
            0 => None,
            1 => Some(format!("{what} {named} is late.{ask}")),
            _ => Some(format!("{what}s {named} are late.{ask}")),
        }
    }
}

/// A step that is due again.
struct Again {
    name: String,
    text: String,
    /// Nobody, where nobody is there for it.
    of: Vec<Person>,
}

impl Late {
    fn is_empty(&self) -> bool {
        self.actions.of.is_empty() && self.tasks.of.is_empty() && self.steps.is_empty()
    }

    fn sentences(&self) -> impl Iterator<Item = (u8, String)> {
        let actions = self.actions.sentence("Action", "").map(|what| (1, what));
        let tasks = self.tasks.sentence("Task", "#").map(|what| (2, what));
        actions.into_iter().chain(tasks).chain(self.again().map(|what| (3, what)))
    }

    fn again(&self) -> Option<String> {
        match self.steps.as_slice() {
            [] => None,
            [Again { name, text, of }] if of.is_empty() => {
                Some(format!("Step {name} is due again: {}", ended(&brief(text))))
            }
            [Again { name, text, of }] => {
                Some(format!("Step {name} is due again. {}: {}", and(of), ended(&brief(text))))
            }
            many => {
                let named = many.iter().map(|one| match one.of.as_slice() {
                    [] => one.name.clone(),
                    of => format!("{} ({})", one.name, and(of)),
                });
                Some(format!("Steps {} are due again: `playbook`.", some(named)))
            }
        }
    }
}

fn some(named: impl Iterator<Item = String>) -> String {
    some_of(named, NAMED_MAX).join(", ")
}

/// Somebody owes a CAN report. Two that are due at about the same time are asked for at once.
pub(super) fn reports(incident: &Incident, scene: &Scene<'_>) -> Ruling {
    let owed = owed::reports(incident, scene.policy.can_minutes(incident.severity));
    if owed.iter().all(|one| one.due_at > scene.now) {
        return Ok(Decision::read(""));
    }
    reports_with_others(incident, scene)
}

/// Those that may be asked for now, where something is said anyway.
fn reports_with_others(incident: &Incident, scene: &Scene<'_>) -> Ruling {
    let minutes = scene.policy.can_minutes(incident.severity);
    if is_quiet(incident, scene.now) {
        return Ok(Decision::read(""));
    }
    let soon = scene.now + early_by(&TimerKind::ReportsDue, incident, scene.policy);
    let due: Vec<Report> =
        owed::reports(incident, minutes).into_iter().filter(|one| one.due_at <= soon).collect();
    let what = match due.as_slice() {
        [] => return Ok(Decision::read("")),
        [Report { service: None, of, .. }] => format!(
            "Nobody has reported on any service yet. {}: `can SERVICE CONDITIONS | ACTIONS | NEEDS`.",
            and(of)
        ),
        [Report { service: Some(service), of, .. }] => {
            let word = if service.contains(char::is_whitespace) {
                format!("\"{service}\"")
            } else {
                service.clone()
            };
            format!("A report on {service} is due. {}: `can {word} CONDITIONS | ACTIONS | NEEDS`.", and(of))
        }
        many => {
            let named = many.iter().filter_map(|one| {
                one.service.as_ref().map(|service| format!("{service} ({})", and(&one.of)))
            });
            format!("Reports are due on {}: `can SERVICE CONDITIONS | ACTIONS | NEEDS`.", some(named))
        }
    };
    Ok(owe(what, Owed::Reports))
}

/// Nobody has a role that the severity calls for, and nobody was asked.
pub(super) fn roles(incident: &Incident, scene: &Scene<'_>) -> Ruling {
    let minutes = scene.policy.roles_minutes(incident.severity);
    if minutes == 0 || incident.phase == Phase::Triage || is_quiet(incident, scene.now) {
        return Ok(Decision::read(""));
    }
    let is_offered = |role: &Role| incident.offers.iter().any(|offer| offer.role == *role);
    let free: Vec<&Role> =
        owed::roles(incident, scene.policy).into_iter().filter(|role| !is_offered(role)).collect();
    let Some(first) = free.first() else { return Ok(Decision::read("")) };
    let titles = some(free.iter().map(|role| role.shown(scene.policy.words)));
    let slug = first.slug();
    let by = if incident.commander.id == Person::house().id {
        String::new()
    } else {
        format!(
            "{}: `role offer {slug} {}`. ",
            incident.commander,
            alternates::asked(incident, scene.policy, first)
        )
    };
    let what = format!("Nobody has yet the role of {titles}. {by}Whoever can: `role take {slug}`.");
    Ok(owe(what, Owed::Roles))
}

fn owe(what: String, owed: Owed) -> Decision {
    Decision::one(Event::Reminded { what: what.clone(), executive: false, of: vec![owed] }, what)
}
