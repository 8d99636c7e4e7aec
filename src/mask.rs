//! Pasted secrets: found by their shape, and masked before anything is stored.
//!
//! In the heat of an incident people paste tokens, and a timeline is never changed. So each free text goes through here on
//! its way in: what has the shape of a known key is replaced, the words around it stay. A shape is that of the issuer's own
//! documentation; where there is none (`password=…`), the value must look like one: eight characters, letters and digits.

use std::{borrow::Cow, ops::Range, sync::LazyLock};

use aho_corasick::AhoCorasick;
use regex::{Captures, Regex};

/// What a secret is called, words of which one is in each of them (in either case), and how it looks. A group `s` is the
/// secret in it, a group `v` or `w` what it begins with up to an `&` ([`value_end`]); otherwise all of it is.
const SHAPES: &[(&str, &[&str], &str)] = &[
    (
        "private key",
        &["-----BEGIN"],
        r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?s-u:[\x00-\x7F]*?)(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|[^\x00-\x7F]|\z)",
    ),
    ("Slack token", &["xox", "xapp-"], r"(?-u:\b)x(?:ox[abceoprs]-|app-[0-9])[A-Za-z0-9-]{10,}"),
    (
        "Slack webhook",
        &["hooks.slack"],
        r"https://hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/[A-Za-z0-9_/-]{20,}",
    ),
    (
        "Discord token",
        &["."],
        r"(?-u:\b)(?:[MNO][A-Za-z0-9_-]{22,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}|mfa\.[A-Za-z0-9_-]{60,})",
    ),
    (
        "Discord webhook",
        &["webhooks/"],
        r"https://(?:[a-z]+\.)?discord(?:app)?\.com/api/(?:v[0-9]+/)?webhooks/[0-9]{15,20}/[A-Za-z0-9_-]{40,}",
    ),
    (
        "GitHub token",
        &["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"],
        r"(?-u:\b)(?:gh[pousr]_[A-Za-z0-9]{30,255}|github_pat_[A-Za-z0-9_]{22,255})",
    ),
    (
        "GitLab token",
        &["glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glft-", "glsoat-", "glagent-"],
        r"(?-u:\b)gl(?:pat|dt|rt|cbt|ptt|ft|soat|agent)-[A-Za-z0-9_.-]{20,}",
    ),
    ("AWS key", &["AKIA", "ASIA", "ABIA", "ACCA"], r"(?-u:\b)(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?-u:\b)"),
    ("JSON web token", &["eyJ"], r"(?-u:\b)eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"),
    (
        "Stripe key",
        &["sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_"],
        r"(?-u:\b)(?:[sr]k_(?:live|test)_[A-Za-z0-9]{16,}|whsec_[A-Za-z0-9+/]{20,}=*)",
    ),
    (
        "Google key",
        &["AIza", "ya29.", "GOCSPX-"],
        r"(?-u:\b)(?:AIza[A-Za-z0-9_-]{35}|ya29\.[A-Za-z0-9_-]{20,}|GOCSPX-[A-Za-z0-9_-]{20,})",
    ),
    (
        "API key",
        &[
            "sk-", "SG.", "SK", "key-", "shpat_", "shpca_", "shppa_", "shpss_", "dop_v1_", "doo_v1_",
            "dor_v1_", "dapi", "glsa_", "glc_", "hvs.", "hvb.", "hvr.", "lin_api_", "ntn_", "secret_",
        ],
        r"(?-u:\b)(?:sk-(?:ant|proj|svcacct|or)-[A-Za-z0-9_-]{20,}|sk-[A-Za-z0-9]{32,}|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}|SK[0-9a-f]{32}(?-u:\b)|key-[0-9a-f]{32}(?-u:\b)|shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}|do[opr]_v1_[0-9a-f]{64}|dapi[0-9a-f]{32}|gl(?:sa|c)_[A-Za-z0-9_+/=]{30,}|hv[sbr]\.[A-Za-z0-9_-]{20,}|lin_api_[A-Za-z0-9]{30,}|ntn_[A-Za-z0-9]{40,}|secret_[A-Za-z0-9]{40,})",
    ),
    (
        "registry token",
        &["npm_", "pypi-", "dckr_pat_", "cio", "rubygems_"],
        r"(?-u:\b)(?:npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{50,}|dckr_pat_[A-Za-z0-9_-]{20,}|cio[A-Za-z0-9]{32}(?-u:\b)|rubygems_[0-9a-f]{48})",
    ),
    ("Telegram token", &[":AA"], r"(?-u:\b)[0-9]{8,10}:AA[A-Za-z0-9_-]{33}"),
    (
        "Matrix token",
        &["syt_", "syl_", "mat_", "mct_"],
        r"(?-u:\b)(?:sy[tl]_[A-Za-z0-9+/=]{2,}_[A-Za-z]{20}_[A-Za-z0-9]{6}|m[ac]t_[A-Za-z0-9]{30}_[A-Za-z0-9]{6})",
    ),
    ("password", &["@"], r"[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s/:@?#<>]*:(?P<s>[^\s/@?#<>]+)@"),
    (
        "credential",
        &["bearer", "basic", "token"],
        r"(?i-u:\b(?:bearer|basic|token)) +(?P<s>[A-Za-z0-9._~+/-]{16,}=*)",
    ),
    (
        "password",
        &["passw", "passphrase", "pwd", "secret", "token", "key"],
        r#"(?i-u:passw(?:or)?d|passwort|passphrase|\bpwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key)(?-u:[A-Za-z0-9_-]{0,20})["']?(?: {0,3}=>? {0,3}["']?| {0,3}: {1,3}["']?|:["'])(?P<v>[^\s"',;][^\s"',;&]*)|(?i-u:passw(?:or)?d|passwort|passphrase|\bpwd):(?P<w>[^\s"',;][^\s"',;&]*)"#,
    ),
];

#[allow(clippy::expect_used, reason = "constant patterns, compiled by every test of this file")]
static EACH: LazyLock<Vec<Regex>> =
    LazyLock::new(|| SHAPES.iter().map(|(_, _, shape)| Regex::new(shape).expect("a shape")).collect());

/// The words of all shapes, and the shape of each. One look at a text finds those that are worth trying: alerts come by
/// the ten thousand, and hardly any text of theirs has a secret in it.
#[allow(clippy::expect_used, reason = "constant words, compiled by every test of this file")]
static WORDS: LazyLock<(AhoCorasick, Vec<usize>)> = LazyLock::new(|| {
    let words =
        || SHAPES.iter().enumerate().flat_map(|(at, (_, words, _))| words.iter().map(move |word| (at, word)));
    let finder = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build(words().map(|(_, word)| word))
        .expect("the words of the shapes");
    (finder, words().map(|(at, _)| at).collect())
});

/// The shapes that may be in a text, a bit each.
fn worth_trying(text: &str) -> u32 {
    let (finder, shapes) = &*WORDS;
    finder
        .find_overlapping_iter(text)
        .fold(0, |found, hit| found | shapes.get(hit.pattern().as_usize()).map_or(0, |at| 1 << at))
}

/// The kinds of secrets that were masked, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Masked(Vec<&'static str>);

impl Masked {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Remembers the kind; what stands for a secret of it.
    fn saw(&mut self, kind: &'static str) -> String {
        if !self.0.contains(&kind) {
            self.0.push(kind);
        }
        stand_in(kind)
    }

    /// What was masked: `GitHub token, password`.
    pub fn kinds(&self) -> String {
        self.0.join(", ")
    }

    /// What is said after the answer; nothing where nothing was masked. Whoever asked need not be who pasted it.
    pub fn word(&self) -> String {
        if self.is_empty() {
            return String::new();
        }
        format!(
            "\nA secret was masked before it was stored ({}). Where it was written, it may still stand: take it out \
             there, and revoke it.",
            self.kinds()
        )
    }

    /// Masks what looks like a secret in `text`, and remembers the kind.
    pub fn mask(&mut self, text: &mut String) {
        let Cow::Owned(masked) = self.masked(text) else { return };
        *text = masked;
    }

    fn masked<'a>(&mut self, text: &'a str) -> Cow<'a, str> {
        let worth = worth_trying(text);
        if worth == 0 {
            return Cow::Borrowed(text);
        }
        let mut out = Cow::Borrowed(text);
        let shapes = EACH.iter().zip(SHAPES).enumerate().filter(|(at, _)| worth & (1 << at) != 0);
        for (regex, (kind, _, _)) in shapes.map(|(_, shape)| shape).filter(|(regex, _)| regex.is_match(text))
        {
            out = Cow::Owned(self.replaced(regex, kind, &out));
        }
        if out == text { Cow::Borrowed(text) } else { out }
    }

    /// The text with what `regex` finds in it masked.
    fn replaced(&mut self, regex: &Regex, kind: &'static str, text: &str) -> String {
        let (mut out, mut done) = (String::with_capacity(text.len()), 0);
        while let Some(hit) = regex.captures_at(text, done) {
            let (secret, instead) = self.instead(kind, text, &hit);
            let end = secret.end;
            match instead {
                Some(instead) => {
                    out.push_str(&text[done..secret.start]);
                    out.push_str(&instead);
                }
                None => out.push_str(&text[done..end]),
            }
            done = end;
        }
        out.push_str(&text[done..]);
        out
    }

    /// Where a secret stands, and what stands there instead; nothing does where it is none after all.
    fn instead(
        &mut self,
        kind: &'static str,
        text: &str,
        hit: &Captures<'_>,
    ) -> (Range<usize>, Option<String>) {
        let whole = hit.get_match();
        if let Some(value) = hit.name("v").or_else(|| hit.name("w")) {
            let secret = value.start()..value_end(text, value.range());
            let is_secret = looks_secret(&text[secret.clone()]);
            return (secret, is_secret.then(|| self.saw(kind)));
        }
        let Some(secret) = hit.name("s") else {
            // What ended a key that was cut short is not of it.
            let tail = whole.as_str().chars().last().filter(|c| !c.is_ascii()).map_or(0, char::len_utf8);
            return (whole.start()..whole.end() - tail, Some(self.saw(kind)));
        };
        // An address stays one.
        let instead = match whole.as_str().ends_with('@') {
            true => is_filled(secret.as_str()).then(|| {
                self.saw(kind);
                "***".to_owned()
            }),
            false => looks_secret(secret.as_str()).then(|| self.saw(kind)),
        };
        (secret.range(), instead)
    }
}

/// Where a value ends that begins with what stands at `begun`: as far as it goes on behind an `&`, which many a password holds. In a form
/// or an address, `a=1&b=2`, the next `&name=` ends it.
fn value_end(text: &str, begun: Range<usize>) -> usize {
    let is_of_form = text[..begun.start].ends_with('=');
    let ends = |from: usize| is_of_form && begins_field(&text[from..]);
    if ends(begun.start) {
        return begun.start;
    }
    let mut end = begun.end;
    while text[end..].starts_with('&') && !ends(end) {
        let part = &text[end + 1..];
        let stops = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ';' | '&');
        end += 1 + part.find(stops).unwrap_or(part.len());
    }
    end
}

/// `&order=77`
fn begins_field(text: &str) -> bool {
    let Some(text) = text.strip_prefix('&') else { return false };
    let of_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.[]%".contains(byte);
    let name = text.bytes().take_while(of_name).count();
    name > 0 && text.as_bytes().get(name) == Some(&b'=')
}

/// Without blanks, so that an address or an argument stays whole.
fn stand_in(kind: &str) -> String {
    format!("[masked:{}]", kind.replace(' ', "-"))
}

/// Not a blank to be filled in, as in a manual, and not masked already.
fn is_filled(value: &str) -> bool {
    !value.starts_with(['$', '{', '<', '[', '*', '%', '('])
        && !value.chars().all(|c| matches!(c, '*' | 'x' | 'X' | '.' | '•'))
}

/// What everyday talk has in such a place: a version or an address (`1.2.3-rc1`, `10.2.3.4:8080`), a day, the name of a thing
/// that runs (`token-exchange-6d8f9b7c5-x2x4z`).
fn is_name(value: &str) -> bool {
    let of = |wanted: fn(&u8) -> bool, bytes: &[u8]| bytes.iter().take_while(|byte| wanted(byte)).count();
    let bytes = value.strip_prefix('v').unwrap_or(value).as_bytes();
    let number = of(u8::is_ascii_digit, bytes);
    let after = bytes.get(number..).unwrap_or_default();
    match after {
        [b'.', next, ..] if (1..=4).contains(&number) => next.is_ascii_digit(),
        [b'-', a, b, b'-', ..] if number == 4 => a.is_ascii_digit() && b.is_ascii_digit(),
        _ => {
            let word = of(u8::is_ascii_lowercase, value.as_bytes());
            word >= 3
                && value.as_bytes().get(word) == Some(&b'-')
                && value
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.'))
        }
    }
}

/// A value that only its name tells to be secret: long enough, of letters and digits, and no address or place.
fn looks_secret(value: &str) -> bool {
    is_filled(value)
        && !value.contains("://")
        && !value.starts_with('/')
        && !is_name(value)
        && value.chars().count() >= 8
        && value.chars().any(|c| c.is_ascii_digit())
        && value.chars().any(|c| c.is_alphabetic())
}

#[cfg(test)]
mod tests;
