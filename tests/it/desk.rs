//! The desk on a real journal: what is answered is written, what is refused is not, whatever fails in between.

mod absence;
mod alerts;
mod evidence;
mod heartbeats;
mod masking;
mod merged;
mod names;
mod outbox;
mod parts;
mod playbooks;
mod rules;
mod timers;
mod words;
mod writing;
mod written;
