//! The oracle `step-exit-code`: a step's exit code is the verdict, as `git bisect run` reads it.
//!
//! | code | |
//! |---|---|
//! | 0 | good |
//! | 1 to 124, 126, 127 | bad |
//! | 125 | cannot be judged |
//! | 128 and more, less than 0, a trap, a limit | the search ends |

use stepwell_judging::run::{Pipeline, Ran, is_called, signature, stopped, told};
use stepwell_judging::settings::{Result as Configured, Settings};
use stepwell_judging::trials::{Trial, observe};
use stepwell_oracle::lab::{RunResult, StepEnd, StepResult};
use stepwell_oracle::{About, Observation, Oracle, Question, Refusal, SkipKind};

/// The most trials of one judgement: each is a whole run.
const MOST_TRIALS: u32 = 32;

struct ExitCode;

impl Oracle for ExitCode {
    fn about() -> About {
        About::new(
            "step-exit-code",
            env!("CARGO_PKG_VERSION"),
            "The exit code of a step is the verdict, as `git bisect run` reads it.",
        )
        .max_trials(MOST_TRIALS)
    }

    fn judge(question: Question) -> Result<Observation, Refusal> {
        let asked = Asked::new(&question.config).map_err(Refusal::Misconfigured)?;
        let trials = question.trials.min(MOST_TRIALS);
        observe(trials, question.seed, |seed| {
            match asked.pipeline.run(seed)? {
                Ran::Ended(result) => asked.trial(&result),
                Ran::Skip(kind, reason) => Ok(Trial::Skip(kind, reason)),
            }
        })
    }
}

stepwell_oracle::oracle!(ExitCode);

/// What the user configured.
#[derive(Debug)]
struct Asked {
    pipeline: Pipeline,
    step: Option<String>,
    traps_are_bad: bool,
}

impl Asked {
    fn new(config: &str) -> Configured<Self> {
        let mut settings = Settings::new(config)?;
        let asked = Self {
            pipeline: Pipeline::new(&mut settings)?,
            step: settings.text("step")?,
            traps_are_bad: settings.choice("trap", [("abort", false), ("bad", true)])?,
        };
        settings.end()?;
        Ok(asked)
    }

    fn trial(&self, result: &RunResult) -> Result<Trial, Refusal> {
        let Some(step) = self.step_of(result) else {
            return self.without_step(result);
        };
        let bad = |what: &str| Trial::Bad {
            reason: told(step, what),
            signature: signature(step),
            log: result.log.clone(),
        };
        let cause = step.cause.as_str();
        match (step.end, cause, code_of(step)) {
            (StepEnd::Skipped, ..) => Ok(Trial::Skip(
                SkipKind::BuildBroken,
                told(step, "was not run"),
            )),
            (_, "timed-out" | "canceled", _) => {
                let (kind, reason) = stopped(result)
                    .unwrap_or_else(|| (SkipKind::Timeout, told(step, "was stopped")));
                Ok(Trial::Skip(kind, reason))
            }
            (_, "unusable", _) => Ok(Trial::Skip(
                SkipKind::DependencyMissing,
                told(step, "cannot run"),
            )),
            (_, "trapped" | "limit-exceeded", _) if self.traps_are_bad => {
                Ok(bad(&format!("ended with `{cause}`")))
            }
            (_, "trapped" | "limit-exceeded", _) => Err(Refusal::Abort(told(
                step,
                &format!("ended with `{cause}`, which is no exit code"),
            ))),
            (.., 0) => Ok(Trial::Good {
                reason: told(step, "exited with 0"),
            }),
            (.., 125) => Ok(Trial::Skip(SkipKind::Other, told(step, "exited with 125"))),
            (.., code @ 126..=127) => Ok(bad(&format!(
                "exited with {code}, as a shell does with a program that it does not find or cannot run"
            ))),
            (.., code @ 1..=124) => Ok(bad(&format!("exited with {code}"))),
            (.., code) => Err(Refusal::Abort(told(
                step,
                &format!("exited with {code}, which ends a search"),
            ))),
        }
    }

    /// The step that was named, or the last; of several of that name the last.
    fn step_of<'a>(&self, result: &'a RunResult) -> Option<&'a StepResult> {
        let mut steps = result.steps.iter().rev();
        match &self.step {
            Some(name) => steps.find(|step| is_called(step, name)),
            None => steps.next(),
        }
    }

    fn without_step(&self, result: &RunResult) -> Result<Trial, Refusal> {
        if let Some((kind, reason)) = stopped(result) {
            return Ok(Trial::Skip(kind, reason));
        }
        let missing = match &self.step {
            Some(name) => format!("the run has no step `{name}`"),
            None => "the run has no steps".to_owned(),
        };
        // What is not in the project's pipeline is not in it for any candidate, unless its job did not
        // run because another failed before.
        let never_there = !self.pipeline.is_of_candidate()
            && result.steps.iter().all(|step| step.end != StepEnd::Failed);
        if never_there {
            return Err(Refusal::Misconfigured(missing));
        }
        Ok(Trial::Skip(SkipKind::TestAbsent, missing))
    }
}

/// A step that says no code says by its end whether it is 0.
fn code_of(step: &StepResult) -> i32 {
    let fails = u8::from(step.cause != "succeeded");
    step.exit_code.unwrap_or_else(|| fails.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use stepwell_judging::script::{Script, question, run, step};
    use stepwell_oracle::lab::RunEnd;
    use stepwell_oracle::{Verdict, with_host};

    fn judged(config: &str, steps: Vec<StepResult>) -> Result<Observation, Refusal> {
        let script = Script::of_runs([Ok(run(RunEnd::Failed, steps))]);
        with_host(script, || ExitCode::judge(question(config)))
    }

    fn exited(called: &str, code: i32) -> StepResult {
        let (end, cause) = match code {
            0 => (StepEnd::Succeeded, "succeeded"),
            _ => (StepEnd::Failed, "exit-code"),
        };
        let mut step = step(called, end, cause);
        step.exit_code = Some(code);
        step
    }

    #[test]
    fn codes_are_read_as_git_reads_them() {
        for (code, expected) in [
            (0, Some(Verdict::Good)),
            (1, Some(Verdict::Bad)),
            (124, Some(Verdict::Bad)),
            (125, Some(Verdict::Skip(SkipKind::Other))),
            (126, Some(Verdict::Bad)),
            (127, Some(Verdict::Bad)),
            (128, None),
            (134, None),
            (255, None),
            (-1, None),
        ] {
            let judged = judged("{}", vec![exited("main.test", code)]);
            match (judged, expected) {
                (Ok(judged), Some(expected)) => assert_eq!(judged.verdict, expected, "{code}"),
                (Err(Refusal::Abort(_)), None) => {}
                (judged, _) => panic!("{code}: {judged:?}"),
            }
        }
    }

    #[test]
    fn a_trap_ends_the_search_unless_it_is_what_is_looked_for() {
        let trapped = || vec![step("main.test", StepEnd::Failed, "trapped")];
        let refusal = judged("{}", trapped()).unwrap_err();
        assert!(matches!(refusal, Refusal::Abort(_)), "{refusal:?}");
        let bad = judged(r#"{"trap": "bad"}"#, trapped()).unwrap();
        assert_eq!(bad.verdict, Verdict::Bad);
        assert_eq!(bad.signature.as_deref(), Some("main/test/trapped"));
    }

    #[test]
    fn the_step_is_the_one_that_was_named_or_the_last() {
        let steps = || {
            vec![
                exited("a.build", 0),
                exited("a.test", 1),
                exited("b.test", 0),
            ]
        };
        for (config, expected) in [
            ("{}", Verdict::Good),
            (r#"{"step": "test"}"#, Verdict::Good),
            (r#"{"step": "a.test"}"#, Verdict::Bad),
            (r#"{"step": "build"}"#, Verdict::Good),
        ] {
            assert_eq!(
                judged(config, steps()).unwrap().verdict,
                expected,
                "{config}"
            );
        }
    }

    #[test]
    fn a_step_that_did_not_run_is_no_verdict() {
        let skipped = step("main.test", StepEnd::Skipped, "skipped");
        let observation = judged("{}", vec![exited("main.build", 1), skipped]).unwrap();
        assert_eq!(observation.verdict, Verdict::Skip(SkipKind::BuildBroken));
        for (cause, kind) in [
            ("timed-out", SkipKind::Timeout),
            ("infra-lost", SkipKind::Infrastructure),
            ("unusable", SkipKind::DependencyMissing),
        ] {
            let steps = vec![step("main.test", StepEnd::Failed, cause)];
            assert_eq!(
                judged("{}", steps).unwrap().verdict,
                Verdict::Skip(kind),
                "{cause}"
            );
        }
    }

    #[test]
    fn a_step_that_is_not_there_is_the_candidate_s_lack_or_the_user_s_mistake() {
        let named = r#"{"step": "tset"}"#;
        let refusal = judged(named, vec![exited("main.test", 0)]).unwrap_err();
        assert_eq!(
            refusal,
            Refusal::Misconfigured("the run has no step `tset`".to_owned())
        );
        let absent = Verdict::Skip(SkipKind::TestAbsent);
        let failed_before = judged(named, vec![exited("main.build", 1)]).unwrap();
        assert_eq!(failed_before.verdict, absent);
        let own = r#"{"step": "tset", "of": "candidate"}"#;
        assert_eq!(
            judged(own, vec![exited("main.test", 0)]).unwrap().verdict,
            absent
        );
    }
}
