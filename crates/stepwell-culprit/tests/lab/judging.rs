//! What an oracle can ask for, and what it cannot.

use crate::rig::{Rig, judged, refused, version};
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use stepwell_culprit::{Answer, Asked, Judge as _};
use stepwell_event::{
    HostAnswer, HostCall, HostRefusal, JudgeRefusal, LabRun, Outcome, Overlay, Question, RunResult,
    SkipKind, StepResult, TrapKind, Verdict,
};
use stepwell_sandbox::StopHandle;

fn run(pipeline: &str, overlays: &[(&str, &str)]) -> HostCall {
    HostCall::RunPipeline(LabRun {
        pipeline: pipeline.into(),
        of_candidate: false,
        overlays: overlays
            .iter()
            .map(|(path, content)| Overlay {
                path: (*path).to_owned(),
                content: content.as_bytes().to_vec(),
            })
            .collect(),
        variables: Vec::new(),
    })
}

#[track_caller]
fn observed(answer: Answer) -> (Verdict, String) {
    match answer {
        Answer::Judged(observation) => (observation.verdict, observation.reason),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_judgement_sees_its_candidate_and_nothing_of_the_search() {
    let rig = Rig::new().oracle("o", async |guest| {
        let Question::Judge {
            config,
            candidate,
            trials,
            seed,
        } = guest.question
        else {
            panic!("another question")
        };
        assert_eq!((config.as_str(), trials, seed), ("{}", 1, 7));
        let text = fs::read_to_string(guest.workspace.unwrap().join("a")).unwrap();
        judged(Verdict::Bad, format!("{} {text}", candidate.id))
    });
    let (verdict, reason) = observed(rig.judge("o", "v"));
    assert_eq!(
        (verdict, reason.as_str()),
        (Verdict::Bad, "v of the candidate")
    );
}

#[test]
fn a_pipeline_runs_in_a_clean_copy_that_is_gone_afterwards() {
    let rig = Rig::new()
        .oracle("o", async |mut guest| {
            for round in 0..2 {
                let answer = guest.call(run("", &[("new/b", "laid over")])).await;
                let HostAnswer::Ran(result) = answer else {
                    panic!("{answer:?}")
                };
                assert_eq!(result.end, RunResult::Succeeded, "{round}: {result:?}");
                assert_eq!(result.log, "a line of the step\n");
                let step = &result.steps[0];
                assert_eq!((step.job.as_str(), step.name.as_str()), ("job", "the step"));
                assert_eq!((step.end, step.exit_code), (StepResult::Succeeded, Some(0)));
            }
            let path = "out".to_owned();
            match guest.call(HostCall::ReadResult { path }).await {
                HostAnswer::File(bytes) => judged(Verdict::Good, String::from_utf8(bytes).unwrap()),
                other => panic!("{other:?}"),
            }
        })
        .step(|workspace| {
            assert!(!workspace.join("out").exists(), "the copy is not clean");
            let overlay = fs::read_to_string(workspace.join("new/b")).unwrap();
            fs::write(workspace.join("out"), overlay).unwrap();
            fs::write(workspace.join("a"), "changed").unwrap();
            Outcome::Succeeded
        });
    assert_eq!(observed(rig.judge("o", "v")).1, "laid over");
    assert_eq!(rig.guests.runs.load(Ordering::Relaxed), 2);
    assert!(rig.copies().is_empty());
    let left = fs::read_to_string(rig.candidate().join("a")).unwrap();
    assert_eq!(left, "of the candidate");
}

#[test]
fn a_pipeline_that_cannot_write_needs_no_copy() {
    let seen = Arc::new(Mutex::default());
    let told = Arc::clone(&seen);
    let rig = Rig::new()
        .oracle("o", async |mut guest| {
            let _ = guest.call(run("read.yml", &[])).await;
            judged(Verdict::Good, "")
        })
        .step(move |workspace| {
            *told.lock().unwrap() = workspace.to_owned();
            Outcome::ExitCode { code: 3 }
        });
    let Answer::Judged(observation) = rig.judge("o", "v") else {
        panic!("it was not judged")
    };
    assert_eq!(*seen.lock().unwrap(), rig.candidate());
    // Its text is in no key.
    assert!(!observation.cacheable);
}

#[test]
fn paths_that_lead_out_and_calls_that_are_not_for_oracles_are_refused() {
    let rig = Rig::new().oracle("o", async |mut guest| {
        let calls = [
            run("", &[("../out", "x")]),
            run("", &[(".stepwell/journal.db", "x")]),
            run("nowhere.yml", &[]),
            HostCall::ReadResult { path: "a".into() },
            HostCall::SendMail {
                to: Vec::new(),
                subject: String::new(),
                text: String::new(),
            },
            HostCall::Keep {
                name: "a/b".into(),
                media_type: "text/plain".into(),
                content: Vec::new(),
            },
        ];
        let mut kinds = Vec::new();
        for call in calls {
            let HostAnswer::Refused(refusal) = guest.call(call).await else {
                panic!("it was done")
            };
            kinds.push(match refusal {
                HostRefusal::NotFound(_) => "not found",
                HostRefusal::Denied(_) => "denied",
                HostRefusal::Invalid(_) => "invalid",
                HostRefusal::TooLarge(_) => "too large",
                HostRefusal::Infrastructure(why) => panic!("{why}"),
            });
        }
        let kept = HostCall::Keep {
            name: "log".into(),
            media_type: "text/plain".into(),
            content: b"abc".to_vec(),
        };
        assert!(matches!(guest.call(kept).await, HostAnswer::Kept(kept) if kept.size == 3));
        let patch = guest.call(HostCall::Patch).await;
        assert_eq!(patch, HostAnswer::Text("the patch of v".into()));
        judged(Verdict::Good, kinds.join(", "))
    });
    assert_eq!(
        observed(rig.judge("o", "v")).1,
        "invalid, denied, not found, not found, denied, invalid"
    );
    assert!(rig.copies().is_empty());
}

fn consult(oracle: &str) -> HostCall {
    HostCall::Consult {
        oracle: oracle.into(),
        trials: 1,
        seed: 3,
    }
}

#[test]
fn an_oracle_asks_another_which_is_asked_once() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let rig = Rig::new()
        .oracle("outer", async |mut guest| {
            let first = guest.call(consult("inner")).await;
            let HostAnswer::Observed(observation) = &first else {
                panic!("{first:?}")
            };
            let reason = observation.reason.clone();
            judged(observation.verdict, reason)
        })
        .oracle("inner", move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            async { judged(Verdict::Bad, "the inner one") }
        });
    for _ in 0..2 {
        let (verdict, reason) = observed(rig.judge("outer", "v"));
        assert_eq!((verdict, reason.as_str()), (Verdict::Bad, "the inner one"));
    }
    assert_eq!(asked.load(Ordering::Relaxed), 1, "it is remembered");
}

#[test]
fn an_oracle_that_is_asked_again_asks_the_other_again() {
    let times = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&times);
    let rig = Rig::new()
        .oracle("outer", async |mut guest| {
            let answer = guest.call(consult("inner")).await;
            let HostAnswer::Observed(observation) = answer else {
                panic!("{answer:?}")
            };
            judged(observation.verdict, observation.reason)
        })
        // It calls itself certain and is not.
        .oracle("inner", move |_| {
            let nth = count.fetch_add(1, Ordering::Relaxed);
            async move { judged(Verdict::Bad, nth.to_string()) }
        });
    let ask = |seed, seeded, fresh| {
        let answer = rig.with_judge("outer", async |judge| {
            let asked = Asked {
                version: version("v"),
                trials: 1,
                seed,
                seeded,
                fresh,
            };
            judge.judge(asked, StopHandle::default()).await
        });
        observed(answer).1
    };
    assert_eq!(ask(1, false, false), "0");
    // One more trial, though the guest gives the same seed each time.
    assert_eq!(ask(2, true, false), "1");
    assert_eq!(ask(3, true, false), "2");
    // What was kept stands for the same trial, unless it has to be judged now.
    assert_eq!(ask(3, true, false), "2");
    assert_eq!(ask(3, true, true), "3");
    assert_eq!(ask(3, true, false), "3");
    assert_eq!(ask(4, false, false), "0");
}

#[test]
fn what_the_machine_did_to_a_consulted_oracle_is_not_kept() {
    let times = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&times);
    let rig = Rig::new()
        .oracle("outer", async |mut guest| {
            let answer = guest.call(consult("inner")).await;
            judged(Verdict::Good, format!("{answer:?}"))
        })
        .oracle("inner", move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            async { judged(Verdict::Skip(SkipKind::Infrastructure), "") }
        });
    for _ in 0..2 {
        observed(rig.judge("outer", "v"));
    }
    assert_eq!(times.load(Ordering::Relaxed), 2);
}

#[test]
fn oracles_that_ask_one_another_in_a_circle_or_fail_are_told() {
    let rig = Rig::new()
        .oracle("a", async |mut guest| {
            let answer = guest.call(consult("b")).await;
            judged(Verdict::Good, format!("{answer:?}"))
        })
        .oracle("b", async |mut guest| {
            match guest.call(consult("a")).await {
                HostAnswer::Refused(HostRefusal::Denied(why)) => judged(Verdict::Good, why),
                other => panic!("{other:?}"),
            }
        })
        .oracle("c", async |mut guest| {
            let trapping = guest.call(consult("d")).await;
            let unknown = guest.call(consult("e")).await;
            judged(Verdict::Good, format!("{trapping:?} {unknown:?}"))
        })
        .oracle("d", async |_| {
            Err(Outcome::Trapped {
                trap: TrapKind::Unreachable,
                backtrace: Vec::new(),
            })
        });
    let (_, reason) = observed(rig.judge("a", "v"));
    assert!(reason.contains("`a` asks `b` asks `a`"), "{reason}");
    let (_, reason) = observed(rig.judge("c", "v"));
    assert!(
        reason.contains("Infrastructure") && reason.contains("NotFound"),
        "{reason}"
    );
}

#[test]
fn what_is_no_answer_is_no_judgement() {
    let rig = Rig::new()
        .oracle("trap", async |_| {
            Err(Outcome::Trapped {
                trap: TrapKind::Unreachable,
                backtrace: Vec::new(),
            })
        })
        .oracle("later", async |_| {
            refused(JudgeRefusal::Transient("later".into()))
        });
    assert!(matches!(
        rig.judge("trap", "v"),
        Answer::Failed(Outcome::Trapped { .. })
    ));
    assert_eq!(
        rig.judge("later", "v"),
        Answer::Refused(JudgeRefusal::Transient("later".into()))
    );
    let (verdict, reason) = observed(rig.judge("trap", "huge"));
    assert_eq!(verdict, Verdict::Skip(SkipKind::Other));
    assert_eq!(reason, "it has too many files");
    assert_eq!(
        rig.judge("trap", "missing"),
        Answer::Impossible("an object is missing".into())
    );
    assert_eq!(
        rig.judge("trap", "unlucky"),
        Answer::Refused(JudgeRefusal::Transient("the disk is full".into()))
    );
}

#[test]
fn a_judgement_that_is_stopped_ends_its_pipeline_and_leaves_nothing() {
    let stop = StopHandle::default();
    let begun = stop.clone();
    let rig = Rig::new()
        .oracle("o", async |mut guest| {
            let _ = guest.call(run("", &[])).await;
            judged(Verdict::Good, "")
        })
        .step(move |_| {
            begun.stop();
            std::thread::sleep(Duration::from_millis(50));
            Outcome::Canceled { graceful: false }
        });
    assert_eq!(rig.judge_stopping("o", "v", stop), Answer::Stopped);
    assert!(rig.copies().is_empty());
}

#[test]
fn a_key_is_the_same_for_the_same_and_for_nothing_else() {
    let rig = Rig::new()
        .oracle("a", async |_| judged(Verdict::Good, ""))
        .oracle("b", async |_| judged(Verdict::Good, ""));
    let keys = |oracle: &str| {
        rig.with_judge(oracle, async |judge| {
            let asked = |id, trials, seed, seeded| Asked {
                version: version(id),
                trials,
                seed,
                seeded,
                fresh: false,
            };
            [
                judge.key(&asked("v", 1, 1, false)),
                judge.key(&asked("v", 2, 1, false)),
                judge.key(&asked("w", 1, 1, false)),
                judge.key(&asked("v", 1, 1, true)),
                judge.key(&asked("v", 1, 2, true)),
                judge.key(&asked("v", 1, 3, false)),
            ]
        })
    };
    let (one, other) = (keys("a"), keys("b"));
    assert_eq!(one, keys("a"));
    assert_eq!(one[0], one[5], "the seed makes no difference");
    let mut all: Vec<_> = one[..5].iter().chain(&other[..5]).collect();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 10);
}
