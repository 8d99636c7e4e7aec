//! The private place of a restricted incident: a private channel.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::json;

use super::{MattermostDoor, space::PRIVATE};
use crate::{
    chat::{
        bring::{Halt, Step},
        private::Private,
        trouble::Doing,
    },
    incident::state::Incident,
};

/// Pages of so many members looked through.
const PAGES_MAX: usize = 10;
const PAGE: usize = 200;

impl Private for MattermostDoor {
    fn account_of(&self, person: &str) -> Option<String> {
        self.settings.account_of(person)
    }

    async fn open_private(&self, incident: &Incident, former: &str, is_retry: bool) -> Step<String> {
        self.open_channel(incident, former, is_retry, Doing::OpenPrivate).await
    }

    async fn members(&self, at: &str) -> Step<Option<BTreeSet<String>>> {
        let me = &self.stand().await?.me;
        let found = match self.rest.get(&format!("/channels/{at}")).await {
            Ok(found) => found,
            Err(trouble) if trouble.is_refused() && self.is_gone(at).await => return Err(Halt::SpaceGone),
            Err(trouble) => return Err(trouble.outcome(Doing::Read, at).into()),
        };
        if found["type"] != PRIVATE {
            let why =
                format!("The channel {at} was made public by somebody. Archive it, and another is made.");
            return Err(Halt::Barred(why));
        }
        let mut members = BTreeSet::new();
        for page in 0..PAGES_MAX {
            let query = [("page", page.to_string()), ("per_page", PAGE.to_string())];
            let listed = self.rest.ask(&format!("/channels/{at}/members"), &query).await;
            let listed = listed.map_err(|trouble| trouble.outcome(Doing::Read, at))?;
            let users = listed.as_array().into_iter().flatten().filter_map(|one| one["user_id"].as_str());
            let before = members.len();
            members.extend(users.map(str::to_owned));
            if members.len() < before + PAGE {
                break;
            }
        }
        members.remove(me);
        Ok(Some(members))
    }

    async fn let_in(&self, at: &str, account: &str) -> Step<Option<String>> {
        let (path, body) = (format!("/channels/{at}/members"), json!({"user_id": account}));
        match self.rest.patiently(Method::POST, &path, Some(&body)).await {
            Ok(_) => Ok(None),
            Err(trouble) if trouble.is_refused() => Ok(Some(trouble.why())),
            Err(trouble) => Err(trouble.outcome(Doing::LetIn, at).into()),
        }
    }

    async fn take_out(&self, at: &str, account: &str) -> Step<()> {
        match self.rest.patiently(Method::DELETE, &format!("/channels/{at}/members/{account}"), None).await {
            Ok(_) => Ok(()),
            Err(trouble) if trouble.is_not_found() => Ok(()),
            Err(trouble) => Err(trouble.outcome(Doing::TakeOut, at).into()),
        }
    }
}
