//! What the public was told, update by update.

use std::fmt::Write;

use super::Page;
use crate::{
    export::escape::{fenced, line, link},
    incident::state::Post,
};

impl Page<'_> {
    pub(super) fn posts(&mut self, posts: &[Post]) {
        self.heading("What the public was told");
        if posts.is_empty() {
            self.out.push_str("Nothing.\n");
        }
        for (i, post) in posts.iter().enumerate() {
            if i > 0 {
                self.out.push('\n');
            }
            self.post(post);
        }
    }

    fn post(&mut self, post: &Post) {
        let state = match (&post.published, &post.dropped, &post.approval) {
            (Some(_), _, _) => "published",
            (None, Some(_), _) => "dropped, never public",
            (None, None, Some(_)) => "approved, not published",
            (None, None, None) => "draft, not published",
        };
        let phase = post.draft.phase.title();
        let _ = write!(self.out, "### Update {}: {phase} ({state})\n\n", post.n);
        let mut items = vec![
            format!("Title: {}", line(&post.draft.title)),
            format!("Impact: {}", post.draft.impact.word()),
            format!("Written by {}, {}", line(&post.author.name), self.at(post.drafted_at)),
        ];
        if let Some(approval) = &post.approval {
            let alone =
                approval.alone.as_deref().map(|why| format!(", alone: {}", line(why))).unwrap_or_default();
            items.push(format!("Approved by {}, {}{alone}", line(&approval.by.name), self.at(approval.at)));
        }
        if let Some(n) = post.draft.corrects {
            items.push(format!("Corrects update {n}"));
        }
        for (name, state) in &post.draft.components {
            items.push(format!("Component {}: {}", line(name), state.words()));
        }
        if let Some(reason) = &post.dropped {
            items.push(format!("Dropped: {}", line(reason)));
        }
        if let Some(published) = &post.published {
            items.push(format!("Published by {}, {}", line(&published.by.name), self.at(published.at)));
            if let Some(next) = published.next_update_at {
                items.push(format!("Next update promised for {}", self.at(next)));
            }
            for (destination, settled) in &published.destinations {
                let fate = match settled {
                    None => "on its way".to_owned(),
                    Some(Ok(None)) => "delivered".to_owned(),
                    Some(Ok(Some(url))) => format!("delivered, {}", link(url, url)),
                    Some(Err(why)) => format!("failed: {}", line(why)),
                };
                items.push(format!("{}: {fate}", line(destination)));
            }
        }
        for item in items {
            let _ = writeln!(self.out, "- {item}");
        }
        let _ = write!(self.out, "\n{}\n", fenced(&post.draft.text));
        for (destination, text) in post.draft.texts.iter().filter(|(_, text)| **text != post.draft.text) {
            let _ = write!(self.out, "\nWorded for {}:\n\n{}\n", line(destination), fenced(text));
        }
    }
}
