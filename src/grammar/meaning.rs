//! What a verb of the tree means: a command to an incident, a declaration, or something to read.

use super::{
    Alerting, Arrange, Linking, OnCall, Only, Resolve, Spoken,
    alerting::{AlertVerb, Maintenance},
    groups::{
        ActionVerb, ChangeVerb, Crew, DecisionVerb, EntryVerb, HazardVerb, Numbered, NumberedWhy, Objective,
        Of, PagerVerb, PhaseVerb, PlaybookVerb, Reason, RoleVerb, RosterVerb, Set, Sub, Task, Update,
    },
    help,
    known::Lexicon,
    refuse,
    tree::Verb,
    value::{self, shown},
};
use crate::{
    incident::{
        command::{Command, Declare, DraftText, PlanText, Whom},
        id::IncidentId,
        kind::Kind,
        phase::Phase,
        refusal::Refusal,
    },
    people::Person,
};

pub(super) fn of(
    verb: Verb,
    target: Option<IncidentId>,
    resolve: &Resolve<'_>,
    known: Lexicon<'_>,
) -> Result<Spoken, Refusal> {
    let roles = known.roles;
    let person = |name: &str| -> Result<Person, Refusal> {
        resolve(name)
            .map_err(|why| Refusal::invalid(why, "Write a name, such as @ada, that this place knows."))
    };
    let role = |name: &str| roles.find(name).map_err(|why| refuse::no_role(why, name, roles));
    let command = match verb {
        Verb::Declare {
            title,
            severity,
            impact,
            urgency,
            from,
            triage,
            test,
            restricted,
            began,
            ended,
            incident_type,
            fields,
            under,
        } => {
            let kind = if test { Kind::Test } else { Kind::Real };
            let rated = match (impact, urgency) {
                (Some(impact), Some(urgency)) => Some(known.matrix.rate(&impact, &urgency)?),
                _ => None,
            };
            let (severity, rated) = match rated {
                Some((severity, rated)) => (Some(severity), Some(rated)),
                None => (severity, None),
            };
            let declare = Declare {
                triage,
                rated,
                restricted,
                began: began.map(|at| at.0),
                ended: ended.map(|at| at.0),
                incident_type,
                under,
                fields: fields.into_iter().map(|value::Filled(name, value)| (name, value)).collect(),
                ..Declare::new(title.unwrap_or_default(), severity, kind)
            };
            let (declare, situation) = (Box::new(declare), from.map(|situation| situation.0));
            return Ok(Spoken::Declare { declare, situation });
        }
        Verb::List { all } => return Ok(Spoken::List { all }),
        Verb::Alerts => return Ok(Spoken::Alerts),
        Verb::Alert(verb) => return Ok(of_alerts(verb, target)),
        Verb::Change(ChangeVerb::List) => return Ok(Spoken::Changes { target }),
        Verb::Change(ChangeVerb::Withdraw(NumberedWhy { n, reason })) => {
            return Ok(Spoken::WithdrawChange { n, reason });
        }
        Verb::Change(ChangeVerb::Record { service, environment, at, text }) => {
            let (text, service) = taken_out(text, "service:", service);
            let (text, environment) = taken_out(text, "env:", environment);
            if text.is_empty() {
                return Err(Refusal::invalid(
                    "That says of what, and not what was changed.",
                    "Write `change rolled out 1.2.3 service:checkout`.",
                ));
            }
            return Ok(Spoken::Change { target, text, service, environment, at: at.map(|at| at.0) });
        }
        Verb::Maintenance(Maintenance::Schedule { title, when, services, restricted, text }) => {
            let (from, until, minutes) = when.parts();
            let plan = PlanText { from, until, minutes, services, text: text.unwrap_or_default() };
            let declare =
                Declare { restricted, plan: Some(plan), ..Declare::new(title, None, Kind::Planned) };
            return Ok(Spoken::Declare { declare: Box::new(declare), situation: None });
        }
        Verb::Maintenance(Maintenance::Start { reason }) => {
            Command::Enter { phase: Phase::InProgress, reason: reason.unwrap_or_default() }
        }
        Verb::Maintenance(Maintenance::Complete { reason }) => {
            Command::Enter { phase: Phase::Completed, reason: reason.unwrap_or_default() }
        }
        Verb::Maintenance(Maintenance::Extend { minutes }) => Command::ExtendWork { minutes: minutes.0 },
        Verb::Maintenance(Maintenance::Move { from, to }) => {
            Command::MoveWork { from: from.map(|at| at.0), until: to.map(|at| at.0) }
        }
        Verb::Maintenance(Maintenance::Add { name, when, labels, record }) => {
            let (from, to, minutes) = when.parts();
            return Ok(Spoken::Arrange(Arrange::AddWindow {
                name,
                from,
                to,
                minutes,
                labels: labels.into_iter().map(|value::Filled(name, value)| (name, value)).collect(),
                records: record,
            }));
        }
        Verb::Maintenance(Maintenance::List) => return Ok(Spoken::Arrange(Arrange::Windows)),
        Verb::Maintenance(Maintenance::End { n, reason }) => {
            let (n, reason) = (i64::from(n), unquoted(reason.unwrap_or_default()));
            return Ok(Spoken::Arrange(Arrange::EndWindow { n, reason }));
        }
        Verb::Find { words } => return Ok(Spoken::Find { target, words }),
        Verb::Timeline { pinned, by, since, last } => {
            let (by, minutes) = (by.as_deref().map(person).transpose()?, since.map(|since| since.0));
            return Ok(Spoken::Timeline { target, only: Only { pinned, by, minutes, last } });
        }
        Verb::Help { verb } if verb.as_deref().is_some_and(asks_for_help) => {
            let text = verb.unwrap_or_default().chars().skip(2).collect::<String>();
            let text = text.trim_start_matches([' ', ',', '!', ':', '.']).trim().to_owned();
            Command::Assist { text }
        }
        Verb::Help { verb } => return help::told(verb.as_deref(), known).map(|text| Spoken::Help { text }),
        Verb::Task(Task::List) => return Ok(Spoken::Tasks { target }),
        Verb::Update(Update::List) => return Ok(Spoken::Updates { target }),
        Verb::Status => Command::Status,
        Verb::Command(verb) => match verb {
            Of::Take { force, reason } => Command::TakeCommand { force, reason: reason.unwrap_or_default() },
            Of::Offer { to } => Command::OfferCommand { to: person(&to)? },
            Of::Accept => Command::AcceptCommand,
            Of::Decline(reason) => Command::DeclineCommand { reason: reason.text() },
            Of::Withdraw => Command::WithdrawCommand,
            Of::Unify { to, organization } => {
                Command::Unify { to: person(&to)?, organization: organization.unwrap_or_default() }
            }
            Of::Join => Command::JoinCommand,
            Of::Separate { who, reason } => Command::Separate {
                who: who.as_deref().map(person).transpose()?,
                reason: reason.unwrap_or_default(),
            },
            Of::Briefing => Command::Briefing,
            Of::Summary => Command::Summary,
        },
        Verb::Role(verb) => match verb {
            RoleVerb::Take { role: name } => Command::TakeRole { role: role(&name)? },
            RoleVerb::Offer { role: name, to } => Command::OfferRole { role: role(&name)?, to: person(&to)? },
            RoleVerb::Accept { role: name } => {
                Command::AcceptRole { role: name.as_deref().map(role).transpose()? }
            }
            RoleVerb::Decline { role: name, reason } => Command::DeclineRole {
                role: name.as_deref().map(role).transpose()?,
                reason: reason.unwrap_or_default(),
            },
            RoleVerb::Relieve { role: name, who, reason } => Command::RelieveRole {
                role: role(&name)?,
                person: who.as_deref().map(person).transpose()?,
                reason: reason.unwrap_or_default(),
            },
            RoleVerb::Release { role: name } => Command::ReleaseRole { role: role(&name)? },
            RoleVerb::Report { who, to } => Command::ReportTo { who: person(&who)?, to: person(&to)? },
            RoleVerb::List => Command::Roles,
            RoleVerb::Chart => Command::Chart,
        },
        Verb::Crew(verb) => match verb {
            Crew::Checkin(presence) => Command::CheckIn {
                who: presence.who.as_deref().map(person).transpose()?,
                note: presence.note.unwrap_or_default(),
            },
            Crew::Checkout(presence) => Command::CheckOut {
                who: presence.who.as_deref().map(person).transpose()?,
                note: presence.note.unwrap_or_default(),
            },
            Crew::Assist { text } => Command::Assist { text: text.unwrap_or_default() },
            Crew::List => Command::Crew,
            Crew::RollCall { minutes } => Command::RollCall { minutes: minutes.map(|minutes| minutes.0) },
            Crew::Here { note } => Command::Here { note: note.unwrap_or_default() },
            Crew::Restrict(reason) => Command::Restrict { reason: reason.text() },
            Crew::Open(reason) => Command::OpenUp { reason: reason.text() },
            Crew::Admit { who } => Command::Admit { who: person(&who)? },
            Crew::Expel { who, reason } => {
                Command::Expel { who: person(&who)?, reason: reason.unwrap_or_default() }
            }
            Crew::BreakGlass { reason } => Command::BreakGlass { reason },
        },
        Verb::Pager(verb) => match verb {
            PagerVerb::Page { who, text } => {
                let whom = match who {
                    None => Whom::Usual,
                    Some(name) if name.starts_with(['@', '<']) => Whom::Person(person(&name)?),
                    Some(name) => Whom::Named(name),
                };
                Command::BeginPaging { whom, about: text.unwrap_or_default() }
            }
            PagerVerb::Ack => Command::AcknowledgePages,
            PagerVerb::Stop(reason) => Command::StopPaging { reason: reason.text() },
            PagerVerb::List => Command::Pagings,
        },
        Verb::Roster(verb) => {
            return Ok(Spoken::OnCall(match verb {
                RosterVerb::Who { roster, at, until } => OnCall::Who { roster, at, until },
                RosterVerb::Override { roster, who, span } => {
                    OnCall::Override { roster, who: person(&who)?, span }
                }
                RosterVerb::Overrides => OnCall::Overrides,
                RosterVerb::Withdraw { n } => OnCall::Withdraw { n },
            }));
        }
        Verb::Next => Command::Next,
        Verb::Note { at: Some(from), until: Some(until), text } => {
            Command::NoteSpan { text, from: from.0, until: until.0 }
        }
        Verb::Note { at, text, .. } => Command::Note { text, at: at.map(|at| at.0) },
        Verb::Entry(verb) => match verb {
            EntryVerb::Correct { n, at, reason, text } => Command::Correct {
                target: n,
                text,
                at: at.map(|at| at.0),
                reason: reason.unwrap_or_default(),
                follows: false,
            },
            EntryVerb::Pin { n } => Command::Pin { target: n },
            EntryVerb::Unpin { n } => Command::Unpin { target: n },
            EntryVerb::Redact { n, reason } => Command::Redact { target: n, reason },
        },
        Verb::Rate { impact, urgency, reason } => {
            let (to, rated) = known.matrix.rate(&impact, &urgency)?;
            Command::Rate { to, rated, reason: reason.unwrap_or_default() }
        }
        Verb::Severity { severity, reason } => {
            Command::Severity { to: severity, reason: reason.unwrap_or_default() }
        }
        Verb::Set(Set::Title { title }) => Command::Retitle { title },
        Verb::Set(Set::Summary { text }) => Command::Summarize { text },
        Verb::Set(Set::Quiet { minutes }) => Command::Quiet { minutes: minutes.0 },
        Verb::Objective(verb) => match verb {
            Objective::Add { text } => Command::SetObjective { text },
            Objective::Met(Numbered { n }) => Command::MeetObjective { n },
            Objective::Drop(NumberedWhy { n, reason }) => Command::DropObjective { n, reason },
            Objective::List => Command::Objectives,
            Objective::Period { minutes, emphasis } => {
                Command::StartPeriod { minutes: minutes.0, emphasis: emphasis.unwrap_or_default() }
            }
            Objective::PeriodEnd(reason) => Command::EndPeriod { reason: reason.text() },
        },
        Verb::Task(verb) => match verb {
            Task::Add { owner, minutes, text } => Command::AssignTask {
                owner: owner.as_deref().map(person).transpose()?,
                text,
                minutes: minutes.map(|minutes| minutes.0),
            },
            Task::Ack(Numbered { n }) => Command::UnderstandTask { n },
            Task::More { n, minutes } => Command::ExtendTask { n, minutes: minutes.0 },
            Task::Done { n, result } => Command::ReportTask { n, result },
            Task::Cancel(NumberedWhy { n, reason }) => Command::CancelTask { n, reason },
            Task::Decline(NumberedWhy { n, reason }) => Command::DeclineTask { n, reason },
            Task::Give { n, owner, minutes } => Command::GiveTask {
                n,
                owner: owner.as_deref().map(person).transpose()?,
                minutes: minutes.map(|minutes| minutes.0),
            },
            Task::Reopen { n, minutes, reason } => {
                Command::ReopenTask { n, reason, minutes: minutes.map(|minutes| minutes.0) }
            }
            Task::List => return Ok(Spoken::Tasks { target }),
        },
        Verb::Can { correct, service, actions, needs, conditions } => {
            let (actions, needs) = (actions.unwrap_or_default(), needs.unwrap_or_default());
            match correct {
                true => Command::CorrectCan { service, conditions, actions, needs },
                false => Command::Can { service, conditions, actions, needs },
            }
        }
        Verb::Hazard(verb) => match verb {
            HazardVerb::Add { text, mitigation } => Command::NameHazard {
                text: unquoted(text),
                mitigation: unquoted(mitigation.unwrap_or_default()),
            },
            HazardVerb::List => Command::Hazards,
            HazardVerb::Clear { n, reason } => Command::ClearHazard { n, reason: reason.unwrap_or_default() },
        },
        Verb::Action(verb) => match verb {
            ActionVerb::Announce { risky, minutes, text } => {
                Command::Announce { text, is_risky: risky, minutes: minutes.map(|minutes| minutes.0) }
            }
            ActionVerb::Go(Numbered { n }) => Command::ClearAction { n },
            ActionVerb::Hold(NumberedWhy { n, reason }) => Command::HoldAction { n, reason },
            ActionVerb::Done { n, result } => Command::FinishAction { n, result },
            ActionVerb::Drop { n, reason } => Command::DropAction { n, reason: reason.unwrap_or_default() },
            ActionVerb::StopAll { reason } => Command::StopActions { reason },
            ActionVerb::ResumeAll(reason) => Command::ResumeActions { reason: reason.text() },
            ActionVerb::List => Command::Actions,
        },
        Verb::Decision(verb) => match verb {
            DecisionVerb::Record { text } => Command::Decide { text },
            DecisionVerb::Propose { minutes, text } => {
                Command::Propose { text, minutes: minutes.map(|minutes| minutes.0) }
            }
            DecisionVerb::Object(NumberedWhy { n, reason }) => Command::Object { n, reason },
            DecisionVerb::Withdraw { n, reason } => {
                Command::WithdrawProposal { n, reason: reason.unwrap_or_default() }
            }
            DecisionVerb::Now(Numbered { n }) => Command::SettleProposal { n },
            DecisionVerb::List => Command::Proposals,
        },
        Verb::Update(verb) => match verb {
            Update::Draft { phase, impact, title, components, next, replaces, corrects, text } => {
                Command::Draft(DraftText {
                    text,
                    title,
                    phase,
                    impact,
                    components: components
                        .into_iter()
                        .map(|value::Component(name, state)| (name, state))
                        .collect(),
                    next_update_minutes: next.map(|minutes| minutes.0),
                    replaces,
                    corrects,
                })
            }
            Update::Approve { n, alone, reason } => Command::Approve { n, alone: reason.filter(|_| alone) },
            Update::Publish(Numbered { n }) => Command::Publish { n },
            Update::Drop(NumberedWhy { n, reason }) => Command::DropPost { n, reason },
            Update::List => return Ok(Spoken::Updates { target }),
        },
        Verb::Playbook(verb) => match verb {
            PlaybookVerb::Show => Command::Steps,
            PlaybookVerb::List => Command::Playbooks,
            PlaybookVerb::Begin { id } => Command::BeginPlaybook { id },
            PlaybookVerb::Done { step, result } => {
                Command::TickStep { step, result: result.unwrap_or_default() }
            }
            PlaybookVerb::Skip { step, reason } => Command::SkipStep { step, reason },
            PlaybookVerb::Undo { step } => Command::UndoStep { step },
            PlaybookVerb::Run { step, words } => {
                return Ok(Spoken::RunStep { target, step, words: words.unwrap_or_default() });
            }
        },
        Verb::Link { url, label } => match of_me(&label).filter(|_| url.is_none()) {
            Some(linking) => return Ok(Spoken::Link(linking)),
            None => link(url, label)?,
        },
        Verb::Phase(verb) => match verb {
            PhaseVerb::Confirm { severity } => Command::Confirm { severity },
            PhaseVerb::Identify(reason) => enter(Phase::Identified, reason),
            PhaseVerb::Mitigate(reason) => enter(Phase::Monitoring, reason),
            PhaseVerb::Merge { duplicate, reason } => {
                return Ok(Spoken::Merge { target, duplicate, reason: reason.unwrap_or_default() });
            }
            PhaseVerb::Review(reason) => enter(Phase::Review, reason),
        },
        Verb::Sub(Sub::Under { parent }) => Command::PutUnder { parent, facts: None },
        Verb::Sub(Sub::Leave(reason)) => Command::LeaveParent { reason: reason.text() },
        Verb::Sub(Sub::List) => Command::Subs { parts: vec![] },
        Verb::Type { name: Some(name) } => Command::SetType { name },
        Verb::Type { name: None } => Command::Types,
        Verb::Field { name: Some(name), value: Some(value) } => Command::SetField { name, value },
        Verb::Field { .. } => Command::Fields,
        Verb::Milestone { milestone: Some(milestone), at: Some(at), reason } => {
            Command::SetMilestone { milestone, at: at.0, reason: reason.unwrap_or_default() }
        }
        Verb::Milestone { .. } => Command::Milestones,
        Verb::Resolve(reason) => enter(Phase::Resolved, reason),
        Verb::Reopen(reason) => enter(Phase::Investigating, reason),
        Verb::Close { leave_open: true, reason } => {
            Command::CloseLeavingSubs { reason: reason.unwrap_or_default() }
        }
        Verb::Close { leave_open: false, reason } => enter(Phase::Closed, Reason { reason }),
        Verb::Cancel { reason } => Command::Enter { phase: Phase::Cancelled, reason },
    };
    Ok(Spoken::On { target, command })
}

impl Reason {
    fn text(self) -> String {
        self.reason.unwrap_or_default()
    }
}

fn of_alerts(verb: AlertVerb, target: Option<IncidentId>) -> Spoken {
    let arranged = match verb {
        AlertVerb::Mark { alert, verdict, reason } => {
            let reason = reason.unwrap_or_default();
            return Spoken::Alert(Alerting::Mark { subject: alert, verdict, reason });
        }
        AlertVerb::Why { situation } => {
            return Spoken::Alert(Alerting::Why { target, situation: situation.map(|s| s.0) });
        }
        AlertVerb::Report { since } => {
            return Spoken::Alert(Alerting::Report { minutes: since.map(|since| since.0) });
        }
        AlertVerb::Ack { situation, comment } => {
            Arrange::Acknowledge { situation: situation.0, comment: comment.unwrap_or_default() }
        }
        AlertVerb::Unack { situation, reason } => {
            Arrange::Unacknowledge { situation: situation.0, reason: unquoted(reason.unwrap_or_default()) }
        }
        AlertVerb::Silence { situation, minutes, reason } => {
            Arrange::Silence { situation: situation.0, minutes: minutes.0, reason: unquoted(reason) }
        }
        AlertVerb::Unsilence { situation, reason } => {
            Arrange::Unsilence { situation: situation.0, reason: unquoted(reason.unwrap_or_default()) }
        }
    };
    Spoken::Arrange(arranged)
}

/// `"why"`, as people write a reason after a duration.
fn unquoted(text: String) -> String {
    let inside = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inside.filter(|inside| !inside.contains('"')).map_or(text.clone(), str::to_owned)
}

/// `help me`, and what with: no verb is called so.
fn asks_for_help(words: &str) -> bool {
    let word = words.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    word.eq_ignore_ascii_case("me")
}

fn enter(phase: Phase, reason: Reason) -> Command {
    Command::Enter { phase, reason: reason.text() }
}

/// A word such as `service:checkout` taken out of a text, unless the value is known; a text without one stays as it is.
fn taken_out(text: String, mark: &str, known: Option<String>) -> (String, Option<String>) {
    let value = |word: &str| word.strip_prefix(mark).filter(|value| !value.is_empty()).map(str::to_owned);
    match text.split_whitespace().find_map(value).filter(|_| known.is_none()) {
        None => (text, known),
        Some(found) => {
            let rest = text.split_whitespace().filter(|word| value(word).as_ref() != Some(&found));
            (rest.collect::<Vec<_>>().join(" "), Some(found))
        }
    }
}

/// `link me`, and what comes after it.
fn of_me(label: &str) -> Option<Linking> {
    let (me, rest) = label.split_once(char::is_whitespace).unwrap_or((label, ""));
    me.eq_ignore_ascii_case("me").then(|| match rest.trim() {
        "" => Linking::Begin,
        rest if rest.eq_ignore_ascii_case("off") => Linking::End,
        rest if rest.eq_ignore_ascii_case("list") => Linking::List,
        code => Linking::With(code.to_owned()),
    })
}

/// `link S-3` is a situation; anything else needs an address.
fn link(url: Option<String>, label: String) -> Result<Command, Refusal> {
    match (url, value::situation(&label)) {
        (Some(url), _) => Ok(Command::AddLink { label, url, sum: None }),
        (None, Ok(situation)) => Ok(Command::LinkSituation { situation: situation.0, facts: None }),
        (None, Err(_)) => Err(Refusal::invalid(
            format!("«{}» is neither a situation nor a name with an address after it.", shown(&label)),
            "Write `link S-3`, `link Error rate https://grafana.example/d/7`, or `link me` for your own accounts.",
        )),
    }
}
