//! Calls every function that a task can import, in random order, with random arguments.
//!
//! The same seed gives the same calls, so what it finds can be found again.

use std::hint::black_box;
use stepwell_task::bindings::stepwell::task::logging::{
    Completion, DetailResult, DetailState, DetailUpdate, IssueRecord, Level, Severity,
};
use stepwell_task::bindings::stepwell::task::outputs::{EndpointField, VariableOptions};
use stepwell_task::bindings::stepwell::task::publishing::{
    CodeCoverage, CoverageFormat, TestFormat, TestResults,
};
use stepwell_task::bindings::stepwell::task::{cancellation, inputs, logging, outputs, publishing};
use stepwell_task::info;

/// Calls that one seed gives.
const CALLS: u32 = 3_000;

pub(crate) fn play(seed: u64) {
    let mut monkey = Monkey { state: seed | 1 };
    for _ in 0..CALLS {
        monkey.call();
    }
    info!("tried: {CALLS}");
}

struct Monkey {
    state: u64,
}

impl Monkey {
    /// The next number of a linear congruence; its low bits are poor, so they are dropped.
    fn number(&mut self) -> u32 {
        self.state = self
            .state
            .wrapping_mul(0x5851_f42d_4c95_7f2d)
            .wrapping_add(0x1405_7b7e_f767_814f);
        (self.state >> 33) as u32
    }

    fn below(&mut self, count: u32) -> u32 {
        self.number() % count
    }

    fn flag(&mut self) -> bool {
        self.below(2) == 0
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u32) as usize]
    }

    fn text(&mut self) -> String {
        let odd = [
            "",
            "a",
            "../..",
            "/etc/passwd",
            "\u{0}",
            "\u{1b}[2J",
            "\u{202e}",
            "##vso[task.complete]",
            "$(secret)",
            "${{ x }}",
            "\n",
            "9999999999",
            "-1",
            "NaN",
            "true",
            "ſecret",
            "🦀",
        ];
        match self.below(8) {
            0 => self.one(&odd).repeat(self.below(2_000) as usize),
            1 => {
                let count = self.below(64);
                (0..count)
                    .filter_map(|_| char::from_u32(self.below(0x11_0000)))
                    .collect()
            }
            _ => self.one(&odd).to_owned(),
        }
    }

    fn perhaps<T>(&mut self, value: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.flag().then(|| value(self))
    }

    fn texts(&mut self) -> Vec<String> {
        (0..self.below(8)).map(|_| self.text()).collect()
    }

    fn options(&mut self) -> VariableOptions {
        let mut options = VariableOptions::empty();
        if self.flag() {
            options = options | VariableOptions::SECRET;
        }
        if self.flag() {
            options = options | VariableOptions::READ_ONLY;
        }
        options
    }

    fn call(&mut self) {
        match self.below(4) {
            0 => self.ask(),
            1 => self.set(),
            2 => self.log(),
            _ => self.publish(),
        }
    }

    fn ask(&mut self) {
        match self.below(6) {
            0 => drop(black_box(inputs::get(&self.text()))),
            1 => drop(black_box(inputs::all())),
            2 => drop(black_box(inputs::workspace())),
            3 => drop(black_box(cancellation::subscribe().ready())),
            4 => drop(black_box(cancellation::requested())),
            _ => drop(black_box(cancellation::time_left())),
        }
    }

    fn set(&mut self) {
        let (name, value, options) = (self.text(), self.text(), self.options());
        let _ = match self.below(6) {
            0 => outputs::set_output(&name, &value),
            1 => outputs::set_variable(&name, &value, options),
            2 => outputs::add_secret(&value),
            3 => outputs::prepend_path(&value),
            4 => outputs::set_task_variable(&name, &value, options),
            _ => {
                let field = match self.below(3) {
                    0 => EndpointField::Url,
                    1 => EndpointField::DataParameter(self.text()),
                    _ => EndpointField::AuthParameter(self.text()),
                };
                outputs::set_endpoint(&name, &field, &value)
            }
        };
    }

    fn log(&mut self) {
        let text = self.text();
        match self.below(5) {
            0 => {
                let levels = [Level::Debug, Level::Info, Level::Warning, Level::Error];
                logging::log(self.one(&levels), &text);
            }
            1 => logging::issue(&IssueRecord {
                severity: self.one(&[Severity::Warning, Severity::Error]),
                message: text,
                path: self.perhaps(Self::text),
                line: self.perhaps(Self::number),
                column: self.perhaps(Self::number),
                code: self.perhaps(Self::text),
            }),
            2 => logging::progress(self.number(), &text),
            3 => {
                let results = [Completion::Succeeded, Completion::SucceededWithIssues];
                logging::complete(self.one(&results), &text);
            }
            _ => {
                let update = self.detail(text);
                let _ = logging::detail(&update);
            }
        }
    }

    fn detail(&mut self, id: String) -> DetailUpdate {
        let states = [
            DetailState::Pending,
            DetailState::InProgress,
            DetailState::Completed,
        ];
        let results = [
            DetailResult::Succeeded,
            DetailResult::Failed,
            DetailResult::Skipped,
        ];
        DetailUpdate {
            id,
            parent: self.perhaps(Self::text),
            kind: self.perhaps(Self::text),
            name: self.perhaps(Self::text),
            order: self.perhaps(|monkey| monkey.number() as i32),
            start_time: self.perhaps(Self::text),
            finish_time: self.perhaps(Self::text),
            progress: self.perhaps(Self::number),
            state: self.perhaps(|monkey| monkey.one(&states)),
            result: self.perhaps(|monkey| monkey.one(&results)),
            operation: self.text(),
        }
    }

    fn publish(&mut self) {
        let (name, path) = (self.text(), self.text());
        let _ = match self.below(10) {
            0 => publishing::attach_file(&name, &self.text(), &path),
            1 => publishing::add_summary(&path),
            2 => publishing::keep_file(&path),
            3 => publishing::keep_log(&path),
            4 => publishing::publish_artifact(&name, self.perhaps(Self::text).as_deref(), &path),
            5 => publishing::link_artifact(&name, self.perhaps(Self::text).as_deref(), &path),
            6 => publishing::set_run_number(&name),
            7 => publishing::add_tag(&name),
            8 => {
                let results = self.results();
                publishing::publish_test_results(&results)
            }
            _ => publishing::publish_coverage(&CodeCoverage {
                format: self.one(&[CoverageFormat::Cobertura, CoverageFormat::Jacoco]),
                summary: path,
                report_directory: self.perhaps(Self::text),
                additional_files: self.texts(),
            }),
        };
    }

    fn results(&mut self) -> TestResults {
        let formats = [
            TestFormat::Junit,
            TestFormat::Nunit,
            TestFormat::Xunit,
            TestFormat::Ctest,
        ];
        TestResults {
            format: self.one(&formats),
            files: self.texts(),
            merge: self.flag(),
            platform: self.perhaps(Self::text),
            configuration: self.perhaps(Self::text),
            title: self.perhaps(Self::text),
            attach_files: self.flag(),
            fail_on_failed_tests: self.flag(),
        }
    }
}
