use super::*;
use stepwell_judging::script::{Script, question};
use stepwell_oracle::lab::LabError;
use stepwell_oracle::{SkipKind, with_host};

fn said(word: char) -> Observation {
    match word {
        'G' => Observation::good("fine").trials(2, 0),
        'B' => Observation::bad("broken").trials(1, 3).signature("sig"),
        'S' => Observation::skip(SkipKind::TestAbsent, "no test"),
        other => panic!("{other} is no word"),
    }
}

/// The oracles `a`, `b`, … say these words. The verdict, and who was asked.
fn composed(rule: Rule, words: &str) -> (Observation, Vec<String>) {
    let names = ["a", "b", "c"];
    let script = names
        .iter()
        .zip(words.chars())
        .fold(Script::default(), |script, (name, word)| {
            script.oracle(name, Ok(said(word)))
        });
    let asked = script.asked.clone();
    let list: Vec<_> = names
        .iter()
        .take(words.len())
        .map(|name| format!("{name:?}"))
        .collect();
    let mut question = question(&format!(r#"{{"oracles": [{}]}}"#, list.join(", ")));
    question.trials = 4;
    let observation = with_host(script, || judge(rule, &question)).unwrap();
    let asked = asked.oracles.borrow().clone();
    (observation, asked)
}

#[test]
fn the_truth_tables_hold() {
    // What is asked, all of, how many are asked; any of, how many are asked.
    for (words, all_of, asked_all, any_of, asked_any) in [
        ("G", 'G', 1, 'G', 1),
        ("B", 'B', 1, 'B', 1),
        ("S", 'S', 1, 'S', 1),
        ("GG", 'G', 2, 'G', 1),
        ("GB", 'B', 2, 'G', 1),
        ("BG", 'B', 1, 'G', 2),
        ("BB", 'B', 1, 'B', 2),
        ("GS", 'S', 2, 'G', 1),
        ("SG", 'S', 2, 'G', 2),
        ("BS", 'B', 1, 'S', 2),
        ("SB", 'B', 2, 'S', 2),
        ("SS", 'S', 2, 'S', 2),
        ("GSB", 'B', 3, 'G', 1),
        ("BSG", 'B', 1, 'G', 3),
        ("GSG", 'S', 3, 'G', 1),
        ("BSB", 'B', 1, 'S', 3),
    ] {
        for (rule, expected, number) in [
            (Rule::AllOf, all_of, asked_all),
            (Rule::AnyOf, any_of, asked_any),
        ] {
            let (observation, asked) = composed(rule, words);
            assert_eq!(
                observation.verdict,
                said(expected).verdict,
                "{rule:?} of {words}"
            );
            assert_eq!(asked.len(), number, "{rule:?} of {words}");
        }
    }
}

#[test]
fn whoever_decides_is_quoted_and_counted() {
    let (bad, asked) = composed(Rule::AllOf, "GB");
    assert_eq!(bad.reason, "`b`: broken");
    assert_eq!(bad.signature.as_deref(), Some("b: sig"));
    assert_eq!((bad.good_trials, bad.bad_trials), (1, 3));
    assert_eq!(asked, ["a 4 7", "b 4 7"]);
    let (skipped, _) = composed(Rule::AnyOf, "BS");
    assert_eq!(skipped.reason, "`b`: no test");
    assert_eq!((skipped.good_trials, skipped.bad_trials), (0, 0));
}

#[test]
fn if_nobody_decides_all_are_quoted_and_all_have_to_be_right() {
    let (good, _) = composed(Rule::AllOf, "GG");
    assert_eq!(good.reason, "`a`: fine; `b`: fine");
    let (bad, _) = composed(Rule::AnyOf, "BB");
    assert_eq!(bad.signature.as_deref(), Some("a: sig"));
}

#[test]
fn what_is_behind_the_answers_is_kept_and_one_that_may_change_is_not_cached() {
    let number = stepwell_oracle::Measurement::new("time", "ms", [1.0]);
    let script = Script::default()
        .oracle(
            "a",
            Ok(said('G').measurement(number.clone()).not_cacheable()),
        )
        .oracle("b", Ok(said('B').measurement(number)));
    let question = question(r#"{"oracles": ["a", "b"]}"#);
    let composed = with_host(script, || judge(Rule::AllOf, &question)).unwrap();
    assert_eq!(composed.measurements.len(), 2);
    assert!(!composed.cacheable);
}

#[test]
fn an_oracle_that_does_not_answer_leaves_no_verdict() {
    let refused = |config: &str, error: LabError| {
        let script = Script::default().oracle("a", Err(error));
        with_host(script, || judge(Rule::AllOf, &question(config))).unwrap_err()
    };
    let lost = || LabError::Infrastructure("lost".to_owned());
    let of_a = r#"{"oracles": ["a"]}"#;
    assert_eq!(refused(of_a, lost()), Refusal::Transient("lost".to_owned()));
    for (config, part) in [
        (r#"{"oracles": ["b"]}"#, "there is no oracle `b`"),
        (r#"{"oracles": []}"#, "`oracles` is missing"),
        (r#"{"oracle": ["a"]}"#, "there is no input `oracle`"),
        (r#"{"oracles": ["a"], "x": 1}"#, "there is no input `x`"),
    ] {
        let refusal = refused(config, lost());
        assert!(matches!(refusal, Refusal::Misconfigured(_)), "{refusal:?}");
        assert!(refusal.message().contains(part), "{refusal:?}");
    }
}
