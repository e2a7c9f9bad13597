//! The one task that writes: it takes what has gathered and commits it in one transaction.

use crate::queue::{Appended, Batch, Queue};
use crate::{JournalError, JournalErrorKind, search};
use sqlx::{Connection, QueryBuilder, Sqlite, SqliteConnection};
use std::path::PathBuf;
use std::sync::Arc;
use stepwell_event::{Envelope, RunEvent, RunId, RunResult};
use tokio::sync::watch;

/// Rows per statement. Full statements are prepared once and kept.
const ROWS: usize = 200;

/// How far the writer is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress {
    /// How much of what was appended is durable.
    pub(crate) durable: u64,
    /// Why nothing is written any more.
    pub(crate) failure: Option<JournalError>,
}

pub(crate) struct Writer {
    pub(crate) path: PathBuf,
    pub(crate) connection: SqliteConnection,
    pub(crate) queue: EndOfQueue,
    pub(crate) progress: watch::Sender<Progress>,
}

/// The writer's end of the queue. However the writer ends, also with its runtime, the queue does
/// not go on gathering.
pub(crate) struct EndOfQueue(pub(crate) Arc<Queue>);

impl Drop for EndOfQueue {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

impl Writer {
    /// Writes until the queue is closed or a commit fails.
    pub(crate) async fn run(self) {
        let Self {
            path,
            mut connection,
            queue,
            progress,
        } = self;
        let mut batch = Batch::default();
        while queue.0.take(&mut batch).await {
            match commit(&mut connection, &batch.entries).await {
                Ok(()) => {
                    queue.0.settle(&batch);
                    progress.send_modify(|progress| progress.durable = batch.through);
                }
                Err(failure) => {
                    let failure = match failure {
                        CommitError::Database(error) => JournalError::database(&path, error),
                        CommitError::Encode(error) => {
                            JournalError::new(&path, JournalErrorKind::Other).caused_by(error)
                        }
                    };
                    tracing::debug!(error = %failure, "the journal stopped writing");
                    queue.0.abandon();
                    progress.send_modify(|progress| progress.failure = Some(failure));
                    break;
                }
            }
        }
        if let Err(error) = connection.close().await {
            tracing::debug!(%error, "the journal did not close cleanly");
        }
    }
}

enum CommitError {
    Database(sqlx::Error),
    Encode(serde_json::Error),
}

impl From<sqlx::Error> for CommitError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

async fn commit(
    connection: &mut SqliteConnection,
    entries: &[Appended],
) -> Result<(), CommitError> {
    let envelopes: Vec<&Envelope> = entries
        .iter()
        .filter_map(|entry| match entry {
            Appended::Run(envelope) => Some(envelope),
            Appended::Search(_) | Appended::Verdict { .. } => None,
        })
        .collect();
    // One statement is a transaction of its own. Most batches are small: this spares them two
    // thirds of the way to the database's thread and back, which is most of what they cost.
    let only_events = envelopes.len() == entries.len();
    if only_events && entries.len() <= ROWS && !envelopes.iter().any(|event| changes_index(event)) {
        return insert(connection, &envelopes).await;
    }
    // Taking the write lock at once is what makes the busy timeout hold for the whole transaction.
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    for chunk in envelopes.chunks(ROWS) {
        insert(&mut transaction, chunk).await?;
    }
    for envelope in envelopes {
        index(&mut transaction, envelope).await?;
    }
    for entry in entries {
        search::insert(&mut transaction, entry).await?;
    }
    transaction.commit().await?;
    Ok(())
}

async fn insert(
    connection: &mut SqliteConnection,
    envelopes: &[&Envelope],
) -> Result<(), CommitError> {
    let mut names = RunNames::default();
    let mut rows = Vec::with_capacity(envelopes.len());
    for envelope in envelopes {
        let body = serde_json::to_string(envelope).map_err(CommitError::Encode)?;
        rows.push((names.get(envelope.run), int(envelope.seq), body));
    }
    QueryBuilder::<Sqlite>::new("INSERT INTO events (run, seq, body) ")
        .push_values(rows, |mut row, (run, seq, body)| {
            row.push_bind(run).push_bind(seq).push_bind(body);
        })
        .build()
        // Keeping every odd number of rows would only push the full statement out of the cache.
        .persistent(envelopes.len() == ROWS)
        .execute(connection)
        .await?;
    Ok(())
}

fn changes_index(envelope: &Envelope) -> bool {
    let event = &envelope.event;
    matches!(
        event,
        RunEvent::RunStarted { .. } | RunEvent::RunFinished { .. }
    )
}

/// Keeps the list of runs in step with their events.
async fn index(connection: &mut SqliteConnection, envelope: &Envelope) -> Result<(), sqlx::Error> {
    let query = match &envelope.event {
        RunEvent::RunStarted { name, .. } => sqlx::query(
            "INSERT INTO runs (id, name, started_ms) VALUES ($1, $2, $3)
             ON CONFLICT (id) DO UPDATE SET name = excluded.name, started_ms = excluded.started_ms",
        )
        .bind(envelope.run.to_string())
        .bind(name.clone())
        .bind(int(envelope.time_ms)),
        RunEvent::RunFinished { result } => {
            sqlx::query("UPDATE runs SET finished_ms = $2, result = $3 WHERE id = $1")
                .bind(envelope.run.to_string())
                .bind(int(envelope.time_ms))
                .bind(result_name(*result))
        }
        _ => return Ok(()),
    };
    query.execute(connection).await?;
    Ok(())
}

/// The text of the run that was asked for last: neighbours in a batch are mostly of one run.
#[derive(Default)]
struct RunNames(Option<(RunId, Arc<str>)>);

impl RunNames {
    fn get(&mut self, run: RunId) -> Arc<str> {
        match &self.0 {
            Some((last, name)) if *last == run => name.clone(),
            _ => {
                let name: Arc<str> = run.to_string().into();
                self.0 = Some((run, name.clone()));
                name
            }
        }
    }
}

fn result_name(result: RunResult) -> &'static str {
    match result {
        RunResult::Succeeded => "succeeded",
        RunResult::PartiallySucceeded => "partially-succeeded",
        RunResult::Failed => "failed",
        RunResult::Canceled => "canceled",
    }
}

/// Databases count with a sign.
pub(crate) fn int(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
