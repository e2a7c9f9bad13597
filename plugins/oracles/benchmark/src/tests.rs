use super::*;
use stepwell_judging::script::{Asked as AskedOfHost, Script, question, run, step};
use stepwell_oracle::lab::StepEnd;
use stepwell_oracle::{Verdict, with_host};

const BASELINE: &str =
    r#""metric": "time", "unit": "ms", "baseline": [10, 11, 9, 10, 12, 10, 9, 11, 10, 10]"#;

/// Each run measures one of these, and the last for ever.
fn judged(config: &str, measured: &[f64]) -> (Observation, AskedOfHost) {
    let runs = measured.iter().map(|number| {
        let mut ended = run(RunEnd::Succeeded, vec![]);
        ended.log = format!("warming up\ntime: {number} ms\n");
        Ok(ended)
    });
    let script = Script::of_runs(runs);
    let asked = script.asked.clone();
    let observation = with_host(script, || {
        Benchmark::judge(question(&format!("{{{config}}}")))
    });
    (observation.unwrap(), asked)
}

fn verdict(config: &str, measured: &[f64]) -> (Verdict, usize) {
    let (observation, asked) = judged(config, measured);
    let runs = asked.runs.borrow().len();
    if let Some(measurement) = observation.measurements.first() {
        assert_eq!(measurement.samples.len(), runs);
    }
    (observation.verdict, runs)
}

const SLOWER: [f64; 10] = [14.0, 15.0, 13.0, 14.0, 16.0, 14.0, 13.0, 15.0, 14.0, 14.0];
const SAME: [f64; 10] = [10.0, 9.0, 11.0, 10.0, 12.0, 9.0, 10.0, 10.0, 11.0, 10.0];
/// Half of them are slower: a large effect that ten runs do not make sure of.
const PERHAPS: [f64; 10] = [13.0, 11.0, 14.0, 9.0, 13.0, 9.0, 12.0, 10.0, 13.0, 13.0];

#[test]
fn numbers_that_are_worse_are_bad_and_others_are_good() {
    assert_eq!(verdict(BASELINE, &SLOWER), (Verdict::Bad, 10));
    assert_eq!(verdict(BASELINE, &SAME), (Verdict::Good, 10));
    let faster = SLOWER.map(|number| number - 8.0);
    assert_eq!(verdict(BASELINE, &faster), (Verdict::Good, 10));
    let higher = format!(r#"{BASELINE}, "better": "higher""#);
    assert_eq!(verdict(&higher, &faster), (Verdict::Bad, 10));
    assert_eq!(verdict(&higher, &SLOWER), (Verdict::Good, 10));
}

#[test]
fn a_difference_that_is_tolerated_is_good() {
    let tolerant = format!(r#"{BASELINE}, "tolerance": 0.5"#);
    assert_eq!(verdict(&tolerant, &SLOWER), (Verdict::Good, 10));
    let less = format!(r#"{BASELINE}, "tolerance": 0.05"#);
    assert_eq!(verdict(&less, &SLOWER), (Verdict::Bad, 10));
}

#[test]
fn what_is_not_settled_is_measured_again_and_may_stay_so() {
    let mut measured = PERHAPS.to_vec();
    measured.extend(SLOWER);
    assert_eq!(verdict(BASELINE, &measured), (Verdict::Bad, 20));
    let mut measured = PERHAPS.to_vec();
    measured.extend(SAME);
    assert_eq!(verdict(BASELINE, &measured), (Verdict::Good, 20));
    let once = format!(r#"{BASELINE}, "max-runs": 10"#);
    let (skipped, _) = judged(&once, &PERHAPS);
    assert_eq!(skipped.verdict, Verdict::Skip(SkipKind::Other));
    assert!(
        skipped
            .reason
            .starts_with("not settled after 10 runs: `time` is "),
        "{}",
        skipped.reason
    );
    assert_eq!((skipped.good_trials, skipped.bad_trials), (0, 0));
}

#[test]
fn a_small_effect_is_good_however_sure_it_is() {
    let lenient = format!(r#"{BASELINE}, "effect": 0.1"#);
    let strict = format!(r#"{BASELINE}, "effect": 1.0"#);
    let mut measured = SLOWER.to_vec();
    measured[0] = 9.0;
    assert_eq!(verdict(&lenient, &measured), (Verdict::Bad, 10));
    assert_eq!(verdict(&strict, &measured), (Verdict::Good, 10));
}

#[test]
fn a_threshold_is_a_bound_for_most_runs() {
    let bound = r#""metric": "time", "threshold": 12"#;
    assert_eq!(verdict(bound, &SLOWER), (Verdict::Bad, 10));
    assert_eq!(verdict(bound, &SAME), (Verdict::Good, 10));
    let few = format!(r#"{bound}, "runs": 3, "max-runs": 3"#);
    assert_eq!(verdict(&few, &SLOWER), (Verdict::Skip(SkipKind::Other), 3));
}

#[test]
fn all_runs_together_are_one_trial_with_the_numbers_behind_it() {
    let (bad, asked) = judged(&format!(r#"{BASELINE}, "seed-variable": "seed""#), &SLOWER);
    assert_eq!((bad.good_trials, bad.bad_trials), (0, 1));
    assert_eq!(bad.signature.as_deref(), Some("time"));
    assert_eq!(
        bad.reason,
        "`time` is 14.0000 ms in the middle of 10 runs, compared with 10.0000 ms \
         (Cliff's delta 1.00, p = 0.0000)"
    );
    assert_eq!(bad.measurements, [Measurement::new("time", "ms", SLOWER)]);
    let mut seeds: Vec<_> = asked
        .runs
        .borrow()
        .iter()
        .map(|run| run.variables[0].1.clone())
        .collect();
    seeds.sort();
    seeds.dedup();
    assert_eq!(seeds.len(), 10);
}

#[test]
fn numbers_may_stand_in_a_file() {
    let mut config =
        r#""metric": "/mean", "format": "json", "threshold": 2, "runs": 7, "max-runs": 7"#
            .to_owned();
    let of_file = |config: &str, content: &str| {
        let script = Script::of_runs([Ok(run(RunEnd::Succeeded, vec![]))]).file("b.json", content);
        with_host(script, || {
            Benchmark::judge(question(&format!("{{{config}}}")))
        })
        .unwrap()
    };
    config.push_str(r#", "file": "b.json""#);
    assert_eq!(of_file(&config, r#"{"mean": 1}"#).verdict, Verdict::Good);
    // 7 of 7 are not sure enough for 0.001, but for 0.01.
    assert_eq!(of_file(&config, r#"{"mean": 3}"#).verdict, Verdict::Bad);
    let absent = of_file(&config, "{}");
    assert_eq!(absent.verdict, Verdict::Skip(SkipKind::TestAbsent));
    assert_eq!(absent.reason, "there is no number `/mean` in b.json");
}

#[test]
fn a_pipeline_that_fails_measures_nothing() {
    let of = |cause: &str| {
        let steps = vec![step("main.bench", StepEnd::Failed, cause)];
        let script = Script::of_runs([Ok(run(RunEnd::Failed, steps))]);
        let config = format!("{{{BASELINE}}}");
        with_host(script, || Benchmark::judge(question(&config)))
            .unwrap()
            .verdict
    };
    assert_eq!(of("exit-code"), Verdict::Skip(SkipKind::UnrelatedFailure));
    assert_eq!(of("timed-out"), Verdict::Skip(SkipKind::Timeout));
    assert_eq!(of("infra-lost"), Verdict::Skip(SkipKind::Infrastructure));
}

#[test]
fn what_is_wrong_with_the_inputs_is_told() {
    for (config, problem) in [
        ("", "input `metric` is missing"),
        (
            r#""metric": "t""#,
            "input `baseline` or `threshold` is missing",
        ),
        (
            r#""metric": "t", "baseline": [1], "threshold": 1"#,
            "give `baseline` or `threshold`, not both",
        ),
        (
            r#""metric": "t", "threshold": 1, "runs": 20, "max-runs": 10"#,
            "input `max-runs` is 10; it has to be from 20 to 200",
        ),
        (
            r#""metric": "t", "threshold": 1, "significance": 0"#,
            "input `significance` is 0; it has to be from 0.000001 to 0.5",
        ),
    ] {
        let config = format!("{{{config}}}");
        let refusal = with_host(Script::default(), || Benchmark::judge(question(&config)));
        assert_eq!(refusal, Err(Refusal::Misconfigured(problem.to_owned())));
    }
}
