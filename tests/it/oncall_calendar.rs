//! Rosters as calendars, in the whole program: who may read one, and that programs of strangers read what the roster says.

use serde_json::json;

use crate::support::{
    program::{Program, Said},
    python,
};

const ADA: &str = "canary-token-of-ada-1111";
const FEED: &str = "canary-token-of-a-calendar";

fn settings(post: &Program) -> String {
    format!(
        "[organization]\ntime_zone = \"Europe/Berlin\"\n[on_call]\nrosters_from = \"rosters\"\n\
         [[person]]\nid = \"ada\"\nname = \"Ada\"\n[[person]]\nid = \"bo\"\nname = \"Bo; O, Neill\"\n\
         [[auth.token]]\nname = \"ada\"\nperson = \"ada\"\nscope = \"read\"\ntoken_file = \"{}\"\n",
        post.secret("ada", ADA)
    )
}

fn start() -> (Program, String) {
    let post = Program::new("");
    post.configure(&settings(&post));
    let rosters = post.home().join("rosters");
    std::fs::create_dir(&rosters).unwrap();
    // Handed over twice a day, so that the coming 90 days have enough of them.
    let web = format!(
        "[[roster]]\nname = \"web\"\ncalendar_token_file = \"{}\"\n[[roster.rotation]]\npeople = [\"ada\", \"bo\"]\n\
         start = \"2026-01-05\"\nshift = \"12h\"\n",
        post.secret("feed", FEED)
    );
    std::fs::write(rosters.join("web.toml"), web.clone()).unwrap();
    (post, web)
}

async fn get(post: &Program, path: &str, token: Option<&str>) -> Said {
    let mut request = post.client.get(post.url(path));
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    Said::of(request.send().await.unwrap()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_calendar_is_for_who_may_read_and_for_who_has_its_own_token_also_of_a_roster_in_a_file_of_its_own()
{
    let (mut post, web) = start();
    post.start().await;
    let path = format!("/oncall/web/{FEED}.ics");
    let calendar = get(&post, &path, None).await;
    assert_eq!(calendar.status, 200, "{}", calendar.text);
    assert_eq!(calendar.headers["content-type"], "text/calendar; charset=utf-8");
    assert!(calendar.text.starts_with("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"), "{}", calendar.text);
    let events = calendar.text.matches("BEGIN:VEVENT").count();
    assert!((179..=182).contains(&events), "{events} half days in 90");
    assert_eq!(get(&post, "/oncall/web.ics", Some(ADA)).await.status, 200);
    assert_eq!(get(&post, "/oncall/web.ics", None).await.status, 401);
    for wrong in
        ["/oncall/web/guess.ics", "/oncall/db/guess.ics", "/oncall/web/.ics", &format!("/oncall/web/{ADA}")]
    {
        assert_eq!(get(&post, wrong, None).await.status, 404, "{wrong}");
    }
    assert_eq!(get(&post, "/oncall/db.ics", Some(ADA)).await.status, 404);
    // A token of a calendar opens nothing else, and another one closes this.
    assert_eq!(get(&post, "/api/v1/oncall", Some(FEED)).await.status, 401);
    post.secret("feed", "canary-token-of-another-one");
    post.signal("HUP");
    crate::support::program::until(20, "the old token is gone", || async {
        get(&post, &path, None).await.status == 404
    })
    .await;
    // A name that is there twice changes nothing, and both places are told.
    std::fs::write(post.home().join("rosters/again.toml"), web).unwrap();
    post.signal("HUP");
    crate::support::program::until(20, "it is told", || async {
        post.log().contains("`web` is there already (")
    })
    .await;
    let told = post.log();
    assert!(told.contains("rosters/web.toml:2:8") && told.contains("again.toml, line 2)"), "{told}");
    assert!(post.stop().success());
    assert!(!post.log().contains("canary"), "{}", post.log());
}

const READS: &str = r#"
import sys, json, icalendar
calendar = icalendar.Calendar.from_ical(open(sys.argv[1], "rb").read())
assert calendar["VERSION"] == "2.0" and calendar["PRODID"]
events = [e for e in calendar.walk("VEVENT")]
assert all(not e.errors for e in events), [e.errors for e in events]
assert len({str(e["UID"]) for e in events}) == len(events)
assert all(e["DTSTAMP"].dt.utcoffset().total_seconds() == 0 for e in events)
print(json.dumps([[str(e["SUMMARY"]), e["DTSTART"].dt.isoformat(), e["DTEND"].dt.isoformat()] for e in events]))
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_of_strangers_reads_who_is_on_call_when() {
    let test = "a_program_of_strangers_reads_who_is_on_call_when";
    let Some(python) = python::with(test, "icalendar", "COMMANDPOST_ICALENDAR", "icalendar") else { return };
    let (mut post, _) = start();
    post.start().await;
    let calendar = get(&post, "/oncall/web.ics", Some(ADA)).await;
    let file = post.home().join("web.ics");
    std::fs::write(&file, &calendar.text).unwrap();
    let read: Vec<[String; 3]> =
        serde_json::from_str(&python::run(&python, READS, &[&file.display().to_string()])).unwrap();
    assert!(read.len() > 170, "{read:?}");
    // Each is who the API says is on call in the middle of it.
    for [summary, from, until] in read.iter().step_by(20) {
        let moment = |text: &str| text.parse::<chrono::DateTime<chrono::Utc>>().unwrap();
        let middle = moment(from) + (moment(until) - moment(from)) / 2;
        let at = middle.format("%Y-%m-%dT%H:%M:%SZ");
        let asked = get(&post, &format!("/api/v1/oncall?roster=web&at={at}"), Some(ADA)).await.json();
        let who = asked["on_call"][0]["person"]["name"].as_str().unwrap().to_owned();
        assert_eq!(summary, &format!("{who} on call: web"));
        assert_eq!(asked["on_call"][0]["until"], json!(until.replace("+00:00", "Z")));
    }
    assert!(read.iter().any(|[summary, ..]| summary == "Bo; O, Neill on call: web"), "{read:?}");
    assert!(post.stop().success());
}
