//! What an oracle or a notifier asks its host to do while it works.
//!
//! The sandbox does none of it: it bounds what is asked, hands it on, and makes of the answer what
//! WIT says. The guest waits meanwhile, and its deadline goes on: the time that its step has is what
//! bounds a pipeline that it asked for. When the step is stopped, the waiting ends, and whoever was to
//! answer sees the receiver dropped.

use super::bindings::stepwell::bisect::{lab, post, types};
use crate::state::{StepState, called};
use stepwell_event::{
    HostAnswer, HostCall, HostRefusal, LabResult, LabRun, LabStep, Overlay, RunResult, StepResult,
};
use wasmtime::component::{HasSelf, Linker};

/// Bytes of a file that crosses the wall, and of all overlays of one run.
const FILE: usize = 16 << 20;
/// Bytes that one call of a component of a search hands over, whatever less the limits of its step
/// say: a file, or overlays and variables, with their names.
pub(crate) const CALL: u64 = 24 << 20;
/// Overlays of one run.
const OVERLAYS: usize = 256;
/// Variables of one run.
const VARIABLES: usize = 1_000;
/// Bytes of all variables of one run.
const VALUES: usize = 4 << 20;
/// Bytes of a path, a name, an address or a line.
const LINE: usize = 4 << 10;
/// Bytes of a letter.
const LETTER: usize = 1 << 20;
/// Addresses of a letter.
const ADDRESSES: usize = 50;

/// Links everything that a component may import from `stepwell:bisect`.
pub(crate) fn add_to_linker(linker: &mut Linker<StepState>) -> wasmtime::Result<()> {
    type Data = HasSelf<StepState>;
    types::add_to_linker::<_, Data>(linker, called)?;
    lab::add_to_linker::<_, Data>(linker, called)?;
    post::add_to_linker::<_, Data>(linker, called)
}

impl types::Host for StepState {}

impl lab::Host for StepState {
    async fn run_pipeline(
        &mut self,
        request: lab::RunRequest,
    ) -> Result<lab::RunResult, lab::LabError> {
        let run = LabRun {
            pipeline: request.pipeline,
            of_candidate: request.origin == lab::Origin::Candidate,
            overlays: request
                .overlays
                .into_iter()
                .map(|overlay| Overlay {
                    path: overlay.path,
                    content: overlay.content,
                })
                .collect(),
            variables: request.variables,
        };
        match self.ask_host(HostCall::RunPipeline(run)).await? {
            HostAnswer::Ran(result) => Ok(result.into()),
            _ => Err(mismatch().into()),
        }
    }

    async fn read_result(&mut self, path: String) -> Result<Vec<u8>, lab::LabError> {
        match self.ask_host(HostCall::ReadResult { path }).await? {
            HostAnswer::File(bytes) if bytes.len() > FILE => {
                Err(too_large("the file", FILE).into())
            }
            HostAnswer::File(bytes) => Ok(bytes),
            _ => Err(mismatch().into()),
        }
    }

    async fn consult(
        &mut self,
        oracle: String,
        trials: u32,
        seed: u32,
    ) -> Result<types::Observation, lab::LabError> {
        let call = HostCall::Consult {
            oracle,
            trials,
            seed,
        };
        match self.ask_host(call).await? {
            HostAnswer::Observed(observation) => {
                let files = observation.evidence.iter();
                self.evidence
                    .extend(files.map(|evidence| evidence.digest.clone()));
                Ok((&*observation).into())
            }
            _ => Err(mismatch().into()),
        }
    }

    async fn patch(&mut self) -> Result<String, lab::LabError> {
        match self.ask_host(HostCall::Patch).await? {
            HostAnswer::Text(patch) => Ok(patch),
            _ => Err(mismatch().into()),
        }
    }

    async fn keep(
        &mut self,
        name: String,
        media_type: String,
        content: Vec<u8>,
    ) -> Result<types::Evidence, lab::LabError> {
        let call = HostCall::Keep {
            name,
            media_type,
            content,
        };
        match self.ask_host(call).await? {
            HostAnswer::Kept(evidence) => {
                self.evidence.insert(evidence.digest.clone());
                Ok(evidence.into())
            }
            _ => Err(mismatch().into()),
        }
    }
}

impl post::Host for StepState {
    async fn send_mail(&mut self, mail: post::Mail) -> Result<(), post::PostError> {
        let call = HostCall::SendMail {
            to: mail.to,
            subject: mail.subject,
            text: mail.text,
        };
        match self.ask_host(call).await? {
            HostAnswer::Sent => Ok(()),
            _ => Err(mismatch().into()),
        }
    }
}

impl StepState {
    async fn ask_host(&mut self, call: HostCall) -> Result<HostAnswer, HostRefusal> {
        check(&call)?;
        if let HostCall::Keep { content, .. } = &call
            && self.files.account.keep(content.len() as u64).is_err()
        {
            return Err(HostRefusal::TooLarge(
                "the step has used up what it may write".to_owned(),
            ));
        }
        let answered = async {
            self.link.room().await;
            self.link.call(call).await
        };
        let answer = tokio::select! {
            biased;
            () = self.stop.asked() => return Err(HostRefusal::Infrastructure(
                "the step is being stopped".to_owned(),
            )),
            answer = answered => answer,
        };
        match answer {
            HostAnswer::Refused(refusal) => Err(refusal),
            answer => Ok(answer),
        }
    }
}

/// Whether a call is within its bounds. The sandbox lets no other through; whoever gets one from a
/// process that runs a guest asks again.
///
/// # Errors
///
/// It is not, for this reason.
pub fn check(call: &HostCall) -> Result<(), HostRefusal> {
    match call {
        HostCall::RunPipeline(run) => check_run(run),
        HostCall::ReadResult { path } => within(path.len(), LINE, "the path"),
        HostCall::Consult { oracle, trials, .. } => {
            if *trials == 0 {
                return Err(HostRefusal::Invalid("no trial at all".to_owned()));
            }
            within(oracle.len(), LINE, "the oracle's name")
        }
        HostCall::Patch => Ok(()),
        HostCall::Keep {
            name,
            media_type,
            content,
        } => {
            within(name.len(), LINE, "the name")?;
            within(media_type.len(), LINE, "the media type")?;
            within(content.len(), FILE, "the file")
        }
        HostCall::SendMail { to, subject, text } => {
            if to.len() > ADDRESSES {
                return Err(too_many("addresses", to.len(), ADDRESSES));
            }
            for address in to {
                within(address.len(), LINE, "an address")?;
            }
            within(subject.len(), LINE, "the subject")?;
            within(text.len(), LETTER, "the text")
        }
    }
}

fn check_run(run: &LabRun) -> Result<(), HostRefusal> {
    within(run.pipeline.len(), LINE, "the pipeline's name")?;
    if run.overlays.len() > OVERLAYS {
        return Err(too_many("overlays", run.overlays.len(), OVERLAYS));
    }
    if run.variables.len() > VARIABLES {
        return Err(too_many("variables", run.variables.len(), VARIABLES));
    }
    for overlay in &run.overlays {
        within(overlay.path.len(), LINE, "an overlay's path")?;
    }
    let content = run.overlays.iter().map(|overlay| overlay.content.len());
    within(content.sum(), FILE, "all overlays together")?;
    let values = run
        .variables
        .iter()
        .map(|(name, value)| name.len() + value.len());
    within(values.sum(), VALUES, "all variables together")
}

fn within(bytes: usize, most: usize, what: &str) -> Result<(), HostRefusal> {
    if bytes > most {
        return Err(too_large(what, most));
    }
    Ok(())
}

fn too_large(what: &str, most: usize) -> HostRefusal {
    HostRefusal::TooLarge(format!("{what}: more than {most} bytes"))
}

fn too_many(what: &str, count: usize, most: usize) -> HostRefusal {
    HostRefusal::TooLarge(format!("{count} {what}: {most} are the limit"))
}

/// Whoever answers did not keep to the contract, which is none of the guest's doing.
fn mismatch() -> HostRefusal {
    tracing::error!("the answer to a guest's call is to another call");
    HostRefusal::Infrastructure("the host answered something else".to_owned())
}

impl From<HostRefusal> for lab::LabError {
    fn from(refusal: HostRefusal) -> Self {
        match refusal {
            HostRefusal::NotFound(message) => Self::NotFound(message),
            HostRefusal::Denied(message) => Self::Denied(message),
            HostRefusal::Invalid(message) => Self::Invalid(message),
            HostRefusal::TooLarge(message) => Self::TooLarge(message),
            HostRefusal::Infrastructure(message) => Self::Infrastructure(message),
        }
    }
}

impl From<HostRefusal> for post::PostError {
    fn from(refusal: HostRefusal) -> Self {
        match refusal {
            HostRefusal::Denied(message) => Self::Denied(message),
            HostRefusal::Infrastructure(message) => Self::Unavailable(message),
            HostRefusal::NotFound(message)
            | HostRefusal::Invalid(message)
            | HostRefusal::TooLarge(message) => Self::Invalid(message),
        }
    }
}

impl From<LabResult> for lab::RunResult {
    fn from(result: LabResult) -> Self {
        Self {
            end: match result.end {
                RunResult::Succeeded => lab::RunEnd::Succeeded,
                RunResult::PartiallySucceeded => lab::RunEnd::SucceededWithIssues,
                RunResult::Failed => lab::RunEnd::Failed,
                RunResult::Canceled => lab::RunEnd::Canceled,
            },
            steps: result.steps.into_iter().map(Into::into).collect(),
            log: result.log,
            duration: result.duration_ms,
        }
    }
}

impl From<LabStep> for lab::StepResult {
    fn from(step: LabStep) -> Self {
        Self {
            job: step.job,
            name: step.name,
            end: match step.end {
                StepResult::Succeeded => lab::StepEnd::Succeeded,
                StepResult::SucceededWithIssues => lab::StepEnd::SucceededWithIssues,
                StepResult::Failed => lab::StepEnd::Failed,
                StepResult::Canceled => lab::StepEnd::Canceled,
                StepResult::Skipped => lab::StepEnd::Skipped,
            },
            cause: step.cause,
            exit_code: step.exit_code,
            message: step.message,
            duration: step.duration_ms,
        }
    }
}
