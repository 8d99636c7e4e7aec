//! Texts of people and alerts, made harmless for Discord: no mention, no formatting, no disguised link, no excess.

use chrono::{DateTime, Utc};

pub(super) use crate::chat::markdown::{cap, length, pieces, soften};
use crate::chat::{
    markdown::{self, NOTHING},
    text::clean,
};

/// What Discord takes a backslash before.
const MARKS: &str = "\\*_~`|[]()><";

/// Text as it was written, shown word for word by Discord.
pub(super) fn escape(text: &str) -> String {
    markdown::escape(text, MARKS)
}

/// One line without formatting, for names of threads and titles of forms, where Discord knows none.
pub(super) fn plain(text: &str) -> String {
    clean(text).replace('\n', " ").replace('@', &format!("@{NOTHING}"))
}

/// A moment in the reader's own zone. `style`: `t` is 14:32, `R` is "5 minutes ago", `f` with the date.
pub(super) fn moment(at: DateTime<Utc>, style: char) -> String {
    format!("<t:{}:{style}>", at.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_anybody_types_can_mention_or_disguise_or_format() {
        for hostile in [
            "@everyone",
            "@here",
            "<@1>",
            "<@&1>",
            "<#1>",
            "[a](http://b)",
            "```x```",
            "**b**",
            "||s||",
            "# big",
            "> q",
        ] {
            let shown = escape(hostile);
            for whole in ["@everyone", "@here", "<@", "<#", "](", "```", "**", "||"] {
                assert!(!shown.contains(whole), "{hostile}: {shown}");
            }
            assert!(!shown.starts_with(['#', '>']), "{shown}");
            let soft = soften(hostile);
            for whole in ["@everyone", "@here", "<@", "<#", "]("] {
                assert!(!soft.contains(whole), "{hostile}: {soft}");
            }
        }
        assert_eq!(
            escape("see https://grafana.example/d/a_b?x=1 now"),
            "see https://grafana.example/d/a_b?x=1 now"
        );
        assert_eq!(escape("a\u{202e}b\u{0}c\n\n\n\n\nd"), "abc\n\nd");
    }
}
