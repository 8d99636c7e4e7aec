//! `console`: the command post in a terminal, live, over whatever carries a terminal.
//!
//! `feed` reads the server and says words there, `screen` is what is known and typed, `view` draws it and what `waiting` finds.
//! Only this file touches the terminal, and leaves it as it was: after `q`, a signal, or a panic.

mod feed;
mod line;
mod screen;
#[cfg(test)]
mod tests;
mod view;
mod waiting;

use std::{
    io::{IsTerminal, stdout},
    sync::Arc,
    time::Duration,
};

use ratatui::{
    DefaultTerminal,
    crossterm::{
        cursor::Show,
        event::{DisableBracketedPaste, EnableBracketedPaste, Event, read},
        execute,
    },
};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::{mpsc, watch},
};

use self::{
    feed::{News, Said},
    screen::{Act, Screen},
    view::Look,
};
use super::{
    Cli, Failure, Outcome,
    reach::{Reach, Remote},
};
use crate::desk::clock::{System, World};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// In whose name; without it, the login name
    #[arg(long = "as", value_name = "NAME")]
    pub as_person: Option<String>,
}

/// How often the clock on the screen moves.
const TICK: Duration = Duration::from_secs(1);
/// News on their way to the screen at most.
const NEWS_MAX: usize = 64;

pub async fn run(cli: &Cli, args: &Args) -> Outcome {
    let remote = match Reach::find(cli, args.as_person.as_deref()).await? {
        Reach::Remote(remote) => Arc::new(remote.in_console()),
        local @ Reach::Local(_) => {
            local.end().await;
            return Err(Failure(
                "no server runs on this data directory, and the console looks at a running one. Start `commandpost serve`, \
                 or say with COMMANDPOST_URL where it runs."
                    .into(),
            ));
        }
    };
    if !stdout().is_terminal() {
        return Err(Failure(
            "the console draws on a terminal, and this output is none. `commandpost incident status` prints plain text."
                .into(),
        ));
    }
    let mut terminal = enter()?;
    let shown = show(&mut terminal, remote).await;
    leave();
    shown
}

/// Takes the terminal over. Whatever panics later gives it back first, so that its message can be read.
fn enter() -> Result<DefaultTerminal, Failure> {
    let terminal = ratatui::try_init()?;
    execute!(stdout(), EnableBracketedPaste)?;
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        drop(execute!(stdout(), DisableBracketedPaste, Show));
        before(panic);
    }));
    Ok(terminal)
}

fn leave() {
    drop(execute!(stdout(), DisableBracketedPaste, Show));
    ratatui::restore();
}

async fn show(terminal: &mut DefaultTerminal, remote: Arc<Remote>) -> Outcome {
    let (news, mut heard) = mpsc::channel::<News>(NEWS_MAX);
    let (looks_at, looked_at) = watch::channel(None);
    tokio::spawn(feed::follow(remote.clone(), looked_at, news.clone()));
    let mut typed = keyboard();
    let mut screen = Screen::new(remote.base(), &remote.person().name, System.now());
    let look = Look::of_environment();
    let (mut ended, mut hung_up) = (signal(SignalKind::terminate())?, signal(SignalKind::hangup())?);
    let mut tick = tokio::time::interval(TICK);
    loop {
        let mut room = view::Room::default();
        terminal.draw(|frame| room = view::draw(frame, &screen, look))?;
        (screen.back, screen.on) = (screen.back.min(room.back_max), screen.on.min(room.on_max));
        let act = tokio::select! {
            event = typed.recv() => match event {
                Some(event) => screen.typed(event),
                None => return Err(Failure("nothing can be read from the terminal any more.".into())),
            },
            Some(heard) = heard.recv() => screen.heard(heard),
            _ = tick.tick() => Act::Nothing,
            _ = ended.recv() => return Ok(()),
            _ = hung_up.recv() => return Ok(()),
        };
        screen.now = System.now();
        match act {
            Act::Nothing => {}
            Act::Quit => return Ok(()),
            Act::Look(incident) => drop(looks_at.send(incident)),
            Act::Say { here, text } => {
                let said = Said { here, text, key: System.id(), since: screen.now };
                tokio::spawn(feed::say(remote.clone(), said, news.clone()));
            }
            Act::Again(said) => drop(tokio::spawn(feed::say(remote.clone(), said, news.clone()))),
        }
    }
}

/// Keys as they are pressed. The thread ends with the program: a read of the terminal cannot be called off.
fn keyboard() -> mpsc::Receiver<Event> {
    let (press, pressed) = mpsc::channel(NEWS_MAX);
    std::thread::spawn(move || {
        while let Ok(event) = read() {
            if press.blocking_send(event).is_err() {
                return;
            }
        }
    });
    pressed
}
