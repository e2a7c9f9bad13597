//! E: the interfaces of `stepwell:task`.

use crate::case::{Case, Must, Program};
use crate::judge::Ran;
use crate::place::Place;
use stepwell_event::LimitKind;

const MIB: u64 = 1 << 20;

pub(super) const CASES: &[Case] = &[
    Case::new(
        "E-05",
        "sets a variable for ever",
        "limit of calls",
        Must::TimeOut,
        &[Program::Guest("set-for-ever", 0)],
    )
    .timeout(500)
    .limits(&[(LimitKind::CallsPerSecond, 1_000)])
    .check(was_slowed),
    Case::new(
        "E-08",
        "reports 100,000 issues",
        "limit of output",
        Must::Succeed,
        &[Program::Guest("issues", 100_000)],
    )
    .limits(&[(LimitKind::Output, MIB)])
    .bounded()
    .memory(32 * MIB),
    Case::new(
        "E-10",
        "calls everything at random",
        "check of each value",
        Must::End,
        &[
            Program::Guest("monkey", 1),
            Program::Guest("monkey", 20_261_122),
            Program::Guest("monkey", 0xdead_beef),
        ],
    )
    .writes(Place::bait),
    Case::new(
        "E-11",
        "reports progress 100,000 times",
        "limit of output",
        Must::Succeed,
        &[Program::Guest("progress-and-groups", 100_000)],
    )
    .limits(&[(LimitKind::Output, MIB)])
    .bounded(),
];

/// A bucket of calls holds what a second brings; half a second brings half as much.
fn was_slowed(ran: &Ran, _place: &Place) -> Result<(), String> {
    let allowed = 10_000;
    if ran.heard.events > allowed {
        return Err(format!(
            "{} calls got through in half a second",
            ran.heard.events
        ));
    }
    Ok(())
}
