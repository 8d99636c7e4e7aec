//! People: who did it, who holds the role, whom to tell.
//!
//! A door proves an identity (a Discord user, a token, a name typed on loopback) and maps it to one [`Person`].

pub mod links;

use serde::{Deserialize, Serialize};

/// Characters of an id or a display name kept at most.
const NAME_CHARS_MAX: usize = 80;
/// What chats call whoever reads along by.
const EVERYBODY: [&str; 5] = ["all", "channel", "everyone", "here", "room"];
/// How chats write a group, a call or a channel.
const NO_PERSON: [&str; 3] = ["<@&", "<!", "<#"];

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
    /// A sentence, when the name is empty, too long, has control characters in it or calls more than one person.
    pub fn named(name: &str) -> Result<Person, String> {
        let name = name.trim().trim_start_matches('@').trim();
        if name.is_empty() {
            return Err("A person needs a name; none was given.".into());
        }
        if name.chars().count() > NAME_CHARS_MAX {
            return Err(format!("A name has at most {NAME_CHARS_MAX} characters."));
        }
        if name.chars().any(|c| c.is_control()) {
            return Err("A name has no control characters or line breaks.".into());
        }
        let id: String =
            name.to_lowercase().chars().map(|c| if c.is_whitespace() { '-' } else { c }).collect();
        if EVERYBODY.contains(&id.as_str()) || NO_PERSON.iter().any(|mark| name.starts_with(mark)) {
            return Err(format!(
                "«{name}» calls whoever reads along, and is nobody's name. Name one person."
            ));
        }
        // The house's own id, and ids that only a chat may give.
        if id == Person::house().id || id.contains(':') {
            return Err(format!("Nobody can be called «{name}» here: that name is taken. Give your own."));
        }
        Ok(Person { id, name: name.to_owned() })
    }

    /// The house itself: timers, rules, reconcilers.
    pub fn house() -> Person {
        Person { id: "commandpost".into(), name: "commandpost".into() }
    }
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
    fn nobody_can_pass_for_the_house_or_for_a_chat_account() {
        for name in ["commandpost", "@CommandPost", "discord:80351110224678912"] {
            assert!(Person::named(name).unwrap_err().contains("taken"), "{name}");
        }
    }
}
