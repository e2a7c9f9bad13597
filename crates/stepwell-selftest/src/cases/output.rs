//! D: the log, and standard input.

use crate::case::{Case, Must, Program};
use crate::judge::Ran;
use crate::place::Place;
use stepwell_event::{LimitKind, TrapKind};

const MIB: u64 = 1 << 20;

pub(super) const CASES: &[Case] = &[
    Case::new(
        "D-01",
        "writes nothing for ever to a full log",
        "streams without queue",
        Must::TimeOut,
        &[Program::Guest("empty-writes", 0)],
    )
    .timeout(1_000)
    .stalled()
    .memory(16 * MIB),
    Case::new(
        "D-02",
        "floods the log",
        "limit of output",
        Must::Succeed,
        &[Program::Guest("flood", 64)],
    )
    .limits(&[(LimitKind::Output, MIB)])
    .bounded()
    .check(is_cut)
    .memory(16 * MIB),
    Case::new(
        "D-03",
        "writes one line of 16 MiB",
        "limit of output",
        Must::Succeed,
        &[Program::Guest("one-line", 16 * MIB)],
    )
    .limits(&[(LimitKind::Output, MIB)])
    .bounded()
    .check(is_cut),
    Case::new(
        "D-04",
        "writes byte by byte, for ever",
        "time limit",
        Must::TimeOut,
        &[Program::Guest("drip", 0)],
    ),
    Case::new(
        "D-05",
        "writes every byte there is",
        "bytes are only bytes",
        Must::Succeed,
        &[Program::Guest("all-bytes", 0)],
    )
    .check(|ran: &Ran, _place: &Place| {
        let expected: Vec<u8> = (0..=255).collect();
        match ran.heard.output == expected {
            true => Ok(()),
            false => Err("the bytes did not arrive as they were written".to_owned()),
        }
    }),
    Case::new(
        "D-12",
        "calls the host after it has returned",
        "no re-entry",
        Must::Trap(&[TrapKind::HostRefused, TrapKind::Other]),
        &[Program::Made("after-call")],
    ),
    Case::new(
        "D-13",
        "writes more than it was permitted",
        "check of each write",
        Must::Trap(&[TrapKind::HostRefused]),
        &[
            Program::Guest("unpermitted", 0),
            Program::Guest("zeroes", 0),
        ],
    )
    .memory(16 * MIB),
    Case::new(
        "D-14",
        "asks a question of whoever is there",
        "closed standard input",
        Must::Succeed,
        &[Program::Guest("read-input", 0)],
    ),
];

fn is_cut(ran: &Ran, _place: &Place) -> Result<(), String> {
    if ran.heard.bytes > MIB {
        return Err(format!("{} bytes reached the log", ran.heard.bytes));
    }
    if !ran.heard.truncated {
        return Err("nobody was told that output was cut".to_owned());
    }
    Ok(())
}
