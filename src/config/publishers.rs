//! The settings of what the public reads: the built-in status page, X, Statuspage.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use super::shape::in_order;
use super::{Secret, text};
use crate::post::{PublicPhase, wording};

/// `[status_page]`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(transform = in_order::<StatusPage>)]
pub struct StatusPage {
    /// The page's heading.
    #[schemars(extend("format" = "name"))]
    pub title: String,
    /// The parts of the service whose state is shown, in this order: a list of `{ name, description, group }`, or one
    /// `[[status_page.components]]` each.
    pub components: Vec<Component>,
    /// Days for which a resolved incident stays on the page.
    #[schemars(range(min = 0, max = 3650))]
    pub show_incident_days: u32,
}

impl Default for StatusPage {
    fn default() -> Self {
        StatusPage { title: "Status".to_owned(), components: Vec::new(), show_incident_days: 14 }
    }
}

/// `[[status_page.components]]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = in_order::<Component>)]
pub struct Component {
    /// The name that the public reads; each once.
    #[schemars(extend("format" = "name", "x-example" = "Checkout"))]
    pub name: String,
    /// A line about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = "Carts and payments"))]
    pub description: Option<String>,
    /// The heading below which it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "name", "x-example" = "Shop"))]
    pub group: Option<String>,
}

/// `[templates]`: handlebars, fenced as `post::wording` says.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(transform = in_order::<Templates>)]
pub struct Templates {
    /// Posts on X. What comes of it must fit in the 280 characters that X counts.
    pub x: Template,
    /// Updates on Atlassian Statuspage.
    pub statuspage: Template,
    /// Updates on the built-in status page, which shows title, phase and components beside them.
    pub page: Template,
}

impl Default for Templates {
    fn default() -> Self {
        Templates {
            x: Template::of(wording::X),
            statuspage: Template::of(wording::STATUSPAGE),
            page: Template::of(wording::PAGE),
        }
    }
}

/// `[templates.x]` and its like.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = in_order::<Template>)]
pub struct Template {
    /// How an update is worded, of the fields `text`, `title`, `phase`, `impact`, `incident`, `link`, `correction`,
    /// `next_update_minutes` and `components`.
    #[schemars(extend("format" = "template"))]
    pub body: String,
    /// How it is worded while the public phase is «investigating», if otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "template", "x-example" = "We are looking into it. {{text}}"))]
    pub investigating: Option<String>,
    /// The same for «identified».
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "template", "x-example" = "We know the cause. {{text}}"))]
    pub identified: Option<String>,
    /// The same for «monitoring».
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "template", "x-example" = "A fix is in place. {{text}}"))]
    pub monitoring: Option<String>,
    /// The same for «resolved».
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "template", "x-example" = "It is over. {{text}}"))]
    pub resolved: Option<String>,
}

impl Template {
    fn of(body: &str) -> Self {
        Template {
            body: body.to_owned(),
            investigating: None,
            identified: None,
            monitoring: None,
            resolved: None,
        }
    }

    fn phases(&self) -> [(PublicPhase, Option<&String>); 4] {
        [
            (PublicPhase::Investigating, self.investigating.as_ref()),
            (PublicPhase::Identified, self.identified.as_ref()),
            (PublicPhase::Monitoring, self.monitoring.as_ref()),
            (PublicPhase::Resolved, self.resolved.as_ref()),
        ]
    }
}

impl Templates {
    /// As `post::wording` takes them, by destination.
    pub fn sources(&self) -> BTreeMap<String, wording::Templates> {
        [("x", &self.x), ("statuspage", &self.statuspage), ("page", &self.page)]
            .map(|(name, one)| {
                let of_phase = one
                    .phases()
                    .into_iter()
                    .filter_map(|(phase, text)| Some((phase, text?.clone())))
                    .collect();
                (name.to_owned(), wording::Templates { body: one.body.clone(), of_phase })
            })
            .into()
    }
}

/// `[x]`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = in_order::<X>)]
pub struct X {
    /// OAuth 2.0 user access token. X lets one expire after two hours, and it is not renewed here: the four of OAuth 1.0a
    /// do not expire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bearer_token: Option<Secret>,
    /// File that holds the bearer token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "secret-file", "x-example" = "/run/secrets/x-bearer"))]
    pub bearer_token_file: Option<PathBuf>,
    /// OAuth 1.0a consumer key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key: Option<Secret>,
    /// File that holds the consumer key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "secret-file", "x-example" = "/run/secrets/x-api-key"))]
    pub api_key_file: Option<PathBuf>,
    /// OAuth 1.0a consumer secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_secret: Option<Secret>,
    /// File that holds the consumer secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "secret-file", "x-example" = "/run/secrets/x-api-secret"))]
    pub api_secret_file: Option<PathBuf>,
    /// OAuth 1.0a access token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_token: Option<Secret>,
    /// File that holds the access token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "secret-file", "x-example" = "/run/secrets/x-access-token"))]
    pub access_token_file: Option<PathBuf>,
    /// OAuth 1.0a access token secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_token_secret: Option<Secret>,
    /// File that holds the access token secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "secret-file", "x-example" = "/run/secrets/x-access-token-secret"))]
    pub access_token_secret_file: Option<PathBuf>,
    /// The account's name without `@`. Links to its posts carry it; without it they lead there all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "handle", "x-example" = "example_status"))]
    pub handle: Option<String>,
    /// Accounts that posts may mention, without `@`. A draft that mentions another is refused: it would tell a stranger.
    #[serde(default)]
    #[schemars(extend("x-item-format" = "handle"))]
    pub mentions: Vec<String>,
    /// Where X's API is reached.
    #[serde(default = "x_url", serialize_with = "text::serialize", deserialize_with = "text::deserialize")]
    #[schemars(with = "String", extend("format" = "service-url"))]
    pub base_url: Url,
}

/// `[statuspage]`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = in_order::<Statuspage>)]
pub struct Statuspage {
    /// The key of the manage API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key: Option<Secret>,
    /// File that holds the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "secret-file", "x-example" = "/run/secrets/statuspage"))]
    pub api_key_file: Option<PathBuf>,
    /// The page's id.
    #[schemars(extend("format" = "path-part", "x-example" = "kctbh9vrtdwd"))]
    pub page_id: String,
    /// Where the manage API is reached.
    #[serde(
        default = "statuspage_url",
        serialize_with = "text::serialize",
        deserialize_with = "text::deserialize"
    )]
    #[schemars(with = "String", extend("format" = "service-url"))]
    pub base_url: Url,
    /// Whether the page's subscribers are told of each post.
    #[serde(default = "yes")]
    pub notify_subscribers: bool,
}

fn x_url() -> Url {
    parsed("https://api.x.com")
}

fn statuspage_url() -> Url {
    parsed("https://api.statuspage.io")
}

/// An address written in this program.
#[allow(clippy::expect_used, reason = "the defaults are read by every test of the settings")]
pub(super) fn parsed(url: &'static str) -> Url {
    Url::parse(url).expect("a constant of ours")
}

fn yes() -> bool {
    true
}
