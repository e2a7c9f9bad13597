//! Coverage.

use crate::file;
use stepwell_results::CoverageTool::{Cobertura, JaCoCo};
use stepwell_results::{CoverageTool, coverage};

/// Covered and total lines, branches and instructions.
type Row = ((u64, u64), (u64, u64), Option<(u64, u64)>);

fn check(tool: CoverageTool, bytes: &[u8], expect: Result<Row, &str>) {
    let found = coverage(tool, bytes)
        .map(|coverage| {
            let [lines, branches] =
                [coverage.lines, coverage.branches].map(|part| (part.covered(), part.total()));
            let instructions = coverage
                .instructions
                .map(|part| (part.covered(), part.total()));
            (lines, branches, instructions)
        })
        .map_err(|error| error.to_string());
    let text = String::from_utf8_lossy(bytes);
    assert_eq!(found, expect.map_err(str::to_owned), "{text}");
}

#[test]
fn sums_are_read() {
    check(
        Cobertura,
        &file("cobertura-coverage-py.xml"),
        Ok(((31, 40), (6, 10), None)),
    );
    check(
        JaCoCo,
        &file("jacoco.xml"),
        Ok(((27, 30), (12, 16), Some((85, 100)))),
    );
}

#[test]
fn cobertura_without_sums_is_counted_once() {
    check(
        Cobertura,
        &file("cobertura-1.xml"),
        Ok(((2, 3), (3, 6), None)),
    );
}

#[test]
fn nothing_measured_is_nothing_covered() {
    check(Cobertura, b"<coverage/>", Ok(((0, 0), (0, 0), None)));
    check(
        JaCoCo,
        b"<report name='r'><group><counter type='LINE' missed='1' covered='1'/></group></report>",
        Ok(((0, 0), (0, 0), None)),
    );
}

#[test]
fn impossible_counts_are_reported() {
    check(
        Cobertura,
        b"\n<coverage lines-covered='12' lines-valid='10'/>",
        Err("line 2: 12 lines of 10 are covered: was the file put together from several?"),
    );
    check(
        Cobertura,
        b"<coverage lines-covered='most' lines-valid='10'/>",
        Err("line 1: `lines-covered` is `most`, expected a whole number"),
    );
    check(
        JaCoCo,
        b"<report>\n<counter type='LINE' missed='-1' covered='3'/></report>",
        Err("line 2: `missed` is `-1`, expected a whole number"),
    );
    let huge = u64::MAX;
    let text = format!("<report><counter type='LINE' missed='{huge}' covered='{huge}'/></report>");
    check(JaCoCo, text.as_bytes(), Ok(((huge, huge), (0, 0), None)));
    let lines = format!(
        "<line condition-coverage='(9/4)'/><line condition-coverage='(1/{huge})'/>\
         <line condition-coverage='half'/><line condition-coverage='(1'/>"
    );
    let text = format!("<coverage><class><lines>{lines}</lines></class></coverage>");
    check(Cobertura, text.as_bytes(), Ok(((0, 4), (5, huge), None)));
}

#[test]
fn a_file_of_another_tool_is_recognised() {
    check(
        Cobertura,
        &file("jacoco.xml"),
        Err("line 1: expected a `coverage` element, found `report`: is this a JaCoCo file?"),
    );
}
