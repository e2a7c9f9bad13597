//! `stepwell selftest`: what it prints, and how it ends.

use crate::empty;
use serde_json::Value;
use stepwell_testkit::TestEnv;
use stepwell_testkit::guests::Guests;

struct Output {
    code: i32,
    stdout: String,
    stderr: String,
}

fn selftest(env: &TestEnv, arguments: &[&str]) -> Output {
    let guest = Guests::Hostile.build().unwrap().join("hostile.wasm");
    let mut command = env.command(&[&["selftest"], arguments].concat());
    command.env("STEPWELL_HOSTILE_GUEST", guest);
    let output = command.output().unwrap();
    Output {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn attempts_are_listed_by_kind_and_summed_up() {
    let env = empty();
    let output = selftest(&env, &["--only", "a-01,B-04,G-11"]);
    assert_eq!(output.code, 0, "{}{}", output.stdout, output.stderr);
    let heads: Vec<&str> = output
        .stdout
        .lines()
        .filter(|line| line.get(1..3) == Some("  "))
        .collect();
    assert_eq!(
        heads,
        [
            "A  Time",
            "B  Memory, handles and values",
            "G  Files that are no proper component"
        ]
    );
    for id in ["A-01", "B-04", "G-11"] {
        let row = output.stdout.lines().find(|line| line.starts_with(id));
        assert!(row.unwrap().ends_with(" refused"), "{row:?}");
    }
    let narrow = |line: &str| line.chars().count() <= 80;
    assert!(output.stdout.lines().all(narrow), "{}", output.stdout);
    for said in [
        "\n3 attempts: 3 refused, 0 bounded, 0 harmless, none got through\n",
        "\nleft behind: 0 descriptors, 0 threads, 0 processes, 0 folders\n",
        " places searched, 0 hits\n",
    ] {
        assert!(output.stdout.contains(said), "{}", output.stdout);
    }
}

#[test]
fn nothing_gets_through_and_nothing_is_left() {
    let output = selftest(&empty(), &[]);
    assert_eq!(output.code, 0, "{}{}", output.stdout, output.stderr);
    assert!(
        output.stdout.contains(", none got through\n"),
        "{}",
        output.stdout
    );
}

#[test]
fn programs_get_a_line_for_each_attempt_and_one_at_the_end() {
    let output = selftest(&empty(), &["--only", "G", "--output", "json"]);
    assert_eq!(output.code, 0, "{}{}", output.stdout, output.stderr);
    let lines: Vec<Value> = output
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(lines.iter().all(|line| line["v"].is_number()));
    let attempts = lines.iter().filter(|line| line["type"] == "attempt");
    let end = lines.last().unwrap();
    assert_eq!(end["type"], "selftest");
    assert_eq!(end["attempts"], attempts.count());
    assert_eq!(
        (&end["holds"], &end["got-through"]),
        (&Value::Bool(true), &Value::from(0))
    );
}

#[test]
fn an_attempt_that_is_not_there_is_named() {
    let output = selftest(&empty(), &["--only", "Z-99"]);
    assert_eq!(output.code, 2);
    assert!(
        output.stderr.contains("there is no attempt `Z-99`"),
        "{}",
        output.stderr
    );
}
