//! Stateful models of services that cannot run beside us (Discord, Slack, Mattermost, X, Atlassian Statuspage,
//! PagerDuty, Opsgenie).
//!
//! They serve `serve --demo` and the tests: real HTTP and WebSocket servers on loopback with users, messages,
//! permissions and limits of their own. Each keeps a record of every request, which tests hold against the
//! official description of the service.
pub mod discord;
pub mod fault;
pub mod mattermost;
mod multipart;
#[cfg(test)]
pub(crate) mod official;
pub mod opsgenie;
pub mod pagerduty;
pub mod pagers;
pub mod recorder;
mod server;
pub mod slack;
mod stand;
pub mod statuspage;
pub mod x;
