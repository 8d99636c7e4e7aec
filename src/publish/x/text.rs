//! How a post reads on X, and whether a post found there is that one.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use unicode_normalization::UnicodeNormalization;

use crate::post::{PostView, length, wording};

/// The text that was approved for X. A post from before drafts kept it reads as all did then: `[Investigating] text`,
/// and the link on a line of its own.
pub fn compose(post: &PostView) -> String {
    if let Some(text) = post.texts.get("x") {
        return text.clone();
    }
    let correction = if post.corrects.is_some() { ", correction" } else { "" };
    let mut text = format!("[{}{correction}] {}", post.phase.title(), post.text.trim());
    if let Some(link) = &post.page_url {
        text.push('\n');
        text.push_str(link);
    }
    text
}

/// Whether X takes the post as it is.
pub fn check(post: &PostView) -> Result<(), String> {
    if post.text.trim().is_empty() {
        return Err("The post has no text.".to_owned());
    }
    wording::fits_x(&compose(post), &post.text)
}

/// A post as X gives it back. Only the id is always there.
#[derive(Debug, Deserialize)]
pub struct Found {
    pub id: String,
    #[serde(default)]
    pub text: String,
    pub created_at: Option<DateTime<Utc>>,
    /// The id of the first post of the thread; the post's own, if it is no reply.
    pub conversation_id: Option<String>,
    pub entities: Option<Entities>,
}

#[derive(Debug, Deserialize)]
pub struct Entities {
    urls: Option<Vec<UrlEntity>>,
}

#[derive(Debug, Deserialize)]
struct UrlEntity {
    url: Option<String>,
    expanded_url: Option<String>,
    unwound_url: Option<String>,
}

impl Found {
    /// Whether this is `text`, posted in the thread of `earlier` (or beginning one).
    pub fn is(&self, text: &str, earlier: Option<&str>) -> bool {
        let thread = self.conversation_id.as_deref();
        let in_thread = thread.is_none_or(|c| c == earlier.unwrap_or(&self.id));
        in_thread && self.says(text)
    }

    /// X puts a `t.co` address in place of every URL, escapes `&`, `<` and `>`, and normalises; the rest is kept.
    fn says(&self, text: &str) -> bool {
        let theirs = self.text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
        let (ours, theirs) = (pieces(text), pieces(&theirs));
        ours.len() == theirs.len()
            && ours.iter().zip(&theirs).all(|(our, their)| match (our, their) {
                (Piece::Text(a), Piece::Text(b)) => a == b,
                (Piece::Url(a), Piece::Url(b)) => self.same_url(a, b),
                _ => false,
            })
    }

    fn same_url(&self, ours: &str, theirs: &str) -> bool {
        let mut entities = self.entities.iter().filter_map(|e| e.urls.as_ref()).flatten();
        let entity = entities.find(|e| e.url.as_deref() == Some(theirs));
        match entity {
            Some(e) => [&e.expanded_url, &e.unwound_url].into_iter().flatten().any(|u| bare(u) == bare(ours)),
            // Without entities the short address says nothing of where it leads.
            None => bare(theirs) == bare(ours) || bare(theirs).starts_with("t.co/"),
        }
    }
}

enum Piece {
    Text(String),
    Url(String),
}

fn pieces(text: &str) -> Vec<Piece> {
    let text: String = text.nfc().collect();
    let mut pieces = Vec::new();
    let mut from = 0;
    let words = |s: &str, pieces: &mut Vec<Piece>| {
        let words: Vec<&str> = s.split_whitespace().collect();
        if !words.is_empty() {
            pieces.push(Piece::Text(words.join(" ")));
        }
    };
    for url in length::urls(&text) {
        words(text.get(from..url.start).unwrap_or_default(), &mut pieces);
        pieces.push(Piece::Url(text.get(url.clone()).unwrap_or_default().to_owned()));
        from = url.end;
    }
    words(text.get(from..).unwrap_or_default(), &mut pieces);
    pieces
}

/// `https://Example.com/` and `example.com` lead to the same place.
fn bare(url: &str) -> String {
    let lower = url.to_ascii_lowercase();
    let start = ["https://", "http://"].iter().find(|p| lower.starts_with(**p)).map_or(0, |p| p.len());
    let rest = url.get(start..).unwrap_or_default();
    let host = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(host);
    format!("{}{}", host.to_lowercase(), path.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::post::{Impact, PublicPhase};

    fn post(text: &str) -> PostView {
        PostView {
            id: "INC-1/p1".into(),
            incident: "INC-1".into(),
            title: "API slow".into(),
            phase: PublicPhase::Investigating,
            impact: Impact::Minor,
            text: text.into(),
            texts: Default::default(),
            components: Vec::new(),
            next_update_at: None,
            planned: None,
            approved_at: DateTime::UNIX_EPOCH,
            is_first: true,
            corrects: None,
            page_url: Some("https://status.example.com/incidents/INC-1".into()),
        }
    }

    fn found(json: serde_json::Value) -> Found {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn a_post_begins_with_its_phase_and_ends_with_the_link() {
        let mut first = post(" We look into slow answers. ");
        assert_eq!(
            compose(&first),
            "[Investigating] We look into slow answers.\nhttps://status.example.com/incidents/INC-1"
        );
        first.corrects = Some("INC-1/p0".into());
        first.page_url = None;
        assert_eq!(compose(&first), "[Investigating, correction] We look into slow answers.");
        first.texts.insert("x".into(), "As approved.".into());
        assert_eq!(compose(&first), "As approved.");
    }

    #[test]
    fn a_text_that_is_too_long_is_refused_and_the_excess_named() {
        // 280 - 23 for the link - 16 for the prefix - 1 for the line break = 240
        assert_eq!(check(&post(&"x".repeat(240))), Ok(()));
        let refusal = check(&post(&"x".repeat(252))).unwrap_err();
        assert!(refusal.starts_with("The post is 12 characters too long for X"), "{refusal}");
        assert!(refusal.contains("240 of 280 are left for the text, and it has 252"), "{refusal}");
        assert!(check(&post(&"日".repeat(120))).is_ok());
        assert!(check(&post(&"日".repeat(121))).is_err());
        assert!(check(&post("  ")).is_err());
        assert!(check(&post("a\u{FEFF}b")).unwrap_err().contains("U+FEFF"));
    }

    #[test]
    fn a_post_is_known_again_behind_short_addresses_and_escapes() {
        let ours = "[Investigating] a < b & c, see example.com/x\nhttps://status.example.com/incidents/INC-1";
        let back = found(serde_json::json!({
            "id": "7", "text": "[Investigating] a &lt; b &amp; c, see https://t.co/aaa https://t.co/bbb",
            "conversation_id": "7",
            "entities": {"urls": [
                {"start": 1, "end": 2, "url": "https://t.co/aaa", "expanded_url": "http://example.com/x"},
                {"start": 1, "end": 2, "url": "https://t.co/bbb", "expanded_url": "https://status.example.com/incidents/INC-1"}]}
        }));
        assert!(back.is(ours, None));
        assert!(!back.is(&ours.replace("INC-1", "INC-2"), None), "another incident's link");
        assert!(!back.is(ours, Some("3")), "not in that thread");
    }

    #[test]
    fn without_entities_the_words_decide() {
        let back = found(serde_json::json!({"id": "7", "text": "[Resolved] Done. https://t.co/a"}));
        assert!(back.is("[Resolved] Done.\nhttps://status.example.com/1", Some("3")));
        assert!(!back.is("[Resolved] Done!\nhttps://status.example.com/1", Some("3")));
        assert!(!back.is("[Resolved] Done.", None));
    }
}
