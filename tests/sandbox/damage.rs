//! Damaged components: refused or run, and never a panic of the host.

use crate::handmade::command_with_realloc;
use crate::harness::{digest, fresh_sandbox, guest, run_bytes};
use stepwell_event::Outcome;
use stepwell_sandbox::{InThisProcess, Metering};

/// A generator of numbers that gives the same ones every time (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = self.0;
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        number ^ (number >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }
}

fn damaged(good: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut bad = good.to_owned();
    match numbers.below(4) {
        0 => bad.truncate(numbers.below(good.len())),
        1 => {
            let at = numbers.below(good.len());
            bad[at] = numbers.next().to_le_bytes()[0];
        }
        2 => {
            let (from, to) = (numbers.below(good.len()), numbers.below(good.len()));
            bad.copy_within(from..(from + 8).min(good.len()), to.min(good.len() - 8));
        }
        _ => {
            let at = numbers.below(good.len());
            bad[at] ^= 1 << numbers.below(8);
        }
    }
    bad
}

/// Loads and runs damaged copies; returns how many were loaded.
fn survive(good: &[u8], copies: u64) -> u64 {
    let sandbox = fresh_sandbox(1);
    let mut loaded = 0;
    for seed in 0..copies {
        let bad = damaged(good, &mut Numbers(seed));
        let digest = digest(&bad);
        let compiler = &InThisProcess;
        let Ok(good) = stepwell_sandbox::load(None, compiler, &bad, digest, Metering::Off) else {
            continue;
        };
        let component = sandbox.component(&good.code).unwrap();
        loaded += 1;
        let step = run_bytes(bad)
            .env("A", "1")
            .timeout(50)
            .memory(16 << 20)
            .output(1000);
        let ran = step.go_with(&sandbox, &component);
        if let Outcome::HostFailed { message } = ran.outcome() {
            panic!("copy {seed}: {message}");
        }
    }
    loaded
}

#[test]
fn damaged_copies_of_a_small_component_do_no_harm() {
    let loaded = survive(&command_with_realloc("(i32.const 128)"), 1940);
    assert!(loaded > 0, "no copy was loaded: the test tests nothing");
}

#[test]
fn damaged_copies_of_a_real_component_do_no_harm() {
    let loaded = survive(&guest("env_print"), 60);
    assert!(loaded > 0, "no copy was loaded: the test tests nothing");
}
