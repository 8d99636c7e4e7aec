//! Letters handed to the hooks.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use tokio::net::TcpListener;

use super::{Failure, reload::InForce};
use crate::{
    http::hooks::Hooks,
    incident::refusal::Because,
    mail::{self, Letter, Outcome, Recipient},
};

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
        let body =
            if self.sender_of(&recipient.hook) == Some("text") { letter.as_text() } else { letter.as_json() };
        Box::pin(async move {
            match hooks.take_letter(&recipient.hook, &body, letter.key()).await {
                Ok(()) => Outcome::Taken,
                Err(refusal) if refusal.because == Because::Invalid => Outcome::Refused(refusal.why),
                Err(refusal) => Outcome::Later(refusal.why),
            }
        })
    }
}
