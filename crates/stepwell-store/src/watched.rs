//! What is remembered of branches that are watched, and of what people were told.
//!
//! What a state and a notice say is the business of whoever watches; here they are texts.

use crate::writer::int;
use crate::{Claim, Journal, JournalError, claim};
use sha2::{Digest as _, Sha256};
use sqlx::{Connection as _, Row as _};

/// A notice that one notifier is to tell, or has told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredNotice {
    /// What is told: notices of the same culprit are told once.
    pub culprit: String,
    /// Who tells it.
    pub notifier: String,
    /// What is told. Empty once it was.
    pub notice: String,
    /// Attempts to tell it that began, and of which none is known to have worked.
    pub attempts: u32,
    /// It is not to be told before then, in milliseconds since 1970.
    pub not_before_ms: u64,
}

impl Journal {
    /// Says that this process watches `watch`, until the claim is dropped.
    ///
    /// # Errors
    ///
    /// When a process holds the claim already, or the directory cannot be written to.
    pub fn claim_watch(&self, watch: &str) -> Result<Claim, JournalError> {
        let hash = Sha256::digest(watch);
        let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        claim::take(&self.shared.directory, format_args!("watch_{hex}"))
    }

    /// What was remembered of `watch`.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub async fn watch_state(&self, watch: &str) -> Result<Option<String>, JournalError> {
        self.with_reader(async |connection| {
            sqlx::query_scalar("SELECT state FROM watches WHERE watch = $1")
                .bind(watch)
                .fetch_optional(connection)
                .await
        })
        .await
    }

    /// Remembers `state` of `watch`. It is durable when this returns.
    ///
    /// # Errors
    ///
    /// When the database cannot be written to.
    pub async fn remember_watch(&self, watch: &str, state: &str) -> Result<(), JournalError> {
        self.with_reader(async |connection| {
            sqlx::query(
                "INSERT INTO watches (watch, state) VALUES ($1, $2)
                 ON CONFLICT (watch) DO UPDATE SET state = excluded.state",
            )
            .bind(watch)
            .bind(state)
            .execute(connection)
            .await
        })
        .await?;
        Ok(())
    }

    /// Has `notifiers` tell `notice` of `culprit`, but those that were to tell of it before. It is
    /// durable when this returns. Gives how many there are that were not.
    ///
    /// # Errors
    ///
    /// When the database cannot be written to.
    pub async fn add_notices(
        &self,
        watch: &str,
        culprit: &str,
        notifiers: &[&str],
        notice: &str,
    ) -> Result<u64, JournalError> {
        self.with_reader(async |connection| {
            let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
            let mut added = 0;
            for notifier in notifiers {
                added += sqlx::query(
                    "INSERT INTO notices
                        (watch, culprit, notifier, notice, attempts, not_before_ms)
                     VALUES ($1, $2, $3, $4, 0, 0)
                     ON CONFLICT (watch, culprit, notifier) DO NOTHING",
                )
                .bind(watch)
                .bind(culprit)
                .bind(*notifier)
                .bind(notice)
                .execute(&mut *transaction)
                .await?
                .rows_affected();
            }
            transaction.commit().await?;
            Ok(added)
        })
        .await
    }

    /// The notices that are to be told at `now_ms`, the oldest first.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub async fn due_notices(
        &self,
        watch: &str,
        now_ms: u64,
    ) -> Result<Vec<StoredNotice>, JournalError> {
        let rows = self
            .with_reader(async |connection| {
                sqlx::query(
                    "SELECT culprit, notifier, notice, attempts, not_before_ms FROM notices
                     WHERE watch = $1 AND told_ms IS NULL AND not_before_ms <= $2
                     ORDER BY rowid",
                )
                .bind(watch)
                .bind(int(now_ms))
                .fetch_all(connection)
                .await
            })
            .await?;
        let read = |row: &sqlx::sqlite::SqliteRow| {
            Ok(StoredNotice {
                culprit: row.try_get("culprit")?,
                notifier: row.try_get("notifier")?,
                notice: row.try_get("notice")?,
                attempts: row.try_get("attempts")?,
                not_before_ms: u64::try_from(row.try_get::<i64, _>("not_before_ms")?)
                    .unwrap_or_default(),
            })
        };
        let read: Result<_, sqlx::Error> = rows.iter().map(read).collect();
        read.map_err(|error| JournalError::database(&self.shared.path, error))
    }

    /// Remembers that another attempt to tell a notice begins, and when the next one may if this one
    /// fails. It is durable when this returns.
    ///
    /// # Errors
    ///
    /// When the database cannot be written to.
    pub async fn attempt_notice(
        &self,
        watch: &str,
        notice: &StoredNotice,
        not_before_ms: u64,
    ) -> Result<(), JournalError> {
        self.with_reader(async |connection| {
            sqlx::query(
                "UPDATE notices SET attempts = attempts + 1, not_before_ms = $4
                 WHERE watch = $1 AND culprit = $2 AND notifier = $3",
            )
            .bind(watch)
            .bind(&notice.culprit)
            .bind(&notice.notifier)
            .bind(int(not_before_ms))
            .execute(connection)
            .await
        })
        .await?;
        Ok(())
    }

    /// Remembers that a notice was told, for ever, and forgets what it said.
    ///
    /// # Errors
    ///
    /// When the database cannot be written to.
    pub async fn told_notice(
        &self,
        watch: &str,
        notice: &StoredNotice,
        now_ms: u64,
    ) -> Result<(), JournalError> {
        self.with_reader(async |connection| {
            sqlx::query(
                "UPDATE notices SET told_ms = $4, notice = ''
                 WHERE watch = $1 AND culprit = $2 AND notifier = $3",
            )
            .bind(watch)
            .bind(&notice.culprit)
            .bind(&notice.notifier)
            .bind(int(now_ms))
            .execute(connection)
            .await
        })
        .await?;
        Ok(())
    }

    /// The culprits of which somebody was told since `since_ms`.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub async fn told_since(
        &self,
        watch: &str,
        since_ms: u64,
    ) -> Result<Vec<String>, JournalError> {
        self.with_reader(async |connection| {
            sqlx::query_scalar(
                "SELECT DISTINCT culprit FROM notices WHERE watch = $1 AND told_ms >= $2",
            )
            .bind(watch)
            .bind(int(since_ms))
            .fetch_all(connection)
            .await
        })
        .await
    }
}
