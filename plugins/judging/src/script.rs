//! A host for tests, which answers what it was told to.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use stepwell_oracle::lab::{LabError, RunEnd, RunRequest, RunResult, StepEnd, StepResult};
use stepwell_oracle::post::{Mail, PostError};
use stepwell_oracle::{
    Evidence, FakeHost, Finding, Observation, Person, Question, Release, Version,
};

/// What the host answers, and what it was asked.
#[derive(Debug, Clone, Default)]
pub struct Script {
    /// What comes of the runs, in their order; the last comes of all that follow.
    pub runs: VecDeque<Result<RunResult, LabError>>,
    /// What each run leaves behind.
    pub files: BTreeMap<String, Vec<u8>>,
    /// What other oracles say.
    pub oracles: BTreeMap<String, Result<Observation, LabError>>,
    /// What was asked.
    pub asked: Asked,
}

/// What a [`Script`] was asked, also when it is in use.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Runs.
    pub runs: Rc<RefCell<Vec<RunRequest>>>,
    /// Oracles.
    pub oracles: Rc<RefCell<Vec<String>>>,
    /// Letters.
    pub mails: Rc<RefCell<Vec<Mail>>>,
}

impl Script {
    /// One in which these come of the runs.
    #[must_use]
    pub fn of_runs(runs: impl IntoIterator<Item = Result<RunResult, LabError>>) -> Self {
        Self {
            runs: runs.into_iter().collect(),
            ..Self::default()
        }
    }

    /// Has each run leave `content` at `path`.
    #[must_use]
    pub fn file(mut self, path: &str, content: &str) -> Self {
        self.files.insert(path.to_owned(), content.into());
        self
    }

    /// Has the oracle `name` say this.
    #[must_use]
    pub fn oracle(mut self, name: &str, says: Result<Observation, LabError>) -> Self {
        self.oracles.insert(name.to_owned(), says);
        self
    }
}

impl FakeHost for Script {
    fn run_pipeline(&mut self, request: &RunRequest) -> Result<RunResult, LabError> {
        self.asked.runs.borrow_mut().push(request.clone());
        let next = if self.runs.len() > 1 {
            self.runs.pop_front()
        } else {
            self.runs.front().cloned()
        };
        next.unwrap_or_else(|| Err(LabError::Denied("no run".to_owned())))
    }

    fn read_result(&mut self, path: &str) -> Result<Vec<u8>, LabError> {
        let found = self.files.get(path).cloned();
        found.ok_or_else(|| LabError::NotFound(format!("there is no `{path}`")))
    }

    fn consult(&mut self, oracle: &str, trials: u32, seed: u32) -> Result<Observation, LabError> {
        let asked = format!("{oracle} {trials} {seed}");
        self.asked.oracles.borrow_mut().push(asked);
        let said = self.oracles.get(oracle).cloned();
        said.unwrap_or_else(|| Err(LabError::NotFound(format!("there is no oracle `{oracle}`"))))
    }

    fn keep(&mut self, name: &str, media_type: &str, content: &[u8]) -> Result<Evidence, LabError> {
        Ok(Evidence {
            name: name.to_owned(),
            media_type: media_type.to_owned(),
            digest: String::new(),
            size: u32::try_from(content.len()).unwrap_or(u32::MAX),
        })
    }

    fn send_mail(&mut self, mail: &Mail) -> Result<(), PostError> {
        self.asked.mails.borrow_mut().push(mail.clone());
        Ok(())
    }
}

/// A run that ended so.
#[must_use]
pub fn run(end: RunEnd, steps: Vec<StepResult>) -> RunResult {
    RunResult {
        end,
        steps,
        log: "the log\n".to_owned(),
        duration: 1,
    }
}

/// A step, called `JOB.NAME`, that ended so.
#[must_use]
pub fn step(called: &str, end: StepEnd, cause: &str) -> StepResult {
    let (job, name) = called.split_once('.').unwrap_or(("main", called));
    StepResult {
        job: job.to_owned(),
        name: name.to_owned(),
        end,
        cause: cause.to_owned(),
        exit_code: None,
        message: String::new(),
        duration: 1,
    }
}

/// A question about some version.
#[must_use]
pub fn question(config: &str) -> Question {
    Question {
        config: config.to_owned(),
        candidate: version("c0ffee"),
        workspace: None,
        trials: 1,
        seed: 7,
    }
}

/// Some version.
#[must_use]
pub fn version(id: &str) -> Version {
    Version {
        id: id.to_owned(),
        parents: Vec::new(),
        subject: "change".to_owned(),
        author: Person {
            name: "Ada".to_owned(),
            email: "ada@example.org".to_owned(),
        },
        authored_at: "2026-01-01T00:00:00Z".to_owned(),
        tree: "7ree".to_owned(),
    }
}

/// What was found in some project.
#[must_use]
pub fn finding() -> Finding {
    Finding {
        key: "4e".repeat(32),
        project: "shop".to_owned(),
        culprit: version("c0ffee"),
        recipient: version("c0ffee").author,
        newest_good: Some(version("900d")),
        reason: "step `test` failed".to_owned(),
        signature: Some("main/test".to_owned()),
        confidence: 0.995,
        reproduce: "stepwell bisect run c0ffee".to_owned(),
        report_json: r#"{"format":1}"#.to_owned(),
        report_markdown: "# The report\n".to_owned(),
    }
}

/// The newest good version of some project.
#[must_use]
pub fn release() -> Release {
    Release {
        key: "4e".repeat(32),
        project: "shop".to_owned(),
        branch: "main".to_owned(),
        version: version("900d"),
        workspace: None,
        previous: Some("600d".to_owned()),
    }
}
