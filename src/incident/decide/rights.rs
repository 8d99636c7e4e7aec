//! Who may: the right that a command needs, and whether somebody has it here.

use super::Scene;
use crate::{
    incident::{
        command::{Command, Verb},
        permission::{Standing, may},
        phase::Phase,
        refusal::Refusal,
        role::{CATALOGUE, Role, RoleDef, Words},
        state::Incident,
    },
    people::Person,
};

/// The right that a command needs.
pub(super) fn verb_of(incident: &Incident, command: &Command, person: &Person) -> Verb {
    use Command::*;
    match command {
        Retitle { .. } | Summarize { .. } => Verb::Retitle,
        Severity { to, .. } | Rate { to, .. } if incident.severity.worse_than(*to) => Verb::LowerSeverity,
        Severity { .. } | Rate { .. } => Verb::RaiseSeverity,
        Confirm { severity: Some(to) } if incident.severity.worse_than(*to) => Verb::LowerSeverity,
        Confirm { .. } => Verb::Confirm,
        Enter { phase: Phase::Resolved, .. } => Verb::Resolve,
        Enter { phase: Phase::Closed | Phase::Review, .. } => Verb::Close,
        Enter { phase: Phase::Cancelled | Phase::Merged, .. } => Verb::Cancel,
        Enter { phase: Phase::Completed, .. } => Verb::Resolve,
        Enter { .. } | MoveWork { .. } | ExtendWork { .. } => Verb::Advance,
        Merge { .. } => Verb::Merge,
        CloseLeavingSubs { .. } => Verb::Close,
        PutUnder { .. } | LeaveParent { .. } => Verb::Relate,
        SetType { .. } | SetField { .. } => Verb::Classify,
        SetMilestone { .. } => Verb::Milestone,
        TakeCommand { .. } => Verb::TakeCommand,
        OfferCommand { .. } | WithdrawCommand | Unify { .. } => Verb::OfferCommand,
        JoinCommand | Separate { .. } => Verb::AnswerOffer,
        AcceptCommand | DeclineCommand { .. } | AcceptRole { .. } | DeclineRole { .. } => Verb::AnswerOffer,
        Briefing | Summary | Roles | Chart | Status | Crew | Actions | Proposals | Next | Milestones
        | Types | Fields | Subs | Pagings | Steps | Playbooks | Hazards => Verb::Read,
        TakeRole { .. } | ReleaseRole { .. } => Verb::TakeRole,
        OfferRole { .. } | ReportTo { .. } => Verb::OfferRole,
        RollCall { .. } => Verb::RollCall,
        StartPeriod { .. } | EndPeriod { .. } => Verb::Period,
        RelieveRole { .. } => Verb::RelieveRole,
        // Checking somebody else out takes their roles away.
        CheckOut { who: Some(who), .. } if who.id != person.id && !incident.roles_of(who).is_empty() => {
            Verb::RelieveRole
        }
        CheckIn { .. } | CheckOut { .. } | Here { .. } => Verb::CheckIn,
        Restrict { .. } => Verb::Restrict,
        OpenUp { .. } => Verb::OpenUp,
        Admit { .. } | Expel { .. } => Verb::Admit,
        BreakGlass { .. } => Verb::BreakGlass,
        SetObjective { .. } | MeetObjective { .. } | DropObjective { .. } => Verb::Objective,
        // A task for oneself is work; a task for another is an order.
        AssignTask { owner: None, .. }
        | GiveTask { owner: None, .. }
        | UnderstandTask { .. }
        | ExtendTask { .. }
        | ReportTask { .. }
        | DeclineTask { .. }
        | ReopenTask { .. } => Verb::WorkTask,
        AssignTask { .. } | GiveTask { .. } => Verb::AssignTask,
        CancelTask { .. } => Verb::CancelTask,
        Can { .. } => Verb::Report,
        BeginPlaybook { .. } | TickStep { .. } | SkipStep { .. } | UndoStep { .. } => Verb::Play,
        Decide { .. } => Verb::Decide,
        Announce { .. } | FinishAction { .. } | DropAction { .. } => Verb::Act,
        ClearAction { .. } | HoldAction { .. } => Verb::ClearAction,
        StopActions { .. } | ResumeActions { .. } => Verb::StopActions,
        Propose { .. } | Object { .. } | WithdrawProposal { .. } => Verb::Propose,
        SettleProposal { .. } => Verb::SettleProposal,
        Assist { .. } => Verb::Assist,
        Quiet { .. } | StopPaging { .. } => Verb::Quiet,
        BeginPaging { .. } => Verb::Assist,
        AcknowledgePages => Verb::AnswerOffer,
        Note { .. } | NoteSpan { .. } | AddLink { .. } => Verb::Note,
        Correct { .. } | CorrectCan { .. } => Verb::Correct,
        NameHazard { .. } => Verb::Hazard,
        // Who named it takes it back.
        ClearHazard { n, .. } if incident.hazard(*n).is_none_or(|one| one.by.id == person.id) => Verb::Hazard,
        ClearHazard { .. } => Verb::ClearHazard,
        Redact { .. } => Verb::Redact,
        Pin { .. } | Unpin { .. } => Verb::Pin,
        LinkSituation { .. } => Verb::LinkAlerts,
        Draft(_) | DropPost { .. } => Verb::DraftPost,
        Approve { .. } => Verb::ApprovePost,
        Publish { .. } => Verb::PublishPost,
        SituationMoved { .. }
        | Timer(_)
        | Remind(_)
        | PageNext { .. }
        | PageFailed { .. }
        | Delivered { .. }
        | ChatLost { .. }
        | ChatBack { .. }
        | Inject { .. }
        | Observe { .. }
        | Endex { .. } => Verb::House,
    }
}

/// Refuses whoever has not the right to this command, and says who has.
pub(super) fn permit(incident: &Incident, command: &Command, scene: &Scene<'_>) -> Result<(), Refusal> {
    let verb = verb_of(incident, command, scene.person);
    if scene.is_house {
        return if may(Standing::House, verb, incident.kind()) {
            Ok(())
        } else {
            Err(Refusal::forbidden(
                format!("The house itself may not {}.", verb.words()),
                "A person must do it.",
            ))
        };
    }
    // Who may was asked already, before anything was said of the incident.
    if verb == Verb::BreakGlass {
        return Ok(());
    }
    let reserved = &scene.policy.reserved;
    match command {
        Command::OfferCommand { to } | Command::Unify { to, .. } => {
            reserved.check(verb, to, incident.kind())?
        }
        Command::WithdrawCommand => {}
        Command::AcceptCommand | Command::JoinCommand => {
            reserved.check(Verb::TakeCommand, scene.person, incident.kind())?
        }
        _ => reserved.check(verb, scene.person, incident.kind())?,
    }
    let roles = incident.roles_of(scene.person);
    let allowed = if roles.is_empty() {
        may(Standing::Participant, verb, incident.kind())
    } else {
        roles.iter().any(|role| may(Standing::Holds(role), verb, incident.kind()))
    };
    let may_lower = verb == Verb::LowerSeverity
        && !scene.policy.only_commander_lowers_severity
        && roles.iter().any(|role| may(Standing::Holds(role), Verb::RaiseSeverity, incident.kind()));
    // Who declared a false alarm may call it off.
    if allowed
        || may_lower
        || (matches!(verb, Verb::Cancel | Verb::Merge) && incident.opened_by.id == scene.person.id)
    {
        return Ok(());
    }
    // Who commands the one that goes on takes in its duplicates.
    if let Command::Merge { other: Some(other), .. } = command
        && other.commander.id == scene.person.id
    {
        return Ok(());
    }
    // And its parts.
    if let Command::PutUnder { facts: Some(facts), .. } = command
        && facts.commander.id == scene.person.id
    {
        return Ok(());
    }
    // Who wrote an entry may take it back.
    if verb == Verb::Redact && scene.target.is_some_and(|target| target.author.id == scene.person.id) {
        return Ok(());
    }
    let who = scene.person;
    let as_what = match roles.first() {
        Some(role) => format!("as {}", role.shown(scene.policy.words)),
        None => "without a role here".to_owned(),
    };
    let names = who_may(incident, verb, scene.policy.words);
    let standing = |role| may(Standing::Holds(role), Verb::TakeCommand, incident.kind());
    let takes = roles.is_empty() || roles.iter().any(standing);
    let instead = match (names.is_empty(), incident.commander.id == Person::house().id) {
        (true, _) => "Only the house does that.".to_owned(),
        (false, true) if takes => "Nobody is in command: `take`.".to_owned(),
        (false, true) => format!("Nobody is in command. It is for: {}.", names.join(", ")),
        (false, false) => {
            let or = if takes { " Or «command take» if nobody answers." } else { "" };
            format!("{} can: {}.{or}", incident.commander, names.join(", "))
        }
    };
    Err(Refusal::forbidden(format!("{who} may not {} {as_what}.", verb.words()), instead))
}

/// Roles named to whoever may not do something, at most.
const NAMED_MAX: usize = 5;

/// The roles that may: those that somebody holds first, then as the catalogue has them.
fn who_may(incident: &Incident, verb: Verb, words: Words) -> Vec<String> {
    let mut held: Vec<Role> = incident.roles.iter().map(|held| held.role.clone()).collect();
    held.sort();
    // A family's role has a name of its own.
    let of = |def: &RoleDef| -> Option<Role> {
        def.slug.parse().or_else(|_| format!("{}:any", def.slug).parse()).ok()
    };
    let mut names: Vec<String> = Vec::new();
    for role in std::iter::once(Role::ic()).chain(held).chain(CATALOGUE.iter().filter_map(of)) {
        let name = role.head(words).to_owned();
        if may(Standing::Holds(&role), verb, incident.kind()) && !names.contains(&name) {
            names.push(name);
        }
    }
    names.truncate(NAMED_MAX);
    names
}

/// What can be done to an incident that is over.
pub(super) fn allowed_when_over(command: &Command) -> bool {
    use Command::*;
    matches!(
        command,
        Note { .. }
            | NoteSpan { .. }
            | Correct { .. }
            | CorrectCan { .. }
            | Redact { .. }
            | Pin { .. }
            | Unpin { .. }
            | AddLink { .. }
            | Status
            | SetMilestone { .. }
            | Milestones
            | SetType { .. }
            | Types
            | Subs
            | LeaveParent { .. }
            | SetField { .. }
            | Fields
            | Roles
            | Chart
            | Briefing
            | Summary
            | Crew
            | Actions
            | Hazards
            | Proposals
            | Next
            | CheckOut { .. }
            | Restrict { .. }
            | OpenUp { .. }
            | Admit { .. }
            | Expel { .. }
            | BreakGlass { .. }
            | Pagings
            | Steps
            | Playbooks
            | Timer(_)
            | Remind(_)
            | PageNext { .. }
            | PageFailed { .. }
            | Delivered { .. }
            | SituationMoved { .. }
            | Observe { .. }
            | Endex { .. }
    ) || matches!(command, Enter { phase: Phase::Investigating, .. })
}
