//! Texts of people and alerts, made harmless for Mattermost, and the names that people type there.
//!
//! It reads Markdown and calls whoever stands behind an `@` (`@channel`, `@all`, `@here`, a user, a group), in attachments
//! as well, and nothing in a request switches that off.

use super::heard::is_id;
pub(super) use crate::chat::{
    markdown::{cap, soften},
    text::{moment, moment_with_day, one_line},
};
use crate::{
    chat::{
        markdown::{self, NOTHING},
        people::People,
    },
    people::Person,
};

/// What Mattermost takes a backslash before.
const MARKS: &str = "\\*_~`|[]()>";
/// Letters of the longest entity, and then some.
const ENTITY_CHARS_MAX: usize = 12;
/// The longest name of a user.
const HANDLE_CHARS_MAX: usize = 64;

/// Text as it was written, shown word for word.
pub(super) fn escape(text: &str) -> String {
    let text = markdown::escape(text, MARKS);
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        out.push(c);
        // `&lt;` would be shown as `<`.
        if c == '&' && begins_entity(text.get(at + 1..).unwrap_or_default()) {
            out.push(NOTHING);
        }
    }
    out
}

fn begins_entity(rest: &str) -> bool {
    let name = rest.chars().take(ENTITY_CHARS_MAX).take_while(|c| c.is_ascii_alphanumeric() || *c == '#');
    let length = name.count();
    length > 0 && rest.chars().nth(length) == Some(';')
}

/// Our own words where nothing is formatted, below a form's field.
pub(super) fn plainly(text: &str) -> String {
    one_line(text).replace("**", "").replace('`', "")
}

fn is_of_handle(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')
}

/// The users that were chosen in a form: `<@ID>`.
pub(super) fn chosen(text: &str) -> impl Iterator<Item = &str> {
    let pieces = text.split("<@").skip(1).filter_map(|piece| piece.split_once('>'));
    pieces.map(|(id, _)| id).filter(|id| is_id(id))
}

/// The users that words name: `@ada`.
pub(super) fn handles(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !is_of_handle(c) && c != '@').filter_map(|word| word.strip_prefix('@'));
    words
        .map(|name| name.trim_end_matches('.'))
        .filter(|name| !name.is_empty() && name.len() <= HANDLE_CHARS_MAX)
}

/// The person that a name in a command means: `@ada`, or a user's id as forms give it (`<@ID>`).
pub fn mentioned(people: &People, text: &str) -> Option<Person> {
    let handle = text.trim().strip_prefix('@').map(|name| name.trim_end_matches([',', ':', '.']));
    people.mentioned(text).or_else(|| people.called(handle?))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn nothing_that_anybody_types_calls_anybody_or_formats_or_hides_where_it_leads() {
        for hostile in [
            "@channel",
            "@all now",
            "x @here!",
            "@ada.lovelace",
            "(@channel)",
            "<!channel>",
            "[bank](https://evil.example)",
            "![x](https://evil.example/pixel.png)",
            "[bank][1]\n[1]: https://evil.example",
            "<https://evil.example>",
            "```x```",
            "**b** _i_ ~~s~~",
            "|a|b|\n|-|-|",
            "# big",
            "> quoted",
            "https://a.example/@channel",
        ] {
            // A bracket with a backslash before it is shown, and means nothing.
            for shown in [escape(hostile).replace("\\]", ""), soften(hostile)] {
                for whole in ["@channel", "@all", "@here", "@ada", "<!", "<http", "](", "][", "]:"] {
                    assert!(!shown.contains(whole), "{hostile}: {shown}");
                }
            }
            let shown = escape(hostile);
            for mark in ["**", "```", "~~", "\n#", "\n>"] {
                assert!(!shown.contains(mark) && !shown.starts_with(['#', '>']), "{hostile}: {shown}");
            }
        }
        assert_eq!(
            escape("see https://grafana.example/d/a_b?x=1 now"),
            "see https://grafana.example/d/a_b?x=1 now"
        );
        assert_eq!(escape("R&D & AT&T; 1 &lt; 2"), "R&D & AT&\u{200b}T; 1 &\u{200b}lt; 2");
        assert_eq!(escape("a\u{202e}b\u{0}c\n\n\n\nd"), "abc\n\nd");
    }

    #[test]
    fn a_name_in_a_command_means_the_user_that_is_called_so() {
        let people = People::new("mattermost", HashMap::new());
        let id = "erj6qck3rfgtujs86w5r6rckzh";
        assert_eq!(mentioned(&people, "@bo"), None, "nobody has met Bo yet");
        let bo = people.meet(id, "Bo B");
        people.call(id, "bo.b");
        for name in ["@bo.b", "@Bo.B", "@bo.b,", &format!("<@{id}>")] {
            assert_eq!(mentioned(&people, name), Some(bo.clone()), "{name}");
        }
        assert_eq!(mentioned(&people, "bo.b"), None, "left to the directory of people");
        let bad = "<@x> <@../y>";
        assert_eq!(chosen(&format!("--for=<@{id}> {bad}")).collect::<Vec<_>>(), [id]);
        let named: Vec<&str> = handles("task add @bo.b 10m ask @cleo. a@b.example @").collect();
        assert_eq!(named, ["bo.b", "cleo"]);
    }
}
