//! What anybody may say, in whatever order: people, the house, and how long after one another.

use chrono::DateTime;
use commandpost::{
    alert::flapping::Flaps,
    incident::{
        command::{Command, DraftText, MergeFacts, ParentFacts, SituationFacts, StatedTime, TimerKind, Whom},
        id::IncidentId,
        kind::Kind,
        milestone::Milestone,
        paging::Calls,
        phase::Phase,
        role::{OwnRole, Role},
        severity::Severity,
    },
    people::Person,
    post::PublicPhase,
};
use proptest::prelude::*;

const PEOPLE: [&str; 4] = ["Ada", "Bo", "Cy", "Di"];
const ROLES: [&str; 8] = ["ic", "deputy", "pio", "ops", "safety", "scribe", "observer", "sme:db"];

fn person() -> impl Strategy<Value = Person> {
    prop::sample::select(&PEOPLE[..]).prop_map(|name| Person::named(name).unwrap())
}

/// A role of the team's own, as the settings of the moment have it.
fn own(slug: &str, above: Role, like: &str) -> Role {
    Role::of(OwnRole {
        slug: slug.into(),
        title: slug.into(),
        it_title: None,
        reports_to: above,
        like: like.into(),
        does: String::new(),
        must_not: String::new(),
        checklist: vec!["Read it.".into()],
        holders_max: Some(2),
    })
}

/// Two of the team's own, each below the other in one of two versions of the settings.
fn own_roles() -> Vec<Role> {
    let of = |slug: &str| slug.parse::<Role>().unwrap();
    let keeper = own("keeper", of("ops"), "scribe");
    let turner = own("turner", of("planning"), "deputy");
    vec![own("turner", keeper.clone(), "safety"), own("keeper", turner.clone(), "observer"), keeper, turner]
}

fn role() -> impl Strategy<Value = Role> {
    prop_oneof![
        2 => prop::sample::select(&ROLES[..]).prop_map(|slug| slug.parse().unwrap()),
        1 => prop::sample::select(own_roles()),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => prop::sample::select(vec!["because", "it is back", "down", "db"]).prop_map(str::to_owned),
        1 => Just(String::new()),
        1 => "\\PC{0,20}",
        1 => any::<String>(),
    ]
}

pub fn stated() -> impl Strategy<Value = Option<StatedTime>> {
    prop_oneof![
        Just(None),
        any::<u32>().prop_map(|m| Some(StatedTime::MinutesAgo(m % 1_000))),
        (0i64..2_000_000_000_000)
            .prop_map(|us| DateTime::from_timestamp_micros(us * 1_000 + 7).map(StatedTime::At)),
        (0u32..86_400).prop_map(|s| {
            chrono::NaiveTime::from_num_seconds_from_midnight_opt(s, 0).map(StatedTime::TimeOfDay)
        }),
    ]
}

fn draft() -> impl Strategy<Value = Command> {
    let phases = vec![PublicPhase::Investigating, PublicPhase::Identified, PublicPhase::Resolved];
    let phase = prop::option::of(prop::sample::select(phases));
    let (replaces, corrects) = (prop::option::of(1u32..4), prop::option::weighted(0.2, 1u32..4));
    (text(), phase, replaces, corrects, prop::option::of(0u32..20_000)).prop_map(
        |(text, phase, replaces, corrects, next_update_minutes)| {
            let components = vec![];
            Command::Draft(DraftText {
                text,
                phase,
                replaces,
                corrects,
                next_update_minutes,
                components,
                ..DraftText::default()
            })
        },
    )
}

fn facts() -> impl Strategy<Value = SituationFacts> {
    (1i64..4, 0u64..3, 0u64..3).prop_map(|(id, firing, more)| SituationFacts {
        id,
        title: "Disk full".into(),
        source: "alertmanager".into(),
        firing,
        total: firing + more,
        flapping: (more == 2).then_some(Flaps { times: 3, minutes: 9 }),
        ended_by: (id == 3).then(|| "disks".into()),
        ..SituationFacts::default()
    })
}

fn lifecycle() -> impl Strategy<Value = Command> {
    let severity = || prop::sample::select(&Severity::ALL[..]);
    prop_oneof![
        text().prop_map(|title| Command::Retitle { title }),
        text().prop_map(|text| Command::Summarize { text }),
        (severity(), text()).prop_map(|(to, reason)| Command::Severity { to, reason }),
        prop::option::of(severity()).prop_map(|severity| Command::Confirm { severity }),
        (stated(), stated()).prop_map(|(from, until)| Command::MoveWork { from, until }),
        (0u32..90).prop_map(|minutes| Command::ExtendWork { minutes }),
        (prop::sample::select(&Phase::ALL[..]), text())
            .prop_map(|(phase, reason)| Command::Enter { phase, reason }),
        (any::<bool>(), text()).prop_map(|(force, reason)| Command::TakeCommand { force, reason }),
        person().prop_map(|to| Command::OfferCommand { to }),
        Just(Command::AcceptCommand),
        text().prop_map(|reason| Command::DeclineCommand { reason }),
        Just(Command::WithdrawCommand),
        (person(), text()).prop_map(|(to, organization)| Command::Unify { to, organization }),
        Just(Command::JoinCommand),
        Just(Command::JoinCommand),
        (prop::option::of(person()), text()).prop_map(|(who, reason)| Command::Separate { who, reason }),
        person().prop_map(|to| Command::Timer(TimerKind::UnifyOfferExpires { to })),
        (1u32..4, prop::option::of((person(), prop::sample::select(&Phase::ALL[..]))), text()).prop_map(
            |(number, other, reason)| Command::Merge {
                into: IncidentId::new(Kind::Real, number),
                other: other.map(|(commander, phase)| MergeFacts {
                    commander,
                    severity: Severity::Sev2,
                    phase,
                    is_restricted: false,
                    seen_by: None
                }),
                reason,
            }
        ),
        (prop::sample::select(&Milestone::ALL[..]), stated(), text()).prop_map(|(milestone, at, reason)| {
            Command::SetMilestone { milestone, at: at.unwrap_or(StatedTime::MinutesAgo(5)), reason }
        }),
        prop::sample::select(vec!["security", "outage", "fire"])
            .prop_map(|name| Command::SetType { name: name.into() }),
        (prop::sample::select(vec!["region", "ticket", "x"]), text())
            .prop_map(|(name, value)| Command::SetField { name: name.into(), value }),
        (1u32..4, prop::option::of((person(), prop::sample::select(&Phase::ALL[..])))).prop_map(
            |(number, facts)| {
                Command::PutUnder {
                    parent: IncidentId::new(Kind::Real, number),
                    facts: facts.map(|(commander, phase)| ParentFacts {
                        commander,
                        phase,
                        ancestors: vec![IncidentId::new(Kind::Real, 3)],
                        children: 0,
                        circle: None,
                    }),
                }
            }
        ),
        text().prop_map(|reason| Command::LeaveParent { reason }),
        text().prop_map(|reason| Command::CloseLeavingSubs { reason }),
        prop::sample::select(vec![Command::Types, Command::Fields, Command::Subs { parts: vec![] }]),
        prop::sample::select(vec![
            Command::Briefing,
            Command::Milestones,
            Command::Roles,
            Command::Chart,
            Command::Status
        ]),
    ]
}

fn people() -> impl Strategy<Value = Command> {
    prop_oneof![
        role().prop_map(|role| Command::TakeRole { role }),
        (role(), person()).prop_map(|(role, to)| Command::OfferRole { role, to }),
        prop::option::of(role()).prop_map(|role| Command::AcceptRole { role }),
        (prop::option::of(role()), text()).prop_map(|(role, reason)| Command::DeclineRole { role, reason }),
        (role(), prop::option::of(person()), text())
            .prop_map(|(role, person, reason)| Command::RelieveRole { role, person, reason }),
        role().prop_map(|role| Command::ReleaseRole { role }),
        (prop::option::of(person()), text()).prop_map(|(who, note)| Command::CheckIn { who, note }),
        (prop::option::of(person()), text()).prop_map(|(who, note)| Command::CheckOut { who, note }),
        any::<u32>().prop_map(|m| Command::RollCall { minutes: Some(m % 20) }),
        text().prop_map(|note| Command::Here { note }),
        (person(), person()).prop_map(|(who, to)| Command::ReportTo { who, to }),
        (person(), person()).prop_map(|(who, to)| Command::ReportTo { who, to }),
        (any::<u32>(), text())
            .prop_map(|(m, emphasis)| Command::StartPeriod { minutes: m % 2_000, emphasis }),
        text().prop_map(|reason| Command::EndPeriod { reason }),
        text().prop_map(|reason| Command::Restrict { reason }),
        text().prop_map(|reason| Command::OpenUp { reason }),
        person().prop_map(|who| Command::Admit { who }),
        (person(), text()).prop_map(|(who, reason)| Command::Expel { who, reason }),
        text().prop_map(|reason| Command::BreakGlass { reason }),
    ]
}

fn work() -> impl Strategy<Value = Command> {
    let n = || 1u32..4;
    prop_oneof![
        text().prop_map(|text| Command::SetObjective { text }),
        n().prop_map(|n| Command::MeetObjective { n }),
        (n(), text()).prop_map(|(n, reason)| Command::DropObjective { n, reason }),
        (prop::option::of(person()), text(), prop::option::of(any::<u32>().prop_map(|m| m % 20)))
            .prop_map(|(owner, text, minutes)| Command::AssignTask { owner, text, minutes }),
        n().prop_map(|n| Command::UnderstandTask { n }),
        (n(), any::<u32>()).prop_map(|(n, minutes)| Command::ExtendTask { n, minutes }),
        (n(), text()).prop_map(|(n, result)| Command::ReportTask { n, result }),
        (n(), text()).prop_map(|(n, reason)| Command::CancelTask { n, reason }),
        (n(), text()).prop_map(|(n, reason)| Command::DeclineTask { n, reason }),
        (n(), text(), prop::option::of(any::<u32>().prop_map(|m| m % 20)))
            .prop_map(|(n, reason, minutes)| Command::ReopenTask { n, reason, minutes }),
        (n(), prop::option::of(person()), prop::option::of(any::<u32>().prop_map(|m| m % 20)))
            .prop_map(|(n, owner, minutes)| Command::GiveTask { n, owner, minutes }),
        (text(), text()).prop_map(|(text, mitigation)| Command::NameHazard { text, mitigation }),
        (n(), text()).prop_map(|(n, reason)| Command::ClearHazard { n, reason }),
        (text(), text(), prop::sample::select(vec!["", "-", "a DBA"])).prop_map(
            |(service, conditions, needs)| Command::CorrectCan {
                service,
                conditions,
                actions: String::new(),
                needs: needs.into(),
            }
        ),
        (text(), text()).prop_map(|(service, conditions)| Command::Can {
            service,
            conditions: conditions.clone(),
            actions: String::new(),
            needs: conditions,
        }),
        text().prop_map(|text| Command::Decide { text }),
        (text(), stated()).prop_map(|(text, at)| Command::Note { text, at }),
        text().prop_map(|label| Command::AddLink { label, url: "https://example.com/g".into(), sum: None }),
        (1u64..30, text(), stated(), text(), any::<bool>()).prop_map(
            |(target, text, at, reason, follows)| Command::Correct { target, text, at, reason, follows }
        ),
        (1u64..30, text()).prop_map(|(target, reason)| Command::Redact { target, reason }),
        (1u64..30).prop_map(|target| Command::Pin { target }),
        (1u64..30).prop_map(|target| Command::Unpin { target }),
        facts().prop_map(|facts| Command::LinkSituation { situation: facts.id, facts: Some(facts) }),
    ]
}

fn actions() -> impl Strategy<Value = Command> {
    let n = || 1u32..4;
    let minutes = || prop::option::of(any::<u32>().prop_map(|m| m % 20));
    prop_oneof![
        4 => (text(), any::<bool>(), minutes())
            .prop_map(|(text, is_risky, minutes)| Command::Announce { text, is_risky, minutes }),
        3 => n().prop_map(|n| Command::ClearAction { n }),
        1 => (n(), text()).prop_map(|(n, reason)| Command::HoldAction { n, reason }),
        2 => (n(), text()).prop_map(|(n, result)| Command::FinishAction { n, result }),
        1 => (n(), text()).prop_map(|(n, reason)| Command::DropAction { n, reason }),
        1 => text().prop_map(|reason| Command::StopActions { reason }),
        2 => text().prop_map(|reason| Command::ResumeActions { reason }),
        2 => (text(), minutes()).prop_map(|(text, minutes)| Command::Propose { text, minutes }),
        2 => (n(), text()).prop_map(|(n, reason)| Command::Object { n, reason }),
        1 => (n(), text()).prop_map(|(n, reason)| Command::WithdrawProposal { n, reason }),
        1 => n().prop_map(|n| Command::SettleProposal { n }),
        1 => text().prop_map(|text| Command::Assist { text }),
        1 => (person(), text()).prop_map(|(who, about)| Command::BeginPaging { whom: Whom::Person(who), about }),
        1 => text().prop_map(|about| Command::BeginPaging { whom: Whom::Usual, about }),
        1 => Just(Command::AcknowledgePages),
        1 => text().prop_map(|reason| Command::StopPaging { reason }),
        1 => any::<u32>().prop_map(|m| Command::Quiet { minutes: m % 300 }),
        1 => prop::sample::select(vec![Command::Actions, Command::Proposals, Command::Hazards, Command::Objectives, Command::Next, Command::Crew]),
    ]
}

fn playbooks() -> impl Strategy<Value = Command> {
    let step =
        || prop::sample::select(vec!["P1", "p2", "P3", "hand/P1", "usual/P1", "P9"]).prop_map(str::to_owned);
    prop_oneof![
        1 => prop::sample::select(vec!["usual", "hand", "fire"])
            .prop_map(|id| Command::BeginPlaybook { id: id.into() }),
        4 => (step(), text()).prop_map(|(step, result)| Command::TickStep { step, result }),
        1 => (step(), text()).prop_map(|(step, reason)| Command::SkipStep { step, reason }),
        1 => step().prop_map(|step| Command::UndoStep { step }),
        1 => prop::sample::select(vec![Command::Steps, Command::Playbooks]),
    ]
}

fn posts() -> impl Strategy<Value = Command> {
    let n = || 1u32..4;
    prop_oneof![
        3 => draft(),
        3 => (n(), prop::option::of(text())).prop_map(|(n, alone)| Command::Approve { n, alone }),
        3 => n().prop_map(|n| Command::Publish { n }),
        1 => (n(), text()).prop_map(|(n, reason)| Command::DropPost { n, reason }),
    ]
}

fn house() -> impl Strategy<Value = Command> {
    let delivered = prop_oneof![Just(Ok(None)), text().prop_map(Err)];
    prop_oneof![
        facts().prop_map(|facts| Command::SituationMoved { facts }),
        person().prop_map(|to| Command::Timer(TimerKind::CommandOfferExpires { to })),
        (1u64..30).prop_map(|seq| Command::Timer(TimerKind::ExecutiveSilent { seq })),
        (role(), person()).prop_map(|(role, to)| Command::Timer(TimerKind::RoleOfferExpires { role, to })),
        (1u32..4, 0u32..2, 0u32..3, prop::collection::vec(person(), 0..3)).prop_map(
            |(n, step, round, people)| {
                Command::PageNext {
                    n,
                    step,
                    round,
                    calls: Calls { people, pagers: vec!["pd".into()], missed: vec![] },
                }
            }
        ),
        (1u32..3, text()).prop_map(|(n, why)| Command::PageFailed { n, to: None, pager: "pd".into(), why }),
        Just(Command::Timer(TimerKind::FirstUpdateDue)),
        Just(Command::Timer(TimerKind::ExecutiveDue)),
        Just(Command::Timer(TimerKind::ReportsDue)),
        Just(Command::Timer(TimerKind::RolesDue)),
        Just(Command::Remind(vec![
            TimerKind::ExecutiveDue,
            TimerKind::RolesDue,
            TimerKind::ReportsDue,
            TimerKind::FirstUpdateDue,
        ])),
        Just(Command::Timer(TimerKind::Silence)),
        Just(Command::Timer(TimerKind::StepDue { playbook: "usual".into(), step: "P3".into() })),
        Just(Command::Timer(TimerKind::Silence)),
        (1u32..4).prop_map(|n| Command::Timer(TimerKind::ProposalEnds { n })),
        (1u64..30).prop_map(|seq| Command::Timer(TimerKind::RollDue { seq })),
        (1u32..4).prop_map(|n| Command::Timer(TimerKind::PeriodEnds { n })),
        (2u32..5, prop::option::of(prop::sample::select(&Phase::ALL[..]))).prop_map(|(number, phase)| {
            Command::Timer(TimerKind::Child { child: IncidentId::new(Kind::Real, number), phase })
        }),
        (1u32..4, delivered).prop_map(|(post, result)| Command::Delivered {
            post,
            destination: "x".into(),
            result
        }),
        text().prop_map(|text| Command::Inject { id: "I1".into(), from: "a".into(), to: "b".into(), text }),
        text().prop_map(|text| Command::Observe { text }),
        prop::bool::weighted(0.05).prop_map(|end| match end {
            true => Command::Endex { reason: "enough".into() },
            false => Command::Status,
        }),
    ]
}

/// Who says what, how many seconds after the one before.
pub fn said() -> impl Strategy<Value = (Option<Person>, Command, i64)> {
    let by = |who: Person, command| (Some(who), command);
    prop_oneof![
        4 => (person(), lifecycle()).prop_map(move |(p, c)| by(p, c)),
        3 => (person(), people()).prop_map(move |(p, c)| by(p, c)),
        3 => (person(), work()).prop_map(move |(p, c)| by(p, c)),
        5 => (person(), posts()).prop_map(move |(p, c)| by(p, c)),
        5 => (person(), actions()).prop_map(move |(p, c)| by(p, c)),
        3 => (person(), playbooks()).prop_map(move |(p, c)| by(p, c)),
        2 => house().prop_map(|c| (None, c)),
        1 => (person(), house()).prop_map(move |(p, c)| by(p, c)),
    ]
    .prop_flat_map(|(who, command)| {
        // A clock may be set back; most steps are short.
        let step = prop_oneof![20 => 0i64..400, 2 => 0i64..100_000, 1 => -300i64..0];
        (Just(who), Just(command), step)
    })
}
