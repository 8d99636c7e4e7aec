//! Migrations: each on a database that holds data of the version before it.

use std::{borrow::Cow, path::Path};

use commandpost::journal::sqlite::{FILE, OpenError, SqliteJournal};
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, Row, SqliteConnection,
    migrate::{Migration, Migrator},
    sqlite::SqliteConnectOptions,
};

static ALL: Migrator = sqlx::migrate!("./migrations");

/// Rows to have in the database before the migration after this version runs, and a query that must find them after
/// every later one. A new migration adds a line here.
const SAMPLES: &[(i64, &[&str], &str)] = &[
    (
        1,
        &[
            "INSERT INTO entries VALUES ('INC-1', 1, 'id', 'note', '{}', 's', 'b', 'p', 'h')",
            "INSERT INTO snapshots VALUES ('INC-1', 1, 1, '{}')",
            "INSERT INTO incidents VALUES ('INC-1', 'real', 1, 't', 'sev1', 'closed', 1, 'ada', 'Ada', 1, 2, 1)",
            "INSERT INTO public_posts VALUES ('INC-1', 1, 1, '{}')",
            "INSERT INTO answered VALUES ('k', 'a', '{}', 1)",
            "INSERT INTO situations VALUES (1, x'00', '{}', 1, 1, 1, 'INC-1', 1, 0, 'card')",
            "INSERT INTO alerts VALUES (1, x'00', 1, 1, 'critical', 1, 1, 1, 'r', '{}')",
            "INSERT INTO deliveries VALUES (1, 'k', 'x', 'x/INC-1', 'INC-1', '{}', NULL, 'sent', 1, 1, NULL, NULL, NULL, 1, 2)",
            "INSERT INTO bindings VALUES ('discord', 'INC-1', 'thread', '42')",
            "INSERT INTO timers VALUES ('INC-1/update', 'INC-1', '{}', 1)",
            "INSERT INTO house VALUES ('probe', '1')",
        ],
        "SELECT COUNT(*) FROM entries e, incidents i, public_posts p, answered a, situations s, alerts l, deliveries d, \
     bindings b, timers t WHERE e.incident = 'INC-1' AND i.title = 't' AND p.n = 1 AND a.key = 'k' AND s.id = 1 \
     AND l.id = 1 AND d.state = 'sent' AND b.value = '42' AND t.due_at = 1",
    ),
    (
        2,
        &[
            "INSERT INTO alerts VALUES (2, x'02', 2, 0, 'warning', 1, 1, 1, 'r', '{}')",
            "INSERT INTO deliveries VALUES (2, 'k', 'x', 'x/INC-2', 'INC-2', '{}', NULL, 'sent', 1, 1, NULL, NULL, NULL, 1, 2)",
        ],
        "SELECT COUNT(*) FROM alerts a, deliveries d WHERE a.situation = 2 AND d.incident = 'INC-2'",
    ),
    (
        3,
        &[
            "INSERT INTO incidents VALUES ('INC-3', 'real', 3, 't', 'sev1', 'closed', 1, 'ada', 'Ada', 1, 2, 1, '[\"ada\"]')",
        ],
        "SELECT COUNT(*) FROM incidents i WHERE i.incident = 'INC-3' AND i.seen_by = '[\"ada\"]'",
    ),
    (
        4,
        &[
            "INSERT INTO situations VALUES (4, x'04', '{}', 1, 1, 0, NULL, 1, 0, 'card', '{\"rule\":null,\"reason\":\"r\"}', 5)",
        ],
        "SELECT COUNT(*) FROM situations s WHERE s.id = 4 AND s.look_at = 5 AND s.verdict LIKE '%reason%'",
    ),
    (
        5,
        &[
            "INSERT INTO changes VALUES ('github', 'deployment/1', 1, '{}')",
            "INSERT INTO judgements VALUES ('j', 'S-1', 1, '{}')",
        ],
        "SELECT COUNT(*) FROM changes c, judgements j WHERE c.source = 'github' AND j.subject = 'S-1'",
    ),
    (
        6,
        &[
            "INSERT INTO heartbeats VALUES ('backup', 1, 2, NULL, 0)",
            "INSERT INTO situations (id, group_hash, state, firing, updated_at, is_open, revision, told, source) \
             VALUES (6, x'06', '{}', 1, 1, 1, 2, 1, 'pingdom')",
        ],
        "SELECT COUNT(*) FROM heartbeats h, situations s WHERE h.name = 'backup' AND s.source = 'pingdom'",
    ),
    (
        7,
        &[
            "INSERT INTO roster_overrides VALUES (1, 'i', 2, '{}', NULL, NULL)",
            "INSERT INTO roster_fetched VALUES ('web', '{}')",
        ],
        "SELECT COUNT(*) FROM roster_overrides o, roster_fetched f WHERE o.until_at = 2 AND f.roster = 'web'",
    ),
    (
        8,
        &[
            "INSERT INTO arrangements VALUES (1, 'window', NULL, 1, 0, '{}')",
            "INSERT INTO situations (id, group_hash, state, firing, updated_at, is_open, revision, told, held_until) \
             VALUES (8, x'08', '{}', 1, 1, 1, 1, 0, 1)",
        ],
        "SELECT COUNT(*) FROM arrangements a, situations s WHERE a.kind = 'window' AND s.id = 8 AND s.held_until = 1",
    ),
    (
        9,
        &[
            "INSERT INTO alerts VALUES (9, x'0000000009', 9, 1, 'warning', 1, 1, 1, 'r', '{\"starts_at\":\"2026-03-01T12:00:00Z\"}', 0)",
        ],
        "SELECT COUNT(*) FROM alerts a WHERE a.id = 9 AND hex(a.alert_key) = '0000000009'",
    ),
];

fn versions() -> Vec<i64> {
    ALL.iter().map(|migration| migration.version).collect()
}

/// The migrations up to this version.
fn up_to(version: i64) -> Migrator {
    let migrations: Vec<Migration> = ALL.iter().filter(|m| m.version <= version).cloned().collect();
    Migrator { migrations: Cow::Owned(migrations), ..Migrator::DEFAULT }
}

async fn connect(dir: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(dir.join(FILE)).create_if_missing(true).connect().await.unwrap()
}

/// Everything that makes the shape of the database.
async fn schema(conn: &mut SqliteConnection) -> Vec<String> {
    sqlx::query(
        "SELECT type || ' ' || name || ' ' || COALESCE(sql, '') FROM sqlite_schema ORDER BY type, name",
    )
    .fetch_all(conn)
    .await
    .unwrap()
    .iter()
    .map(|row| row.get(0))
    .collect()
}

#[tokio::test]
async fn every_version_s_data_survives_all_later_migrations() {
    assert_eq!(versions(), SAMPLES.iter().map(|(version, ..)| *version).collect::<Vec<_>>(), "add samples");
    let fresh = tempfile::tempdir().unwrap();
    let mut conn = connect(fresh.path()).await;
    ALL.run(&mut conn).await.unwrap();
    let expected = schema(&mut conn).await;
    conn.close().await.unwrap();
    for (from, ..) in SAMPLES {
        let dir = tempfile::tempdir().unwrap();
        let mut conn = connect(dir.path()).await;
        let mut checks = Vec::new();
        for (version, rows, check) in SAMPLES {
            up_to(*version).run(&mut conn).await.unwrap();
            // Data from one version on: it passes through all that come after.
            if version == from {
                for row in *rows {
                    sqlx::query(AssertSqlSafe(*row)).execute(&mut conn).await.unwrap();
                }
                checks.push(*check);
            }
            for check in &checks {
                let found: i64 =
                    sqlx::query_scalar(AssertSqlSafe(*check)).fetch_one(&mut conn).await.unwrap();
                assert_eq!(found, 1, "rows of version {from} after migration {version}");
            }
        }
        assert_eq!(
            schema(&mut conn).await,
            expected,
            "the way of an old database ends where a new one begins"
        );
        conn.close().await.unwrap();
    }
}

#[tokio::test]
async fn an_alert_that_was_known_before_keys_had_a_start_is_known_after() {
    let dir = tempfile::tempdir().unwrap();
    let mut conn = connect(dir.path()).await;
    up_to(3).run(&mut conn).await.unwrap();
    for (id, key, starts_at) in [
        (1, "x'0A'", r#""2026-03-01T12:00:00.250Z""#),
        (2, "x'0B'", "null"),
        (3, "x'0C'", r#""1901-01-01T00:00:00Z""#),
    ] {
        let row = format!(
            r#"INSERT INTO alerts VALUES ({id}, {key}, 1, 1, 'warning', 1, 1, 1, 'r', '{{"starts_at":{starts_at}}}')"#
        );
        sqlx::query(AssertSqlSafe(row)).execute(&mut conn).await.unwrap();
    }
    ALL.run(&mut conn).await.unwrap();
    let keys = sqlx::query_scalar("SELECT hex(alert_key) FROM alerts ORDER BY id");
    let keys: Vec<String> = keys.fetch_all(&mut conn).await.unwrap();
    let started = chrono::DateTime::parse_from_rfc3339("2026-03-01T12:00:00Z").unwrap().timestamp();
    assert_eq!(keys, [format!("{started:08X}0A"), "000000000B".to_owned(), "000000000C".to_owned()]);
    conn.close().await.unwrap();
}

#[tokio::test]
async fn the_posts_of_an_incident_and_the_alerts_of_a_situation_are_found_by_an_index() {
    let dir = tempfile::tempdir().unwrap();
    let mut conn = connect(dir.path()).await;
    ALL.run(&mut conn).await.unwrap();
    for (query, index) in [
        (
            r#"SELECT n FROM deliveries WHERE incident = $2 AND $1 = 0 AND what LIKE '{"what":"post"%' ORDER BY n"#,
            "deliveries_incident (incident=?)",
        ),
        (
            "SELECT id FROM alerts WHERE situation = $1 ORDER BY is_firing DESC, id DESC LIMIT $2",
            "alerts_situation (situation=?)",
        ),
        (
            "SELECT id FROM situations WHERE revision > told AND source = $2 AND $1 = 1 ORDER BY id LIMIT 10",
            "situations_untold (source=?)",
        ),
    ] {
        let plan = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {query}")))
            .bind(1)
            .bind("INC-1")
            .fetch_all(&mut conn)
            .await
            .unwrap();
        let plan: Vec<String> = plan.iter().map(|row| row.get("detail")).collect();
        let plan = plan.join("; ");
        assert!(plan.contains(index) && !plan.contains("TEMP B-TREE"), "{query}: {plan}");
    }
    conn.close().await.unwrap();
}

#[tokio::test]
async fn a_second_start_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    SqliteJournal::open(dir.path()).await.unwrap().close().await;
    let mut conn = connect(dir.path()).await;
    let before = schema(&mut conn).await;
    conn.close().await.unwrap();
    SqliteJournal::open(dir.path()).await.unwrap().close().await;
    let mut conn = connect(dir.path()).await;
    assert_eq!(schema(&mut conn).await, before);
    let applied: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM _sqlx_migrations").fetch_one(&mut conn).await.unwrap();
    assert_eq!(applied as usize, versions().len());
    conn.close().await.unwrap();
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    SqliteJournal::open(dir.path()).await.unwrap().close().await;
    let mut conn = connect(dir.path()).await;
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (999, 'from the future', 1, x'00', 1)",
    )
    .execute(&mut conn)
    .await
    .unwrap();
    conn.close().await.unwrap();
    let refused = SqliteJournal::open(dir.path()).await.err().unwrap();
    assert!(matches!(refused, OpenError::Version { .. }));
    let said = refused.to_string();
    assert!(said.contains("newer") && said.contains("restore a backup") && said.contains("999"), "{said}");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join(FILE);
    std::fs::write(&file, "my thesis, not a database at all; please do not touch it".repeat(100)).unwrap();
    let before = std::fs::read(&file).unwrap();
    let refused = SqliteJournal::open(dir.path()).await.err().unwrap();
    assert!(matches!(refused, OpenError::Database { .. }), "{refused}");
    assert_eq!(std::fs::read(&file).unwrap(), before);
}
