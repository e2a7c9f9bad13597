//! Which tests failed, and what they said.

use crate::file;
use insta::assert_snapshot;
use stepwell_results::TestFormat::{CTest, JUnit, NUnit, VsTest, XUnit};
use stepwell_results::{Failure, TestFormat, test_results};

fn failures(format: TestFormat, name: &str) -> String {
    let results = test_results(format, &file(name)).unwrap();
    let show = |Failure { name, message }: &Failure| {
        let lines: Vec<&str> = message.lines().filter(|line| !line.is_empty()).collect();
        [&[name.as_str()], &*lines].concat().join("\n    ") + "\n"
    };
    results.failures.iter().map(show).collect()
}

#[test]
fn pytest_says_it_in_an_attribute() {
    assert_snapshot!(failures(JUnit, "junit-pytest.xml"), @r#"
    tests.test_ledger.TestBalance > test_rounding[EUR-3]
        AssertionError: assert 10 == 11
         +  where 10 = round_up('9.99')
    tests.test_bank > test_transfer
        failed on setup with "ConnectionError: bank is closed"
    "#);
}

#[test]
fn surefire_says_it_in_an_attribute_or_in_the_stack_trace() {
    assert_snapshot!(failures(JUnit, "junit-surefire.xml"), @"
    shop.CartTest > totalIsRounded
        expected: <12.50> but was: <12.49>
    shop.CartTest > discountNeedsCode
        java.lang.NullPointerException
        	at shop.Cart.discount(Cart.java:77)
        	at shop.CartTest.discountNeedsCode(CartTest.java:52)
    ");
}

#[test]
fn gotestsum_says_it_in_the_output() {
    assert_snapshot!(failures(JUnit, "junit-gotestsum.xml"), @"
    example.org/pump/valve > TestClose/twice
        === RUN   TestClose/twice
            valve_test.go:27: closed 1 times, want 2
        --- FAIL: TestClose/twice (0.00s)
    example.org/pump/motor > TestMain
        motor/motor_test.go:9:2: undefined: spin
        FAIL	example.org/pump/motor [build failed]
    ");
}

#[test]
fn jest_repeats_the_name() {
    assert_snapshot!(failures(JUnit, "junit-jest.xml"), @"
    basket removes an item
        Error: expect(received).toBe(expected) // Object.is equality
        Expected: 0
        Received: 1
            at Object.toBe (/src/basket.test.js:19:24)
            at Promise.then.completed (/src/node_modules/jest-circus/build/utils.js:298:28)
    Test suite failed to run
        Cannot find module './invoice' from 'invoice.test.js'
    ");
}

#[test]
fn nextest_has_earlier_attempts() {
    assert_snapshot!(failures(JUnit, "junit-nextest.xml"), @"
    well-core > rope::tests::tears
        thread 'rope::tests::tears' panicked at crates/well-core/src/rope.rs:88:9
    ");
}

#[test]
fn suites_stand_in_where_names_are_missing() {
    assert_snapshot!(failures(JUnit, "junit-nested.xml"), @"
    chromium > closes
    browser
        the browser did not end
    Engine > halts
        it went on
    ");
}

#[test]
fn nunit_2_has_full_names() {
    assert_snapshot!(failures(NUnit, "nunit-2.xml"), @"
    Mill.WheelTests.Stops
        Expected: 0
          But was:  3
    Mill.WheelTests.Breaks
        System.InvalidOperationException : the wheel is gone
    Mill.WheelTests.Malformed
        Wrong number of arguments provided
    ");
}

#[test]
fn nunit_3_has_messages_of_suites_and_of_assertions_too() {
    assert_snapshot!(failures(NUnit, "nunit-3.xml"), @"
    Mill.SluiceTests.Closes(3)
        Multiple failures or warnings in test:
          1)   Expected: True
          But was:  False
    ");
}

#[test]
fn vstest_names_classes_in_definitions() {
    assert_snapshot!(failures(VsTest, "vstest-dotnet.trx"), @"
    Mill.Tests.FlourTests > Sieves
        Assert.AreEqual failed. Expected:<fine>. Actual:<coarse>.
    Mill.Tests.FlourTests.Hangs
        the test host was stopped while the test ran
    Mill.Tests.ScaleTests > Weighs
        row 1: 2 kg are missing
    ");
}

#[test]
fn xunit_has_errors_outside_of_tests() {
    assert_snapshot!(failures(XUnit, "xunit-2.xml"), @"
    Bell.Tests.dll
        System.IO.IOException : the rope is stuck
                  at Bell.Tests.Tower.Dispose()
    Bell.Tests.ChimeTests.Counts(hours: 12)
        Assert.Equal() Failure: Values differ
        Expected: 12
        Actual:   11
    Bell.Tests.ChimeTests > a cracked bell is silent
        it is not
    ");
}

#[test]
fn ctest_may_compress_what_it_says() {
    assert_snapshot!(failures(CTest, "ctest.xml"), @"
    Linux-g++ > bucket_test
        bucket_test.cc:12: the bucket <leaks>
        1 of 3 checks failed
    Linux-g++ > winch_test
    ");
}
