//! What the door must know to stand in the right rooms.

use std::{collections::HashMap, sync::Arc};

use chrono_tz::Tz;

use crate::{
    chat::people::{People, account_of, accounts, configured},
    config::{self, MatrixSpace, Secret},
};

#[derive(Debug, Clone)]
pub struct MatrixSettings {
    pub token: Secret,
    /// The homeserver's address, without `/_matrix`.
    pub homeserver: String,
    /// The command post: a room's id or alias.
    pub room: String,
    /// Where alerts are shown that belong to no incident; else in the command post.
    pub alerts_room: Option<String>,
    pub space: MatrixSpace,
    /// Whether `homeserver` is a proxy that encrypts and decrypts.
    pub encrypting_proxy: bool,
    /// What a command begins with: `!incident`.
    pub prefix: String,
    /// Who is who; shared with whoever reads names in commands.
    pub people: Arc<People>,
    /// The account of each configured person who has one, by the person's id.
    pub accounts: HashMap<String, String>,
    /// Matrix shows everybody the same text, so its times stand in the zone of the house.
    pub tz: Tz,
}

impl MatrixSettings {
    /// From the settings file. `token` is the one in the file or in the file that it names.
    pub fn from_config(matrix: &config::Matrix, token: Secret, people: &[config::Person], tz: Tz) -> Self {
        Self {
            token,
            homeserver: matrix.homeserver.as_str().trim_end_matches('/').to_owned(),
            room: matrix.room.clone(),
            alerts_room: matrix.alerts_room.clone(),
            space: matrix.incident_space,
            encrypting_proxy: matrix.encrypting_proxy,
            prefix: matrix.prefix.clone(),
            people: Arc::new(People::new(super::NAME, configured(people, |one| one.matrix.as_ref()))),
            accounts: accounts(people, |one| one.matrix.as_ref()),
            tz,
        }
    }

    /// The Matrix account of a person, if it is known.
    pub(super) fn account_of(&self, person: &str) -> Option<String> {
        account_of(super::NAME, &self.accounts, person).or_else(|| self.people.account(person))
    }
}
