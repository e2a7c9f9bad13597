//! Searches for a culprit, and the verdicts that they share.
//!
//! Events of searches go the way of the events of runs, so they share its commits. A verdict stands
//! instead of what was known before: otherwise a wrong one could never be corrected. What a search has
//! acted on is among its own events.

use crate::queue::{Appended, SearchRow};
use crate::recovery::OutOfPlace;
use crate::writer::int;
use crate::{Claim, Journal, JournalError, claim};
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};
use std::collections::HashMap;
use stepwell_event::{BisectEvent, Digest, Observation, SearchId};

/// Keys of one query.
const KEYS: usize = 500;

/// A search as the list of searches has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSearch {
    /// Its identifier.
    pub id: SearchId,
    /// Milliseconds since the Unix epoch.
    pub started_ms: u64,
    /// Whether it has come to a conclusion that is final, and nobody has said more of a version since.
    pub finished: bool,
    /// How it searches, in the words of whoever began it.
    pub settings: String,
    /// What whoever began it keeps with it.
    pub caller: String,
}

impl Journal {
    /// Puts a search into the list; it is durable when this returns.
    ///
    /// # Errors
    ///
    /// When the database cannot be written to.
    pub async fn begin_search(&self, search: &StoredSearch) -> Result<(), JournalError> {
        self.with_reader(async |connection| {
            sqlx::query(
                "INSERT INTO searches (id, started_ms, settings, caller) VALUES ($1, $2, $3, $4)",
            )
            .bind(search.id.to_string())
            .bind(int(search.started_ms))
            .bind(&search.settings)
            .bind(&search.caller)
            .execute(connection)
            .await
        })
        .await?;
        Ok(())
    }

    /// Changes how a search searches; it is durable when this returns.
    ///
    /// # Errors
    ///
    /// When the database cannot be written to.
    pub async fn set_search_settings(
        &self,
        search: SearchId,
        settings: &str,
    ) -> Result<(), JournalError> {
        self.with_reader(async |connection| {
            sqlx::query("UPDATE searches SET settings = $2 WHERE id = $1")
                .bind(search.to_string())
                .bind(settings)
                .execute(connection)
                .await
        })
        .await?;
        Ok(())
    }

    /// Hands over an event of a search, as [`Journal::append`] does for runs. The events of one
    /// search must come in their order, from 0.
    pub fn append_search(&self, search: SearchId, seq: u64, time_ms: u64, event: &BisectEvent) {
        // Such an event is plain data: writing it as JSON does not fail.
        let body = serde_json::to_string(event).unwrap_or_default();
        self.shared.queue.append(Appended::Search(SearchRow {
            search,
            seq,
            time_ms,
            body,
            finished: match event {
                BisectEvent::Concluded(conclusion) => Some(conclusion.is_final()),
                BisectEvent::Marked { .. } | BisectEvent::Unmarked { .. } => Some(false),
                _ => None,
            },
        }));
    }

    /// Hands over a verdict, as [`Journal::append`] does for events.
    pub fn keep_verdict(&self, key: Digest, time_ms: u64, observation: &Observation) {
        // Such an observation is plain data: writing it as JSON does not fail.
        let body = serde_json::to_string(observation).unwrap_or_default();
        self.shared
            .queue
            .append(Appended::Verdict { key, time_ms, body });
    }

    /// The durable verdicts that are known of these keys.
    ///
    /// # Errors
    ///
    /// When the database or a verdict in it cannot be read.
    pub async fn verdicts(
        &self,
        keys: &[Digest],
    ) -> Result<HashMap<Digest, Observation>, JournalError> {
        let mut found = HashMap::new();
        for keys in keys.chunks(KEYS) {
            let rows = self
                .with_reader(async |connection| {
                    let mut query =
                        QueryBuilder::<Sqlite>::new("SELECT id, body FROM verdicts WHERE id IN (");
                    let mut listed = query.separated(", ");
                    for key in keys {
                        listed.push_bind(key.to_string());
                    }
                    query.push(")");
                    // A statement for every number of keys would only fill the cache.
                    query.build().persistent(false).fetch_all(connection).await
                })
                .await?;
            for row in rows {
                let read = |column| row.try_get::<&str, _>(column);
                let key = read(0).map_err(|error| self.database(error))?;
                let body = read(1).map_err(|error| self.database(error))?;
                let key: Digest = key.parse().map_err(|error| self.damaged(error))?;
                let observation =
                    serde_json::from_str(body).map_err(|error| self.damaged(error))?;
                found.insert(key, observation);
            }
        }
        Ok(found)
    }

    /// All searches that are known, oldest first.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub async fn searches(&self) -> Result<Vec<StoredSearch>, JournalError> {
        let rows: Vec<(String, i64, bool, String, String)> = self
            .with_reader(async |connection| {
                sqlx::query_as(
                    "SELECT id, started_ms, finished_ms IS NOT NULL, settings, caller
                     FROM searches ORDER BY id",
                )
                .fetch_all(connection)
                .await
            })
            .await?;
        rows.into_iter()
            .map(|(id, started_ms, finished, settings, caller)| {
                Ok(StoredSearch {
                    id: id.parse().map_err(|error| self.damaged(error))?,
                    started_ms: u64::try_from(started_ms).unwrap_or_default(),
                    finished,
                    settings,
                    caller,
                })
            })
            .collect()
    }

    /// The durable events of a search in their order, each with its time in milliseconds since the
    /// Unix epoch; none for a search that is not known.
    ///
    /// # Errors
    ///
    /// When the database or an event in it cannot be read.
    pub async fn search_events(
        &self,
        search: SearchId,
    ) -> Result<Vec<(u64, BisectEvent)>, JournalError> {
        let rows: Vec<(i64, i64, String)> = self
            .with_reader(async |connection| {
                sqlx::query_as(
                    "SELECT seq, time_ms, body FROM search_events WHERE search = $1 ORDER BY seq",
                )
                .bind(search.to_string())
                .fetch_all(connection)
                .await
            })
            .await?;
        (0..)
            .zip(rows)
            .map(|(expected, (seq, time_ms, body))| {
                if seq != expected {
                    let id = search.to_string();
                    return Err(self.damaged(OutOfPlace { id, seq: expected }));
                }
                let event = serde_json::from_str(&body).map_err(|error| self.damaged(error))?;
                Ok((u64::try_from(time_ms).unwrap_or_default(), event))
            })
            .collect()
    }

    /// Says that this process is at work on `search`, until the claim is dropped.
    ///
    /// # Errors
    ///
    /// When a process holds the claim already, or the directory cannot be written to.
    pub fn claim_search(&self, search: SearchId) -> Result<Claim, JournalError> {
        claim::take(&self.shared.directory, search)
    }
}

/// Writes what belongs to searches.
pub(crate) async fn insert(
    connection: &mut SqliteConnection,
    entry: &Appended,
) -> Result<(), sqlx::Error> {
    match entry {
        Appended::Run(_) => {}
        Appended::Search(row) => {
            sqlx::query(
                "INSERT INTO search_events (search, seq, time_ms, body) VALUES ($1, $2, $3, $4)",
            )
            .bind(row.search.to_string())
            .bind(int(row.seq))
            .bind(int(row.time_ms))
            .bind(&row.body)
            .execute(&mut *connection)
            .await?;
            if let Some(finished) = row.finished {
                sqlx::query("UPDATE searches SET finished_ms = $2 WHERE id = $1")
                    .bind(row.search.to_string())
                    .bind(finished.then(|| int(row.time_ms)))
                    .execute(connection)
                    .await?;
            }
        }
        Appended::Verdict { key, time_ms, body } => {
            sqlx::query(
                "INSERT INTO verdicts (id, time_ms, body) VALUES ($1, $2, $3)
                 ON CONFLICT (id) DO UPDATE SET time_ms = excluded.time_ms, body = excluded.body",
            )
            .bind(key.to_string())
            .bind(int(*time_ms))
            .bind(body)
            .execute(connection)
            .await?;
        }
    }
    Ok(())
}
