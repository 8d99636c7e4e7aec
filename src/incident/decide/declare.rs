//! Who opens an incident: how bad, since when, and what begins with it.

use super::lifecycle::title;
use super::*;
use crate::incident::{command::SituationFacts, matrix::Rated};

/// Of a declaration that names none, and no type that has one.
const SEVERITY_UNSAID: Severity = Severity::Sev2;

pub(super) fn open(declare: &Declare, scene: &Scene<'_>) -> Ruling {
    if declare.kind == Kind::Planned {
        return super::planned::open(declare, scene);
    }
    let title = title(&declare.title)?;
    let (began, ended) = course(declare, scene)?;
    let (put_under, circle) = super::relations::declared(declare, scene)?;
    let (classified, usual) = super::taxonomy::declared(declare, scene)?;
    let severity = declare.severity.or(usual).unwrap_or(SEVERITY_UNSAID);
    let is_said = declare.severity.is_some() && declare.drill.is_none();
    let severity = in_use(severity, is_said, scene)?;
    let names = &scene.policy.names;
    let mut events: Vec<Happened> = vec![
        Event::Declared {
            title: title.clone(),
            kind: declare.kind,
            severity,
            triage: declare.triage,
            drill_clock: declare.drill.as_ref().map(|drill| drill.clock),
            began,
            ended,
            rated: declare.rated.clone(),
        }
        .into(),
    ];
    if let Some(drill) = &declare.drill {
        let (scenario, sha256) = (drill.scenario.clone(), drill.sha256.clone());
        events.push(Event::Startex { scenario, sha256 }.into());
    }
    events.push(Event::CommandEstablished { by: scene.person.clone() }.into());
    if let Some(people) = &circle {
        events.push(Event::Restricted { people: people.clone(), reason: String::new() }.into());
    }
    events.extend(put_under.map(Happened::from));
    events.extend(classified.into_iter().map(Happened::from));
    if let Some(facts) = &declare.situation {
        events.push(linked(facts).into());
    }
    let given = super::rule::given(declare, &events, scene);
    let begun = if ended.is_none() && !declare.triage {
        begun_with(declare, &given, severity, scene)
    } else {
        vec![]
    };
    events.extend(given.into_iter().chain(begun).map(Happened::from));
    let seen = match circle.as_deref() {
        None => "",
        Some([_]) => " Only you see it; `admit NAME` lets somebody in.",
        Some(_) => " Only those who see the greater one see it; `admit NAME` lets somebody in.",
    };
    let person = scene.person;
    if ended.is_none() && !declare.triage {
        let page = super::paging::called_for(&[], severity, declare.kind, circle.is_some(), scene.policy);
        events.extend(page.map(Happened::from));
    }
    if declare.triage && declare.kind == Kind::Real && circle.is_none() {
        let page = declare.page.as_ref().and_then(|page| super::paging::called_by_rule(page, scene.policy));
        events.extend(page.map(Happened::from));
    }
    if declare.triage {
        let reply = format!(
            "{title} is noticed (triage, {}{} for now). Is it an incident? `confirm`; if not: `cancel REASON`.{seen}",
            names.severity(severity),
            found(declare.rated.as_ref())
        );
        return Ok(Decision::many(events, reply));
    }
    let Some(ended) = ended else {
        let began = began.map(|at| format!(", begun {}", dated(at))).unwrap_or_default();
        // What a rule declares, nobody of flesh and blood commands yet.
        let steps = if scene.is_house {
            String::new()
        } else {
            roles::steps(&Role::ic()) + &roles::heirs_at_declaration(circle.as_deref(), scene)
        };
        let reply = format!(
            "{title} is declared as {}{}{began}. {person} has command as {} and holds every role that is not given \
             out.{seen}{steps}",
            names.severity(severity),
            found(declare.rated.as_ref()),
            Role::ic().shown(scene.policy.words)
        );
        return Ok(Decision::many(events, reply));
    };
    let over = Event::PhaseChanged {
        from: Phase::Investigating,
        to: Phase::Resolved,
        reason: "it was over when it was declared".into(),
    };
    events.push(Happened { event: over, at: Some((ended, TimeSource::Stated)) });
    let reply = format!(
        "{title} is declared as {} for the record: it was over {}. {person} has command. `note --at 09:12 TEXT` puts \
         what happened at its time; `close` when nothing is left to say.{seen}",
        names.severity(severity),
        dated(ended)
    );
    Ok(Decision::many(events, reply))
}

/// The severity, or the nearest that is used here. A person who says one that is not used is told so; an alert's rule, a type and
/// a drill are not stopped by it.
pub(super) fn in_use(severity: Severity, is_said: bool, scene: &Scene<'_>) -> Result<Severity, Refusal> {
    if is_said && !scene.is_house {
        scene.policy.names.check_used(severity)?;
    }
    Ok(scene.policy.names.nearest_used(severity))
}

/// ` (by impact wide × urgency now)`
pub(super) fn found(rated: Option<&Rated>) -> String {
    rated.map(|rated| format!(" ({rated})")).unwrap_or_default()
}

/// The playbooks that begin with it, besides the one that a rule names.
fn begun_with(declare: &Declare, given: &[Event], severity: Severity, scene: &Scene<'_>) -> Vec<Event> {
    let begun = given.iter().filter_map(|event| match event {
        Event::PlaybookBegun { playbook } => Some(playbook.id.as_str()),
        _ => None,
    });
    let begun: Vec<&str> = begun.collect();
    let titles: Vec<&str> = declare.situation.iter().flat_map(super::playbook::titles_of).collect();
    super::playbook::called_for(&begun, severity, &titles, declare.kind, scene.policy)
}

/// When it began and when it was over, as far as whoever declares it says so.
type Course = (Option<DateTime<Utc>>, Option<DateTime<Utc>>);

fn course(declare: &Declare, scene: &Scene<'_>) -> Result<Course, Refusal> {
    let began = declare.began.map(|at| stated(at, scene.now)).transpose()?;
    let ended = declare.ended.map(|at| stated(at, scene.now)).transpose()?;
    if ended.is_some() && declare.triage {
        return Err(Refusal::invalid(
            "What is over is no suspicion any more.",
            "Leave `--triage` out, or `--ended`.",
        ));
    }
    match (began, ended) {
        (Some(began), Some(ended)) if ended < began => Err(Refusal::invalid(
            format!("It would be over {}, before it began {}.", dated(ended), dated(began)),
            "Give an end after the beginning, with the dates if it went past midnight: \
             `declare TITLE --began 2026-11-19T23:50Z --ended 2026-11-20T00:40Z`.",
        )),
        course => Ok(course),
    }
}

pub(super) fn linked(facts: &SituationFacts) -> Event {
    Event::AlertsLinked {
        situation: facts.id,
        title: facts.title.clone(),
        source: facts.source.clone(),
        firing: facts.firing,
        total: facts.total,
        alerts: facts.alerts.clone(),
        within: facts.within.clone(),
        because: facts.because.clone(),
    }
}
