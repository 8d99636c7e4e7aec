//! The executive who gives orders without a role: either they take command, or their words stand as a note.
//!
//! They are asked one question, for all to read, and their answer is on the timeline like it: `take` passes command to them, `command
//! decline` leaves it where it is, and so does no answer. Whom the settings bar from command is not asked, and the commander reads
//! their words all the same.

use super::*;
use crate::{
    incident::{
        permission::is_order,
        sentence::{ended, so_many_minutes},
        state::ExecutiveQuestion,
    },
    mask::Masked,
};

/// One question an incident within this time; it is as long that an answer is waited for.
pub const ASKED_ANEW: Duration = Duration::minutes(10);
const WORDS_CHARS_MAX: usize = 500;

/// The question in place of a refusal, and a note where it was asked before; `None`: the refusal stands.
pub(super) fn question(incident: &Incident, command: &Command, scene: &Scene<'_>) -> Option<Decision> {
    let me = scene.person;
    let verb = verb_of(incident, command, me);
    let was_asked = incident.executive_asked.is_some_and(|at| scene.now - at < ASKED_ANEW);
    if scene.is_house
        || !scene.policy.executives.contains(&me.id)
        || !is_order(verb, incident.kind())
        || !incident.phase.is_active()
        || !incident.roles_of(me).is_empty()
    {
        return None;
    }
    let (words, masked) = wanted(verb, command, scene);
    let commander = incident.commander.clone();
    let mut decision = match scene.policy.reserved.check(Verb::TakeCommand, me, incident.kind()) {
        Err(barred) => noted(me, &words, &commander, &barred.why),
        Ok(()) if was_asked => noted(me, &words, &commander, &still_asked(incident, scene)),
        Ok(()) => {
            let reply = format!(
                "Do you wish to take command of {}? Yes: `command take`. No: `command decline`. The card has a button for each. \
                 {commander} has it now, and has been told. Your words stand as a note, and nothing was done.",
                incident.id
            );
            Decision::one(Event::ExecutiveAsked { words, commander, who: Some(me.clone()) }, reply)
        }
    };
    decision.reply.push_str(&masked.word());
    Some(decision)
}

/// What they want: the right that it takes, or of a right to two opposites the one, what they ordered, and what they wrote to it. All
/// of it stays on the timeline, so names and numbers are masked like any text.
fn wanted(verb: Verb, command: &Command, scene: &Scene<'_>) -> (String, Masked) {
    let parts = std::iter::once(ordered(command, scene)).chain(command.words());
    let mut said = parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ");
    let mut masked = Masked::default();
    masked.mask(&mut said);
    let said: String = clean(&said).trim().chars().take(WORDS_CHARS_MAX).collect();
    let order = match command {
        Command::StopActions { .. } => "stop all actions",
        Command::ResumeActions { .. } => "let all actions go on",
        Command::StartPeriod { .. } => "begin an operational period",
        Command::EndPeriod { .. } => "end the operational period",
        _ => verb.words(),
    };
    let words = if said.is_empty() { order.to_owned() } else { format!("{order}: {said}") };
    (words, masked)
}

/// What was ordered besides what they wrote: which severity, which role and to whom. Empty where the right says it all.
fn ordered(command: &Command, scene: &Scene<'_>) -> String {
    use Command::*;
    let title = |role: &Role| role.shown(scene.policy.words);
    let within = |minutes: &Option<u32>| {
        minutes.map(|minutes| format!(", {}", so_many_minutes(minutes))).unwrap_or_default()
    };
    match command {
        Severity { to, .. } | Confirm { severity: Some(to) } => to.to_string(),
        Rate { to, rated, .. } => format!("{to} {rated}"),
        Enter { phase: Phase::Resolved | Phase::Closed | Phase::Cancelled, .. } => String::new(),
        Enter { phase, .. } => phase.shown().to_owned(),
        CloseLeavingSubs { .. } => "its parts go on".to_owned(),
        Merge { into, .. } => format!("into {into}"),
        PutUnder { parent, .. } => format!("a part of {parent}"),
        LeaveParent { .. } => "a part of no other".to_owned(),
        SetField { name, .. } => name.clone(),
        SetMilestone { milestone, at, .. } => {
            format!("{} {}", milestone.title(), when(stated(*at, scene.now).ok()))
        }
        OfferCommand { to } => format!("to {to}"),
        Unify { to, .. } => format!("to {to} as well"),
        WithdrawCommand => "take the offer back".to_owned(),
        OfferRole { role, to } => format!("{} to {to}", title(role)),
        ReportTo { who, to } => format!("{who} is to report to {to}"),
        RelieveRole { role, person: None, .. } => title(role),
        RelieveRole { role, person: Some(person), .. } => format!("{person} as {}", title(role)),
        CheckOut { who: Some(who), .. } => format!("{who} is to check out"),
        RollCall { minutes: Some(minutes) } => so_many_minutes(*minutes),
        Admit { who } => format!("{who} in"),
        Expel { who, .. } => format!("{who} out"),
        MeetObjective { n } => format!("objective {n} is met"),
        DropObjective { n, .. } => format!("drop objective {n}"),
        StartPeriod { minutes, .. } => so_many_minutes(*minutes),
        AssignTask { owner: Some(owner), minutes, .. } => format!("{owner}{}", within(minutes)),
        GiveTask { n, owner: Some(owner), minutes } => format!("#{n} to {owner}{}", within(minutes)),
        CancelTask { n, .. } => format!("#{n}"),
        ClearHazard { n, .. } => format!("hazard {n}"),
        ClearAction { n } => format!("action {n} has its go"),
        HoldAction { n, .. } => format!("hold action {n}"),
        SettleProposal { n } => format!("proposal {n}"),
        Quiet { minutes } => so_many_minutes(*minutes),
        StopPaging { .. } => "page nobody any more".to_owned(),
        Redact { target, .. } | Pin { target } | Unpin { target } => format!("entry {target}"),
        Approve { n, .. } | Publish { n } => format!("update {n}"),
        // The right says it all, they wrote all of it, or it is no order.
        _ => String::new(),
    }
}

/// What whoever has ordered before and has not answered is told again; nothing to whoever has answered, or was not asked.
fn still_asked(incident: &Incident, scene: &Scene<'_>) -> String {
    open_question(incident, scene).map_or_else(String::new, |_| {
        format!(
            "The question is still open whether you wish to take command of {}. Yes: `command take`. No: \
             `command decline`.",
            incident.id
        )
    })
}

/// Nothing to ask now; what they want is not kept from whoever has command. `why` is for them to read, and may be empty.
fn noted(me: &Person, words: &str, commander: &Person, why: &str) -> Decision {
    let (decides, told) = if commander.id == Person::house().id {
        (String::new(), String::new())
    } else {
        (format!(" That is for {commander} to decide."), format!(", and {commander} has been told"))
    };
    let text = format!("{me} has no role here and wants to {} Nothing was done.{decides}", ended(words));
    let stands = format!("Your words stand as a note{told}.");
    let reply: Vec<&str> =
        ["Nothing was done.", why, &stands].into_iter().filter(|part| !part.is_empty()).collect();
    // An order refused takes nothing on.
    Decision::one(Event::Noted { text, until: None, is_mark: true }, reply.join(" "))
}

fn open_question<'a>(incident: &'a Incident, scene: &Scene<'_>) -> Option<&'a ExecutiveQuestion> {
    let question = incident.executive_question.as_ref()?;
    (question.to.id == scene.person.id).then_some(question)
}

/// Why command passes to this person at once: they were asked whether they wish to take it, the commander was told, and they do.
pub(super) fn takes(incident: &Incident, scene: &Scene<'_>) -> Option<String> {
    let question = open_question(incident, scene)?;
    let is_in_time = scene.now - question.at < ASKED_ANEW;
    is_in_time.then(|| format!("{} was asked whether they wish to take command, and does", question.to))
}

pub(super) fn declined(incident: &Incident, reason: String, scene: &Scene<'_>) -> Option<Decision> {
    let who = open_question(incident, scene)?.to.clone();
    let reply = format!("{} goes on. What should be known of your words: `note TEXT`.", incident.commander);
    Some(Decision::one(Event::ExecutiveDeclined { who, reason, is_silent: false }, reply))
}

/// The time for an answer to the question of that entry is over.
pub(super) fn silent(incident: &Incident, seq: u64, scene: &Scene<'_>) -> Ruling {
    match &incident.executive_question {
        Some(question) if question.seq == seq && scene.now - question.at >= ASKED_ANEW => {
            let who = question.to.clone();
            Ok(Decision::one(Event::ExecutiveDeclined { who, reason: String::new(), is_silent: true }, ""))
        }
        _ => Ok(Decision::read("")),
    }
}
