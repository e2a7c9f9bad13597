//! What a step publishes.
//!
//! The host looks at amounts only: whoever takes the events knows the names that are free and what
//! the pipeline lets the step do.

use crate::bindings::stepwell::task::publishing::{
    CodeCoverage, CoverageFormat, Host, Refusal, TestFormat, TestResults,
};
use crate::state::StepState;
use stepwell_event::{GuestEvent, Publish, Refusal as Refused, TestResultsRequest};

/// Files, or patterns of them, in one call.
const FILES: usize = 1_000;

impl Host for StepState {
    async fn attach_file(
        &mut self,
        kind: String,
        name: String,
        path: String,
    ) -> Result<(), Refusal> {
        let attachment = Publish::Attachment { kind, name, path };
        Ok(self.publish(attachment).await?)
    }

    async fn add_summary(&mut self, path: String) -> Result<(), Refusal> {
        Ok(self.publish(Publish::Summary { path }).await?)
    }

    async fn keep_file(&mut self, path: String) -> Result<(), Refusal> {
        Ok(self.publish(Publish::File { path }).await?)
    }

    async fn keep_log(&mut self, path: String) -> Result<(), Refusal> {
        Ok(self.publish(Publish::Log { path }).await?)
    }

    async fn publish_artifact(
        &mut self,
        name: String,
        folder: Option<String>,
        path: String,
    ) -> Result<(), Refusal> {
        let artifact = Publish::Artifact { name, folder, path };
        Ok(self.publish(artifact).await?)
    }

    async fn link_artifact(
        &mut self,
        name: String,
        kind: Option<String>,
        location: String,
    ) -> Result<(), Refusal> {
        let link = Publish::ArtifactLink {
            name,
            kind,
            location,
        };
        Ok(self.publish(link).await?)
    }

    async fn publish_test_results(&mut self, results: TestResults) -> Result<(), Refusal> {
        let format = match results.format {
            TestFormat::Junit => "JUnit",
            TestFormat::Nunit => "NUnit",
            TestFormat::Vstest => "VSTest",
            TestFormat::Xunit => "XUnit",
            TestFormat::Ctest => "CTest",
        };
        let request = TestResultsRequest {
            format: format.to_owned(),
            files: results.files,
            merge: results.merge,
            platform: results.platform,
            configuration: results.configuration,
            title: results.title,
            attach_files: results.attach_files,
            fail_on_failed_tests: results.fail_on_failed_tests,
        };
        Ok(self.publish(Publish::TestResults(request)).await?)
    }

    async fn publish_coverage(&mut self, coverage: CodeCoverage) -> Result<(), Refusal> {
        let tool = match coverage.format {
            CoverageFormat::Cobertura => "Cobertura",
            CoverageFormat::Jacoco => "JaCoCo",
        };
        let coverage = Publish::Coverage {
            tool: tool.to_owned(),
            summary: coverage.summary,
            report_directory: coverage.report_directory,
            additional_files: coverage.additional_files,
        };
        Ok(self.publish(coverage).await?)
    }

    async fn set_run_number(&mut self, number: String) -> Result<(), Refusal> {
        Ok(self.publish(Publish::RunNumber { number }).await?)
    }

    async fn add_tag(&mut self, tag: String) -> Result<(), Refusal> {
        Ok(self.publish(Publish::Tag { tag }).await?)
    }
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::InvalidName(message) => Self::Invalid(message),
            Refused::TooLarge(message) => Self::TooLarge(message),
            // The others are about variables, and nothing here is one.
            Refused::ReadOnly(message)
            | Refused::Unmaskable(message)
            | Refused::Denied(message) => Self::Denied(message),
        }
    }
}

impl StepState {
    /// Hands on what a step asks to publish, if it is not too much.
    pub(super) async fn publish(&mut self, publish: Publish) -> Result<(), Refused> {
        let files = files(&publish).len();
        if files > FILES {
            return Err(Refused::TooLarge(format!(
                "{files} files are too many for one call: the limit is {FILES}"
            )));
        }
        if !self.link.affords(text(&publish)) {
            return Err(Refused::TooLarge(
                "the step has used up its limit of output".to_owned(),
            ));
        }
        self.ask(GuestEvent::Publish { publish }).await
    }
}

fn files(publish: &Publish) -> &[String] {
    match publish {
        Publish::TestResults(request) => &request.files,
        Publish::Coverage {
            additional_files, ..
        } => additional_files,
        _ => &[],
    }
}

/// Bytes of all texts of the guest.
fn text(publish: &Publish) -> usize {
    match publish {
        Publish::Attachment { kind, name, path } => kind.len() + name.len() + path.len(),
        Publish::Summary { path }
        | Publish::File { path }
        | Publish::Log { path }
        | Publish::Path { path } => path.len(),
        Publish::Artifact { name, folder, path } => name.len() + given(&[folder]) + path.len(),
        Publish::ArtifactLink {
            name,
            kind,
            location,
        } => name.len() + given(&[kind]) + location.len(),
        Publish::TestResults(request) => {
            lines(&request.files)
                + given(&[&request.platform, &request.configuration, &request.title])
        }
        Publish::Coverage {
            summary,
            report_directory,
            additional_files,
            ..
        } => summary.len() + given(&[report_directory]) + lines(additional_files),
        Publish::RunNumber { number } => number.len(),
        Publish::Tag { tag } => tag.len(),
        Publish::Endpoint { id, key, value, .. } => id.len() + given(&[key]) + value.len(),
        Publish::TaskVariable { name, value, .. } => name.len() + value.len(),
        Publish::Detail(update) => {
            let texts = [
                &update.parent,
                &update.kind,
                &update.name,
                &update.start_time,
                &update.finish_time,
            ];
            update.id.len() + given(&texts) + update.operation.len()
        }
    }
}

fn given(texts: &[&Option<String>]) -> usize {
    let texts = texts.iter().copied().flatten();
    texts.map(String::len).sum()
}

/// Each file takes a line, so that empty names are not free.
fn lines(files: &[String]) -> usize {
    files.iter().map(|file| file.len() + 1).sum()
}
