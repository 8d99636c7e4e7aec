//! A step of a playbook that says its words: in the name of whoever asks, and then it is ticked.

use std::sync::Arc;

use super::{Along, Answer, Caller, Desk, Instead, submit::scene, words::Resolve};
use crate::{
    grammar::{self, Spoken},
    incident::{
        command::Command,
        decide,
        id::IncidentId,
        refusal::{Because, Refusal},
    },
    mask::Masked,
};

impl Desk {
    /// Says the words of a step and ticks it. Who may not tick it says nothing; words that are refused tick nothing.
    ///
    /// # Errors
    /// A [`Refusal`]: of the step, or of its words.
    pub(super) async fn run_step(
        self: &Arc<Self>,
        caller: Caller,
        id: IncidentId,
        step: &str,
        mut words: String,
        once: Option<String>,
        resolve: &Resolve,
    ) -> Result<Answer, Refusal> {
        Masked::default().mask(&mut words);
        let asked = format!("{id} playbook run {step} {words}");
        if let Some(answer) = self.answered(once.as_deref(), &asked).await? {
            return Ok(answer);
        }
        let incident = self.seen_by(&caller.person).incident(id).await?;
        let said_before = match &once {
            Some(key) => self.journal.answered(&said_under(key)).await.map_err(super::refuse)?.is_some(),
            None => false,
        };
        let settings = self.settings();
        let scene = scene(&caller, &settings, incident.time_at(self.world.now()), None);
        let say = decide::to_say(&incident, step, &words, &scene)?;
        let command = match grammar::parse(&say, &**resolve, &settings.policy)?.naming(&**resolve) {
            Spoken::On { target, command } if target.is_none_or(|target| target == id) => command,
            _ => {
                return Err(Refusal::invalid(
                    format!("«{say}» is not about {id} alone."),
                    format!("Say it yourself, then `playbook done {step}`."),
                ));
            }
        };
        let reply = if !said_before && decide::is_so(&incident, &command, &caller.person) {
            format!("«{say}» is so already.")
        } else {
            let along = Along { once: once.as_deref().map(said_under), ..Along::default() };
            self.submit(caller.clone(), id, command, along).await?.text
        };
        // What a step without a blank is given besides is its result.
        let has_blank = incident.steps_named(step).iter().any(|place| place.step.has_blank());
        let result = if has_blank {
            String::new()
        } else {
            grammar::name_people(&mut words, &**resolve);
            words
        };
        let tick = Command::TickStep { step: step.to_owned(), result };
        let reply = format!("{reply}\nStep {step} is done.");
        let instead = Some(Instead { asked, reply: reply.clone() });
        match self.submit(caller, id, tick, Along { once, instead, ..Along::default() }).await {
            // Somebody ticked it in the same moment; its words are said all the same.
            Err(refusal) if refusal.because == Because::Conflict => {
                Ok(Answer { text: reply, incident: Some(id), ..Answer::default() })
            }
            done => done,
        }
    }
}

/// The key of the words, beside that of the whole.
fn said_under(key: &str) -> String {
    format!("{key}/said")
}
