//! Opening an incident: within limits, with a number of its own, once for each key.

use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};

use super::{
    Along, Answer, Caller, Desk,
    answer::again,
    policy, refuse,
    submit::{Heading, TRIES_MAX, scene},
    too_busy,
    words::DELETE_IT,
};
use crate::{
    incident::{
        command::{Declare, SituationFacts},
        decide,
        event::TimeSource,
        id::IncidentId,
        kind::Kind,
        refusal::Refusal,
        state::Incident,
    },
    journal::{
        JournalError, Mark,
        rows::{IncidentFilter, IncidentRow},
    },
};

/// What one person may declare within a minute, however little the settings leave to rules: nobody types as fast.
const BY_ONE_PERSON_MAX: usize = 30;

impl Desk {
    /// Opens an incident, or answers what was answered under this key before.
    pub async fn declare(
        self: &Arc<Self>,
        caller: Caller,
        declare: Declare,
        along: Along,
    ) -> Result<Answer, Refusal> {
        let (desk, caller) = (self.clone(), self.known_as(caller));
        let task = tokio::spawn(async move { desk.declare_here(caller, declare, along).await });
        task.await.unwrap_or_else(|e| {
            tracing::error!(error = %e, "a declaration broke down");
            Err(Refusal::unavailable(
                "The declaration broke down inside commandpost.",
                "Look at the list of incidents, then try again.",
            ))
        })
    }

    async fn declare_here(
        self: &Arc<Self>,
        caller: Caller,
        mut declare: Declare,
        along: Along,
    ) -> Result<Answer, Refusal> {
        let masked = declare.mask();
        let asked = format!(
            "declare {:?}",
            (
                &declare.title,
                declare.severity,
                declare.kind,
                declare.situation.as_ref().map(|s| s.id),
                declare.restricted,
                declare.began,
                declare.ended,
                &declare.incident_type,
                &declare.fields,
                declare.under,
                &declare.plan
            )
        );
        if let Some(answer) = self.answered(along.once.as_deref(), &asked).await? {
            return Ok(answer);
        }
        let mut by_rules = self.opening.lock().await;
        // The same request may have come twice at once: the other one is durable now.
        if let Some(answer) = self.answered(along.once.as_deref(), &asked).await? {
            return Ok(answer);
        }
        let now = self.world.now();
        // A drill is begun by a person.
        let is_by_rule = caller.is_house && declare.drill.is_none();
        if is_by_rule {
            self.check_rules(&mut by_rules, now, declare.kind).await?;
        } else {
            self.check_person(&caller, now, declare.kind).await?;
        }
        let _relating = match (&declare.situation, declare.under) {
            (None, None) => None,
            _ => Some(self.relating.lock().await),
        };
        if let Some(facts) = &declare.situation {
            // Two people press the same button: the second learns of the first.
            let row = self.situation(facts.id).await?;
            if row.incident.is_some() {
                let other = self.told_of(row.incident, &caller.person).await;
                return Err(Refusal::conflict(
                    format!("S-{} belongs to {other} already.", facts.id),
                    match other.parse::<IncidentId>() {
                        Ok(id) => format!("Join it there (`{id} checkin`), or declare without these alerts."),
                        Err(_) => "Declare without these alerts, or ask an admin to be let in.".to_owned(),
                    },
                ));
            }
            let because = facts.because.clone();
            declare.situation = Some(SituationFacts { because, ..self.facts(&row).await? });
        }
        if let Some(under) = declare.under {
            declare.parent = self.parent_facts(under, &caller.person).await?.map(Box::new);
        }
        let settings = self.settings();
        // What is over, only a suspicion, or no real incident, asks nothing of anybody by itself.
        if declare.kind == Kind::Real && !declare.triage && declare.ended.is_none() {
            for (usual, offers) in declare.usual_offers.iter_mut().zip(&settings.offers) {
                *usual = self.offered(offers).await?;
            }
        }
        for _ in 0..TRIES_MAX {
            let number = self.journal.last_number(declare.kind).await.map_err(refuse)? + 1;
            let id = IncidentId::new(declare.kind, number);
            let at = declare.drill.as_ref().map_or(now, |drill| drill.clock.virtual_at(now));
            let scene = scene(&caller, &settings, at, None);
            let decision = decide::open(&declare, &scene)?;
            let mut state: Option<Incident> = None;
            let (mut entries, mut salts) = (Vec::new(), Vec::new());
            let usual = if declare.drill.is_some() { TimeSource::Drill } else { TimeSource::House };
            let heading = Heading { incident: id, caller: &caller, at, usual, now };
            for happened in decision.events {
                let role = state.as_ref().and_then(|s| s.roles_of(&caller.person).into_iter().next());
                let entry = self.written(&heading, entries.len() as u64 + 1, role, happened);
                match &mut state {
                    None => state = Incident::open(&entry),
                    Some(state) => state.apply(&entry),
                }
                entries.push(entry);
                salts.push(self.world.salt());
            }
            let Some(state) = state else {
                return Err(Refusal::invalid(
                    "That opens no incident.",
                    "Report this as a fault of commandpost.",
                ));
            };
            let answer = Answer {
                text: match state.restricted {
                    Some(_) if is_overheard(&caller, &state) => told_aloud(id) + &masked.word(),
                    _ => format!("{id} – {}{}", decision.reply, masked.word()),
                },
                incident: Some(id),
                seq: Some(state.seq),
                ..Answer::default()
            };
            let mut append = self.appendix(&state, None, entries, salts, &along, &asked, &answer);
            if let Some(facts) = &declare.situation {
                append.marks.push(Mark::SituationLinked { id: facts.id, incident: id });
                append.deliveries.extend(policy::situation_cards(facts.id, -1, &settings.chats, now));
            }
            match self.append(append).await {
                Ok(()) => {
                    if is_by_rule {
                        by_rules.push(now);
                    }
                    self.after_append(id, state.seq);
                    return Ok(answer);
                }
                Err(JournalError::Conflict) => {}
                Err(JournalError::AnsweredBefore { asked: before, answer }) => {
                    return again(&asked, &before, &answer);
                }
                Err(error) => return Err(refuse(error)),
            }
        }
        Err(too_busy())
    }

    /// What rules declare is limited, all of it together: a storm of alerts must not bury what people do.
    async fn check_rules(
        &self,
        by_rules: &mut Vec<DateTime<Utc>>,
        now: DateTime<Utc>,
        kind: Kind,
    ) -> Result<(), Refusal> {
        by_rules.retain(|at| now - *at < Duration::minutes(1));
        let settings = self.settings();
        if by_rules.len() >= settings.declares_per_minute_max {
            return Err(Refusal::limit(
                format!("Rules declared {} within a minute, which is the limit.", by_rules.len()),
                "It is tried again when the minute is over; people may declare all the while.",
            ));
        }
        let open = self.open_of(kind).await?.len();
        if open >= settings.open_incidents_max {
            return Err(Refusal::limit(
                format!("{open} incidents are open; for rules {} is the limit.", settings.open_incidents_max),
                "Close or merge some, or raise `limits.open_incidents_max`; people may declare all the while.",
            ));
        }
        Ok(())
    }

    /// Whatever rules and others declare, a person may: they are held back by nothing but what they declared themselves, so that a
    /// script in somebody's name that runs wild comes to its end. Whoever declares has command at first; by that they are counted.
    async fn check_person(&self, caller: &Caller, now: DateTime<Utc>, kind: Kind) -> Result<(), Refusal> {
        let settings = self.settings();
        let mut theirs = self.open_of(kind).await?;
        theirs.retain(|row| row.commander.id == caller.person.id);
        let is_recent =
            |row: &&IncidentRow| (Duration::zero()..Duration::minutes(1)).contains(&(now - row.declared_at));
        let recent = theirs.iter().filter(is_recent).count();
        if recent >= settings.declares_per_minute_max.max(BY_ONE_PERSON_MAX) {
            return Err(Refusal::limit(
                format!("{} declared {recent} incidents within a minute.", caller.person),
                "Something declares by itself? Look at `list`; it works again in a minute.",
            ));
        }
        if theirs.len() >= settings.open_incidents_max {
            return Err(Refusal::limit(
                format!(
                    "{} has command of {} open incidents; {} is the limit for one.",
                    caller.person,
                    theirs.len(),
                    settings.open_incidents_max
                ),
                "Close, merge or hand over some, or raise `limits.open_incidents_max`.",
            ));
        }
        Ok(())
    }

    async fn open_of(&self, kind: Kind) -> Result<Vec<IncidentRow>, Refusal> {
        let filter = IncidentFilter { open_only: true, kind: Some(kind), limit: u32::MAX };
        self.journal.incidents(filter).await.map_err(refuse)
    }
}

/// Whether others read along who may not see what was just declared; a part of what few may see is for the same few.
fn is_overheard(caller: &Caller, declared: &Incident) -> bool {
    caller.is_overheard_on(declared.id) && declared.parent.is_none_or(|parent| caller.is_overheard_on(parent))
}

/// What is answered about a restricted incident there.
fn told_aloud(id: IncidentId) -> String {
    let done = if id.kind == Kind::Planned { "planned" } else { "declared" };
    format!("{id} is {done}; it goes on in its private place. {DELETE_IT}")
}
