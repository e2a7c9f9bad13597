//! Files that are broken, wrong or made to do harm.

use crate::file;
use insta::assert_snapshot;
use std::fmt::Write;
use std::time::{Duration, Instant};
use stepwell_results::TestFormat::{JUnit, NUnit, VsTest};
use stepwell_results::{
    MAX_DEPTH, MAX_FAILURES, MAX_MESSAGE_BYTES, MAX_NAME_BYTES, MAX_SUITES, TestResults,
    test_results,
};

fn problem(text: impl AsRef<[u8]>) -> String {
    test_results(JUnit, text.as_ref()).unwrap_err().to_string()
}

/// A line for each file.
fn problems<const N: usize>(texts: [&str; N]) -> String {
    texts.map(problem).join("\n")
}

fn read(text: &str) -> TestResults {
    test_results(JUnit, text.as_bytes()).unwrap()
}

#[test]
fn nothing_is_told_from_something_else() {
    let found = problems([
        "",
        " \n<?xml version='1.0'?>\n<!-- none -->\n",
        "\n\n3 tests passed\nall fine",
        "\x7fELF\x02\x01\x01\0\0\0",
        "{\"tests\": 3}",
    ]);
    assert_snapshot!(found, @r#"
    line 1: the file is empty: did the tool that writes it run to its end?
    line 1: the file is empty: did the tool that writes it run to its end?
    line 3: expected XML, found `3 tests passed`: is this the right file?
    line 1: expected XML, found `�ELF������`: is this the right file?
    line 1: expected XML, found `{"tests": 3}`: is this the right file?
    "#);
}

#[test]
fn another_kind_of_document_is_named() {
    let nunit = test_results(NUnit, &file("junit-jest.xml")).unwrap_err();
    let found = [
        problem("<!DOCTYPE html>\n<html><body>404</body></html>"),
        problem(file("vstest-dotnet.trx")),
        nunit.to_string(),
    ];
    assert_snapshot!(found.join("\n"), @"
    line 2: expected a `testsuites` or `testsuite` element, found `html`: is this really a JUnit file?
    line 2: expected a `testsuites` or `testsuite` element, found `TestRun`: is this a VSTest file?
    line 2: expected a `test-run` or `test-results` element, found `testsuites`: is this a JUnit file?
    ");
    assert!(problem(format!("<{}/>", "x".repeat(100_000))).len() < 300);
}

#[test]
fn a_file_that_is_cut_off_is_not_taken_for_a_whole_one() {
    let found = problems([
        "<testsuites>\n<testsuite>\n<testcase name='a'/>\n",
        "<testsuites>\n<testcase name='a",
        "<testsuites>\n<testcase><failure><![CDATA[oh",
        "<testsuites>\n\n<!-- ",
    ]);
    assert_snapshot!(found, @"
    line 2: `testsuite` is not closed: was the tool that writes the file stopped?
    line 2: this is not well-formed XML (attribute value not closed: `'` not found before end of input): was the file cut off or damaged?
    line 2: this is not well-formed XML (CDATA not closed: `]]>` not found before end of input): was the file cut off or damaged?
    line 3: this is not well-formed XML (comment not closed: `-->` not found before end of input): was the file cut off or damaged?
    ");
    let whole = file("junit-pytest.xml");
    for length in 0..whole.trim_ascii_end().len() {
        assert!(test_results(JUnit, &whole[..length]).is_err(), "{length}");
    }
}

#[test]
fn broken_markup_is_reported_with_its_line() {
    let found = problems([
        "<testsuites>\n</testsuite>",
        "<testsuite>\n<testcase name=a/></testsuite>",
        "<testsuite/>\n<testsuite/>",
        "<testsuite/>\ndone",
        "<testsuite>\n<testcase\nname='a' name='b'/></testsuite>",
    ]);
    assert_snapshot!(found, @r#"
    line 2: this is not well-formed XML (expected `</testsuites>`, but `</testsuite>` was found): was the file cut off or damaged?
    line 2: this is not well-formed XML (attribute value must be enclosed in `"` or `'`): was the file cut off or damaged?
    line 2: a second document begins with `testsuite`: publish two files instead of one
    line 2: expected XML, found `done`: is this the right file?
    line 2: `testcase` has two attributes `name`: remove one
    "#);
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth: usize| "<testsuite>".repeat(depth) + &"</testsuite>".repeat(depth);
    assert_eq!(read(&nested(MAX_DEPTH)), TestResults::default());
    let unknown = "<testsuite>".to_owned() + &"<a>".repeat(1_000_000);
    for text in [nested(MAX_DEPTH + 1), nested(10_000), unknown] {
        assert_eq!(
            problem(text),
            "line 1: elements are more than 256 deep inside of each other: is this the right file?"
        );
    }
}

#[test]
fn entities_are_not_expanded() {
    let mut text =
        "<!DOCTYPE testsuite [<!ENTITY a0 \"ha\"><!ENTITY file SYSTEM \"/etc/passwd\">".to_owned();
    for level in 1..50 {
        let inner = format!("&a{};", level - 1).repeat(10);
        write!(text, "<!ENTITY a{level} \"{inner}\">").unwrap();
    }
    text += "]><testsuite name='&a49;'><testcase name='&lt;&file;'><failure>&a49; &lt;&#33;&file;\
             </failure></testcase></testsuite>";
    let results = read(&text);
    assert_eq!(results.suites, ["&a49;"]);
    assert_eq!(results.failures[0].name, "&a49; > &lt;&file;");
    assert_eq!(results.failures[0].message, "&a49; <!&file;");
}

#[test]
fn sloppy_text_is_read_as_it_is_meant() {
    let results = read(
        "<testsuite><testcase name='salt & pepper &#0; &nbsp;'>\
         <failure>fish & chips &amp; &#x1b;[1m &#xD800; &; &#x;</failure>\
         </testcase></testsuite>",
    );
    assert_eq!(results.failures[0].name, "salt & pepper &#0; &nbsp;");
    assert_eq!(
        results.failures[0].message,
        "fish & chips & \u{1b}[1m &#xD800; &; &#x;"
    );
}

#[test]
fn lists_and_texts_are_bounded() {
    let long = "ö".repeat(100_000);
    let suite = format!(
        "<testsuite name='{long}'><testcase name='{long}' classname='{long}x'>\
         <failure message='{long}'/></testcase><testcase name='b'><failure>{long}</failure>\
         </testcase></testsuite>"
    );
    let results = read(&format!("<testsuites>{}</testsuites>", suite.repeat(120)));
    assert_eq!(results.failed, 240);
    assert_eq!(results.failures.len(), MAX_FAILURES);
    assert_eq!(results.suites.len(), MAX_SUITES);
    assert!(
        results
            .suites
            .iter()
            .all(|name| name.len() <= MAX_NAME_BYTES + 3)
    );
    for failure in &results.failures {
        assert!(failure.name.len() <= 2 * MAX_NAME_BYTES + 9);
        assert!(failure.message.len() <= MAX_MESSAGE_BYTES + 3);
        assert!(failure.message.ends_with('…'));
    }
    let mut merged = results.clone();
    merged.merge(results);
    assert_eq!(merged.failed, 480);
    assert_eq!(merged.failures.len(), MAX_FAILURES);
    assert_eq!(merged.suites.len(), MAX_SUITES);
}

/// The bounds are far above what a linear walk needs and far below what a quadratic one would.
#[test]
fn time_is_linear() {
    let mut attributes = "<testsuite><testcase".to_owned();
    for number in 0..200_000 {
        write!(attributes, " a{number}='v'").unwrap();
    }
    attributes += "/></testsuite>";
    let cases = format!(
        "<TestRun><Results>{}</Results><TestDefinitions>{}</TestDefinitions></TestRun>",
        "<T testId='x' outcome='Failed'/>".repeat(50_000),
        "<T id='x'><TestMethod className='C'/></T>".repeat(50_000),
    );
    let pieces = format!(
        "<testsuite><testcase><failure>{}",
        "&amp;<b/>".repeat(200_000)
    );
    let start = Instant::now();
    assert_eq!(read(&attributes).passed, 1);
    assert_eq!(
        test_results(VsTest, cases.as_bytes()).unwrap().failed,
        50_000
    );
    assert!(problem(pieces).contains("`failure` is not closed"));
    assert!(
        start.elapsed() < Duration::from_secs(20),
        "{:?}",
        start.elapsed()
    );
}
