//! Who may: the right that a command needs, and whether somebody has it here.

use super::Scene;
use crate::{
    incident::{
        command::{Command, Verb},
        permission::{Standing, Tie, may, tie_may},
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
        Enter { .. } | ReopenMerged { .. } | MoveWork { .. } | ExtendWork { .. } => Verb::Advance,
        Merge { .. } => Verb::Merge,
        CloseLeavingSubs { .. } => Verb::Close,
        PutUnder { .. } | LeaveParent { .. } => Verb::Relate,
        SetType { .. } | SetField { .. } => Verb::Classify,
        SetMilestone { .. } => Verb::Milestone,
        TakeCommand { .. } => Verb::TakeCommand,
        OfferCommand { .. } | WithdrawCommand | Unify { .. } => Verb::OfferCommand,
        JoinCommand | Separate { .. } => Verb::AnswerOffer,
        AcceptCommand | DeclineCommand { .. } | AcceptRole { .. } | DeclineRole { .. } => Verb::AnswerOffer,
        Briefing
        | Summary
        | Roles
        | Chart
        | Status
        | Crew
        | Actions
        | Proposals
        | Next
        | Milestones
        | Types
        | Fields
        | Subs { .. }
        | Pagings
        | Steps
        | Playbooks
        | Hazards
        | Objectives => Verb::Read,
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
        Note { .. } | NoteMark { .. } | NoteSpan { .. } | AddLink { .. } => Verb::Note,
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
        | Regroup { .. }
        | RedactToo { .. }
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
                format!("The house itself may not {}.", words(command, verb)),
                "A person must do it.",
            ))
        };
    }
    // Who may break the glass was asked already, before anything was said of the incident.
    if tie_may(Tie::GlassBreaker, verb) {
        return Ok(());
    }
    check_reserved(incident, command, verb, scene)?;
    let roles = incident.roles_of(scene.person);
    if has_right(incident, scene.person, verb)
        || ties(incident, command, &roles, scene).any(|tie| tie_may(tie, verb))
    {
        return Ok(());
    }
    let (who, as_what) = (scene.person, as_what(&roles, scene.policy.words));
    let wrote = match command {
        Command::Approve { n, .. }
            if scene.policy.two_person && incident.post(*n).is_some_and(|post| post.author.id == who.id) =>
        {
            format!(" Who wrote update {n} is not who approves it.")
        }
        _ => String::new(),
    };
    Err(Refusal::forbidden(
        format!("{who} may not {} {as_what}.{wrote}", words(command, verb)),
        confirmed_first(incident, command, verb, scene)
            .unwrap_or_else(|| what_works(incident, &roles, verb, scene)),
    ))
}

/// All that somebody is here: none of it is enough.
fn as_what(roles: &[Role], words: Words) -> String {
    let mut shown: Vec<String> = roles.iter().map(|role| role.shown(words)).collect();
    match (shown.pop(), shown.is_empty()) {
        (None, _) => "without a role here".to_owned(),
        (Some(only), true) => format!("as {only}"),
        (Some(last), false) => format!("as {} or {last}", shown.join(", ")),
    }
}

/// Who may confirm and not make it smaller confirms it as it stands, and then whoever has command does the rest.
fn confirmed_first(incident: &Incident, command: &Command, verb: Verb, scene: &Scene<'_>) -> Option<String> {
    let Command::Confirm { severity: Some(to) } = command else { return None };
    let may_confirm = incident.phase == Phase::Triage && has_right(incident, scene.person, Verb::Confirm);
    if verb != Verb::LowerSeverity || !may_confirm {
        return None;
    }
    let names = &scene.policy.names;
    let (from, n) = (names.severity(incident.severity), to.level());
    let lower = format!("`severity sev{n}`");
    let then = match super::lifecycle::commanded(incident, scene) {
        (Some(_), _) => format!("You have command then: {lower}."),
        _ if incident.commander.id != Person::house().id => {
            format!("{} has command then and may lower it: {lower}.", incident.commander)
        }
        _ if may_take_command(incident, scene.person, scene) => {
            format!("Then `take`, and lower it: {lower}.")
        }
        _ => "Whoever takes command then may lower it.".to_owned(),
    };
    Some(format!("Confirm it as {from}, as it stands: `confirm`. {then}"))
}

/// What somebody may not do, as a refusal tells it: of calls as what was said, where they share a right with something else.
fn words(command: &Command, verb: Verb) -> &'static str {
    match command {
        Command::BeginPaging { .. } => "page anybody",
        Command::AcknowledgePages => "answer a page",
        Command::StopPaging { .. } => "stop a call",
        _ => verb.words(),
    }
}

/// What somebody is to this incident besides their roles.
fn ties(
    incident: &Incident,
    command: &Command,
    roles: &[Role],
    scene: &Scene<'_>,
) -> impl Iterator<Item = Tie> {
    let is_me = |person: &Person| person.id == scene.person.id;
    let raises = |role: &Role| may(Standing::Holds(role), Verb::RaiseSeverity, incident.kind());
    let commands_other = match command {
        Command::Merge { other: Some(other), .. } => is_me(&other.commander),
        Command::PutUnder { facts: Some(facts), .. } => is_me(&facts.commander),
        _ => false,
    };
    // Who may not have command of anything by the settings ends nothing by what happens to be theirs.
    let leaves = |verb| scene.policy.reserved.leaves(verb, scene.person, incident.kind());
    let may_command = leaves(Verb::TakeCommand);
    // What somebody has confirmed is called off by whoever has command of it, and so is what is planned.
    let is_suspicion = incident.phase == Phase::Triage && may_command && leaves(Verb::Declare);
    let all = [
        (Tie::Declarer, is_suspicion && is_me(&incident.opened_by)),
        (Tie::CommanderOfOther, commands_other && may_command),
        (Tie::Author, scene.target.is_some_and(|target| is_me(&target.author))),
        (Tie::Rater, !scene.policy.only_commander_lowers_severity && roles.iter().any(raises)),
    ];
    all.into_iter().filter(|(_, is_so)| *is_so).map(|(tie, _)| tie)
}

/// Rights that the settings reserve to groups, whatever somebody's role.
fn check_reserved(
    incident: &Incident,
    command: &Command,
    verb: Verb,
    scene: &Scene<'_>,
) -> Result<(), Refusal> {
    let (reserved, kind) = (&scene.policy.reserved, incident.kind());
    // A deputy who may not take over would be no deputy.
    let stands_in = |refusal: Refusal| Refusal {
        why: format!("A deputy stands in for the commander. {}", refusal.why),
        ..refusal
    };
    match command {
        Command::OfferCommand { to } | Command::Unify { to, .. } => reserved.check(verb, to, kind),
        Command::OfferRole { role, to } if role.rights() == "deputy" => {
            reserved.check(Verb::OfferCommand, to, kind).map_err(stands_in)
        }
        Command::TakeRole { role } if role.rights() == "deputy" => {
            reserved.check(Verb::TakeCommand, scene.person, kind).map_err(stands_in)
        }
        Command::WithdrawCommand => Ok(()),
        Command::AcceptCommand | Command::JoinCommand => {
            reserved.check(Verb::TakeCommand, scene.person, kind)
        }
        // Made smaller as it is confirmed, it needs another right besides.
        Command::Confirm { .. } => reserved.check(Verb::Confirm, scene.person, kind),
        _ => reserved.check(verb, scene.person, kind),
    }
}

/// Whether somebody's roles carry a right, or without one what anybody may.
fn has_right(incident: &Incident, person: &Person, verb: Verb) -> bool {
    let roles = incident.roles_of(person);
    if roles.is_empty() {
        return may(Standing::Participant, verb, incident.kind());
    }
    roles.iter().any(|role| may(Standing::Holds(role), verb, incident.kind()))
}

/// Whether somebody would have command if they said `take` where nobody stands in the way: neither their role nor a group.
pub(super) fn may_take_command(incident: &Incident, person: &Person, scene: &Scene<'_>) -> bool {
    has_right(incident, person, Verb::TakeCommand)
        && scene.policy.reserved.check(Verb::TakeCommand, person, incident.kind()).is_ok()
}

/// Whether somebody may give others a task.
pub(super) fn may_assign(incident: &Incident, person: &Person) -> bool {
    has_right(incident, person, Verb::AssignTask)
}

/// Whether somebody may work on a task: not whoever only reads along.
pub(super) fn may_work(incident: &Incident, person: &Person) -> bool {
    has_right(incident, person, Verb::WorkTask)
}

/// What somebody could do who has not this right: nothing that they would be refused as well.
fn what_works(incident: &Incident, roles: &[Role], verb: Verb, scene: &Scene<'_>) -> String {
    let titles = who_may(incident, verb, scene.policy.words).join(", ");
    if titles.is_empty() {
        return "Only the house does that.".to_owned();
    }
    let only_reads = |role: &Role| matches!(role.rights(), "observer" | "trainee");
    if !roles.is_empty() && roles.iter().all(only_reads) && may(Standing::Participant, verb, incident.kind())
    {
        let released: Vec<String> =
            roles.iter().map(|role| format!("`role release {}`", role.slug())).collect();
        return format!("To take part, give that up first: {}.", released.join(", "));
    }
    // Of what is over, nobody takes command any more.
    let takes = !incident.phase.is_over() && may_take_command(incident, scene.person, scene);
    let is_led = incident.commander.id != Person::house().id;
    let ask = match (who_can(incident, verb, scene).split_last(), is_led) {
        (None, true) => format!("It takes one of these roles: {titles}."),
        (None, false) if takes => return "Nobody is in command: `take`.".to_owned(),
        (None, false) => format!("Nobody is in command. It is for: {titles}."),
        (Some((only, [])), _) => format!("Ask {only}."),
        (Some((last, others)), _) => format!("Ask {} or {last}.", others.join(", ")),
    };
    let take = match takes {
        false => "",
        true if !is_led => " Nobody is in command: `take`.",
        true if super::aid::succession(incident, scene).is_some() => {
            " The commander does not answer: `command take`."
        }
        true if can_wait(verb) => "",
        true => " If nobody answers: `command take --force REASON`.",
    };
    format!("{ask}{take}")
}

/// What is said and how it is filed: nobody takes command away from somebody for that.
fn can_wait(verb: Verb) -> bool {
    use Verb::*;
    matches!(verb, Retitle | Classify | Milestone | Correct | Redact | Pin | ApprovePost | PublishPost)
}

/// People who are named to whoever may not do something, at most.
const ASKED_MAX: usize = 3;

/// Those here who may, each with the role that lets them: the commanders first.
fn who_can(incident: &Incident, verb: Verb, scene: &Scene<'_>) -> Vec<String> {
    let (kind, house, ic) = (incident.kind(), Person::house(), Role::ic());
    let held = incident.roles.iter().map(|held| (&held.person, &held.role));
    let mut can: Vec<(&Person, &Role)> = Vec::new();
    for (one, role) in incident.commanding().into_iter().map(|one| (one, &ic)).chain(held) {
        let is_meant = one.id != house.id && can.iter().all(|(known, _)| known.id != one.id);
        if is_meant
            && may(Standing::Holds(role), verb, kind)
            && scene.policy.reserved.check(verb, one, kind).is_ok()
        {
            can.push((one, role));
        }
    }
    can.truncate(ASKED_MAX);
    can.into_iter().map(|(one, role)| format!("{one} ({})", role.shown(scene.policy.words))).collect()
}

/// Roles that are named where nobody has one of them, at most.
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
            | NoteMark { .. }
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
            | Subs { .. }
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
            | Objectives
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
            | Regroup { .. }
            | RedactToo { .. }
            | PageFailed { .. }
            | Delivered { .. }
            | SituationMoved { .. }
            | Observe { .. }
            | Endex { .. }
            | ReopenMerged { .. }
    ) || matches!(command, Enter { phase: Phase::Investigating, .. })
}
