//! An unmodified serenity client takes the modelled Discord for Discord.

#![allow(
    clippy::disallowed_methods,
    reason = "serenity as a stranger: here it is its own client that is tried"
)]

use std::{sync::Arc, time::Duration};

use commandpost::model::{
    discord::{Discord, Id},
    recorder::Recorded,
};
use serde_json::json;
use serenity::{
    all::{
        ButtonStyle, ChannelId, ChannelType, ClientBuilder, CommandInteraction, CommandOptionType,
        ComponentInteraction, ComponentInteractionDataKind, Context, CreateActionRow, CreateAllowedMentions,
        CreateAutocompleteResponse, CreateButton, CreateChannel, CreateCommand, CreateCommandOption,
        CreateEmbed, CreateForumPost, CreateInputText, CreateInteractionResponse,
        CreateInteractionResponseFollowup, CreateInteractionResponseMessage, CreateMessage, CreateModal,
        CreateSelectMenu, CreateSelectMenuKind, CreateSelectMenuOption, CreateThread,
        EditInteractionResponse, EditMessage, EventHandler, GatewayIntents, Guild, GuildId, InputTextStyle,
        Interaction, Message, MessageId, ModalInteraction, Nonce, Ready, ResolvedValue, ResumedEvent, UserId,
    },
    async_trait,
    http::{Http, HttpBuilder},
};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::support::{discord::Bench, openapi::OpenApi, specs};

/// How long a test waits before it fails; nothing is measured by it.
const PATIENCE: Duration = Duration::from_secs(90);

struct Bot {
    guild: GuildId,
    heard: UnboundedSender<String>,
}

impl Bot {
    fn tell(&self, what: impl Into<String>) {
        let _ = self.heard.send(what.into());
    }
}

fn say(text: &str) -> CreateInteractionResponseMessage {
    CreateInteractionResponseMessage::new().content(text).allowed_mentions(CreateAllowedMentions::new())
}

async fn on_command(ctx: &Context, command: &CommandInteraction) -> serenity::Result<()> {
    let options = command.data.options();
    let Some(first) = options.first() else { return command.defer_ephemeral(&ctx.http).await };
    let ResolvedValue::SubCommand(inner) = &first.value else { return Ok(()) };
    match first.name {
        "declare" => {
            command.defer(&ctx.http).await?;
            let mut content = command.user.name.clone();
            for option in inner {
                match &option.value {
                    ResolvedValue::String(text) => content.push_str(&format!(" {}={text}", option.name)),
                    ResolvedValue::User(user, Some(_)) => {
                        content.push_str(&format!(" {}=@{}", option.name, user.name))
                    }
                    other => content.push_str(&format!(" {}={other:?}", option.name)),
                }
            }
            let row = CreateActionRow::Buttons(vec![
                CreateButton::new("ack").label("Acknowledge").style(ButtonStyle::Success),
                CreateButton::new("report").label("CAN report"),
            ]);
            let options =
                vec![CreateSelectMenuOption::new("One", "sev1"), CreateSelectMenuOption::new("Two", "sev2")];
            let select = CreateSelectMenu::new("sev", CreateSelectMenuKind::String { options })
                .placeholder("Severity");
            let edit = EditInteractionResponse::new()
                .content(content)
                .embed(CreateEmbed::new().title("INC-1").field("State", "declared", true))
                .components(vec![row, CreateActionRow::SelectMenu(select)]);
            command.edit_response(&ctx.http, edit).await?;
            let more = CreateInteractionResponseFollowup::new().content("only you see this").ephemeral(true);
            command.create_followup(&ctx.http, more).await.map(|_| ())
        }
        _ => command.create_response(&ctx.http, CreateInteractionResponse::Message(say("?"))).await,
    }
}

async fn on_component(ctx: &Context, used: &ComponentInteraction) -> serenity::Result<()> {
    let answer = match (used.data.custom_id.as_str(), &used.data.kind) {
        ("ack", _) => {
            CreateInteractionResponse::UpdateMessage(say("acknowledged").components(vec![]).embeds(vec![]))
        }
        ("report", _) => {
            let input = |style, label: &str, id: &str| {
                CreateActionRow::InputText(CreateInputText::new(style, label, id))
            };
            CreateInteractionResponse::Modal(CreateModal::new("can", "CAN report").components(vec![
                input(InputTextStyle::Paragraph, "Conditions", "conditions"),
                input(InputTextStyle::Short, "Needs", "needs"),
            ]))
        }
        (_, ComponentInteractionDataKind::StringSelect { values }) => {
            CreateInteractionResponse::Message(say(&format!("severity {}", values.join(","))))
        }
        _ => CreateInteractionResponse::Acknowledge,
    };
    used.create_response(&ctx.http, answer).await
}

async fn on_modal(ctx: &Context, modal: &ModalInteraction) -> serenity::Result<()> {
    let texts: Vec<String> = modal
        .data
        .components
        .iter()
        .flat_map(|row| &row.components)
        .filter_map(|c| match c {
            serenity::all::ActionRowComponent::InputText(input) => input.value.clone(),
            _ => None,
        })
        .collect();
    modal.create_response(&ctx.http, CreateInteractionResponse::Message(say(&texts.join(" / ")))).await
}

async fn on_autocomplete(ctx: &Context, typing: &CommandInteraction) -> serenity::Result<()> {
    let typed = typing.data.autocomplete().map(|o| o.value.to_owned()).unwrap_or_default();
    let offered = CreateAutocompleteResponse::new().add_string_choice(format!("{typed} runbook"), typed);
    typing.create_response(&ctx.http, CreateInteractionResponse::Autocomplete(offered)).await
}

fn commands() -> Vec<CreateCommand> {
    let option = |kind, name: &str| CreateCommandOption::new(kind, name, name);
    vec![
        CreateCommand::new("incident").description("Incidents").add_option(
            option(CommandOptionType::SubCommand, "declare")
                .add_sub_option(option(CommandOptionType::String, "title").required(true).max_length(100))
                .add_sub_option(option(CommandOptionType::User, "commander"))
                .add_sub_option(option(CommandOptionType::String, "playbook").set_autocomplete(true)),
        ),
    ]
}

#[async_trait]
impl EventHandler for Bot {
    async fn ready(&self, ctx: Context, ready: Ready) {
        match self.guild.set_commands(&ctx.http, commands()).await {
            Ok(made) => self.tell(format!("ready as {} with {} command", ready.user.name, made.len())),
            Err(error) => self.tell(format!("commands: {error}")),
        }
    }
    async fn guild_create(&self, _: Context, guild: Guild, _: Option<bool>) {
        self.tell(format!("guild with {} channels", guild.channels.len()));
    }
    async fn resume(&self, _: Context, _: ResumedEvent) {
        self.tell("resumed");
    }
    async fn message(&self, _: Context, message: Message) {
        if !message.author.bot {
            self.tell(format!("{}: {}", message.author.name, message.content));
        }
    }
    async fn interaction_create(&self, ctx: Context, interaction: Interaction) {
        let done = match &interaction {
            Interaction::Command(command) => on_command(&ctx, command).await,
            Interaction::Component(used) => on_component(&ctx, used).await,
            Interaction::Modal(modal) => on_modal(&ctx, modal).await,
            Interaction::Autocomplete(typing) => on_autocomplete(&ctx, typing).await,
            _ => Ok(()),
        };
        if let Err(error) = done {
            self.tell(format!("failed: {error:?}"));
        }
    }
}

fn http(discord: &Discord) -> Http {
    // Without the limiter switched off, serenity goes past the proxy to the real Discord.
    HttpBuilder::new(discord.token())
        .proxy(discord.url())
        .ratelimiter_disabled(true)
        .application_id(discord.application().0.into())
        .build()
}

struct Running {
    heard: UnboundedReceiver<String>,
    task: tokio::task::JoinHandle<()>,
    shards: Arc<serenity::all::ShardManager>,
}

impl Running {
    async fn start(discord: &Discord) -> Self {
        let (tell, heard) = unbounded_channel();
        let bot = Bot { guild: GuildId::new(discord.guild().0), heard: tell };
        let intents =
            GatewayIntents::GUILDS | GatewayIntents::GUILD_MESSAGES | GatewayIntents::MESSAGE_CONTENT;
        let mut client =
            ClientBuilder::new_with_http(http(discord), intents).event_handler(bot).await.expect("a client");
        let shards = Arc::clone(&client.shard_manager);
        let task = tokio::spawn(async move {
            let _ = client.start().await;
        });
        Self { heard, task, shards }
    }
    async fn hears(&mut self, wanted: &str) {
        let wait = async {
            while let Some(heard) = self.heard.recv().await {
                assert!(!heard.starts_with("failed"), "{heard}");
                if heard.starts_with(wanted) {
                    return true;
                }
            }
            false
        };
        assert_eq!(tokio::time::timeout(PATIENCE, wait).await, Ok(true), "waited to hear {wanted:?}");
    }
    async fn stop(self) {
        self.shards.shutdown_all().await;
        self.task.abort();
    }
}

fn id(id: Id) -> ChannelId {
    ChannelId::new(id.0)
}

#[tokio::test]
async fn a_person_and_a_serenity_bot_have_a_conversation() {
    let bench = Bench::new().await;
    let d = &bench.discord;
    let (ada, ops) = (d.person("ada"), d.text_channel("ops"));
    let mut bot = Running::start(d).await;
    bot.hears("ready as commandpost with 1 command").await;

    d.say(ada, ops, "is anybody there?").expect("ada may talk");
    bot.hears("ada: is anybody there?").await;

    let typing = json!({"title": "Payments", "playbook": "data"});
    let typing =
        d.autocomplete(ada, ops, "incident declare", typing, "playbook").expect("an option with choices");
    assert_eq!(typing.choices().await.expect("choices"), [("data runbook".to_owned(), json!("data"))]);

    let options = json!({"title": "Payments down", "commander": ada.to_string()});
    let declared = d.slash(ada, ops, "incident declare", options).expect("a registered command");
    assert_eq!(declared.answer().await.expect("an answer").kind, 5);
    let card = declared.message().await.expect("a card");
    assert_eq!(card.content, "ada title=Payments down commander=@ada");
    assert_eq!(card.custom_ids(), ["ack", "report", "sev"]);
    assert!(declared.followups(1).await.expect("a follow-up")[0].is_ephemeral());

    let chosen = d.select(ada, card.id, "sev", &["sev2"]).expect("offered");
    assert_eq!(chosen.message().await.expect("a message").content, "severity sev2");

    let pressed = d.press(ada, card.id, "report").expect("a button");
    assert_eq!(pressed.modal().await.expect("a modal")["title"], "CAN report");
    let fields = json!({"conditions": "db down", "needs": "a DBA"});
    let sent = d.submit_modal(&pressed, fields).expect("the fields fit");
    assert_eq!(sent.message().await.expect("a message").content, "db down / a DBA");

    let acked = d.press(ada, card.id, "ack").expect("a button");
    let updated = acked.message().await.expect("the card");
    assert_eq!((updated.id, updated.content.as_str()), (card.id, "acknowledged"));
    assert!(updated.components.is_empty() && updated.embeds.is_empty());
    bot.stop().await;

    let Some(file) = specs::find("serenity's requests", "discord/openapi.json") else { return };
    let wrong = OpenApi::read(&file, "/api/v10").violations(&d.requests());
    assert_eq!(wrong, Vec::<String>::new());
}

#[tokio::test]
async fn a_bot_that_lost_the_gateway_resumes_and_hears_what_it_missed() {
    let bench = Bench::new().await;
    let d = &bench.discord;
    let (ada, ops) = (d.person("ada"), d.text_channel("ops"));
    let mut bot = Running::start(d).await;
    bot.hears("ready").await;
    d.gateway().close(4000);
    d.say(ada, ops, "while you were away").expect("ada may talk");
    bot.hears("ada: while you were away").await;
    bot.hears("resumed").await;

    d.gateway().ask_to_reconnect();
    bot.hears("resumed").await;

    d.gateway().close(4009);
    bot.hears("ready").await;
    d.say(ada, ops, "in a new session").expect("ada may talk");
    bot.hears("ada: in a new session").await;
    bot.stop().await;
}

#[tokio::test]
async fn serenity_reads_every_answer_it_is_given() {
    let bench = Bench::new().await;
    let d = &bench.discord;
    let (ada, ops, forum) = (d.person("ada"), d.text_channel("ops"), d.forum("incidents"));
    let http = http(d);
    let guild = GuildId::new(d.guild().0);
    http.get_current_user().await.expect("me");
    http.get_current_application_info().await.expect("application");
    http.get_guild(guild).await.expect("guild");
    guild.channels(&http).await.expect("channels");
    guild.roles(&http).await.expect("roles");
    guild.member(&http, UserId::new(ada.0)).await.expect("member");
    let draft = || CreateMessage::new().content("INC-1").nonce(Nonce::String("n".into())).enforce_nonce(true);
    let first = id(ops).send_message(&http, draft()).await.expect("message");
    let again = id(ops).send_message(&http, draft()).await.expect("message");
    assert_eq!(first.id, again.id);
    id(ops).edit_message(&http, first.id, EditMessage::new().content("INC-1b")).await.expect("edited");
    id(ops).pin(&http, first.id).await.expect("pinned");
    assert_eq!(id(ops).pins(&http).await.expect("pins").len(), 1);
    let after = serenity::all::GetMessages::new().after(MessageId::new(1));
    assert_eq!(id(ops).messages(&http, after).await.expect("messages").len(), 2, "and the notice of the pin");
    let thread = CreateThread::new("INC-1 talk");
    id(ops).create_thread_from_message(&http, first.id, thread).await.expect("thread");
    let thread = CreateThread::new("INC-2").kind(ChannelType::PublicThread);
    let thread = id(ops).create_thread(&http, thread).await.expect("thread");
    thread.id.add_thread_member(&http, UserId::new(ada.0)).await.expect("added");
    let post = CreateForumPost::new("INC-3", CreateMessage::new().content("first"));
    let post = id(forum).create_forum_post(&http, post).await.expect("post");
    assert_eq!(d.messages(Id(post.id.get()))[0].content, "first");
    let room = guild.create_channel(&http, CreateChannel::new("inc-4").topic("t")).await.expect("channel");
    room.id.delete(&http).await.expect("deleted");
    id(ops).delete_message(&http, first.id).await.expect("deleted");
    let file = serenity::all::CreateAttachment::bytes(b"# AAR".to_vec(), "aar.md");
    let sent = id(ops).send_files(&http, [file], CreateMessage::new().content("report")).await.expect("file");
    let fetched = bench.client.get(sent.attachments[0].url.as_str()).send().await.expect("the file");
    assert_eq!(fetched.bytes().await.expect("bytes"), "# AAR");
    let refused = id(ops).say(&http, "x".repeat(2001)).await;
    assert!(refused.is_err());
    let unknown = ChannelId::new(1).say(&http, "x").await;
    let Err(serenity::Error::Http(serenity::http::HttpError::UnsuccessfulRequest(response))) = unknown else {
        panic!("{unknown:?}");
    };
    assert_eq!((response.status_code.as_u16(), response.error.code), (404, 10003));

    let Some(file) = specs::find("serenity's requests", "discord/openapi.json") else { return };
    // The file itself came from what is Discord's file store, which the description leaves out.
    let to_the_api = |r: &Recorded| r.status < 400 && r.path.starts_with("/api/");
    let requests: Vec<Recorded> = d.requests().into_iter().filter(to_the_api).collect();
    let wrong = OpenApi::read(&file, "/api/v10").violations(&requests);
    assert_eq!(wrong, Vec::<String>::new());
}
