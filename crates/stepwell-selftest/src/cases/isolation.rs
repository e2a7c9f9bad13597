//! H: what others left, and what could be learnt from the host.

use crate::case::{Case, Must, Order, Program};
use crate::place::Place;

pub(super) const CASES: &[Case] = &[
    Case::new(
        "H-03",
        "looks for others' files and variables",
        "nothing but its grants",
        Must::Succeed,
        &[Program::Guest("look-around", 0)],
    )
    .refused()
    .reads(Place::bait),
    Case::new(
        "H-04",
        "reads memory that another step used",
        "memory is wiped",
        Must::Succeed,
        &[
            Program::Guest("remember", 32 << 20),
            Program::Guest("recall", 32 << 20),
            Program::Guest("recall", 32 << 20),
        ],
    )
    .order(Order::InTurn)
    .refused()
    .memory(96 << 20),
    Case::new(
        "H-06",
        "measures with a fine clock",
        "clock of 100 µs",
        Must::Succeed,
        &[Program::Guest("clock", 100_000)],
    )
    .bounded(),
    Case::new(
        "H-07",
        "plants code in the cache",
        "closed folders",
        Must::Succeed,
        &[Program::Guest("cache", 0)],
    )
    .refused()
    .writes(|place| {
        place.bait()?;
        place.hide("private/code")
    }),
    Case::new(
        "H-10",
        "looks for another instance of itself",
        "instance of its own",
        Must::Succeed,
        &[
            Program::Guest("counter", 0),
            Program::Guest("counter", 0),
            Program::Guest("counter", 0),
            Program::Guest("counter", 0),
        ],
    )
    .order(Order::Together)
    .refused(),
];
