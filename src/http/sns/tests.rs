//! Messages that a key of our own signed, in the place of Amazon's.

use ring::{
    rand::SystemRandom,
    signature::{RSA_PKCS1_SHA256, RsaKeyPair},
};
use rustls::pki_types::PrivatePkcs8KeyDer;
use serde_json::{Value, json};

use super::*;

const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:alarms";
const CERTIFICATE: &str = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a1b.pem";
const SUBSCRIBE: &str = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t";
/// By `openssl dgst -sha1 -sign own.key.pem`, over [`notification`].
const SHA1: &str = "ax1DuoJ2WICB+aCh7yEJGV4DGihUDrU9jQZvu7z75Ix+1Xbrr3Sa4AXU/IjaiIs9lD9eTbeujf1xJqW4vUrw+jf5Xpz3OhxN9T8V2YxDFtmxzArOEylcLG2EGXc29KGfO4PUaZwjYE+8y3OhUENbqF1o6jz6CyzqVh3VT6+28AWN8ZwLtAm44Aj+PTy5Yzk0PMAgKNr7ayjbGRzKgk+DCxobp04kh+FMCmWascadDADjA7oGZC7XWEQ7CHV3NP/Xa0Q7Wau9vI7AuKUjGvKouCaCY5OKp06Gu9ggBUHdpxqlxllsv0XZipQoQrzB+BZBHfi690xClRH5lrWD8ZBQtQ==";

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_205_600, 0).unwrap()
}

fn notification() -> Value {
    json!({"Type": "Notification", "MessageId": "m-1", "TopicArn": TOPIC, "Subject": "ALARM", "Message": "disk is full",
        "Timestamp": "2026-11-20T20:13:09.000Z", "SignatureVersion": "2", "SigningCertURL": CERTIFICATE})
}

fn confirmation() -> Value {
    let mut message = notification();
    message["Type"] = json!("SubscriptionConfirmation");
    message["Token"] = json!("t");
    message["SubscribeURL"] = json!(SUBSCRIBE);
    message.as_object_mut().unwrap().remove("Subject");
    message
}

/// Signed by our own key, version 2.
fn signed(mut message: Value) -> Value {
    let key = PrivatePkcs8KeyDer::from_pem_slice(include_bytes!("own.key.pem")).unwrap();
    let key = RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()).unwrap();
    message["Signature"] = json!("");
    let envelope: Envelope = serde_json::from_value(message.clone()).unwrap();
    let mut signature = vec![0; key.public().modulus_len()];
    let text = envelope.signed().unwrap();
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
    message["Signature"] = json!(STANDARD.encode(signature));
    message
}

/// What was asked for, and an Amazon that has our certificate.
fn house() -> (Sns, Arc<Mutex<Vec<String>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = asked.clone();
    let fetch: Fetch = Arc::new(move |url| {
        seen.lock().unwrap().push(url.to_string());
        Box::pin(async move {
            match url.path().ends_with(".pem") {
                true => Ok(include_bytes!("own.pem").to_vec()),
                false => Ok(b"<ConfirmSubscriptionResponse/>".to_vec()),
            }
        })
    });
    (Sns::new(vec![TOPIC.into()], fetch), asked)
}

async fn hear(sns: &Sns, message: &Value) -> Result<Heard, Doubt> {
    sns.hear(message.to_string().as_bytes(), now()).await
}

#[tokio::test]
async fn what_is_rightly_signed_in_either_version_is_taken_and_the_certificate_is_fetched_once() {
    let (sns, asked) = house();
    let message = Ok(Heard::Message { id: "m-1".into() });
    assert_eq!(hear(&sns, &signed(notification())).await, message);
    let mut old = notification();
    old["SignatureVersion"] = json!("1");
    old["Signature"] = json!(SHA1);
    assert_eq!(hear(&sns, &old).await, message);
    assert_eq!(*asked.lock().unwrap(), [CERTIFICATE]);
    let later = now() + KEPT + Duration::hours(1);
    let stale = sns.hear(signed(notification()).to_string().as_bytes(), later).await;
    assert!(matches!(stale, Err(Doubt::Stale(_))), "{stale:?}");
    assert_eq!(asked.lock().unwrap().len(), 2, "once a day");
}

#[tokio::test]
async fn nothing_that_is_signed_may_differ() {
    let (sns, _) = house();
    for field in ["Message", "MessageId", "Subject", "Timestamp", "Type", "Signature"] {
        let mut message = signed(notification());
        message[field] = match field {
            "Timestamp" => json!("2026-11-20T20:13:10.000Z"),
            "Type" => json!("UnsubscribeConfirmation"),
            _ => json!("other"),
        };
        assert!(hear(&sns, &message).await.is_err(), "{field}");
    }
    let mut without = signed(notification());
    without.as_object_mut().unwrap().remove("Subject");
    assert_eq!(hear(&sns, &without).await, Err(Doubt::Forged));
    let mut other = signed(notification());
    other["SignatureVersion"] = json!("1");
    assert_eq!(hear(&sns, &other).await, Err(Doubt::Forged), "the version is part of what is checked");
}

#[tokio::test]
async fn only_topics_of_ours_are_taken_and_of_another_nothing_is_asked_for() {
    let (sns, asked) = house();
    let mut message = notification();
    message["TopicArn"] = json!("arn:aws:sns:eu-west-1:999999999999:alarms");
    let refused = hear(&sns, &signed(message)).await.unwrap_err();
    assert!(refused.to_string().contains("999999999999:alarms is none of those"), "{refused}");
    assert!(asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_subscription_is_confirmed_only_at_amazons_own_address() {
    let (sns, asked) = house();
    let confirmed = hear(&sns, &signed(confirmation())).await;
    assert_eq!(confirmed, Ok(Heard::Confirmed { topic: TOPIC.into() }));
    assert_eq!(*asked.lock().unwrap(), [CERTIFICATE, SUBSCRIBE]);
    for elsewhere in
        ["https://evil.example/?Action=ConfirmSubscription", "http://sns.eu-west-1.amazonaws.com/"]
    {
        let mut message = confirmation();
        message["SubscribeURL"] = json!(elsewhere);
        assert_eq!(hear(&sns, &signed(message)).await, Err(Doubt::Foreign), "{elsewhere}");
    }
    assert_eq!(asked.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn a_certificate_is_fetched_from_amazon_alone() {
    let (sns, asked) = house();
    for address in [
        "https://evil.example/SimpleNotificationService-0a1b.pem",
        "https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-0a1b.pem",
        "https://sns.evil.example/SimpleNotificationService-0a1b.pem",
        "https://x@sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a1b.pem",
        "https://sns.eu-west-1.amazonaws.com:81/SimpleNotificationService-0a1b.pem",
        "http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a1b.pem",
        "https://s3.eu-west-1.amazonaws.com/SimpleNotificationService-0a1b.pem",
        "https://sns.a.b.amazonaws.com/SimpleNotificationService-0a1b.pem",
        "https://sns.eu-west-1.amazonaws.com/other.pem",
        "https://sns.eu-west-1.amazonaws.com/x/SimpleNotificationService-0a1b.pem",
        "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a1b.pem?x=1",
        "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-..%2f.pem",
        "",
    ] {
        let mut message = signed(notification());
        message["SigningCertURL"] = json!(address);
        assert_eq!(hear(&sns, &message).await, Err(Doubt::Foreign), "{address}");
    }
    assert!(asked.lock().unwrap().is_empty());
    assert!(amazon("https://sns.cn-north-1.amazonaws.com.cn/").is_some());
}

#[tokio::test]
async fn while_amazon_does_not_answer_the_message_is_to_come_again() {
    let fetch: Fetch = Arc::new(|_| Box::pin(async { Err("it did not answer in time".to_owned()) }));
    let sns = Sns::new(vec![TOPIC.into()], fetch);
    let refused = hear(&sns, &signed(notification())).await.unwrap_err();
    assert_eq!(refused, Doubt::Later("Amazon could not be asked: it did not answer in time.".into()));
}

#[tokio::test]
async fn what_is_no_envelope_is_refused_with_what_to_do() {
    let (sns, _) = house();
    for body in ["", "{}", "[]", r#"{"AlarmName": "x"}"#] {
        let refused = sns.hear(body.as_bytes(), now()).await.unwrap_err().to_string();
        assert!(refused.contains("Raw message delivery has no signature"), "{refused}");
    }
}
