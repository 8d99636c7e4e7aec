//! Who is on call: asked, said otherwise for a while, and whom the steps of a call mean at this moment.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Duration, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use super::{Caller, Desk, Settings, refuse};
use crate::{
    grammar::OnCall,
    incident::{
        command::{Command, TimerKind},
        id::IncidentId,
        paging::{Calls, Target},
        refusal::Refusal,
        role::Role,
    },
    journal::rows::SaidOverride,
    people::Person,
    roster::{
        self, By, Fetched, Known, Layer, Override, Roster, Span,
        calendar::{self, Written},
    },
    wall::dated,
};

/// How far back overrides matter to say since when somebody is on call.
const LOOK_BACK_DAYS: i64 = 7;
/// A longer list is not read.
const LISTED_MAX: usize = 100;
/// How far ahead a calendar goes.
const CALENDAR_DAYS: i64 = 90;
/// People who are named to whoever put somebody unknown on call, at most.
const NAMED_MAX: usize = 5;
/// By which the settings say how somebody is paged. Not the bare name: that is a verb as well.
const PAGE_SETTING: &str = "`page = [\"PAGER:ADDRESS\"]`";
/// The longest plan that is told.
const PLAN_DAYS_MAX: i64 = 366;

/// The pagers that reach somebody, by their id.
type Reach = BTreeMap<String, Vec<String>>;

/// One layer of a roster at a moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OnCallRow {
    pub roster: String,
    pub layer: String,
    pub time_zone: String,
    /// Nobody in a gap, and where it is not known.
    pub person: Option<Person>,
    /// Another system keeps the roster, and was not asked about that moment.
    pub is_unknown: bool,
    pub from: Option<DateTime<Utc>>,
    /// When it changes next.
    pub until: Option<DateTime<Utc>>,
    /// Whose word it is where it is not the rotation's turn.
    pub override_by: Option<Person>,
    pub is_override: bool,
    pub next: Option<Person>,
    /// People are paged here, and the settings name no way to reach this one.
    pub cannot_be_paged: bool,
    /// Another system was asked then, where the roster is kept elsewhere.
    pub asked_at: Option<DateTime<Utc>>,
    /// Why it could not be asked again since.
    pub trouble: Option<String>,
}

impl OnCallRow {
    /// `web`, or `web/secondary` for what is not its first layer.
    fn of(roster: &Roster, layer: &Layer, known: &Known, reach: &Reach, at: DateTime<Utc>) -> OnCallRow {
        let shift = roster.who(layer, known, at);
        let is_fetched = is_fetched(roster, layer);
        let fetched = fetched_of(roster, layer, known);
        let by = shift.as_ref().map(|shift| &shift.by);
        let is_said = matches!(by, Some(By::Override(_) | By::Elsewhere));
        let asked_about =
            fetched.filter(|fetched| !is_said && !fetched.knows_of(at)).map(Fetched::asked_about);
        let is_unknown = shift.is_none() && asked_about.is_some();
        let until = roster.next_change(layer, known, at).filter(|_| !is_unknown);
        let next = until.and_then(|until| roster.who(layer, known, until));
        let (is_override, override_by) = match by {
            Some(By::Override(by)) => (true, by.clone()),
            _ => (false, None),
        };
        OnCallRow {
            roster: roster.name.clone(),
            layer: layer.name.clone(),
            time_zone: roster.tz.name().to_owned(),
            from: shift.as_ref().map(|shift| shift.from),
            until,
            is_unknown,
            cannot_be_paged: shift.as_ref().is_some_and(|shift| is_out_of_reach(reach, &shift.person)),
            person: shift.map(|shift| shift.person),
            is_override,
            override_by,
            next: next.map(|shift| shift.person),
            asked_at: fetched.map(|fetched| fetched.at),
            trouble: match (asked_about, fetched) {
                (Some((from, until)), _) => {
                    Some(format!("it was asked from {} to {} only", dated(from), dated(until)))
                }
                (_, Some(fetched)) => fetched.failed.clone(),
                (_, None) => is_fetched.then(|| "it was never read yet".to_owned()),
            },
        }
    }
}

impl Desk {
    pub(super) async fn answer_on_call(
        self: &Arc<Self>,
        caller: &Caller,
        asked: OnCall,
        once: Option<String>,
    ) -> Result<String, Refusal> {
        match asked {
            OnCall::Who { roster, at, until } => {
                let tz = self.zone_of(&caller.person);
                let now = self.world.now();
                let read = |text: &str| {
                    roster::moment(text, tz, now)
                        .map_err(|why| Refusal::invalid(why, "For example: `oncall --at 18:00`."))
                };
                let at = at.as_deref().map(read).transpose()?.unwrap_or(now);
                let until = until.as_deref().map(read).transpose()?;
                match until {
                    Some(until) => self.plan(roster.as_deref(), at, until, tz).await,
                    None => self.tell_on_call(&caller.person, roster.as_deref(), at).await,
                }
            }
            OnCall::Override { roster, who, span } => {
                self.say_override(caller, &roster, who, &span, once).await
            }
            OnCall::Overrides => self.list_overrides(&caller.person).await,
            OnCall::Withdraw { n } => {
                let done = self.journal.withdraw_override(n, &caller.person, self.world.now());
                match done.await.map_err(refuse)? {
                    true => Ok(format!("Override {n} holds no more.")),
                    false => Err(Refusal::not_found(
                        format!("There is no override {n} that holds."),
                        "`oncall overrides` lists them.",
                    )),
                }
            }
        }
    }

    /// What is known besides the rosters: what stands in the settings first, then what was said.
    pub async fn known(&self) -> Result<Known, Refusal> {
        self.known_since(self.world.now() - Duration::days(LOOK_BACK_DAYS)).await
    }

    async fn known_since(&self, since: DateTime<Utc>) -> Result<Known, Refusal> {
        let said = self.journal.overrides(since).await.map_err(refuse)?;
        let mut overrides = self.settings().overrides.clone();
        overrides.extend(said.into_iter().map(|(_, said)| Override {
            roster: said.roster,
            layer: said.layer,
            person: said.person,
            from: said.from,
            until: said.until,
            said_by: Some(said.said_by),
        }));
        let fetched = self.journal.fetched().await.map_err(refuse)?.into_iter().collect();
        Ok(Known { overrides, fetched })
    }

    /// Keeps what another system says about who is on call; where it said nothing, its last answer, and why it is old.
    ///
    /// # Errors
    /// The journal does not answer.
    pub async fn keep_fetched(&self, roster: &str, asked: Result<Vec<Span>, String>) -> Result<(), Refusal> {
        let fetched = match asked {
            Ok(spans) => Fetched { at: self.world.now(), spans, failed: None },
            Err(why) => {
                let kept = self.journal.fetched().await.map_err(refuse)?;
                // What was never read has nothing that could hold.
                let Some((_, last)) = kept.into_iter().find(|(name, _)| name == roster) else {
                    return Ok(());
                };
                Fetched { failed: Some(why), ..last }
            }
        };
        self.journal.keep_fetched(roster, fetched).await.map_err(refuse)
    }

    /// Every layer of every roster, or of the one that is named, as it is at that moment.
    ///
    /// # Errors
    /// There is no roster of that name.
    pub async fn on_call(&self, named: Option<&str>, at: DateTime<Utc>) -> Result<Vec<OnCallRow>, Refusal> {
        let known = self.known().await?;
        let settings = self.settings();
        let means = &settings.policy.paging;
        let rows = layers(&means.rosters, named)?;
        let row = |(roster, layer)| OnCallRow::of(roster, layer, &known, &means.reach, at);
        Ok(rows.into_iter().map(row).collect())
    }

    /// A roster as a calendar: the shifts of the coming 90 days, overrides included.
    ///
    /// # Errors
    /// There is no roster of that name.
    pub async fn calendar(&self, named: &str) -> Result<String, Refusal> {
        let (now, settings) = (self.world.now(), self.settings());
        let rosters = &settings.policy.paging.rosters;
        let roster = rosters.iter().find(|roster| roster.name == named).ok_or_else(|| {
            Refusal::not_found("There is no such roster.".to_owned(), "`oncall` lists those that there are.")
        })?;
        // A shift that began long ago begins where it did also after what was said for a while is over.
        let known = self.known_since(now - Duration::days(PLAN_DAYS_MAX)).await?;
        let house = settings.acknowledge_url.as_ref().and_then(url::Url::host_str).unwrap_or("commandpost");
        let until = now + Duration::days(CALENDAR_DAYS);
        Ok(calendar::write(roster, &known, Written { from: now, until, at: now, house }))
    }

    async fn tell_on_call(
        &self,
        reader: &Person,
        named: Option<&str>,
        at: DateTime<Utc>,
    ) -> Result<String, Refusal> {
        let tz = self.zone_of(reader);
        let rows = self.on_call(named, at).await?;
        Ok(rows.iter().map(|row| told(row, tz)).collect::<Vec<_>>().join("\n"))
    }

    async fn plan(
        &self,
        named: Option<&str>,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
        tz: Tz,
    ) -> Result<String, Refusal> {
        if until <= from || until - from > Duration::days(PLAN_DAYS_MAX) {
            return Err(Refusal::invalid(
                format!("{} is not within the year after {}.", time(until, tz), time(from, tz)),
                "Give a later time: `oncall --until 2026-12-31 12:00`.",
            ));
        }
        let (known, settings) = (self.known().await?, self.settings());
        let mut lines = Vec::new();
        for (roster, layer) in layers(&settings.policy.paging.rosters, named)? {
            lines.push(format!("{}:", name(&roster.name, &layer.name)));
            for one in roster.stretches(layer, &known, from, until) {
                let who = one.shift.map_or_else(|| "nobody".to_owned(), |shift| shift.person.to_string());
                lines.push(format!("  {} – {}  {who}", time(one.from, tz), time(one.until, tz)));
            }
            let is_known = |fetched: &Fetched| fetched.knows_of(from) && fetched.knows_of(until);
            if let Some(fetched) = fetched_of(roster, layer, &known).filter(|fetched| !is_known(fetched)) {
                let (first, last) = fetched.asked_about();
                lines.push(format!(
                    "  The other system was asked from {} to {} only: before and after, nobody means not known.",
                    time(first, tz),
                    time(last, tz)
                ));
            }
        }
        if lines.len() > LISTED_MAX {
            let more = lines.len() - LISTED_MAX;
            lines.truncate(LISTED_MAX);
            lines.push(format!("… and {more} more: name a roster, or an earlier end."));
        }
        Ok(lines.join("\n"))
    }

    async fn say_override(
        &self,
        caller: &Caller,
        named: &str,
        who: Person,
        span: &str,
        once: Option<String>,
    ) -> Result<String, Refusal> {
        let now = self.world.now();
        let settings = self.settings();
        let (of, layer) = roster::find(&settings.policy.paging.rosters, named)
            .map_err(|why| Refusal::not_found(why, "`oncall` lists the rosters."))?;
        let (from, until) = roster::span(span, of.tz, now).map_err(|why| {
            Refusal::invalid(
                why,
                format!("Times are those of {}: `oncall override {named} @{} 18:00..22:00`.", of.tz, who.id),
            )
        })?;
        check_named(&who, &settings)?;
        let said = SaidOverride {
            roster: of.name.clone(),
            layer: layer.name.clone(),
            person: who.clone(),
            from,
            until,
            said_by: caller.person.clone(),
            said_at: now,
            via: caller.via.clone(),
        };
        let id = once.unwrap_or_else(|| self.world.id().to_string());
        let n = self.journal.say_override(&id, said).await.map_err(refuse)?;
        let tz = self.zone_of(&caller.person);
        let warning = match is_out_of_reach(&settings.policy.paging.reach, &who) {
            true => format!(" Mind: {who} cannot be paged, the settings name no way to reach them."),
            false => String::new(),
        };
        Ok(format!(
            "Override {n}: {who} is on call in {} from {} to {}. `oncall withdraw {n}` takes it back.{warning}",
            name(&of.name, &layer.name),
            time(from, tz),
            time(until, tz)
        ))
    }

    async fn list_overrides(&self, reader: &Person) -> Result<String, Refusal> {
        let (now, tz) = (self.world.now(), self.zone_of(reader));
        let said = self.journal.overrides(now).await.map_err(refuse)?;
        let settings = self.settings();
        let of_settings = settings.overrides.iter().filter(|one| one.until > now);
        let mut lines: Vec<String> = of_settings
            .map(|one| {
                let over = format!("{} – {}", time(one.from, tz), time(one.until, tz));
                format!("– {} {over}: {}, by the settings", name(&one.roster, &one.layer), one.person)
            })
            .collect();
        lines.extend(said.into_iter().map(|(n, one)| {
            let over = format!("{} – {}", time(one.from, tz), time(one.until, tz));
            format!("{n} {} {over}: {}, said by {}", name(&one.roster, &one.layer), one.person, one.said_by)
        }));
        if lines.is_empty() {
            return Ok(
                "Nothing is overridden. `oncall override ROSTER @NAME 18:00..22:00` does it.".to_owned()
            );
        }
        Ok(lines.join("\n"))
    }

    /// The zone in which somebody reads times.
    fn zone_of(&self, person: &Person) -> Tz {
        let settings = self.settings();
        settings.zones.get(&person.id).copied().unwrap_or(settings.time_zone)
    }

    /// A step that the clock takes means those who are on call now.
    pub(super) async fn with_calls(&self, id: IncidentId, command: Command) -> Result<Command, Refusal> {
        let Command::Timer(TimerKind::PageNext { n, step, round }) = command else { return Ok(command) };
        let incident = self.incident(id).await?;
        let taken = incident.paging(n).and_then(|paging| paging.steps.get(step as usize));
        let to = taken.map(|step| step.to.clone()).unwrap_or_default();
        Ok(Command::PageNext { n, step, round, calls: self.calls(&to).await? })
    }

    /// Who is offered which role now, where somebody is on call or named.
    ///
    /// # Errors
    /// The journal does not answer.
    pub(super) async fn offered(
        &self,
        offers: &BTreeMap<String, String>,
    ) -> Result<Vec<(Role, Person)>, Refusal> {
        if offers.is_empty() {
            return Ok(vec![]);
        }
        let (known, now) = (self.known().await?, self.world.now());
        let settings = self.settings();
        let rosters = &settings.policy.paging.rosters;
        let on_call = |named: &str| {
            let (of, layer) = roster::find(rosters, named).ok()?;
            Some(of.who(layer, &known, now)?.person)
        };
        let offered = offers.iter().filter_map(|(role, to)| {
            let person = match to.strip_prefix(roster::ON_CALL) {
                Some(named) => on_call(named),
                None => settings.people.get(to).cloned(),
            };
            if person.is_none() {
                tracing::warn!(role, to, "nobody is there to be offered this role");
            }
            Some((settings.policy.roles.find(role).ok()?, person?))
        });
        Ok(offered.collect())
    }

    async fn calls(&self, to: &[Target]) -> Result<Calls, Refusal> {
        let (known, now, settings) = (self.known().await?, self.world.now(), self.settings());
        let mut calls = Calls::default();
        for target in to {
            match target {
                Target::Person(person) => calls.people.push(person.clone()),
                Target::Pager(pager) => calls.pagers.push(pager.clone()),
                Target::Roster(named) => match roster::find(&settings.policy.paging.rosters, named) {
                    Ok((of, layer)) => match of.who(layer, &known, now) {
                        Some(shift) => calls.people.push(shift.person),
                        None => calls.missed.push(format!("Nobody is on call in {named}.")),
                    },
                    Err(why) => calls.missed.push(why),
                },
            }
        }
        Ok(calls)
    }
}

/// Whether another system says who is on call in this layer.
fn is_fetched(roster: &Roster, layer: &Layer) -> bool {
    roster.is_fetched && roster.layers.first().is_some_and(|first| first.name == layer.name)
}

/// What it said last, if it did.
fn fetched_of<'k>(roster: &Roster, layer: &Layer, known: &'k Known) -> Option<&'k Fetched> {
    known.fetched.get(&roster.name).filter(|_| is_fetched(roster, layer))
}

/// Where nobody can be paged, rosters are there to be read.
fn is_out_of_reach(reach: &Reach, person: &Person) -> bool {
    !reach.is_empty() && !reach.contains_key(&person.id)
}

/// A slip in a name would leave a call without anybody until its next step. Where nobody is paged, whoever a chat knows will do as
/// well, and anybody where the settings name nobody.
fn check_named(who: &Person, settings: &Settings) -> Result<(), Refusal> {
    let reach = &settings.policy.paging.reach;
    let is_of_a_chat = who.id.contains(':');
    let is_only_read = reach.is_empty() && (is_of_a_chat || settings.known_people.is_empty());
    if settings.known_people.contains(&who.id) || is_only_read {
        return Ok(());
    }
    let typed = who.name.to_lowercase();
    let alike = |one: &Person| {
        let names = [one.id.to_lowercase(), one.name.to_lowercase()];
        names.iter().map(|name| strsim::jaro_winkler(&typed, name)).fold(0.0, f64::max)
    };
    let known = settings.people.values().filter(|one| !is_out_of_reach(reach, one));
    let mut known: Vec<(f64, &Person)> = known.map(|one| (alike(one), one)).collect();
    known.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let named: Vec<String> = known.iter().take(NAMED_MAX).map(|(_, one)| format!("@{}", one.id)).collect();
    let so = if reach.is_empty() { "" } else { ": no page would reach them" };
    let hint = match named.is_empty() {
        true => format!("Add them to the settings as a [[person]] with {PAGE_SETTING}."),
        false => format!(
            "Name one of those there are: {}. Somebody new is added to the settings as a [[person]] with {PAGE_SETTING}.",
            named.join(", ")
        ),
    };
    Err(Refusal::not_found(format!("The settings name nobody called {who}{so}."), hint))
}

/// The layers that somebody asks for: of the roster that is named, or of all.
fn layers<'r>(rosters: &'r [Roster], named: Option<&str>) -> Result<Vec<(&'r Roster, &'r Layer)>, Refusal> {
    let unknown = |why| Refusal::not_found(why, "`docs/oncall.md` shows what to write in the settings.");
    match named {
        Some(name) => match rosters.iter().find(|roster| roster.name.eq_ignore_ascii_case(name)) {
            Some(roster) => Ok(roster.layers.iter().map(|layer| (roster, layer)).collect()),
            None => roster::find(rosters, name).map(|found| vec![found]).map_err(unknown),
        },
        None if rosters.is_empty() => {
            Err(unknown("There are no rosters: the settings have no [[roster]].".to_owned()))
        }
        None => Ok(rosters
            .iter()
            .flat_map(|roster| roster.layers.iter().map(move |layer| (roster, layer)))
            .collect()),
    }
}

/// `Mon 2026-01-12 09:00 CET`
fn time(at: DateTime<Utc>, tz: Tz) -> String {
    at.with_timezone(&tz).format("%a %Y-%m-%d %H:%M %Z").to_string()
}

fn name(roster: &str, layer: &str) -> String {
    format!("{roster}/{layer}")
}

fn told(row: &OnCallRow, tz: Tz) -> String {
    let who = match &row.person {
        Some(person) => person.to_string(),
        None if row.is_unknown => "not known".to_owned(),
        None => "nobody".to_owned(),
    };
    let until = match (row.until, &row.next) {
        (Some(until), Some(next)) => format!(" until {}, then {next}", time(until, tz)),
        (Some(until), None) => format!(" until {}, then nobody", time(until, tz)),
        (None, _) => String::new(),
    };
    let whose = match (&row.override_by, row.is_override) {
        (Some(by), _) => format!(" (override by {by})"),
        (None, true) => " (an override of the settings)".to_owned(),
        (None, false) => String::new(),
    };
    let trouble = match (&row.trouble, row.asked_at) {
        (Some(why), Some(at)) => format!(" – as of {}: {why}", time(at, tz)),
        (Some(why), None) => format!(" – {why}"),
        (None, _) => String::new(),
    };
    let mind = match row.cannot_be_paged {
        true => " – cannot be paged: the settings name no way to reach them",
        false => "",
    };
    format!("{}: {who}{whose}{until}{mind}{trouble}", name(&row.roster, &row.layer))
}
