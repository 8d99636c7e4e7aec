//! StatusCake's webhook of a contact group. <https://developers.statuscake.com/guides/webhooks/> (a form, or JSON)
//!
//! What it tells of uptime has a name and a status. What it tells of certificates and of the speed of pages has neither the
//! one nor the other: such an alert is that of its page, and ended by hand.

use crate::alert::Rejected;
use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, joined};

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let status = body.first(&["Status", "status"]);
    let kind = body.first(&["type", "Type", "check_type"]).to_lowercase();
    if status.is_empty() && (!kind.is_empty() || !body.at("Name").is_there()) {
        return other(body, kind, out);
    }
    let name = out.need(body, &["Name", "URL", "name", "website_url", "url"])?;
    let url = body.first(&["URL", "website_url", "url"]);
    let test = body.first(&["TestID", "ID"]);
    let identity = if test.is_empty() { joined(" ", &[&name, &url]) } else { test };
    let mut alert = Draft::new(identity, joined(" is ", &[&name, &status.to_lowercase()]));
    alert.status(&status, &[]);
    let code = body.get("StatusCode");
    alert.describe(if matches!(code.as_str(), "" | "0") {
        url.clone()
    } else {
        format!("{url} answers {code}")
    });
    alert.label("check", name);
    alert.label("url", url);
    alert.labels(body, &[("ip", "IP"), ("status_code", "StatusCode")]);
    alert.tags(body.at("Tags"));
    out.alert(alert);
    Ok(())
}

/// A body of another check than that of uptime: of a certificate, or of a page's speed.
fn other(body: Node<'_>, kind: String, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let places = ["domain", "Domain", "website_url", "WebsiteURL", "URL", "url", "Name", "name"];
    let page = out.need(body, &places)?;
    let until = body.first(&["valid_until", "ValidUntil", "expires", "Expiry", "cert_expiry"]);
    let days = body.first(&["reminder", "Reminder", "days", "DaysRemaining", "days_remaining"]);
    let is_certificate = kind.contains("ssl") || !until.is_empty() || !body.first(&["issuer"]).is_empty();
    let (what, title) = match is_certificate {
        true if days.is_empty() => ("certificate", format!("The certificate of {page} needs a look")),
        true => ("certificate", format!("The certificate of {page} ends within {days} days")),
        false if kind.contains("speed") => {
            ("page", format!("{page} is not as fast or as large as it should be"))
        }
        false => ("page", format!("{page} needs a look")),
    };
    let mut alert = Draft::new(joined(" ", &[what, &page]), title);
    alert.severity("warning");
    let facts = body.pairs().into_iter().filter(|(name, _)| !matches!(name.as_str(), "Token" | "token"));
    alert.describe(facts.map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join("\n"));
    alert.label("check", kind);
    alert.label("url", page);
    alert.tags(body.either(&["Tags", "tags"]));
    out.alert(alert);
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"Name": "Shop", "URL": "https://shop.example", "Status": "Down", "StatusCode": 500, "IP": "192.0.2.7",
        "Checkrate": 300, "Tags": "prod,shop"}"#,
    r#"{"Name": "Shop", "URL": "https://shop.example", "Status": "Up", "StatusCode": 200, "IP": "192.0.2.7",
        "Checkrate": 300, "Tags": "prod,shop"}"#,
];

#[cfg(test)]
mod tests {
    use crate::alert::senders::{Settings, listed, testing::read};
    use crate::alert::{AlertSeverity, Status};

    #[test]
    fn a_certificate_that_ends_soon_is_one_alert_of_its_page() {
        let statuscake = listed("statuscake").unwrap().sender(&Settings::default());
        let form = Some("application/x-www-form-urlencoded");
        let told = |days: &str| {
            let body = format!("domain=https%3A%2F%2Fshop.example&Token=s3cret&reminder={days}&type=ssl");
            statuscake.read(body.as_bytes(), form).unwrap().alerts.remove(0)
        };
        let (early, late) = (told("30"), told("7"));
        assert_eq!(early.key(), late.key());
        assert_eq!(late.title, "The certificate of https://shop.example ends within 7 days");
        assert_eq!((late.status, late.severity), (Status::Firing, AlertSeverity::Warning));
        assert!(!late.description.contains("s3cret") && late.description.contains("reminder: 7"), "{late:?}");
    }

    #[test]
    fn a_page_that_became_slow_is_told_with_what_was_measured() {
        let body = r#"{"website_url": "https://shop.example", "load_time": 4200, "type": "pagespeed"}"#;
        let alert = read("statuscake", body).alerts.remove(0);
        assert_eq!(alert.title, "https://shop.example is not as fast or as large as it should be");
        assert!(alert.description.contains("load_time: 4200"), "{alert:?}");
    }
}
