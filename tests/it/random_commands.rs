//! Whatever anybody says in whatever order: what must hold of an incident holds.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};
use commandpost::{
    alert::flapping::Flaps,
    desk::policy::consequences,
    incident::{
        command::{
            Command, Declare, DraftText, DrillStart, MergeFacts, ParentFacts, SituationFacts, StatedTime,
            TimerKind, Whom,
        },
        decide::{self, Happened, Policy, Scene, Target},
        event::{Actor, DrillClock, Entry, Event, TimeSource},
        id::IncidentId,
        kind::Kind,
        milestone::Milestone,
        paging::{Act, Calls, Escalation, Means, Step, Target as Calling},
        phase::Phase,
        role::{OwnRole, Role},
        severity::Severity,
        state::{ActionState, Incident},
        taxonomy::{Field, FieldKind, IncidentType, RequiredAt, Taxonomy},
        timeline,
    },
    journal::rows::{PublicPostRow, What},
    people::Person,
    post::{self, PublicPhase},
};
use proptest::prelude::*;
use uuid::Uuid;

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

fn stated() -> impl Strategy<Value = Option<StatedTime>> {
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
        prop::sample::select(vec![Command::Types, Command::Fields, Command::Subs]),
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
        (text(), text()).prop_map(|(service, conditions)| Command::Can {
            service,
            conditions: conditions.clone(),
            actions: String::new(),
            needs: conditions,
        }),
        text().prop_map(|text| Command::Decide { text }),
        (text(), stated()).prop_map(|(text, at)| Command::Note { text, at }),
        text().prop_map(|label| Command::AddLink { label, url: "https://example.com/g".into(), sum: None }),
        (1u64..30, text(), stated(), text()).prop_map(|(target, text, at, reason)| Command::Correct {
            target,
            text,
            at,
            reason
        }),
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
        1 => prop::sample::select(vec![Command::Actions, Command::Proposals, Command::Next, Command::Crew]),
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
fn said() -> impl Strategy<Value = (Option<Person>, Command, i64)> {
    let by = |who: Person, command| (Some(who), command);
    prop_oneof![
        4 => (person(), lifecycle()).prop_map(move |(p, c)| by(p, c)),
        3 => (person(), people()).prop_map(move |(p, c)| by(p, c)),
        3 => (person(), work()).prop_map(move |(p, c)| by(p, c)),
        5 => (person(), posts()).prop_map(move |(p, c)| by(p, c)),
        5 => (person(), actions()).prop_map(move |(p, c)| by(p, c)),
        2 => house().prop_map(|c| (None, c)),
        1 => (person(), house()).prop_map(move |(p, c)| by(p, c)),
    ]
    .prop_flat_map(|(who, command)| {
        // A clock may be set back; most steps are short.
        let step = prop_oneof![20 => 0i64..400, 2 => 0i64..100_000, 1 => -300i64..0];
        (Just(who), Just(command), step)
    })
}

struct Played {
    incident: Option<Incident>,
    entries: Vec<Entry>,
    policy: Policy,
    now: DateTime<Utc>,
    chats: Vec<String>,
}

impl Played {
    fn write(&mut self, id: IncidentId, by: &Person, occurred: DateTime<Utc>, events: Vec<Happened>) {
        let first = self.entries.len();
        for happened in events {
            let before = self.incident.clone();
            let (occurred_at, time_source) = happened.at.unwrap_or((occurred, TimeSource::House));
            let seq = self.entries.len() as u64 + 1;
            let entry = Entry {
                incident: id,
                seq,
                id: Uuid::from_u128(u128::from(seq)),
                occurred_at,
                time_source,
                recorded_at: self.now,
                actor: Actor {
                    person: by.clone(),
                    role: before.as_ref().and_then(|i| i.roles_of(by).into_iter().next()),
                    via: "test".into(),
                },
                event: happened.event,
            };
            let stored = serde_json::to_string(&entry).unwrap();
            assert_eq!(serde_json::from_str::<Entry>(&stored).unwrap(), entry, "{stored}");
            match &mut self.incident {
                None => self.incident = Incident::open(&entry),
                Some(incident) => incident.apply(&entry),
            }
            if let Some(before) = &before {
                self.check_entry(before, &entry);
            }
            self.entries.push(entry);
        }
        self.check_consequences(&self.entries[first..]);
    }

    fn check_entry(&self, before: &Incident, entry: &Entry) {
        let after = self.incident.as_ref().unwrap();
        // The token moves by these two events alone.
        let moves =
            matches!(entry.event, Event::CommandTransferred { .. } | Event::CommandEstablished { .. });
        assert!(moves || before.commander == after.commander, "{entry:?}");
        if let Event::CommandTransferred { from, to, .. } = &entry.event {
            assert_eq!((from, to), (&before.commander, &after.commander));
        }
        if let Event::UpdatePublished { n, .. } = &entry.event {
            let post = before.post(*n).unwrap();
            let approval = post::standing_approval(before, post, entry.occurred_at).unwrap();
            assert!(post.published.is_none() && post.dropped.is_none());
            assert!(approval.by != post.author || approval.alone.is_some() || !self.policy.two_person);
            assert_eq!(after.post(*n).unwrap().draft, post.draft, "published word for word");
        }
        let is_house = entry.actor.person == Person::house();
        match &entry.event {
            // By force with a reason, by acceptance, from the house, or after a silence that was brought to whoever takes it.
            Event::CommandTransferred { without_outgoing_brief: true, reason, .. } => {
                assert!(!reason.is_empty() || before.commander == Person::house(), "{entry:?}");
            }
            // Nobody gives the go over a stop, and nobody alone where somebody else could be asked.
            Event::ActionCleared { n } => {
                let action = before.action(*n).unwrap();
                assert!(before.stop.is_none() && action.state.is_open());
                let clears = before.who_clears(&action.by);
                assert!(action.by != entry.actor.person || clears.contains(&action.by), "{entry:?}");
            }
            // Never twice within a minute, never in peace.
            Event::Nudged { .. } => {
                assert!(is_house && before.phase.is_active());
                let at = before.time_at(entry.recorded_at);
                let last = before.silence.reminded_at;
                assert!(last.is_none_or(|last| at - last >= Duration::minutes(1)), "{last:?} {at}");
                assert!(before.silence.quiet_until.is_none_or(|until| at >= until));
            }
            // Nobody is called twice by one step, for what is over, or after somebody answered.
            Event::Paged { n, step, round, called, pagers, is_rehearsal, .. } => {
                let paging = before.paging(*n).unwrap();
                assert!(is_house && paging.is_open() && before.phase.is_active());
                assert!(paging.taken.is_none_or(|(last, of)| (of, last) < (*round, *step)), "{entry:?}");
                let is_real = before.kind() == Kind::Real;
                assert_eq!(*is_rehearsal, !is_real);
                assert!(
                    is_real
                        || pagers.is_empty() && called.iter().all(|one| one.by.iter().all(|by| by == "safe"))
                );
            }
            _ => {}
        }
        // An executive is asked once in ten minutes, and nothing else is done.
        if matches!(entry.event, Event::ExecutiveAsked { .. }) {
            let last = before.executive_asked;
            assert!(last.is_none_or(|last| entry.occurred_at - last >= Duration::minutes(10)));
            assert!(before.roles_of(&entry.actor.person).is_empty() && entry.actor.person.name == "Di");
        }
        // A closed incident of a type has what the type asks for.
        if matches!(entry.event, Event::PhaseChanged { to: Phase::Closed, .. }) && !is_house {
            let is_security = before.incident_type.as_deref() == Some("security");
            assert!(!is_security || before.fields.contains_key("ticket"), "{entry:?}");
        }
        // What was said to the public stays said.
        for post in before.posts.iter().filter(|post| post.published.is_some()) {
            let now = after.post(post.n).unwrap();
            assert_eq!((&now.draft, &now.author), (&post.draft, &post.author));
        }
    }

    fn check_consequences(&self, entries: &[Entry]) {
        let incident = self.incident.as_ref().unwrap();
        let follows = consequences(incident, entries, &self.policy, &self.chats, self.now);
        let published: Vec<u32> = entries
            .iter()
            .filter_map(|entry| match entry.event {
                Event::UpdatePublished { n, .. } => Some(n),
                _ => None,
            })
            .collect();
        let is_real = incident.kind() == Kind::Real;
        for delivery in &follows.deliveries {
            match &delivery.what {
                What::Post { n } => assert!(is_real && published.contains(n), "{delivery:?}"),
                What::Page { n, act, .. } => {
                    assert!(is_real || delivery.destination == "pager:safe", "{delivery:?}");
                    assert!(*act != Act::Trigger || incident.paging(*n).unwrap().is_open(), "{delivery:?}");
                    continue;
                }
                _ => assert!(self.chats.contains(&delivery.destination), "{delivery:?}"),
            }
            assert!(is_real || self.chats.contains(&delivery.destination), "{delivery:?}");
        }
        let expected = if is_real { published.len() } else { 0 };
        assert_eq!(PublicPostRow::of(incident, entries).len(), expected);
        for timer in &follows.timers {
            match &timer.kind {
                TimerKind::MergedIn(luggage) => {
                    assert_eq!((luggage.from, incident.phase), (incident.id, Phase::Merged));
                    assert_eq!(Some(timer.incident), incident.merged_into);
                }
                TimerKind::Child { child, .. } => assert_eq!(*child, incident.id),
                _ => assert_eq!(timer.incident, incident.id),
            }
        }
    }

    fn check_state(&self) {
        let incident = self.incident.as_ref().unwrap();
        assert!(!incident.commander.id.is_empty());
        assert_eq!(incident.holders(&Role::ic()), [&incident.commander]);
        assert!(
            incident.roles.iter().all(|held| !held.role.is_command()),
            "nobody holds command beside its token"
        );
        assert_eq!(incident.commanders.last().unwrap().0, incident.commander);
        // One holder of the token, and nobody twice beside it.
        let commanding: BTreeSet<&str> = incident.commanding().iter().map(|one| one.id.as_str()).collect();
        assert_eq!(commanding.len(), incident.joined.len() + 1, "{:?}", incident.joined);
        for one in incident.commanding() {
            assert!(incident.roles_of(one).contains(&Role::ic()), "{one}");
        }
        // Unity of command: one supervisor each, and every way up ends at a commander.
        for part in incident.participants.values() {
            let mut at = &part.person;
            for _ in 0..=incident.participants.len() {
                at = incident.supervisor(at).unwrap_or(at);
            }
            assert!(incident.has_command(at), "{:?}", incident.reports_to);
        }
        // What others read is told nothing more of what is restricted.
        assert!(incident.restricted.is_none() || incident.parent.is_none());
        let mut single: BTreeMap<&Role, usize> = BTreeMap::new();
        for held in &incident.roles {
            *single.entry(&held.role).or_default() += 1;
        }
        for (role, holders) in single {
            assert!(role.holders_max().is_none_or(|max| holders <= max), "{role}: {holders}");
        }
        // The fold and the timeline agree on the key moments.
        let lines = timeline::lines(self.entries.iter().cloned(), &|at| at.to_string());
        let pinned: Vec<u64> = lines.iter().filter(|line| line.pinned).map(|line| line.seq).collect();
        assert_eq!(pinned, incident.pins.iter().copied().collect::<Vec<_>>());
        if incident.phase.is_over() {
            assert!(incident.command_offer.is_none() && incident.offers.is_empty());
            assert!(incident.next_update_due.is_none());
        }
        if incident.stop.is_some() {
            let mut open = incident.open_actions();
            assert!(
                open.all(|one| one.due_at.is_none() && !(one.is_risky && one.state == ActionState::Going))
            );
        }
        if incident.phase.is_over() {
            assert!(incident.stop.is_none() && incident.open_proposals().next().is_none());
            assert!(incident.roll_call.is_none() && incident.period.is_none());
        }
        assert_eq!(incident.milestones.closed.is_some(), incident.phase.is_over());
        // Every time says where it comes from.
        let times: Vec<Milestone> = incident.milestones.reached().map(|(milestone, _)| milestone).collect();
        assert_eq!(incident.milestones.origins.keys().copied().collect::<Vec<_>>(), times);
        for (n, entry) in self.entries.iter().enumerate() {
            assert_eq!(entry.seq, n as u64 + 1);
        }
        let mut entries = self.entries.iter();
        let mut folded = Incident::open(entries.next().unwrap()).unwrap();
        entries.for_each(|entry| folded.apply(entry));
        assert_eq!(&folded, incident, "folding the same entries gives the same state");
        let stored = serde_json::to_string(incident).unwrap();
        assert_eq!(&serde_json::from_str::<Incident>(&stored).unwrap(), incident);
    }
}

/// Two types; one asks for a field before it is closed.
fn taxonomy() -> Taxonomy {
    let of = |name: &str, fields: &[&str]| IncidentType {
        name: name.into(),
        description: String::new(),
        severity: None,
        fields: fields.iter().map(|one| (*one).to_owned()).collect(),
    };
    let field = |name: &str, required_at| Field {
        name: name.into(),
        description: String::new(),
        kind: FieldKind::Text,
        choices: vec![],
        required_at,
    };
    Taxonomy {
        types: vec![of("security", &["ticket"]), of("outage", &[])],
        fields: vec![field("region", None), field("ticket", Some(RequiredAt::Close))],
    }
}

/// SEV2, as which everything is declared, calls Ada and a service, then Bo.
fn means() -> Means {
    let step = |to: Vec<Calling>| Step { to, after_minutes: 5 };
    let person = |name: &str| Calling::Person(Person::named(name).unwrap());
    let by =
        |id: &str, pagers: &[&str]| (id.to_owned(), pagers.iter().map(|one| (*one).to_owned()).collect());
    Means {
        escalations: vec![Escalation {
            name: "usual".into(),
            severities: vec![Severity::Sev2],
            steps: vec![step(vec![person("Ada"), Calling::Pager("pd".into())]), step(vec![person("Bo")])],
            rounds: 2,
            again_minutes: 5,
        }],
        reach: [by("ada", &["safe", "sms"]), by("bo", &["sms"]), by("di", &["safe"])].into(),
        safe_for_drills: ["safe".to_owned()].into(),
        ..Means::default()
    }
}

fn play(
    kind: Kind,
    triage: bool,
    by_house: bool,
    two_person: bool,
    course: (Option<StatedTime>, Option<StatedTime>),
    story: Vec<(Option<Person>, Command, i64)>,
) {
    let house = Person::house();
    let start: DateTime<Utc> = "2026-01-02T12:00:00Z".parse().unwrap();
    let policy = Policy {
        two_person,
        destinations: vec!["x".into(), "statuspage".into()],
        silence_minutes: [3; 5],
        exec_update_minutes: [5; 5],
        can_minutes: [4; 5],
        roles_minutes: [6; 5],
        executives: ["di".to_owned()].into(),
        taxonomy: taxonomy(),
        paging: means(),
        ..Policy::default()
    };
    let drill = (kind == Kind::Drill).then(|| DrillStart {
        scenario: "s".into(),
        sha256: "0".into(),
        clock: DrillClock { started_real: start, started_virtual: start, speed: 10.0 },
    });
    let (began, ended) = course;
    let declare =
        Declare { triage, drill, began, ended, ..Declare::new("Payments fail", Severity::Sev2, kind) };
    let opener = if by_house { house.clone() } else { Person::named("Ada").unwrap() };
    let scene = Scene {
        person: &opener,
        is_house: by_house,
        is_admin: false,
        now: start,
        policy: &policy,
        target: None,
    };
    let opened = match decide::open(&declare, &scene) {
        Ok(opened) => opened,
        Err(refusal) => {
            assert!(began.is_some() || ended.is_some(), "{refusal}");
            return;
        }
    };
    let chats = vec!["discord".to_owned()];
    let mut played = Played { incident: None, entries: vec![], policy: policy.clone(), now: start, chats };
    let id = IncidentId::new(kind, 1);
    played.write(id, &opener, start, opened.events);
    played.check_state();
    for (who, command, seconds) in story {
        played.now += Duration::seconds(seconds);
        let incident = played.incident.as_ref().unwrap();
        let is_house = who.is_none();
        let who = who.unwrap_or_else(|| house.clone());
        let target = match &command {
            Command::Correct { target, .. } | Command::Redact { target, .. } | Command::Pin { target } => {
                played.entries.iter().find(|entry| entry.seq == *target).map(|entry| Target {
                    seq: *target,
                    name: entry.event.name(),
                    author: entry.actor.person.clone(),
                    is_correctable: entry.event.is_correctable(),
                    is_redactable: entry.event.is_redactable(),
                    is_redacted: played.entries.iter().any(
                        |one| matches!(one.event, Event::EntryRedacted { target: hidden, .. } if hidden == *target),
                    ),
                })
            }
            _ => None,
        };
        let at = incident.time_at(played.now);
        let scene = Scene {
            person: &who,
            is_house,
            is_admin: who.name == "Di",
            now: at,
            policy: &policy,
            target: target.as_ref(),
        };
        match decide::decide(incident, &command, &scene) {
            Ok(decision) => {
                if !decision.events.is_empty() {
                    played.write(id, &who, at, decision.events);
                    played.check_state();
                }
            }
            Err(refusal) => {
                assert!(!refusal.why.is_empty() && !refusal.instead.is_empty(), "{command:?}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_said_there_is_one_commander_and_nothing_unapproved_is_published(
        kind in prop::sample::select(&Kind::ALL[..]),
        triage in any::<bool>(),
        by_house in prop::bool::weighted(0.2),
        two_person in prop::bool::weighted(0.8),
        began in prop_oneof![3 => Just(None), 1 => stated()],
        ended in prop_oneof![3 => Just(None), 1 => stated()],
        story in prop::collection::vec(said(), 1..60),
    ) {
        play(kind, triage, by_house, two_person, (began, ended), story);
    }
}
