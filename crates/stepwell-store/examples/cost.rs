//! What an event costs: `cargo run --release --example cost`.
//!
//! Prints the time of one append, the CPU time of the whole process for each event, and the time
//! to open and to close a journal that exists.

#![expect(clippy::print_stdout, reason = "printing is what this program is for")]

use rustix::time::{ClockId, clock_gettime};
use std::error::Error;
use std::time::{Duration, Instant};
use stepwell_event::{Envelope, FORMAT_VERSION, LineKind, RunEvent, RunId};
use stepwell_store::Journal;
use tokio::runtime::Runtime;

fn main() -> Result<(), Box<dyn Error>> {
    let directory = std::env::temp_dir().join(format!("stepwell-cost-{}", std::process::id()));
    let runtime = Runtime::new()?;
    for (name, count, pause) in [
        ("quiet", 2000, Some(Duration::from_millis(1))),
        ("loud", 100_000, None),
    ] {
        let journal = runtime.block_on(Journal::open(&directory))?;
        let run = RunId::from_parts(u64::from(std::process::id()), u128::from(count));
        let (mut appending, mut idle) = (Duration::ZERO, Duration::ZERO);
        let before = cpu_time();
        // As steps do: from a thread that is none of the runtime's.
        for seq in 0..count {
            let envelope = line(run, seq);
            let begin = Instant::now();
            journal.append(envelope);
            appending += begin.elapsed();
            if let Some(pause) = pause {
                let begin = thread_time();
                std::thread::sleep(pause);
                idle += thread_time() - begin;
            } else if seq % 1000 == 0 {
                runtime.block_on(journal.room());
            }
        }
        runtime.block_on(journal.flush())?;
        let each = |time: Duration| time.as_nanos() / u128::from(count);
        let (append, cpu) = (each(appending), each(cpu_time() - before - idle));
        println!("{name}: append {append} ns, all in {cpu} ns of CPU per event");
        runtime.block_on(journal.close())?;
    }
    let begin = Instant::now();
    let journal = runtime.block_on(Journal::open(&directory))?;
    println!("open: {} µs", begin.elapsed().as_micros());
    let begin = Instant::now();
    runtime.block_on(journal.close())?;
    println!("close: {} µs", begin.elapsed().as_micros());
    std::fs::remove_dir_all(directory)?;
    Ok(())
}

fn line(run: RunId, seq: u64) -> Envelope {
    Envelope {
        v: FORMAT_VERSION,
        run,
        seq,
        time_ms: 1_700_000_000_000,
        event: RunEvent::Line {
            job: "build".into(),
            step: 0,
            source: LineKind::Stdout,
            text: "   Compiling something v0.1.0 (a line of about eighty characters of text)"
                .into(),
        },
    }
}

fn cpu_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default()
}

fn thread_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}
