//! Build helpers of this repository: `cargo xtask COMMAND`.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line helper"
)]

mod bench;
#[cfg(feature = "bindings")]
mod bindings;
mod bisect_sim;
mod bisection;
mod build;
mod fuzz;
mod levels;
mod picture;
mod semantics;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  demo                build everything and run examples/release-check
  build               build the tasks, and a release of `stepwell` that carries them
  test                run all tests: host, tasks, documentation
  guests              build the tasks, the examples' tasks and the guests of the tests
  bench steps         what a step costs, next to make, just and a shell
  bench stop          how soon a step ends after its deadline, alone and beside 64 that spin
  bench neighbours    what a hostile step costs the steps beside it
  bench density       the memory of a thousand steps that wait
  bench compute       what it costs a guest to be stoppable and counted, next to the host
  bench throughput    steps a second, on one thread and on two
  bench levels        what a step and a job cost at each level of isolation
  bench bisect        what finding a culprit among 200 commits costs, next to `git bisect run`
  bench crash [ROUNDS]
                      kill runs at random moments and look at what is left, 200 if not said
  bisect-sim [TABLE…] [--trials N] [--seed S]
                      play searches against made-up histories, next to the numbers to reach
  conformance FOLDER  run wasi-testsuite, whose branch `prod/testsuite-base` is checked out there
  fuzz [SECONDS]      run each fuzz target for a while, 600 s if not said (needs cargo-fuzz)
  semantics           run the tests of the rules; how many cases there are of each section
  picture             draw docs/session.svg from a real session
  bindings [--check]  generate the bindings of the SDKs (needs `--features bindings`)";

use std::process::ExitCode;

fn main() -> ExitCode {
    match execute() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn execute() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["demo"] => build::demo(),
        ["build"] => build::release().map(|program| println!("{}", program.display())),
        ["test"] => build::test(),
        ["guests"] => build::guests(),
        ["fuzz"] => fuzz::run(600),
        ["fuzz", seconds] => fuzz::run(seconds.parse()?),
        ["semantics"] => semantics::count(),
        ["picture"] => picture::draw(),
        ["bench", "steps"] => bench::steps(),
        ["bench", "bisect"] => bisection::measure(),
        ["bench", "levels"] => levels::measure(),
        ["bench", "crash"] => bench::crash(200),
        ["bench", "crash", rounds] => bench::crash(rounds.parse()?),
        [
            "bench",
            name @ ("compute" | "density" | "neighbours" | "stop" | "throughput"),
        ] => bench::figures(name),
        ["bisect-sim", arguments @ ..] => bisect_sim::play(arguments),
        ["conformance", folder] => conformance(folder),
        #[cfg(feature = "bindings")]
        ["bindings"] => bindings::write(),
        #[cfg(feature = "bindings")]
        ["bindings", "--check"] => bindings::check(),
        #[cfg(not(feature = "bindings"))]
        ["bindings", ..] => anyhow::bail!(
            "the generator is not compiled in; use `cargo run -p xtask --features bindings -- bindings [--check]`"
        ),
        _ => anyhow::bail!("{USAGE}"),
    }
}

/// Runs the programs of a checkout of wasi-testsuite.
fn conformance(folder: &str) -> anyhow::Result<()> {
    let folder = std::path::absolute(folder)?.display().to_string();
    let test = "conformance::the_wasi_testsuite_passes_but_for_what_is_listed";
    build::one_test("sandbox", test, &[("STEPWELL_WASI_TESTSUITE", &folder)])
}
