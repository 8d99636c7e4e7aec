//! What the rules make of a situation: it is recorded, shown, joins an incident, or one is declared.

use std::{collections::BTreeMap, sync::Arc};

use super::{Along, Caller, Desk, follow, policy, refuse};
use crate::{
    alert::{
        Alert,
        rules::{Action, Calling, Decision, Declaring, OnClear, Open, OpenIncident},
    },
    incident::{
        command::{Command, Declare, PageByRule, SituationFacts, Whom},
        event::InWindow,
        id::IncidentId,
        kind::Kind,
        refusal::{Because, Refusal},
        severity::Severity,
    },
    journal::{Append, Mark, rows::*},
};

/// Characters of the title that a rule gives.
const TITLE_CHARS_MAX: usize = 200;

/// How much a decision asks of people. Once decided, only more is decided anew.
fn weight(how: &str) -> u8 {
    match how {
        "record" => 0,
        "card" => 1,
        _ => 2,
    }
}

/// The alert by which a situation is judged: of those that fire the worst, of several the newest.
pub(crate) fn lead(alerts: &[AlertRow]) -> Option<&Alert> {
    let firing = alerts.iter().filter(|row| row.is_firing);
    firing.max_by_key(|row| (row.alert.severity, row.id)).or(alerts.first()).map(|row| &row.alert)
}

impl Desk {
    /// Decides on a situation that belongs to no incident, and does it. What else is to be written comes back. `open` is read when it
    /// is needed, and once for many.
    pub(super) async fn rule_on(
        self: &Arc<Self>,
        row: SituationRow,
        within: Option<InWindow>,
        told: Vec<Mark>,
        open: &mut Option<Open>,
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
        let alerts = async { self.journal.alerts_of(row.id, follow::ALERTS_SHOWN).await.map_err(refuse) };
        let known = async {
            match open.take() {
                Some(known) => Ok(known),
                None => self.open_incidents().await,
            }
        };
        let (alerts, known) = tokio::try_join!(alerts, known)?;
        let Some(lead) = lead(&alerts) else { return Ok(as_before(told, cards)) };
        let known = open.insert(Open { now, ..known });
        let rules = self.rules();
        let decision = rules.decide(&row.situation, lead, known);
        let before = row.decided.as_deref();
        if before.is_some_and(|before| weight(decision.action.word()) <= weight(before)) {
            return Ok(as_before(told, cards));
        }
        let window = within.as_ref().map(|window| window.name.as_str());
        tracing::info!(situation = row.id, window, reason = %decision.reason, "an alert situation was decided");
        let decided = |how: &str| Mark::SituationDecided {
            id: row.id,
            how: how.to_owned(),
            verdict: Some(Verdict { rule: decision.rule.clone(), reason: decision.reason.clone() }),
        };
        let with = |how| told.iter().cloned().chain([decided(how)]).collect::<Vec<_>>();
        let facts =
            SituationFacts { because: decision.reason.clone(), within, ..self.facts_of(&row, &alerts) };
        let house = Caller::house(row.situation.source.clone());
        let done = match &decision {
            Decision { action: Action::Record, .. } => return Ok(also(with("record"), vec![])),
            Decision { action: Action::Attach, incident: Some(incident), .. } => {
                let incident = incident.parse::<IncidentId>();
                let Ok(incident) = incident else { return Ok(also(with("card"), cards)) };
                let link = Command::LinkSituation { situation: row.id, facts: Some(facts) };
                let along = Along { marks: with("attach"), ..Along::default() };
                self.submit(house, incident, link, along).await
            }
            Decision { action: Action::Declare(declaring), .. } => {
                let along = Along { marks: with("declare"), ..Along::default() };
                self.declare_by_rule(house, declaring, facts, along).await
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
                *open = None;
                Ok(Append::default())
            }
            Err(refusal) if refusal.because == Because::Unavailable => Err(refusal),
            // Somebody took it up in the same moment: their incident was told of it as it is.
            Err(_) if self.situation(row.id).await?.incident.is_some() => Ok(also(told, vec![])),
            Err(refusal) => {
                tracing::warn!(situation = row.id, %refusal, "what the rule says could not be done; a card is shown");
                // Whoever asks for the reason is not told that it was done.
                let reason =
                    format!("{} That could not be done: {} So it is a card.", decision.reason, refusal.why);
                let verdict = Some(Verdict { rule: decision.rule.clone(), reason });
                let mark = Mark::SituationDecided { id: row.id, how: "card".to_owned(), verdict };
                Ok(also(told.into_iter().chain([mark]).collect(), cards))
            }
        }
    }

    async fn declare_by_rule(
        self: &Arc<Self>,
        house: Caller,
        declaring: &Declaring,
        facts: SituationFacts,
        along: Along,
    ) -> Result<super::Answer, Refusal> {
        let title = titled(declaring.title.as_deref(), &facts);
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
        let title = titled(calling.title.as_deref(), &facts);
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
}

fn titled(title: Option<&str>, facts: &SituationFacts) -> String {
    title.unwrap_or(&facts.title).chars().take(TITLE_CHARS_MAX).collect()
}

fn leveled(level: u8) -> Option<Severity> {
    Severity::ALL.into_iter().find(|severity| severity.level() == level)
}

pub(super) fn also(marks: Vec<Mark>, deliveries: Vec<NewDelivery>) -> Append {
    Append { marks, deliveries, ..Append::default() }
}
