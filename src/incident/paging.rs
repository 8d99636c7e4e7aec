//! Paging: whom an incident wakes, step by step, until somebody answers; and what a page says.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    marker::PhantomData,
};

use serde::{Deserialize, Serialize};

use super::{
    kind::{Kind, KindOf, Real},
    severity::Severity,
    state::Incident,
};
use crate::{alert::text::one_line, people::Person, roster::Roster};

/// Characters of a page's text at most: two text messages.
const TEXT_CHARS_MAX: usize = 280;
/// Of its title, which may be as long as an alert's.
const TITLE_CHARS_MAX: usize = 120;

/// Whom a step calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// Whoever is on call there when the step is taken.
    Roster(String),
    Person(Person),
    /// A service that knows by itself whom to wake.
    Pager(String),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Roster(name) | Self::Pager(name) => f.write_str(name),
            Self::Person(person) => person.fmt(f),
        }
    }
}

/// Whom to call, and how long after the step before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub to: Vec<Target>,
    pub after_minutes: u32,
}

/// The steps that are taken until somebody acknowledges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Escalation {
    pub name: String,
    /// Severities that begin it by themselves.
    pub severities: Vec<Severity>,
    pub steps: Vec<Step>,
    /// How often all of them are taken, and how long after the last one it begins again.
    pub rounds: u32,
    pub again_minutes: u32,
}

/// How people can be paged here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Means {
    /// The first is meant where none is named.
    pub escalations: Vec<Escalation>,
    pub rosters: Vec<Roster>,
    /// By the person's id: the pagers that reach them.
    pub reach: BTreeMap<String, Vec<String>>,
    /// Pagers that wake nobody who must not be woken by an exercise, as the settings say.
    pub safe_for_drills: BTreeSet<String>,
    /// Pagers that ring at somebody again and again, until they are told that it is enough.
    pub ring_on: BTreeSet<String>,
}

/// Somebody who is paged, and by which pagers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Called {
    #[serde(flatten)]
    pub person: Person,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<String>,
}

/// Whom a step's targets mean at the moment when it is taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calls {
    pub people: Vec<Person>,
    pub pagers: Vec<String>,
    /// A sentence for each target that means nobody.
    pub missed: Vec<String>,
}

/// What is to be said by a pager.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    Trigger,
    /// Somebody has it: services stop waking others.
    Acknowledge,
    Resolve,
}

impl Act {
    pub fn word(self) -> &'static str {
        match self {
            Self::Trigger => "calls",
            Self::Acknowledge => "answered",
            Self::Resolve => "over",
        }
    }
}

/// A page as it is sent. It is made from an incident of its kind, and only a real one's gets past [`Cleared::real`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<K: KindOf> {
    view: PageView,
    kind: PhantomData<K>,
}

/// What a page says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageView {
    pub act: Act,
    /// `INC-1`
    pub incident: String,
    pub severity: Severity,
    /// What is wrong, in a line; empty of a restricted incident.
    pub title: String,
    /// What whoever called said, if that is something else.
    pub about: String,
    /// `EXERCISE EXERCISE EXERCISE`, or empty.
    pub banner: &'static str,
    /// The same for every page of this call, and for no other: what services know it by.
    pub call: String,
    /// Where it is acknowledged, by whoever has it.
    pub link: Option<String>,
    /// Where they are to be reached by this pager; empty for a service.
    pub address: String,
}

impl<K: KindOf> Page<K> {
    /// # Errors
    /// The incident is of another kind, or has no such call.
    pub fn of(incident: &Incident, n: u32, act: Act) -> Result<Page<K>, String> {
        if incident.kind() != K::KIND {
            return Err(format!("{} is {}.", incident.id, incident.kind().word()));
        }
        let paging = incident
            .pagings
            .iter()
            .find(|paging| paging.n == n)
            .ok_or_else(|| format!("{} has no call {n}.", incident.id))?;
        // Pagers are other people's machines.
        let is_open = incident.restricted.is_none();
        let shown = |text: &str| if is_open { one_line(text, TITLE_CHARS_MAX) } else { String::new() };
        let view = PageView {
            act,
            incident: incident.id.to_string(),
            severity: incident.severity,
            title: shown(&incident.title),
            about: shown(&paging.about),
            banner: incident.kind().banner(),
            call: format!("{}-{n}", incident.id),
            link: None,
            address: String::new(),
        };
        Ok(Page { view, kind: PhantomData })
    }

    /// The same, with where it leads and where it goes.
    pub fn to(mut self, link: Option<String>, call: String, address: String) -> Page<K> {
        (self.view.link, self.view.call, self.view.address) = (link, call, address);
        self
    }
}

/// A page that may be sent. There are two ways to one: it is real, or the settings say that this pager may be used in
/// exercises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cleared(PageView);

/// That the settings name a pager as safe for drills.
#[derive(Debug, Clone, Copy)]
pub struct SafeForDrills(());

impl Means {
    pub fn safe_for_drills(&self, pager: &str) -> Option<SafeForDrills> {
        self.safe_for_drills.contains(pager).then_some(SafeForDrills(()))
    }
}

impl Cleared {
    pub fn real(page: Page<Real>) -> Cleared {
        Cleared(page.view)
    }
    pub fn rehearsal<K: KindOf>(page: Page<K>, _: SafeForDrills) -> Cleared {
        Cleared(page.view)
    }
}

impl std::ops::Deref for Cleared {
    type Target = PageView;
    fn deref(&self) -> &PageView {
        &self.0
    }
}

impl PageView {
    /// `SEV1 INC-3: Checkout is down`
    pub fn headline(&self) -> String {
        let banner = if self.banner.is_empty() { String::new() } else { format!("{} ", self.banner) };
        let what = if self.title.is_empty() { "a restricted incident needs you" } else { &self.title };
        format!("{banner}{} {}: {what}", self.severity, self.incident)
    }

    /// All of it in one short text; the link at its end is never cut.
    pub fn text(&self) -> String {
        let mut text = sentence(&self.headline());
        if !self.about.is_empty() && self.about != self.title {
            text = format!("{text} {}", sentence(&self.about));
        }
        let end = match &self.link {
            Some(link) => format!(" Acknowledge: {link}"),
            None => format!(" Acknowledge: say `{} ack`.", self.incident),
        };
        let room = TEXT_CHARS_MAX.saturating_sub(end.chars().count());
        format!("{}{end}", cut(&text, room))
    }
}

fn sentence(text: &str) -> String {
    let text = text.trim_end();
    if text.ends_with(['.', '!', '?', '…', ':']) { text.to_owned() } else { format!("{text}.") }
}

fn cut(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some(_) => {
            let kept: String = text.chars().take(chars.saturating_sub(1)).collect();
            format!("{}…", kept.trim_end())
        }
        None => text.to_owned(),
    }
}

/// Whether pages of this kind leave the house without being asked for by the settings.
pub fn is_for_real(kind: Kind) -> bool {
    kind == Kind::Real
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(title: &str, about: &str, link: Option<&str>) -> PageView {
        PageView {
            act: Act::Trigger,
            incident: "INC-3".into(),
            severity: Severity::Sev1,
            title: one_line(title, TITLE_CHARS_MAX),
            about: one_line(about, TITLE_CHARS_MAX),
            banner: "",
            call: "INC-3-1".into(),
            link: link.map(str::to_owned),
            address: String::new(),
        }
    }

    #[test]
    fn a_page_says_what_how_bad_which_and_where_to_acknowledge_and_fits_into_two_text_messages() {
        let link = "https://post.example.com/ack/SU5DLTMvMS9hbm4.0123456789abcdef0123456789abcdef";
        assert_eq!(
            view("Checkout is down", "", Some(link)).text(),
            format!("SEV1 INC-3: Checkout is down. Acknowledge: {link}")
        );
        assert_eq!(
            view("Checkout is down", "the card form", None).text(),
            "SEV1 INC-3: Checkout is down. the card form. Acknowledge: say `INC-3 ack`."
        );
        let long = view(&"ä\n".repeat(400), &"x".repeat(4_000), Some(link)).text();
        assert!(
            long.chars().count() <= TEXT_CHARS_MAX && long.ends_with(link) && !long.contains('\n'),
            "{long}"
        );
        assert_eq!(view("", "", None).headline(), "SEV1 INC-3: a restricted incident needs you");
    }
}
