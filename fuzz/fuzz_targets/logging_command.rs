//! Any bytes as the output of a step, cut anywhere: the job ends, and nothing of what the step
//! declared secret is in any event.

#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use stepwell_event::Stream;
use stepwell_fuzz::Job;
use stepwell_plan::Commands;

/// Nothing that the fuzzer would print by chance.
const SECRET: &str = "q8Zk-71c/Xw+";

#[derive(Arbitrary, Debug)]
struct Said<'a> {
    chunks: Vec<(bool, &'a [u8])>,
}

fuzz_target!(|said: Said<'_>| {
    let mut job = Job::start(&[SECRET], Commands::Any);
    for (is_error, bytes) in said.chunks {
        let stream = if is_error {
            Stream::Stderr
        } else {
            Stream::Stdout
        };
        job.print(stream, bytes);
        job.print(stream, SECRET.as_bytes());
    }
    job.end();
    assert!(job.lines().all(|line| !line.contains(SECRET)));
});
