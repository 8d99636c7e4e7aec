//! What Slack refuses, and what a person is told of it.

use crate::{
    chat::trouble::{self, AFTER_MISTAKE, Doing, Refusing, forbidden},
    outbox::port::Outcome,
};

pub(super) type Trouble = trouble::Trouble<Refused>;

/// Slack's word for why, the scope that is missing, more words of its own.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Refused {
    pub error: String,
    pub needed: String,
    pub message: String,
}

impl Refused {
    /// Nothing can be done with these tokens.
    fn is_bad_token(&self) -> bool {
        matches!(
            self.error.as_str(),
            "invalid_auth"
                | "not_authed"
                | "account_inactive"
                | "token_revoked"
                | "token_expired"
                | "not_allowed_token_type"
        )
    }
}

impl Refusing for Refused {
    const CHAT: &'static str = "Slack";

    fn why(&self) -> String {
        let Self { error, needed, message } = self;
        match error.as_str() {
            _ if self.is_bad_token() => format!(
                "Slack does not take the app's token ({error}): set valid ones (`slack.bot_token`, `slack.app_token`) and \
                 start again."
            ),
            "missing_scope" => format!(
                "The Slack app lacks the scope `{needed}`. Add it under OAuth & Permissions (or paste the manifest of \
                 docs/slack.md) and install the app in the workspace again."
            ),
            _ if message.is_empty() => format!("Slack refused: {error}."),
            _ => format!("Slack refused: {error} ({message})."),
        }
    }

    fn outcome(&self, doing: Doing, channel: &str) -> Outcome {
        let (why, error) = (self.why(), &self.error);
        match error.as_str() {
            _ if self.is_bad_token() => Outcome::Retry { after: Some(AFTER_MISTAKE), why },
            "missing_scope" => forbidden(&why),
            "not_in_channel" | "channel_not_found" => forbidden(&format!(
                "The bot may not {} the channel {channel} ({error}). Invite it there (`/invite`), or set another in the \
                 settings.",
                doing.word()
            )),
            "is_archived" => forbidden(&format!(
                "The channel {channel} is archived, so the bot cannot {} it. Unarchive it in Slack and invite the bot.",
                doing.word()
            )),
            "restricted_action"
            | "no_permission"
            | "ekm_access_denied"
            | "restricted_action_read_only_channel" => {
                let what = match doing {
                    Doing::OpenPrivate => "make a private channel".to_owned(),
                    Doing::OpenChannel => "make a channel".to_owned(),
                    doing => format!("{} the channel {channel}", doing.word()),
                };
                forbidden(&format!("Slack does not let the bot {what}. An administrator can allow it."))
            }
            _ => Outcome::Failed { why },
        }
    }
}

impl Trouble {
    /// From the `error` of an answer.
    pub fn refused(error: &str, needed: &str, message: impl Fn() -> String) -> Self {
        match error {
            "internal_error" | "fatal_error" | "service_unavailable" | "request_timeout" => {
                Self::Broken(error.to_owned())
            }
            _ => Self::Refused(Refused {
                error: error.to_owned(),
                needed: needed.to_owned(),
                message: message(),
            }),
        }
    }
    /// Slack's word for a refusal.
    pub fn error(&self) -> &str {
        self.refusal().map_or("", |refused| &refused.error)
    }
    /// Nothing can be done with these tokens.
    pub fn is_bad_token(&self) -> bool {
        self.refusal().is_some_and(Refused::is_bad_token)
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
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(error: &str) -> Trouble {
        Trouble::refused(error, "channels:manage", String::new)
    }

    #[test]
    fn what_a_person_can_mend_is_tried_again_and_what_nobody_can_is_not() {
        let retries = |error: &str| refused(error).outcome(Doing::Post, "C1").is_tried_again();
        for error in ["missing_scope", "not_in_channel", "is_archived", "invalid_auth", "restricted_action"] {
            assert!(retries(error), "{error}");
        }
        for error in ["msg_too_long", "invalid_blocks", "no_text"] {
            assert!(!retries(error), "{error}");
        }
        let unknown = refused("internal_error").outcome(Doing::Post, "C1");
        assert!(matches!(unknown, Outcome::Unknown { .. }), "Slack's own trouble is looked into");
    }

    #[test]
    fn what_a_workspace_does_not_allow_is_said_with_who_can_allow_it() {
        let told = |doing| match refused("restricted_action").outcome(doing, "C1") {
            Outcome::Forbidden { why } => why,
            other => format!("{other:?}"),
        };
        let end = "An administrator can allow it. It is tried again by itself.";
        assert_eq!(
            told(Doing::OpenPrivate),
            format!("Slack does not let the bot make a private channel. {end}")
        );
        assert_eq!(told(Doing::Post), format!("Slack does not let the bot write in the channel C1. {end}"));
    }

    #[test]
    fn a_missing_scope_is_named_with_what_to_do() {
        let why = refused("missing_scope").why();
        assert!(why.contains("`channels:manage`") && why.contains("install the app"), "{why}");
    }
}
