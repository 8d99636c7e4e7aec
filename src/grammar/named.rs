//! People who are named in free text: chats write whoever was picked there by their account (`<@U1>`). Where a verb asks for a name
//! that is read as one; everywhere else people read it, and so it is their name that stands there.

use super::{Alerting, Resolve, Spoken};

const ACCOUNT_CHARS_MAX: usize = 40;
/// Characters of an account of Mattermost.
const MATTERMOST_CHARS: usize = 26;

impl Spoken {
    /// With names in place of accounts in all that is free text.
    #[must_use]
    pub fn naming(mut self, resolve: &Resolve<'_>) -> Spoken {
        for text in self.texts() {
            name_people(text, resolve);
        }
        self
    }

    /// What of it is written by people. Exhaustive on purpose.
    fn texts(&mut self) -> Vec<&mut String> {
        match self {
            Self::Declare { declare, .. } => declare.texts(),
            Self::On { command, .. } => command.texts(),
            Self::Merge { reason, .. }
            | Self::WithdrawChange { reason, .. }
            | Self::Alert(Alerting::Mark { reason, .. }) => vec![reason],
            Self::Change { text, .. } => vec![text],
            Self::Find { words, .. } => vec![words],
            Self::Arrange(asked) => asked.texts(),
            // Its words are read with the step, where a name may be asked for.
            Self::RunStep { .. }
            | Self::Alert(Alerting::Why { .. } | Alerting::Report { .. })
            | Self::List { .. }
            | Self::Alerts
            | Self::Changes { .. }
            | Self::Tasks { .. }
            | Self::Updates { .. }
            | Self::Timeline { .. }
            | Self::Link(_)
            | Self::OnCall(_)
            | Self::Help { .. } => vec![],
        }
    }
}

/// Puts names in place of accounts: `ask <@U1>` is `ask @Ada`. An account that nobody knows stands there as plain text, and so do
/// groups and channels, whose names only the chat knows.
pub fn name_people(text: &mut String, resolve: &Resolve<'_>) {
    if !text.contains('<') {
        return;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find('<') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let read = marked(from).and_then(|(mark, after)| Some((shown(mark, resolve)?, after)));
        rest = if let Some((name, after)) = read {
            out.push_str(&name);
            after
        } else {
            out.push('<');
            &from[1..]
        };
    }
    out.push_str(rest);
    *text = out;
}

/// What may be such a mark at the beginning of a text, without its angles, and what is behind it.
fn marked(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('<')?;
    let end = inner.find(|c: char| !c.is_ascii_alphanumeric() && !"@#&!".contains(c))?;
    let (mark, after) = inner.split_at(end);
    Some((mark, after.strip_prefix('>')?))
}

/// `None`: it is no mark of a chat's.
fn shown(mark: &str, resolve: &Resolve<'_>) -> Option<String> {
    if let Some(channel) = mark.strip_prefix('#') {
        return is_account(channel).then(|| format!("#{channel}"));
    }
    let account = mark.strip_prefix('@')?;
    if let Some(group) = account.strip_prefix('&') {
        return is_account(group).then(|| format!("@{group}"));
    }
    let account = account.strip_prefix('!').unwrap_or(account);
    if !is_account(account) {
        return None;
    }
    // Whom nobody knows is called by the account, in its angles.
    let known = resolve(&format!("<@{account}>")).ok().filter(|person| !person.name.starts_with('<'));
    Some(format!("@{}", known.map_or_else(|| account.to_owned(), |person| person.name)))
}

/// Discord's ids are digits, Slack's begin with a letter, Mattermost's are of 26 small ones.
fn is_account(id: &str) -> bool {
    let all = |is_it: fn(&u8) -> bool| id.as_bytes().iter().all(is_it);
    let is_slacks =
        || id.starts_with(['U', 'W', 'C', 'G', 'D']) && all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    let is_mattermosts =
        || id.len() == MATTERMOST_CHARS && all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    (1..=ACCOUNT_CHARS_MAX).contains(&id.len())
        && (all(u8::is_ascii_digit) || is_slacks() || is_mattermosts())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        grammar::{Lexicon, parse, parse_argv},
        incident::command::Command,
        people::Person,
    };

    fn resolve(name: &str) -> Result<Person, String> {
        match name {
            "<@U2BENBENB>" | "<@5>" => Ok(Person { id: "ben".into(), name: "Ben Bo".into() }),
            // As the house knows a stranger.
            "<@77>" => Ok(Person { id: "discord:77".into(), name: name.into() }),
            _ => Person::named(name),
        }
    }

    fn read(line: &str) -> Spoken {
        parse(line, &resolve, Lexicon::usual()).unwrap().naming(&resolve)
    }

    #[test]
    fn whoever_is_picked_in_free_text_is_named_there_and_calls_nobody() {
        let named = |text: &str| {
            let mut text = text.to_owned();
            name_people(&mut text, &resolve);
            text
        };
        for (typed, shown) in [
            ("called <@U2BENBENB>", "called @Ben Bo"),
            ("<@!5>, <@5>: now", "@Ben Bo, @Ben Bo: now"),
            ("`ask <@5>` <b> 1 < 2 <@5", "`ask @Ben Bo` <b> 1 < 2 <@5"),
            ("<@77> and <@U9>", "@77 and @U9"),
            ("see <#12>, <#C1>, <@&34>", "see #12, #C1, @34"),
            ("<<@5>> <@> <@ada> <!here> <@5|x>", "<@Ben Bo> <@> <@ada> <!here> <@5|x>"),
            ("ünd <é> <@5>", "ünd <é> @Ben Bo"),
            ("", ""),
        ] {
            assert_eq!(named(typed), shown, "{typed}");
        }
    }

    #[test]
    fn a_task_is_its_owners_account_and_says_the_others_names() {
        let Spoken::On { command: Command::AssignTask { owner, text, .. }, .. } =
            read("task add <@U2BENBENB> 10m ask <@5> for the dump")
        else {
            panic!("a task")
        };
        assert_eq!(owner.map(|owner| owner.id).as_deref(), Some("ben"));
        assert_eq!(text, "ask @Ben Bo for the dump");
    }

    #[test]
    fn whatever_is_said_in_free_text_has_names_in_it() {
        for line in [
            "note called <@5>",
            "declare <@5> cannot pay",
            "decision record <@5> decides",
            "merge INC-2 as <@5> says",
            "find <@5>",
            "alert silence S-3 30m <@5> mends it",
            "alert mark S-3 noise <@5> says so",
            "change rolled out by <@5>",
            "change withdraw 12345 <@5> reported it",
            "maintenance schedule \"work of <@5>\" from 02:00 to 04:00 <@5> does it",
        ] {
            let told = format!("{:?}", read(line));
            assert!(told.contains("@Ben Bo") && !told.contains("<@"), "{told}");
        }
        let argv = ["decision", "record", "--", "<@5> decides"].map(str::to_owned);
        let spoken = parse_argv(&argv, None, &resolve, Lexicon::usual()).unwrap().naming(&resolve);
        assert!(format!("{spoken:?}").contains("@Ben Bo decides"), "{spoken:?}");
    }
}
