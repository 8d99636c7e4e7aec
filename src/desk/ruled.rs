//! What the rules make of a situation: it is recorded, shown, joins an incident, or one is declared.

use std::{cmp::Reverse, collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Duration, Utc};

use super::{Along, Caller, Desk, follow, held::ALERTS_MATCHED, policy, refuse};
use crate::{
    alert::{
        Alert,
        rules::{Action, Calling, Decision, Declaring, JUDGED_MAX, OnClear, Open, OpenIncident},
    },
    incident::{
        command::{Command, Declare, PageByRule, SituationFacts, Whom},
        event::{Entry, Event, InWindow},
        id::IncidentId,
        kind::Kind,
        milestone::Milestone,
        phase::Phase,
        refusal::{Because, Refusal},
        severity::Severity,
    },
    journal::{Append, Mark, rows::*},
    people::Person,
};

/// Characters of the title that a rule gives.
const TITLE_CHARS_MAX: usize = 200;
/// What a limit kept a rule from declaring is tried again after this time, the one by which the limit counts.
const AGAIN_AFTER: Duration = Duration::minutes(1);

/// What one pass over the situations has come to know.
#[derive(Default)]
pub(super) struct Known {
    /// The incidents that alerts may join, read when first needed.
    open: Option<Open>,
    /// No rule may declare anything for now.
    pub is_full: bool,
}

/// How much a decision asks of people. Once decided, only more is decided anew.
fn weight(how: &str) -> u8 {
    match how {
        "record" => 0,
        "card" => 1,
        _ => 2,
    }
}

/// The alerts by which a situation is judged: those that fire, the worst first, of several the newest.
pub(super) fn judged(alerts: &[AlertRow]) -> Vec<&Alert> {
    let mut firing: Vec<&AlertRow> = alerts.iter().filter(|row| row.is_firing).collect();
    firing.sort_by_key(|row| Reverse((row.alert.severity, row.id)));
    firing.extend(alerts.first().filter(|_| alerts.iter().all(|row| !row.is_firing)));
    firing.into_iter().map(|row| &row.alert).collect()
}

/// A rule could not declare for it for now: it is a card, and looked at again.
pub(super) fn put_off(id: i64, now: DateTime<Utc>) -> Mark {
    Mark::SituationLook { id, at: Some(now + AGAIN_AFTER) }
}

impl Desk {
    /// The alerts of a situation that it may be judged by: those that came last; more, where none of them is as bad as what fires.
    pub(super) async fn to_judge(&self, row: &SituationRow) -> Result<Vec<AlertRow>, Refusal> {
        let last = self.journal.alerts_of(row.id, JUDGED_MAX).await.map_err(refuse)?;
        let is_worst = |one: &AlertRow| one.is_firing && one.alert.severity == row.situation.severity;
        if last.len() < JUDGED_MAX as usize || last.iter().any(is_worst) {
            return Ok(last);
        }
        self.journal.alerts_of(row.id, ALERTS_MATCHED).await.map_err(refuse)
    }

    /// Decides on a situation that belongs to no incident, and does it. What else is to be written comes back. `is_due`: nothing moved,
    /// it is only looked at again.
    pub(super) async fn rule_on(
        self: &Arc<Self>,
        row: SituationRow,
        within: Option<InWindow>,
        told: Vec<Mark>,
        is_due: bool,
        known: &mut Known,
    ) -> Result<Append, Refusal> {
        let now = self.world.now();
        let cards = policy::situation_cards(row.id, row.revision, &self.settings().chats, now);
        let as_before = |told, cards| match row.decided.as_deref() {
            None | Some("record") => also(told, vec![]),
            Some(_) => also(told, cards),
        };
        // What was over before anybody was told of it stands in the list, and asks nothing of anybody.
        if row.situation.is_over() {
            return Ok(as_before(told, cards));
        }
        let alerts = self.to_judge(&row);
        let open = async {
            match known.open.take() {
                Some(open) => Ok(open),
                None => self.open_incidents().await,
            }
        };
        let (alerts, open) = tokio::try_join!(alerts, open)?;
        let open = known.open.insert(Open { now, ..open });
        let rules = self.rules();
        let decided = rules.judge(&row.situation, judged(&alerts), open);
        let Some((lead, decision)) = decided else { return Ok(as_before(told, cards)) };
        let before = row.decided.as_deref();
        if before.is_some_and(|before| weight(decision.action.word()) <= weight(before)) {
            return Ok(as_before(told, cards));
        }
        let opens = matches!(decision.action, Action::Declare(_) | Action::Page(_));
        // Nothing moved, and somebody has said meanwhile that they are on it: nobody is woken, as long as they do not take that back.
        if is_due && before == Some("card") && opens && self.acknowledgement(row.id).await?.is_some() {
            return Ok(also(vec![put_off(row.id, now)], vec![]));
        }
        let window = within.as_ref().map(|window| window.name.as_str());
        tracing::info!(situation = row.id, window, reason = %decision.reason, "an alert situation was decided");
        let decided = |how: &str| Mark::SituationDecided {
            id: row.id,
            how: how.to_owned(),
            verdict: Some(Verdict { rule: decision.rule.clone(), reason: decision.reason.clone() }),
        };
        let with = |how| told.iter().cloned().chain([decided(how)]).collect::<Vec<_>>();
        let shown = alerts.get(..follow::ALERTS_SHOWN as usize).unwrap_or(&alerts);
        let facts = SituationFacts { because: decision.reason.clone(), within, ..self.facts_of(&row, shown) };
        let house = Caller::house(row.situation.source.clone());
        let done = match &decision {
            Decision { action: Action::Record, .. } => return Ok(also(with("record"), vec![])),
            Decision { action: Action::Attach, incident: Some(incident), .. } => {
                let incident = incident.parse::<IncidentId>();
                let Ok(incident) = incident else { return Ok(also(with("card"), cards)) };
                // What it joins may have been ended by this very rule: then it goes on.
                let ended_by =
                    self.ended_by_rule(incident).await?.filter(|rule| decision.rule.as_ref() == Some(rule));
                let facts = SituationFacts { ended_by, ..facts };
                let link = Command::LinkSituation { situation: row.id, facts: Some(facts) };
                let along = Along { marks: with("attach"), ..Along::default() };
                self.submit(house, incident, link, along).await
            }
            Decision { action: Action::Declare(declaring), .. } => {
                let along = Along { marks: with("declare"), ..Along::default() };
                self.declare_by_rule(house, declaring, lead, facts, along).await
            }
            Decision { action: Action::Page(calling), .. } => {
                let along = Along { marks: with("page"), ..Along::default() };
                self.page_by_rule(house, calling, lead, facts, along).await
            }
            Decision { .. } => return Ok(also(with("card"), cards)),
        };
        match done {
            Ok(_) => {
                // There is one more that others may join, or one that has more to be like.
                known.open = None;
                Ok(Append::default())
            }
            Err(refusal) if refusal.because == Because::Unavailable => Err(refusal),
            // Somebody took it up in the same moment: their incident was told of it as it is.
            Err(_) if self.situation(row.id).await?.incident.is_some() => Ok(also(told, vec![])),
            Err(refusal) => {
                tracing::warn!(situation = row.id, %refusal, "what the rule says could not be done; a card is shown");
                let is_full = opens && refusal.because == Because::Limit;
                let so = match is_full {
                    true => "So it is a card for now, and is tried again every minute while it fires.",
                    false => "So it is a card.",
                };
                // Whoever asks for the reason is not told that it was done.
                let reason = format!("{} That could not be done: {} {so}", decision.reason, refusal.why);
                let verdict = Some(Verdict { rule: decision.rule.clone(), reason });
                let mark = Mark::SituationDecided { id: row.id, how: "card".to_owned(), verdict };
                let mut marks: Vec<Mark> = told.into_iter().chain([mark]).collect();
                if !is_full {
                    return Ok(also(marks, cards));
                }
                known.is_full = true;
                marks.push(put_off(row.id, now));
                if !is_due {
                    return Ok(also(marks, cards));
                }
                // The card stands as it is; should it have moved meanwhile, that is told by itself.
                marks.retain(|mark| !matches!(mark, Mark::SituationTold { .. }));
                Ok(also(marks, vec![]))
            }
        }
    }

    async fn declare_by_rule(
        self: &Arc<Self>,
        house: Caller,
        declaring: &Declaring,
        lead: &Alert,
        facts: SituationFacts,
        along: Along,
    ) -> Result<super::Answer, Refusal> {
        let title = titled(declaring.title.as_deref(), lead);
        let severity = leveled(declaring.severity);
        let offers = self.offered(&declaring.roles).await?;
        let bare = Declare {
            situation: Some(facts),
            offers,
            playbook: declaring.playbook.clone(),
            ..Declare::new(title, severity.unwrap_or(Severity::Sev3), Kind::Real)
        };
        let whole = Declare {
            incident_type: declaring.incident_type.clone(),
            fields: declaring.fields.clone().into_iter().collect(),
            ..bare.clone()
        };
        match self.declare(house.clone(), whole, along.clone()).await {
            // A label that is no value of its field must not keep the incident from being declared.
            Err(refusal) if refusal.because == Because::Invalid => {
                tracing::warn!(%refusal, "declared without the type and the fields that the rule gives");
                self.declare(house, bare, along).await
            }
            done => done,
        }
    }

    /// It is put in triage, and whoever is on call paged, in one transaction: neither is there without the other.
    async fn page_by_rule(
        self: &Arc<Self>,
        house: Caller,
        calling: &Calling,
        lead: &Alert,
        facts: SituationFacts,
        along: Along,
    ) -> Result<super::Answer, Refusal> {
        let title = titled(calling.title.as_deref(), lead);
        let severity = leveled(calling.severity).unwrap_or(Severity::Sev3);
        let page = PageByRule { whom: self.whom(calling, lead), about: lead.description.clone() };
        let declare = Declare {
            triage: true,
            situation: Some(facts),
            page: Some(page),
            ..Declare::new(title, severity, Kind::Real)
        };
        self.declare(house, declare, along).await
    }

    /// Whom a rule pages for an alert.
    fn whom(&self, calling: &Calling, lead: &Alert) -> Whom {
        let settings = self.settings();
        let to = match calling.to.as_deref() {
            Some(Calling::SERVICE) => {
                let services = &settings.evidence.services;
                let service = services.of(&lead.labels).and_then(|name| services.named(name));
                service.and_then(|service| service.on_call.as_deref())
            }
            to => to,
        };
        match to.and_then(|to| to.split_once(':')) {
            Some(("person", id)) => match settings.people.get(id) {
                Some(person) => Whom::Person(person.clone()),
                None => Whom::Usual,
            },
            Some((_, name)) => Whom::Named(name.to_owned()),
            None => Whom::Usual,
        }
    }

    /// What the rules must know of the incidents that alerts may join.
    pub(super) async fn open_incidents(self: &Arc<Self>) -> Result<Open, Refusal> {
        let filter = IncidentFilter { kind: Some(Kind::Real), ..IncidentFilter::open() };
        let rows = self.journal.incidents(filter).await.map_err(refuse)?;
        let rules = self.rules();
        let compared = rules.compared();
        let mut open = Open { now: self.world.now(), ..Open::default() };
        for row in rows {
            let mut one = OpenIncident { id: row.id.to_string(), title: row.title, values: BTreeMap::new() };
            if !compared.is_empty() {
                let linked = SituationFilter::Linked { incident: row.id };
                for situation in self.journal.situations(linked).await.map_err(refuse)? {
                    let alerts = self.journal.alerts_of(situation.id, follow::ALERTS_SHOWN).await;
                    for alert in alerts.map_err(refuse)? {
                        one.is_of(&compared, &alert.alert.labels);
                    }
                }
                // One that cannot be read is joined by nothing, and keeps nothing from being told.
                let fields = match self.incident(row.id).await {
                    Ok(incident) => incident.fields,
                    Err(refusal) => {
                        tracing::warn!(incident = %row.id, %refusal, "no alert can join an incident that cannot be read");
                        continue;
                    }
                };
                let fields = fields.into_iter().map(|(name, known)| (name, known.value)).collect();
                one.is_of(&compared, &fields);
            }
            open.incidents.push(one);
        }
        Ok(open)
    }

    /// The rule that declared the incident of these situations, if that ends it when nothing of it fires any more.
    pub(super) fn ended_by(&self, linked: &[SituationRow]) -> Option<String> {
        let declared = linked.iter().filter(|row| row.decided.as_deref() == Some("declare"));
        let mut rules = declared.filter_map(|row| row.verdict.as_ref()?.rule.clone());
        let book = self.rules();
        let ends = |name: &String| {
            book.named(name).is_some_and(|rule| match &rule.then {
                Action::Declare(declaring) => declaring.on_clear == OnClear::Resolve,
                _ => false,
            })
        };
        rules.find(ends)
    }

    /// The rule that ended an incident which is resolved; `None` where a person did, or it is not.
    pub(super) async fn ended_by_rule(
        self: &Arc<Self>,
        incident: IncidentId,
    ) -> Result<Option<String>, Refusal> {
        let row = self.journal.incident_row(incident).await.map_err(refuse)?;
        if row.is_none_or(|row| row.phase != Phase::Resolved) {
            return Ok(None);
        }
        let state = self.incident(incident).await?;
        let Some(origin) = state.milestones.origins.get(&Milestone::Resolved) else { return Ok(None) };
        let entries = self.journal.entries(incident, origin.seq, 1).await.map_err(refuse)?;
        let is_by_house = entries
            .first()
            .and_then(|sealed| serde_json::from_str::<Entry>(&sealed.body).ok())
            .is_some_and(|entry| {
                matches!(entry.event, Event::PhaseChanged { to: Phase::Resolved, .. })
                    && entry.actor.person.id == Person::house().id
            });
        if !is_by_house {
            return Ok(None);
        }
        let linked = self.journal.situations(SituationFilter::Linked { incident }).await.map_err(refuse)?;
        Ok(self.ended_by(&linked))
    }
}

fn titled(title: Option<&str>, lead: &Alert) -> String {
    title.unwrap_or(&lead.title).chars().take(TITLE_CHARS_MAX).collect()
}

fn leveled(level: u8) -> Option<Severity> {
    Severity::ALL.into_iter().find(|severity| severity.level() == level)
}

pub(super) fn also(marks: Vec<Mark>, deliveries: Vec<NewDelivery>) -> Append {
    Append { marks, deliveries, ..Append::default() }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use uuid::Uuid;

    use super::*;
    use crate::{
        alert::{
            rules::{Matchers, Rule},
            testing::alert,
        },
        desk::{
            Settings,
            clock::{System, World},
        },
        grammar::Arrange,
        journal::sqlite::SqliteJournal,
    };

    /// The machine's clock, so many seconds ahead.
    #[derive(Default)]
    struct Ahead(AtomicI64);

    impl World for Ahead {
        fn now(&self) -> DateTime<Utc> {
            System.now() + Duration::seconds(self.0.load(Ordering::SeqCst))
        }
        fn id(&self) -> Uuid {
            System.id()
        }
        fn salt(&self) -> String {
            System.salt()
        }
        fn chance(&self) -> f64 {
            0.5
        }
    }

    /// How many are open, after the alerts were followed.
    async fn incidents(desk: &Arc<Desk>) -> usize {
        while desk.follow_once().await.unwrap() > 0 {}
        desk.list(IncidentFilter::open()).await.unwrap().len()
    }

    #[tokio::test]
    async fn what_waits_for_the_limit_is_not_declared_while_somebody_has_acknowledged_it() {
        let dir = tempfile::tempdir().unwrap();
        let journal = Arc::new(SqliteJournal::open(dir.path()).await.unwrap());
        let world = Arc::new(Ahead::default());
        let declaring = Declaring { severity: 2, ..Declaring::default() };
        let rule = Rule { name: "all".into(), when: Matchers::default(), then: Action::Declare(declaring) };
        let settings = Settings { rules: vec![rule], declares_per_minute_max: 1, ..Settings::default() };
        let desk = Desk::new(journal, world.clone(), settings);
        let of = |group: &str| Alert { group_key: group.into(), starts_at: None, ..alert(group) };
        desk.take_alerts(vec![of("a"), of("b")]).await.unwrap();
        assert_eq!(incidents(&desk).await, 1);

        let free = desk.situations(SituationFilter::Free { limit: 2 }).await.unwrap();
        let [SituationRow { id: situation, .. }] = free[..] else { panic!("{free:?}") };
        let ada = || Caller::person(Person::named("Ada").unwrap(), "test");
        let on_it = Arrange::Acknowledge { situation, comment: String::new() };
        desk.arrange(ada(), on_it, None).await.unwrap();
        world.0.fetch_add(61, Ordering::SeqCst);
        assert_eq!(incidents(&desk).await, 1, "somebody is on it");
        let no_more = Arrange::Unacknowledge { situation, reason: String::new() };
        desk.arrange(ada(), no_more, None).await.unwrap();
        world.0.fetch_add(61, Ordering::SeqCst);
        assert_eq!(incidents(&desk).await, 2);
    }
}
