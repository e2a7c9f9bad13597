//! Attempts in worker processes, which is how `stepwell run` runs steps.

use crate::arena::{Arena, Ending, load_with};
use crate::suite::Wall;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use stepwell_event::{Digest, StepReport, StepRequest};
use stepwell_sandbox::{Code, LoadError, Metering, NoNetwork, StepSink, StopHandle};
use stepwell_worker::{CompileLimits, Jail, Job, Scope, Workers, WorkersConfig};

/// Runs every step in a process of its own, and compiles in one.
pub struct Processes {
    program: PathBuf,
    private: Arc<Path>,
    scratch: PathBuf,
}

impl Processes {
    /// Starts `program`, which is this program, as worker. No guest may enter `private`; what steps
    /// get for temporary files is in `scratch`.
    #[must_use]
    pub fn new(program: PathBuf, private: Arc<Path>, scratch: PathBuf) -> Self {
        Self {
            program,
            private,
            scratch,
        }
    }

    /// Which walls stand around a worker, and what it could do in spite of them.
    #[must_use]
    pub fn walls(&self) -> Vec<Wall> {
        let probe = match stepwell_worker::probe(&self.program) {
            Ok(probe) => probe,
            Err(error) => {
                return vec![Wall {
                    name: "worker process",
                    stands: Err(error.to_string()),
                    breached: true,
                }];
            }
        };
        let breaches: Vec<&str> = probe
            .breaches()
            .map(|attempt| attempt.what.as_str())
            .collect();
        let wall = |name, stands: bool| Wall {
            name,
            stands: stands
                .then_some(())
                .ok_or_else(|| "the kernel does not have it".to_owned()),
            breached: false,
        };
        let clean = probe.environment == 0 && probe.descriptors.is_empty();
        vec![
            Wall {
                name: "worker process",
                stands: match (clean, breaches.is_empty()) {
                    (true, true) => Ok(()),
                    (false, _) => Err("it has inherited something".to_owned()),
                    (true, false) => Err(format!("a worker could {}", breaches.join(", "))),
                },
                breached: !clean || !breaches.is_empty(),
            },
            wall("list of system calls (seccomp)", probe.walls.seccomp),
            wall("list of folders (landlock)", probe.walls.landlock.is_some()),
        ]
    }
}

impl Arena for Processes {
    fn load(&self, bytes: &[u8], digest: Digest, metering: Metering) -> Result<Code, LoadError> {
        let jail = Jail {
            program: self.program.clone(),
            limits: CompileLimits::default(),
        };
        load_with(&jail, bytes, digest, metering)
    }

    fn run<'a>(
        &'a self,
        code: &'a Code,
        request: StepRequest,
        stop: StopHandle,
        sink: Box<dyn StepSink>,
    ) -> Ending<'a> {
        let config = WorkersConfig {
            program: self.program.clone(),
            scope: Scope::Step,
            warm: 0,
            expected: 1,
            private: Some(Arc::clone(&self.private)),
            scratch: self.scratch.clone(),
            core_dumps: false,
            dial: Arc::new(NoNetwork),
        };
        Box::pin(async move {
            match Workers::new(config, std::slice::from_ref(code)) {
                Ok(workers) => {
                    let mut job = Job::default();
                    workers.run(&mut job, request, stop, sink).await
                }
                Err(error) => StepReport::host_failed(error.to_string()),
            }
        })
    }
}
