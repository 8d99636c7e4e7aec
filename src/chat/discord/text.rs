//! Texts of people and alerts, made harmless for Discord: no mention, no formatting, no disguised link, no excess.

use chrono::{DateTime, Utc};
use serde_json::Value;

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

/// Words with the names of the channels and groups in them, as far as Discord brings these along. What is nothing but one may stand
/// where somebody is asked for, and stays.
pub(super) fn with_names(text: &str, resolved: &Value) -> String {
    let mut text = text.to_owned();
    for (kind, mark, sign) in [("channels", "<#", '#'), ("roles", "<@&", '@')] {
        for (id, one) in resolved[kind].as_object().into_iter().flatten() {
            let Some(name) = one["name"].as_str() else { continue };
            let mark = format!("{mark}{id}>");
            let is_value =
                |before: &str| before.is_empty() || (before.starts_with("--") && before.ends_with('='));
            if !text.strip_suffix(mark.as_str()).is_some_and(is_value) {
                text = text.replace(&mark, &format!("{sign}{name}"));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn channels_and_groups_in_words_have_their_names_but_for_where_a_person_may_be_asked_for() {
        let resolved = json!({
            "channels": {"12": {"id": "12", "name": "ops"}},
            "roles": {"5": {"id": "5", "name": "on call"}},
        });
        for (typed, shown) in [
            ("see <#12> and <@&5>, <#12>", "see #ops and @on call, #ops"),
            ("<#13> <@5>", "<#13> <@5>"),
            ("<@&5>", "<@&5>"),
            ("--for=<@&5>", "--for=<@&5>"),
        ] {
            assert_eq!(with_names(typed, &resolved), shown);
        }
        assert_eq!(with_names("see <#12>", &Value::Null), "see <#12>");
    }

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
