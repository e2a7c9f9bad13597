//! Reading back: the events of a run, and the runs that lost their process.

use crate::writer::int;
use crate::{Journal, JournalError, JournalErrorKind, claim, schema};
use sqlx::{Connection, Row, SqliteConnection};
use std::fmt;
use std::sync::Arc;
use stepwell_event::{Envelope, JobPosition, RunId, RunState};

/// Events per query, so that the log of a long run is never in memory twice.
const PAGE: i64 = 1000;

/// A run that began, did not end, and is executed by no process any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interrupted {
    /// The run.
    pub run: RunId,
    /// The pipeline's name.
    pub name: String,
    /// Where its jobs stood, in the order of the file.
    pub jobs: Vec<InterruptedJob>,
}

/// Where a job of an interrupted run stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InterruptedJob {
    /// The job's name.
    pub name: Arc<str>,
    /// The last that is known of it.
    pub position: JobPosition,
}

impl Journal {
    /// The runs that began, did not end, and are executed by no process any more; oldest first.
    ///
    /// # Errors
    ///
    /// When the database or an event in it cannot be read.
    pub async fn interrupted(&self) -> Result<Vec<Interrupted>, JournalError> {
        let mut interrupted = Vec::new();
        for run in self.unfinished().await? {
            if claim::is_held(&self.shared.directory, run) {
                continue;
            }
            let mut state = RunState::default();
            self.read_events(run, |envelope| state.apply(&envelope))
                .await?;
            // It may have ended between the two looks: its end was durable before its claim went.
            if state.result.is_none() {
                interrupted.push(Interrupted::new(run, state));
            }
        }
        Ok(interrupted)
    }

    /// Ends an interrupted run in the list of runs, so that it is told of only once.
    ///
    /// # Errors
    ///
    /// When the database cannot be written to.
    pub async fn acknowledge(&self, run: RunId) -> Result<(), JournalError> {
        self.with_reader(async |connection| {
            // When it ended is not known.
            sqlx::query("UPDATE runs SET result = 'interrupted' WHERE id = $1 AND result IS NULL")
                .bind(run.to_string())
                .execute(connection)
                .await
        })
        .await?;
        claim::forget(&self.shared.directory, run);
        Ok(())
    }

    /// All runs that are known, oldest first.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub async fn runs(&self) -> Result<Vec<RunId>, JournalError> {
        let ids: Vec<String> = self
            .with_reader(async |connection| {
                sqlx::query_scalar("SELECT id FROM runs ORDER BY id")
                    .fetch_all(connection)
                    .await
            })
            .await?;
        self.identifiers(&ids)
    }

    fn identifiers(&self, ids: &[String]) -> Result<Vec<RunId>, JournalError> {
        let ids = ids.iter();
        ids.map(|id| id.parse().map_err(|error| self.damaged(error)))
            .collect()
    }

    /// Gives the durable events of a run to `each`, in their order.
    pub(crate) async fn read_events(
        &self,
        run: RunId,
        mut each: impl FnMut(Envelope),
    ) -> Result<(), JournalError> {
        let mut next = 0i64;
        loop {
            let rows = self
                .with_reader(async |connection| {
                    sqlx::query(
                        "SELECT seq, body FROM events
                         WHERE run = $1 AND seq >= $2 ORDER BY seq LIMIT $3",
                    )
                    .bind(run.to_string())
                    .bind(next)
                    .bind(PAGE)
                    .fetch_all(connection)
                    .await
                })
                .await?;
            let Some(last) = rows.last() else {
                return Ok(());
            };
            let last: i64 = last.try_get(0).map_err(|error| self.database(error))?;
            for row in &rows {
                let body: &str = row.try_get(1).map_err(|error| self.database(error))?;
                let envelope: Envelope =
                    serde_json::from_str(body).map_err(|error| self.damaged(error))?;
                // Events are kept in their order: where one is missing, the file has lost it.
                if (envelope.run, int(envelope.seq)) != (run, next) {
                    return Err(self.damaged(OutOfPlace {
                        id: run.to_string(),
                        seq: next,
                    }));
                }
                next = next.saturating_add(1);
                each(envelope);
            }
            if last.checked_add(1) != Some(next) {
                return Err(self.damaged(OutOfPlace {
                    id: run.to_string(),
                    seq: last,
                }));
            }
        }
    }

    async fn unfinished(&self) -> Result<Vec<RunId>, JournalError> {
        let ids: Vec<String> = self
            .with_reader(async |connection| {
                sqlx::query_scalar("SELECT id FROM runs WHERE result IS NULL ORDER BY id")
                    .fetch_all(connection)
                    .await
            })
            .await?;
        self.identifiers(&ids)
    }

    pub(crate) async fn with_reader<T>(
        &self,
        work: impl AsyncFnOnce(&mut SqliteConnection) -> Result<T, sqlx::Error>,
    ) -> Result<T, JournalError> {
        let mut reader = self.shared.reader.lock().await;
        let connection = match &mut *reader {
            Some(connection) => connection,
            none => none.insert(schema::connect(&self.shared.path, self.shared.durability).await?),
        };
        work(connection).await.map_err(|error| self.database(error))
    }

    pub(crate) async fn close_connection(
        &self,
        connection: SqliteConnection,
    ) -> Result<(), JournalError> {
        connection
            .close()
            .await
            .map_err(|error| self.database(error))
    }

    pub(crate) fn database(&self, error: sqlx::Error) -> JournalError {
        JournalError::database(&self.shared.path, error)
    }

    pub(crate) fn damaged(
        &self,
        error: impl std::error::Error + Send + Sync + 'static,
    ) -> JournalError {
        JournalError::new(&self.shared.path, JournalErrorKind::Damaged).caused_by(error)
    }
}

/// An event is missing, or is another than its place says.
#[derive(Debug)]
pub(crate) struct OutOfPlace {
    /// Of what.
    pub(crate) id: String,
    pub(crate) seq: i64,
}

impl fmt::Display for OutOfPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, seq } = self;
        write!(f, "event {seq} of {id} is not in its place")
    }
}

impl std::error::Error for OutOfPlace {}

impl Interrupted {
    fn new(run: RunId, state: RunState) -> Self {
        let jobs = state.jobs.into_iter().map(|job| InterruptedJob {
            position: job.position(),
            name: job.name,
        });
        Self {
            run,
            name: state.name,
            jobs: jobs.collect(),
        }
    }
}
