//! What an event costs: `cargo run --release --example cost`.
//!
//! Prints the time of one append, the CPU time of the whole process for each event, and the time
//! to open a journal that exists.

#![expect(clippy::print_stdout, reason = "printing is what this program is for")]

use rustix::time::{ClockId, clock_gettime};
use std::time::{Duration, Instant};
use stepwell_event::{Envelope, FORMAT_VERSION, LineKind, RunEvent, RunId};
use stepwell_store::{Journal, JournalError};

const EVENTS: u64 = 100_000;

#[tokio::main]
async fn main() -> Result<(), JournalError> {
    let directory = std::env::temp_dir().join(format!("stepwell-cost-{}", std::process::id()));
    // A commit holds some twenty events of a quiet run, and thousands of a loud one.
    for (name, every, pause) in [
        ("quiet", 10, Some(Duration::from_millis(10))),
        ("loud", 1000, None),
    ] {
        let journal = Journal::open(&directory).await?;
        let count = if pause.is_some() { EVENTS / 50 } else { EVENTS };
        let run = RunId::from_parts(u64::from(std::process::id()), u128::from(count));
        let (mut appending, cpu) = (Duration::ZERO, cpu_time());
        for first in (0..count).step_by(every) {
            let begin = Instant::now();
            for seq in first..first + every as u64 {
                journal.append(line(run, seq));
            }
            appending += begin.elapsed();
            journal.room().await;
            if let Some(pause) = pause {
                tokio::time::sleep(pause).await;
            }
        }
        journal.flush().await?;
        let cpu = (cpu_time() - cpu).as_nanos() / u128::from(count);
        let append = appending.as_nanos() / u128::from(count);
        println!("{name}: append {append} ns, all in {cpu} ns of CPU per event");
        journal.close().await?;
    }
    let begin = Instant::now();
    let journal = Journal::open(&directory).await?;
    println!("open: {} µs", begin.elapsed().as_micros());
    let begin = Instant::now();
    journal.close().await?;
    println!("close: {} µs", begin.elapsed().as_micros());
    let _ = std::fs::remove_dir_all(directory);
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
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::try_from(time).unwrap_or_default()
}
