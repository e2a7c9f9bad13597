//! G: files that are no proper component, and ends that are no proper ends.

use crate::case::{Case, Must, Program};
use crate::handmade;
use stepwell_event::TrapKind;
use stepwell_sandbox::LoadErrorKind;

const DAMAGED: &[LoadErrorKind] = &[
    LoadErrorKind::NotWasm,
    LoadErrorKind::CoreModule,
    LoadErrorKind::Truncated,
    LoadErrorKind::TooComplex,
    LoadErrorKind::Malformed,
    LoadErrorKind::UnknownImport,
    LoadErrorKind::MissingExport,
    LoadErrorKind::WrongType,
];

pub(super) const CASES: &[Case] = &[
    Case::new(
        "G-01",
        "exports an entry of another type",
        "check before it runs",
        Must::NotLoad(&[LoadErrorKind::WrongType, LoadErrorKind::MissingExport]),
        &[Program::Made("wrong-type"), Program::Made("no-entry")],
    ),
    Case::new(
        "G-02",
        "imports what nobody offers",
        "check before it runs",
        Must::NotLoad(&[LoadErrorKind::UnknownImport]),
        &[Program::Made("unknown-import")],
    ),
    Case::new(
        "G-03",
        "imports our interface of the future",
        "check before it runs",
        Must::NotLoad(&[LoadErrorKind::UnknownImport]),
        &[Program::Made("future-interface")],
    ),
    Case::new(
        "G-04",
        "traps before its entry is reached",
        "typed outcome",
        Must::Trap(&[TrapKind::Unreachable]),
        &[Program::Made("start-trap")],
    ),
    Case::new(
        "G-05",
        "exits with a code of its own",
        "typed outcome",
        Must::Exit(125),
        &[Program::Guest("exit", 125)],
    ),
    Case::new(
        "G-06",
        "fails with a message of 100 KB",
        "texts are cut",
        Must::Fail,
        &[Program::Guest("fail", 0)],
    )
    .bounded(),
    Case::new(
        "G-07",
        "panics with a message of a megabyte",
        "typed outcome",
        Must::Trap(&[TrapKind::Unreachable]),
        &[Program::Guest("panic", 1 << 20)],
    ),
    Case::new(
        "G-08",
        "uses proposals of WebAssembly",
        "proposals are off",
        Must::NotLoad(&[LoadErrorKind::Malformed]),
        &[
            Program::Made("gc-structs"),
            Program::Made("exceptions"),
            Program::Made("shared-memory"),
            Program::Made("memory-64"),
            Program::Made("stack-switching"),
            Program::Made("typed-references"),
            Program::Made("page-sizes"),
            Program::Made("wide-arithmetic"),
        ],
    ),
    Case::new(
        "G-09",
        "exits while it is handed a value",
        "no re-entry",
        Must::Trap(&[TrapKind::HostRefused, TrapKind::Other]),
        &[Program::Made("realloc-exits")],
    )
    .env(&[("NAME", "value")]),
    Case::new(
        "G-11",
        "is no component at all",
        "check before it runs",
        Must::NotLoad(&[
            LoadErrorKind::NotWasm,
            LoadErrorKind::Truncated,
            LoadErrorKind::CoreModule,
        ]),
        &[Program::Files(handmade::no_components)],
    ),
    Case::new(
        "G-12",
        "is cut off, at every byte",
        "check before it runs",
        Must::Any(&[Must::NotLoad(DAMAGED), Must::End]),
        &[Program::Files(handmade::truncated)],
    )
    .timeout(500)
    .refused(),
    Case::new(
        "G-13",
        "has one bit wrong, anywhere",
        "check before it runs",
        Must::Any(&[Must::NotLoad(DAMAGED), Must::End]),
        &[Program::Files(handmade::damaged)],
    )
    .timeout(500)
    .refused(),
    Case::new(
        "G-14",
        "is a file of 101 MiB",
        "limit of a file",
        Must::NotLoad(&[LoadErrorKind::TooLarge]),
        &[Program::File(handmade::large_file)],
    ),
];
