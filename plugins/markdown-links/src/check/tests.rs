//! Links of small trees.

use super::*;
use stepwell_tree::{Filter, Memory};

fn run(files: &[(&str, &str)], with_anchors: bool) -> Report {
    let tree: Memory = files.iter().map(|(path, text)| (*path, *text)).collect();
    let filter = Filter::new([]).unwrap();
    let walk = Walk::new(&tree, &filter, "").unwrap();
    check(&tree, walk, with_anchors, || true).unwrap()
}

fn told(report: &Report) -> Vec<String> {
    let show = |problem: &Problem| {
        let Problem {
            path,
            line,
            column,
            code,
            message,
        } = problem;
        format!("{path}:{line}:{column} {}: {message}", code.as_str())
    };
    report.problems.iter().map(show).collect()
}

const TREE: [(&str, &str); 7] = [
    ("README.md", "# Stepwell\n\n## Quick start\n"),
    ("docs/Guide.md", "# Guide\n<a id=\"Old\"></a>\n"),
    ("docs/README.md", "# Docs\n"),
    ("docs/a b.md", "# A B\n"),
    ("src/main.rs", "fn main() {}\n"),
    ("img/logo.png", "\0"),
    ("empty/", ""),
];

/// Checks one link in `docs/here.md`.
fn links_to(target: &str, expected: &[&str]) {
    let text = format!("# Here\n\n[x]({target})\n");
    let files = [&TREE[..], &[("docs/here.md", text.as_str())]].concat();
    assert_eq!(told(&run(&files, true)), expected, "{target}");
}

#[test]
fn links_that_lead_somewhere_are_fine() {
    for target in [
        "Guide.md",
        "./Guide.md#guide",
        "Guide.md#Old",
        "Guide.md#user-content-Old",
        "../README.md#quick-start",
        "/README.md",
        "/",
        "..",
        "../docs/",
        "../docs/#docs",
        "../docs#docs",
        "a%20b.md#a-b",
        "<a b.md>",
        "#here",
        "#",
        "#top",
        "../src/main.rs#L1",
        "../src/main.rs#L1-L2",
        "../src/main.rs#main",
        "../img/logo.png",
        "../empty/",
        "../empty#x",
        "Guide.md?plain=1#L2",
        "https://example.org/nowhere.md",
        "mailto:a@b.c",
        "//example.org/x",
    ] {
        links_to(target, &[]);
    }
}

#[test]
fn dead_links_are_reported_with_what_was_meant() {
    for (target, expected) in [
        ("nowhere.md", "missing-file: `nowhere.md` does not exist"),
        (
            "Gide.md",
            "missing-file: `Gide.md` does not exist; did you mean `Guide.md`?",
        ),
        (
            "/doc/Guide.md",
            "missing-file: `/doc/Guide.md` does not exist; did you mean `/docs/Guide.md`?",
        ),
        (
            "../src/main",
            "missing-file: `../src/main` does not exist; did you mean `../src/main.rs`?",
        ),
        ("guide.md", "wrong-case: `guide.md` is spelled `Guide.md`"),
        (
            "../readme.md#stepwell",
            "wrong-case: `../readme.md` is spelled `../README.md`",
        ),
        (
            "Guide.md/",
            "missing-file: `Guide.md/` is a file, not a directory",
        ),
        (
            "../../x.md",
            "outside-workspace: `../../x.md` leads out of the workspace",
        ),
        (
            "#hree",
            "missing-anchor: this file has no anchor `#hree`; did you mean `#here`?",
        ),
        (
            "#Here",
            "missing-anchor: this file has no anchor `#Here`; did you mean `#here`?",
        ),
        (
            "../README.md#quick-strat",
            "missing-anchor: `../README.md` has no anchor `#quick-strat`; \
             did you mean `#quick-start`?",
        ),
        (
            "../docs#dcos-x",
            "missing-anchor: `../docs` has no anchor `#dcos-x`",
        ),
        ("", "empty-target: the link has no target"),
    ] {
        links_to(target, &[&format!("docs/here.md:3:1 {expected}")]);
    }
}

#[test]
fn a_definition_is_reported_once_and_a_missing_one_is_a_warning() {
    let text = "[a][dead] [b][dead]\n[c][undefined]\n\n[dead]: x.md\n";
    let report = run(&[("a.md", text)], true);
    assert_eq!(
        told(&report),
        [
            "a.md:2:1 undefined-reference: the reference `[undefined]` is not defined",
            "a.md:4:1 missing-file: `x.md` does not exist",
        ]
    );
    assert_eq!((report.broken(), report.affected_files()), (1, 1));
}

#[test]
fn anchors_are_left_alone_when_they_are_not_wanted() {
    let files = [("a.md", "[x](#no) [y](b.md#no) [z](c.md#no)"), ("b.md", "")];
    assert_eq!(run(&files, true).broken(), 3);
    assert_eq!(
        told(&run(&files, false)),
        ["a.md:1:23 missing-file: `c.md` does not exist"]
    );
}

#[test]
fn everything_is_counted() {
    let report = run(
        &[
            ("a.md", "[x](b.MARKDOWN) [y](https://a.b) <c@d.e>\n"),
            ("b.MARKDOWN", "![i](no.png)\n<img src=\"no.svg\">\n"),
            ("c.txt", "[x](nowhere)"),
            ("d.md", "\0"),
        ],
        true,
    );
    assert_eq!((report.files, report.links, report.external), (2, 3, 2));
    assert_eq!((report.broken(), report.affected_files()), (2, 1));
    assert_eq!(report.skipped, ["d.md"]);
}

#[test]
fn targets_outside_of_the_walk_are_looked_up_all_the_same() {
    let files = [
        (".gitignore", "generated.md\n"),
        ("a.md", "[x](generated.md#here) [y](generated.md#gone)"),
        ("generated.md", "# Here\n[dead](dead.md)\n"),
    ];
    assert_eq!(
        told(&run(&files, true)),
        ["a.md:1:24 missing-anchor: `generated.md` has no anchor `#gone`"]
    );
}
