//! Makes every call that publishes something, and tells how it was taken.

mod bindings;
mod sdk;

use stepwell_task::bindings::stepwell::task::publishing::publish_coverage;
use stepwell_task::bindings::stepwell::task::publishing::{CodeCoverage, CoverageFormat};
use stepwell_task::{Result, TestFormat, TestResults, choice, info};

choice! {
    /// How to publish.
    enum Way {
        /// With the functions of the SDK, and all that is optional.
        Sdk = "sdk",
        /// With the generated bindings, and nothing that is optional.
        Bindings = "bindings",
        /// Many files in one call.
        Many = "many",
    }
}

stepwell_task::task! {
    /// Publishes one of everything.
    name: "publish",
    inputs: Inputs {
        /// How.
        way: Way,
        /// How many files, if there are to be many.
        files: usize = 0,
    },
    run: publish,
}

fn publish(inputs: Inputs) -> Result {
    match inputs.way {
        Way::Sdk => sdk::publish()?,
        Way::Bindings => bindings::publish(),
        Way::Many => {
            let files = vec![""; inputs.files];
            let results = TestResults::new(TestFormat::Ctest, &files).publish();
            info!("test-results {results:?}");
            let coverage = publish_coverage(&CodeCoverage {
                format: CoverageFormat::Jacoco,
                summary: String::new(),
                report_directory: None,
                additional_files: vec![String::new(); inputs.files],
            });
            info!("coverage {coverage:?}");
        }
    }
    Ok(())
}
