//! How many tests, and which suites.

use crate::file;
use stepwell_results::TestFormat::{CTest, JUnit, NUnit, VsTest, XUnit};
use stepwell_results::{TestFormat, TestResults, test_results};

/// Passed, failed, skipped, milliseconds, suites.
type Row = (u64, u64, u64, u128, &'static [&'static str]);

fn check(format: TestFormat, name: &str, expect: Row) {
    let results = test_results(format, &file(name)).unwrap();
    let suites: Vec<&str> = results.suites.iter().map(String::as_str).collect();
    let row = (
        results.passed,
        results.failed,
        results.skipped,
        results.duration.as_millis(),
        suites.as_slice(),
    );
    assert_eq!(row, expect, "{name}");
    assert_eq!(results.total(), expect.0 + expect.1 + expect.2, "{name}");
    assert_eq!(results.failures.len() as u64, results.failed, "{name}");
}

#[test]
fn files_of_real_tools_are_counted() {
    check(JUnit, "junit-pytest.xml", (2, 2, 2, 117, &["pytest"]));
    check(
        JUnit,
        "junit-surefire.xml",
        (2, 2, 1, 1_204_500, &["shop.CartTest"]),
    );
    check(
        JUnit,
        "junit-gotestsum.xml",
        (
            1,
            2,
            1,
            10,
            &["example.org/pump/valve", "example.org/pump/motor"],
        ),
    );
    check(
        JUnit,
        "junit-jest.xml",
        (1, 2, 1, 8, &["basket", "invoice.test.js"]),
    );
    check(
        JUnit,
        "junit-nextest.xml",
        (3, 1, 0, 716, &["well-core", "well-core::bucket"]),
    );
    check(NUnit, "nunit-2.xml", (1, 3, 2, 103, &["Mill.Tests.dll"]));
    check(NUnit, "nunit-3.xml", (2, 1, 2, 380, &["Mill.Tests.dll"]));
    check(
        VsTest,
        "vstest-dotnet.trx",
        (1, 3, 1, 1_533, &["ci@well 2026-03-02 09:50:00"]),
    );
    check(XUnit, "xunit-2.xml", (1, 3, 1, 17, &["Bell.Tests.dll"]));
    check(CTest, "ctest.xml", (1, 2, 1, 1_750, &["Linux-g++"]));
}

#[test]
fn tests_are_counted_where_sums_and_attributes_are_wrong_or_absent() {
    check(
        JUnit,
        "junit-nested.xml",
        (2, 3, 2, 500, &["browser", "engine"]),
    );
}

#[test]
fn nunit_before_2_5_says_by_attributes_what_passed() {
    let old = br#"<test-results name="Old.dll"><test-suite name="Old"><results>
        <test-case name="Old.Runs" executed="True" success="True" time="0.5"/>
        <test-case name="Old.Breaks" executed="True" success="False" time="0.5"/>
        <test-case name="Old.Waits" executed="False"/>
        <test-case name="Old.Says_nothing"/>
    </results></test-suite></test-results>"#;
    let results = test_results(NUnit, old).unwrap();
    assert_eq!((results.passed, results.failed, results.skipped), (1, 2, 1));
}

#[test]
fn no_tests_are_no_error() {
    for (format, text) in [
        (JUnit, "<testsuites/>"),
        (JUnit, "<testsuite></testsuite>"),
        (NUnit, "<test-run/>"),
        (NUnit, "<test-results/>"),
        (VsTest, "<TestRun/>"),
        (XUnit, "<assemblies/>"),
        (XUnit, "<assembly/>"),
        (CTest, "<Site/>"),
    ] {
        assert_eq!(
            test_results(format, text.as_bytes()),
            Ok(TestResults::default()),
            "{text}"
        );
    }
}

#[test]
fn the_encoding_makes_no_difference() {
    let bytes = file("junit-pytest.xml");
    let plain = test_results(JUnit, &bytes).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let marked = format!("\u{FEFF}{text}");
    let wide: Vec<u8> = marked.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = marked.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for bytes in [marked.into_bytes(), wide, big] {
        assert_eq!(test_results(JUnit, &bytes).unwrap(), plain);
    }
}

#[test]
fn prefixes_of_names_make_no_difference() {
    let text = br#"<t:TestRun xmlns:t="urn:t" name="run"><t:Results>
        <t:UnitTestResult testName="a" outcome="Passed"/></t:Results></t:TestRun>"#;
    assert_eq!(test_results(VsTest, text).unwrap().passed, 1);
}

#[test]
fn merged_files_are_one_run() {
    let one = test_results(JUnit, &file("junit-pytest.xml")).unwrap();
    let other = test_results(NUnit, &file("nunit-3.xml")).unwrap();
    let mut merged = TestResults::default();
    merged.merge(one.clone());
    assert_eq!(merged, one, "nothing changes nothing");
    merged.merge(other.clone());
    assert_eq!((merged.passed, merged.failed, merged.skipped), (4, 3, 4));
    assert_eq!(merged.suites, ["pytest", "Mill.Tests.dll"]);
    assert_eq!(merged.duration, one.duration + other.duration);
    assert_eq!(merged.failures, [one.failures, other.failures].concat());
}
