//! Who calls the modelled X: OAuth 1.0a signatures and bearer tokens, checked as X checks them.

use axum::http::{HeaderMap, Method, Uri};
use chrono::{DateTime, Utc};
use percent_encoding::percent_decode_str;
use reqwest::Url;

use super::world::{Account, World};
use crate::{config::secret::Secret, publish::x::oauth1};

/// Requests signed longer ago (or further ahead) than this are refused.
const SKEW_S: i64 = 300;

/// The account that the request speaks for.
pub fn authenticate(
    world: &mut World,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    now: DateTime<Utc>,
) -> Option<Account> {
    let header = headers.get("authorization")?.to_str().ok()?;
    if let Some(token) = header.strip_prefix("Bearer ") {
        let token = Secret::new(token);
        return world
            .accounts
            .iter()
            .find(|a| !a.bearer_token.is_empty() && a.bearer_token == token)
            .cloned();
    }
    let fields = fields(header.strip_prefix("OAuth ")?)?;
    let field = |name: &str| fields.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
    if field("oauth_signature_method")? != "HMAC-SHA1" || field("oauth_version")? != "1.0" {
        return None;
    }
    let at: i64 = field("oauth_timestamp")?.parse().ok()?;
    if (now.timestamp() - at).abs() > SKEW_S {
        return None;
    }
    let (key, token) = (Secret::new(field("oauth_consumer_key")?), Secret::new(field("oauth_token")?));
    let account = world.accounts.iter().find(|a| a.api_key == key && a.access_token == token)?.clone();
    let url = Url::parse(&format!("http://{}{uri}", headers.get("host")?.to_str().ok()?)).ok()?;
    let mut params: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    params.extend(fields.iter().filter(|(name, _)| name != "oauth_signature").cloned());
    let base = oauth1::base_string(method.as_str(), &url, &params);
    let expected = oauth1::sign(&base, &account.api_key_secret, &account.access_token_secret);
    if Secret::new(expected) != Secret::new(field("oauth_signature")?) {
        return None;
    }
    // A nonce is good for one request.
    world.nonces.insert(field("oauth_nonce")?.to_owned()).then_some(account)
}

/// `a="b", c="d"`, decoded.
fn fields(header: &str) -> Option<Vec<(String, String)>> {
    header
        .split(',')
        .map(|part| {
            let (name, value) = part.trim().split_once('=')?;
            let value = value.strip_prefix('"')?.strip_suffix('"')?;
            let decode = |text: &str| Some(percent_decode_str(text).decode_utf8().ok()?.into_owned());
            Some((decode(name)?, decode(value)?))
        })
        .collect()
}
