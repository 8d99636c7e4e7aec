//! Settings, seen at work in the whole program: templates, zones, groups, trusted proxies, admin tokens.

use serde_json::{Value, json};

use crate::support::program::{Program, Said};

const ADA: &str = "canary-token-of-ada-1111";
const BO: &str = "canary-token-of-bo-22222";

fn config(post: &Program) -> String {
    let key = post.secret("key", "canary-some-key-of-x-000");
    format!(
        "[http]\ntrusted_proxies = [\"127.0.0.1\"]\n\
         [organization]\npublic_url = \"https://status.example.com\"\n\
         [[person]]\nid = \"ada\"\nname = \"Ada\"\ngroups = [\"oncall\"]\ntime_zone = \"Asia/Tokyo\"\n\
         [[person]]\nid = \"bo\"\nname = \"Bo\"\n\
         [permissions]\ndeclare = [\"oncall\"]\n\
         [[auth.token]]\nname = \"ada\"\nperson = \"ada\"\ntoken_file = \"{}\"\n\
         [[auth.token]]\nname = \"bo\"\nperson = \"bo\"\ntoken_file = \"{}\"\n\
         [templates.x]\nbody = \"{{{{upper phase}}}} {{{{text}}}} {{{{link}}}}\"\n\
         [x]\nbase_url = \"http://127.0.0.1:9\"\nbearer_token_file = \"{key}\"\n",
        post.secret("ada", ADA),
        post.secret("bo", BO),
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_settings_say_of_words_zones_groups_and_proxies_holds() {
    let mut post = Program::new("");
    post.configure(&config(&post));
    post.start().await;
    let ask = async |method: &str, path: &str, body: Option<Value>, token: &str| {
        let mut request = post
            .client
            .request(method.parse().unwrap(), post.url(path))
            .header("Authorization", format!("Bearer {token}"))
            .header("X-Forwarded-For", "198.51.100.1, 192.0.2.77")
            .header("X-Forwarded-Host", "post.example.com");
        if let Some(body) = body {
            request = request.header("Origin", "https://post.example.com").json(&body);
        }
        Said::of(request.send().await.unwrap()).await.unwrap()
    };
    // Who is on call declares; the page of the proxy's own name is no foreign one.
    let declare = json!({ "title": "checkout is down" });
    let refused = ask("POST", "/api/v1/incidents", Some(declare.clone()), BO).await;
    assert!(refused.status == 403 && refused.text.contains("none of the groups"), "{}", refused.text);
    assert_eq!(ask("POST", "/api/v1/incidents", Some(declare), ADA).await.status, 201);

    let say = async |text: &str, token: &str| {
        ask("POST", "/api/v1/incidents/INC-1/commands", Some(json!({ "text": text })), token).await
    };
    let drafted = say("update draft We are on it.", BO).await;
    let words = "INVESTIGATING We are on it. https://status.example.com/status";
    assert!(drafted.text.contains(words) && drafted.text.contains("51 of 280"), "{}", drafted.text);
    let page = ask("GET", "/console/i/INC-1", None, ADA).await.text;
    assert!(page.contains(words) && page.contains("51 of 280 characters"), "{page}");
    assert!(page.contains("Asia/Tokyo"), "Ada reads her own times");
    assert!(!ask("GET", "/console/i/INC-1", None, BO).await.text.contains("Asia/Tokyo"));
    assert!(ask("GET", "/api/v1/incidents/INC-1/export", None, ADA).await.text.contains("Asia/Tokyo"));
    let asked = ask("GET", "/api/v1/incidents/INC-1/export?tz=UTC", None, ADA).await.text;
    assert!(!asked.contains("Asia/Tokyo"));

    assert_eq!(ask("GET", "/api/v1/incidents", None, "canary-wrong-token").await.status, 401);
    assert!(post.stop().success());
    let log = post.log();
    assert!(log.contains("a token was refused") && log.contains("192.0.2.77"), "{log}");
    assert!(!log.contains("198.51.100.1"), "what the client wrote itself is hearsay");
}

const KEEPER: &str = "[[role]]\nid = \"runbook\"\ntitle = \"Runbook Keeper\"\nreports_to = \"planning\"\nlike = \"scribe\"\n\
    checklist = [\"Say which runbook it is.\"]\n[[role]]\nid = \"pages\"\ntitle = \"Page Turner\"\n\
    reports_to = \"runbook\"\nlike = \"sme\"\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_timeline_reads_as_it_did_when_the_settings_name_a_role_of_the_team_no_longer() {
    let mut post = Program::new(KEEPER);
    post.start().await;
    let id = post.declare("ada", "checkout is down").await;
    let taken = post.do_say("bo", &id, "role take runbook keeper").await;
    assert!(taken.contains("Say which runbook it is."), "{taken}");
    post.do_say("cy", &id, "role take pages").await;
    post.do_say("bo", &id, "note step 3 is done").await;
    assert!(post.do_say("bo", &id, "next").await.contains("Runbook Keeper: Say which"));
    assert!(post.do_say("bo", &id, "help role take").await.contains("runbook – Runbook Keeper"));
    let page =
        post.client.get(post.url(&format!("/console/i/{id}"))).header("Cookie", "commandpost_name=ada");
    let page = Said::of(page.send().await.unwrap()).await.unwrap().text;
    assert!(page.contains("Runbook Keeper") && page.contains("bo, Runbook Keeper"), "{page}");
    let seen = async |post: &Program| {
        let (chart, export) = ("role chart", format!("/api/v1/incidents/{id}/export?format=json"));
        let items = post.timeline(&id, 0).await;
        (post.do_say("ada", &id, chart).await, items, post.get(&export).await.json()["entries"].clone())
    };
    let before = seen(&post).await;
    assert!(before.0.contains("    └ Page Turner: cy"), "{}", before.0);
    assert_eq!(before.1.last().unwrap()["role"], "runbook");
    post.kill();

    post.configure("");
    let rebuilt = post.run(&["rebuild"]);
    assert!(rebuilt.status.success(), "{}", String::from_utf8_lossy(&rebuilt.stderr));
    post.start().await;
    assert_eq!(seen(&post).await, before);
    post.verify_all().await;
    let refused = post.say("di", &id, "role take pages", None).await.unwrap();
    assert!(refused.why().contains("is no role"), "{}", refused.text);
    post.do_say("bo", &id, "decide the runbook was right").await;
    assert!(post.stop().success());
}

#[test]
fn a_mistake_in_a_role_of_the_team_is_told_with_its_line_and_column() {
    let post = Program::new(&KEEPER.replace("like = \"scribe\"", "like = \"scrib\""));
    let checked = post.run(&["check"]);
    let told = String::from_utf8_lossy(&checked.stderr).into_owned();
    assert!(!checked.status.success());
    assert!(told.contains("commandpost.toml:5:8") && told.contains("Did you mean `scribe`?"), "{told}");
}

const NAMES: &str = "[severity]\nused = [\"sev1\", \"sev2\", \"sev3\"]\n\
    [names.severities]\nsev1 = \"Critical\"\n[names.meanings]\nsev1 = \"customers cannot pay\"\n\
    [names.statuses]\nmonitoring = \"Watching\"\n\
    [severity_matrix]\nimpacts = [\"wide\", \"few\"]\nurgencies = [\"now\", \"later\"]\n\
    [severity_matrix.table]\nwide = [\"sev1\", \"sev2\"]\nfew = [\"sev2\", \"sev3\"]\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_teams_names_and_matrix_are_read_and_told_and_exports_and_the_fields_of_rest_keep_the_ids() {
    let mut post = Program::new(NAMES);
    post.start().await;
    let declared = async |urgency: Option<&str>| {
        let request = post.client.post(post.url("/api/v1/incidents")).header("X-Commandpost-Person", "ada");
        let new = json!({ "title": "checkout is slow", "impact": "few", "urgency": urgency });
        request.json(&new).send().await.unwrap().status()
    };
    assert_eq!(declared(Some("later")).await, 201);
    assert_eq!(declared(None).await, 422, "a half is none");
    let id = "INC-1";
    let refused = post.say("ada", id, "severity sev5", None).await.unwrap();
    assert!(refused.status == 422 && refused.text.contains("SEV1 Critical, SEV2, SEV3"), "{}", refused.text);
    let rated = post.do_say("ada", id, "rate wide now nobody can pay").await;
    assert!(rated.contains("to SEV1 Critical (by impact wide × urgency now)"), "{rated}");
    let watched = post.do_say("ada", id, "phase watching traffic moved").await;
    assert!(watched.contains("INC-1 is Watching"), "{watched}");
    assert!(post.do_say("ada", id, "status").await.contains("SEV1 Critical, Watching"));
    let help = post.do_say("ada", id, "help severity").await;
    assert!(help.contains("sev1 Critical – customers cannot pay") && !help.contains("sev5"), "{help}");

    let told: Vec<String> = post.timeline(id, 0).await.iter().map(|line| line["text"].to_string()).collect();
    let has = |text: &str| told.iter().any(|line| line.contains(text));
    assert!(has("from SEV3 to SEV1 Critical by impact wide × urgency now: nobody can pay."), "{told:?}");
    assert!(has("Phase went from investigating to Watching: traffic moved."), "{told:?}");
    let page =
        post.client.get(post.url(&format!("/console/i/{id}"))).header("Cookie", "commandpost_name=ada");
    let page = Said::of(page.send().await.unwrap()).await.unwrap().text;
    assert!(
        page.contains(">SEV1 Critical</span>") && page.contains("Watching") && page.contains("wide"),
        "{page}"
    );

    let listed = post.document("/api/v1/incidents").await;
    let one = &listed["incidents"][0];
    assert!(one["severity"] == "sev1" && one["phase"] == "monitoring", "{listed}");
    let names = json!({ "severities": { "sev1": "Critical" }, "phases": { "monitoring": "Watching" }, "vocabulary": "nims" });
    assert_eq!(listed["names"], names, "who draws by themselves reads what things are called");
    let export = post.get(&format!("/api/v1/incidents/{id}/export?format=json")).await.text;
    assert!(!export.contains("Critical") && !export.contains("Watching"), "the record is of ids");
    assert!(post.stop().success());
}
