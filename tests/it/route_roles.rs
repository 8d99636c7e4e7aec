//! Every route, tried by everybody who may stand at the door: the table of what each is answered is checked in. And
//! no secret of the configuration is in any answer or in the log.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::support::program::{Program, Said, until};

/// Secrets that must never be seen again.
const READER: &str = "canary-reader-token-5f1c";
const RESPONDER: &str = "canary-responder-token-77aa";
const HOOK: &str = "canary-hook-token-c0ffee";
const OTHERS: [(&str, &str); 6] = [
    ("x1", "canary-x-consumer-key"),
    ("x2", "canary-x-consumer-secret"),
    ("x3", "canary-x-access-token"),
    ("x4", "canary-x-access-secret"),
    ("sp", "canary-statuspage-key"),
    ("tk", "canary-third-token-0000"),
];

fn config(post: &Program) -> String {
    for (name, value) in OTHERS {
        post.secret(name, value);
    }
    let file = |name: &str| post.home().join(name).display().to_string();
    format!(
        "[[person]]\nid = \"ada\"\nname = \"Ada\"\n[[person]]\nid = \"bob\"\nname = \"Bob\"\n\
         [[auth.token]]\nname = \"reader\"\nperson = \"bob\"\nscope = \"read\"\ntoken_file = \"{}\"\n\
         [[auth.token]]\nname = \"responder\"\nperson = \"ada\"\ntoken_file = \"{}\"\n\
         [[auth.token]]\nname = \"third\"\nperson = \"ada\"\nadmin = true\ntoken_file = \"{}\"\n\
         [hooks.alertmanager]\nsender = \"alertmanager\"\ntoken_file = \"{}\"\n\
         [[heartbeat]]\nname = \"backup\"\nevery = \"1d\"\ntoken_file = \"{}\"\n\
         [x]\nbase_url = \"http://127.0.0.1:9\"\napi_key_file = \"{}\"\napi_secret_file = \"{}\"\naccess_token_file = \"{}\"\naccess_token_secret_file = \"{}\"\n\
         [statuspage]\nbase_url = \"http://127.0.0.1:9\"\npage_id = \"page1\"\napi_key_file = \"{}\"\n\
         [log]\nfilter = \"debug\"\n",
        post.secret("reader", READER),
        post.secret("responder", RESPONDER),
        file("tk"),
        post.secret("hook", HOOK),
        file("hook"),
        file("x1"),
        file("x2"),
        file("x3"),
        file("x4"),
        file("sp"),
    )
}

/// Method, path, JSON body or form that the route understands.
pub(crate) type Try = (String, String, Option<Value>, Option<&'static str>);

/// The API's routes are those that it describes (a unit test holds the description to what is served), the console's
/// those of its own list; the few others stand here.
pub(crate) fn routes(openapi: &Value) -> Vec<Try> {
    let mut all: Vec<Try> = Vec::new();
    for (path, methods) in openapi["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let id = if path.contains("drills") { "DRILL-9" } else { "INC-1" };
            let at = path.replace("{id}", id).replace("{n}", "999");
            let body = (method == "post").then(|| match path.as_str() {
                "/api/v1/incidents" => json!({ "title": "by the table", "test": true }),
                "/api/v1/outbox/{n}/drop" => json!({ "reason": "by the table" }),
                "/api/v1/alerts/marks" => json!({ "alert": "S-999", "mark": "noise" }),
                "/api/v1/changes" => json!({ "change": "by the table" }),
                "/api/v1/commands" => json!({ "text": "list" }),
                "/api/v1/situations/{n}/silence" => json!({ "minutes": 5, "reason": "by the table" }),
                "/api/v1/situations/{n}/acknowledge" => json!({ "comment": "by the table" }),
                "/api/v1/situations/{n}/unsilence" | "/api/v1/maintenance/{n}/end" => {
                    json!({ "reason": "a" })
                }
                "/api/v1/maintenance" => json!({ "name": "by the table", "to": "2020-01-01T00:00:00Z" }),
                "/api/v1/drills" => json!({ "no": "drill" }),
                "/api/v1/drills/{id}/end" => json!({ "reason": "a" }),
                _ => json!({ "text": "note by the table" }),
            });
            all.push((method.to_uppercase(), at, body, None));
        }
    }
    for (method, path) in commandpost::http::console::routes() {
        let form = match (method.as_str(), path.as_str()) {
            ("GET", _) => None,
            (_, "/console/say") => Some("incident=INC-1&text=note+by+the+table&line=note+by+the+table"),
            (_, "/console/outbox") => Some("delivery=999&how=retry"),
            (_, "/console/name") => Some("name=Mallory"),
            (_, other) => panic!("{other}: say here which form it takes"),
        };
        all.push((method.to_string(), path.replace("{id}", "INC-1"), None, form));
    }
    let gets = [
        "/",
        "/console",
        "/console/nothing",
        "/login",
        "/status",
        "/healthz",
        "/readyz",
        "/metrics",
        "/api/v1/openapi.json",
        "/api/v1/nothing",
        "/nothing",
        "/oncall/web.ics",
        "/oncall/web/guess.ics",
        "/hooks/heartbeat/backup",
        "/hooks/receipts/01890000-0000-7000-8000-000000000000",
    ];
    all.extend(gets.map(|path| ("GET".to_owned(), path.to_owned(), None, None)));
    let forms = [("/login", "token=guess"), ("/logout", "")];
    all.extend(forms.map(|(path, form)| ("POST".to_owned(), path.to_owned(), None, Some(form))));
    let alerts = crate::support::program::alertmanager_body("Table", &[("table".to_owned(), true)]);
    all.push(("POST".to_owned(), "/hooks/alertmanager".to_owned(), Some(alerts), None));
    all.sort_by(|a, b| (&a.1, &a.0).cmp(&(&b.1, &b.0)));
    all.dedup_by(|a, b| (&a.1, &a.0) == (&b.1, &b.0));
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_answers_everybody_as_the_table_says_and_tells_no_secret() {
    let mut post = Program::new("");
    post.configure(&config(&post));
    post.start().await;
    let bearer = |token: &str| format!("Bearer {token}");
    let ask = async |method: &str,
                     path: &str,
                     body: Option<&Value>,
                     form: Option<&str>,
                     authorization: Option<&str>| {
        let mut request = post.client.request(method.parse().unwrap(), post.url(path));
        if let Some(body) = body {
            request = request.json(body);
        }
        if let Some(form) = form {
            request =
                request.header("Content-Type", "application/x-www-form-urlencoded").body(form.to_owned());
        }
        if let Some(value) = authorization {
            request = request.header("Authorization", value);
        }
        let response = request.send().await.unwrap();
        if response.headers().get("content-type").is_some_and(|kind| kind.as_bytes() == b"text/event-stream")
        {
            // It never ends.
            return Said {
                status: response.status().as_u16(),
                headers: response.headers().clone(),
                text: String::new(),
            };
        }
        Said::of(response).await.unwrap()
    };
    let declare = json!({ "title": "the table's incident" });
    let declared = ask("POST", "/api/v1/incidents", Some(&declare), None, Some(&bearer(RESPONDER))).await;
    assert_eq!(declared.status, 201, "{}", declared.text);
    let openapi = ask("GET", "/api/v1/openapi.json", None, None, Some(&bearer(READER))).await.json();

    // What the program says everywhere, to be searched for secrets.
    let mut heard = String::new();
    let mut table =
        String::from("route: nobody, a wrong token, an empty token, a hook's token, a reader, a responder\n");
    let callers = [
        None,
        Some(bearer("canary-wrong-token-that-is-long-enough")),
        Some("Bearer ".to_owned()),
        Some(bearer(HOOK)),
        Some(bearer(READER)),
        Some(bearer(RESPONDER)),
    ];
    for (method, path, body, form) in routes(&openapi) {
        let mut row = Vec::new();
        for caller in &callers {
            let said = ask(&method, &path, body.as_ref(), form, caller.as_deref()).await;
            assert!(said.status < 500, "{method} {path}: {}", said.text);
            write!(heard, "{:?}\n{}\n", said.headers, said.text).unwrap();
            row.push(said.status.to_string());
        }
        writeln!(table, "{method:<5}{path:<36} {}", row.join(" ")).unwrap();
    }
    insta::assert_snapshot!("route_roles", table);

    // A reader changed nothing by any door.
    let timeline =
        ask("GET", "/api/v1/incidents/INC-1/timeline", None, None, Some(&bearer(READER))).await.json();
    let entries = timeline["entries"].as_array().unwrap();
    assert!(entries.iter().all(|entry| entry["actor"] != "Bob"), "{timeline}");

    // Malformed credentials of every kind.
    for value in [
        "",
        " ",
        "Bearer",
        "Bearer  ",
        "bearer null",
        "Basic",
        "Basic !!!",
        "Basic Og==",
        "Basic YTo=",
        "Digest a=b",
        "Token canary-wrong",
        "Bearer canary-reader-token-5f1",
        "Bearer canary-reader-token-5f1c\t1",
        "Bearer \"\"",
    ] {
        let said = ask("GET", "/api/v1/incidents", None, None, Some(value)).await;
        assert_eq!(said.status, 401, "{value:?}: {}", said.text);
        heard.push_str(&said.text);
    }
    for cookie in
        ["commandpost_session=", "commandpost_session=a", "commandpost_name=ada", "commandpost_session"]
    {
        let request = post.client.get(post.url("/api/v1/incidents")).header("Cookie", cookie);
        let said = Said::of(request.send().await.unwrap()).await.unwrap();
        assert_eq!(said.status, 401, "{cookie}");
    }
    // The login exchanges a token for a session; a reader's gives none.
    let login = ask("POST", "/login", None, Some(&format!("token={RESPONDER}")), None).await;
    assert_eq!(login.status, 303, "{}", login.text);
    let session = login.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    assert!(!session.contains("canary"), "the cookie is not the token");
    let request = post.client.get(post.url("/console")).header("Cookie", &session);
    let said = Said::of(request.send().await.unwrap()).await.unwrap();
    assert_eq!(said.status, 200);
    heard.push_str(&said.text);
    assert_eq!(ask("POST", "/login", None, Some(&format!("token={READER}")), None).await.status, 401);
    let out = post.client.post(post.url("/logout")).header("Cookie", &session);
    assert_eq!(out.send().await.unwrap().status().as_u16(), 303);
    let request = post.client.get(post.url("/console")).header("Cookie", &session);
    assert_eq!(request.send().await.unwrap().status().as_u16(), 303, "the session is over");

    // Something on its way to X and Statuspage, which refuse connections: errors are written.
    let say = async |text: &str| {
        let words = json!({ "text": text });
        ask("POST", "/api/v1/incidents/INC-1/commands", Some(&words), None, Some(&bearer(RESPONDER))).await
    };
    for words in
        ["update draft We are on it.", "update approve 1 --alone nobody else is here", "update publish 1"]
    {
        let said = say(words).await;
        assert_eq!(said.status, 200, "{}", said.text);
    }
    until(30, "both were tried", || async {
        let outbox = ask("GET", "/api/v1/outbox", None, None, Some(&bearer(RESPONDER))).await.json();
        let open = outbox["deliveries"].as_array().unwrap();
        let is_tried =
            |to: &str| open.iter().any(|one| one["destination"] == to && one["attempts"].as_u64() > Some(0));
        is_tried("x") && is_tried("statuspage")
    })
    .await;
    for path in ["/api/v1/outbox", "/metrics", "/console/outbox"] {
        let said = ask("GET", path, None, None, Some(&bearer(RESPONDER))).await;
        heard.push_str(&said.text);
    }
    for args in [&["config", "show"][..], &["check"]] {
        let output = post.run(args);
        heard.push_str(&String::from_utf8_lossy(&output.stdout));
        heard.push_str(&String::from_utf8_lossy(&output.stderr));
    }
    assert!(post.stop().success());
    heard.push_str(&post.log());
    assert!(heard.contains("We are on it") || heard.contains("could not be reached"), "the log was read");
    let planted =
        OTHERS.iter().map(|(_, value)| *value).chain([READER, RESPONDER, HOOK, "canary-wrong-token"]);
    for secret in planted {
        if let Some(at) = heard.find(secret) {
            let from = at.saturating_sub(200);
            panic!("{secret} is told: …{}", heard.get(from..at + secret.len()).unwrap_or_default());
        }
    }
}
