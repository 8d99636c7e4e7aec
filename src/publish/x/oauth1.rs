//! OAuth 1.0a request signatures with HMAC-SHA1 (RFC 5849), as X asks for in user context.

use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use reqwest::Url;
use sha1::Sha1;

use crate::config::secret::Secret;

/// RFC 5849 3.6: all but letters, digits and `-._~` is encoded.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The four parts of OAuth 1.0a user context.
#[derive(Debug, Clone)]
pub struct Keys {
    pub consumer_key: Secret,
    pub consumer_secret: Secret,
    pub token: Secret,
    pub token_secret: Secret,
}

/// Percent-encoding by RFC 5849 3.6.
pub fn encode(text: &str) -> String {
    percent_encode(text.as_bytes(), ENCODED).to_string()
}

/// The signature base string of RFC 5849 3.4.1. `params` are all of query, form body and `oauth_*`, decoded.
pub fn base_string(method: &str, url: &Url, params: &[(String, String)]) -> String {
    let mut pairs: Vec<(String, String)> = params.iter().map(|(k, v)| (encode(k), encode(v))).collect();
    pairs.sort();
    let joined: Vec<String> = pairs.iter().map(|(k, v)| format!("{k}={v}")).collect();
    let mut bare = url.clone();
    bare.set_query(None);
    bare.set_fragment(None);
    format!("{}&{}&{}", method.to_uppercase(), encode(bare.as_str()), encode(&joined.join("&")))
}

/// The signature, in base 64.
pub fn sign(base_string: &str, consumer_secret: &Secret, token_secret: &Secret) -> String {
    let key = format!("{}&{}", encode(consumer_secret.expose()), encode(token_secret.expose()));
    // HMAC takes a key of any length: the error cannot come.
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(key.as_bytes()) else { return String::new() };
    mac.update(base_string.as_bytes());
    BASE64_STANDARD.encode(mac.finalize().into_bytes())
}

/// The `Authorization` header of a request whose body is not a form. `timestamp` is in seconds of the epoch.
pub fn authorization(keys: &Keys, method: &str, url: &Url, nonce: &str, timestamp: i64) -> String {
    let own = [
        ("oauth_consumer_key", keys.consumer_key.expose().to_owned()),
        ("oauth_nonce", nonce.to_owned()),
        ("oauth_signature_method", "HMAC-SHA1".to_owned()),
        ("oauth_timestamp", timestamp.to_string()),
        ("oauth_token", keys.token.expose().to_owned()),
        ("oauth_version", "1.0".to_owned()),
    ];
    let mut params: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    params.extend(own.iter().map(|(k, v)| ((*k).to_owned(), v.clone())));
    let signature = sign(&base_string(method, url, &params), &keys.consumer_secret, &keys.token_secret);
    let parts: Vec<String> = own
        .iter()
        .map(|(k, v)| (*k, v.as_str()))
        .chain([("oauth_signature", signature.as_str())])
        .map(|(k, v)| format!("{k}=\"{}\"", encode(v)))
        .collect();
    format!("OAuth {}", parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_signed_as_in_the_example_of_x() {
        let file = "vectors/x_oauth1_hmac_sha1.json";
        let Some(file) = crate::specs::find("the example of X", file) else { return };
        let text = std::fs::read_to_string(file).unwrap();
        let vector: serde_json::Value = serde_json::from_str(&text).unwrap();
        let field = |name: &str| vector[name].as_str().unwrap();
        let params: Vec<(String, String)> = vector["params"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(k, v)| (k.clone(), v.as_str().unwrap().to_owned()))
            .collect();
        let base = base_string(field("method"), &Url::parse(field("url")).unwrap(), &params);
        assert_eq!(base, field("base_string"));
        assert_eq!(
            sign(&base, &field("consumer_secret").into(), &field("token_secret").into()),
            field("expected")
        );
    }

    #[test]
    fn the_header_carries_keys_but_never_their_secrets() {
        let keys = Keys {
            consumer_key: "ck".into(),
            consumer_secret: "cs-hidden".into(),
            token: "tk".into(),
            token_secret: "ts-hidden".into(),
        };
        let url = Url::parse("https://api.x.com/2/users/1/tweets?max_results=5").unwrap();
        let header = authorization(&keys, "GET", &url, "n", 1);
        assert!(header.starts_with("OAuth oauth_consumer_key=\"ck\", oauth_nonce=\"n\""));
        assert!(!header.contains("hidden") && !format!("{keys:?}").contains("hidden"));
    }
}
