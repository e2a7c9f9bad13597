//! The host's side of `stepwell:task`.

mod detail;
mod publishing;
mod secrets;

use crate::bindings::stepwell::task::{
    cancellation, description, inputs, logging, outputs, publishing as published, refusals,
    secrets as granted,
};
use crate::state::{StepState, called};
use crate::stop::StopRequested;
use std::time::Instant;
use stepwell_event::{GuestEvent, Issue, IssueSeverity, LogLevel, Publish, Refusal, StepResult};
use wasmtime::component::{HasSelf, Linker, Resource};
use wasmtime_wasi::p2::{DynPollable, subscribe};

/// Where a guest finds its workspace: its root directory, so that relative and absolute paths
/// both lead there.
pub(crate) const WORKSPACE: &str = "/";

/// Links everything that a task may import from `stepwell:task`.
pub(crate) fn add_to_linker(linker: &mut Linker<StepState>) -> wasmtime::Result<()> {
    type Data = HasSelf<StepState>;
    inputs::add_to_linker::<_, Data>(linker, called)?;
    outputs::add_to_linker::<_, Data>(linker, called)?;
    refusals::add_to_linker::<_, Data>(linker, called)?;
    granted::add_to_linker::<_, Data>(linker, called)?;
    logging::add_to_linker::<_, Data>(linker, called)?;
    published::add_to_linker::<_, Data>(linker, called)?;
    cancellation::add_to_linker::<_, Data>(linker, called)?;
    description::add_to_linker::<_, Data>(linker, called)
}

impl description::Host for StepState {}

impl refusals::Host for StepState {}

impl inputs::Host for StepState {
    fn get(&mut self, name: String) -> Option<String> {
        let (_, value) = self.inputs.iter().find(|(known, _)| *known == name)?;
        Some(value.clone())
    }

    fn all(&mut self) -> Vec<(String, String)> {
        self.inputs.clone()
    }

    fn workspace(&mut self) -> Option<String> {
        Self::workspace(self)
    }
}

impl outputs::Host for StepState {
    async fn set_output(
        &mut self,
        name: String,
        value: String,
    ) -> Result<(), outputs::OutputError> {
        self.set(GuestEvent::SetVariable {
            name,
            value,
            secret: false,
            output: true,
            read_only: true,
        })
        .await
    }

    async fn set_variable(
        &mut self,
        name: String,
        value: String,
        options: outputs::VariableOptions,
    ) -> Result<(), outputs::OutputError> {
        self.set(GuestEvent::SetVariable {
            name,
            value,
            secret: options.contains(outputs::VariableOptions::SECRET),
            output: false,
            read_only: options.contains(outputs::VariableOptions::READ_ONLY),
        })
        .await
    }

    async fn add_secret(&mut self, value: String) -> Result<(), outputs::OutputError> {
        // A secret is masked whenever it becomes known.
        Ok(self.ask(GuestEvent::AddSecret { value }).await?)
    }

    async fn prepend_path(&mut self, path: String) -> Result<(), outputs::OutputError> {
        self.in_time()?;
        Ok(self.publish(Publish::Path { path }).await?)
    }

    async fn set_task_variable(
        &mut self,
        name: String,
        value: String,
        options: outputs::VariableOptions,
    ) -> Result<(), outputs::OutputError> {
        self.in_time()?;
        let variable = Publish::TaskVariable {
            name,
            value,
            secret: options.contains(outputs::VariableOptions::SECRET),
            read_only: options.contains(outputs::VariableOptions::READ_ONLY),
        };
        Ok(self.publish(variable).await?)
    }

    async fn set_endpoint(
        &mut self,
        id: String,
        field: outputs::EndpointField,
        value: String,
    ) -> Result<(), outputs::OutputError> {
        self.in_time()?;
        let (field, key) = match field {
            outputs::EndpointField::Url => ("url", None),
            outputs::EndpointField::DataParameter(key) => ("dataParameter", Some(key)),
            outputs::EndpointField::AuthParameter(key) => ("authParameter", Some(key)),
        };
        let endpoint = Publish::Endpoint {
            id,
            field: field.to_owned(),
            key,
            value,
        };
        Ok(self.publish(endpoint).await?)
    }
}

impl From<Refusal> for outputs::OutputError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::InvalidName(message) => Self::InvalidName(message),
            Refusal::ReadOnly(message) => Self::ReadOnly(message),
            Refusal::Unmaskable(message) => Self::Unmaskable(message),
            Refusal::TooLarge(message) => Self::TooLarge(message),
            Refusal::Denied(message) => Self::Denied(message),
        }
    }
}

impl logging::Host for StepState {
    async fn log(&mut self, level: logging::Level, message: String) {
        if !self.link.affords(message.len()) {
            return;
        }
        let level = match level {
            logging::Level::Debug => LogLevel::Debug,
            logging::Level::Info => LogLevel::Info,
            logging::Level::Warning => LogLevel::Warning,
            logging::Level::Error => LogLevel::Error,
        };
        self.tell(GuestEvent::Log { level, message }).await;
    }

    async fn issue(&mut self, issue: logging::IssueRecord) {
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        if !self
            .link
            .affords(issue.message.len() + text(&issue.path) + text(&issue.code))
        {
            return;
        }
        let severity = match issue.severity {
            logging::Severity::Warning => IssueSeverity::Warning,
            logging::Severity::Error => IssueSeverity::Error,
        };
        self.tell(GuestEvent::Issue(Issue {
            severity,
            message: issue.message,
            path: issue.path,
            line: issue.line,
            column: issue.column,
            code: issue.code,
        }))
        .await;
    }

    async fn progress(&mut self, percent: u32, message: String) {
        if !self.link.affords(message.len()) {
            return;
        }
        let percent = u8::try_from(percent.min(100)).unwrap_or(100);
        self.tell(GuestEvent::Progress { percent, message }).await;
    }

    async fn complete(&mut self, result: logging::Completion, message: String) {
        let result = match result {
            logging::Completion::Succeeded => StepResult::Succeeded,
            logging::Completion::SucceededWithIssues => StepResult::SucceededWithIssues,
            logging::Completion::Failed => StepResult::Failed,
        };
        self.tell(GuestEvent::Complete { result, message }).await;
    }

    async fn detail(&mut self, update: logging::DetailUpdate) -> Result<(), refusals::Refusal> {
        Ok(self.publish(Publish::Detail(update.into())).await?)
    }
}

impl cancellation::Host for StepState {
    fn subscribe(&mut self) -> wasmtime::Result<Resource<DynPollable>> {
        self.stop.listen();
        let request = self.table.push(StopRequested(self.stop.clone()))?;
        subscribe(&mut self.table, request)
    }

    fn requested(&mut self) -> bool {
        self.stop.is_asked()
    }

    fn time_left(&mut self) -> Option<u32> {
        let left = self
            .stop
            .ends_at()?
            .saturating_duration_since(Instant::now());
        Some(u32::try_from(left.as_millis()).unwrap_or(u32::MAX))
    }
}

impl StepState {
    /// Where the guest finds its workspace, if it sees one.
    pub(crate) fn workspace(&self) -> Option<String> {
        self.files.has_workspace().then(|| WORKSPACE.to_owned())
    }

    async fn tell(&mut self, event: GuestEvent) {
        self.link.room().await;
        self.link.emit_unanswered(event);
    }

    async fn set(&mut self, event: GuestEvent) -> Result<(), outputs::OutputError> {
        self.in_time()?;
        Ok(self.ask(event).await?)
    }

    /// Refuses what later steps would see once the step was asked to stop: from then on it is to clean
    /// up, and what it computes is half done.
    fn in_time(&self) -> Result<(), outputs::OutputError> {
        if self.stop.is_asked() {
            return Err(outputs::OutputError::Denied(
                "the step is being stopped".to_owned(),
            ));
        }
        Ok(())
    }

    async fn ask(&mut self, event: GuestEvent) -> Result<(), Refusal> {
        self.link.room().await;
        self.link.emit(event).await
    }
}
