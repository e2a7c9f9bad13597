//! Abuses the interfaces of `stepwell:task`.

use crate::Attempt;
use crate::tally::Tally;
use stepwell_task::bindings::stepwell::task::outputs::{self, VariableOptions};
use stepwell_task::bindings::stepwell::task::publishing;
use stepwell_task::{Issue, Level, add_secret, info, log, progress};

pub(crate) const ATTEMPTS: &[(&str, Attempt)] = &[
    ("set-for-ever", |_| {
        loop {
            let _ = outputs::set_variable("again", "and again", VariableOptions::empty());
        }
    }),
    ("set-variable", |_| {
        let mut tally = Tally::default();
        let set = outputs::set_variable("stolen", "yes", VariableOptions::empty());
        tally.refused("a variable that it may not set", set);
    }),
    ("odd-names", |_| odd_names()),
    ("odd-values", |_| {
        for (index, value) in VALUES.iter().enumerate() {
            let _ = outputs::set_output(&format!("value{index}"), value);
        }
        info!("tried: 1");
    }),
    ("odd-masks", |_| odd_masks()),
    ("issues", issues),
    ("progress-and-groups", |count| {
        info!("tried: {count}");
        for index in 0..count {
            progress(u32::try_from(index % 200).unwrap_or_default(), "on and on");
            log(Level::Info, "##[group]for ever");
        }
    }),
    ("odd-files", |_| odd_files()),
];

/// Texts that other systems would expand.
const VALUES: [&str; 7] = [
    "$(secret)",
    "${{ variables.secret }}",
    "$[ variables.secret ]",
    "$(cat /etc/passwd)",
    "%0A##vso[task.setvariable variable=forged]yes",
    "'; drop table runs; --",
    "\u{0}\u{1b}[2J",
];

fn odd_names() {
    let mut tally = Tally::default();
    let long = "n".repeat(10_000);
    for name in ["", "a=b", "a\nb", "a\u{0}b", "\u{1b}[2J", &long, " ", "a b"] {
        let set = outputs::set_output(name, "value");
        tally.refused(
            &format!("an output called {:?}", name.get(..20).unwrap_or(name)),
            set,
        );
    }
}

fn odd_masks() {
    let mut tally = Tally::default();
    let long = "m".repeat(200_000);
    for mask in ["", "a", "\n", " ", &long] {
        let masked = add_secret(mask);
        tally.refused(&format!("a mask of {} bytes", mask.len()), masked);
    }
    for index in 0..10_000 {
        tally.ended(add_secret(&format!("mask number {index}")));
    }
}

fn issues(count: u64) {
    info!("tried: {count}");
    for index in 0..count {
        Issue::error(format!("<b>issue</b> {index}\n\u{1b}[2J"))
            .at("../../etc/passwd")
            .line(u32::MAX)
            .report();
    }
}

/// Publishes what is not in the workspace, under names that lead out of it.
fn odd_files() {
    let mut tally = Tally::default();
    for path in [
        "../outside/secret",
        "/etc/passwd",
        "/proc/self/environ",
        "link/secret",
        "..",
        "",
        "a\u{0}b",
    ] {
        tally.ended(publishing::keep_file(path));
        tally.ended(publishing::add_summary(path));
        tally.ended(publishing::keep_log(path));
        tally.ended(publishing::attach_file("kind", "name", path));
        tally.ended(publishing::publish_artifact("stolen", None, path));
    }
    for name in [
        "../up",
        "/abs",
        "a/../../b",
        "C:\\x",
        "con",
        ".",
        "..",
        "",
        "a\u{0}",
        "a\n",
    ] {
        tally.ended(publishing::publish_artifact(name, None, "mine"));
        tally.ended(publishing::publish_artifact("good", Some(name), "mine"));
    }
}
