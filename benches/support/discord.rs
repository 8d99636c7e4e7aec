//! A command post in a modelled Discord.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use commandpost::model::discord::{Budget, Discord, Id, RateLimits};

use super::Program;

/// What Discord allows: five messages in five seconds in a channel, fifty requests a second in all.
/// <https://discord.com/developers/docs/topics/rate-limits>
pub const LIMITS: RateLimits = RateLimits {
    per_bucket: Some(Budget { calls: 5, window: Duration::from_secs(5) }),
    global: Some(Budget { calls: 50, window: Duration::from_secs(1) }),
};
pub const PATIENCE: Duration = Duration::from_secs(60);

fn settings(discord: &Discord, channel: Id, dir: &Path) -> PathBuf {
    let file = dir.join("commandpost.toml");
    let token = dir.join("discord_token");
    std::fs::write(&token, discord.token()).expect("a token is written");
    let text = format!(
        "[limits]\nopen_incidents_max = 1000\ndeclares_per_minute_max = 10000\n[discord]\ntoken_file = \"{}\"\napplication_id = \"{}\"\nguild_id = \"{}\"\nchannel_id = \"{channel}\"\n\
         base_url = \"{}\"\n",
        token.display(),
        discord.application(),
        discord.guild(),
        discord.url()
    );
    std::fs::write(&file, text).expect("settings are written");
    file
}

/// A modelled Discord, and a command post whose commands are registered there.
pub async fn house(dir: &Path) -> (Discord, Id, Program) {
    let discord = Discord::start(Arc::new(chrono::Utc::now)).await.expect("two free ports");
    let channel = discord.text_channel("command-post");
    let file = settings(&discord, channel, dir);
    let server = super::server_with(dir, &["--config", file.to_str().expect("a path")]);
    let registered = discord.wait_for(PATIENCE, |d| (!d.commands().is_empty()).then_some(())).await;
    registered.expect("the commands are registered");
    (discord, channel, server)
}
