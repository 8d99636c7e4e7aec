//! What a server's lines mean, and how names and words are written for it.

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::alert::text::one_line;

/// One response: its line, in which `{12}` stands for twelve bytes that were put aside.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Response {
    pub line: String,
    pub literals: Vec<Vec<u8>>,
}

/// A letter, or as much of it as was asked for.
#[derive(Debug, PartialEq, Eq)]
pub struct Fetched {
    pub raw: Vec<u8>,
    /// Its whole length in bytes.
    pub bytes: u64,
}

/// `{12}` at the end of a line: so many bytes follow.
pub(super) fn announced(line: &str) -> Option<usize> {
    let (_, bytes) = line.strip_suffix('}')?.rsplit_once('{')?;
    bytes.strip_suffix('+').unwrap_or(bytes).parse().ok()
}

pub(super) fn starts(line: &str, with: &str) -> bool {
    line.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with))
}

pub(super) fn ends<'l>(line: &'l str, tag: &str) -> Option<&'l str> {
    line.strip_prefix(tag)?.strip_prefix(' ')
}

/// `* 3 EXISTS`: how many, or which one, and of what, in capitals.
pub(super) fn counted(line: &str) -> Option<(u32, &'static str)> {
    let (count, what) = line.strip_prefix("* ")?.split_once(' ')?;
    let what = ["EXISTS", "EXPUNGE"].into_iter().find(|one| what.trim_end().eq_ignore_ascii_case(one))?;
    Some((count.parse().ok()?, what))
}

/// What a server says, without what is for programs. It is not cut: it may say again what it was told.
pub(super) fn words(line: &str) -> String {
    let said = line.trim_start_matches("* ");
    let said = said.split_once(' ').map_or(said, |(_, said)| said);
    let said = match said.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map_or(rest, |(_, said)| said),
        None => said,
    };
    let said = one_line(said, usize::MAX);
    if said.is_empty() { "the server says no".to_owned() } else { format!("the server says «{said}»") }
}

/// A part of a response.
#[derive(Debug, PartialEq, Eq)]
enum Part<'l> {
    Word(&'l str),
    Quoted(String),
    /// What was put aside, from 0.
    Literal,
    Open,
    Close,
}

fn parts(line: &str) -> Vec<Part<'_>> {
    let (mut parts, mut rest) = (Vec::new(), line.trim_start());
    while let Some(first) = rest.chars().next() {
        let (part, length) = match first {
            '(' => (Part::Open, 1),
            ')' => (Part::Close, 1),
            '"' => {
                let (mut text, mut length, mut is_escaped) = (String::new(), 1, false);
                for c in rest.chars().skip(1) {
                    length += c.len_utf8();
                    match c {
                        '\\' if !is_escaped => is_escaped = true,
                        '"' if !is_escaped => break,
                        c => {
                            is_escaped = false;
                            text.push(c);
                        }
                    }
                }
                (Part::Quoted(text), length)
            }
            _ => {
                let length = rest.find([' ', '(', ')', '"']).unwrap_or(rest.len());
                let word = rest.get(..length).unwrap_or_default();
                (if announced(word).is_some() { Part::Literal } else { Part::Word(word) }, length)
            }
        };
        parts.push(part);
        rest = rest.get(length..).unwrap_or_default().trim_start();
    }
    parts
}

/// The letter of this number, where a response brings it.
pub(super) fn fetched(mut response: Response, uid: u32) -> Option<Fetched> {
    let parts = parts(&response.line);
    let [Part::Word("*"), Part::Word(_), Part::Word(fetch), Part::Open, items @ ..] = parts.as_slice() else {
        return None;
    };
    let (mut is_it, mut bytes, mut raw) = (false, None, None);
    let (mut literals, mut items) = (0, items.iter());
    while let (true, Some(Part::Word(name)), Some(value)) =
        (fetch.eq_ignore_ascii_case("FETCH"), items.next(), items.next())
    {
        match (name.to_ascii_uppercase().as_str(), value) {
            ("UID", Part::Word(number)) => is_it = number.parse() == Ok(uid),
            ("RFC822.SIZE", Part::Word(number)) => bytes = number.parse().ok(),
            (name, Part::Literal) => {
                if name.starts_with("BODY[]") {
                    raw = response.literals.get_mut(literals).map(std::mem::take);
                }
                literals += 1;
            }
            (name, Part::Quoted(text)) if name.starts_with("BODY[]") => raw = Some(text.clone().into_bytes()),
            // Flags that were not asked for.
            (_, Part::Open) => while items.next().is_some_and(|part| *part != Part::Close) {},
            _ => {}
        }
    }
    let raw = raw.filter(|_| is_it)?;
    Some(Fetched { bytes: bytes.unwrap_or(raw.len() as u64), raw })
}

/// A string, in quotes; nothing where it cannot be written so.
pub(super) fn quoted(text: &str) -> Option<String> {
    let is_plain = |c: char| c.is_ascii() && !c.is_ascii_control();
    text.chars().all(is_plain).then(|| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
}

/// A folder's name as IMAP has it: what is not ASCII in modified UTF-7 (RFC 3501, 5.1.3).
pub(super) fn named(folder: &str) -> String {
    let (mut name, mut strange) = (String::new(), Vec::<u16>::new());
    let flush = |strange: &mut Vec<u16>, name: &mut String| {
        if !strange.is_empty() {
            let bytes: Vec<u8> = strange.drain(..).flat_map(u16::to_be_bytes).collect();
            let text = STANDARD.encode(bytes).replace('/', ",");
            name.push_str(&format!("&{}-", text.trim_end_matches('=')));
        }
    };
    for c in folder.chars() {
        if !c.is_ascii() || c.is_ascii_control() {
            strange.extend(c.encode_utf16(&mut [0; 2]).iter());
            continue;
        }
        flush(&mut strange, &mut name);
        name.push(c);
        if c == '&' {
            name.push('-');
        }
    }
    flush(&mut strange, &mut name);
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}
