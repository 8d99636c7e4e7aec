//! Letters handed to the hooks.

use std::{collections::HashSet, net::IpAddr, sync::Arc};

use tokio::net::TcpListener;

use super::Failure;
use crate::{
    config::Config,
    http::hooks::Hooks,
    incident::refusal::Because,
    mail::{self, Letter, Outcome, Recipient},
};

struct Letters {
    hooks: Arc<Hooks>,
    /// The hooks whose sender reads text as it is.
    of_text: HashSet<String>,
    /// Those that take letters.
    served: HashSet<String>,
}

/// The listener of `[mail]`, and what stands behind it; nothing without the section.
///
/// # Errors
/// When its address cannot be listened on.
pub async fn open(
    config: &Config,
    hooks: &Arc<Hooks>,
) -> Result<Option<(Arc<TcpListener>, mail::Settings, Arc<dyn mail::Desk>)>, Failure> {
    let Some(mail) = &config.mail else { return Ok(None) };
    let listener = TcpListener::bind(mail.listen).await.map_err(|e| {
        Failure(format!("{} cannot be listened on for mail: {e}. Change `mail.listen`.", mail.listen))
    })?;
    let served: Vec<_> = config.served_hooks(mail.listen).collect();
    let of_text = served.iter().filter(|(_, hook)| hook.sender.name() == "text");
    let letters = Letters {
        hooks: hooks.clone(),
        of_text: of_text.map(|(name, _)| (*name).to_owned()).collect(),
        served: served.iter().map(|(name, _)| (*name).to_owned()).collect(),
    };
    let settings = mail::Settings {
        host: mail.host.clone(),
        letter_bytes_max: usize::try_from(mail.letter_bytes_max).unwrap_or(usize::MAX),
    };
    Ok(Some((Arc::new(listener), settings, Arc::new(letters))))
}

impl mail::Desk for Letters {
    fn admit(&self, recipient: &Recipient, from: IpAddr) -> Outcome {
        if !self.served.contains(&recipient.hook) {
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
        let body = if self.of_text.contains(&recipient.hook) { letter.as_text() } else { letter.as_json() };
        Box::pin(async move {
            match hooks.take_letter(&recipient.hook, &body, letter.key()).await {
                Ok(()) => Outcome::Taken,
                Err(refusal) if refusal.because == Because::Invalid => Outcome::Refused(refusal.why),
                Err(refusal) => Outcome::Later(refusal.why),
            }
        })
    }
}
