//! Numbers that are given once: the identifiers of runs, revisions, and the counters of pipelines.
//!
//! Each is one statement of the database, so two processes never get the same number, and it is
//! durable before anybody sees it.

use crate::{Journal, JournalError, JournalErrorKind};

/// What is counted. The texts are in the database.
#[derive(Debug, Clone, Copy)]
enum Sequence {
    Run,
    Revision,
    Counter,
}

impl Sequence {
    fn text(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Revision => "revision",
            Self::Counter => "counter",
        }
    }
}

impl Journal {
    /// A number for a run that no other run of this journal has, had or will have, whatever its
    /// pipeline. It is greater than all before it; the first is 1.
    ///
    /// # Errors
    ///
    /// When the database cannot be written to.
    pub async fn next_run_id(&self) -> Result<i64, JournalError> {
        self.next(Sequence::Run, "", "", 1).await
    }

    /// The revision of a run's number: one more than the highest that was given to a run of this
    /// pipeline for which `rest`, all other parts of the number, was the same. The first is 1.
    ///
    /// # Errors
    ///
    /// When the database cannot be written to, or after the highest revision.
    pub async fn revision(&self, pipeline: &str, rest: &str) -> Result<u32, JournalError> {
        let revision = self.next(Sequence::Revision, pipeline, rest, 1).await?;
        u32::try_from(revision).map_err(|_| self.at_end())
    }

    /// The next number of a pipeline's counter: `seed` for a new prefix, otherwise one more than
    /// the last. The prefix is compared without regard to case, as Azure's expressions do.
    ///
    /// # Errors
    ///
    /// When the database cannot be written to, or after the highest number.
    pub async fn counter(
        &self,
        pipeline: &str,
        prefix: &str,
        seed: i64,
    ) -> Result<i64, JournalError> {
        let prefix = folded(prefix);
        self.next(Sequence::Counter, pipeline, &prefix, seed).await
    }

    async fn next(
        &self,
        sequence: Sequence,
        pipeline: &str,
        name: &str,
        first: i64,
    ) -> Result<i64, JournalError> {
        let rows: Vec<i64> = self
            .with_reader(async |connection| {
                sqlx::query_scalar(
                    // SQLite would go on with a floating-point number.
                    "INSERT INTO numbers (kind, pipeline, name, value) VALUES ($1, $2, $3, $4)
                     ON CONFLICT (kind, pipeline, name) DO UPDATE SET value = numbers.value + 1
                     WHERE numbers.value < 9223372036854775807
                     RETURNING value",
                )
                .bind(sequence.text())
                .bind(pipeline)
                .bind(name)
                .bind(first)
                // Not only the first row: the statement commits when it has come to its end.
                .fetch_all(connection)
                .await
            })
            .await?;
        rows.first().copied().ok_or_else(|| self.at_end())
    }

    fn at_end(&self) -> JournalError {
        JournalError::new(&self.shared.path, JournalErrorKind::CounterAtEnd)
    }
}

/// The text in one case, letter by letter, as the expression language compares.
fn folded(text: &str) -> String {
    let fold = |letter: char| {
        let mut upper = letter.to_uppercase();
        match (upper.next(), upper.next()) {
            (Some(only), None) if letter.is_ascii() == only.is_ascii() => only,
            _ => letter,
        }
    };
    text.chars().map(fold).collect()
}
