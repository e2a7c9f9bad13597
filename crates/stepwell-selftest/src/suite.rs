//! All attempts, and what must hold over all of them.

use crate::arena::Arena;
use crate::canary::Canary;
use crate::case::Case;
use crate::cases::attempts;
use crate::place::WITH_PRIVATE;
use crate::process::{self, Holdings};
use crate::processes::Processes;
use crate::trial::{Ground, Trial, Verdict};
use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use stepwell_sandbox::{Sandbox, SandboxConfig, SandboxError};
use tempfile::TempDir;

/// Attempts that run side by side.
const SIDE_BY_SIDE: usize = 2;

/// Steps that one attempt may run at once, of each that runs beside another.
const SLOTS: u32 = 16;

/// Bytes that the host may grow by over all attempts.
const GROWTH: u64 = 128 << 20;

/// The self-test could not be run.
#[derive(Debug, thiserror::Error)]
pub enum SelftestError {
    /// No folder for it.
    #[error("a folder for the attempts cannot be made")]
    Folder(#[from] io::Error),
    /// No sandbox.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// Nothing has such an identifier.
    #[error(
        "there is no attempt `{0}`; identifiers are such as `A-01`, and `A` stands for all of its kind"
    )]
    Unknown(String),
}

/// What stands between a step and the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wall {
    /// Its name.
    pub name: &'static str,
    /// Whether it stands; else why not.
    pub stands: Result<(), String>,
    /// Whether it should stand and does not, rather than that this machine has none.
    pub breached: bool,
}

/// What happens while the suite runs.
pub enum Progress {
    /// An attempt begins.
    Begun(&'static Case),
    /// An attempt has ended.
    Ended(&'static Case, Trial),
}

/// What came of all attempts.
#[derive(Debug)]
pub struct Summary {
    /// In the order of the list.
    pub trials: Vec<Trial>,
    /// Bytes that this process held more at its peak than before the first attempt.
    pub growth: u64,
    /// How long all of it took.
    pub took: Duration,
    /// What this process held before the first attempt, and after the last.
    pub holdings: (Holdings, Holdings),
    /// Folders that were left.
    pub folders: usize,
    /// Places where the secret was looked for.
    pub searched: u64,
    /// Places where it was.
    pub hits: u64,
}

impl Summary {
    /// Whether nothing got through, nothing was left and nothing has leaked.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.faults() == 0
            && self.growth <= GROWTH
            && self.holdings.1.is_within(self.holdings.0)
            && self.folders == 0
            && self.hits == 0
    }

    /// How many attempts got through.
    #[must_use]
    pub fn faults(&self) -> usize {
        self.count(|verdict| matches!(verdict, Verdict::GotThrough(_)))
    }

    /// How many attempts ended in a way.
    pub fn count(&self, is: impl Fn(&Verdict) -> bool) -> usize {
        self.trials
            .iter()
            .filter(|trial| is(&trial.verdict))
            .count()
    }
}

/// A choice of attempts, and where they are run.
pub struct Suite {
    cases: Vec<&'static Case>,
    guest: Option<Vec<u8>>,
    beside_others: bool,
    folder: TempDir,
    root: PathBuf,
}

impl Suite {
    /// The attempts that `only` names, or all; `guest` is the hostile task.
    ///
    /// # Errors
    ///
    /// `only` names what is not there, or no folder can be made.
    pub fn new(only: &[String], guest: Option<Vec<u8>>) -> Result<Self, SelftestError> {
        let mut cases = Vec::new();
        let names = |case: &Case, wanted: &str| {
            case.id.eq_ignore_ascii_case(wanted)
                || wanted.eq_ignore_ascii_case(&case.kind().letter().to_string())
        };
        for wanted in only {
            if !attempts().any(|case| names(case, wanted)) {
                return Err(SelftestError::Unknown(wanted.clone()));
            }
        }
        for case in attempts() {
            if only.is_empty() || only.iter().any(|wanted| names(case, wanted)) {
                cases.push(case);
            }
        }
        let folder = tempfile::Builder::new()
            .prefix("stepwell-selftest-")
            .tempdir()?;
        let root = fs::canonicalize(folder.path())?;
        Ok(Self {
            cases,
            guest,
            beside_others: false,
            folder,
            root,
        })
    }

    /// Something else happens in this process meanwhile, so what it takes is not judged.
    #[must_use]
    pub fn beside_others(mut self) -> Self {
        self.beside_others = true;
        self
    }

    /// The chosen attempts.
    #[must_use]
    pub fn cases(&self) -> &[&'static Case] {
        &self.cases
    }

    /// A sandbox with room for the attempts that run side by side.
    ///
    /// # Errors
    ///
    /// The host lacks something.
    pub fn sandbox(&self) -> Result<Arc<Sandbox>, SelftestError> {
        Ok(Arc::new(Sandbox::new(&self.sandbox_config())?))
    }

    /// The suite's own processes, started from `program`, which is this program.
    #[must_use]
    pub fn processes(&self, program: PathBuf) -> Processes {
        Processes::new(program, self.private(), self.root.clone())
    }

    fn private(&self) -> Arc<Path> {
        Arc::from(self.root.join(WITH_PRIVATE).join("workspace/private"))
    }

    fn sandbox_config(&self) -> SandboxConfig {
        SandboxConfig {
            slots: SLOTS * 2,
            private: Some(self.private()),
            scratch: Some(self.root.clone()),
            ..SandboxConfig::default()
        }
    }

    /// Tries all of them in `arena`, telling `watch` on the way.
    ///
    /// # Errors
    ///
    /// The folder for the attempts cannot be read.
    pub fn run(
        self,
        arena: &dyn Arena,
        watch: &mut dyn FnMut(Progress),
    ) -> Result<Summary, SelftestError> {
        let started = Instant::now();
        let canary = Canary::new();
        let ground = Ground {
            arena,
            guest: self.guest.as_deref(),
            folder: &self.root,
            canary: canary.clone(),
            codes: Mutex::new(HashMap::new()),
            peak: AtomicU64::new(0),
            beside_others: self.beside_others,
        };
        warm_up(&ground, &self.cases);
        let before = Holdings::now();
        process::mark_peak();
        let at_first = process::resident();
        let (alone, beside): (Vec<&Case>, Vec<&Case>) =
            self.cases.iter().copied().partition(|case| case.is_alone());
        let mut trials = Vec::new();
        for (cases, threads) in [(beside, SIDE_BY_SIDE), (alone, 1)] {
            side_by_side(&ground, &cases, threads, &mut |progress| {
                if let Progress::Ended(_, trial) = &progress {
                    trials.push(trial.clone());
                }
                watch(progress);
            });
            ground.note_peak();
        }
        let place = |trial: &Trial| self.cases.iter().position(|case| case.id == trial.id);
        trials.sort_by_key(place);
        let after = Holdings::settled(before);
        let folders = fs::read_dir(&self.root)?.count();
        let peak = ground.peak.load(Ordering::Relaxed);
        drop(self.folder);
        Ok(Summary {
            trials,
            growth: peak.saturating_sub(at_first),
            took: started.elapsed(),
            holdings: (before, after),
            folders,
            searched: canary.searched(),
            hits: canary.hits(),
        })
    }
}

/// Compiles what most attempts need, so that it counts to none of them.
fn warm_up(ground: &Ground<'_>, cases: &[&'static Case]) {
    // The first runtime of a process opens descriptors that all later ones share.
    drop(
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build(),
    );
    if let Some(case) = cases.iter().find(|case| case.needs_guest()) {
        ground.warm_up(case);
    }
}

fn side_by_side(
    ground: &Ground<'_>,
    cases: &[&'static Case],
    threads: usize,
    watch: &mut dyn FnMut(Progress),
) {
    let next = AtomicUsize::new(0);
    let (tell, told) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..threads.min(cases.len()) {
            let (tell, next) = (tell.clone(), &next);
            scope.spawn(move || take_turns(ground, cases, next, &tell));
        }
        drop(tell);
        for progress in told {
            watch(progress);
        }
    });
}

fn take_turns(
    ground: &Ground<'_>,
    cases: &[&'static Case],
    next: &AtomicUsize,
    tell: &Sender<Progress>,
) {
    while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
        // Nobody listens any more only if the watcher panicked, which ends all of it.
        let _watched = tell.send(Progress::Begun(case));
        let trial = ground.try_out(case);
        let _watched = tell.send(Progress::Ended(case, trial));
    }
}
