//! B: memory, tables, stack and handles, and values that are none.

use crate::case::{Case, Must, Program};
use crate::handmade;
use stepwell_event::{LimitKind, TrapKind};
use stepwell_sandbox::LoadErrorKind;

const MIB: u64 = 1 << 20;
/// Of the native stack, or of the one that compilers keep in memory.
const OVERFLOW: Must = Must::Trap(&[TrapKind::StackOverflow, TrapKind::MemoryOutOfBounds]);
const REFUSED: Must = Must::Trap(&[TrapKind::HostRefused, TrapKind::MemoryOutOfBounds]);

pub(super) const CASES: &[Case] = &[
    Case::new(
        "B-01",
        "allocates until it gets no more",
        "memory limit",
        Must::Reach(LimitKind::Memory),
        &[Program::Guest("allocate", 0)],
    )
    .limits(&[(LimitKind::Memory, 32 * MIB)])
    .memory(64 * MIB),
    Case::new(
        "B-02",
        "has nine memories",
        "check before it runs",
        Must::NotLoad(&[LoadErrorKind::TooComplex]),
        &[Program::Made("nine-memories")],
    ),
    Case::new(
        "B-03",
        "asks for 4 billion table elements",
        "limit of elements",
        Must::Succeed,
        &[Program::Made("table-grow")],
    )
    .refused(),
    Case::new(
        "B-04",
        "recurses for ever",
        "stack limit",
        OVERFLOW,
        &[Program::Guest("recursion", 0)],
    ),
    Case::new(
        "B-05",
        "calls the host at the end of its stack",
        "stack limit",
        OVERFLOW,
        &[Program::Guest("stack-edge", 0)],
    ),
    Case::new(
        "B-06",
        "is a thousand modules",
        "check before it runs",
        Must::NotLoad(&[LoadErrorKind::TooComplex]),
        &[Program::Made("many-instances")],
    ),
    Case::new(
        "B-07",
        "hands over 300 KiB in one call",
        "limit of a call",
        Must::Reach(LimitKind::HostcallBytes),
        &[Program::Guest("long-value", 300 << 10)],
    ),
    Case::new(
        "B-08",
        "hands over 100,000 empty texts",
        "limit of a call",
        Must::Reach(LimitKind::HostcallBytes),
        &[Program::Guest("many-strings", 100_000)],
    ),
    Case::new(
        "B-09",
        "hands over texts outside its memory",
        "check of each value",
        REFUSED,
        &[
            Program::Made("bad-pointer"),
            Program::Made("bad-length"),
            Program::Made("bad-latin"),
            Program::Made("bad-text"),
            Program::Made("bad-alignment"),
            Program::Made("bad-surrogate"),
        ],
    ),
    Case::new(
        "B-10",
        "hands over values of no type",
        "check of each value",
        REFUSED,
        &[
            Program::Made("bad-enum"),
            Program::Made("bad-enum-huge"),
            Program::Made("bad-option"),
            Program::Made("bad-variant"),
            Program::Made("bad-result"),
        ],
    ),
    Case::new(
        "B-11",
        "allocates nowhere, or twice in a place",
        "check of each pointer",
        Must::Any(&[REFUSED, Must::Exit(0), Must::Succeed]),
        &[
            Program::Made("realloc-outside"),
            Program::Made("realloc-unaligned"),
            Program::Made("realloc-zero"),
            Program::Made("realloc-same"),
            Program::Made("realloc-end"),
        ],
    )
    .env(&[("NAME", "value"), ("OTHER", "value")])
    .refused(),
    Case::new(
        "B-12",
        "calls the host while being called",
        "no re-entry",
        Must::Trap(&[TrapKind::HostRefused, TrapKind::Other]),
        &[Program::Made("realloc-calls")],
    )
    .env(&[("NAME", "value")]),
    Case::new(
        "B-13",
        "uses handles that are not its own",
        "table of handles",
        Must::Trap(&[TrapKind::HostRefused, TrapKind::Other]),
        &[
            Program::Guest("handle-dropped", 0),
            Program::Guest("handle-forged", 0),
            Program::Guest("handle-forged", 1),
            Program::Guest("handle-forged", 77),
            Program::Guest("handle-forged", u32::MAX as u64),
            Program::Guest("handle-orphan", 0),
        ],
    ),
    Case::new(
        "B-14",
        "holds two million timers",
        "limit of resources",
        Must::Reach(LimitKind::Resources),
        &[Program::Guest("pollables", 2_000_000)],
    ),
    Case::new(
        "B-15",
        "waits for a million things at once",
        "limit of a call",
        Must::Any(&[
            Must::Reach(LimitKind::HostcallBytes),
            Must::Reach(LimitKind::Handles),
        ]),
        &[Program::Guest("poll-list", 1_000_000)],
    )
    .refused(),
    Case::new(
        "B-16",
        "multiplies its tables of handles",
        "limit of handles",
        Must::Reach(LimitKind::Handles),
        &[
            Program::Made("handles-of-many"),
            Program::Made("handle-loop"),
        ],
    )
    .memory(64 * MIB),
    Case::new(
        "B-17",
        "has eight memories that are too much",
        "memory limit, summed",
        Must::Reach(LimitKind::Memory),
        &[Program::Made("eight-memories")],
    )
    .limits(&[(LimitKind::Memory, 128 * MIB)]),
    Case::new(
        "B-18",
        "has two tables that are too much",
        "limit of elements",
        Must::Reach(LimitKind::TableElements),
        &[Program::Made("two-tables")],
    ),
    Case::new(
        "B-19",
        "is small and takes minutes to compile",
        "check before it runs",
        Must::NotLoad(&[LoadErrorKind::TooComplex]),
        &[
            Program::Made("nested-loops"),
            Program::File(handmade::many_functions),
        ],
    ),
    Case::new(
        "B-20",
        "asks for a thousand gibibytes at once",
        "memory limit",
        Must::Succeed,
        &[Program::Guest("grow-politely", 0)],
    )
    .refused()
    .memory(32 * MIB),
    Case::new(
        "B-21",
        "asks for a megabyte of randomness",
        "limit of a call",
        Must::Reach(LimitKind::RandomBytes),
        &[Program::Guest("random-large", 1 << 20)],
    ),
    Case::new(
        "B-22",
        "reads and calls what is not there",
        "bounds checks",
        Must::Trap(&[
            TrapKind::MemoryOutOfBounds,
            TrapKind::TableOutOfBounds,
            TrapKind::DivisionByZero,
        ]),
        &[
            Program::Made("outside-memory"),
            Program::Made("outside-table"),
            Program::Made("divide"),
        ],
    ),
];
