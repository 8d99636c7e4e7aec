//! Words in, answer out: what somebody types, presses or posts, read by the grammar and done at the desk.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    Along, Answer, Caller, Desk,
    changes::Said,
    names::{known_in, one_of},
    view::Waiting,
};
use crate::{
    grammar::{self, Alerting, Lexicon, Spoken},
    incident::{
        command::Command,
        id::IncidentId,
        kind::Kind,
        names::Names,
        refusal::{Because, Refusal},
        role::Roles,
        state::{Incident, TaskState},
    },
    journal::rows::*,
    people::Person,
    wall::dated,
};

/// Words as typed, or already split by a form or a shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Words {
    Text(String),
    Argv(Vec<String>),
}

/// Stands behind a sign in what chats show, so that nobody is called by it; whoever copies that does not mean it.
const NOTHING: char = '\u{200b}';

/// Words as they were meant, where they were copied from what a chat shows.
fn as_meant(text: &mut String) {
    if text.contains(NOTHING) {
        *text = text.replace(&format!("@{NOTHING}"), "@").replace(&format!("<{NOTHING}"), "<");
    }
}

impl Words {
    fn meant_so(mut self) -> Self {
        match &mut self {
            Self::Text(text) => as_meant(text),
            Self::Argv(argv) => argv.iter_mut().for_each(as_meant),
        }
        self
    }

    /// Whether they would open what is for few to see.
    fn restrict(&self) -> bool {
        let is_said = |word: &str| {
            let flag = word.strip_prefix("--").or_else(|| word.strip_prefix('—')).unwrap_or_default();
            flag.split('=').next().is_some_and(|name| name.eq_ignore_ascii_case("restricted"))
        };
        let each = self.each();
        grammar::may_open(&each) && each.into_iter().any(is_said)
    }

    /// Whether they are about planned work.
    fn plan(&self) -> bool {
        self.each().iter().take(2).any(|word| word.eq_ignore_ascii_case("maintenance"))
    }

    fn each(&self) -> Vec<&str> {
        match self {
            Self::Text(text) => text.split_whitespace().collect(),
            Self::Argv(argv) => argv.iter().flat_map(|one| one.split_whitespace()).collect(),
        }
    }
}

/// Words before an incident's number at most: a prefix, and a verb of two.
const BEFORE_TARGET: usize = 3;
/// Where a name needs no `@` before it.
const NAMING: [&str; 14] = [
    "admit", "assign", "delegate", "expel", "handover", "leave", "offer", "over", "page", "relieve",
    "report", "separate", "transfer", "unify",
];
/// The words of the verb in whose text somebody may be named without it, by mistake.
const OWNED: [&str; 2] = ["task", "add"];

/// Maps a name or mention to a person, as the door knows people.
pub type Resolve = Arc<dyn Fn(&str) -> Result<Person, String> + Send + Sync>;

/// People by what is typed, when no directory is configured.
pub fn by_name() -> Resolve {
    Arc::new(Person::named)
}

const LISTED: usize = 25;
/// Incidents named where it is not plain which is meant.
const NAMED: usize = 10;
/// Said wherever others read along, in the same words whatever there is: that something is left out must tell nobody that it is there.
const READ_ALONG: &str = "Others read along here; restricted incidents are listed by";

/// Where an answer is for the asker's eyes alone. Matrix knows no commands but those that everybody reads.
fn alone(caller: &Caller) -> &'static str {
    match caller.via.as_str() {
        "matrix" => "the console or the command line",
        _ => "the console, the command line, or a slash command",
    }
}

/// Said to whoever has written before everybody what is for few to see.
pub(super) const DELETE_IT: &str = "Delete your message here: everybody can read it.";

/// What was to be restricted, and was refused where others read along. The example stays one of what is restricted.
fn refused_aloud(refusal: Refusal, done: &str) -> Refusal {
    let mut instead = refusal.instead;
    if let Some((before, example)) = instead.split_once("For example: `declare ")
        && !example.contains("--restricted")
    {
        instead = format!("{before}For example: `declare --restricted {example}");
    }
    Refusal { instead: format!("{instead} Nothing was {done}. {DELETE_IT}"), ..refusal }
}

/// Words for a restricted incident, which were not heard where others read along.
fn unheard(refusal: Refusal) -> Refusal {
    if refusal.because != Because::Forbidden {
        return refusal;
    }
    Refusal { instead: format!("Nothing was noted or done. {} {DELETE_IT}", refusal.instead), ..refusal }
}

impl Desk {
    /// Does what the words say. `here` is the incident of the place they were said in, if it has one.
    ///
    /// # Errors
    /// A [`Refusal`] that says why and what would work.
    pub async fn say(
        self: &Arc<Self>,
        caller: Caller,
        here: Option<IncidentId>,
        words: Words,
        once: Option<String>,
        resolve: &Resolve,
    ) -> Result<Answer, Refusal> {
        let (caller, words) = (self.known_as(caller), words.meant_so());
        let news = self.links.news(&caller.person.id, &caller.via);
        let is_told_aloud = caller.is_overheard && caller.among.is_none() && words.restrict();
        let done = if words.plan() { "planned" } else { "declared" };
        let answer = self.hear(caller, here, words, once, resolve).await;
        let answer = answer.map_err(|mut refusal| {
            // What was typed is quoted there, and who was picked is an account in it.
            grammar::name_people(&mut refusal.why, &**resolve);
            grammar::name_people(&mut refusal.instead, &**resolve);
            refusal
        });
        let answer =
            if is_told_aloud { answer.map_err(|refusal| refused_aloud(refusal, done)) } else { answer };
        let Some(news) = news else { return answer };
        match answer {
            Ok(answer) => Ok(Answer { text: format!("{news}\n{}", answer.text), is_plain: false, ..answer }),
            Err(refusal) => Err(Refusal { why: format!("{news}\n{}", refusal.why), ..refusal }),
        }
    }

    async fn hear(
        self: &Arc<Self>,
        caller: Caller,
        here: Option<IncidentId>,
        words: Words,
        once: Option<String>,
        resolve: &Resolve,
    ) -> Result<Answer, Refusal> {
        let settings = self.settings();
        let people = self.mentionable(&caller, here, &words).await;
        let known = Lexicon { people: &people, ..Lexicon::from(&settings.policy) };
        let find = |name: &str| one_of(&people, name, resolve(name), &settings);
        let parsed = |known: Lexicon<'_>| match &words {
            Words::Text(text) => grammar::parse(text, &find, known),
            Words::Argv(argv) => grammar::parse_argv(argv, here, &find, known),
        };
        let spoken = match parsed(known) {
            Ok(spoken) => spoken,
            Err(refusal) => {
                let roles = self.roles_held(&caller, here, &words).await;
                let spoken = roles.and_then(|roles| parsed(Lexicon { roles: &roles, ..known }).ok());
                spoken.filter(gives_up_a_role).ok_or(refusal)?
            }
        };
        let spoken = spoken.naming(&**resolve);
        let said = grammar::verb_said(&words.each());
        let along = Along { once, ..Along::default() };
        let read = |text: String| Ok(Answer { text, ..Answer::default() });
        match spoken {
            Spoken::Declare { mut declare, situation } => {
                if let Some(id) = situation {
                    let row = self.situation(id).await?;
                    if declare.title.trim().is_empty() {
                        // How many more there are would stand in the incident's title for ever.
                        declare.title = row.situation.lead.chars().take(200).collect();
                    }
                    declare.situation = Some(self.facts(&row).await?);
                }
                self.declare(caller, *declare, along).await
            }
            Spoken::On { target, command } => {
                let kind = if command.is_of_planned_work() { Kind::Planned } else { Kind::Real };
                let which = self.which_of_kind(&caller, target.or(here), kind, &said).await;
                let id = which.map_err(|why| if command.words().is_empty() { why } else { unheard(why) })?;
                self.check_let_in(&caller, id, &command).await?;
                // Looked up before: who is given something here is known here afterwards.
                let stranger = match goes_to(&command).filter(|to| to.id != caller.person.id) {
                    Some(to) => self.stranger(to, id).await,
                    None => None,
                };
                let mut answer = self.submit(caller, id, command, along).await?;
                if here.is_some_and(|here| here != id) && answer.seq.is_some() {
                    answer.text = told_of(id, &answer.text);
                }
                if let Some(told) = stranger {
                    answer.text.push_str(&format!("\n{told}"));
                }
                Ok(answer)
            }
            Spoken::Merge { target, duplicate, reason } => {
                let refused = |why| if reason.is_empty() { why } else { unheard(why) };
                let into = self.which(&caller, target.or(here), &said).await.map_err(refused)?;
                let duplicate = self.which(&caller, Some(duplicate), &said).await.map_err(refused)?;
                let answer = self
                    .submit(caller, duplicate, Command::Merge { into, other: None, reason }, along)
                    .await?;
                // What it leaves behind is a timer of the other one; nobody need wait for the next look.
                if let Err(refusal) = self.fire_due_timers().await {
                    tracing::info!(%refusal, "what a merged incident leaves comes a little later");
                }
                Ok(answer)
            }
            Spoken::List { all } => {
                let filter = if all { IncidentFilter::all(200) } else { IncidentFilter::open() };
                let rows = self.tellable(&caller, filter).await?;
                let mut told = list(&rows, &self.stopped(&rows).await, all, &self.settings().policy.names);
                if caller.is_overheard {
                    told.push_str(&format!("\n{READ_ALONG} {}.", alone(&caller)));
                }
                read(told)
            }
            Spoken::Alerts => {
                let (waiting, still) = (self.waiting(0, LISTED).await?, self.still_firing(&caller).await?);
                read(match (waiting.rows.is_empty(), still.is_empty()) {
                    (_, true) => alerts(&waiting),
                    (true, false) => still,
                    (false, false) => format!("{}\n{still}", alerts(&waiting)),
                })
            }
            Spoken::Alert(Alerting::Mark { subject, verdict, reason }) => {
                self.mark(caller, subject, verdict, reason, along.once).await
            }
            Spoken::Alert(Alerting::Why { target, situation }) => {
                let incident = match situation {
                    Some(_) => None,
                    None => Some(self.which(&caller, target.or(here), &said).await?),
                };
                read(self.why(&caller, incident, situation).await?)
            }
            Spoken::Alert(Alerting::Report { minutes }) => read(self.report_told(&caller, minutes).await?),
            Spoken::Change { target, text, service, environment, at } => {
                let incident = match target.or(here) {
                    Some(named) => Some(self.which(&caller, Some(named), &said).await.map_err(unheard)?),
                    None => None,
                };
                let said = Said { text, service, environment, at };
                self.change(caller, incident, said, along.once).await
            }
            Spoken::Changes { target } => {
                let incident = match target.or(here) {
                    Some(named) => Some(self.which(&caller, Some(named), &said).await?),
                    None => None,
                };
                read(self.changes_told(&caller, incident).await?)
            }
            Spoken::WithdrawChange { n, reason } => self.withdraw_change(caller, n, reason, along.once).await,
            Spoken::Tasks { target } => {
                let id = self.which(&caller, target.or(here), &said).await?;
                read(tasks(&self.seen_by(&caller.person).incident(id).await?))
            }
            Spoken::Updates { target } => {
                let id = self.which(&caller, target.or(here), &said).await?;
                read(updates(&self.seen_by(&caller.person).incident(id).await?))
            }
            Spoken::Timeline { target, only } => {
                let id = self.which(&caller, target.or(here), &said).await?;
                read(self.last_lines(&caller, id, &only).await?)
            }
            Spoken::RunStep { target, step, words } => {
                let id = self.which(&caller, target.or(here), &said).await.map_err(unheard)?;
                self.run_step(caller, id, &step, words, along.once, resolve).await
            }
            Spoken::Find { target, words } => read(self.find(&caller, target, &words).await?),
            Spoken::Link(linking) => read(self.link(&caller, linking).await?),
            Spoken::Arrange(asked) => self.arrange(caller, asked, along.once).await,
            Spoken::OnCall(asked) => read(self.answer_on_call(&caller, asked, along.once).await?),
            Spoken::Help { text } => read(text),
        }
    }

    /// Who may be meant, where somebody is named: those of the settings, and whoever takes part in the incident.
    async fn mentionable(&self, caller: &Caller, here: Option<IncidentId>, words: &Words) -> Vec<Person> {
        let each = words.each();
        let first = &each[..each.len().min(1 + BEFORE_TARGET)];
        let is_said = |verb: &&str| first.iter().any(|word| word.eq_ignore_ascii_case(verb));
        let is_naming = NAMING.iter().any(is_said) || OWNED.iter().all(is_said);
        let is_mentioned = |word: &&str| word.trim_start_matches(['"', '“', '”']).starts_with('@');
        if !is_naming && !each.iter().any(is_mentioned) {
            return vec![];
        }
        known_in(&self.settings(), self.meant(caller, here, first).await)
    }

    /// Those of a list in which everything is stopped.
    async fn stopped(&self, rows: &[IncidentRow]) -> BTreeSet<IncidentId> {
        let mut stopped = BTreeSet::new();
        for row in rows.iter().take(LISTED).filter(|row| !row.phase.is_over()) {
            let incident = self.incident(row.id).await;
            if incident.is_ok_and(|incident| incident.standing_stop().is_some()) {
                stopped.insert(row.id);
            }
        }
        stopped
    }

    /// The incident that these words, or the place they were said in, mean.
    async fn meant(&self, caller: &Caller, here: Option<IncidentId>, words: &[&str]) -> Option<Incident> {
        let named = words.iter().find_map(|word| word.parse::<IncidentId>().ok());
        let id = match named.or(here) {
            Some(id) => id,
            None => self.which(caller, None, "").await.ok()?,
        };
        self.seen_by(&caller.person).incident(id).await.ok()
    }

    /// The roles that can be named where some are held that the settings no longer name.
    async fn roles_held(&self, caller: &Caller, here: Option<IncidentId>, words: &Words) -> Option<Roles> {
        let each = words.each();
        let incident = self.meant(caller, here, &each[..each.len().min(1 + BEFORE_TARGET)]).await?;
        self.settings().policy.roles.with_held(incident.roles.iter().map(|held| &held.role))
    }

    /// The incident that is meant: the one named, or the only one open.
    async fn which(
        &self,
        caller: &Caller,
        named: Option<IncidentId>,
        said: &str,
    ) -> Result<IncidentId, Refusal> {
        self.which_of_kind(caller, named, Kind::Real, said).await
    }

    /// The same, of another kind.
    async fn which_of_kind(
        &self,
        caller: &Caller,
        named: Option<IncidentId>,
        kind: Kind,
        said: &str,
    ) -> Result<IncidentId, Refusal> {
        if let Some(id) = named {
            let eyes = self.seen_by(&caller.person);
            if caller.is_overheard_on(id) && eyes.incident(id).await.is_ok_and(|one| one.restricted.is_some())
            {
                return Err(Refusal::forbidden(
                    format!(
                        "{id} is restricted, and what is answered here is read by everybody in this room."
                    ),
                    format!(
                        "Use its private place, or where an answer is for your eyes alone: {}.",
                        alone(caller)
                    ),
                ));
            }
            return Ok(id);
        }
        let filter = IncidentFilter { kind: Some(kind), ..IncidentFilter::open() };
        let open = self.tellable(caller, filter).await?;
        match open.as_slice() {
            [only] => Ok(only.id),
            [] if kind == Kind::Planned => {
                Err(Refusal::not_found("No work is planned.", "`maintenance schedule` plans some."))
            }
            [] => Err(Refusal::not_found("No incident is open.", "`declare WHAT IS WRONG` opens one.")),
            several => {
                let what = if kind == Kind::Planned { "works are planned" } else { "incidents are open" };
                let mut names: Vec<_> = several.iter().take(NAMED).map(|row| row.id.to_string()).collect();
                let mut instead = format!("Say which: `{} {said}`.", names[0]);
                if several.len() > NAMED {
                    names.push(format!("and {} more", several.len() - NAMED));
                    instead.push_str(" `list` shows what each is about.");
                }
                Err(Refusal::invalid(format!("Several {what}: {}.", names.join(", ")), instead))
            }
        }
    }
}

/// A role that the settings no longer name is given to nobody any more; whoever has it gives it up, or is relieved of it.
fn gives_up_a_role(spoken: &Spoken) -> bool {
    matches!(spoken, Spoken::On { command: Command::ReleaseRole { .. } | Command::RelieveRole { .. }, .. })
}

/// Whom something is given or offered to by it.
fn goes_to(command: &Command) -> Option<&Person> {
    match command {
        Command::OfferCommand { to } | Command::OfferRole { to, .. } | Command::Unify { to, .. } => Some(to),
        Command::AssignTask { owner, .. } | Command::GiveTask { owner, .. } => owner.as_ref(),
        _ => None,
    }
}

/// An answer to what was said of another incident than the place's own: it names which.
fn told_of(id: IncidentId, text: &str) -> String {
    let is_name = |word: &str| word.parse::<IncidentId>().is_ok_and(|named| named == id);
    if text.split(|c: char| !c.is_alphanumeric() && c != '-').any(is_name) {
        return text.to_owned();
    }
    match text.strip_prefix("Noted") {
        Some(rest) => format!("Noted in {id}{rest}"),
        None => format!("{id}: {text}"),
    }
}

fn list(rows: &[IncidentRow], stopped: &BTreeSet<IncidentId>, all: bool, names: &Names) -> String {
    if rows.is_empty() {
        return if all { "There are no incidents.".into() } else { "No incident is open.".into() };
    }
    let mut lines: Vec<_> = rows
        .iter()
        .take(LISTED)
        .map(|row| {
            let restricted = if row.seen_by.is_some() { " (restricted)" } else { "" };
            let stop = if stopped.contains(&row.id) { " – STOPPED" } else { "" };
            format!(
                "{} {} – {}, {}, {} commands{restricted}{stop}",
                row.id,
                row.title,
                names.how_bad(row.id.kind, row.severity),
                names.phase(row.phase),
                row.commander
            )
        })
        .collect();
    if rows.len() > LISTED {
        lines.push(format!("… and {} more", rows.len() - LISTED));
    }
    lines.join("\n")
}

fn alerts(waiting: &Waiting) -> String {
    if waiting.rows.is_empty() {
        return "No open alerts.".into();
    }
    let rows = waiting.rows.iter().zip(&waiting.stands);
    rows.map(|(row, stood)| {
        let s = &row.situation;
        let flapping = stood.flapping.map(|flaps| format!("; {flaps}")).unwrap_or_default();
        format!(
            "S-{} {} – {}, {} firing of {}, from {}{flapping}{}",
            row.id,
            s.title,
            s.severity.word(),
            s.firing,
            s.total,
            s.source,
            stood.words
        )
    })
    .chain(waiting.more.map(|more| format!("{more}: the console's page of alerts lists them")))
    .chain(std::iter::once(
        "`declare --from S-N` makes an incident of it, `link S-N` adds it to one.".to_owned(),
    ))
    .collect::<Vec<_>>()
    .join("\n")
}

fn tasks(incident: &Incident) -> String {
    if incident.tasks.is_empty() {
        return format!("{} has no tasks.", incident.id);
    }
    incident
        .tasks
        .iter()
        .filter(|task| task.state != TaskState::Cancelled)
        .map(|task| {
            let due = task
                .due_at
                .filter(|_| task.state.is_open())
                .map(|due| format!(", due {}", dated(due)))
                .unwrap_or_default();
            format!("#{} {} – {}{due}", task.n, task.text, task.standing())
        })
        .collect::<Vec<_>>()
        .join("\n")
}

fn updates(incident: &Incident) -> String {
    if incident.posts.is_empty() {
        return format!("{} has no public updates.", incident.id);
    }
    incident
        .posts
        .iter()
        .map(|post| {
            let state = match (&post.published, &post.approval, &post.dropped) {
                (Some(published), _, _) => {
                    let places: Vec<_> = published
                        .destinations
                        .iter()
                        .map(|(place, settled)| match settled {
                            None => format!("{place}: on its way"),
                            Some(Ok(_)) => format!("{place}: there"),
                            Some(Err(why)) => format!("{place}: failed ({why})"),
                        })
                        .collect();
                    format!("published – {}", places.join(", "))
                }
                (None, _, Some(reason)) => format!("dropped: {reason}"),
                (None, Some(approval), None) => format!("approved by {}", approval.by),
                (None, None, None) => "draft".to_owned(),
            };
            format!("{} [{}] {} ({state})", post.n, post.draft.phase.shown(), post.draft.text)
        })
        .collect::<Vec<_>>()
        .join("\n")
}
