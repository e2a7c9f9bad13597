//! The database: how it is opened, and its tables.
//!
//! The SQL of this crate is text that PostgreSQL accepts too; what is SQLite's alone is in
//! [`connect`].

use crate::error::result_code;
use crate::{JournalError, JournalErrorKind};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use std::path::Path;
use std::time::{Duration, Instant};

/// What each version added. The version of a journal is how many of these it has seen; what is in
/// the field is never edited, only added to.
const VERSIONS: [&[&str]; 4] = [
    &[
        "CREATE TABLE runs (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            started_ms BIGINT NOT NULL,
            finished_ms BIGINT,
            result TEXT
        )",
        "CREATE TABLE events (
            run TEXT NOT NULL,
            seq BIGINT NOT NULL,
            body TEXT NOT NULL,
            PRIMARY KEY (run, seq)
        )",
    ],
    // The last number that was given for a key.
    &["CREATE TABLE numbers (
        kind TEXT NOT NULL,
        pipeline TEXT NOT NULL,
        name TEXT NOT NULL,
        value BIGINT NOT NULL,
        PRIMARY KEY (kind, pipeline, name)
    )"],
    &[
        "CREATE TABLE searches (
            id TEXT PRIMARY KEY,
            started_ms BIGINT NOT NULL,
            finished_ms BIGINT,
            settings TEXT NOT NULL,
            caller TEXT NOT NULL
        )",
        "CREATE TABLE search_events (
            search TEXT NOT NULL,
            seq BIGINT NOT NULL,
            time_ms BIGINT NOT NULL,
            body TEXT NOT NULL,
            PRIMARY KEY (search, seq)
        )",
        "CREATE TABLE verdicts (
            id TEXT PRIMARY KEY,
            time_ms BIGINT NOT NULL,
            body TEXT NOT NULL
        )",
    ],
    &[
        "CREATE TABLE watches (
            watch TEXT PRIMARY KEY,
            state TEXT NOT NULL
        )",
        // What is told of a culprit, one row for each notifier that is to tell it.
        "CREATE TABLE notices (
            watch TEXT NOT NULL,
            culprit TEXT NOT NULL,
            notifier TEXT NOT NULL,
            notice TEXT NOT NULL,
            attempts BIGINT NOT NULL,
            not_before_ms BIGINT NOT NULL,
            told_ms BIGINT,
            PRIMARY KEY (watch, culprit, notifier)
        )",
    ],
];

/// The version of this build.
const SCHEMA_VERSION: i64 = VERSIONS.len() as i64;

/// How long a statement waits for the lock of another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// What a commit waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    /// Until the disk has it.
    Full,
    /// For nothing.
    Relaxed,
}

/// Opens the database and sees that its tables are those of this build, adding what an older one
/// lacks. When nothing is lacking, nothing is written.
pub(crate) async fn open(
    path: &Path,
    durability: Durability,
) -> Result<SqliteConnection, JournalError> {
    let mut connection = connect(path, durability).await?;
    let found = match version(&mut connection).await {
        Ok(found) if (0..SCHEMA_VERSION).contains(&found) => upgrade(&mut connection).await,
        // SQLite's plain error, here: the table does not exist.
        Err(error) if result_code(&error) == Some(1) => upgrade(&mut connection).await,
        found => found,
    };
    match found.map_err(|error| JournalError::database(path, error))? {
        SCHEMA_VERSION => Ok(connection),
        found if found > SCHEMA_VERSION => {
            let known = SCHEMA_VERSION;
            let kind = JournalErrorKind::NewerSchema { found, known };
            Err(JournalError::new(path, kind))
        }
        _ => Err(JournalError::new(path, JournalErrorKind::Damaged)),
    }
}

/// A connection to the database, without a look at its tables.
pub(crate) async fn connect(
    path: &Path,
    durability: Durability,
) -> Result<SqliteConnection, JournalError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(match durability {
            // With `NORMAL` a power failure loses commits that were acknowledged.
            Durability::Full => SqliteSynchronous::Full,
            Durability::Relaxed => SqliteSynchronous::Normal,
        })
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(true)
        .disable_statement_logging();
    // Switching a new file to WAL takes a lock for which SQLite does not wait by itself.
    let deadline = Instant::now() + BUSY_TIMEOUT;
    loop {
        match options.connect().await {
            Ok(connection) => return Ok(connection),
            Err(error) => {
                let error = JournalError::database(path, error);
                if *error.kind() != JournalErrorKind::Busy || Instant::now() > deadline {
                    return Err(error);
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    }
}

async fn version(connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT version FROM schema_version")
        .fetch_one(connection)
        .await
}

/// Brings the tables to the version of this build and gives the version that they have then: a newer
/// one if another process was faster.
async fn upgrade(connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    for statement in [
        "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)",
        "INSERT INTO schema_version (version)
            SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM schema_version)",
    ] {
        sqlx::query(statement).execute(&mut *transaction).await?;
    }
    let found = version(&mut transaction).await?;
    let seen = usize::try_from(found).unwrap_or(usize::MAX);
    let missing = VERSIONS.get(seen..).unwrap_or_default();
    if missing.is_empty() {
        return Ok(found);
    }
    for statements in missing {
        for statement in *statements {
            sqlx::query(*statement).execute(&mut *transaction).await?;
        }
    }
    sqlx::query("UPDATE schema_version SET version = $1")
        .bind(SCHEMA_VERSION)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(SCHEMA_VERSION)
}
