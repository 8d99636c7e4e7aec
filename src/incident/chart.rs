//! The organization of an incident, after ICS 207: who reports to whom, who holds what. As text, and as what a picture is drawn of.

use chrono::{DateTime, Utc};

use super::{
    id::IncidentId,
    role::{CATALOGUE, Category, Role, Words, defined},
    sentence::and,
    state::Incident,
};
use crate::people::Person;

/// The organization at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chart {
    pub incident: IncidentId,
    pub title: String,
    /// Not for everybody's eyes.
    pub is_restricted: bool,
    /// The operational period that runs.
    pub period: Option<u32>,
    pub at: DateTime<Utc>,
    pub command: Position,
    /// `Di reports to Cy`: said of people, and not to be seen in the tree.
    pub reports: Vec<String>,
}

/// A position, with those below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    pub title: String,
    /// Who holds it; of one that is vacant, who does its work meanwhile.
    pub by: String,
    pub is_vacant: bool,
    pub category: Category,
    pub below: Vec<Position>,
}

impl Chart {
    /// Positions that are held, and what is between them and the commander. Whoever was put under somebody else stands there.
    pub fn of(incident: &Incident, words: Words, at: DateTime<Utc>) -> Chart {
        let named = |id: &str| {
            let part = incident.participants.get(id);
            part.map_or_else(|| id.to_owned(), |part| part.person.name.clone())
        };
        let mut seats = seats(incident);
        let unseen = put_under(incident, &mut seats);
        Chart {
            incident: incident.id,
            title: incident.title.clone(),
            is_restricted: incident.restricted.is_some(),
            period: incident.period.as_ref().map(|_| incident.periods),
            at,
            command: Position {
                title: incident.command_title(words).to_owned(),
                by: incident.command_words(),
                is_vacant: false,
                category: Category::Command,
                below: positions(incident, &seats, COMMAND, words),
            },
            reports: unseen.into_iter().map(|(id, to)| format!("{} reports to {to}", named(id))).collect(),
        }
    }

    /// One line a position.
    pub fn text(&self) -> String {
        let mut out = self.command.line();
        draw(&self.command.below, "", &mut out);
        for line in &self.reports {
            out.push('\n');
            out.push_str(line);
        }
        out
    }
}

impl Position {
    fn line(&self) -> String {
        let Self { title, by, .. } = self;
        if self.is_vacant { format!("{title}: vacant, {by} does it") } else { format!("{title}: {by}") }
    }
}

/// The team's own roles that are held, and those between them and the catalogue.
fn own(incident: &Incident) -> Vec<Role> {
    let mut own: Vec<Role> = vec![];
    for held in &incident.roles {
        let mut at = Some(held.role.clone());
        while let Some(role) = at.filter(|role| role.own().is_some()) {
            at = role.reports_to();
            if !own.contains(&role) {
                own.push(role);
            }
        }
    }
    own.sort();
    own
}

/// A position before it is in the tree.
struct Seat {
    /// `None`: they are here without one, and work for somebody or somebody for them.
    role: Option<Role>,
    /// Nobody: it is vacant.
    holders: Vec<Person>,
    /// The seat that it is below, by its place in the list.
    up: usize,
}

/// What stands before whoever is here without a role.
const CREW: &str = "Crew";

/// Whoever has command sits first.
const COMMAND: usize = 0;

impl Seat {
    fn is_of(&self, id: &str) -> bool {
        self.holders.iter().any(|one| one.id == id)
    }

    /// Gives one of several holders a seat of their own.
    fn part(&mut self, id: &str) -> Seat {
        let all = std::mem::take(&mut self.holders).into_iter();
        let (theirs, others): (Vec<Person>, Vec<Person>) = all.partition(|one| one.id == id);
        self.holders = others;
        Seat { role: self.role.clone(), holders: theirs, up: self.up }
    }

    /// `None`: nobody holds it, and nobody is below it.
    fn position(&self, incident: &Incident, below: Vec<Position>, words: Words) -> Option<Position> {
        let category = self.role.as_ref().map_or(Category::Specialist, category);
        if !self.holders.is_empty() {
            let title = self.role.as_ref().map_or_else(|| CREW.to_owned(), |role| role.shown(words));
            return Some(Position { title, by: and(&self.holders), is_vacant: false, category, below });
        }
        let role = self.role.as_ref().filter(|_| !below.is_empty())?;
        let by: Vec<Person> = incident.holders(role).into_iter().cloned().collect();
        Some(Position { title: role.head(words).to_owned(), by: and(&by), is_vacant: true, category, below })
    }
}

/// Where it stands in the organization; one of the team's own where the one that it is like does.
fn category(role: &Role) -> Category {
    defined(role.rights()).map_or(Category::Specialist, |def| def.category)
}

/// Every seat below the one whose role it reports to, held or not.
fn seats(incident: &Incident) -> Vec<Seat> {
    let ic = Role::ic();
    let holders = incident.commanding().into_iter().cloned().collect();
    let slug = ic.slug().to_owned();
    let mut seats = vec![Seat { role: Some(ic), holders, up: COMMAND }];
    add_below(incident, &own(incident), &slug, COMMAND, &mut seats);
    seats
}

fn add(incident: &Incident, role: Role, up: usize, seats: &mut Vec<Seat>) -> usize {
    let holders = incident.given(role.slug()).cloned().collect();
    seats.push(Seat { role: Some(role), holders, up });
    seats.len() - 1
}

/// A family has a seat for each of its members; only the first has seats below it.
fn add_below(incident: &Incident, own: &[Role], slug: &str, up: usize, seats: &mut Vec<Seat>) {
    for def in CATALOGUE.iter().filter(|def| def.reports_to == Some(slug)) {
        let mut held = incident.roles_of_family(def.slug).into_iter().cloned();
        let Some(first) = held.next().or_else(|| def.slug.parse().ok()) else { continue };
        let seat = add(incident, first, up, seats);
        add_below(incident, own, def.slug, seat, seats);
        for role in held {
            add(incident, role, up, seats);
        }
    }
    for role in own.iter().filter(|role| role.reports_to().is_some_and(|above| above.slug() == slug)) {
        let seat = add(incident, role.clone(), up, seats);
        add_below(incident, own, role.slug(), seat, seats);
    }
}

/// The highest seat that somebody has.
fn seat_of(seats: &[Seat], id: &str) -> Option<usize> {
    let theirs = seats.iter().enumerate().filter(|(_, seat)| seat.is_of(id));
    // Without a role comes last.
    theirs.min_by_key(|(_, seat)| (seat.role.is_none(), seat.role.as_ref().map(Role::rank))).map(|(n, _)| n)
}

/// Who is here was put under whom; whoever of them has no role gets a seat, below whoever has command at first.
fn told<'a>(incident: &'a Incident, seats: &mut Vec<Seat>) -> Vec<(&'a str, &'a Person)> {
    let here = incident.present();
    let person = |id: &str| here.iter().find(|one| one.id == id).copied();
    let is_here = |one: &Person| incident.has_command(one) || person(&one.id).is_some();
    let mut told = Vec::new();
    for (id, to) in incident.reports_to.iter().filter(|(_, to)| is_here(to)) {
        let Some(who) = person(id) else { continue };
        for one in [who, to] {
            if seat_of(seats, &one.id).is_none() {
                seats.push(Seat { role: None, holders: vec![one.clone()], up: COMMAND });
            }
        }
        told.push((id.as_str(), to));
    }
    told
}

/// Moves whoever was put under somebody else below that one's highest seat, and with them who works for them. What is returned
/// cannot be seen so: the way up would go round in a circle.
fn put_under<'a>(incident: &'a Incident, seats: &mut Vec<Seat>) -> Vec<(&'a str, &'a Person)> {
    let seated = told(incident, seats);
    for (id, _) in &seated {
        let shared = seats.iter_mut().skip(1).filter(|seat| seat.holders.len() > 1 && seat.is_of(id));
        let parted: Vec<Seat> = shared.map(|seat| seat.part(id)).collect();
        seats.extend(parted);
    }
    let before: Vec<usize> = seats.iter().map(|seat| seat.up).collect();
    for (id, to) in &seated {
        let Some(up) = seat_of(seats, &to.id) else { continue };
        for seat in seats.iter_mut().skip(1).filter(|seat| seat.is_of(id)) {
            seat.up = up;
        }
    }
    let moved_round = |seats: &[Seat], n: usize| seats[n].up != before[n] && goes_round(seats, n);
    while let Some(n) = (1..seats.len()).find(|n| moved_round(seats, *n)) {
        seats[n].up = before[n];
    }
    let is_unseen = |(id, to): &(&str, &Person)| {
        let up = seat_of(seats, &to.id);
        seats.iter().any(|seat| seat.is_of(id) && Some(seat.up) != up)
    };
    seated.into_iter().filter(is_unseen).collect()
}

/// Whether the way up from a seat comes back to it.
fn goes_round(seats: &[Seat], from: usize) -> bool {
    let mut at = from;
    for _ in seats {
        if at == COMMAND {
            return false;
        }
        at = seats[at].up;
        if at == from {
            return true;
        }
    }
    false
}

fn positions(incident: &Incident, seats: &[Seat], up: usize, words: Words) -> Vec<Position> {
    let below = seats.iter().enumerate().skip(1).filter(|(_, seat)| seat.up == up);
    below
        .filter_map(|(n, seat)| seat.position(incident, positions(incident, seats, n, words), words))
        .collect()
}

fn draw(positions: &[Position], indent: &str, out: &mut String) {
    for (n, position) in positions.iter().enumerate() {
        let is_last = n + 1 == positions.len();
        let (branch, next) = if is_last { ("└ ", "  ") } else { ("├ ", "│ ") };
        out.push_str(&format!("\n{indent}{branch}{}", position.line()));
        draw(&position.below, &format!("{indent}{next}"), out);
    }
}
