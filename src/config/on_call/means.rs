//! From the settings to what the rules read: rosters, escalations, ways to people. What is wrong has been told before.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::{PagerKind, RosterRotation, TeamRoster};
use crate::{
    config::{Config, Secret},
    incident::paging::{Escalation, Means, Step, Target},
    people::Person,
    roster::{Layer, Override, Roster, Rotation, moment},
    wall::TimeOfDay,
};

impl Config {
    /// Who is woken for what, and how.
    pub fn paging(&self) -> Means {
        let mut reach: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (person, pager) in self.addresses().into_keys() {
            reach.entry(person).or_default().push(pager);
        }
        let step = |step: &super::EscalationStep| Step {
            to: step.to.iter().filter_map(|to| self.target(to).ok()).collect(),
            after_minutes: step.after_minutes,
        };
        let escalations = self.escalation.iter().map(|one| Escalation {
            name: one.name.clone(),
            severities: one.severities.clone(),
            steps: one.step.iter().map(step).collect(),
            rounds: one.rounds,
            again_minutes: one.again_minutes,
        });
        let safe = self.pagers.iter().filter(|(_, pager)| pager.safe_for_drills);
        let rings = self.pagers.iter().filter(|(_, pager)| pager.kind == PagerKind::Pushover);
        Means {
            escalations: escalations.collect(),
            rosters: self.rosters(),
            reach,
            safe_for_drills: safe.map(|(name, _)| name.clone()).collect(),
            ring_on: rings.map(|(name, _)| name.clone()).collect(),
        }
    }

    /// Where people (by id) are reached by pagers (by name).
    pub fn addresses(&self) -> BTreeMap<(String, String), String> {
        let ways = self.person.iter().flat_map(|person| person.page.iter().map(move |way| (person, way)));
        ways.filter_map(|(person, way)| {
            let (pager, address) = way.split_once(':')?;
            Some(((person.id.clone(), pager.trim().to_owned()), address.trim().to_owned()))
        })
        .collect()
    }

    /// `roster:web`, `person:ada`, `pager:pagerduty`.
    ///
    /// # Errors
    /// What is wrong with it, and what to do.
    pub(in crate::config) fn target(&self, text: &str) -> Result<Target, (String, String)> {
        let hint = "Write `roster:NAME`, `person:ID` or `pager:NAME`.".to_owned();
        let Some((what, name)) = text.split_once(':') else {
            return Err((format!("`{text}` does not say what it names"), hint));
        };
        match what {
            "roster" => crate::roster::find(&self.rosters(), name)
                .map(|(of, layer)| Target::Roster(format!("{}/{}", of.name, layer.name)))
                .map_err(|why| {
                    (why.trim_end_matches('.').to_owned(), "Write the `name` of a [[roster]].".to_owned())
                }),
            "person" => match self.person(name) {
                Some(person) => Ok(Target::Person(known(person))),
                None => Err((
                    format!("there is no person `{name}`"),
                    "Write the `id` of a [[person]].".to_owned(),
                )),
            },
            "pager" => match self.pagers.get(name) {
                Some(pager) if pager.kind.is_service() => Ok(Target::Pager(name.to_owned())),
                Some(_) => Err((
                    format!("the pager `{name}` reaches people, and does not know whom"),
                    "Name a person or a roster: their `page` says that they are reached by it.".to_owned(),
                )),
                None => Err((
                    format!("there is no pager `{name}`"),
                    "Add [pagers.NAME], or take it away.".to_owned(),
                )),
            },
            _ => Err((format!("`{what}` is nothing that can be called"), hint)),
        }
    }

    pub fn rosters(&self) -> Vec<Roster> {
        self.roster.iter().map(|one| self.roster(one)).collect()
    }

    pub(in crate::config) fn roster(&self, one: &TeamRoster) -> Roster {
        let tz = self.zone_of(one);
        let mut layers: Vec<Layer> = Vec::new();
        for rotation in
            one.rotation.iter().filter_map(|rotation| Some((rotation, self.rotation(rotation, tz)?)))
        {
            match layers.iter_mut().find(|layer| layer.name == rotation.0.layer) {
                Some(layer) => layer.rotations.push(rotation.1),
                None => layers.push(Layer { name: rotation.0.layer.clone(), rotations: vec![rotation.1] }),
            }
        }
        if one.source.is_some() && layers.is_empty() {
            layers.push(Layer { name: super::primary(), rotations: vec![] });
        }
        Roster { name: one.name.clone(), tz, layers, is_fetched: one.source.is_some() }
    }

    pub(in crate::config) fn zone_of(&self, one: &TeamRoster) -> Tz {
        one.time_zone.unwrap_or(self.organization.time_zone)
    }

    fn rotation(&self, one: &RosterRotation, tz: Tz) -> Option<Rotation> {
        let people: Vec<Person> = one.people.iter().filter_map(|id| self.person(id)).map(known).collect();
        Some(Rotation {
            people: Some(people).filter(|people| !people.is_empty())?,
            tz: one.time_zone.unwrap_or(tz),
            start: one.start.parse().ok()?,
            hand_over: one.hand_over.parse::<TimeOfDay>().ok()?.0,
            length: one.shift.parse().ok()?,
            days: one.days.iter().map(|day| day.weekday()).collect(),
            hours: one.hours.as_deref().map(str::parse).transpose().ok()?,
        })
    }

    /// Who is on call for a while, as the settings say.
    pub fn roster_overrides(&self) -> Vec<Override> {
        self.roster.iter().flat_map(|of| self.overrides_of(of)).collect()
    }

    pub(in crate::config) fn overrides_of(&self, of: &TeamRoster) -> Vec<Override> {
        let tz = self.zone_of(of);
        // Both have a date, so it does not matter when this is read.
        let at = |text: &str| moment(text, tz, DateTime::<Utc>::UNIX_EPOCH).ok();
        let overrides = of.overrides.iter().filter_map(|one| {
            Some(Override {
                roster: of.name.clone(),
                layer: one.layer.clone(),
                person: known(self.person(&one.person)?),
                from: at(&one.from)?,
                until: at(&one.until)?,
                said_by: None,
            })
        });
        overrides.collect()
    }

    /// The tokens by which calendar programs subscribe, by the roster's name.
    pub fn calendar_tokens(&self) -> BTreeMap<String, Secret> {
        let given =
            self.roster.iter().filter_map(|one| Some((one.name.clone(), one.calendar_token.clone()?)));
        given.collect()
    }
}

fn known(person: &crate::config::Person) -> Person {
    Person { id: person.id.clone(), name: person.name.clone() }
}
