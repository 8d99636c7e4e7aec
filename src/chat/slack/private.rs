//! The private place of a restricted incident: a private channel.

use std::collections::BTreeSet;

use super::SlackDoor;
use crate::{
    chat::{
        bring::{Halt, Step},
        private::Private,
        trouble::Doing,
    },
    incident::state::Incident,
};

/// Pages of two hundred members looked through.
const PAGES_MAX: usize = 10;

impl Private for SlackDoor {
    fn account_of(&self, person: &str) -> Option<String> {
        self.settings.account_of(person)
    }

    async fn open_private(&self, incident: &Incident, former: &str, is_retry: bool) -> Step<String> {
        self.open_channel(incident, former, is_retry, Doing::OpenPrivate).await
    }

    async fn members(&self, at: &str) -> Step<Option<BTreeSet<String>>> {
        let me = &self.stand().await?.me;
        let (mut members, mut cursor) = (BTreeSet::new(), String::new());
        for _ in 0..PAGES_MAX {
            let mut args = vec![("channel", at.to_owned()), ("limit", "200".to_owned())];
            if !cursor.is_empty() {
                args.push(("cursor", std::mem::take(&mut cursor)));
            }
            let page = match self.rest.ask("conversations.members", &args).await {
                Ok(page) => page,
                Err(trouble) if trouble.is_channel_gone() => return Err(Halt::SpaceGone),
                Err(trouble) => return Err(trouble.outcome(Doing::Read, at).into()),
            };
            let users = page["members"].as_array().into_iter().flatten();
            members.extend(users.filter_map(|one| one.as_str()).filter(|one| one != me).map(str::to_owned));
            cursor = page["response_metadata"]["next_cursor"].as_str().unwrap_or_default().to_owned();
            if cursor.is_empty() {
                break;
            }
        }
        Ok(Some(members))
    }

    async fn let_in(&self, at: &str, account: &str) -> Step<Option<String>> {
        let args = [("channel", at.to_owned()), ("users", account.to_owned())];
        match self.rest.patiently("conversations.invite", &args).await {
            Ok(_) => Ok(None),
            Err(trouble) if matches!(trouble.error(), "already_in_channel" | "cant_invite_self") => Ok(None),
            Err(trouble) if trouble.is_channel_gone() => Err(Halt::SpaceGone),
            Err(trouble) if trouble.is_refused() => Ok(Some(trouble.why())),
            Err(trouble) => Err(trouble.outcome(Doing::LetIn, at).into()),
        }
    }

    async fn take_out(&self, at: &str, account: &str) -> Step<()> {
        let args = [("channel", at.to_owned()), ("user", account.to_owned())];
        match self.rest.patiently("conversations.kick", &args).await {
            Ok(_) => Ok(()),
            Err(trouble) if trouble.error() == "not_in_channel" => Ok(()),
            Err(trouble) if trouble.is_channel_gone() => Err(Halt::SpaceGone),
            Err(trouble) => Err(trouble.outcome(Doing::TakeOut, at).into()),
        }
    }
}
