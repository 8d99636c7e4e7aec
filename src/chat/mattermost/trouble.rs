//! What Mattermost refuses, and what a person is told of it.

use crate::{
    chat::trouble::{self, AFTER_MISTAKE, Doing, Refusing, forbidden},
    outbox::port::Outcome,
};

pub(super) type Trouble = trouble::Trouble<Refused>;

/// Status, Mattermost's id of the error, its words.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Refused {
    pub status: u16,
    pub id: String,
    pub message: String,
}

impl Refused {
    fn is_bad_token(&self) -> bool {
        self.status == 401
    }
    fn is_archived(&self) -> bool {
        self.id == "api.post.create_post.can_not_post_to_deleted.error"
    }
}

impl Refusing for Refused {
    const CHAT: &'static str = "Mattermost";

    fn why(&self) -> String {
        let Self { status, id, message } = self;
        if self.is_bad_token() {
            return "Mattermost does not take the bot's token: it was revoked, or the bot is switched off. Set a valid one \
                    (`mattermost.bot_token`) and start again."
                .to_owned();
        }
        if id.is_empty() {
            return format!(
                "What answers at `mattermost.url` is no Mattermost: it said {status} and no more."
            );
        }
        format!("Mattermost refused with {status} {id}: {message}")
    }

    fn outcome(&self, doing: Doing, channel: &str) -> Outcome {
        let why = self.why();
        match self.status {
            _ if self.is_bad_token() => Outcome::Retry { after: Some(AFTER_MISTAKE), why },
            // A proxy before it, for instance, or another address.
            _ if self.id.is_empty() => Outcome::Retry { after: None, why },
            _ if self.is_archived() => forbidden(&format!(
                "The channel {channel} is archived, so the bot cannot {} it. Unarchive it in Mattermost.",
                doing.word()
            )),
            403 | 404 => forbidden(&format!(
                "The bot may not {} the channel {channel} ({}). Add it to the team and to the channel, and give its role the \
                 permission, or set another channel in the settings.",
                doing.word(),
                self.message
            )),
            _ => Outcome::Failed { why },
        }
    }
}

impl Trouble {
    fn status(&self) -> u16 {
        self.refusal().map_or(0, |refused| refused.status)
    }
    /// Mattermost's id of the error.
    pub fn id(&self) -> &str {
        self.refusal().map_or("", |refused| &refused.id)
    }
    pub fn is_forbidden(&self) -> bool {
        self.status() == 403
    }
    pub fn is_not_found(&self) -> bool {
        self.status() == 404
    }
    /// A channel of that name is there.
    pub fn is_name_taken(&self) -> bool {
        ["store.sql_channel.save_channel.exists", "store.sql_channel.update.exists"]
            .iter()
            .any(|known| self.id().starts_with(known))
    }
    /// The thread's first message was deleted.
    pub fn is_root_gone(&self) -> bool {
        self.id() == "api.post.create_post.root_id.app_error"
    }
    /// Posts may be edited for a while only (`PostEditTimeLimit`).
    pub fn is_too_late(&self) -> bool {
        self.id() == "api.post.update_post.permissions_time_limit.app_error"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, id: &str) -> Trouble {
        Trouble::Refused(Refused { status, id: id.into(), message: "m".into() })
    }

    #[test]
    fn what_a_person_can_mend_is_tried_again_and_what_nobody_can_is_not() {
        let retries = |trouble: Trouble| trouble.outcome(Doing::Post, "c").is_tried_again();
        for (status, id) in [
            (401, "api.context.session_expired.app_error"),
            (403, "api.context.permissions.app_error"),
            (404, "app.channel.get.existing.app_error"),
            (400, "api.post.create_post.can_not_post_to_deleted.error"),
            (404, ""),
        ] {
            assert!(retries(refused(status, id)), "{status} {id}");
        }
        assert!(!retries(refused(400, "model.post.is_valid.msg.app_error")));
    }

    #[test]
    fn a_revoked_token_and_a_missing_permission_are_said_in_plain_words() {
        let why = refused(401, "api.context.session_expired.app_error").why();
        assert!(why.contains("revoked") && why.contains("`mattermost.bot_token`"), "{why}");
        let Outcome::Forbidden { why } =
            refused(403, "api.context.permissions.app_error").outcome(Doing::OpenChannel, "town")
        else {
            panic!("it can be mended");
        };
        assert!(why.contains("may not make a channel beside the channel town"), "{why}");
        assert!(refused(502, "").why().contains("no Mattermost"));
    }
}
