//! The marks before a title, and what a whole line says by them and by its end.

use super::LINE_MAX_BYTES;
use super::ending::Ending;
use super::words::{Word, is_denied, is_mark, is_span, words};
use crate::alert::draft::{Said, joined};

/// Most marks before a title, one after the other.
const MARKS_MAX: usize = 8;
const SIGNS_OF_FIRING: [char; 8] = ['🔴', '🟥', '❌', '🚨', '🔥', '⛔', '🆘', '🛑'];

/// What a line says, and of what.
#[derive(Debug, Default)]
pub(in crate::alert::senders) struct Headline {
    pub said: Said,
    /// A word for it, if there is one.
    pub severity: String,
    pub title: String,
    /// What it is about: the same when it fires and when it is over.
    pub subject: String,
    pub labels: Vec<(String, String)>,
    pub is_marked: bool,
    /// Its marks, its end or its form say whether it fires.
    pub is_told: bool,
    /// What its marks say, without its end.
    pub outright: Option<Said>,
    /// It tells of something that neither fires nor ends: a planned downtime.
    pub is_no_change: bool,
}

/// What the marks before a title say that stands in a body of its own.
#[derive(Debug)]
pub(in crate::alert::senders) struct Marks {
    pub said: Option<Said>,
    /// A word for it; empty if there is none.
    pub severity: String,
    /// What it is about: the same when it fires and when it is over.
    pub subject: String,
}

/// What the marks before a title of one line say, if there are some. Its end says nothing.
pub(in crate::alert::senders) fn marks(title: &str) -> Option<Marks> {
    if title.len() > LINE_MAX_BYTES || title.contains('\n') {
        return None;
    }
    let line = Headline::read(title.trim());
    let (said, severity, subject) = (line.outright, line.severity, line.subject);
    line.is_marked.then_some(Marks { said, severity, subject })
}

impl Headline {
    pub fn read(line: &str) -> Headline {
        let (mut found, mut names, mut rest) = (Found::default(), Vec::new(), line);
        let mut is_marked = false;
        for _ in 0..MARKS_MAX {
            // `** … **` of Nagios.
            rest = rest.trim_start_matches(['*', ' ', '\t']);
            let after = found.sign(rest).or_else(|| found.bracket(rest)).or_else(|| found.words(rest));
            if let Some(after) = after {
                (rest, is_marked) = (after, true);
                continue;
            }
            match named(rest) {
                Some((name, after)) => {
                    names.push(name);
                    rest = after;
                }
                None => break,
            }
        }
        if !is_marked {
            // Nothing stands before it: as it came.
            (rest, names) = (line, Vec::new());
        }
        let bare = if is_marked { rest.trim_end_matches(['*', ' ', '\t']) } else { rest.trim() };
        let prefix = names.join(" ");
        let ending = Ending::read(bare);
        let subject = ending.as_ref().map_or(bare, |ending| ending.subject);
        let is_said = found.spoken.is_empty() || ending.is_some();
        // `✅ web1 ❌ web2`.
        let is_mixed = bare.contains(SIGNS_OF_FIRING);
        let signed = found.sign.map(|(said, _)| if is_mixed { Said::Firing } else { said });
        let outright = found.state.or(signed);
        let is_told = is_marked || ending.is_some();
        let said = outright.or(ending.as_ref().map(|ending| ending.said));
        let ended = ending.map(|ending| ending.severity).unwrap_or_default();
        let painted = found.sign.map(|(_, severity)| severity).unwrap_or_default();
        let severities = [found.severity.as_str(), &ended, painted];
        let severity = severities.into_iter().find(|word| !word.is_empty()).unwrap_or_default().to_owned();
        let on = if found.scope.is_empty() { String::new() } else { format!("on {}", found.scope) };
        let spoken = if is_said { "" } else { found.spoken };
        Headline {
            said: said.unwrap_or_default(),
            severity,
            title: joined(" ", &[&prefix, bare, &on, spoken]),
            subject: joined(" ", &[&prefix, subject, &on]),
            labels: labels(&found.scope),
            is_marked,
            is_told,
            outright,
            is_no_change: found.is_no_change,
        }
    }
}

/// What marks came to.
#[derive(Debug, Default)]
struct Found {
    state: Option<Said>,
    sign: Option<(Said, &'static str)>,
    is_no_change: bool,
    severity: String,
    scope: String,
    /// A state that the title is poorer without: `DOWN: x` is `x is down`.
    spoken: &'static str,
}

impl Found {
    /// What stands behind a sign.
    fn sign<'l>(&mut self, line: &'l str) -> Option<&'l str> {
        let first = line.chars().next()?;
        let sign = match first {
            sign if SIGNS_OF_FIRING.contains(&sign) => (Said::Firing, ""),
            '🟠' | '🟡' | '\u{26a0}' => (Said::Firing, "warning"),
            '✅' | '🟢' | '🟩' | '💚' | '\u{2714}' | '\u{2611}' | '🆗' => (Said::Resolved, ""),
            _ => return None,
        };
        // Some are followed by U+FE0F, which asks for their picture.
        let after = left(line.get(first.len_utf8()..)?.trim_start_matches('\u{fe0f}'))?;
        self.sign.get_or_insert(sign);
        Some(after)
    }

    /// What stands behind brackets that hold a mark.
    fn bracket<'l>(&mut self, line: &'l str) -> Option<&'l str> {
        let (inside, after) = line.strip_prefix('[')?.split_once(']')?;
        let after = left(after)?;
        let mut scope = "";
        let mut all = Vec::new();
        match inside.split_once(" on ") {
            Some((head, of)) if words(head).is_some() => {
                all = words(head)?;
                scope = of.trim().trim_matches(['{', '}']).trim();
            }
            _ => {
                for part in inside.split([',', ':', '|']).flat_map(|part| part.split(" - ")) {
                    let plain = part.trim_matches(|c: char| !c.is_alphanumeric());
                    // How many of them: `FIRING:2`.
                    if !plain.bytes().all(|b| b.is_ascii_digit()) {
                        all.extend(words(plain)?);
                    }
                }
            }
        }
        if !is_mark(&all) {
            return None;
        }
        self.hear(all);
        if !scope.is_empty() {
            self.scope = scope.to_owned();
        }
        Some(after)
    }

    /// What stands behind words that are a mark, and what divides it from them.
    fn words<'l>(&mut self, line: &'l str) -> Option<&'l str> {
        let places = [":", " - ", " – ", " — ", " | "].into_iter();
        let (at, divider) = places.filter_map(|divider| Some((line.find(divider)?, divider))).min()?;
        let head = line.get(..at)?;
        // `Resolved in 3m 2s`.
        let head = head.split_once(" in ").filter(|(_, span)| is_span(span)).map_or(head, |(head, _)| head);
        let all = words(head)?;
        let after = left(line.get(at + divider.len()..)?)?;
        let is_over = all.iter().any(|(word, _)| *word == Word::State(Said::Resolved));
        if !is_mark(&all) || (is_over && is_denied(after)) {
            return None;
        }
        self.hear(all);
        Some(after)
    }

    fn hear(&mut self, all: Vec<(Word, String)>) {
        let is_firing = all.iter().any(|(word, _)| *word == Word::State(Said::Firing));
        for (word, text) in all {
            match word {
                // Of a group, some fire and some do not.
                Word::State(_) if is_firing => {
                    self.state.get_or_insert(Said::Firing);
                }
                Word::State(said) => {
                    self.state.get_or_insert(said);
                }
                Word::Severity if self.severity.is_empty() => self.severity.clone_from(&text),
                Word::NoChange => self.is_no_change = true,
                Word::Severity | Word::Weak | Word::Filler => {}
            }
            if self.spoken.is_empty() {
                self.spoken = match text.as_str() {
                    "down" => "is down",
                    "up" => "is up",
                    "offline" => "is offline",
                    "online" => "is online",
                    "unreachable" | "unreach" => "is unreachable",
                    "failed" | "failure" => "failed",
                    _ => "",
                };
            }
        }
    }
}

/// What stands behind a mark, if that is a title: a mark alone is one itself.
pub(super) fn left(after: &str) -> Option<&str> {
    (!after.trim_matches(['*', ' ', '\t']).is_empty()).then_some(after)
}

/// Brackets that hold no mark, and what stands behind them.
fn named(line: &str) -> Option<(&str, &str)> {
    let at = line.strip_prefix('[')?.find(']')? + 2;
    let (name, after) = line.split_at_checked(at)?;
    Some((name, left(after)?))
}

/// `host:web1,env:prod` as labels.
fn labels(scope: &str) -> Vec<(String, String)> {
    let pairs = scope.split(',').filter_map(|pair| pair.split_once([':', '=']));
    let pairs = pairs.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()));
    pairs.filter(|(name, value)| !name.is_empty() && !value.is_empty()).collect()
}
