//! discord.py, which nobody here wrote, takes the modelled Discord for Discord; and PyNaCl the signatures for Ed25519's.

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Command, Stdio},
    sync::{Arc, mpsc},
    time::Duration,
};

use commandpost::{
    desk::clock::{System, World},
    model::discord::Discord,
};

use crate::support::python;

/// How long a test waits before it fails; nothing is measured by it.
const PATIENCE: Duration = Duration::from_secs(60);

fn python(test: &str) -> Option<PathBuf> {
    python::with(test, "discord, nacl", "COMMANDPOST_DISCORD_PY", "discord_py")
}

const CLIENT: &str = r#"
import sys
import discord, yarl

base, gateway, token, channel = sys.argv[1:5]
discord.http.Route.BASE = base + "/api/v10"
discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway)


def say(line):
    print(line, flush=True)


class Bot(discord.Client):
    async def on_ready(self):
        say(f"ready {self.user.name} in {self.guilds[0].name}")
        post = self.get_channel(int(channel))
        sent = await post.send("hello", embed=discord.Embed(title="a card"), nonce="n1",
                               allowed_mentions=discord.AllowedMentions.none())
        again = await post.fetch_message(sent.id)
        assert again.content == "hello" and again.embeds[0].title == "a card", again
        edited = await sent.edit(content="changed")
        assert edited.content == "changed" and edited.edited_at is not None, edited
        await sent.add_reaction("\N{PUSHPIN}")
        await sent.pin()
        thread = await post.create_thread(name="private", type=discord.ChannelType.private_thread, invitable=False)
        assert thread.is_private() and not thread.invitable, thread
        await thread.send("only for a few")
        read = [message.content async for message in post.history(limit=5)]
        assert "changed" in read, read
        try:
            await post.send("x" * 2001)
            raise AssertionError("two thousand characters are the most")
        except discord.HTTPException as refused:
            assert refused.status == 400 and refused.code == 50035, refused
        say(f"sent {sent.id} {thread.id}")

    async def on_error(self, event, *args):
        import traceback
        traceback.print_exc()
        await self.close()

    async def on_message(self, message):
        if message.author != self.user:
            say(f"heard {message.author.name}: {message.content}")

    async def on_message_edit(self, before, after):
        if after.author != self.user:
            say(f"edited {before.content} -> {after.content}")

    async def on_reaction_add(self, reaction, user):
        if user != self.user:
            say(f"reaction {reaction.emoji} by {user.name}")

    async def on_message_delete(self, message):
        say(f"deleted {message.content}")
        await self.close()


Bot(intents=discord.Intents.all()).run(token, log_level=30)
say("done")
"#;

const SIGN: &str = r#"
import sys
from nacl.signing import VerifyKey
key, timestamp, body, signature = sys.argv[1:5]
VerifyKey(bytes.fromhex(key)).verify(f"{timestamp}{body}".encode(), bytes.fromhex(signature))
try:
    VerifyKey(bytes.fromhex(key)).verify(f"{timestamp}{body}x".encode(), bytes.fromhex(signature))
except Exception:
    print("done")
"#;

/// The script at work; killed when dropped.
struct Client {
    child: std::process::Child,
    said: mpsc::Receiver<String>,
}

impl Drop for Client {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Client {
    fn start(python: &PathBuf, args: &[&str]) -> Client {
        let mut command = Command::new(python);
        let mut child =
            command.args(["-c", CLIENT]).args(args).stdout(Stdio::piped()).spawn().expect("it starts");
        let out = BufReader::new(child.stdout.take().expect("its words"));
        let (tell, said) = mpsc::channel();
        std::thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| tell.send(line)));
        Client { child, said }
    }

    /// The next thing that it says, which begins so.
    fn says(&self, begins: &str) -> String {
        let said = self.said.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("waited for {begins}"));
        assert!(said.starts_with(begins), "{said} instead of {begins}");
        said
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn discord_py_logs_in_sends_edits_reacts_and_hears_what_people_do() {
    let Some(python) = python("discord_py_logs_in_sends_edits_reacts_and_hears_what_people_do") else {
        return;
    };
    let discord = Discord::start(Arc::new(|| System.now())).await.expect("two free ports");
    let (post, ada) = (discord.text_channel("command-post"), discord.person("ada"));
    let (url, gateway, token) = (discord.url(), discord.gateway_url(), discord.token());
    let client = Client::start(&python, &[&url, &gateway, &token, &post.to_string()]);
    client.says("ready commandpost in Example");
    let sent = client.says("sent ");
    let mut ids = sent.split(' ').skip(1);
    let message = discord.message(ids.next().unwrap().parse().unwrap()).expect("it is there");
    assert_eq!((message.content.as_str(), message.pinned()), ("changed", true));
    assert_eq!(message.reactions, [("📌".to_owned(), vec![discord.bot()])]);
    let thread = discord.channel(ids.next().unwrap().parse().unwrap()).expect("it is there");
    assert!(!discord.seen_by(ada).iter().any(|channel| channel.id == thread.id), "it is private");

    let said = discord.say(ada, post, "the database failed over").expect("said");
    client.says("heard ada: the database failed over");
    discord.edit(ada, said.id, "the cache failed over").expect("edited");
    client.says("edited the database failed over -> the cache failed over");
    discord.react(ada, said.id, "📌").expect("put there");
    client.says("reaction 📌 by ada");
    discord.delete(said.id);
    client.says("deleted the cache failed over");
    client.says("done");
}

#[tokio::test]
async fn what_the_modelled_discord_signs_is_what_another_hand_takes() {
    let Some(python) = python("what_the_modelled_discord_signs_is_what_another_hand_takes") else { return };
    let discord = Discord::start(Arc::new(|| System.now())).await.expect("two free ports");
    let (at, body) = ("1800000000", "{\"type\":1,\"é\":\"<y>\"}");
    let (key, signature) = (discord.public_key(), discord.sign(at, body));
    assert_eq!(python::run(&python, SIGN, &[&key, at, body, &signature]), "done");
}
