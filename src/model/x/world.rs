//! The accounts and posts of the modelled X.

use std::collections::HashSet;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Map, Value, json};

use crate::{config::secret::Secret, post::length};

/// Minutes of X's rate-limit window.
const WINDOW_MINUTES: i64 = 15;
/// A text counts as duplicate for so long.
const DUPLICATE_HOURS: i64 = 24;
const FIRST_ID: u64 = 1_900_000_000_000_000_001;

/// One account and the keys of the app that may post for it.
#[derive(Debug, Clone)]
pub struct Account {
    pub id: String,
    pub username: String,
    pub name: String,
    pub api_key: Secret,
    pub api_key_secret: Secret,
    pub access_token: Secret,
    pub access_token_secret: Secret,
    pub bearer_token: Secret,
    /// Whether the app may write for it; X says 403 if not.
    pub can_write: bool,
}

/// A post as it stands. Its text is as given; X shows [`Post::shown`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    pub id: u64,
    pub author: String,
    pub text: String,
    pub reply_to: Option<u64>,
    /// The first post of the thread.
    pub conversation: u64,
    pub created_at: DateTime<Utc>,
    links: Vec<(String, String)>,
    shown: String,
}

impl Post {
    /// The text with `t.co` addresses in place of URLs.
    pub fn shown(&self) -> &str {
        &self.shown
    }
    /// The URLs as given.
    pub fn links(&self) -> impl Iterator<Item = &str> {
        self.links.iter().map(|(_, long)| long.as_str())
    }

    pub fn json(&self, fields: &HashSet<String>) -> Value {
        let escaped = self.shown.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let mut all = Map::from_iter([
            ("id".to_owned(), json!(self.id.to_string())),
            ("text".to_owned(), json!(escaped)),
            ("edit_history_post_ids".to_owned(), json!([self.id.to_string()])),
        ]);
        if fields.contains("created_at") {
            let at = self.created_at.to_rfc3339_opts(SecondsFormat::Millis, true);
            all.insert("created_at".to_owned(), json!(at));
        }
        if fields.contains("conversation_id") {
            all.insert("conversation_id".to_owned(), json!(self.conversation.to_string()));
        }
        if fields.contains("entities") && !self.links.is_empty() {
            let urls: Vec<Value> = self
                .links
                .iter()
                .filter_map(|(short, long)| {
                    let start =
                        escaped.find(short.as_str()).and_then(|at| escaped.get(..at))?.chars().count();
                    let expanded = if long.contains("://") { long.clone() } else { format!("http://{long}") };
                    Some(json!({"start": start, "end": start + short.len(), "url": short,
                                "expanded_url": expanded, "display_url": long}))
                })
                .collect();
            all.insert("entities".to_owned(), json!({ "urls": urls }));
        }
        Value::Object(all)
    }
}

/// Why X does not take a post: status, title, detail.
#[derive(Debug)]
pub struct Refusal(pub u16, pub &'static str, pub String);

#[derive(Debug)]
pub struct World {
    pub accounts: Vec<Account>,
    pub posts: Vec<Post>,
    /// Posts allowed in 15 minutes.
    pub posts_per_window: u32,
    /// The API's older naming: `tweet.fields` in place of `post.fields`.
    pub old_names: bool,
    pub nonces: HashSet<String>,
    window: Option<(DateTime<Utc>, u32)>,
}

impl World {
    pub fn new(accounts: Vec<Account>) -> Self {
        Self {
            accounts,
            posts: Vec::new(),
            posts_per_window: 100,
            old_names: false,
            nonces: HashSet::new(),
            window: None,
        }
    }

    /// Counts one call. Returns what is left in the window and when it ends; `Err` if nothing is.
    pub fn count(&mut self, now: DateTime<Utc>) -> Result<(u32, DateTime<Utc>), DateTime<Utc>> {
        let (start, used) = match self.window {
            Some((start, used)) if now < start + TimeDelta::minutes(WINDOW_MINUTES) => (start, used),
            _ => (now, 0),
        };
        let end = start + TimeDelta::minutes(WINDOW_MINUTES);
        if used >= self.posts_per_window {
            self.window = Some((start, used));
            return Err(end);
        }
        self.window = Some((start, used + 1));
        Ok((self.posts_per_window - used - 1, end))
    }

    pub fn post(
        &mut self,
        author: &str,
        text: &str,
        reply_to: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Post, Refusal> {
        if !length::valid(text) {
            return Err(Refusal(400, "Invalid Request", "Your Tweet text is too long.".to_owned()));
        }
        let recent = |p: &&Post| p.author == author && p.created_at + TimeDelta::hours(DUPLICATE_HOURS) > now;
        if self.posts.iter().filter(recent).any(|p| p.text == text) {
            let detail = "You are not allowed to create a Tweet with duplicate content.";
            return Err(Refusal(403, "Forbidden", detail.to_owned()));
        }
        let id = FIRST_ID + self.posts.len() as u64;
        let parent = match reply_to {
            None => None,
            Some(wanted) => match self.posts.iter().find(|p| p.id.to_string() == wanted) {
                Some(found) => Some((found.id, found.conversation)),
                None => {
                    let detail = "You attempted to reply to a Tweet that is deleted or not visible to you.";
                    return Err(Refusal(403, "Forbidden", detail.to_owned()));
                }
            },
        };
        let (shown, links) = shorten(text, id);
        let post = Post {
            id,
            author: author.to_owned(),
            text: text.to_owned(),
            reply_to: parent.map(|(id, _)| id),
            conversation: parent.map_or(id, |(_, conversation)| conversation),
            created_at: now,
            links,
            shown,
        };
        self.posts.push(post.clone());
        Ok(post)
    }
}

fn shorten(text: &str, id: u64) -> (String, Vec<(String, String)>) {
    let mut shown = String::new();
    let mut links = Vec::new();
    let mut from = 0;
    for (n, url) in length::urls(text).into_iter().enumerate() {
        let short = format!("https://t.co/{:010}", (id % 100_000_000) * 100 + n as u64);
        shown.push_str(text.get(from..url.start).unwrap_or_default());
        shown.push_str(&short);
        links.push((short, text.get(url.clone()).unwrap_or_default().to_owned()));
        from = url.end;
    }
    shown.push_str(text.get(from..).unwrap_or_default());
    (shown, links)
}
