//! Finds the URLs in a text as twitter-text does (`extractUrlsWithIndices`), with and without a protocol.
//!
//! Written by hand after its regular expressions, as a scan: no backtracking engine meets outside text. The
//! top-level domains are those of the IANA root zone.

use std::ops::Range;

/// Longer URLs are none to twitter-text. In characters, the host in its ASCII form.
const URL_CHARS_MAX: usize = 4096;
const TCO_SLUG_CHARS_MAX: usize = 40;
/// DNS: a label has no more octets.
const LABEL_OCTETS_MAX: usize = 63;
/// No top-level domain has more characters.
const TLD_CHARS_MAX: usize = 24;

/// The byte ranges of the URLs in `text`, in order, none overlapping.
pub fn urls(text: &str) -> Vec<Range<usize>> {
    if !text.contains('.') {
        return Vec::new();
    }
    let scan = Scan::new(text);
    scan.urls().into_iter().map(|r| scan.byte(r.start)..scan.byte(r.end)).collect()
}

/// All indices are of characters.
struct Scan<'t> {
    text: &'t str,
    chars: Vec<char>,
    bytes: Vec<usize>,
    /// For each character, the end of the run of host characters it stands in; itself, if it is none.
    run_end: Vec<usize>,
    /// For each dot that a top-level domain follows, the end of that domain.
    tld_end: Vec<Option<usize>>,
    /// For each character, whether a dot with a top-level domain comes in the rest of its run.
    tld_ahead: Vec<bool>,
}

impl<'t> Scan<'t> {
    fn new(text: &'t str) -> Self {
        let (bytes, chars): (Vec<usize>, Vec<char>) = text.char_indices().unzip();
        let mut run_end: Vec<usize> = (0..chars.len()).collect();
        let mut tld_end = vec![None; chars.len()];
        let mut tld_ahead = vec![false; chars.len()];
        let mut end = chars.len();
        let mut ahead = false;
        for (at, c) in chars.iter().enumerate().rev() {
            if !is_host(*c) && !matches!(c, '.' | '-' | '_') {
                end = at;
                ahead = false;
                continue;
            }
            if *c == '.'
                && let Some(found) = top_level(chars.get(at + 1..end).unwrap_or_default(), chars.get(end))
            {
                ahead = true;
                if let Some(slot) = tld_end.get_mut(at) {
                    *slot = Some(at + 1 + found);
                }
            }
            if let (Some(run), Some(flag)) = (run_end.get_mut(at), tld_ahead.get_mut(at)) {
                *run = end;
                *flag = ahead;
            }
        }
        Self { text, chars, bytes, run_end, tld_end, tld_ahead }
    }

    fn at(&self, index: usize) -> Option<char> {
        self.chars.get(index).copied()
    }

    fn byte(&self, index: usize) -> usize {
        self.bytes.get(index).copied().unwrap_or(self.text.len())
    }

    fn str(&self, range: Range<usize>) -> &'t str {
        self.text.get(self.byte(range.start)..self.byte(range.end)).unwrap_or_default()
    }

    fn urls(&self) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let mut start = 0;
        while start < self.chars.len() {
            let before = start.checked_sub(1).and_then(|b| self.at(b));
            match may_precede(before).then(|| self.url_at(start)).flatten() {
                Some(url) => {
                    let end = url.end;
                    self.take(start, before, url, &mut found);
                    // The character before the next URL is one that this URL has not used up.
                    start = end + 1;
                }
                None => start += 1,
            }
        }
        found
    }

    fn url_at(&self, start: usize) -> Option<Candidate> {
        let protocol = self.protocol(start);
        let host_start = start + protocol;
        let host_end = self.host(host_start)?;
        let mut end = host_end;
        let digits = (end + 1..).take_while(|i| self.at(*i).is_some_and(|c| c.is_ascii_digit())).count();
        if self.at(end) == Some(':') && digits > 0 {
            end += 1 + digits;
        }
        let path = self.at(end) == Some('/');
        if path {
            end = self.path(end);
        }
        Some(Candidate { protocol: protocol > 0, host: host_start..host_end, path, end: self.query(end) })
    }

    /// Puts the URL in `found`, or what of it twitter-text takes for one.
    fn take(&self, start: usize, before: Option<char>, url: Candidate, found: &mut Vec<Range<usize>>) {
        if !self.is_short_enough(start, &url) {
            return;
        }
        if url.protocol {
            let tco = self.tco(start, &url);
            if tco != Tco::SlugTooLong {
                found.push(start..if let Tco::EndsAt(end) = tco { end } else { url.end });
            }
            return;
        }
        if matches!(before, Some('-' | '_' | '.' | '/')) {
            return;
        }
        // Without a protocol only ASCII hosts count; Chinese or Japanese text may surround them without a space.
        let first = found.len();
        let mut at = url.host.start;
        while at < url.host.end {
            match self.ascii_host(at, url.host.end) {
                Some(end) => {
                    found.push(at..end);
                    at = end;
                }
                None => at += 1,
            }
        }
        if url.path
            && found.len() > first
            && let Some(last) = found.last_mut()
        {
            last.end = url.end;
        }
    }

    /// The length of `http://` or `https://` at `start`, or 0.
    fn protocol(&self, start: usize) -> usize {
        ["https://", "http://"]
            .into_iter()
            .find(|p| {
                p.chars().zip(start..).all(|(c, i)| self.at(i).is_some_and(|d| d.to_ascii_lowercase() == c))
            })
            .map_or(0, str::len)
    }

    /// The end of the longest host that starts here: labels, and a top-level domain.
    fn host(&self, start: usize) -> Option<usize> {
        if !self.tld_ahead.get(start).copied()? {
            return None;
        }
        let run_end = *self.run_end.get(start)?;
        let mut longest = None;
        let mut label = start;
        while let Some(dot) = (label..run_end).find(|i| self.at(*i) == Some('.')) {
            let inner = self.chars.get(label..dot)?;
            if !inner.first().copied().is_some_and(is_host) || !inner.last().copied().is_some_and(is_host) {
                break;
            }
            // An underscore may stand in a subdomain, not in the name registered.
            if !inner.contains(&'_')
                && let Some(end) = self.tld_end.get(dot).copied().flatten()
            {
                longest = Some(end);
            }
            label = dot + 1;
        }
        longest
    }

    fn ascii_host(&self, start: usize, host_end: usize) -> Option<usize> {
        let mut longest = None;
        let mut label = start;
        loop {
            let inner = (label..host_end).take_while(|i| self.at(*i).is_some_and(is_ascii_label)).count();
            let dot = label + inner;
            if inner == 0 || dot >= host_end || self.at(dot) != Some('.') {
                return longest;
            }
            longest = self.tld_end.get(dot).copied().flatten().filter(|end| *end <= host_end).or(longest);
            label = dot + 1;
        }
    }

    /// The end of the path that starts with the `/` at `start`.
    fn path(&self, start: usize) -> usize {
        let mut at = start + 1;
        let mut end = at;
        loop {
            match self.at(at) {
                Some('(') => match self.parens(at) {
                    Some(closed) => {
                        at = closed;
                        end = at;
                    }
                    None => return end,
                },
                Some(c) if is_path(c) => {
                    at += 1;
                    if is_path_end(c) {
                        end = at;
                    }
                }
                _ => return end,
            }
        }
    }

    /// The end of `(…)` or `(…(…)…)`.
    fn parens(&self, open: usize) -> Option<usize> {
        let run = |from: usize| (from..).take_while(|i| self.at(*i).is_some_and(is_path)).count();
        let mut at = open + 1 + run(open + 1);
        if self.at(at) == Some('(') {
            let inner = run(at + 1);
            if inner == 0 || self.at(at + 1 + inner) != Some(')') {
                return None;
            }
            at += inner + 2;
            at += run(at);
        } else if at == open + 1 {
            return None;
        }
        (self.at(at) == Some(')')).then_some(at + 1)
    }

    /// The end of a query that starts at `start`, or `start` if there is none.
    fn query(&self, start: usize) -> usize {
        if self.at(start) != Some('?') {
            return start;
        }
        (start + 1..)
            .map_while(|i| self.at(i).filter(|c| is_query(*c)).map(|c| (i, c)))
            .filter(|(_, c)| is_query_end(*c))
            .last()
            .map_or(start, |(i, _)| i + 1)
    }

    fn is_short_enough(&self, start: usize, url: &Candidate) -> bool {
        let host = self.str(url.host.clone());
        let ascii = if host.is_ascii() {
            host.to_owned()
        } else {
            match url::Host::parse(host) {
                Ok(url::Host::Domain(ascii)) => ascii,
                _ => return false,
            }
        };
        ascii.split('.').all(|label| label.len() <= LABEL_OCTETS_MAX)
            && ascii.len() + (url.end - start) - url.host.len() <= URL_CHARS_MAX
    }

    /// X's own short addresses end with the slug; what follows is text.
    fn tco(&self, start: usize, url: &Candidate) -> Tco {
        let slug = url.host.end + 1;
        if !self.str(url.host.clone()).eq_ignore_ascii_case("t.co") || self.at(url.host.end) != Some('/') {
            return Tco::No;
        }
        match (slug..).take_while(|i| self.at(*i).is_some_and(|c| c.is_ascii_alphanumeric())).count() {
            0 => Tco::No,
            chars if chars > TCO_SLUG_CHARS_MAX => Tco::SlugTooLong,
            chars => Tco::EndsAt(self.query(slug + chars).max(start)),
        }
    }
}

struct Candidate {
    protocol: bool,
    host: Range<usize>,
    path: bool,
    end: usize,
}

#[derive(PartialEq, Eq)]
enum Tco {
    No,
    EndsAt(usize),
    SlugTooLong,
}

/// The length of the top-level domain at the start of `rest`; `after` is the character behind it.
fn top_level(rest: &[char], after: Option<&char>) -> Option<usize> {
    let lower = |c: &char| c.to_ascii_lowercase();
    if rest.iter().take(4).map(lower).eq("xn--".chars()) {
        let len = rest.iter().take_while(|c| c.is_ascii_alphanumeric() || **c == '-').count();
        return (len > 4).then_some(len);
    }
    let label = rest.iter().take_while(|c| !matches!(c, '.' | '_' | '-')).count().min(TLD_CHARS_MAX);
    (2..=label).rev().find(|len| {
        let next = rest.get(*len).or(after);
        let ended = next.is_none_or(|c| !c.is_ascii_alphanumeric() && !matches!(c, '@' | '+' | '-'));
        ended && is_top_level(&rest.iter().take(*len).map(lower).collect::<String>())
    })
}

fn is_top_level(label: &str) -> bool {
    if label.is_ascii() {
        return tld::exist(label);
    }
    // An ideographic full stop would come out as a dot.
    matches!(url::Host::parse(label), Ok(url::Host::Domain(ascii)) if ascii.starts_with("xn--") && tld::exist(&ascii))
}

fn may_precede(c: Option<char>) -> bool {
    c.is_none_or(|c| {
        !c.is_ascii_alphanumeric() && !matches!(c, '@' | '＠' | '$' | '#' | '＃') && !is_noncharacter(c)
    })
}

fn is_noncharacter(c: char) -> bool {
    matches!(c, '\u{FFFE}' | '\u{FEFF}' | '\u{FFFF}')
}

fn is_directional(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{2066}'..='\u{2069}')
}

fn is_space(c: char) -> bool {
    matches!(c, '\u{9}'..='\u{D}' | ' ' | '\u{85}' | '\u{A0}' | '\u{1680}' | '\u{180E}' | '\u{2000}'..='\u{200A}')
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202F}' | '\u{205F}' | '\u{3000}')
}

/// What may begin and end a label of a host.
fn is_host(c: char) -> bool {
    !("!'#%&()*+,\\-./:;<=>?@[]^_{|}~$".contains(c) || is_space(c) || is_noncharacter(c) || is_directional(c))
}

fn is_latin_accent(c: char) -> bool {
    matches!(c, '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{24F}' | '\u{253}' | '\u{254}')
        || matches!(c, '\u{256}' | '\u{257}' | '\u{259}' | '\u{25B}' | '\u{263}' | '\u{268}' | '\u{26F}')
        || matches!(c, '\u{272}' | '\u{289}' | '\u{28B}' | '\u{2BB}' | '\u{300}'..='\u{36F}')
        || matches!(c, '\u{1E00}'..='\u{1EFF}')
}

fn is_ascii_label(c: char) -> bool {
    c == '-' || c.is_ascii_alphanumeric() || is_latin_accent(c)
}

/// Latin or Cyrillic letters and digits, as a path may hold them.
fn is_path_letter(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '\u{400}'..='\u{4FF}') || is_latin_accent(c)
}

fn is_path(c: char) -> bool {
    is_path_letter(c) || "!*';:=+,.$/%#[]-\u{2013}_~@|&".contains(c)
}

fn is_path_end(c: char) -> bool {
    is_path_letter(c) || "+-=_#/".contains(c)
}

fn is_query(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!?*'@();:&=+$/%#[]-_.,~|".contains(c)
}

fn is_query_end(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_&=#/".contains(c)
}
