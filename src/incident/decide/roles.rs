//! Roles: taken, offered, accepted, declined, relieved, released. And who is here.

use super::*;
use crate::incident::{
    alternates,
    sentence::{and, either},
    state::{ActionState, Assignment, Offer},
};

const HELD_MAX: usize = 500;

fn must_not_be_command(role: &Role) -> Result<(), Refusal> {
    if role.is_command() {
        return Err(Refusal::invalid(
            "Command is not a role like the others: it is handed over.",
            "Use `command offer NAME`, `command accept`, `command take`.",
        ));
    }
    Ok(())
}

/// Whoever has command stands in for nobody, and least of all for themselves.
fn must_not_be_own_deputy(
    incident: &Incident,
    role: &Role,
    to: &Person,
    scene: &Scene<'_>,
) -> Result<(), Refusal> {
    if role.rights() != "deputy" || !incident.has_command(to) {
        return Ok(());
    }
    let why = match to.id == scene.person.id {
        true => "You have command: nobody is their own deputy.".to_owned(),
        false => format!("{to} has command: nobody is their own deputy."),
    };
    Err(Refusal::conflict(why, format!("Offer it to somebody else: `role offer {} NAME`.", role.slug())))
}

/// What a role does, whom its holder reports to, who is next in line, what they may and must not, and its job aid; a trainee is
/// shown what the role that they learn is about, too. `then` is the incident once they have it.
fn checklist(then: &Incident, role: &Role, scene: &Scene<'_>) -> String {
    let words = scene.policy.words;
    let mut text = format!("{}.{}", role.shown(words), does(role));
    if let Some(above) = above(then, role, scene) {
        text.push_str(&format!("\nReports to: {above}."));
    }
    if let Some(next) = in_line(then, role, scene) {
        text.push_str(&format!("\nNext in line: {next}."));
    }
    text.push_str(&format!("\nMay: {}.{}{}", role.may(), barred(then, role, scene), aid(role)));
    if let Some(learnt) = role.learns(&scene.policy.roles) {
        text.push_str(&format!("\nYou learn: {}.{}{}", learnt.shown(words), does(&learnt), aid(&learnt)));
    }
    text
}

/// What the settings keep from whoever has it now, though the role would carry it.
fn barred(then: &Incident, role: &Role, scene: &Scene<'_>) -> String {
    let kind = then.kind();
    if !may(Standing::Holds(role), Verb::PublishPost, kind) {
        return String::new();
    }
    let refused = scene.policy.reserved.check(Verb::PublishPost, scene.person, kind);
    refused.err().map(|refusal| format!("\nBut {} {}", refusal.why, refusal.instead)).unwrap_or_default()
}

fn does(role: &Role) -> String {
    if role.does().is_empty() { String::new() } else { format!(" {}", role.does()) }
}

/// Whom somebody reports to by this role: the person, and as what. Nobody above who has command.
fn above(then: &Incident, role: &Role, scene: &Scene<'_>) -> Option<String> {
    let to = then.supervisor(scene.person)?;
    let is_theirs = |up: &Role| then.holders(up).iter().any(|one| one.id == to.id);
    let title = role.reports_to().filter(is_theirs).map(|up| up.shown(scene.policy.words));
    Some(match title {
        // A rule declared it, and nobody has come.
        Some(title) if to.id == Person::house().id => title,
        Some(title) => format!("{to} ({title})"),
        None => to.to_string(),
    })
}

/// Who could be asked for it after whoever has it, one after the other: `Cy, then Di`.
fn in_line(then: &Incident, role: &Role, scene: &Scene<'_>) -> Option<String> {
    let names: Vec<String> = alternates::of(then, scene.policy, role).map(Person::to_string).collect();
    (!names.is_empty()).then(|| names.join(", then "))
}

/// What it must not, and its steps, a line each.
fn aid(role: &Role) -> String {
    let must_not = match role.must_not() {
        "" => String::new(),
        must_not => format!("\nMust not: {must_not}"),
    };
    must_not + &role.checklist().iter().map(|step| format!("\n  - {step}")).collect::<String>()
}

/// What whoever comes to have command is told of it, behind the sentence that says so.
pub(super) fn steps(role: &Role) -> String {
    format!("\n{}{}", role.does(), aid(role))
}

/// Who comes after whoever is given command now: the deputies, then those whom the settings name.
pub(super) fn heirs(incident: &Incident, scene: &Scene<'_>) -> String {
    let deputies = incident.roles.iter().filter(|held| held.role.rights() == "deputy");
    let deputies = deputies.map(|held| (&held.person, Some(held.role.shown(scene.policy.words))));
    let ic = Role::ic();
    let named = alternates::of(incident, scene.policy, &ic).map(|one| (one, None));
    in_line_for_command(deputies.chain(named), scene)
}

/// The same of an incident that is being declared: nobody has a role in it yet.
pub(super) fn heirs_at_declaration(circle: Option<&[Person]>, scene: &Scene<'_>) -> String {
    let named = scene.policy.alternates.get(Role::ic().slug()).into_iter().flatten();
    let may_see = |one: &&Person| circle.is_none_or(|circle| circle.iter().any(|seer| seer.id == one.id));
    in_line_for_command(named.filter(may_see).map(|one| (one, None)), scene)
}

fn in_line_for_command<'p>(
    people: impl Iterator<Item = (&'p Person, Option<String>)>,
    scene: &Scene<'_>,
) -> String {
    let mut known = BTreeSet::from([scene.person.id.clone()]);
    let names: Vec<String> = people
        .filter(|(one, _)| known.insert(one.id.clone()))
        .map(|(one, title)| title.map_or_else(|| one.to_string(), |title| format!("{one} ({title})")))
        .collect();
    match names.as_slice() {
        [] => "\nNobody is next in line for command: `role offer deputy NAME`.".to_owned(),
        some => format!("\nNext in line for command: {}.", some.join(", then ")),
    }
}

fn holds_already(role: &Role, scene: &Scene<'_>) -> Refusal {
    Refusal::conflict(
        format!("You are {} already.", role.shown(scene.policy.words)),
        format!("To give it up: `role release {}`.", role.slug()),
    )
}

pub(super) fn take(incident: &Incident, role: &Role, scene: &Scene<'_>) -> Ruling {
    must_not_be_command(role)?;
    room_for("role holders", incident.roles.len(), HELD_MAX)?;
    let me = scene.person;
    must_not_be_own_deputy(incident, role, me, scene)?;
    if incident.roles.iter().any(|held| held.role == *role && held.person.id == me.id) {
        return Err(holds_already(role, scene));
    }
    if incident.is_full(role) {
        let or = if role.holders_max() == Some(1) { ", or offer it to you" } else { "" };
        return Err(full(incident, role, or, scene));
    }
    let then = once_held(incident, role, scene);
    Ok(Decision::one(
        Event::RoleAccepted { role: role.clone(), by: me.clone() },
        format!("{me} is {}{}", checklist(&then, role, scene), follows(incident, &then, role, scene)),
    ))
}

fn full(incident: &Incident, role: &Role, or: &str, scene: &Scene<'_>) -> Refusal {
    let holders: Vec<Person> = incident.given(role.slug()).cloned().collect();
    let are = if holders.len() == 1 { "is" } else { "are" };
    Refusal::conflict(
        format!("{} {are} {}.", and(&holders), role.shown(scene.policy.words)),
        format!("{} can `role relieve {}` first{or}.", incident.commander, role.slug()),
    )
}

/// What comes of it that whoever has the role now is told.
fn follows(incident: &Incident, then: &Incident, role: &Role, scene: &Scene<'_>) -> String {
    advice(then, scene) + &ended_offers(incident, role, scene)
}

/// The incident as it is once they have the role: of one that is for one alone, whoever had it has it no more.
fn once_held(incident: &Incident, role: &Role, scene: &Scene<'_>) -> Incident {
    let mut then = incident.clone();
    if role.holders_max() == Some(1) {
        then.roles.retain(|held| held.role != *role);
    }
    then.roles.push(Assignment { role: role.clone(), person: scene.person.clone(), since: scene.now });
    then
}

/// A role that is full now is on offer to nobody else any more.
fn ended_offers(incident: &Incident, role: &Role, scene: &Scene<'_>) -> String {
    let held = incident.given(role.slug()).count();
    if role.holders_max().is_none_or(|max| max > 1 && held + 1 < max) {
        return String::new();
    }
    let others = incident.offers.iter().filter(|offer| offer.role == *role && offer.to.id != scene.person.id);
    let others: Vec<Person> = others.map(|offer| offer.to.clone()).collect();
    match others.as_slice() {
        [] => String::new(),
        [one] => format!("\nThe offer to {one} has ended."),
        some => format!("\nThe offers to {} have ended.", and(some)),
    }
}

/// Span of control is a guideline: said, never enforced.
fn advice(then: &Incident, scene: &Scene<'_>) -> String {
    then.supervisor(scene.person)
        .map_or_else(String::new, |to| accountability::span_of_control(then, to, scene))
}

/// Nobody is asked by themselves: what they hold they are told, what is free they take.
pub(super) fn to_oneself(incident: &Incident, role: &Role, scene: &Scene<'_>) -> Refusal {
    let free =
        must_not_be_command(role).and_then(|()| must_not_be_own_deputy(incident, role, scene.person, scene));
    if let Err(refusal) = free {
        return refusal;
    }
    if incident.roles.iter().any(|held| held.role == *role && held.person.id == scene.person.id) {
        return holds_already(role, scene);
    }
    Refusal::invalid(
        "A role is offered to somebody else.",
        format!("Take it yourself: `role take {}`.", role.slug()),
    )
}

pub(super) fn offer(incident: &Incident, role: &Role, to: &Person, scene: &Scene<'_>) -> Ruling {
    must_not_be_command(role)?;
    must_not_be_own_deputy(incident, role, to, scene)?;
    room_for("open offers", incident.offers.len(), HELD_MAX)?;
    if incident.roles.iter().any(|held| held.role == *role && held.person.id == to.id) {
        let title = role.shown(scene.policy.words);
        return Err(Refusal::conflict(format!("{to} is {title} already."), "Nothing to do."));
    }
    let is_same =
        |offer: &&Offer| offer.role == *role && offer.to.id == to.id && scene.now < offer.expires_at;
    if let Some(open) = incident.offers.iter().find(is_same) {
        let (title, slug) = (role.shown(scene.policy.words), role.slug());
        return Err(Refusal::conflict(
            format!("{title} is on offer to {to} already, until {}.", dated(open.expires_at)),
            format!("{to} answers it: `role accept {slug}` or `role decline {slug}`."),
        ));
    }
    let expires_at = scene.now + Duration::minutes(2 * i64::from(scene.policy.offer_expires_minutes));
    Ok(Decision::one(
        Event::RoleOffered { role: role.clone(), to: to.clone(), expires_at },
        format!(
            "{} is offered to {to}, until {}. {to}: `role accept` or `role decline`.",
            role.shown(scene.policy.words),
            dated(expires_at)
        ),
    ))
}

fn my_offer<'a>(
    incident: &'a Incident,
    role: Option<&Role>,
    scene: &Scene<'_>,
) -> Result<&'a Offer, Refusal> {
    let mine: Vec<_> = incident
        .offers
        .iter()
        .filter(|offer| offer.to.id == scene.person.id && role.is_none_or(|role| *role == offer.role))
        .collect();
    match mine.as_slice() {
        [offer] => Ok(offer),
        [] => Err(Refusal::conflict(
            format!("No role is on offer to {}.", scene.person),
            "To take one that is free: `role take pio`.",
        )),
        many => {
            let roles: Vec<_> = many.iter().map(|offer| offer.role.slug()).collect();
            Err(Refusal::invalid(
                format!("Several roles are on offer to you: {}.", roles.join(", ")),
                format!("Say which: `role accept {}`.", roles[0]),
            ))
        }
    }
}

pub(super) fn accept(incident: &Incident, role: Option<&Role>, scene: &Scene<'_>) -> Ruling {
    let offer = my_offer(incident, role, scene)?;
    if scene.now >= offer.expires_at {
        return Err(Refusal::conflict(
            format!("The offer ran out at {}.", dated(offer.expires_at)),
            format!("`role take {}` if it is still free.", offer.role.slug()),
        ));
    }
    must_not_be_own_deputy(incident, &offer.role, scene.person, scene)?;
    let mut events = Vec::new();
    if offer.role.holders_max() == Some(1) {
        events.extend(incident.roles.iter().filter(|held| held.role == offer.role).map(|held| {
            Event::RoleRelieved {
                role: held.role.clone(),
                person: held.person.clone(),
                reason: format!("taken over by {}", scene.person),
            }
        }));
    }
    if events.is_empty() && incident.is_full(&offer.role) {
        return Err(full(incident, &offer.role, "", scene));
    }
    events.push(Event::RoleAccepted { role: offer.role.clone(), by: scene.person.clone() });
    let then = once_held(incident, &offer.role, scene);
    Ok(Decision::many(
        events,
        format!(
            "{} is {}{}",
            scene.person,
            checklist(&then, &offer.role, scene),
            follows(incident, &then, &offer.role, scene)
        ),
    ))
}

pub(super) fn decline(incident: &Incident, role: Option<&Role>, reason: &str, scene: &Scene<'_>) -> Ruling {
    let offer = my_offer(incident, role, scene)?;
    let reason = optional_text("reason", reason, scene)?;
    let next = alternates::after(incident, scene.policy, &offer.role, scene.person).cloned();
    let after = next_in_line(next.as_ref());
    Ok(Decision::one(
        Event::RoleDeclined { role: offer.role.clone(), by: scene.person.clone(), reason, next },
        format!("Declined: {} is still to be filled.{after}", offer.role.shown(scene.policy.words)),
    ))
}

/// What whoever declines is told of who comes after them.
pub(super) fn next_in_line(next: Option<&Person>) -> String {
    next.map_or_else(String::new, |next| format!(" Next in line: {next}."))
}

pub(super) fn relieve(
    incident: &Incident,
    role: &Role,
    person: Option<&Person>,
    reason: &str,
    scene: &Scene<'_>,
) -> Ruling {
    must_not_be_command(role)?;
    let reason = optional_text("reason", reason, scene)?;
    let title = role.shown(scene.policy.words);
    let holders: Vec<Person> = incident.given(role.slug()).cloned().collect();
    if person.is_none() && holders.len() > 1 {
        return Err(Refusal::invalid(
            format!("{} are {title}.", and(&holders)),
            format!("Say whose part ends: `role relieve {} NAME`.", role.slug()),
        ));
    }
    let held = incident
        .roles
        .iter()
        .find(|held| held.role == *role && person.is_none_or(|person| held.person.id == person.id))
        .ok_or_else(|| {
            let whom = person.map_or_else(|| "Nobody".to_owned(), Person::to_string);
            let not = if person.is_some() { " not" } else { "" };
            Refusal::conflict(format!("{whom} is{not} {title}."), "See who is what: `role list`.")
        })?;
    Ok(Decision::one(
        Event::RoleRelieved { role: role.clone(), person: held.person.clone(), reason },
        format!("{} is relieved as {title}; {} answers for it now.", held.person, up_from(incident, role)),
    ))
}

fn up_from<'a>(incident: &'a Incident, role: &Role) -> &'a Person {
    role.reports_to().map_or(&incident.commander, |up| incident.who_is(&up))
}

pub(super) fn release(incident: &Incident, role: &Role, scene: &Scene<'_>) -> Ruling {
    must_not_be_command(role)?;
    let title = role.shown(scene.policy.words);
    if !incident.roles.iter().any(|held| held.role == *role && held.person.id == scene.person.id) {
        return Err(Refusal::conflict(format!("You are not {title}."), "See who is what: `role list`."));
    }
    Ok(Decision::one(
        Event::RoleReleased { role: role.clone(), person: scene.person.clone() },
        format!("You are no longer {title}; {} answers for it now.", up_from(incident, role)),
    ))
}

pub(super) fn list(incident: &Incident, scene: &Scene<'_>) -> String {
    let words = scene.policy.words;
    let mut lines = vec![format!(
        "{}: {} (since {})",
        incident.command_title(words),
        incident.command_words(),
        dated(incident.commander_since)
    )];
    for held in &incident.roles {
        lines.push(format!("{}: {} (since {})", held.role.shown(words), held.person, dated(held.since)));
    }
    for offer in &incident.offers {
        lines.push(format!(
            "{}: offered to {} until {}",
            offer.role.shown(words),
            offer.to,
            dated(offer.expires_at)
        ));
    }
    if let Some(offer) = &incident.command_offer {
        lines.push(format!("Command is offered to {} until {}", offer.to, dated(offer.expires_at)));
    }
    lines.push(format!("Every other role is held by {}.", incident.commander));
    lines.join("\n")
}

pub(super) fn crew(incident: &Incident, scene: &Scene<'_>) -> String {
    let here = incident.present();
    if here.is_empty() {
        return format!("Nobody has checked in to {}. To do so: `checkin`.", incident.id);
    }
    let line = |one: &&Person| {
        let roles = incident.roles_of(one);
        let roles: Vec<_> = roles.iter().map(|role| role.shown(scene.policy.words)).collect();
        let since = incident.participants.get(&one.id).and_then(|part| part.checked_in);
        let since = since.map(|at| format!(", here since {}", dated(at))).unwrap_or_default();
        let part = if roles.is_empty() { String::new() } else { format!(" – {}", roles.join(", ")) };
        format!("{one}{part}{since}")
    };
    let mut lines: Vec<String> = here.iter().map(line).collect();
    if let Some(circle) = &incident.restricted {
        let mut let_in = incident.circle_people().unwrap_or_default();
        let_in.retain(|one| one.id != Person::house().id && here.iter().all(|known| known.id != one.id));
        let others = match let_in.as_slice() {
            [] => "nobody sees it".to_owned(),
            [one] => format!("only {one} sees it"),
            several => format!("only {} see it", and(several)),
        };
        lines.push(format!("Restricted by {}. Besides those above, {others}.", circle.by));
    }
    lines.join("\n")
}

const PARTICIPANTS_MAX: usize = 1_000;

pub(super) fn check_in(incident: &Incident, who: Option<&Person>, note: &str, scene: &Scene<'_>) -> Ruling {
    room_for("participants", incident.participants.len(), PARTICIPANTS_MAX)?;
    let who = who.unwrap_or(scene.person);
    let here = incident.participants.get(&who.id);
    if here.is_some_and(|p| p.checked_in.is_some() && p.checked_out.is_none()) {
        return Err(Refusal::conflict(format!("{who} is checked in already."), "To leave: `checkout`."));
    }
    let note = optional_text("note", note, scene)?;
    Ok(Decision::one(
        Event::CheckedIn { who: who.clone(), note },
        format!("{who} is checked in. {} is in command; `status` has the rest.", incident.commander),
    ))
}

pub(super) fn check_out(incident: &Incident, who: Option<&Person>, note: &str, scene: &Scene<'_>) -> Ruling {
    let who = who.unwrap_or(scene.person);
    // Who has a role is here by it, without a word more.
    let is_here = incident.present().iter().any(|one| one.id == who.id)
        || incident.roles.iter().any(|held| held.person.id == who.id);
    if !is_here {
        return Err(Refusal::conflict(format!("{who} is not checked in."), "Nothing to do."));
    }
    if incident.phase.is_active() && incident.commander.id == who.id {
        return Err(Refusal::conflict(
            format!("{who} is in command."),
            "Hand command over first: `command offer NAME`. No incident is without a commander.",
        ));
    }
    super::unified::check_separates(incident, who, scene)?;
    let open: Vec<_> =
        incident.open_tasks().filter(|task| task.is_of(who)).map(|task| format!("#{}", task.n)).collect();
    if !open.is_empty() {
        return Err(Refusal::conflict(
            format!("{who} still has open tasks: {}.", open.join(", ")),
            "Report them, or have them assigned to somebody else.",
        ));
    }
    let open: Vec<_> = incident
        .open_actions()
        .filter(|action| action.by.id == who.id)
        .map(|action| action.n.to_string())
        .collect();
    if !open.is_empty() {
        return Err(Refusal::conflict(
            format!("{who} still has open actions: {}.", open.join(", ")),
            "Report them (`action done N RESULT`) or drop them (`action drop N REASON`) first.",
        ));
    }
    let note = optional_text("note", note, scene)?;
    let mut events: Vec<Event> = incident
        .roles
        .iter()
        .filter(|held| held.person.id == who.id)
        .map(|held| Event::RoleReleased { role: held.role.clone(), person: who.clone() })
        .collect();
    if incident.joined.iter().any(|one| one.person.id == who.id) {
        events.push(Event::CommandSeparated { who: who.clone(), reason: "checked out".into() });
    }
    events.push(Event::CheckedOut { who: who.clone(), note });
    Ok(Decision::many(events, format!("{who} is checked out. Thank you.{}", given_up(incident, who, scene))))
}

/// The roles that end as somebody leaves, each with who answers for it then, and the actions that wait for another's go.
fn given_up(incident: &Incident, who: &Person, scene: &Scene<'_>) -> String {
    let mut left = incident.clone();
    left.roles.retain(|held| held.person.id != who.id);
    let ended = incident.roles.iter().filter(|held| held.person.id == who.id).map(|held| {
        let (title, up) = (held.role.shown(scene.policy.words), up_from(&left, &held.role));
        format!(" {who} is no longer {title}; {up} answers for it now.")
    });
    let waiting = incident.open_actions().filter(|action| {
        action.state == ActionState::Waiting
            && incident.who_clears(&action.by).iter().any(|one| one.id == who.id)
    });
    let waiting = waiting.map(|action| match left.who_clears(&action.by).as_slice() {
        [] => format!(" Action {} ({}) waits for a go, and nobody is here to give it.", action.n, action.by),
        asked => format!(" Action {} ({}) waits for the go of {} now.", action.n, action.by, either(asked)),
    });
    ended.chain(waiting).collect()
}
