//! People: who did it, who holds the role, whom to tell.
//!
//! A door proves an identity (a Discord user, a token, a name typed on loopback) and maps it to one [`Person`].

pub mod links;

use serde::{Deserialize, Serialize};

use crate::legible::{acts, is_blank, legible};

/// Characters of an id or a display name kept at most.
pub const NAME_CHARS_MAX: usize = 80;
/// What chats call whoever reads along by.
const EVERYBODY: [&str; 5] = ["all", "channel", "everyone", "here", "room"];
/// How chats write a group, a call or a channel.
const NO_PERSON: [&str; 3] = ["<@&", "<!", "<#"];
/// What stands between two names.
const BETWEEN_NAMES: [char; 6] = [',', ';', '/', '&', '+', '<'];

/// A person as the timeline names them: a stable id and the display name at that time.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Person {
    /// Lower-case, without spaces: `ada`, `discord:80351110224678912`.
    pub id: String,
    /// As people see it.
    pub name: String,
}

impl Person {
    /// A person from a typed or configured name. The id is made of the name: lower case, blanks to `-`, a
    /// leading `@` dropped.
    ///
    /// # Errors
    /// A sentence, when nothing is seen of the name, when it is too long, has characters in it that act on a screen or calls
    /// more than one person.
    pub fn named(name: &str) -> Result<Person, String> {
        let name = name.trim().trim_start_matches('@').trim();
        if is_blank(name) {
            return Err("A person needs a name; none was given.".into());
        }
        if name.chars().count() > NAME_CHARS_MAX {
            return Err(format!("A name has at most {NAME_CHARS_MAX} characters."));
        }
        if name.chars().any(acts) {
            return Err("A name has no line breaks, no control characters and none that turn the direction of writing. Type it anew.".into());
        }
        let id: String =
            name.to_lowercase().chars().map(|c| if c.is_whitespace() { '-' } else { c }).collect();
        if EVERYBODY.contains(&id.as_str()) || NO_PERSON.iter().any(|mark| name.starts_with(mark)) {
            return Err(format!(
                "«{name}» calls whoever reads along, and is nobody's name. Name one person."
            ));
        }
        if calls_another(name) {
            return Err(format!("«{name}» names more than one person. Name one person."));
        }
        // The house's own id, and ids that only a chat may give.
        if id == Person::house().id || id.contains(':') {
            return Err(format!("Nobody can be called «{name}» here: that name is taken. Give your own."));
        }
        Ok(Person { id, name: name.to_owned() })
    }

    /// The name of an account that has its server behind it: `ada` of `@ada:example.org`.
    fn account_name(&self) -> Option<&str> {
        let (_, account) = self.id.split_once(":@")?;
        account.split(':').next()
    }

    /// Whether a typed name, with or without `@`, is theirs: the one shown, the id, or that of their account.
    pub fn is_called(&self, name: &str) -> bool {
        let name = name.trim().trim_start_matches('@').to_lowercase();
        self.name.to_lowercase() == name
            || self.id == name
            || self.account_name().is_some_and(|account| account.to_lowercase() == name)
    }

    /// The house itself: timers, rules, reconcilers.
    pub fn house() -> Person {
        Person { id: "commandpost".into(), name: "commandpost".into() }
    }
}

/// A display name as another system has it, fit to stand in a line of ours. `None` where nobody would see anything of it.
pub fn shown_name(name: &str) -> Option<String> {
    let printed: String = name.chars().filter(|c| !c.is_control()).collect();
    let name: String = legible(printed.trim()).chars().take(NAME_CHARS_MAX).collect();
    (!is_blank(&printed) && !is_blank(&name)).then(|| name.trim_end().to_owned())
}

/// Whether another `@NAME` stands behind the first. The one of `ada@example.org` is within a word.
fn calls_another(name: &str) -> bool {
    let behind_first = name.strip_prefix("<@").unwrap_or(name);
    let chars: Vec<char> = behind_first.chars().collect();
    chars.windows(3).any(|three| {
        let [before, at, after] = three else { return false };
        let begins_a_word = before.is_whitespace() || BETWEEN_NAMES.contains(before);
        *at == '@' && begins_a_word && !after.is_whitespace()
    })
}

/// A door, by the name in an entry (`via`), as people call it.
pub fn door(via: &str) -> &str {
    match via {
        "discord" => "Discord",
        "matrix" => "Matrix",
        "mattermost" => "Mattermost",
        "slack" => "Slack",
        "statuspage" => "Statuspage",
        "x" => "X",
        "api" => "API",
        "cli" => "command line",
        other => other,
    }
}

impl std::fmt::Display for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typed_name_becomes_one_person_however_it_is_written() {
        let ada = Person::named("Ada Lovelace").unwrap();
        assert_eq!(ada.id, "ada-lovelace");
        assert_eq!(Person::named("@ada lovelace ").unwrap().id, ada.id);
        assert!(Person::named("  ").unwrap_err().contains("needs a name"));
        assert!(Person::named("a\nb").is_err());
    }

    #[test]
    fn nobody_has_a_name_that_cannot_be_seen_or_that_turns_the_rest_of_the_line() {
        for name in ["\u{200b}", "@\u{2060}", "\u{3164}", "\u{feff}"] {
            assert!(Person::named(name).unwrap_err().contains("needs a name"), "{name:?}");
        }
        for name in ["a\u{202e}b", "\u{2066}Ada\u{2069}", "a\u{9d}b", "a\u{85}b", "a\u{2028}b"] {
            assert!(Person::named(name).unwrap_err().contains("direction of writing"), "{name:?}");
        }
        // Names that need their joiners and marks keep them.
        for name in ["علی\u{200c}رضا", "שלום\u{200f}", "Ada 👩\u{200d}🚒"] {
            assert_eq!(Person::named(name).unwrap().name, name);
        }
    }

    #[test]
    fn the_name_that_a_chat_has_of_somebody_cannot_turn_a_line_of_ours() {
        assert_eq!(shown_name(" Bob\n\u{7} ").as_deref(), Some("Bob"));
        assert_eq!(shown_name("ev\u{202e}ada").as_deref(), Some("ev\u{FFFD}ada"));
        for nothing in ["", " ", "\u{200b}", "\u{202e}\u{3164}", "\u{9d}"] {
            assert_eq!(shown_name(nothing), None, "{nothing:?}");
        }
        assert_eq!(shown_name(&"ä".repeat(200)).map(|name| name.chars().count()), Some(NAME_CHARS_MAX));
    }

    #[test]
    fn whoever_was_recorded_before_names_were_cleaned_is_still_read() {
        let old = r#"{"id":"a\u202eb","name":"a\u202eb"}"#;
        assert_eq!(serde_json::from_str::<Person>(old).unwrap().name, "a\u{202e}b");
    }

    #[test]
    fn a_call_to_everybody_is_no_person() {
        for name in
            ["@everyone", "Everyone", "@here", "@channel", "all", "@room", "<@&42>", "<!here>", "<#7>"]
        {
            assert!(Person::named(name).unwrap_err().contains("Name one person."), "{name}");
        }
        for name in ["Alla", "Here We", "<@42>"] {
            assert!(Person::named(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn two_people_are_never_one_of_a_long_name() {
        for name in ["@ben and @cyd", "@ben @cyd", "@ben,@cyd", "ben, @cyd", "<@42> <@43>", "ben <@43>"] {
            let refused = Person::named(name).unwrap_err();
            assert!(refused.ends_with("names more than one person. Name one person."), "{name}: {refused}");
        }
        for name in ["ada@example.org", "<@42>", "Ada @ work", "@Karl Heinz"] {
            assert!(Person::named(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn somebody_is_called_by_name_by_id_and_by_the_account_they_have() {
        let zed = Person { id: "matrix:@zed:localhost".into(), name: "Karl Heinz".into() };
        for name in ["@karl heinz", "Karl Heinz", "@zed", "matrix:@zed:localhost"] {
            assert!(zed.is_called(name), "{name}");
        }
        assert!(!zed.is_called("@karl") && !zed.is_called("localhost"));
    }

    #[test]
    fn nobody_can_pass_for_the_house_or_for_a_chat_account() {
        for name in ["commandpost", "@CommandPost", "discord:80351110224678912"] {
            assert!(Person::named(name).unwrap_err().contains("taken"), "{name}");
        }
    }
}
