//! What an oracle may ask of its host while it judges.
//!
//! The lab is made for one judgement and gone with it. It knows its candidate and nothing else: not
//! why it is judged, and not what was found for others.

mod copy;
mod run;
mod session;

use crate::part::Part;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use stepwell_event::{Digest, HostRefusal, Version};
use stepwell_plan::Plan;
use stepwell_runner::{Beginning, StepRunner};
use stepwell_store::{Blobs, Journal};
use tokio::runtime::Handle;
use tokio::sync::OnceCell;

pub(crate) use session::{Session, key, stem, untestable};

/// Makes pipelines ready to run on candidates.
pub trait Pipelines: Send + Sync + 'static {
    /// Who runs their steps.
    type Steps: StepRunner;

    /// Makes a pipeline ready. It blocks: it may read files and compile tasks. The project's own
    /// pipeline is asked for again and again.
    ///
    /// # Errors
    ///
    /// There is no such file, it cannot be used, or the machine failed: in words for people.
    fn prepare(&self, wanted: &Wanted<'_>) -> Result<Prepared<Self::Steps>, HostRefusal>;

    /// A digest of all that has an influence on the project's own default pipeline: its text and
    /// templates, its tasks, variables, and the host's settings. Judgements that only used this one
    /// are remembered under it.
    fn fingerprint(&self) -> Digest;
}

/// A pipeline that an oracle wants to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// The file, relative to the project; empty for the one that the search was given. It is a
    /// guest's text.
    pub pipeline: &'a str,
    /// Whose file: the project's, or that of the candidate whose files are in this folder.
    pub candidate: Option<&'a Path>,
    /// The candidate, for the variables that tell of the commit.
    pub version: &'a Version,
    /// Variables, over the pipeline's own.
    pub variables: &'a [(String, String)],
}

/// A pipeline that can run.
pub struct Prepared<R> {
    /// What is run.
    pub plan: Arc<Plan>,
    /// What its run begins with.
    pub beginning: Beginning,
    /// Who runs its steps.
    pub steps: Arc<R>,
    /// Folders that steps may not see, wherever they are.
    pub closed: Vec<PathBuf>,
    /// How many jobs run side by side at most.
    pub parallel_jobs: usize,
}

/// What all judgements of a search share.
pub struct Bench<A, P> {
    /// Where versions come from.
    pub archive: Arc<A>,
    /// Where pipelines come from.
    pub pipelines: Arc<P>,
    /// The oracles of the project, by name.
    pub oracles: BTreeMap<String, Part>,
    /// Where evidence is kept.
    pub blobs: Blobs,
    /// A folder of this search's own, for copies of candidates and the journal of their runs. It is
    /// made when it is needed.
    pub folder: PathBuf,
    /// The runtime that guests run on.
    pub guests: Handle,
    /// Whether what consulted oracles said to earlier searches stands for their answers. What they say
    /// is kept for later ones in any case.
    pub remember: bool,
}

/// The bench with what is opened when it is first needed.
pub(crate) struct Shared<R, A, P> {
    /// Who asks oracles.
    pub(crate) steps: Arc<R>,
    pub(crate) bench: Bench<A, P>,
    /// Where verdicts are kept.
    pub(crate) journal: Journal,
    /// Of runs on candidates. They can be looked at, but are none of the project's runs, and nothing
    /// waits until the disk has them: what counts is the verdict.
    runs: OnceCell<Journal>,
    copies: AtomicU64,
}

impl<R, A, P> Shared<R, A, P> {
    pub(crate) fn new(steps: Arc<R>, bench: Bench<A, P>, journal: Journal) -> Self {
        Self {
            steps,
            bench,
            journal,
            runs: OnceCell::new(),
            copies: AtomicU64::new(0),
        }
    }

    async fn runs(&self) -> Result<&Journal, HostRefusal> {
        let open = || Journal::open_relaxed(&self.bench.folder);
        let runs = self.runs.get_or_try_init(open).await;
        runs.map_err(|error| HostRefusal::Infrastructure(error.to_string()))
    }

    /// The folder of one more copy.
    fn place(&self) -> PathBuf {
        let number = self
            .copies
            .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let name = format!("copy-{}-{number}", std::process::id());
        self.bench.folder.join(name)
    }
}
