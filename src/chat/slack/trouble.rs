//! What may come of a request to Slack other than that it was done, and what a person is told of it.

use std::time::Duration;

use crate::{chat::bring::AFTER_FORBIDDEN, outbox::port::Outcome};

/// After a mistake that only a person can mend.
const AFTER_MISTAKE: Duration = Duration::from_secs(300);

/// What the bot was about to do when Slack objected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doing {
    Post,
    Edit,
    OpenChannel,
    Read,
}

impl Doing {
    /// Doing it twice makes two of it.
    fn creates(self) -> bool {
        matches!(self, Self::Post | Self::OpenChannel)
    }
    /// Fits in "The bot may not … the channel".
    fn word(self) -> &'static str {
        match self {
            Self::Post => "write in",
            Self::Edit => "edit its message in",
            Self::OpenChannel => "make a channel beside",
            Self::Read => "look into",
        }
    }
}

/// Why a request did not go well.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Trouble {
    /// No connection came about: it had no effect.
    NotSent(String),
    /// The connection broke after sending, or the answer is none: it may have had its effect.
    MaybeSent(String),
    /// Too much was asked; not again before this time has passed.
    Wait(Duration),
    /// Slack refuses: its word for why, the scope that is missing, more words of its own.
    Refused { error: String, needed: String, message: String },
    /// Slack itself is in trouble; part of it may have been done.
    Broken(String),
}

impl Trouble {
    /// From the `error` of an answer.
    pub fn refused(error: &str, needed: &str, message: impl Fn() -> String) -> Self {
        match error {
            "internal_error" | "fatal_error" | "service_unavailable" | "request_timeout" => {
                Self::Broken(error.to_owned())
            }
            _ => Self::Refused { error: error.to_owned(), needed: needed.to_owned(), message: message() },
        }
    }
    /// Slack's word for a refusal.
    pub fn error(&self) -> &str {
        match self {
            Self::Refused { error, .. } => error,
            _ => "",
        }
    }
    pub fn is_refused(&self) -> bool {
        matches!(self, Self::Refused { .. })
    }
    /// Nothing can be done with these tokens.
    pub fn is_bad_token(&self) -> bool {
        matches!(
            self.error(),
            "invalid_auth"
                | "not_authed"
                | "account_inactive"
                | "token_revoked"
                | "token_expired"
                | "not_allowed_token_type"
        )
    }
    pub fn is_channel_gone(&self) -> bool {
        self.error() == "channel_not_found"
    }
    pub fn is_message_gone(&self) -> bool {
        matches!(self.error(), "message_not_found" | "cant_update_message" | "edit_window_closed")
    }
    /// The bot must first come into the channel.
    pub fn is_outside(&self) -> bool {
        self.error() == "not_in_channel"
    }

    pub fn why(&self) -> String {
        match self {
            Self::NotSent(why) => format!("Slack could not be reached: {why}."),
            Self::MaybeSent(why) => format!("Slack's answer was lost: {why}."),
            Self::Wait(after) => format!("Slack asks to wait {} s.", after.as_secs_f64().ceil()),
            Self::Refused { .. } if self.is_bad_token() => format!(
                "Slack does not take the app's token ({}): set valid ones (`slack.bot_token`, `slack.app_token`) and \
                 start again.",
                self.error()
            ),
            Self::Refused { error, needed, .. } if error == "missing_scope" => format!(
                "The Slack app lacks the scope `{needed}`. Add it under OAuth & Permissions (or paste the manifest of \
                 docs/slack.md) and install the app in the workspace again."
            ),
            Self::Refused { error, message, .. } if message.is_empty() => {
                format!("Slack refused: {error}.")
            }
            Self::Refused { error, message, .. } => format!("Slack refused: {error} ({message})."),
            Self::Broken(what) => format!("Slack is in trouble itself: it answered {what}."),
        }
    }

    /// What becomes of an errand.
    pub fn outcome(&self, doing: Doing, channel: &str) -> Outcome {
        let why = self.why();
        let forbidden = |why: String| Outcome::Retry {
            after: Some(AFTER_FORBIDDEN),
            why: format!("{why} It is tried again by itself."),
        };
        match self {
            Self::Wait(after) => Outcome::Retry { after: Some(*after), why },
            Self::NotSent(_) => Outcome::Retry { after: None, why },
            Self::MaybeSent(_) | Self::Broken(_) if doing.creates() => Outcome::Unknown { why },
            Self::MaybeSent(_) | Self::Broken(_) => Outcome::Retry { after: None, why },
            Self::Refused { .. } if self.is_bad_token() => Outcome::Retry { after: Some(AFTER_MISTAKE), why },
            Self::Refused { error, .. } => match error.as_str() {
                "missing_scope" => forbidden(why),
                "not_in_channel" | "channel_not_found" => forbidden(format!(
                    "The bot may not {} the channel {channel} ({error}). Invite it there (`/invite`), or set another \
                     in the settings.",
                    doing.word()
                )),
                "is_archived" => forbidden(format!(
                    "The channel {channel} is archived, so the bot cannot {} it. Unarchive it in Slack and invite the \
                     bot.",
                    doing.word()
                )),
                "restricted_action"
                | "no_permission"
                | "ekm_access_denied"
                | "restricted_action_read_only_channel" => forbidden(format!(
                    "The workspace does not let the bot {} the channel {channel} ({error}). An administrator can \
                         allow it.",
                    doing.word()
                )),
                _ => Outcome::Failed { why },
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(error: &str) -> Trouble {
        Trouble::refused(error, "channels:manage", String::new)
    }

    #[test]
    fn what_may_have_arrived_is_looked_for_before_it_is_sent_again() {
        let unknown =
            |trouble: &Trouble, doing| matches!(trouble.outcome(doing, "C1"), Outcome::Unknown { .. });
        for trouble in
            [Trouble::MaybeSent("x".into()), Trouble::Broken("502".into()), refused("internal_error")]
        {
            assert!(unknown(&trouble, Doing::Post) && unknown(&trouble, Doing::OpenChannel), "{trouble:?}");
            assert!(!unknown(&trouble, Doing::Edit), "an edit may be made again");
        }
        assert!(!unknown(&Trouble::NotSent("x".into()), Doing::Post));
    }

    #[test]
    fn what_a_person_can_mend_is_tried_again_and_what_nobody_can_is_not() {
        let retries =
            |error: &str| matches!(refused(error).outcome(Doing::Post, "C1"), Outcome::Retry { .. });
        for error in ["missing_scope", "not_in_channel", "is_archived", "invalid_auth", "restricted_action"] {
            assert!(retries(error), "{error}");
        }
        for error in ["msg_too_long", "invalid_blocks", "no_text"] {
            assert!(!retries(error), "{error}");
        }
    }

    #[test]
    fn a_missing_scope_is_named_with_what_to_do() {
        let why = refused("missing_scope").why();
        assert!(why.contains("`channels:manage`") && why.contains("install the app"), "{why}");
    }
}
