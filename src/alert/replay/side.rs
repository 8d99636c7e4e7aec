//! One set of rules, led through what is past.

use std::{
    cmp::Reverse,
    collections::{BTreeSet, HashMap, VecDeque},
};

use chrono::{DateTime, Duration, Utc};
use serde::Serialize;

use super::{Past, PastIncident, Tally};
use crate::alert::{
    Alert, Status,
    group::{Grouping, Joins},
    rules::{Action, Decision, JUDGED_MAX, Open, OpenIncident, Rulebook},
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
    /// Those by which it is judged, the newest last, each with its end.
    alerts: VecDeque<(Option<DateTime<Utc>>, Alert)>,
    /// [`Side::moves`] when all of them were looked at.
    looked: u64,
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
    /// Counts up whenever there is something else to be joined.
    moves: u64,
    declared: u64,
    turns: Turns,
}

/// What may make more of an alert than when it came, without anything new about it. Where nothing does, only the newest is looked at.
struct Turns {
    /// Some rule counts the alerts that fire: up to so many.
    firing_max: u32,
    by_hours: bool,
    by_joining: bool,
}

impl Turns {
    fn of(book: &Rulebook) -> Turns {
        let rules = book.rules();
        Turns {
            firing_max: rules.iter().filter_map(|rule| rule.when.firing).max().unwrap_or(0),
            by_hours: rules.iter().any(|rule| rule.when.during.is_some()),
            by_joining: rules.iter().any(|rule| matches!(rule.then, Action::Attach | Action::AttachTo(_))),
        }
    }

    /// How many alerts of a situation are kept.
    fn kept(&self) -> usize {
        let may_turn = self.firing_max > 0 || self.by_hours || self.by_joining;
        if may_turn { JUDGED_MAX as usize } else { 1 }
    }
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
            turns: Turns::of(&book),
            book,
            grouping,
            going: HashMap::new(),
            opened: VecDeque::new(),
            ahead,
            running: Vec::new(),
            moves: 0,
            declared: 0,
        }
    }

    /// What becomes of the situation that an alert belongs to, and whether that is more than before it came. `before`: what became of it
    /// while it was not kept any more.
    pub fn feed(&mut self, past: &Past, before: Option<Fate>, tally: &mut Tally) -> (Fate, bool) {
        self.time_passes(past.at);
        let place = self.place(past, before, tally);
        let Some(going) = self.going.get_mut(&place) else { return (Fate::Record, false) };
        going.take(past, self.turns.kept());
        let was = going.fate.unwrap_or(Fate::Record);
        if was < Fate::Attach {
            let open = Open {
                incidents: self.running.iter().map(|one| one.incident.clone()).collect(),
                now: past.at,
            };
            let moved = self.turns.by_joining && going.looked != self.moves;
            let of_all = moved || self.turns.by_hours || going.state.firing <= self.turns.firing_max;
            going.looked = self.moves;
            let Some(decision) = going.judge(&self.book, of_all, &open) else { return (was, false) };
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
                    self.moves += 1;
                }
            }
            // Nothing more is decided of it.
            if fate >= Fate::Attach {
                going.alerts = VecDeque::new();
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
            self.moves += 1;
        }
        let before = self.running.len();
        self.running.retain(|one| one.to.is_none_or(|to| to > now));
        self.moves += u64::from(self.running.len() < before);
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
            alerts: VecDeque::new(),
            looked: self.moves,
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
        let known = |incident: &OpenIncident| incident.values.values().map(BTreeSet::len).sum::<usize>();
        let before = known(&running.incident);
        running.incident.is_of(&compared, &past.alert.labels);
        self.moves += u64::from(known(&running.incident) > before);
        if running.incident.id.starts_with("a new") {
            running.to = match (running.to, past.until) {
                (Some(to), Some(until)) => Some(to.max(until + LINGERS)),
                _ => None,
            };
        }
    }
}

impl Going {
    /// Takes in the next alert; of those by which it is judged, so many are kept.
    fn take(&mut self, past: &Past, kept: usize) {
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
        self.state.severity = self.state.severity.max(past.alert.severity);
        if self.fate.is_some_and(|fate| fate >= Fate::Attach) {
            return;
        }
        self.alerts.retain(|(until, _)| until.is_none_or(|until| until > past.at));
        // As it was told then: what is past is not over yet.
        self.alerts.push_back((past.until, Alert { status: Status::Firing, ..past.alert.clone() }));
        while self.alerts.len() > kept {
            self.alerts.pop_front();
        }
    }

    /// What the rules make of the alert that came last, or of all: the worst first, of several the newest.
    fn judge(&self, book: &Rulebook, of_all: bool, open: &Open) -> Option<Decision> {
        let looked_at = if of_all { self.alerts.len() } else { 1 };
        let newest = self.alerts.iter().rev().take(looked_at).map(|(_, alert)| alert);
        let mut firing: Vec<&Alert> = newest.collect();
        firing.sort_by_key(|alert| Reverse(alert.severity));
        book.judge(&self.state, firing, open).map(|(_, decision)| decision)
    }
}
