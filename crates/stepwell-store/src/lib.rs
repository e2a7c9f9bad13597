//! The journal of runs and searches: the one truth, from which every view and every recovery is made.
//!
//! It is an SQLite database in WAL mode with `synchronous=FULL`, so what is committed survives a
//! power failure. Appending never waits: events gather for some milliseconds and share one commit,
//! and whoever needs an event to be durable before acting on it asks with [`Journal::flush`]. One
//! task owns the connection that writes; reading uses a second one, opened when first needed.
//!
//! Large contents, such as logs and artifacts, are not in the database but in [`Blobs`] beside it.
//!
//! This is the only crate with SQL.

mod blob;
mod blob_error;
mod claim;
mod error;
mod number;
mod queue;
mod recovery;
mod schema;
mod search;
mod watched;
mod weight;
mod writer;

pub use blob::{Blob, Blobs};
pub use blob_error::{BlobError, BlobErrorKind};
pub use claim::Claim;
pub use error::{JournalError, JournalErrorKind};
pub use recovery::{Interrupted, InterruptedJob};
pub use search::StoredSearch;
pub use watched::StoredNotice;

use queue::{Appended, Queue};
use schema::Durability;
use sqlx::SqliteConnection;
use std::fs::DirBuilder;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use stepwell_event::{Envelope, RunId};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use writer::{EndOfQueue, Progress, Writer};

/// The bytes of backlog at which [`Journal::room`] begins to wait.
const ROOM: usize = 8 << 20;

/// A handle to the journal. Clones share one writer, which ends when the last of them is gone.
#[derive(Debug, Clone)]
pub struct Journal {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    directory: PathBuf,
    path: PathBuf,
    durability: Durability,
    queue: Arc<Queue>,
    progress: watch::Receiver<Progress>,
    writer: Mutex<Option<JoinHandle<()>>>,
    reader: tokio::sync::Mutex<Option<SqliteConnection>>,
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.queue.close();
    }
}

impl Journal {
    /// Opens `journal.db` in `directory`, creating both when they are missing. The writer lives on
    /// the runtime that calls this.
    ///
    /// # Errors
    ///
    /// When the directory cannot be used, or when the file is damaged, no journal, or of a newer
    /// Stepwell. Such a file is left as it is.
    pub async fn open(directory: &Path) -> Result<Self, JournalError> {
        Self::open_as(directory, Durability::Full).await
    }

    /// Like [`Journal::open`], for what may be lost when the power fails: a commit does not wait for
    /// the disk.
    ///
    /// # Errors
    ///
    /// As for [`Journal::open`].
    pub async fn open_relaxed(directory: &Path) -> Result<Self, JournalError> {
        Self::open_as(directory, Durability::Relaxed).await
    }

    async fn open_as(directory: &Path, durability: Durability) -> Result<Self, JournalError> {
        create_private(directory).map_err(|error| {
            JournalError::new(directory, JournalErrorKind::Inaccessible).caused_by(error)
        })?;
        let path = directory.join("journal.db");
        let connection = schema::open(&path, durability).await?;
        let queue = Arc::new(Queue::default());
        let (sender, progress) = watch::channel(Progress::default());
        let writer = Writer {
            path: path.clone(),
            connection,
            queue: EndOfQueue(queue.clone()),
            progress: sender,
        };
        let shared = Shared {
            directory: directory.to_owned(),
            path,
            durability,
            queue,
            progress,
            writer: Mutex::new(Some(tokio::spawn(writer.run()))),
            reader: tokio::sync::Mutex::new(None),
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// Hands over an event. It never blocks and never touches the disk, and may be called from any
    /// thread. The events of one run must come in their order.
    ///
    /// After a failed commit, and after [`Journal::close`], the event is dropped; the next flush
    /// says so.
    pub fn append(&self, envelope: Envelope) {
        self.shared.queue.append(Appended::Run(envelope));
    }

    /// About the bytes of events that are not durable yet.
    #[must_use]
    pub fn backlog(&self) -> usize {
        self.shared.queue.backlog()
    }

    /// Whether [`Journal::room`] would wait.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.backlog() >= ROOM
    }

    /// Waits until the backlog is small enough to go on appending. Whoever makes events from a
    /// guest's output awaits this, so that no guest can fill the host's memory.
    pub async fn room(&self) {
        if !self.is_full() {
            return;
        }
        let mut progress = self.shared.progress.clone();
        // An error means that the writer is gone, and with it the backlog.
        let _ = progress.wait_for(|_| !self.is_full()).await;
    }

    /// Returns when everything that was appended before is durable.
    ///
    /// # Errors
    ///
    /// When a commit failed, now or earlier: from then on the journal takes nothing any more.
    pub async fn flush(&self) -> Result<(), JournalError> {
        self.durable(self.shared.queue.hurry()).await
    }

    /// Returns when everything that was appended before is durable, without hurrying: for whoever
    /// tells of events, and not for whoever waits to act.
    ///
    /// # Errors
    ///
    /// As for [`Journal::flush`].
    pub async fn settled(&self) -> Result<(), JournalError> {
        self.durable(self.shared.queue.appended()).await
    }

    async fn durable(&self, appended: u64) -> Result<(), JournalError> {
        let mut progress = self.shared.progress.clone();
        let reached = progress
            .wait_for(|progress| progress.failure.is_some() || progress.durable >= appended)
            .await
            .map_err(|_| JournalError::new(&self.shared.path, JournalErrorKind::Closed))?;
        reached.failure.clone().map_or(Ok(()), Err)
    }

    /// Returns when nothing will be written any more, with the reason: a failed commit, or the end
    /// of the writer. Whoever makes events selects on it, so as not to work for nothing.
    pub async fn failed(&self) -> JournalError {
        let mut progress = self.shared.progress.clone();
        let failure = match progress
            .wait_for(|progress| progress.failure.is_some())
            .await
        {
            Ok(reached) => reached.failure.clone(),
            Err(_) => None,
        };
        failure.unwrap_or_else(|| JournalError::new(&self.shared.path, JournalErrorKind::Closed))
    }

    /// Flushes and closes the database, for all clones.
    ///
    /// # Errors
    ///
    /// As for [`Journal::flush`].
    pub async fn close(self) -> Result<(), JournalError> {
        let flushed = self.flush().await;
        if let Some(reader) = self.shared.reader.lock().await.take() {
            self.close_connection(reader).await?;
        }
        self.shared.queue.close();
        let writer = &self.shared.writer;
        let ended = writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(ended) = ended {
            // The writer does not panic, and a runtime that shuts down ends it as well.
            let _ = ended.await;
        }
        flushed
    }

    /// The durable events of a run in their order; none for a run that is not known.
    ///
    /// # Errors
    ///
    /// When the database or an event in it cannot be read.
    pub async fn events(&self, run: RunId) -> Result<Vec<Envelope>, JournalError> {
        let mut events = Vec::new();
        self.read_events(run, |envelope| events.push(envelope))
            .await?;
        Ok(events)
    }

    /// Says that this process executes `run`, until the claim is dropped. Take it before the first
    /// event of the run is appended.
    ///
    /// # Errors
    ///
    /// When a process holds the claim already, or the directory cannot be written to.
    pub fn claim(&self, run: RunId) -> Result<Claim, JournalError> {
        claim::take(&self.shared.directory, run)
    }
}

/// Logs are for the user alone.
fn create_private(directory: &Path) -> std::io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}
