//! What happened, in one plain sentence for each event.

mod brief;
mod lists;
mod telling;

pub(crate) use brief::brief;
pub(super) use lists::{and, either, every, places, so_long, so_many_minutes, some_of};
pub use telling::{InNames, Knowing, Part, Tell, Telling, apart, parts};

use lists::{NAMED_MAX, and_also, and_things, the_place};

use super::{
    event::{ActionOf, CanParts, Event, Whom},
    kind::Kind,
    matrix::Rated,
    paging::{Called, Step, Target},
    phase::Phase,
    role::Role,
};
use crate::{
    people::{Person, door},
    wall::lasted,
};

/// Characters of a draft's text that its sentence quotes; the exact text stands with the public updates.
const QUOTE_CHARS_MAX: usize = 280;

/// `text` as the end of a sentence: trimmed, with a full stop unless it ends in a mark of its own.
pub(crate) fn ended(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() || text.ends_with(['.', '!', '?', '…', ':', ';']) {
        text.to_owned()
    } else {
        format!("{text}.")
    }
}

/// `text` as the beginning of a sentence.
pub(crate) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// `: reason.`, or the full stop alone.
fn because(reason: &str) -> String {
    if reason.trim().is_empty() { ".".to_owned() } else { format!(": {}", ended(reason)) }
}

/// The words of a quoted message without the address at which it stands, which its entry has: `Bo wrote: “db1 is full” (https://…)`.
fn without_address(text: &str) -> &str {
    const QUOTED: &str = "” (http";
    let address = text.rfind(QUOTED).and_then(|at| text.get(at..)).filter(|rest| {
        rest.ends_with(')') && rest.matches(char::is_whitespace).count() == QUOTED.matches(' ').count()
    });
    let length = address.map_or(0, |address| address.len() - '”'.len_utf8());
    text.get(..text.len() - length).unwrap_or(text)
}

/// `. Reason: this.`, or the full stop alone: where a colon stands before it.
fn reasoned(reason: &str) -> String {
    if reason.trim().is_empty() { ".".to_owned() } else { format!(". Reason: {}", ended(reason)) }
}

/// ` Free to go on: action 1 (Bo), action 4 (Cy).`
pub(super) fn go_on(free: &[ActionOf]) -> String {
    let named = some_of(free.iter().map(|one| format!("action {} ({})", one.n, one.by)), NAMED_MAX);
    if named.is_empty() { String::new() } else { format!(" Free to go on: {}.", named.join(", ")) }
}

/// How something was done that should have waited.
pub(super) fn done_how(without_go: bool, is_stopped: bool) -> Option<&'static str> {
    match (without_go, is_stopped) {
        (false, false) => None,
        (true, false) => Some("without a go"),
        (false, true) => Some("while everything was stopped"),
        (true, true) => Some("without a go and while everything was stopped"),
    }
}

fn nudge(
    whom: Whom,
    asked: &[Person],
    silent_minutes: u32,
    command_minutes: Option<u32>,
    open: &[String],
) -> String {
    let so_long = |minutes| if minutes == 1 { "a minute".to_owned() } else { format!("{minutes} minutes") };
    let open = if open.is_empty() { String::new() } else { format!(" Open: {}.", open.join("; ")) };
    if let Some(minutes) = command_minutes {
        let ask = match whom {
            Whom::Commander => format!("{}: are you there? A `note` is enough.", and(asked)),
            _ if asked.is_empty() => {
                "Whoever reads this: if they do not answer you, `command take`.".to_owned()
            }
            _ => format!("{}: if they do not answer you, `command take`.", and(asked)),
        };
        return format!(
            "The commander has written nothing for {}, while others do. {ask}{open}",
            so_long(minutes)
        );
    }
    let ask = match whom {
        Whom::Commander => format!("{}: how does it stand? A `note` is enough.", and(asked)),
        Whom::Deputy => {
            format!("{}: the commander does not answer. Write a `note`, or `command take`.", and(asked))
        }
        // A rule declared it, and nobody came.
        Whom::Everyone if asked.is_empty() => {
            "Nobody has come. Whoever reads this: `command take`.".to_owned()
        }
        Whom::Everyone => format!("{}: is anybody here? Write a `note`, or `command take`.", and(asked)),
    };
    format!("Nothing was written for {}. {ask}{open}", so_long(silent_minutes))
}

/// `primary, after 5 minutes secondary and Ada`
fn called_in_turn(steps: &[Step]) -> String {
    let step = |(n, step): (usize, &Step)| {
        let named: Vec<String> = step.to.iter().map(Target::to_string).collect();
        let named = named.join(" and ");
        match step.after_minutes {
            0 if n == 0 => named,
            0 => format!("then {named}"),
            1 => format!("after a minute {named}"),
            minutes => format!("after {minutes} minutes {named}"),
        }
    };
    steps.iter().enumerate().map(step).collect::<Vec<_>>().join(", ")
}

fn paged(round: u32, called: &[Called], pagers: &[String], missed: &[String], is_rehearsal: bool) -> String {
    let way = |by: &[String]| if by.is_empty() { String::new() } else { format!(" ({})", by.join(", ")) };
    let mut named: Vec<String> = called.iter().map(|one| format!("{}{}", one.person, way(&one.by))).collect();
    named.extend(pagers.iter().cloned());
    let again = match round {
        0 => String::new(),
        1 => " again".to_owned(),
        round => format!(" again, the {}. time", round + 1),
    };
    let verb = match (is_rehearsal, named.len()) {
        (false, 1) => "is paged",
        (false, _) => "are paged",
        (true, _) => "would be paged",
    };
    let mut said = vec![];
    if !named.is_empty() {
        said.push(format!("{} {verb}{again}.", named.join(" and ")));
    }
    said.extend(missed.iter().map(|why| ended(why)));
    if said.is_empty() {
        said.push("Nobody is paged: nobody is named.".to_owned());
    }
    said.join(" ")
}

/// Entries of before name nobody.
fn late(what: &str, of: Option<&Person>, ask: &str) -> String {
    match of {
        Some(of) => format!("{of}'s {what} is late.{ask}"),
        None => format!("Late: {what}.{ask}"),
    }
}

/// `Bo's task #2 is late. Ada: ask, or give it to somebody else.`
fn late_task(n: u32, which: &str, of: Option<&Person>, to: Option<&Person>) -> String {
    let what = format!("task #{n}{which}");
    match (of, to) {
        (None, Some(to)) => format!("Nobody has {what}, and it is late. {to}: `task give {n} @NAME`."),
        (of, Some(to)) => late(&what, of, &format!(" {to}: ask, or give it to somebody else.")),
        (of, None) => late(&what, of, ""),
    }
}

fn late_action(n: u32, which: &str, by: Option<&Person>, to: &[Person]) -> String {
    let ask = if to.is_empty() { String::new() } else { format!(" {}: ask how it goes.", and(to)) };
    late(&format!("action {n}{which}"), by, &ask)
}

/// A task that nobody has: who gives it to somebody.
fn nobodys(n: u32, to: Option<&Person>) -> String {
    match to {
        Some(to) => format!(" Nobody has it now. {to}: `task give {n} @NAME`."),
        None => format!(" Nobody has it now: `task give {n}` takes it."),
    }
}

/// `conditions: half of all payments fail; needs: none`
fn replaced(parts: &CanParts) -> String {
    let said = parts.named().into_iter().filter_map(|(what, text)| {
        let text = text?.trim().trim_end_matches('.');
        Some(format!("{what}: {}", if text.is_empty() { "none" } else { text }))
    });
    said.collect::<Vec<_>>().join("; ")
}

fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(QUOTE_CHARS_MAX).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// Whom to ask next, with the words that do it; nothing where nobody is named.
fn in_line(next: &Option<Person>, offer: impl FnOnce(&str) -> String) -> String {
    next.as_ref().map_or_else(String::new, |next| format!(" Next in line: {next}. {}.", offer(&next.id)))
}

fn offer_of(role: &Role) -> impl FnOnce(&str) -> String {
    move |id| format!("`role offer {} @{}`", role.slug(), id)
}

fn offer_of_command(id: &str) -> String {
    format!("`command offer @{}`", id)
}

fn told_of(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(" («{}»)", brief(text)) }
}

fn for_whom(organization: &str) -> String {
    if organization.is_empty() { String::new() } else { format!(" for {organization}") }
}

/// `9 of the briefing's 11 points are filled in`
pub(super) fn points(n: u8, [one, several]: [&str; 2]) -> String {
    let are = if n == 1 { one } else { several };
    format!("{n} of the briefing's {} points {are} filled in", super::briefing::SECTIONS)
}

/// ` by impact wide × urgency now`
fn found(rated: &Option<Rated>) -> String {
    rated.as_ref().map(|rated| format!(" {rated}")).unwrap_or_default()
}

/// What happened, in one plain sentence. Who did it stands beside it, in [`Line::actor`].
pub fn sentence(event: &Event, telling: Tell<'_>) -> String {
    let (names, words, tell) = (telling.names(), telling.words(), |at| telling.at(at));
    let text = event.speaks_of().and_then(|(what, n)| telling.text_of(what, n)).unwrap_or_default();
    let (named, which) = (brief(text), told_of(text));
    match event {
        Event::Declared { title, kind: Kind::Planned, .. } => format!("The work «{title}» was planned."),
        Event::WorkPlanned { span, services } => {
            let of = match services.as_slice() {
                [] => String::new(),
                some => format!(" It concerns {}.", and_things(some)),
            };
            format!("It is planned from {} until {}.{of}", tell(span.from), tell(span.until))
        }
        Event::PhaseChanged { from: Phase::Completed, to: Phase::InProgress, reason } => {
            format!("The planned work goes on again{}", because(reason))
        }
        Event::PhaseChanged { to: Phase::InProgress, reason, .. } => {
            format!("The planned work began{}", because(reason))
        }
        Event::PhaseChanged { to: Phase::Completed, reason, .. } => {
            format!("The planned work is completed{}", because(reason))
        }
        Event::Declared { title, kind, severity, triage, began, ended, rated, .. } => {
            let what = match kind {
                Kind::Real | Kind::Planned => "",
                Kind::Drill => "The exercise ",
                Kind::Test => "The test ",
            };
            let course = match (began, ended) {
                (None, None) => String::new(),
                (Some(began), None) => format!(" It began {}.", tell(*began)),
                (None, Some(ended)) => format!(" It was over {}.", tell(*ended)),
                (Some(began), Some(ended)) => {
                    format!(" It began {} and was over {}.", tell(*began), tell(*ended))
                }
            };
            let severity = format!("{}{}", names.severity(*severity), found(rated));
            if *triage {
                format!("{what}«{title}» was noticed and is in triage, taken as {severity} for now.{course}")
            } else {
                format!("{what}«{title}» was declared as {severity}.{course}")
            }
        }
        Event::Retitled { title } => format!("The title is now «{title}»."),
        Event::Summarized { text } => format!("Situation: {}", ended(text)),
        Event::SeverityChanged { from, to, reason, rated } => {
            let verb = if to.worse_than(*from) { "raised" } else { "lowered" };
            let (from, to) = (names.severity(*from), names.severity(*to));
            format!("Severity was {verb} from {from} to {to}{}{}", found(rated), because(reason))
        }
        Event::PhaseChanged { from, to, reason } => {
            let (from, to) = (names.phase(*from), names.phase(*to));
            format!("Phase went from {from} to {to}{}", because(reason))
        }

        Event::TypeSet { incident_type, was: None } => {
            format!("It is an incident of the type «{incident_type}».")
        }
        Event::TypeSet { incident_type, was: Some(was) } => {
            format!("It is an incident of the type «{incident_type}», not «{was}».")
        }
        Event::FieldSet { field, value } => format!("{field}: {}", ended(value)),
        Event::MilestoneSet { milestone, reached_at, was, reason } => {
            let was = was.map(|was| format!(", not {}", tell(was))).unwrap_or_default();
            format!("Milestone: {} {}{was}{}", milestone.title(), tell(*reached_at), reasoned(reason))
        }

        Event::PutUnder { parent } => format!("This is a sub-incident of {parent}."),
        Event::LeftParent { parent, reason } => {
            format!("This is no longer a sub-incident of {parent}{}", because(reason))
        }
        Event::ChildJoined { child, .. } => format!("{child} is a sub-incident of this one."),
        Event::ChildMoved { child, phase } if phase.is_over() => {
            format!("Sub-incident {child} is {}.", names.standing(*phase))
        }
        Event::ChildMoved { child, .. } => format!("Sub-incident {child} was reopened."),
        Event::ChildLeft { child } => format!("{child} is no longer a sub-incident of this one."),

        Event::MergedInto { into, reason } => format!("Merged into {into}{}", because(reason)),
        Event::MergedIn { from, title, severity, entries, .. } => format!(
            "{from} «{title}» ({}) was merged into this one. Its {entries} entries stay on its own timeline.",
            names.severity(*severity)
        ),

        Event::CommandEstablished { by } => format!("{by} has command."),
        Event::CommandOffered { from, to, expires_at, briefing_sections } => {
            let briefed = match *briefing_sections {
                0 => ", without a briefing".to_owned(),
                n => format!("; {}", points(n, ["is", "are"])),
            };
            format!(
                "{from} offered command to {to}{briefed}. {from} stays in command until {to} accepts. The offer ends {}.",
                tell(*expires_at)
            )
        }
        Event::CommandDeclined { by, reason, next } => {
            format!("{by} declined command{}{}", because(reason), in_line(next, offer_of_command))
        }
        Event::CommandOfferExpired { to, next } => {
            format!(
                "{to} did not answer the offer of command; it has ended.{}",
                in_line(next, offer_of_command)
            )
        }
        Event::CommandOfferWithdrawn { to } => format!("The offer of command to {to} was withdrawn."),
        Event::CommandTransferred { from, to, briefing_sections, without_outgoing_brief, reason } => {
            let (how, briefed) = match *briefing_sections {
                _ if *without_outgoing_brief => (format!(", without a briefing by {from}"), String::new()),
                0 => (", without a briefing".to_owned(), String::new()),
                n => (String::new(), format!(" {}.", points(n, ["was", "were"]))),
            };
            format!("Command passed from {from} to {to}{how}{}{briefed}", because(reason))
        }

        Event::ExecutiveAsked { words, commander, who } => {
            let (who, asked) = match who {
                Some(who) => (format!("{who} has no role here and"), who.to_string()),
                None => ("An executive without a role here".to_owned(), "the executive".to_owned()),
            };
            format!(
                "{who} wants to {} {commander} stays in command; {asked} was asked whether to take it.",
                ended(words)
            )
        }
        Event::ExecutiveDeclined { who, is_silent: true, .. } => {
            format!("{who} did not say whether they wish to take command; nothing changes.")
        }
        Event::ExecutiveDeclined { who, reason, .. } => {
            format!("{who} does not take command{}", because(reason))
        }
        Event::UnifyOffered { to, organization, expires_at } => format!(
            "{to} was asked to join command{}; the offer ends {}.",
            for_whom(organization),
            tell(*expires_at)
        ),
        Event::UnifyDeclined { by, reason } => format!("{by} declined to join command{}", because(reason)),
        Event::UnifyOfferExpired { to } => {
            format!("{to} did not answer whether to join command; the offer has ended.")
        }
        Event::CommandJoined { by, organization } => {
            format!(
                "{by} has command as well{} (Unified Command: several commanders decide together).",
                for_whom(organization)
            )
        }
        Event::CommandSeparated { who, reason } => {
            format!("{who} is no longer in command{}", because(reason))
        }

        Event::RoleOffered { role, to, expires_at } => {
            format!("{to} was asked to be {}; the offer ends {}.", role.shown(words), tell(*expires_at))
        }
        Event::RoleAccepted { role, by } => format!("{by} is now {}.", role.shown(words)),
        Event::RoleDeclined { role, by, reason, next } => {
            let next = in_line(next, offer_of(role));
            format!("{by} declined to be {}{}{next}", role.shown(words), because(reason))
        }
        Event::RoleOfferExpired { role, to, next } => {
            let next = in_line(next, offer_of(role));
            format!("{to} did not answer the offer to be {}; it has ended.{next}", role.shown(words))
        }
        Event::RoleRelieved { role, person, reason } => {
            format!("{person} was relieved as {}{}", role.shown(words), because(reason))
        }
        Event::RoleReleased { role, person } => {
            format!("{person} gave up the role of {}.", role.shown(words))
        }

        Event::CheckedIn { who, note } => format!("{who} checked in{}", because(note)),
        Event::CheckedOut { who, note } => format!("{who} checked out{}", because(note)),

        Event::RollCalled { asked, due_at } => {
            format!("Roll call. {}: say `here` until {}.", and(asked), tell(*due_at))
        }
        Event::RollAnswered { note } => format!("Here{}", because(note)),
        Event::RollClosed { missing, of, .. } if missing.is_empty() => {
            format!("Roll call: all {of} are accounted for.")
        }
        Event::RollClosed { missing, of, to } => format!(
            "Roll call: {} did not answer ({of} {} asked). {to}: look for them, or check them out.",
            and(missing),
            if *of == 1 { "was" } else { "were" }
        ),
        Event::ReportsTo { who, to } => format!("{who} reports to {to} from now on."),
        Event::PeriodStarted { n, ends_at, emphasis, objectives } => {
            let emphasis = if emphasis.is_empty() { String::new() } else { format!(" {}", ended(emphasis)) };
            let along: Vec<String> = objectives.iter().map(u32::to_string).collect();
            let along = match along.as_slice() {
                [] => String::new(),
                [one] => format!(" Objective {one} goes along."),
                some => format!(" Objectives {} go along.", some.join(", ")),
            };
            let what = if *n == 1 { " (the time that one plan is made for)" } else { "" };
            format!("Operational period {n}{what} began, until {}.{emphasis}{along}", tell(*ends_at))
        }
        Event::PeriodEnded { n, reason } => format!("Operational period {n} ended{}", because(reason)),

        Event::Restricted { people, reason } => {
            format!(
                "Restricted: only {} may see this incident{}",
                and_also(people, "whoever is let in"),
                reasoned(reason)
            )
        }
        Event::OpenedUp { reason } => {
            format!("Opened up: everybody may see this incident{}", reasoned(reason))
        }
        Event::Admitted { who } => format!("{who} was let in and may see this incident."),
        Event::ShutOut { who, reason } => format!("{who} may no longer see this incident{}", because(reason)),
        Event::GlassBroken { reason } => {
            format!("Break-glass: an admin who was not let in opened it{}", reasoned(reason))
        }

        Event::ObjectiveSet { n, text } => format!("Objective {n} was set: {}", ended(text)),
        Event::ObjectiveMet { n } => format!("Objective {n} was met{}", because(&named)),
        Event::ObjectiveDropped { n, reason } => {
            format!("Objective {n}{which} was dropped{}", because(reason))
        }

        Event::TaskAssigned { n, text, owner, due_at } => {
            let due = due_at.map(|at| format!(", due {}", tell(at))).unwrap_or_default();
            format!("Task #{n} went to {owner}{due}: {}", ended(text))
        }
        Event::TaskUnderstood { n } => format!("Task #{n} is understood and under way{}", because(&named)),
        Event::TaskExtended { n, due_at } => {
            format!("Task #{n}{which} has more time, until {}.", tell(*due_at))
        }
        Event::TaskReported { n, result } => format!("Task #{n}{which} is done{}", because(result)),
        Event::TaskOverdue { n, owner, to } => late_task(*n, &which, owner.as_ref(), to.as_ref()),
        Event::TaskCancelled { n, reason } => format!("Task #{n}{which} was cancelled{}", because(reason)),
        Event::TaskDeclined { n, owner, reason, to } => {
            format!("{owner} declined task #{n}{which}{}{}", because(reason), nobodys(*n, to.as_ref()))
        }
        Event::TaskReopened { n, reason, owner, due_at } => {
            let due = due_at.map(|at| format!(", due {}", tell(at))).unwrap_or_default();
            let whose = match owner {
                Some(owner) => format!(" It is {owner}'s again{due}."),
                None => nobodys(*n, None),
            };
            format!("Task #{n}{which} is not done after all{}{whose}", because(reason))
        }
        Event::TaskGiven { n, owner, due_at } => {
            let due = due_at.map(|at| format!(", due {}", tell(at))).unwrap_or_default();
            format!("Task #{n}{which} is {owner}'s now{due}.")
        }

        Event::HazardNamed { n, text, mitigation, by } => {
            let by = by.as_ref().map(|by| format!(" {by} had named it.")).unwrap_or_default();
            let mitigation = match mitigation.trim() {
                "" => String::new(),
                some => format!(" Against it: {}", ended(some)),
            };
            format!("Hazard {n}: {}{mitigation}{by}", ended(text))
        }
        Event::HazardCleared { n, reason } => format!("Hazard {n}{which} is cleared{}", because(reason)),

        Event::DecisionRecorded { text } => format!("Decision: {}", ended(text)),

        Event::ActionAnnounced { n, text, is_risky, waits_for, minutes, is_stopped } => {
            let time_box =
                minutes.map(|minutes| format!(", {}", so_many_minutes(minutes))).unwrap_or_default();
            match (*is_risky, waits_for.is_empty()) {
                (false, _) if *is_stopped => {
                    format!("Action {n} waits, as everything is stopped{time_box}: {}", ended(text))
                }
                (false, _) => format!("Action {n} is about to be done{time_box}: {}", ended(text)),
                (true, nobody) => {
                    let whose =
                        if nobody { "a go".to_owned() } else { format!("the go of {}", either(waits_for)) };
                    let stop = if *is_stopped { ", and everything is stopped" } else { "" };
                    format!("Action {n} is risky and waits for {whose}{stop}{time_box}: {}", ended(text))
                }
            }
        }
        Event::ActionCleared { n } => format!("Action {n} has its go{}", because(&named)),
        Event::ActionHeld { n, reason } => format!("Action {n}{which} is held{}", because(reason)),
        Event::ActionDone { n, result, without_go, is_stopped } => {
            let how = match done_how(*without_go, *is_stopped) {
                Some(how) => format!("was done {how}"),
                None => "is done".to_owned(),
            };
            format!("Action {n}{which} {how}{}", because(result))
        }
        Event::ActionDropped { n, reason } => {
            format!("Action {n}{which} will not be done{}", because(reason))
        }
        Event::ActionOverdue { n, by, to } => late_action(*n, &which, by.as_ref(), to),
        Event::ActionsStopped { reason, by, .. } => {
            let by = by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
            format!("STOP{by}{} Nobody changes anything until it is lifted.", because(reason))
        }
        Event::ActionsResumed { reason, free } => {
            format!("The stop is lifted; what is risky needs a new go{}{}", because(reason), go_on(free))
        }

        Event::ProposalMade { n, text, ends_at } => format!(
            "Proposal {n}: {} To object strongly: `object {n} WHY`. It is decided {} unless withdrawn.",
            ended(text),
            tell(*ends_at)
        ),
        Event::ProposalObjected { n, reason } => {
            format!("Strong objection to proposal {n}{which}{}", because(reason))
        }
        Event::ObjectionWithdrawn { n } => format!("The objection to proposal {n}{which} is taken back."),
        Event::ProposalWithdrawn { n, reason } => {
            format!("Proposal {n}{which} was withdrawn{}", because(reason))
        }
        Event::ProposalSettled { n, objectors, at_once } => {
            let how = if *at_once { "decided before its time" } else { "decided, as its time is over" };
            match objectors.as_slice() {
                [] => format!("Proposal {n}{which} is {how}; nobody objects."),
                some => {
                    format!("Proposal {n}{which} is {how}, against the strong objection of {}.", and(some))
                }
            }
        }

        Event::AssistAsked { text, asked } => {
            let about = if text.is_empty() { ".".to_owned() } else { format!(": {}", ended(text)) };
            match asked.as_slice() {
                [] => format!("A second pair of eyes is asked for{about} Whoever can, please look."),
                some => format!("A second pair of eyes is asked for{about} {}, can you look?", and(some)),
            }
        }
        Event::Nudged { whom, asked, silent_minutes, command_minutes, open } => {
            nudge(*whom, asked, *silent_minutes, *command_minutes, open)
        }
        Event::QuietAsked { until } => format!("No reminders until {}.", tell(*until)),

        Event::PagingBegun { n, escalation, about, steps, .. } => {
            let by = escalation.as_ref().map(|name| format!("«{name}», ")).unwrap_or_default();
            let about =
                if about.trim().is_empty() { String::new() } else { format!(" About: {}", ended(about)) };
            format!("Waking people ({by}call {n}): {}.{about}", called_in_turn(steps))
        }
        Event::Paged { round, called, pagers, missed, is_rehearsal, .. } => {
            paged(*round, called, pagers, missed, *is_rehearsal)
        }
        Event::PageAcknowledged { here: None, .. } => {
            "The page is acknowledged; nobody else is called.".to_owned()
        }
        Event::PageAcknowledged { here: Some(here), .. } => {
            format!("{here} is here already, so nobody is paged.")
        }
        Event::PagingStopped { reason, .. } => format!("Nobody is paged any more{}", because(reason)),
        Event::PagingExhausted { n } => {
            format!("Everybody was paged, and nobody acknowledged (call {n}). To begin again: `page`.")
        }
        Event::PageFailed { to, pager, why, .. } => {
            let to = to.as_ref().map(|person| format!(" to {person}")).unwrap_or_default();
            format!("The page{to} by {pager} did not go out: {}", ended(why))
        }

        Event::PlaybookBegun { playbook } => {
            let steps = playbook.steps.len();
            let steps = if steps == 1 { "1 step".to_owned() } else { format!("{steps} steps") };
            format!("Playbook {} begins: {steps} (`playbook`).", playbook.id)
        }
        Event::StepDone { playbook, step, text, result } => {
            format!("Step {step} of {playbook}{} is done{}", told_of(text), because(result))
        }
        Event::StepSkipped { playbook, step, text, reason } => {
            format!("Step {step} of {playbook}{} is left out{}", told_of(text), because(reason))
        }
        Event::StepReopened { playbook, step, text, due_for } if due_for.is_empty() => {
            format!("Step {step} of {playbook}{} is open again.", told_of(text))
        }
        Event::StepReopened { playbook, step, text, due_for } => {
            format!("Step {step} of {playbook} is due again. {}: {}", and(due_for), ended(&brief(text)))
        }

        Event::CanReported { service, conditions, actions, needs } => {
            let parts: Vec<_> = [("conditions", conditions), ("actions", actions), ("needs", needs)]
                .into_iter()
                .filter(|(_, text)| !text.trim().is_empty())
                .map(|(what, text)| format!("{what}: {}", text.trim().trim_end_matches('.')))
                .collect();
            format!("Report on {service} – {}", ended(&parts.join("; ")))
        }
        Event::Noted { text, until: None, .. } => text.trim().to_owned(),
        Event::Noted { text, until: Some(until), .. } => format!("{} (until {})", text.trim(), tell(*until)),
        Event::LinkAdded { label, url, sum: None } => format!("Linked {label}: {url}"),
        Event::LinkAdded { label, url, sum: Some(sum) } => format!("File {label} ({sum}): {url}"),

        Event::EntryCorrected { target, occurred_at, reason, can: Some(parts), .. } => {
            let at = occurred_at.map(|at| format!(", of {}", tell(at))).unwrap_or_default();
            format!(
                "The report in entry {target}{at} was corrected to «{}»{}",
                replaced(parts),
                because(reason)
            )
        }
        Event::EntryCorrected { target, text, occurred_at, reason, .. } => {
            let at = occurred_at.map(|at| format!(" at {}", tell(at))).unwrap_or_default();
            let text = without_address(text.trim());
            format!("Entry {target} was corrected to «{text}»{at}{}", because(reason))
        }
        Event::EntryRedacted { target, reason } => format!("Entry {target} was redacted{}", because(reason)),

        Event::EntryPinned { target } => format!("Entry {target} is a key moment."),
        Event::EntryUnpinned { target } => format!("Entry {target} is not marked as a key moment any more."),

        Event::AlertsLinked { situation, title, source, firing, total, within, because, .. } => {
            let because = if because.is_empty() { String::new() } else { format!(" {}", ended(because)) };
            let window = within.as_ref().map_or_else(String::new, |window| {
                format!("; within the maintenance window «{}», until {}", window.name, tell(window.until))
            });
            format!(
                "Alerts S-{situation} «{title}» from {source} belong to this incident now: {firing} of {total} firing{window}.{because}"
            )
        }
        Event::AlertsChanged { situation, title, firing, total, acknowledged, flapping: None, .. } => {
            let on_it = match acknowledged {
                0 => String::new(),
                n => format!(", {n} acknowledged at the sender"),
            };
            format!("Alerts S-{situation} «{title}»: {firing} of {total} firing now{on_it}.")
        }
        Event::AlertsChanged { situation, title, firing, total, flapping: Some(flaps), .. } => format!(
            "Alerts S-{situation} «{title}» are {flaps}; {firing} of {total} firing now. Until it settles, you only hear of it getting worse."
        ),
        Event::AlertsCleared { situation, title, total, asks, in_triage } => {
            let cleared = match total {
                1 => "its one alert has stopped firing".to_owned(),
                total => format!("all {total} have stopped firing"),
            };
            let asks = match (asks, in_triage) {
                (true, false) => " All alerts of this incident have stopped. Is it mended? `resolve HOW`.",
                (true, true) => {
                    " All alerts of this incident have stopped. Was it an incident? `confirm`, or `cancel REASON`."
                }
                (false, _) => "",
            };
            format!("Alerts S-{situation} «{title}» cleared: {cleared}.{asks}")
        }

        Event::UpdateDrafted { n, draft } => {
            let corrects = draft.corrects.map(|n| format!(", correcting update {n}")).unwrap_or_default();
            let phase = draft.phase.title();
            let text = shortened(draft.text.trim());
            let stop = if ended(&text) == text { "" } else { "." };
            format!("Public update {n} was drafted ({phase}{corrects}): «{text}»{stop}")
        }
        Event::UpdateApproved { n, expires_at, alone, .. } => match alone {
            None => format!("Public update {n} was approved, until {}.", tell(*expires_at)),
            Some(why) => format!("Public update {n} was approved by its own author, alone{}", because(why)),
        },
        Event::UpdatePublished { n, next_update_at, destinations, .. } => {
            let next = next_update_at.map_or_else(
                || "no next one was promised".to_owned(),
                |at| format!("the next one was promised for {}", tell(at)),
            );
            format!("Public update {n} was published to {}; {next}.", places(destinations))
        }
        Event::UpdateDelivered { n, destination, url } => {
            let url = url.as_ref().map(|url| format!(": {url}")).unwrap_or_else(|| ".".to_owned());
            format!("Public update {n} arrived at {}{url}", the_place(destination))
        }
        Event::UpdateDeliveryFailed { n, destination, why } => {
            format!("Public update {n} did not reach {}{}", the_place(destination), because(why))
        }
        Event::UpdateDropped { n, reason } => {
            format!("Public update {n} was dropped before it was public{}", because(reason))
        }

        Event::Reminded { what, .. } => format!("Reminder: {}", ended(what)),

        Event::ChatLost { chat, since, is_deaf: false } => {
            format!("{} has not answered since {}.", door(chat), tell(*since))
        }
        Event::ChatLost { chat, since, is_deaf: true } => {
            format!("{} is not heard since {}: what is typed there does nothing.", door(chat), tell(*since))
        }
        Event::ChatBack { chat, away_seconds, was_deaf } => {
            let what = if *was_deaf { "is heard" } else { "answers" };
            format!("{} {what} again, after {}.", door(chat), lasted(*away_seconds))
        }

        Event::Startex { scenario, .. } => {
            format!("The exercise «{scenario}» began (STARTEX). Nothing of it is real.")
        }
        Event::Injected { id, from, to, text } => {
            format!("In the exercise, from {from} to {to} (inject {id}): {}", ended(text))
        }
        Event::Observed { text } => format!("An observer of the exercise wrote: {}", ended(text)),
        Event::Endex { reason } => format!("The exercise ended (ENDEX){}", because(reason)),
    }
}

#[cfg(test)]
mod tests;
