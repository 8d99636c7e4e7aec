//! One set of rules, led through what is past.

use std::collections::{BTreeSet, HashMap, VecDeque};

use chrono::{DateTime, Duration, Utc};
use serde::Serialize;

use super::{Past, PastIncident, Tally};
use crate::alert::{
    Alert,
    group::{Grouping, Joins},
    rules::{Action, Open, OpenIncident, Rulebook},
    situation::{Change, Situation, fold},
};

/// Situations that are kept while they may still grow; beyond that the oldest are let go.
const KEPT_MAX: usize = 10_000;
/// Alerts of one situation whose end is kept, and stored situations that it is made of.
const PARTS_MAX: usize = 1_000;
/// An incident that no person declared is open for so long after the last of its alerts.
const LINGERS: Duration = Duration::minutes(30);

/// What becomes of a situation; the later stands over the earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    Record,
    Card,
    Attach,
    Page,
    Declare,
}

impl Fate {
    /// Of the word by which it is stored; what a person linked was a card before.
    pub fn of_word(word: &str) -> Fate {
        match word {
            "record" => Fate::Record,
            "attach" => Fate::Attach,
            "page" => Fate::Page,
            "declare" => Fate::Declare,
            _ => Fate::Card,
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Fate::Record => "record",
            Fate::Card => "card",
            Fate::Attach => "attach",
            Fate::Page => "page",
            Fate::Declare => "declare",
        }
    }
}

/// Where a situation is kept: by its own number, or by what a group of the settings goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Place {
    Stored(i64),
    Shared([u8; 16]),
}

struct Going {
    state: Situation,
    /// The worst of its alerts that came last.
    lead: Alert,
    /// When each of them is over.
    until: Vec<Option<DateTime<Utc>>>,
    members: BTreeSet<i64>,
    fate: Option<Fate>,
    why: String,
    incident: Option<String>,
    moved: DateTime<Utc>,
}

struct Running {
    incident: OpenIncident,
    to: Option<DateTime<Utc>>,
}

pub(super) struct Side {
    book: Rulebook,
    grouping: Grouping,
    compared: BTreeSet<String>,
    going: HashMap<Place, Going>,
    /// In the order in which they were opened.
    opened: VecDeque<Place>,
    /// Those that people declared and that are still to come, the next one last.
    ahead: Vec<PastIncident>,
    /// Those that rules declared then, by situation.
    by_rules: HashMap<i64, PastIncident>,
    running: Vec<Running>,
    declared: u64,
}

impl Side {
    pub fn new(book: Rulebook, grouping: Grouping, incidents: &[PastIncident]) -> Side {
        let (by_rules, mut ahead): (Vec<_>, Vec<_>) =
            incidents.iter().cloned().partition(|one| !one.declared_for.is_empty());
        ahead.sort_by_key(|one| std::cmp::Reverse(one.from));
        let by_rules = by_rules.iter().flat_map(|one| one.declared_for.iter().map(|id| (*id, one.clone())));
        Side {
            compared: book.compared().into_iter().map(str::to_owned).collect(),
            by_rules: by_rules.collect(),
            book,
            grouping,
            going: HashMap::new(),
            opened: VecDeque::new(),
            ahead,
            running: Vec::new(),
            declared: 0,
        }
    }

    /// What becomes of the situation that an alert belongs to, and whether that is more than before it came. `before`: what became of it
    /// while it was not kept any more.
    pub fn feed(&mut self, past: &Past, before: Option<Fate>, tally: &mut Tally) -> (Fate, bool) {
        self.time_passes(past.at);
        let place = self.place(past, before, tally);
        let Some(going) = self.going.get_mut(&place) else { return (Fate::Record, false) };
        going.take(past);
        let was = going.fate.unwrap_or(Fate::Record);
        if was < Fate::Attach {
            let open = Open {
                incidents: self.running.iter().map(|one| one.incident.clone()).collect(),
                now: past.at,
            };
            let decision = self.book.decide(&going.state, &going.lead, &open);
            let fate = Fate::of_word(decision.action.word());
            if going.fate.is_none() || fate > was {
                tally.moves(was, fate);
                (going.fate, going.why) = (Some(fate), decision.reason);
                going.incident = decision.incident;
                let opens = match decision.action {
                    Action::Declare(declaring) => Some(("a new incident", declaring.title)),
                    Action::Page(calling) => Some(("a new one in triage", calling.title)),
                    _ => None,
                };
                if let Some((what, title)) = opens {
                    self.declared += 1;
                    let then = self.by_rules.get(&past.situation);
                    let title = title.unwrap_or_default();
                    let id = then
                        .map_or_else(|| format!("{what}, number {}", self.declared), |one| one.id.clone());
                    going.incident = Some(id.clone());
                    let incident = OpenIncident { id, title, ..OpenIncident::default() };
                    let to = match then {
                        Some(then) => then.to,
                        None => past.until.map(|until| until + LINGERS),
                    };
                    self.running.push(Running { incident, to });
                }
            }
        }
        let (fate, incident) = (going.fate.unwrap_or(Fate::Record), going.incident.clone());
        self.grow(incident.as_deref(), past);
        (fate, fate > was)
    }

    /// The stored situations that are one with that of an alert.
    pub fn members(&self, past: &Past) -> Vec<i64> {
        self.kept(past).map(|going| going.members.iter().copied().collect()).unwrap_or_default()
    }

    /// Why the situation of an alert became what it is.
    pub fn why(&self, past: &Past) -> String {
        let Some(going) = self.kept(past) else { return String::new() };
        match (&going.incident, going.members.len()) {
            (Some(incident), 0..=1) => format!("{} ({incident})", going.why),
            (None, 0..=1) => going.why.clone(),
            (Some(incident), n) => format!("{} ({incident}; one of {n} that are one situation)", going.why),
            (None, n) => format!("{} (one of {n} that are one situation)", going.why),
        }
    }

    fn kept(&self, past: &Past) -> Option<&Going> {
        let shared = self.grouping.shared(&past.alert).map(|spot| Place::Shared(spot.hash));
        self.going.get(&shared.unwrap_or(Place::Stored(past.situation)))
    }

    fn time_passes(&mut self, now: DateTime<Utc>) {
        while self.ahead.last().is_some_and(|next| next.from <= now) {
            let Some(next) = self.ahead.pop() else { break };
            let incident = OpenIncident { id: next.id, title: next.title, ..OpenIncident::default() };
            self.running.push(Running { incident, to: next.to });
        }
        self.running.retain(|one| one.to.is_none_or(|to| to > now));
    }

    /// Finds or opens the situation of an alert.
    fn place(&mut self, past: &Past, before: Option<Fate>, tally: &mut Tally) -> Place {
        let (place, is_open, key) = match self.grouping.shared(&past.alert) {
            None => {
                let place = Place::Stored(past.situation);
                (place, self.going.contains_key(&place), None)
            }
            Some(spot) => {
                let place = Place::Shared(spot.hash);
                let open = self.going.get(&place).map(|going| (0, going.moved));
                (place, matches!(spot.joins(open, past.at), Joins::Situation(_)), spot.group)
            }
        };
        if is_open {
            return place;
        }
        let change = Change { alert: &past.alert, before: None, is_overtaken: false };
        let Some(mut state) = fold(None, &[change], past.at, "") else { return place };
        (state.total, state.firing) = (0, 0);
        if let Some((group, key)) = key {
            (state.grouped_by, state.group_key) = (Some(group), key);
        }
        let is_stored = matches!(place, Place::Stored(_));
        let fate = before.filter(|_| is_stored);
        if fate.is_none() {
            tally.add(Fate::Record);
        }
        let going = Going {
            state,
            lead: past.alert.clone(),
            until: Vec::new(),
            members: BTreeSet::new(),
            fate,
            why: String::new(),
            incident: None,
            moved: past.at,
        };
        if self.going.insert(place, going).is_none() {
            self.opened.push_back(place);
        }
        while self.going.len() > KEPT_MAX {
            let Some(oldest) = self.opened.pop_front() else { break };
            self.going.remove(&oldest);
        }
        place
    }

    /// An incident knows the labels of its alerts; one that no person declared goes on while they fire.
    fn grow(&mut self, incident: Option<&str>, past: &Past) {
        let of = incident.and_then(|id| self.running.iter_mut().find(|one| one.incident.id == id));
        let Some(running) = of else { return };
        let compared = self.compared.iter().map(String::as_str).collect();
        running.incident.is_of(&compared, &past.alert.labels);
        if running.incident.id.starts_with("a new") {
            running.to = match (running.to, past.until) {
                (Some(to), Some(until)) => Some(to.max(until + LINGERS)),
                _ => None,
            };
        }
    }
}

impl Going {
    fn take(&mut self, past: &Past) {
        self.members.insert(past.situation);
        while self.members.len() > PARTS_MAX {
            self.members.pop_first();
        }
        self.until.retain(|until| until.is_none_or(|until| until > past.at));
        if self.until.len() < PARTS_MAX {
            self.until.push(past.until);
        }
        self.state.total = self.state.total.saturating_add(1);
        self.state.firing = u32::try_from(self.until.len()).unwrap_or(u32::MAX);
        self.moved = past.at;
        if past.alert.severity >= self.lead.severity {
            self.lead.clone_from(&past.alert);
        }
        // As it was told then: what is past is not over yet.
        self.lead.status = crate::alert::Status::Firing;
        self.state.severity = self.lead.severity;
    }
}
