//! A: going on for ever, in wasm, in host calls, before the entry and after it.

use crate::case::{Case, Must, Order, Program};
use stepwell_event::LimitKind;

const MIB: u64 = 1 << 20;

pub(super) const CASES: &[Case] = &[
    Case::new(
        "A-01",
        "loops for ever",
        "time limit",
        Must::TimeOut,
        &[Program::Guest("spin", 0)],
    ),
    Case::new(
        "A-02",
        "sleeps for ever",
        "time limit",
        Must::TimeOut,
        &[Program::Guest("sleep", 0)],
    ),
    Case::new(
        "A-03",
        "fills memory in single instructions",
        "time limit",
        Must::TimeOut,
        &[Program::Guest("fill", 0)],
    )
    .limits(&[(LimitKind::Memory, 64 * MIB)]),
    Case::new(
        "A-04",
        "loops before its entry is reached",
        "time limit",
        Must::TimeOut,
        &[Program::Made("start-loop")],
    ),
    Case::new(
        "A-05",
        "loops while it is handed a value",
        "time limit",
        Must::TimeOut,
        &[Program::Made("realloc-loop")],
    )
    .env(&[("A", "1")]),
    Case::new(
        "A-06",
        "loops after it has returned",
        "time limit",
        Must::TimeOut,
        &[Program::Made("after-loop")],
    ),
    Case::new(
        "A-07",
        "asked to stop, goes on",
        "end of its grace",
        Must::Cancel,
        &[Program::Guest("deaf", 0)],
    )
    .asked(),
    Case::new(
        "A-08",
        "asked to stop, begins something large",
        "end of its grace",
        Must::Cancel,
        &[Program::Guest("last-words", 1_000)],
    )
    .asked(),
    Case::new(
        "A-09",
        "lets the host make random bytes",
        "time limit",
        Must::TimeOut,
        &[Program::Guest("random", 0)],
    ),
    Case::new(
        "A-10",
        "sets timers for ever",
        "time limit",
        Must::TimeOut,
        &[Program::Guest("churn", 0), Program::Guest("poll", 0)],
    ),
    Case::new(
        "A-11",
        "eight loop at once beside a sleeper",
        "time limit of each",
        Must::TimeOut,
        &[
            Program::Guest("sleep", 0),
            Program::Guest("spin", 0),
            Program::Guest("spin", 0),
            Program::Guest("spin", 0),
            Program::Guest("spin", 0),
            Program::Guest("spin", 0),
            Program::Guest("spin", 0),
            Program::Guest("spin", 0),
            Program::Guest("spin", 0),
        ],
    )
    .order(Order::Together),
    Case::new(
        "A-12",
        "ends just before its time does",
        "it may",
        Must::Any(&[Must::End]),
        &[Program::Guest("nap", 290)],
    )
    .timeout(300),
    Case::new(
        "A-13",
        "works more than its budget",
        "budget of work",
        Must::Reach(LimitKind::Fuel),
        &[
            Program::Made("spin"),
            Program::Made("spin"),
            Program::Made("spin"),
        ],
    )
    .limits(&[(LimitKind::Fuel, 1_000_000)]),
    Case::new(
        "A-14",
        "asks for memory for ever",
        "time limit",
        Must::TimeOut,
        &[Program::Made("grow-loop")],
    ),
    Case::new(
        "A-15",
        "reports progress for ever",
        "time limit",
        Must::TimeOut,
        &[Program::Guest("progress", 0)],
    ),
];
