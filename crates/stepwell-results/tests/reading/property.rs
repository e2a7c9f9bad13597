//! What holds for every file.

use crate::file;
use proptest::prelude::*;
use stepwell_results::CoverageTool::{Cobertura, JaCoCo};
use stepwell_results::TestFormat::{CTest, JUnit, NUnit, VsTest, XUnit};
use stepwell_results::{MAX_FAILURES, coverage, test_results};

const FILES: [&str; 14] = [
    "cobertura-1.xml",
    "cobertura-coverage-py.xml",
    "ctest.xml",
    "jacoco.xml",
    "junit-gotestsum.xml",
    "junit-jest.xml",
    "junit-nested.xml",
    "junit-nextest.xml",
    "junit-pytest.xml",
    "junit-surefire.xml",
    "nunit-2.xml",
    "nunit-3.xml",
    "vstest-dotnet.trx",
    "xunit-2.xml",
];

/// Reads `bytes` in every way and checks what must hold of what comes out.
fn read_all(bytes: &[u8]) {
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count() + 1;
    for format in [JUnit, NUnit, VsTest, XUnit, CTest] {
        match test_results(format, bytes) {
            Ok(results) => {
                let kept = results.failed.min(MAX_FAILURES as u64);
                assert_eq!(results.failures.len() as u64, kept);
            }
            Err(error) => assert!((1..=lines).contains(&error.line), "{error}"),
        }
    }
    for tool in [Cobertura, JaCoCo] {
        if let Ok(coverage) = coverage(tool, bytes) {
            assert!(coverage.lines.covered() <= coverage.lines.total());
            assert!(coverage.branches.covered() <= coverage.branches.total());
        }
    }
}

/// Markup that is nearly right.
fn markup() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "<testsuites>",
        "</testsuites>",
        "<testsuite name='s'>",
        "</testsuite>",
        "<testcase",
        " name='a'",
        " classname=\"ä\"",
        " time='1,2'",
        "/>",
        ">",
        "</testcase>",
        "<failure>",
        "</failure>",
        "<skipped/>",
        "<error message='e'/>",
        "&amp;",
        "&x;",
        "&#0;",
        "&",
        ";",
        "<![CDATA[",
        "]]>",
        "<!--",
        "-->",
        "<!DOCTYPE a [",
        "]>",
        "<?xml version='1.0'?>",
        "\n",
        "<Site>",
        "<Testing>",
        "<Test Status='failed'>",
        "<Name>",
        "<TestRun>",
        "<Results>",
        "<T",
        "<assembly>",
        "<errors>",
        "<error>",
        "<test-run>",
        "<test-suite>",
        "<test-case/>",
        "<coverage>",
        "<report>",
        "<counter type='LINE' missed='1'",
        "\u{FEFF}",
        "é",
        "'",
        "\"",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        read_all(&bytes);
    }

    #[test]
    fn markup_never_panics(text in markup()) {
        read_all(text.as_bytes());
    }

    #[test]
    fn damaged_files_never_panic(
        name in prop::sample::select(FILES.to_vec()),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3), 1..8),
    ) {
        let mut bytes = file(name);
        for (place, byte, kind) in damage {
            let place = place.index(bytes.len());
            match kind {
                0 => bytes[place] = byte,
                1 => bytes.insert(place, byte),
                _ => {
                    bytes.remove(place);
                }
            }
        }
        read_all(&bytes);
    }

    #[test]
    fn every_test_is_counted_once(outcomes in prop::collection::vec(0..4u8, 0..300)) {
        let mut text = "<testsuite name='all' tests='7'>".to_owned();
        for outcome in &outcomes {
            text += match outcome {
                0 => "<testcase name='t'/>",
                1 => "<testcase name='t'><skipped/></testcase>",
                2 => "<testcase name='t'><failure/></testcase>",
                _ => "<testcase name='t'><error>e</error><failure/></testcase>",
            };
        }
        text += "</testsuite>";
        let results = test_results(JUnit, text.as_bytes()).unwrap();
        let of = |wanted: &[u8]| outcomes.iter().filter(|one| wanted.contains(one)).count() as u64;
        prop_assert_eq!(results.passed, of(&[0]));
        prop_assert_eq!(results.skipped, of(&[1]));
        prop_assert_eq!(results.failed, of(&[2, 3]));
        prop_assert_eq!(results.total(), outcomes.len() as u64);
    }
}
