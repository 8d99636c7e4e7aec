//! Command, roles, and who is here.

use chrono::{DateTime, Utc};

use super::*;

impl Incident {
    pub(super) fn give_command(&mut self, to: &Person, at: DateTime<Utc>) {
        self.command_offer = None;
        self.executive_question = None;
        self.silence.unanswered = None;
        if self.commander.id != to.id {
            // Whoever hands over is here until they check out.
            if let Some(former) = self.participants.get_mut(&self.commander.id) {
                former.checked_in.get_or_insert(at);
            }
            self.pass_token(to, at);
        }
        self.is_no_deputy(to);
        self.unify();
    }

    pub(super) fn ask_executive(&mut self, entry: &Entry) {
        let (seq, to, at) = (entry.seq, entry.actor.person.clone(), entry.occurred_at);
        self.executive_asked = Some(at);
        self.executive_question = Some(ExecutiveQuestion { seq, to, at });
    }

    pub(super) fn offer_command(
        &mut self,
        from: &Person,
        to: &Person,
        expires_at: DateTime<Utc>,
        briefing_sections: u8,
    ) {
        self.command_offer =
            Some(Offer { role: Role::ic(), to: to.clone(), by: from.clone(), expires_at, briefing_sections });
    }

    pub(super) fn offer_role(&mut self, role: &Role, to: &Person, expires_at: DateTime<Utc>, entry: &Entry) {
        self.offers.retain(|offer| !(offer.role == *role && offer.to.id == to.id));
        self.offers.push(Offer {
            role: role.clone(),
            to: to.clone(),
            by: entry.actor.person.clone(),
            expires_at,
            briefing_sections: 0,
        });
    }

    pub(super) fn give_role(&mut self, role: &Role, to: &Person, at: DateTime<Utc>) {
        if role.holders_max() == Some(1) {
            self.roles.retain(|held| held.role != *role);
        }
        self.roles.retain(|held| !(held.role == *role && held.person.id == to.id));
        self.roles.push(Assignment { role: role.clone(), person: to.clone(), since: at });
        self.answer_executive(to);
        let is_full = self.is_full(role);
        self.offers.retain(|offer| offer.role != *role || !is_full && offer.to.id != to.id);
        self.unify();
    }

    pub(super) fn check_in(&mut self, who: &Person, entry: &Entry) {
        self.see(who, entry);
        if let Some(participant) = self.participants.get_mut(&who.id) {
            participant.checked_in = Some(entry.occurred_at);
            participant.checked_out = None;
        }
    }

    pub(super) fn check_out(&mut self, who: &Person, at: DateTime<Utc>) {
        if let Some(participant) = self.participants.get_mut(&who.id) {
            participant.checked_out = Some(at);
        }
        // Who is gone leads nobody.
        self.reports_to.retain(|id, to| *id != who.id && to.id != who.id);
        self.unify();
    }

    pub(super) fn call_roll(&mut self, asked: &[Person], due_at: DateTime<Utc>, entry: &Entry) {
        self.roll_call = Some(RollCall {
            seq: entry.seq,
            by: entry.actor.person.clone(),
            asked: asked.to_vec(),
            answered: vec![],
            due_at,
        });
    }

    pub(super) fn ask_for_help(&mut self, by: &Person, asked: &[Person], at: DateTime<Utc>) {
        let mut all = match self.assist.take() {
            Some(before) if before.by.id == by.id && at - before.at < ASSIST_ANEW => before.asked,
            _ => vec![],
        };
        all.extend(asked.iter().cloned());
        self.assist = Some(Assist { by: by.clone(), at, asked: all });
    }
}
