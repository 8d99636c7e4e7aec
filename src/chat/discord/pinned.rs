//! Messages that people put on the timeline by «Add to timeline», and what becomes of the entry when one changes.
//!
//! That a message was changed or deleted the gateway tells without any privileged intent; what it says now it tells only to whom
//! asks for that of message content, which we do not, and of messages that name the bot. Otherwise the timeline says that there are
//! new words, and the menu takes them. Where Discord speaks to us over HTTP, it tells neither.

use std::sync::Arc;

use serde_json::Value;

use super::{
    DiscordDoor,
    asked::Asked,
    look::written_at,
    missed::{edited_at, messages_of},
    text::cap,
};
use crate::{
    chat::{
        bring::{Place, Step},
        files::File,
        follow::{self, Change, entry_of},
        people::People,
        words::note_of,
    },
    desk::Answer,
    grammar,
    incident::{id::IncidentId, refusal::Refusal},
    journal::rows::Quoted,
    people::Person,
};

/// Of embeds and components so much is taken as a person's message may have; all of Discord's 6,000 is more than an entry has room for.
const WORDS_MAX: usize = 2_000;
/// A component that is text.
const TEXT_DISPLAY: u64 = 10;

/// The last change of a message that the timeline has.
const EDITED: &str = "edited";

/// Of a message without words there is no note.
pub(super) fn wordless() -> Refusal {
    let why = "The bot cannot read that message (a sticker, a poll, a forwarded message, what is laid out in components).";
    Refusal::invalid(why, "Write a `note` in your own words.")
}

/// Nor of one that Discord does not name.
pub(super) fn unknown() -> Refusal {
    Refusal::invalid("Discord did not say which message that is.", "Try again, or use `note`.")
}

/// A message that was changed: as much as the gateway tells of it.
pub(super) struct Edited {
    pub message: String,
    pub channel: String,
    /// When, in milliseconds; a preview that Discord adds is no change of its author's.
    pub at: Option<i64>,
    /// Empty where Discord keeps it from us.
    pub text: String,
    /// Its files; said where its words are.
    pub attachments: Value,
}

/// What a message says: its text; of one that has none, as many bots write them, what stands in its embeds and components, a line for
/// each part. serenity leaves out all components with text, so these are read over HTTP alone.
pub(super) fn words_of(message: &Value) -> String {
    let said = message["content"].as_str().unwrap_or_default().trim();
    if !said.is_empty() {
        return said.to_owned();
    }
    let text = |part: &Value| part.as_str().unwrap_or_default().trim().to_owned();
    let mut parts = Vec::new();
    for embed in message["embeds"].as_array().into_iter().flatten() {
        parts.extend([text(&embed["title"]), text(&embed["description"])]);
        for field in embed["fields"].as_array().into_iter().flatten() {
            parts.push(format!("{}: {}", text(&field["name"]), text(&field["value"])));
        }
    }
    texts_in(&message["components"], &mut parts);
    parts.retain(|part| !part.is_empty());
    cap(&parts.join("\n"), WORDS_MAX)
}

/// The texts of components, in the order in which they stand.
fn texts_in(components: &Value, parts: &mut Vec<String>) {
    for component in components.as_array().into_iter().flatten() {
        if component["type"] == TEXT_DISPLAY {
            parts.push(component["content"].as_str().unwrap_or_default().trim().to_owned());
        }
        texts_in(&component["components"], parts);
    }
}

/// The names of a message's files.
fn names_of(attachments: &Value) -> impl Iterator<Item = &str> {
    let files = attachments.as_array().into_iter().flatten();
    files.map(|file| file["filename"].as_str().unwrap_or("a file"))
}

/// Whoever a message names is known from then on; somebody who is known already keeps the name that they have in the server.
pub(super) fn meet_named(people: &People, mentions: &Value) {
    for user in mentions.as_array().into_iter().flatten() {
        let name = user["global_name"].as_str().or(user["username"].as_str()).unwrap_or_default();
        if let Some(id) = user["id"].as_str().filter(|id| people.of(id).is_none()) {
            people.meet(id, name);
        }
    }
}

/// Words of a message, with names in place of accounts.
fn as_read(people: &People, said: &str) -> String {
    let mut said = said.to_owned();
    grammar::name_people(&mut said, &|name: &str| people.mentioned(name).ok_or_else(String::new));
    said
}

/// A message below which everybody reads that a secret stands in it: Discord shows to one person alone what answers something that
/// they did.
fn quoted(channel: &str, message: &str) -> Quoted {
    Quoted { at: channel.to_owned(), message: message.to_owned(), whom: vec![] }
}

impl DiscordDoor {
    /// The message that somebody chose as a note with its files, which follows it from then on.
    pub(super) async fn put_on_timeline(self: Arc<Self>, asked: Asked) -> Result<Answer, Refusal> {
        let target = asked.data["target_id"].as_str().unwrap_or_default().to_owned();
        let message = asked.data["resolved"]["messages"][&target].clone();
        let author = &message["author"];
        let Some(author_id) = author["id"].as_str().map(str::to_owned) else {
            return Err(unknown());
        };
        let shown = author["global_name"].as_str().or(author["username"].as_str()).unwrap_or_default();
        let link = self.link(&asked.channel, &target);
        let writer = self.settings.people.meet(&author_id, shown);
        let argv = {
            let files = names_of(&message["attachments"]);
            note_of(&writer, &self.said_in(&message), files, &link).map_err(|_| wordless())?
        };
        let pinned = Change {
            by: asked.person.clone(),
            event: &asked.id,
            target: &target,
            // Whoever chose it reads what was masked in the answer.
            quoted: (writer.id != asked.person.id).then(|| quoted(&asked.channel, &target)),
            written_at: written_at(&target, self.desk.world.now()),
        };
        let incident = self.bindings.incident_of(&asked.channel).await;
        let (files, edited_at) = (self.files_of(&message["attachments"], &link), edited_at(&message));
        let answer =
            follow::put_on_timeline(&self, &self.say, &pinned, incident, &author_id, argv, files).await?;
        if let Some((incident, _)) = entry_of(&*self, &target).await
            && let Err(halt) = self.remember(incident, &target, &asked.channel, edited_at).await
        {
            tracing::warn!(
                ?halt,
                target,
                "what becomes of the message while the bot is away is not looked for"
            );
        }
        Ok(answer)
    }

    /// Where a message on the timeline stands, and which of its changes the timeline has.
    async fn remember(
        &self,
        incident: IncidentId,
        message: &str,
        channel: &str,
        edited_at: Option<i64>,
    ) -> Step<()> {
        if let Some(at) = edited_at {
            self.bindings.bind(message, EDITED, &at.to_string()).await?;
        }
        self.bindings.bind(&messages_of(incident), message, channel).await
    }

    fn files_of(self: &Arc<Self>, attachments: &Value, link: &str) -> Vec<File> {
        let file = |file: &Value| {
            // An attachment's own address ends within a day.
            let (door, url) = (self.clone(), file["url"].as_str().unwrap_or_default().to_owned());
            let reading = async move { door.rest.file(&url).await };
            let found = File::new(file["id"].as_str()?, file["filename"].as_str(), link.to_owned(), reading);
            Some(found.of_bytes(file["size"].as_u64()))
        };
        attachments.as_array().into_iter().flatten().filter_map(file).collect()
    }

    /// What a message says as people read it: with the names of those whom it names.
    pub(super) fn said_in(&self, message: &Value) -> String {
        meet_named(&self.settings.people, &message["mentions"]);
        as_read(&self.settings.people, &words_of(message))
    }

    /// Whoever wrote a message that is on the timeline.
    async fn author_of(&self, message: &str) -> Option<(String, Person)> {
        entry_of(self, message).await?;
        let author = self.bindings.bound(message, "author").await.ok().flatten()?;
        let person = self.settings.people.of(&author);
        let person = person.unwrap_or_else(|| self.settings.people.meet(&author, ""));
        Some((author, person))
    }

    pub(super) async fn follow_edit(self: Arc<Self>, edited: Edited) {
        let Some(at) = edited.at else { return };
        let Some((author, by)) = self.author_of(&edited.message).await else { return };
        let known = self.bindings.bound(&edited.message, EDITED).await.ok().flatten();
        // Heard before, or looked for after it was heard.
        if known.and_then(|known| known.parse().ok()).is_some_and(|known: i64| known >= at) {
            return;
        }
        let event = format!("{}:{at}", edited.message);
        let edit = Change {
            by: by.clone(),
            event: &event,
            target: &edited.message,
            quoted: Some(quoted(&edited.channel, &edited.message)),
            written_at: None,
        };
        let link = self.link(&edited.channel, &edited.message);
        let said = as_read(&self.settings.people, &edited.text);
        match note_of(&by, &said, names_of(&edited.attachments), &link) {
            Ok(argv) if !said.trim().is_empty() => {
                let files = edited.attachments.is_array().then(|| self.files_of(&edited.attachments, &link));
                follow::follow_edit(&self, &edit, &author, argv, files).await;
            }
            _ => follow::note_edit(&*self, &edit).await,
        }
        if let Err(halt) = self.bindings.bind(&edited.message, EDITED, &at.to_string()).await {
            tracing::warn!(?halt, message = edited.message, "its change will be looked at again");
        }
    }

    /// Discord does not say who deleted a message; it is taken to be its author.
    pub(super) async fn follow_deletion(self: Arc<Self>, message: String) {
        let Some((_, by)) = self.author_of(&message).await else { return };
        let deletion = Change { by, event: &message, target: &message, quoted: None, written_at: None };
        follow::follow_deletion(&*self, &deletion).await;
        // There is nothing left to look for.
        if let Some((incident, _)) = entry_of(&*self, &message).await
            && let Err(halt) = self.bindings.bind(&messages_of(incident), &message, "").await
        {
            tracing::debug!(?halt, message, "it is looked for again");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use serde_json::json;

    use super::*;

    #[test]
    fn a_message_on_the_timeline_has_the_names_of_those_whom_it_names() {
        let ben = Person { id: "ben".into(), name: "Ben Bo".into() };
        let people = People::new("discord", HashMap::from([("5".to_owned(), ben)]));
        people.meet("6", "Ada on call");
        let mentions = json!([
            {"id": "5", "username": "ben"}, {"id": "6", "username": "ada", "global_name": "Ada"},
            {"id": "77", "username": "cyd", "global_name": null}, {"username": "nobody"},
        ]);
        meet_named(&people, &mentions);
        assert_eq!(
            as_read(&people, "ask <@5>, <@!6> and <@77>, not <@78> <b>"),
            "ask @Ben Bo, @Ada on call and @cyd, not @78 <b>"
        );
    }

    #[test]
    fn what_a_message_says_is_its_text_or_what_bots_write_in_its_place() {
        let said = json!({"content": " db1 is down ", "embeds": [{"title": "a preview"}]});
        assert_eq!(words_of(&said), "db1 is down");
        let embeds = json!({"content": "", "embeds": [
            {"title": "db1 is down", "description": "for *5* min", "fields": [{"name": "Region", "value": "eu-1"}]},
            {"image": {"url": "https://example.org/graph.png"}},
            {"description": "see the runbook"},
        ]});
        assert_eq!(words_of(&embeds), "db1 is down\nfor *5* min\nRegion: eu-1\nsee the runbook");
        let components = json!({"content": "", "embeds": [], "components": [
            {"type": 17, "components": [
                {"type": 10, "content": "# db1 is down"},
                {"type": 9, "components": [{"type": 10, "content": "for 5 min"}], "accessory": {"type": 2}},
            ]},
            {"type": 1, "components": [{"type": 2, "label": "Acknowledge"}]},
        ]});
        assert_eq!(words_of(&components), "# db1 is down\nfor 5 min");
        let long = json!({"embeds": [{"description": "x".repeat(4_096)}, {"title": "y".repeat(200)}]});
        let words = words_of(&long);
        assert!(words.chars().count() == WORDS_MAX && words.ends_with('…'), "{words}");
        assert_eq!(words_of(&json!({"content": "", "embeds": [], "components": []})), "");
    }
}
