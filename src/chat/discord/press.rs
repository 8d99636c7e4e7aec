//! Buttons, menus and forms. A `custom_id` is a name only: the button is looked up on the card as it is now.

use std::{sync::Arc, time::Duration};

use super::{DiscordDoor, answer::told, asked::Asked, render};
use crate::{
    card::Button,
    chat::{
        Words,
        button::{fill_in, find_button, read_button_name, stale, words_of},
    },
    incident::{id::IncidentId, refusal::Refusal},
    people::Person,
};

/// A form must be the first answer; a button that is not found by now is not answered with one.
const PATIENCE: Duration = Duration::from_millis(1_500);
pub(super) const SLOW: &str =
    "commandpost is slow just now and could not look up that button. Nothing was done; press it again.";

impl DiscordDoor {
    /// The button as the card has it now for whoever presses it, and the incident that its command is said of.
    async fn button(
        &self,
        by: &Person,
        custom_id: &str,
    ) -> Result<(Option<IncidentId>, String, Button), Refusal> {
        let (subject, name) = read_button_name(custom_id).ok_or_else(stale)?;
        find_button(&self.desk, by, subject, name).await
    }

    pub(super) async fn pressed(self: Arc<Self>, asked: Asked) {
        let custom_id = asked.data["custom_id"].as_str().unwrap_or_default().to_owned();
        let looked = tokio::time::timeout(PATIENCE, self.button(&asked.person, &custom_id)).await;
        match looked {
            Ok(Ok((_, subject, button))) if !button.blanks.is_empty() => {
                self.first_answer(&asked, &render::form(&subject, &button)).await;
            }
            Ok(Ok((incident, _, button))) => {
                let chosen = asked.data["values"][0].as_str().map(str::to_owned);
                let finding =
                    async move { Ok((incident, Words::Text(words_of(button, chosen.as_deref())?))) };
                self.do_and_answer(asked, Box::pin(finding)).await;
            }
            Ok(Err(refusal)) => self.first_answer(&asked, &told(&refusal.to_string())).await,
            Err(_) => self.first_answer(&asked, &told(SLOW)).await,
        }
    }

    pub(super) async fn filled(self: Arc<Self>, asked: Asked) {
        let (door, form) = (self.clone(), asked.clone());
        let finding = async move {
            let custom_id = form.data["custom_id"].as_str().unwrap_or_default();
            let (incident, _, button) = door.button(&form.person, custom_id).await?;
            let argv = fill_in(&button.command, &form.filled_in())?;
            Ok((incident, Words::Argv(argv)))
        };
        self.do_and_answer(asked, Box::pin(finding)).await;
    }
}
