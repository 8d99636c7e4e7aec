//! How a public post is worded at each destination: templates in the language of handlebars, the house's own or those
//! of the settings.
//!
//! A template is filled when a draft is written, and the draft keeps what came of it: one exact text for each
//! destination. An approval is bound to the draft, so to these texts; the approver reads them, and they are what is
//! sent. A template that is changed afterwards changes no draft, approved or not: it holds from the next draft on.
//!
//! A template makes plain text and escapes nothing; who shows it as HTML escapes it there. It is fenced: no partials,
//! no decorators, the few helpers of [`fence`] alone, the fields of [`FIELDS`] alone, one loop, and limits
//! on its own length, its nesting and what it makes.

mod fence;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, io,
    sync::Arc,
};

use handlebars::{Handlebars, handlebars_helper, no_escape};
use serde_json::json;

use self::fence::{Fault, compiled, first_line};
use super::{
    ComponentState, Impact, PublicPhase,
    length::{self, WEIGHT_MAX, weight},
    mentions::mentions,
};
use crate::incident::event::Draft;

/// As posts on X read unless the settings say otherwise.
pub const X: &str = "[{{phase}}{{#if correction}}, correction{{/if}}] {{text}}{{#if link}}\n{{link}}{{/if}}";
/// As updates on Statuspage read unless the settings say otherwise.
pub const STATUSPAGE: &str = "{{#if correction}}Correction: {{/if}}{{text}}";
/// As updates on the built-in page read unless the settings say otherwise.
pub const PAGE: &str = "{{text}}";

/// What a template may name.
pub const FIELDS: [&str; 9] = [
    "text",
    "title",
    "phase",
    "impact",
    "incident",
    "link",
    "correction",
    "next_update_minutes",
    "components",
];

/// Characters of a template: more than any announcement needs.
pub const TEMPLATE_CHARS_MAX: usize = 4_000;
/// Bytes that a template may make: the widest destination takes 25,000 characters of at most four bytes.
const MADE_BYTES_MAX: usize = 100_000;
/// Characters that the built-in page and Statuspage take.
const LONG_CHARS_MAX: usize = 25_000;

/// The templates of one destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Templates {
    /// For every phase that has none of its own.
    pub body: String,
    pub of_phase: BTreeMap<PublicPhase, String>,
}

impl Templates {
    pub fn body(text: &str) -> Self {
        Self { body: text.to_owned(), of_phase: BTreeMap::new() }
    }
}

/// What is wrong with a template, for whoever wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    pub destination: String,
    /// The phase whose template it is; `None` for `body`.
    pub phase: Option<PublicPhase>,
    /// Line and column within the template, from 1; `None` when it is about the whole.
    pub at: Option<(usize, usize)>,
    pub what: String,
    pub hint: String,
}

/// All templates of the house, ready to be filled.
#[derive(Clone)]
pub struct Wording {
    inner: Arc<Inner>,
}

struct Inner {
    templates: BTreeMap<String, Templates>,
    /// Where the public finds the status page.
    link: Option<String>,
    /// Accounts that posts on X may mention, in lower case.
    mentions: BTreeSet<String>,
    registry: Handlebars<'static>,
}

impl PartialEq for Wording {
    fn eq(&self, other: &Self) -> bool {
        let (a, b) = (&self.inner, &other.inner);
        (&a.templates, &a.link, &a.mentions) == (&b.templates, &b.link, &b.mentions)
    }
}

impl Eq for Wording {}

impl fmt::Debug for Wording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wording")
            .field("templates", &self.inner.templates)
            .field("link", &self.inner.link)
            .field("mentions", &self.inner.mentions)
            .finish_non_exhaustive()
    }
}

impl Default for Wording {
    fn default() -> Self {
        Self::new(BTreeMap::new(), None, []).unwrap_or_else(|_| Self {
            inner: Arc::new(Inner {
                templates: BTreeMap::new(),
                link: None,
                mentions: BTreeSet::new(),
                registry: registry(),
            }),
        })
    }
}

handlebars_helper!(upper: |text: str| text.to_uppercase());
handlebars_helper!(lower: |text: str| text.to_lowercase());
handlebars_helper!(truncate: |text: str, chars_max: u64| truncated(text, chars_max));

/// At most so many characters, the last of them `…` where something was cut.
fn truncated(text: &str, chars_max: u64) -> String {
    let max = usize::try_from(chars_max).unwrap_or(usize::MAX);
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(max.saturating_sub(1)).collect();
    short.truncate(short.trim_end().len());
    if max > 0 {
        short.push('…');
    }
    short
}

fn registry() -> Handlebars<'static> {
    let mut registry = Handlebars::new();
    registry.set_strict_mode(true);
    registry.register_escape_fn(no_escape);
    for name in ["with", "lookup", "raw", "log", "len"] {
        registry.unregister_helper(name);
    }
    registry.register_helper("upper", Box::new(upper));
    registry.register_helper("lower", Box::new(lower));
    registry.register_helper("truncate", Box::new(truncate));
    registry
}

impl Wording {
    /// Reads all templates and tries each on samples. A destination that `templates` leaves out has the house's own.
    ///
    /// # Errors
    /// Every template that cannot be used, with the place of its first mistake.
    pub fn new(
        templates: BTreeMap<String, Templates>,
        link: Option<String>,
        mentions: impl IntoIterator<Item = String>,
    ) -> Result<Self, Vec<Mistake>> {
        let own = [("x", X), ("statuspage", STATUSPAGE), ("page", PAGE)];
        let mut all: BTreeMap<String, Templates> =
            own.map(|(name, body)| (name.to_owned(), Templates::body(body))).into();
        all.extend(templates);
        let mentions = mentions.into_iter().map(|name| name.to_lowercase()).collect();
        let mut registry = registry();
        let mut mistakes = Vec::new();
        for (destination, templates) in &all {
            let phases = templates.of_phase.iter().map(|(phase, text)| (Some(*phase), text));
            for (phase, source) in std::iter::once((None, &templates.body)).chain(phases) {
                match compiled(source) {
                    Ok(template) => registry.register_template(&key(destination, phase), template),
                    Err(fault) => mistakes.push(fault.within(destination, phase)),
                }
            }
        }
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        let wording = Self { inner: Arc::new(Inner { templates: all, link, mentions, registry }) };
        for destination in wording.inner.templates.keys() {
            for phase in PublicPhase::OF_INCIDENTS {
                if let Err(fault) = wording.tried(destination, phase) {
                    let own = wording.own_phase(destination, phase);
                    let mistake = fault.within(destination, own);
                    if !mistakes
                        .iter()
                        .any(|m: &Mistake| (&m.destination, m.phase) == (&mistake.destination, mistake.phase))
                    {
                        mistakes.push(mistake);
                    }
                }
            }
        }
        if mistakes.is_empty() { Ok(wording) } else { Err(mistakes) }
    }

    /// What each of these destinations is sent for a draft of this incident. The built-in page is among them where it
    /// has words of its own.
    ///
    /// # Errors
    /// What does not fit where, and what to do.
    pub fn texts(
        &self,
        destinations: &[String],
        incident: &str,
        draft: &Draft,
    ) -> Result<BTreeMap<String, String>, (String, String)> {
        let page = "page".to_owned();
        let page_differs = self.inner.templates.get(&page).is_some_and(|own| *own != Templates::body(PAGE));
        let mut texts = BTreeMap::new();
        for destination in destinations.iter().chain(page_differs.then_some(&page)) {
            let text = self.filled(destination, incident, draft).map_err(|fault| {
                (
                    format!("The template for {destination} cannot be filled: {}.", fault.what),
                    format!("Mend [templates.{destination}] in the settings; `commandpost check` tries it."),
                )
            })?;
            self.fits(destination, &text, &draft.text)?;
            texts.insert(destination.clone(), text);
        }
        Ok(texts)
    }

    fn own_phase(&self, destination: &str, phase: PublicPhase) -> Option<PublicPhase> {
        let templates = self.inner.templates.get(destination)?;
        templates.of_phase.contains_key(&phase).then_some(phase)
    }

    fn filled(&self, destination: &str, incident: &str, draft: &Draft) -> Result<String, Fault> {
        if !self.inner.templates.contains_key(destination) {
            return Ok(draft.text.clone());
        }
        let components: Vec<_> = draft
            .components
            .iter()
            .map(|(name, state)| json!({ "name": name, "state": state.words() }))
            .collect();
        let data = json!({
            "text": draft.text,
            "title": draft.title,
            "phase": draft.phase.title(),
            "impact": draft.impact.word(),
            "incident": incident,
            "link": self.inner.link.clone().unwrap_or_default(),
            "correction": draft.corrects.is_some(),
            "next_update_minutes": draft.next_update_minutes.unwrap_or(0),
            "components": components,
        });
        let name = key(destination, self.own_phase(destination, draft.phase));
        let mut made = Capped(Vec::new());
        self.inner.registry.render_to_write(&name, &data, &mut made).map_err(|error| Fault {
            at: error.line_no.zip(error.column_no),
            what: first_line(&error.reason().to_string()),
            hint: "Try it with `commandpost check`.".to_owned(),
        })?;
        let text = String::from_utf8_lossy(&made.0).trim().to_owned();
        if text.is_empty() {
            return Err(Fault::whole("it makes an empty text", "Let it say at least `{{text}}`."));
        }
        Ok(text)
    }

    /// Whether a destination takes this text as it stands. `typed` is the part of it that somebody wrote.
    fn fits(&self, destination: &str, text: &str, typed: &str) -> Result<(), (String, String)> {
        if destination == "x" {
            fits_x(text, typed).map_err(|why| (why, "Shorten the text.".to_owned()))?;
            if let Some(name) =
                mentions(text).into_iter().find(|name| !self.inner.mentions.contains(&name.to_lowercase()))
            {
                return Err((
                    format!("On X, «@{name}» would mention the account of that name, and tell it."),
                    "Write it without the @; accounts that posts may mention stand in `mentions` of [x]."
                        .to_owned(),
                ));
            }
            return Ok(());
        }
        let chars = text.chars().count();
        if chars > LONG_CHARS_MAX {
            return Err((
                format!(
                    "The post is {} characters too long for {destination}: {chars}, of {LONG_CHARS_MAX} at most.",
                    chars - LONG_CHARS_MAX
                ),
                "Shorten the text.".to_owned(),
            ));
        }
        Ok(())
    }

    /// Fills a template as a first post, and as a correction with everything that a post can have.
    fn tried(&self, destination: &str, phase: PublicPhase) -> Result<(), Fault> {
        let bare = Draft {
            title: "Checkout is down".to_owned(),
            phase,
            impact: Impact::Major,
            text: "We are on it.".to_owned(),
            components: vec![],
            next_update_minutes: None,
            corrects: None,
            texts: BTreeMap::new(),
        };
        let full = Draft {
            components: vec![
                ("Checkout".to_owned(), ComponentState::PartialOutage),
                ("Search".to_owned(), ComponentState::Operational),
            ],
            next_update_minutes: Some(30),
            corrects: Some(1),
            ..bare.clone()
        };
        for draft in [bare, full] {
            let text = self.filled(destination, "INC-1", &draft)?;
            self.fits(destination, &text, &draft.text).map_err(|(what, hint)| {
                Fault::whole(format!("filled with a sample it does not fit. {what}"), hint)
            })?;
        }
        Ok(())
    }
}

/// Whether X takes this text: its length by X's own count, and no sign that X refuses. `typed` is the part of it that
/// somebody wrote, for the sentence.
///
/// # Errors
/// By how much it is too long, or what it must not hold.
pub fn fits_x(text: &str, typed: &str) -> Result<(), String> {
    let around = weight(text).saturating_sub(weight(typed.trim()));
    if let Err(over) = length::fit(text, 0) {
        return Err(format!(
            "The post is {over} characters too long for X: beside the prefix and the link, {} of {WEIGHT_MAX} are \
             left for the text, and it has {}. Any link counts 23, an emoji or a Chinese character 2.",
            WEIGHT_MAX.saturating_sub(around),
            weight(typed.trim()),
        ));
    }
    if !length::valid(text) {
        return Err(
            "The post holds a character that X does not take (U+FFFE, U+FEFF or U+FFFF): remove it.".into()
        );
    }
    Ok(())
}

/// How long a text is, as its destination counts: `187 of 280 characters`.
pub fn measured(destination: &str, text: &str) -> String {
    match destination {
        "x" => format!("{} of {WEIGHT_MAX} characters", weight(text)),
        _ => format!("{} of {LONG_CHARS_MAX} characters", text.chars().count()),
    }
}

fn key(destination: &str, phase: Option<PublicPhase>) -> String {
    format!("{destination}/{}", phase.map_or("body", PublicPhase::word))
}

/// A writer that ends a template which makes too much.
struct Capped(Vec<u8>);

impl io::Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MADE_BYTES_MAX {
            return Err(io::Error::other(format!("it makes more than {MADE_BYTES_MAX} bytes")));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
