//! Slash commands, buttons and forms. A name is all that a button or form carries: what it stands for is looked up on the
//! card as it is now.

use std::sync::Arc;

use serde_json::json;

use super::{
    MattermostDoor,
    dialog::{self, Dialog},
    heard::{Heard, Says, Way},
};
use crate::{
    chat::{
        Words,
        ask::Reply,
        button::{find_button, read_button_name, stale, words_of},
        form::{Filled, Origin, unopened, wanted},
    },
    incident::id::IncidentId,
};

pub(super) const NO_FORMS: &str = "There are no forms here. Type the words.";

impl MattermostDoor {
    /// The words of `/incident …`; a verb without the words it needs opens its form.
    pub(super) async fn slash(self: &Arc<Self>, heard: &Heard, said: &str) -> Reply {
        let here = self.incident_here(heard).await;
        if self.settings.callback_url.is_some()
            && let Some((form, origin)) = wanted(said, Origin { incident: here, ..origin(heard) })
        {
            let form = form.of_team(&self.desk.settings().policy);
            return self.open_form(heard, dialog::of_verb(&form, &origin), &origin).await;
        }
        let words = if said.trim().is_empty() { "help".to_owned() } else { said.trim().to_owned() };
        let done = self.done(heard, here, Words::Text(words.clone())).await;
        Reply::Words(self.told(&self.told_of(heard, &words, here, &done).await))
    }

    pub(super) async fn pressed(self: &Arc<Self>, heard: &Heard, name: &str, chosen: Option<&str>) -> Reply {
        let by = self.person(&heard.user, &heard.handle).await;
        let found = match read_button_name(name) {
            Some((subject, button)) => find_button(&self.desk, &by, subject, button).await,
            None => Err(stale()),
        };
        match found {
            Ok((_, subject, button)) if !button.blanks.is_empty() => {
                let origin = origin(heard);
                self.open_form(heard, dialog::of_button(&subject, &button), &origin).await
            }
            Ok((incident, _, button)) => {
                let (said, done) = match words_of(button, chosen) {
                    Ok(words) => (words.clone(), self.done(heard, incident, Words::Text(words)).await),
                    Err(refusal) => (String::new(), Err(refusal)),
                };
                Reply::Words(self.told(&self.told_of(heard, &said, incident, &done).await))
            }
            Err(refusal) => Reply::Words(self.own(&refusal.to_string())),
        }
    }

    /// A form was sent. Whatever is refused stands below its first question, so that nothing typed is lost.
    pub(super) async fn filled(self: &Arc<Self>, heard: &Heard, form: &Filled) -> Reply {
        let here = self.incident_here(heard).await;
        let by = self.person(&heard.user, &heard.handle).await;
        let (said, done) = match form.words(&self.desk, &by, here).await {
            Ok((incident, argv)) => {
                let said = argv.join(" ");
                (said, self.done(heard, incident, Words::Argv(argv)).await)
            }
            Err(refusal) => (String::new(), Err(refusal)),
        };
        let words = self.told_of(heard, &said, here, &done).await;
        match done {
            Err(_) => Reply::Refused { first: form.first.clone(), why: words },
            Ok(_) => Reply::Words(self.told(&words)),
        }
    }

    /// Opens a form, which Mattermost takes for three seconds after somebody asked.
    async fn open_form(&self, heard: &Heard, dialog: Dialog, origin: &Origin) -> Reply {
        let (Some(trigger), Some(url)) = (&heard.trigger, self.settings.callback(Way::Dialog)) else {
            return Reply::Words(self.told(NO_FORMS));
        };
        let now = self.desk.world.now().timestamp();
        let state = self.seal.form(&dialog.name, &heard.user, &origin.note(), now);
        let body = json!({"trigger_id": trigger, "url": url, "dialog": dialog.with_state(state)});
        match self.rest.post("/actions/dialogs/open", &body).await {
            Ok(_) => Reply::Nothing,
            Err(trouble) => {
                let why = trouble.why();
                tracing::warn!(why, "a form did not open");
                Reply::Words(self.told(&unopened(&why)))
            }
        }
    }

    /// The incident of the place where it was said. A press is said of a card, which may stand in a thread: its button knows
    /// the incident.
    async fn incident_here(&self, heard: &Heard) -> Option<IncidentId> {
        if let Says::Form(form) = &heard.says
            && form.origin.incident.is_some()
        {
            return form.origin.incident;
        }
        self.bindings.incident_at(heard.channel.as_deref()?, heard.thread.as_deref()).await
    }
}

fn origin(heard: &Heard) -> Origin {
    Origin { channel: heard.channel.clone(), thread: heard.thread.clone(), incident: None }
}
