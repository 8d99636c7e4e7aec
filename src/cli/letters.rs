//! Letters handed to the hooks: those that are sent to us, and those that are fetched from mailboxes.

use std::{
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::net::TcpListener;

use super::{Failure, reload::InForce};
use crate::{
    config::Config,
    desk::{Desk, absence::Standing},
    http::hooks::Hooks,
    incident::refusal::{Because, Refusal},
    mail::{
        self, Letter, Outcome, Recipient,
        mailbox::{Mailbox, Place, Shelf},
    },
};

/// Where the journal keeps how far a mailbox was read, below the name of its hook.
const DESTINATION: &str = "mailbox";

struct Letters {
    hooks: Arc<Hooks>,
    /// Which hooks take letters is what is served at this address.
    listen: SocketAddr,
    config: InForce,
}

impl Letters {
    /// The name of the sender whose letters come to a hook, if it takes any.
    fn sender_of(&self, hook: &str) -> Option<&'static str> {
        let config = self.config.load();
        let mut served = config.served_hooks(self.listen);
        served.find(|(name, _)| *name == hook).map(|(_, hook)| hook.sender.name())
    }
}

/// The listener of `[mail]`, and what stands behind it; nothing without the section.
///
/// # Errors
/// When its address cannot be listened on.
pub async fn open(
    config: &InForce,
    hooks: &Arc<Hooks>,
) -> Result<Option<(Arc<TcpListener>, mail::Settings, Arc<dyn mail::Desk>)>, Failure> {
    let Some(mail) = config.load().mail.clone() else { return Ok(None) };
    let listener = TcpListener::bind(mail.listen).await.map_err(|e| {
        Failure(format!("{} cannot be listened on for mail: {e}. Change `mail.listen`.", mail.listen))
    })?;
    let letters = Letters { hooks: hooks.clone(), listen: mail.listen, config: config.clone() };
    let settings = mail::Settings {
        host: mail.host.clone(),
        letter_bytes_max: usize::try_from(mail.letter_bytes_max).unwrap_or(usize::MAX),
    };
    Ok(Some((Arc::new(listener), settings, Arc::new(letters))))
}

impl mail::Desk for Letters {
    fn admit(&self, recipient: &Recipient, from: IpAddr) -> Outcome {
        if self.sender_of(&recipient.hook).is_none() {
            return Outcome::Refused("There is no such hook that takes letters".to_owned());
        }
        match self.hooks.admit_letter(&recipient.hook, recipient.token.as_deref(), from) {
            Ok(()) => Outcome::Taken,
            Err(why) => Outcome::Refused(why),
        }
    }

    fn take(
        &self,
        recipient: Recipient,
        letter: Arc<Letter>,
    ) -> std::pin::Pin<Box<dyn Future<Output = Outcome> + Send>> {
        let hooks = self.hooks.clone();
        let is_of_text = self.sender_of(&recipient.hook) == Some("text");
        let body = if is_of_text { letter.as_text() } else { letter.as_json() };
        Box::pin(async move { became(hooks.take_letter(&recipient.hook, body, letter.key()).await) })
    }
}

fn became(taken: Result<(), Refusal>) -> Outcome {
    match taken {
        Ok(()) => Outcome::Taken,
        Err(refusal) if refusal.because == Because::Invalid => Outcome::Refused(refusal.why),
        Err(refusal) => Outcome::Later(refusal.why),
    }
}

/// What stands behind the mailbox of a hook.
pub struct Fetched {
    hooks: Arc<Hooks>,
    desk: Arc<Desk>,
    hook: String,
    /// The mailbox, by which its place is kept: that of another one says nothing.
    mailbox: String,
    is_of_text: bool,
    standing: Mutex<Standing>,
}

/// A mailbox, and what stands behind it.
type Read = (Arc<Mailbox>, Arc<Fetched>);

/// The mailboxes of the hooks, each with what stands behind it.
///
/// # Errors
/// A hook whose mailbox nobody could hand letters to, or an address that is none.
pub fn mailboxes(config: &Config, hooks: &Arc<Hooks>, desk: &Arc<Desk>) -> Result<Vec<Read>, Failure> {
    let named = config.hooks.iter().filter_map(|(name, hook)| Some((name, hook, hook.mailbox.as_ref()?)));
    let one = |(name, hook, mailbox): (&String, &crate::config::Hook, &crate::config::Mailbox)| {
        if !hooks.served.load().hooks.contains_key(name) {
            let what = format!("the hook {name} has a mailbox and is not served: it needs a token");
            return Err(Failure(format!("{what}. Give `token_file` in [hooks.{name}].")));
        }
        let (host, port, guard) = mailbox.server().map_err(Failure)?;
        let fetched = Fetched {
            hooks: hooks.clone(),
            desk: desk.clone(),
            hook: name.clone(),
            mailbox: format!("{}@{host}:{port}/{}", mailbox.account, mailbox.folder),
            is_of_text: hook.sender.name() == "text",
            standing: Mutex::new(Standing { since: Some(desk.world.now()), ..Standing::default() }),
        };
        let mailbox = Mailbox {
            host,
            port,
            guard,
            account: mailbox.account.clone(),
            password: mailbox.password.clone().unwrap_or_default(),
            folder: mailbox.folder.clone(),
            move_to: mailbox.move_to.clone(),
            every: Duration::from_secs(u64::from(mailbox.every_seconds)),
            letter_bytes_max: usize::try_from(mailbox.letter_bytes_max).unwrap_or(usize::MAX),
        };
        Ok((Arc::new(mailbox), Arc::new(fetched)))
    };
    named.map(one).collect()
}

impl Fetched {
    /// As it is named where people read that it does not answer.
    pub fn name(&self) -> String {
        format!("Mailbox {}", self.hook)
    }

    /// The hook to which its letters come.
    pub fn hook(&self) -> &str {
        &self.hook
    }

    pub fn standing(&self) -> Standing {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Shelf for Fetched {
    fn take<'a>(
        &'a self,
        letter: Letter,
        place: Place,
    ) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>> {
        Box::pin(async move {
            let body = if self.is_of_text { letter.as_text() } else { letter.as_json() };
            // Sent by two ways, or found again under another number, it is the same letter.
            let key = letter.key().unwrap_or_else(|| format!("{}/{place}", self.mailbox));
            became(self.hooks.take_letter(&self.hook, body, Some(key)).await)
        })
    }

    fn place(&self) -> Pin<Box<dyn Future<Output = Result<Option<Place>, String>> + Send + '_>> {
        Box::pin(async {
            let bound = self.desk.journal.bound(DESTINATION, &self.hook).await.map_err(|e| e.to_string())?;
            let kept = bound.into_iter().find(|(name, _)| *name == self.mailbox);
            Ok(kept.and_then(|(_, place)| place.parse().ok()))
        })
    }

    fn remember(&self, place: Place) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + '_>> {
        Box::pin(async move {
            let place = place.to_string();
            let kept = self.desk.journal.bind(DESTINATION, &self.hook, &self.mailbox, &place).await;
            kept.map_err(|e| e.to_string())
        })
    }

    fn stands(&self, trouble: Option<String>) {
        let mut standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
        let is_there = trouble.is_none();
        match &trouble {
            Some(why) if standing.why != trouble => {
                tracing::warn!(
                    hook = self.hook,
                    why,
                    "the mailbox cannot be read as it should; trying again"
                );
            }
            None if !standing.is_there => tracing::info!(hook = self.hook, "the mailbox is read"),
            _ => {}
        }
        if standing.is_there != is_there {
            standing.since = Some(self.desk.world.now());
        }
        (standing.is_there, standing.why) = (is_there, trouble);
    }
}
