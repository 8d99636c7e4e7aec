//! What stands behind the verb, read word by word into its flags and blanks.

use clap::{Arg, Command};

use crate::{
    grammar::{
        known::Lexicon,
        refuse,
        tree::{Blank, flag_called, flags, value_name},
        value,
        words::{QUOTES, Words},
    },
    incident::{names::NAME_WORDS_MAX, phase::Phase, refusal::Refusal, role::Roles, severity::Severity},
};

/// Words in a role's title at most, and in somebody's name.
const TITLE_WORDS_MAX: usize = 5;
/// Words in the quoted name of somebody who is not known at most; what is longer is a text.
const QUOTED_NAME_WORDS_MAX: usize = 3;
/// What stands between two names.
const JOINING: [&str; 5] = ["and", "or", "&", "+", ","];

pub(super) struct Line<'v> {
    verb: &'static Command,
    path: &'v [&'static str],
    known: Lexicon<'v>,
    flags: Vec<String>,
    blanks: Vec<String>,
    /// After `--`: no flag, no shorthand, no quote means anything any more.
    literal: bool,
}

impl<'v> Line<'v> {
    /// Of this verb, some of whose blanks its word has filled already.
    pub fn new(
        verb: &'static Command,
        path: &'v [&'static str],
        known: Lexicon<'v>,
        blanks: Vec<String>,
    ) -> Self {
        Line { verb, path, known, flags: vec![], blanks, literal: false }
    }

    /// What the tree is to parse behind the path: flags as `--flag=value`, `--`, blanks.
    pub fn read(mut self, words: &mut Words<'_>) -> Result<Vec<String>, Refusal> {
        let blanks: Vec<&'static Arg> = self.verb.get_positionals().collect();
        while let Some(word) = words.peek() {
            if !self.literal && word == "--" {
                words.next();
                self.literal = true;
                continue;
            }
            if !self.literal
                && let Some((flag, name)) = self.flag(word)
            {
                self.read_flag(flag, name, words)?;
                continue;
            }
            let blank = blanks.get(self.blanks.len());
            if !self.literal {
                if blank.is_some_and(|blank| value_name(blank) == "REASON") && skip_reason(word, words) {
                    continue;
                }
                let at_text = blank.is_some_and(|blank| Blank::of(blank) == Blank::Free);
                if looks_like_flag(word) && (!at_text || self.is_strict()) {
                    return Err(refuse::unknown_flag(self.path, self.verb, word));
                }
                if self.takes_time_box() && is_no_time_box(word) {
                    return Err(refuse::no_time_box(self.verb, word));
                }
                self.check_whose(words)?;
                if self.shorthand(blank.copied(), word, words) {
                    continue;
                }
            }
            let Some(blank) = blank else {
                return Err(refuse::left_over(self.path, self.verb, &words.rest()));
            };
            let value = self.blank(blank, words)?;
            if value.trim().is_empty() {
                // Blank text is no text: the tree then says what is missing.
                break;
            }
            self.blanks.push(value);
        }
        self.flags.push("--".to_owned());
        self.flags.append(&mut self.blanks);
        Ok(self.flags)
    }

    fn flag(&self, word: &str) -> Option<(&'static Arg, usize)> {
        // Phones turn two hyphens into a dash.
        let name = word.strip_prefix("--").or_else(|| word.strip_prefix('—'))?;
        let prefix = word.len() - name.len();
        let name = name.split('=').next().unwrap_or(name);
        flag_called(self.verb, name).map(|flag| (flag, prefix + name.len()))
    }

    /// The id of what the team calls so, for a blank that takes it.
    fn word_of(&self, arg: &Arg, text: &str) -> Option<&'static str> {
        match value_name(arg) {
            "SEVERITY" => self.known.names.find_severity(text).map(Severity::word),
            "PHASE" => {
                let named = self.known.names.find_phase(text).and_then(Phase::public);
                named.or_else(|| value::phase_shown(text)).map(|phase| phase.word())
            }
            _ => None,
        }
    }

    /// The same of the longest name at the cursor, and what stands behind it.
    fn named<'w>(&self, arg: &Arg, words: &Words<'w>) -> Option<(&'static str, Words<'w>)> {
        longest(words, |text| self.word_of(arg, text))
    }

    /// A verb with several flags takes no unknown one for text: a slip would end up on the public page, as would one in a proposal
    /// become a decision. A note keeps every word.
    fn is_strict(&self) -> bool {
        (flags(self.verb).count() > 1 && self.path != ["note"]) || self.path == ["decision", "propose"]
    }

    /// A duration may come before what is left of the line.
    fn takes_time_box(&self) -> bool {
        matches!(self.path, ["task", "add" | "give" | "reopen"] | ["action", "announce"])
            && !self.has_flag("in")
    }

    /// Whose name stands at the cursor, the longest that is known.
    fn person<'w>(&self, words: &Words<'w>) -> Option<(String, Words<'w>)> {
        of_several(words, TITLE_WORDS_MAX, |typed| self.is_known(typed).then(|| typed.to_owned()))
    }

    /// The same, or the one account that a chat wrote there.
    fn somebody<'w>(&self, words: &Words<'w>) -> Option<(String, Words<'w>)> {
        self.person(words).or_else(|| {
            let mut after = *words;
            let account = after.next().filter(|word| word.starts_with("<@") && word.ends_with('>'))?;
            Some((account.to_owned(), after))
        })
    }

    fn is_known(&self, name: &str) -> bool {
        self.known.people.iter().any(|one| one.is_called(name))
    }

    /// A mention may come before the text.
    fn takes_mention(&self) -> bool {
        matches!(self.path, ["task", "add" | "give"] | ["crew", "checkin" | "checkout"])
            && !self.has_flag("for")
    }

    /// Who is mentioned at the cursor, a name of several words as it is known or in quotes, and what stands behind it.
    fn mention<'w>(&self, words: &Words<'w>) -> Option<(String, Words<'w>)> {
        let word = words.peek()?;
        let mut after = *words;
        if words.is_at_quote() {
            let name = after.value().ok()??;
            let words_max = if name.starts_with('@') { QUOTED_NAME_WORDS_MAX } else { 1 };
            let is_short = name.split_whitespace().count() <= words_max;
            return (is_mention(&name) && (is_short || self.is_known(&name))).then_some((name, after));
        }
        if !is_mention(word) {
            return None;
        }
        after.next();
        Some(self.person(words).unwrap_or_else(|| (word.to_owned(), after)))
    }

    /// Of whom a text that follows is said must be plain: of one, who is mentioned.
    fn check_whose(&self, words: &Words<'_>) -> Result<(), Refusal> {
        if !self.takes_mention() {
            return Ok(());
        }
        if let Some((name, after)) = self.mention(words) {
            return self.refuse_second(&name, &after);
        }
        match self.person(words) {
            Some((name, after))
                if self.path == ["task", "add"]
                    && after.peek().is_some_and(|next| value::units(next).is_some()) =>
            {
                Err(refuse::unclear_owner(&name, after.peek().unwrap_or_default()))
            }
            _ => Ok(()),
        }
    }

    /// A mention behind a name is no text, but somebody else, and one is meant.
    fn refuse_second(&self, name: &str, after: &Words<'_>) -> Result<(), Refusal> {
        let mut ahead = *after;
        let mut second = ahead.next().unwrap_or_default();
        if JOINING.iter().any(|word| word.eq_ignore_ascii_case(second)) {
            second = ahead.next().unwrap_or_default();
        }
        if !is_mention(second) {
            return Ok(());
        }
        Err(refuse::several_people(self.verb, &format!("{name} {}", after.until(&ahead))))
    }

    /// One person's name: what stands in quotes, or the words up to the next flag.
    fn name(&self, blank: &Arg, words: &mut Words<'_>) -> Result<String, Refusal> {
        if words.is_at_quote() {
            return Ok(words.value()?.unwrap_or_default());
        }
        let start = *words;
        let typed = self.up_to_flag(blank, words)?;
        let first = start.peek().unwrap_or_default();
        let somebody = self.somebody(&start);
        let is_whole = somebody.as_ref().is_some_and(|(_, after)| start.until(after) == typed);
        if is_whole {
            return Ok(typed);
        }
        // `ben, cyd`, `ben/cyd`.
        if typed.contains([',', ';', '/', '&']) && !self.is_known(typed.trim_start_matches('@')) {
            return Err(refuse::several_people(self.verb, &typed));
        }
        if first.trim() == typed {
            return Ok(typed);
        }
        if typed.split_whitespace().skip(1).any(is_mention) {
            return Err(refuse::several_people(self.verb, &typed));
        }
        match somebody {
            Some((name, _)) => Err(refuse::more_than_a_name(self.verb, &name, &typed)),
            None => Ok(typed),
        }
    }

    /// The words up to the next flag.
    fn up_to_flag(&self, blank: &Arg, words: &mut Words<'_>) -> Result<String, Refusal> {
        let start = *words;
        while let Some(word) = words.peek() {
            if !self.literal && (self.flag(word).is_some() || word == "--") {
                break;
            }
            if !self.literal && looks_like_flag(word) && (self.is_strict() || Blank::of(blank) == Blank::Name)
            {
                return Err(refuse::unknown_flag(self.path, self.verb, word));
            }
            words.next();
        }
        Ok(start.until(words))
    }

    /// A name may come before a reason, and either may be left out, the name only where it is optional.
    fn takes_name_or_reason(&self) -> bool {
        matches!(self.path, ["command", "separate"] | ["role", "relieve"] | ["crew", "expel"])
    }

    /// Whether the reason was given by its flag, or will be.
    fn is_reason_flagged(&self, words: &Words<'_>) -> bool {
        let rest = words.rest();
        let mut each = rest.split_whitespace();
        each.any(|word| word.starts_with("--reason") || word.starts_with("—reason"))
            || self.has_flag("reason")
    }

    /// Whether what stands at the cursor says why, and not whose: several words that are nobody's name, or what follows one.
    fn is_reason(&self, blank: Option<&Arg>, word: &str, words: &Words<'_>) -> bool {
        let is_said = match blank {
            None => true,
            Some(blank) if Blank::of(blank) == Blank::Name && !blank.is_required_set() => {
                let is_long = words.rest().split_whitespace().nth(1).is_some() || words.is_at_quote();
                is_long && !is_mention(word.trim_start_matches(QUOTES)) && self.person(words).is_none()
            }
            Some(_) => false,
        };
        is_said && !self.is_reason_flagged(words)
    }

    fn has_flag(&self, id: &str) -> bool {
        self.flags
            .iter()
            .any(|flag| flag.strip_prefix("--").is_some_and(|flag| flag.split('=').next() == Some(id)))
    }

    fn push_flag(&mut self, long: &str, value: &str) {
        self.flags.push(format!("--{long}={value}"));
    }

    fn read_flag(
        &mut self,
        flag: &'static Arg,
        name_len: usize,
        words: &mut Words<'_>,
    ) -> Result<(), Refusal> {
        let long = flag.get_long().unwrap_or_default();
        let word = words.peek().unwrap_or_default();
        let inline = word.as_bytes().get(name_len) == Some(&b'=');
        if Blank::of(flag) == Blank::Switch {
            if inline {
                return Err(refuse::switch_with_value(self.path, self.verb, long));
            }
            words.next();
            self.flags.push(format!("--{long}"));
            return Ok(());
        }
        if inline && !words.is_text() {
            words.next();
            let value = word.get(name_len + 1..).unwrap_or_default();
            self.push_flag(long, self.word_of(flag, value).unwrap_or(value));
            return Ok(());
        }
        if inline {
            words.skip_in_word(name_len + 1);
        } else {
            words.next();
        }
        // A reason, or a mitigation, that nothing can follow needs no quotes.
        let ends_the_line = matches!(long, "reason" | "mitigation")
            && !self.verb.get_positionals().any(|arg| Blank::of(arg) == Blank::Free);
        if ends_the_line && !words.is_at_quote() {
            let rest = words.rest();
            if rest.is_empty() {
                return Err(refuse::flag_without_value(self.path, self.verb, flag));
            }
            while words.next().is_some() {}
            self.push_flag(long, &rest);
            return Ok(());
        }
        if let Some((word, after)) = self.named(flag, words) {
            *words = after;
            self.push_flag(long, word);
            return Ok(());
        }
        let Some(mut value) = words.value()? else {
            return Err(refuse::flag_without_value(self.path, self.verb, flag));
        };
        with_ago(flag, &mut value, words);
        let word = self.word_of(flag, &value).unwrap_or(&value).to_owned();
        self.push_flag(long, &word);
        Ok(())
    }

    fn blank(&self, blank: &Arg, words: &mut Words<'_>) -> Result<String, Refusal> {
        let is_before_reason = Blank::of(blank) == Blank::Name && self.takes_name_or_reason();
        if !self.literal
            && is_before_reason
            && let Some((name, after)) = self.somebody(words)
        {
            *words = after;
            self.refuse_second(&name, words)?;
            return Ok(name);
        }
        // Nobody's name is known to be longer: what follows it says why.
        if !self.literal && is_before_reason && blank.is_required_set() && !self.is_reason_flagged(words) {
            let name = words.value()?.unwrap_or_default();
            self.refuse_second(&name, words)?;
            return Ok(name);
        }
        match Blank::of(blank) {
            Blank::Free => {
                let rest = words.rest();
                let mut inside = *words;
                while let Some(word) = inside.next() {
                    if !self.literal
                        && self.is_strict()
                        && let Some((flag, _)) = self.flag(word)
                    {
                        return Err(refuse::flag_in_text(self.path, self.verb, flag, word));
                    }
                }
                *words = inside;
                Ok(rest)
            }
            Blank::Name if !self.literal => self.name(blank, words),
            Blank::Name | Blank::Title => self.up_to_flag(blank, words),
            Blank::Role => Ok(match role(words, self.known.roles) {
                Some((role, after)) => {
                    *words = after;
                    role
                }
                None => words.next().unwrap_or_default().to_owned(),
            }),
            Blank::Number => {
                let word = words.next().unwrap_or_default();
                Ok(if self.literal { word } else { word.strip_prefix('#').unwrap_or(word) }.to_owned())
            }
            Blank::Word | Blank::Switch => {
                if let Some((word, after)) = self.named(blank, words) {
                    *words = after;
                    return Ok(word.to_owned());
                }
                if self.literal {
                    return Ok(words.next().unwrap_or_default().to_owned());
                }
                let is_mentioned = value_name(blank) == "WHO"
                    && words.peek().is_some_and(|word| is_mention(word.trim_start_matches(QUOTES)));
                if is_mentioned && let Some((name, after)) = self.person(words) {
                    *words = after;
                    self.refuse_second(&name, words)?;
                    return Ok(name);
                }
                let mut value = words.value()?.unwrap_or_default();
                if is_mentioned {
                    self.refuse_second(&value, words)?;
                }
                with_ago(blank, &mut value, words);
                Ok(self.word_of(blank, &value).map_or(value, str::to_owned))
            }
        }
    }

    /// What people write in place of a flag. True when something was taken.
    fn shorthand(&mut self, blank: Option<&Arg>, word: &str, words: &mut Words<'_>) -> bool {
        if self.takes_mention()
            && let Some((name, after)) = self.mention(words)
        {
            *words = after;
            self.push_flag("for", &name);
            return true;
        }
        match self.path {
            _ if self.takes_time_box() && value::units(word).is_some() => {
                words.next();
                self.push_flag("in", word);
                true
            }
            ["alert", "silence"] if self.blanks.len() == 1 && word.eq_ignore_ascii_case("for") => {
                words.next();
                true
            }
            ["maintenance", "add" | "schedule"] if self.blanks.len() == 1 => self.window(word, words),
            ["maintenance", "move"] => self.window(word, words),
            ["can"] if blank.is_some_and(|blank| Blank::of(blank) == Blank::Free) => {
                let rest = words.rest();
                if self.has_flag("actions") || self.has_flag("needs") || !rest.contains('|') {
                    return false;
                }
                let mut parts = rest.splitn(3, '|').map(str::trim);
                let conditions = parts.next().unwrap_or_default().to_owned();
                for (flag, part) in
                    ["actions", "needs"].into_iter().zip(parts).filter(|(_, part)| !part.is_empty())
                {
                    self.push_flag(flag, part);
                }
                // Of a correction what is empty stays as it was.
                if !conditions.is_empty() || self.has_flag("correct") {
                    self.blanks.push(conditions);
                }
                while words.next().is_some() {}
                true
            }
            ["link"] if !self.has_flag("url") => {
                let rest = words.rest();
                let (label, url) = rest.rsplit_once(char::is_whitespace).unwrap_or(("", &rest));
                if !is_url(url) {
                    return false;
                }
                self.push_flag("url", url);
                if !label.trim().is_empty() {
                    self.blanks.push(label.trim().to_owned());
                }
                while words.next().is_some() {}
                true
            }
            // `leave our part is over`, `role relieve ops "too slow"`: no name, a reason.
            _ if self.takes_name_or_reason() && self.is_reason(blank, word, words) => {
                let mut ahead = *words;
                let quoted = if words.is_at_quote() { ahead.value().ok().flatten() } else { None };
                let reason = quoted.filter(|_| ahead.peek().is_none()).unwrap_or_else(|| words.rest());
                self.push_flag("reason", &reason);
                while words.next().is_some() {}
                true
            }
            // `role decline too busy`: no role, a reason.
            ["role", "decline"]
                if !self.has_flag("reason")
                    && (blank.is_none() || role(words, self.known.roles).is_none()) =>
            {
                let rest = words.rest();
                self.push_flag("reason", &rest);
                while words.next().is_some() {}
                true
            }
            _ => false,
        }
    }

    /// `from 02:00 to 04:00 match service=db env=prod`: flags that people write as words. True when one was taken.
    fn window(&mut self, word: &str, words: &mut Words<'_>) -> bool {
        let mut ahead = *words;
        ahead.next();
        match word.to_lowercase().as_str() {
            said @ ("from" | "to" | "for") if said != "for" || self.path != ["maintenance", "move"] => {
                let Ok(Some(value)) = ahead.value() else { return false };
                let flag = match said {
                    "from" => "begins",
                    "to" => "ends",
                    _ => said,
                };
                self.push_flag(flag, &value);
            }
            "service" if self.path == ["maintenance", "schedule"] => {
                let Ok(Some(service)) = ahead.value() else { return false };
                self.push_flag("service", &service.replace(',', ";"));
            }
            "match" if self.path == ["maintenance", "add"] => {
                let mut labels = Vec::new();
                while let Some(label) = ahead.peek().filter(|label| label.contains('=')) {
                    labels.push(label.trim_end_matches([',', ';']).to_owned());
                    ahead.next();
                }
                if labels.is_empty() {
                    return false;
                }
                self.push_flag("match", &labels.join(";"));
            }
            _ => return false,
        }
        *words = ahead;
        true
    }
}

/// `10m ago` needs no quotes where a time is read.
fn with_ago(blank: &Arg, value: &mut String, words: &mut Words<'_>) {
    if value_name(blank) == "TIME" && value::units(value).is_some() && words.peek() == Some("ago") {
        words.next();
        value.push_str(" ago");
    }
}

/// `close --reason fixed` says what `close fixed` says.
fn skip_reason(word: &str, words: &mut Words<'_>) -> bool {
    const FLAG: &str = "--reason";
    match word.strip_prefix(FLAG) {
        Some("") => words.next().is_some(),
        Some(value) if value.starts_with('=') && words.is_text() => {
            words.skip_in_word(FLAG.len() + 1);
            true
        }
        _ => false,
    }
}

fn looks_like_flag(word: &str) -> bool {
    word.strip_prefix("--")
        .or_else(|| word.strip_prefix('—'))
        .is_some_and(|name| name.starts_with(|c: char| c.is_ascii_alphabetic()))
}

/// `-5m`, which would be over before it begins, or `99999999999m`.
fn is_no_time_box(word: &str) -> bool {
    match word.strip_prefix(['-', '−', '–']) {
        Some(time) => value::units(time).is_some(),
        None => value::is_overlong(word),
    }
}

fn is_mention(word: &str) -> bool {
    word.len() > 1 && (word.starts_with('@') || word.starts_with("<@"))
}

fn is_url(word: &str) -> bool {
    let lower = word.get(..8).unwrap_or(word).to_ascii_lowercase();
    lower.starts_with("https://") || lower.starts_with("http://")
}

/// The longest role at the cursor: a slug, or a title of several words.
fn role<'a>(words: &Words<'a>, roles: &Roles) -> Option<(String, Words<'a>)> {
    of_several(words, TITLE_WORDS_MAX, |typed| roles.find(typed).is_ok().then(|| typed.to_owned()))
}

/// The longest name at the cursor.
pub(super) fn longest<'a, T>(words: &Words<'a>, find: impl Fn(&str) -> Option<T>) -> Option<(T, Words<'a>)> {
    of_several(words, NAME_WORDS_MAX, find)
}

fn of_several<'a, T>(
    words: &Words<'a>,
    words_max: usize,
    find: impl Fn(&str) -> Option<T>,
) -> Option<(T, Words<'a>)> {
    let start = *words;
    let mut ahead = *words;
    let mut found = None;
    for _ in 0..words_max {
        if ahead.next().is_none() {
            break;
        }
        let typed = start.until(&ahead).split_whitespace().collect::<Vec<_>>().join(" ");
        if let Some(one) = find(&typed) {
            found = Some((one, ahead));
        }
    }
    found
}
