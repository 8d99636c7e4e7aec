//! What is known, what is typed, and what a key or a piece of news makes of it. No terminal, no server.

use chrono::{DateTime, TimeDelta, Utc};
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::{
    feed::{Alerts, Entry, Item, News, Said},
    line::Line,
};
use crate::{
    grammar::Completions,
    incident::{id::IncidentId, names::Names, role::Words, state::Incident},
    wall::dated,
};

/// Lines that a page up or down moves.
const PAGE: usize = 8;
/// Lines without an answer that are remembered.
const UNANSWERED_MAX: usize = 20;
/// So long after it was first said, a line said again is the same one; later it is another, for what it did may have been undone.
const AGAIN_MINUTES_MAX: i64 = 2;
/// What `?` says.
const HELP: &str = "help";

/// What is to be done outside.
#[derive(Debug, PartialEq, Eq)]
pub enum Act {
    Nothing,
    Quit,
    /// Follow this incident, or none.
    Look(Option<IncidentId>),
    Say {
        here: Option<IncidentId>,
        text: String,
    },
    /// What was said before, and got no answer: with its key.
    Again(Said),
}

/// The incident that is looked at.
#[derive(Debug)]
pub struct Opened {
    pub id: IncidentId,
    /// Not yet there, right after it was opened.
    pub incident: Option<Box<Incident>>,
    pub entries: Vec<Entry>,
}

/// What stands above the line: an answer, a refusal, words that would fit.
#[derive(Debug)]
pub struct Told {
    pub text: String,
    pub tone: Tone,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Plain,
    Refusal,
    /// That nobody answers: it goes as soon as somebody does.
    Absence,
}

#[derive(Debug)]
pub struct Screen {
    pub server: String,
    pub me: String,
    pub now: DateTime<Utc>,
    /// Why the server is not there; `None` while it is.
    pub away: Option<String>,
    /// Chats that do not answer, each in a sentence.
    pub chats_away: Vec<String>,
    /// What the team calls severities and statuses.
    pub names: Names,
    /// The words in which roles are shown.
    pub words: Words,
    pub list: Vec<Item>,
    /// Alerts that no incident has.
    pub free: Vec<Alerts>,
    pub chosen: usize,
    pub opened: Option<Opened>,
    pub line: Line,
    pub told: Option<Told>,
    /// Lines that got no answer: said again, each keeps its key, so that it is done once.
    unanswered: Vec<Said>,
    /// Lines that the timeline is moved back from its end.
    pub back: usize,
    /// Lines that what is told is moved on from its beginning.
    pub on: usize,
}

impl Screen {
    pub fn new(server: &str, me: &str, now: DateTime<Utc>) -> Screen {
        Screen {
            server: server.to_owned(),
            me: me.to_owned(),
            now,
            away: Some("connecting …".into()),
            chats_away: vec![],
            names: Names::default(),
            words: Words::default(),
            list: vec![],
            free: vec![],
            chosen: 0,
            opened: None,
            line: Line::default(),
            told: None,
            unanswered: vec![],
            back: 0,
            on: 0,
        }
    }

    pub fn heard(&mut self, news: News) -> Act {
        match news {
            News::Server(there) => {
                self.away = there.err().map(|why| format!("AWAY: {why}"));
                if self.away.is_none() {
                    self.is_answered();
                }
            }
            News::Chats(away) => {
                self.chats_away = away.iter().map(|one| one.in_words(&dated(one.since))).collect();
            }
            News::Names(told) => (self.names, self.words) = (Names::from(&told), told.vocabulary),
            News::List(list, alerts) => {
                self.list = list;
                self.free = alerts.into_iter().filter(|one| one.incident.is_none()).collect();
                self.chosen = self.chosen.min(self.list.len().saturating_sub(1));
                self.is_answered();
            }
            News::Incident(incident, entries) => {
                if let Some(opened) = self.opened.as_mut().filter(|opened| opened.id == incident.id) {
                    // Who reads further back stays where they are while lines come in.
                    if self.back > 0 {
                        let last = opened.entries.last().map_or(0, |entry| entry.seq);
                        self.back += entries.iter().filter(|entry| entry.seq > last).count();
                    }
                    opened.incident = Some(incident);
                    opened.entries = entries;
                }
            }
            News::Answer(Ok(answer)) => {
                self.tell(answer.text, Tone::Plain);
                let incident =
                    answer.incident.filter(|_| answer.seq.is_some()).and_then(|id| id.parse().ok());
                if let Some(id) = incident.filter(|_| self.opened.is_none()) {
                    return self.open(id);
                }
            }
            News::Answer(Err(why)) => self.tell(why, Tone::Refusal),
            News::Unanswered(said, why) => self.keep(said, &why),
        }
        Act::Nothing
    }

    fn tell(&mut self, text: String, tone: Tone) {
        self.told = Some(Told { text, tone });
        self.on = 0;
    }

    /// The server is there: that nobody answers is no longer so.
    fn is_answered(&mut self) {
        drop(self.told.take_if(|told| told.tone == Tone::Absence));
    }

    /// What got no answer stays to be said again.
    fn keep(&mut self, said: Said, why: &str) {
        if said.text == HELP {
            return self.tell(why.to_owned(), Tone::Absence);
        }
        // In another incident than that, Enter would say it there.
        let where_it_is = if said.here == self.here() && self.line.give_back(&said.text) {
            "What you typed is still there."
        } else {
            "What you typed comes back with ↑."
        };
        let is_again = self.is_same_again(&said);
        let what_now = if is_again {
            format!(
                "Said again unchanged, within {AGAIN_MINUTES_MAX} minutes of the first time, it is done once."
            )
        } else {
            "It may have been done: look before you say it again.".to_owned()
        };
        self.tell(format!("{why} {where_it_is} {what_now}"), Tone::Absence);
        if !is_again {
            return;
        }
        if self.unanswered.len() == UNANSWERED_MAX {
            self.unanswered.remove(0);
        }
        self.unanswered.push(said);
    }

    /// Whether a line that is said again would still be the one that got no answer.
    fn is_same_again(&self, said: &Said) -> bool {
        self.now - said.since <= TimeDelta::minutes(AGAIN_MINUTES_MAX)
    }

    /// The line is not to be said; typed anew, it is another one.
    fn give_up(&mut self) {
        let text = self.line.text().trim().to_owned();
        self.forget(&text);
        self.line.clear();
    }

    fn forget(&mut self, text: &str) {
        self.unanswered.retain(|said| said.text != text);
    }

    /// Changes the line. One that came back as it was said, and is another now, is given up.
    fn edit<R>(&mut self, change: impl FnOnce(&mut Line) -> R) -> R {
        let before = self.line.text().trim().to_owned();
        let changed = change(&mut self.line);
        if self.line.is_as_said() && self.line.text().trim() != before {
            self.line.become_another();
            self.forget(&before);
        }
        changed
    }

    fn open(&mut self, id: IncidentId) -> Act {
        self.opened = Some(Opened { id, incident: None, entries: vec![] });
        self.back = 0;
        Act::Look(Some(id))
    }

    pub fn typed(&mut self, event: Event) -> Act {
        match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => self.key(key),
            Event::Paste(text) => {
                self.edit(|line| line.insert(&text));
                Act::Nothing
            }
            // A new size is drawn with the next picture, which comes at once.
            _ => Act::Nothing,
        }
    }

    fn key(&mut self, key: KeyEvent) -> Act {
        if key.modifiers.contains(KeyModifiers::CONTROL) {
            match key.code {
                KeyCode::Char('c' | 'd') => return Act::Quit,
                KeyCode::Char('u') => self.give_up(),
                KeyCode::Char('w') => self.edit(Line::word_back),
                KeyCode::Char('a') => self.line.home(),
                KeyCode::Char('e') => self.line.end(),
                _ => {}
            }
            return Act::Nothing;
        }
        match key.code {
            KeyCode::Char('q') if self.line.is_empty() => return Act::Quit,
            KeyCode::Char('?') if self.line.is_empty() => return self.say(HELP.into(), false),
            KeyCode::F(1) => return self.say(HELP.into(), false),
            KeyCode::Char(c) => self.edit(|line| line.insert(c.encode_utf8(&mut [0; 4]))),
            KeyCode::Enter => return self.enter(),
            KeyCode::Esc => return self.escape(),
            KeyCode::Tab => self.told = self.complete(),
            KeyCode::Backspace => self.edit(Line::backspace),
            KeyCode::Delete => self.edit(Line::delete),
            KeyCode::Left => self.line.left(),
            KeyCode::Right => self.line.right(),
            KeyCode::Home => self.line.home(),
            KeyCode::End => self.line.end(),
            KeyCode::Up if self.chooses() => self.chosen = self.chosen.saturating_sub(1),
            KeyCode::Down if self.chooses() => {
                self.chosen = (self.chosen + 1).min(self.list.len().saturating_sub(1));
            }
            KeyCode::Up => self.line.earlier(),
            KeyCode::Down => self.line.later(),
            KeyCode::PageUp if self.told.is_some() => self.on = self.on.saturating_sub(PAGE),
            KeyCode::PageDown if self.told.is_some() => self.on += PAGE,
            KeyCode::PageUp => self.back += PAGE,
            KeyCode::PageDown => self.back = self.back.saturating_sub(PAGE),
            _ => {}
        }
        Act::Nothing
    }

    /// Arrows move in the list, not in the lines typed before.
    fn chooses(&self) -> bool {
        self.opened.is_none() && self.line.is_empty() && !self.list.is_empty()
    }

    fn enter(&mut self) -> Act {
        if !self.line.text().trim().is_empty() {
            let is_as_said = self.line.is_as_said();
            let text = self.line.enter();
            return self.go_or_say(text, is_as_said);
        }
        match self.list.get(self.chosen).map(|item| item.id) {
            Some(id) if self.opened.is_none() => self.open(id),
            _ => Act::Nothing,
        }
    }

    /// An incident's number alone opens it; of one that is not in the list it is asked how it stands.
    fn go_or_say(&mut self, text: String, is_as_said: bool) -> Act {
        let Ok(id) = text.parse::<IncidentId>() else { return self.say(text, is_as_said) };
        if self.list.iter().any(|item| item.id == id) {
            self.told = None;
            return self.open(id);
        }
        self.say(format!("{id} status"), is_as_said)
    }

    fn here(&self) -> Option<IncidentId> {
        self.opened.as_ref().map(|opened| opened.id)
    }

    /// Says a line: the one that got no answer, where it came back and is unchanged, and another one where it was typed anew.
    fn say(&mut self, text: String, is_as_said: bool) -> Act {
        self.tell("…".into(), Tone::Plain);
        let here = self.here();
        let before = self.unanswered.iter().position(|said| said.here == here && said.text == text);
        let before = before.map(|at| self.unanswered.remove(at));
        match before.filter(|said| is_as_said && self.is_same_again(said)) {
            Some(said) => Act::Again(said),
            None => Act::Say { here, text },
        }
    }

    /// Takes away what is uppermost: what was told, what was typed, the incident.
    fn escape(&mut self) -> Act {
        if self.told.take().is_some() {
            return Act::Nothing;
        }
        if !self.line.is_empty() {
            self.give_up();
            return Act::Nothing;
        }
        match self.opened.take() {
            Some(_) => Act::Look(None),
            None => Act::Nothing,
        }
    }

    fn complete(&mut self) -> Option<Told> {
        let mut known = Completions {
            incidents: self
                .list
                .iter()
                .map(|one| (format!("{} {}", one.id, one.title), one.id.to_string()))
                .collect(),
            situations: self
                .free
                .iter()
                .map(|one| (format!("S-{} {}", one.id, one.situation.title), format!("S-{}", one.id)))
                .collect(),
            ..Completions::default()
        };
        if let Some(incident) = self.opened.as_ref().and_then(|opened| opened.incident.as_ref()) {
            known.add(incident);
        }
        self.on = 0;
        self.edit(|line| line.complete(&known)).map(|text| Told { text, tone: Tone::Plain })
    }
}
