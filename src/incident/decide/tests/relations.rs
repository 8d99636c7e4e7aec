//! Sub-incidents: who belongs to whom, and what follows from it.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::incident::command::{ParentFacts, PartFacts, TimerKind};

/// Several incidents, and what each tells the others.
struct House {
    stages: BTreeMap<IncidentId, Stage>,
}

fn inc(number: u32) -> IncidentId {
    IncidentId::new(Kind::Real, number)
}

impl House {
    fn of(count: u32) -> House {
        let stage = |number| {
            let mut stage = Stage::new();
            stage.incident.id = inc(number);
            (inc(number), stage)
        };
        House { stages: (1..=count).map(stage).collect() }
    }

    /// As the desk looks them up.
    fn facts(&self, parent: IncidentId) -> Option<ParentFacts> {
        let incident = &self.stages.get(&parent)?.incident;
        let mut ancestors = vec![];
        let mut at = incident.parent;
        while let Some(above) = at {
            ancestors.push(above);
            at = self.stages.get(&above).and_then(|stage| stage.incident.parent);
        }
        Some(ParentFacts::of(incident, ancestors))
    }

    fn under(&self, parent: u32) -> Command {
        let parent = inc(parent);
        Command::PutUnder { parent, facts: self.facts(parent) }
    }

    fn subs(&self, number: u32) -> Command {
        let children = self.stages[&inc(number)].incident.children.keys();
        let facts = |id: &IncidentId| {
            let incident = &self.stages[id].incident;
            let (title, severity, phase) = (incident.title.clone(), incident.severity, incident.phase);
            PartFacts { id: *id, title, severity, phase }
        };
        Command::Subs { parts: children.map(facts).collect() }
    }

    fn stage(&mut self, number: u32) -> &mut Stage {
        self.stages.get_mut(&inc(number)).unwrap()
    }

    /// What is put there tells it, as the timer does.
    fn put(&mut self, child: u32, parent: u32) {
        let command = self.under(parent);
        self.stage(child).ok("Ada", command);
        self.tell(child, parent);
    }

    fn tell(&mut self, child: u32, parent: u32) {
        let incident = &self.stage(child).incident;
        let phase = (incident.parent == Some(inc(parent))).then_some(incident.phase);
        let timer = Command::Timer(TimerKind::Child { child: inc(child), phase });
        self.stage(parent).ok(HOUSE, timer);
    }

    fn has_circle(&self) -> bool {
        self.stages.keys().any(|start| {
            let mut at = *start;
            for _ in 0..=self.stages.len() {
                match self.stages[&at].incident.parent {
                    Some(above) => at = above,
                    None => return false,
                }
            }
            true
        })
    }
}

#[test]
fn a_part_and_its_whole_know_each_other_and_have_their_own_commanders() {
    let mut house = House::of(2);
    house.stage(2).ok("Bo", Command::TakeCommand { force: true, reason: "I lead the database".into() });
    let command = house.under(1);
    assert_eq!(house.stage(2).no("Cy", command.clone()), Because::Forbidden);
    house.stage(2).ok("Bo", command);
    house.tell(2, 1);
    assert_eq!(house.stage(2).incident.parent, Some(inc(1)));
    assert_eq!(house.stage(1).incident.children, [(inc(2), Phase::Investigating)].into());
    assert_eq!(house.stage(1).incident.commander, who("Ada"));
    // Told twice, it is written once.
    let again = Command::Timer(TimerKind::Child { child: inc(2), phase: Some(Phase::Investigating) });
    assert_eq!(house.stage(1).ok(HOUSE, again), []);
    let subs = house.subs(1);
    let told = house.stage(1).reads("Cy", subs);
    assert!(told.contains("\n- INC-2 Payments fail – SEV2, investigating"), "{told}");
    // Of what is not for whoever asks, there is but the number.
    let told = house.stage(1).reads("Cy", Command::Subs { parts: vec![] });
    insta::assert_snapshot!(told);
}

#[test]
fn what_has_no_parts_says_how_to_open_one_of_this_very_incident() {
    let mut house = House::of(2);
    let subs = house.subs(2);
    let told = house.stage(2).reads("Ada", subs);
    assert_eq!(told, "INC-2 has no sub-incidents. To open one: `declare TITLE --under INC-2`.");
}

#[test]
fn nothing_is_closed_over_an_open_part_unless_that_is_meant() {
    let close = || Command::Enter { phase: Phase::Closed, reason: String::new() };
    let mut house = House::of(3);
    house.put(2, 1);
    house.put(3, 1);
    let resolve = || Command::Enter { phase: Phase::Resolved, reason: "it is back".into() };
    house.stage(1).ok("Ada", resolve());
    house.stage(1).no("Ada", close());
    house.stage(2).ok("Ada", resolve());
    house.stage(2).ok("Ada", close());
    house.tell(2, 1);
    assert_eq!(house.stage(1).incident.open_children().collect::<Vec<_>>(), [inc(3)]);
    house.stage(1).no("Ada", close());
    house.stage(1).ok("Ada", Command::CloseLeavingSubs { reason: "the rest is a matter of its own".into() });
    assert_eq!(house.stage(1).incident.phase, Phase::Closed);
    house.stage(1).aloud("sub_incidents_closed");
}

#[test]
fn what_cannot_belong_together_is_refused_with_what_would_work() {
    let mut house = House::of(7);
    for child in 2..=5 {
        house.put(child, child - 1);
    }
    for (child, parent) in [(1, 1), (1, 3), (2, 1), (2, 6), (6, 5), (6, 9)] {
        let command = house.under(parent);
        house.stage(child).no("Ada", command);
    }
    let drill = Command::PutUnder { parent: "DRILL-1".parse().unwrap(), facts: house.facts(inc(7)) };
    house.stage(6).no("Ada", drill);
    house.stage(7).ok("Ada", Command::Restrict { reason: String::new() });
    let restricted = house.under(7);
    house.stage(6).no("Ada", restricted);
    let open = house.under(1);
    house.stage(7).no("Ada", open);
    house.stage(6).no("Ada", Command::LeaveParent { reason: String::new() });
    let said: Vec<&str> =
        house.stages.values().flat_map(|stage| stage.refused.iter().map(String::as_str)).collect();
    insta::assert_snapshot!(said.join("\n\n"));
}

#[test]
fn what_is_restricted_leaves_the_greater_one_and_a_part_of_a_restricted_one_is_for_the_same_people() {
    let mut house = House::of(2);
    house.put(2, 1);
    house.stage(2).ok("Ada", Command::Restrict { reason: "a customer's data".into() });
    assert_eq!(house.stage(2).incident.parent, None);
    house.tell(2, 1);
    assert!(house.stage(1).incident.children.is_empty());

    house.stage(1).ok("Bo", Command::TakeRole { role: role("pio") });
    house.stage(1).ok("Ada", Command::Restrict { reason: String::new() });
    let part = Declare {
        under: Some(inc(1)),
        parent: house.facts(inc(1)).map(Box::new),
        ..Declare::new("The copy on the file server", Severity::Sev2, Kind::Real)
    };
    let part = Stage::declared("Ada", &part).unwrap();
    assert_eq!(part.incident.seen_by(), house.stage(1).incident.seen_by());
    assert!(part.incident.may_see(&who("Bo")) && !part.incident.may_see(&who("Cy")));
}

proptest! {
    #[test]
    fn whatever_is_put_where_nothing_is_a_part_of_itself(
        steps in prop::collection::vec((1u32..7, 1u32..7, prop::bool::weighted(0.2)), 1..60),
    ) {
        let mut house = House::of(6);
        for (child, parent, leaves) in steps {
            let command = match leaves {
                true => Command::LeaveParent { reason: String::new() },
                false => house.under(parent),
            };
            if house.stage(child).ask("Ada", &command).is_ok() {
                house.stage(child).ok("Ada", command);
            }
            prop_assert!(!house.has_circle());
        }
    }
}

#[test]
fn a_part_of_what_is_merged_is_put_under_the_one_that_goes_on_or_stands_by_itself() {
    let regroup = |house: &mut House, part: u32, into: u32| {
        let facts = house.facts(inc(into));
        house.stage(part).ok(HOUSE, Command::Regroup { was: inc(1), into: inc(into), facts });
        house.stage(part).incident.parent
    };
    let mut house = House::of(3);
    house.put(2, 1);
    assert_eq!(regroup(&mut house, 2, 3), Some(inc(3)));
    assert_eq!(regroup(&mut house, 2, 3), Some(inc(3)), "once");
    // Merged into the part itself.
    let mut house = House::of(2);
    house.put(2, 1);
    assert_eq!(regroup(&mut house, 2, 2), None);
    // Merged into a part of the part: each would be a part of the other.
    let mut house = House::of(3);
    house.put(2, 1);
    house.put(3, 2);
    assert_eq!(regroup(&mut house, 2, 3), None);
    assert!(!house.has_circle());
    // Into what other people see.
    let mut house = House::of(3);
    house.put(2, 1);
    house.stage(3).ok("Ada", Command::Restrict { reason: String::new() });
    assert_eq!(regroup(&mut house, 2, 3), None);
    // Those who read there are not told of it.
    let left = &house.stage(2).entries.last().unwrap().event;
    assert!(
        matches!(left, Event::LeftParent { reason, .. } if reason == "it was merged into another"),
        "{left:?}"
    );
}
