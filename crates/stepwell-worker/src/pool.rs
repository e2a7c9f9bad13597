//! Workers for jobs: started ahead, given to one job or to one step, and never to another.

use crate::channel::{Receiver, Sender};
use crate::conversation::{Broken, Conversation, Image, Images};
use crate::folder::Folder;
use crate::message::{Assignment, MOST_TO_HOST, ToWorker};
use crate::nursery::{Nursery, Undertaker};
use crate::process::{Process, death};
use crate::reach::Reach;
use crate::walls::Walls;
use rustix::fs::{MemfdFlags, SealFlags};
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use stepwell_event::{Digest, LostCause, Outcome, StepReport, StepRequest};
use stepwell_sandbox::{Code, Compiled, Dial, Metering, StepSink, StopHandle};
use tokio::net::UnixStream;

/// How long the body of a worker that closed its channel is waited for.
const LAST_BREATH: Duration = Duration::from_millis(500);

/// What one worker process is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The steps of one job.
    Job,
    /// One step.
    Step,
}

/// How a pool of workers is set up.
pub struct WorkersConfig {
    /// This program.
    pub program: PathBuf,
    /// What one worker is for.
    pub scope: Scope,
    /// How many workers wait for work, so that nobody waits for their start.
    pub warm: usize,
    /// How many will be needed, as far as it is known: no more are started ahead.
    pub expected: usize,
    /// A folder of the host that no guest may enter, without symbolic links.
    pub private: Option<Arc<Path>>,
    /// Where workers have the folders that steps get for temporary files.
    pub scratch: PathBuf,
    /// Whether a step that trapped has its core dump in its report.
    pub core_dumps: bool,
    /// Who connects to other machines: this process, since a worker cannot.
    pub dial: Arc<dyn Dial>,
}

/// Runs steps in processes without rights.
pub struct Workers {
    config: WorkersConfig,
    images: Images,
    nursery: Nursery,
    walls: OnceLock<Walls>,
}

/// The workers of one job: at most one at a time.
#[derive(Debug, Default)]
pub struct Job {
    worker: Option<Worker>,
    /// What its steps needed so far.
    reach: Reach,
}

/// A process and the channel to it.
#[derive(Debug)]
struct Worker {
    process: Option<Process>,
    /// Where its steps have their temporary files. Removed after the worker, which may not have got
    /// around to it.
    scratch: Option<Folder>,
    undertaker: Undertaker,
    sender: Sender,
    receiver: Receiver,
    reach: Reach,
    loaded: HashSet<(Digest, Metering)>,
}

impl Workers {
    /// Starts the first workers. Steps may name the components of `codes` and no others.
    ///
    /// # Errors
    ///
    /// The host lacks threads, files or memory.
    pub fn new(config: WorkersConfig, codes: &[Code]) -> io::Result<Self> {
        let nursery = Nursery::new(config.program.clone(), config.warm, config.expected)?;
        let images = codes
            .iter()
            .map(|code| Ok(((code.digest(), code.metering()), image(code)?)))
            .collect::<io::Result<_>>()?;
        Ok(Self {
            config,
            images,
            nursery,
            walls: OnceLock::new(),
        })
    }

    /// Which walls the workers have, as soon as one has raised them.
    #[must_use]
    pub fn walls(&self) -> Option<Walls> {
        self.walls.get().copied()
    }

    /// Runs a step in a worker of `job`. Must be called in a Tokio runtime with timers and I/O.
    pub async fn run(
        &self,
        job: &mut Job,
        request: StepRequest,
        stop: StopHandle,
        sink: Box<dyn StepSink>,
    ) -> StepReport {
        let needed = (request.component, Metering::of(&request.limits));
        let Some(image) = self.images.get(&needed) else {
            let message = format!("the component {} was not loaded", request.component);
            return StepReport::host_failed(message);
        };
        let mut worker = match self.worker(job, &request).await {
            Ok(worker) => worker,
            Err(error) => {
                let message = format!("no worker can be started: {error}");
                return lost(LostCause::NotStarted, message);
            }
        };
        let load = worker.loaded.insert(needed).then_some(image);
        let conversation = Conversation {
            sender: &mut worker.sender,
            receiver: &mut worker.receiver,
            request: &request,
            stop: &stop,
            dial: &self.config.dial,
            core_dumps: self.config.core_dumps,
            on_ready: &|walls| self.told(walls),
        };
        match conversation.hold(load, sink).await {
            Ok(report) => {
                if self.config.scope == Scope::Job && ended_by_itself(&report.outcome) {
                    job.worker = Some(worker);
                }
                report
            }
            Err(broken) => worker.lost(broken).await,
        }
    }

    /// The job's worker if its walls leave open what the step needs, else another.
    async fn worker(&self, job: &mut Job, request: &StepRequest) -> io::Result<Worker> {
        let needed = Reach::of(request);
        if let Some(worker) = job.worker.take()
            && worker.reach.covers(&needed)
        {
            return Ok(worker);
        }
        let reach = match self.config.scope {
            Scope::Job => std::mem::take(&mut job.reach).and(&needed),
            Scope::Step => needed,
        };
        job.reach = reach.clone();
        let scratch = reach.scratch.then(|| Folder::new(&self.config.scratch));
        let scratch = scratch.transpose()?;
        let (process, channel) = self.nursery.take().await?;
        channel.set_nonblocking(true)?;
        let channel = Arc::new(UnixStream::from_std(channel)?);
        let mut worker = Worker {
            process: Some(process),
            scratch,
            undertaker: self.nursery.undertaker(),
            sender: Sender::new(Arc::clone(&channel)),
            receiver: Receiver::of_worker(channel, MOST_TO_HOST),
            reach: reach.clone(),
            loaded: HashSet::new(),
        };
        let assign = ToWorker::Assign(Assignment {
            reach,
            scratch: worker.scratch.as_ref().map(|folder| folder.path().to_path_buf()),
            private: self.config.private.as_deref().map(Path::to_path_buf),
            core_dumps: self.config.core_dumps,
        });
        worker.sender.add(&assign).map_err(io::Error::other)?;
        Ok(worker)
    }

    fn told(&self, walls: Walls) {
        if self.walls.set(walls).is_ok() {
            tracing::info!("walls: a worker process per {}, {walls}", match self.config.scope {
                Scope::Job => "job",
                Scope::Step => "step",
            });
            let missing = walls.missing();
            if !missing.is_empty() {
                let missing = missing.join(" and ");
                tracing::warn!("this kernel has no {missing} for the processes that run steps");
            }
        }
    }
}

impl Worker {
    /// Makes sure that the worker is dead, and finds out what it died of.
    async fn lost(mut self, broken: Broken) -> StepReport {
        let Some(mut process) = self.process.take() else {
            return lost(LostCause::Crashed, "the worker is gone".to_owned());
        };
        let said = match broken {
            Broken::Channel(error) => {
                tracing::debug!(worker = process.id(), %error, "lost a worker");
                None
            }
            Broken::Worker(why) => Some((LostCause::NotStarted, why)),
            Broken::Implausible(what) => {
                Some((LostCause::Crashed, format!("the worker reported {what}")))
            }
            Broken::Unresponsive => Some((
                LostCause::Unresponsive,
                "the worker did not end the step in time and was killed".to_owned(),
            )),
        };
        if said.is_none() {
            let died = async {
                while process.ended().is_none() {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            };
            // One that does not die has only closed its channel.
            let _ = tokio::time::timeout(LAST_BREATH, died).await;
        }
        let (cause, message) = match (said, process.ended()) {
            (Some(said), _) => said,
            (None, Some(status)) => {
                let complaint = process.complaint();
                death(Some(status), &complaint)
            }
            (None, None) => death(None, ""),
        };
        self.undertaker.bury(process, self.scratch.take());
        lost(cause, message)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if let Some(process) = self.process.take() {
            self.undertaker.bury(process, self.scratch.take());
        }
    }
}

/// Whether a step left nothing behind that the next one in the same process could meet, such as a
/// host call that still blocks.
fn ended_by_itself(outcome: &Outcome) -> bool {
    matches!(
        outcome,
        Outcome::Succeeded | Outcome::ExitCode { .. } | Outcome::Failed { .. }
    )
}

fn lost(cause: LostCause, message: String) -> StepReport {
    StepReport::without_guest(Outcome::Lost { cause, message })
}

/// Compiled code, its lines and their length in an anonymous file. It is sealed, or one worker could change what another runs.
fn image(code: &Code) -> io::Result<Image> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let file: OwnedFd = rustix::fs::memfd_create("stepwell-code", flags)?;
    let mut file = File::from(file);
    let Compiled { code, lines, .. } = code.compiled();
    file.write_all(code)?;
    file.write_all(lines)?;
    // Behind the code, which is large, so that it need not be moved to be read.
    let length = u32::try_from(lines.len()).map_err(io::Error::other)?;
    file.write_all(&length.to_le_bytes())?;
    let seals = SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL;
    rustix::fs::fcntl_add_seals(&file, seals)?;
    Ok(Image(file.into()))
}
