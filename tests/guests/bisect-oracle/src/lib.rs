//! An oracle that does what its configuration says: `{"do": …}`.

use serde_json::Value;
use std::fmt::Display;
use std::fs;
use std::hint::black_box;
use std::net::TcpStream;
use std::sync::atomic::{AtomicU32, Ordering};
use stepwell_oracle::lab::{self, RunEnd, RunRequest};
use stepwell_oracle::{
    About, Evidence, Measurement, NoiseModel, Observation, Oracle, Question, Refusal, SkipKind,
};

struct Probe;

/// How often this instance was asked.
static ASKED: AtomicU32 = AtomicU32::new(0);

impl Oracle for Probe {
    fn about() -> About {
        About::new("probe", "1.2.3", "Does what its configuration says.")
            .noise(NoiseModel::known(0.01, 0.2))
            .terms("whole", "broken")
            .max_trials(50)
    }

    fn judge(question: Question) -> Result<Observation, Refusal> {
        let config: Value = question.config()?;
        let text = |key: &str| config[key].as_str().unwrap_or_default();
        match text("do") {
            "tree" => tree(&question, text("file")),
            "count" => {
                let count = ASKED.fetch_add(1, Ordering::Relaxed) + 1;
                Ok(Observation::good(count.to_string()))
            }
            "question" => Ok(told(format!("{question:?}"))),
            "write" => {
                let path = question.path("written.txt")?;
                said(fs::write(path, "written"))
            }
            "reach" => reach(text("file")),
            "lab" => pipeline(text("pipeline")),
            "large" => large(text("what")),
            "calls" => calls(),
            "forever" => loop {
                lab::patch()?;
            },
            "exit" => std::process::exit(0),
            "trap" => panic!("it was asked to"),
            "spin" => loop {
                black_box(());
            },
            "memory" => Ok(told(vec![1_u8; 1 << 30].len().to_string())),
            "refuse" => Err(match text("how") {
                "abort" => Refusal::Abort("no more".to_owned()),
                "transient" => Refusal::Transient("not now".to_owned()),
                how => Refusal::Misconfigured(how.to_owned()),
            }),
            odd => odd_answer(odd),
        }
    }
}

/// Bad if the file says so; it cannot be judged if there is none.
fn tree(question: &Question, file: &str) -> Result<Observation, Refusal> {
    println!("judging {}", question.candidate.id);
    let Ok(text) = fs::read_to_string(question.path(file)?) else {
        return Ok(Observation::skip(
            SkipKind::TestAbsent,
            format!("there is no `{file}`"),
        ));
    };
    Ok(if text.contains("broken") {
        Observation::bad(format!("`{file}` is broken")).signature("word: broken")
    } else {
        Observation::good(format!("`{file}` is whole"))
    })
}

/// Tries to get at what is not the candidate's.
fn reach(file: &str) -> Result<Observation, Refusal> {
    let environment: Vec<String> = std::env::vars().map(|(name, _)| name).collect();
    Ok(told(format!(
        "file: {}, address: {}, environment: {environment:?}, arguments: {}",
        fs::read_to_string(file).is_ok(),
        TcpStream::connect("127.0.0.1:80").is_ok(),
        std::env::args().count(),
    )))
}

fn pipeline(name: &str) -> Result<Observation, Refusal> {
    let request = RunRequest::new(name)
        .overlay("added.txt", *b"added")
        .variable("mode", "fast");
    let run = lab::run_pipeline(&request)?;
    let file = lab::read_result("report.txt")?;
    let kept: Evidence = lab::keep("report.txt", "text/plain", &file)?;
    let reason = format!("{:?}, {} steps", run.end, run.steps.len());
    let found = match run.end {
        RunEnd::Succeeded | RunEnd::SucceededWithIssues => Observation::good(reason),
        RunEnd::Failed => Observation::bad(reason),
        RunEnd::Canceled => Observation::skip(SkipKind::Timeout, reason),
    };
    Ok(found.evidence(kept))
}

/// Hands more to the host than it takes.
fn large(what: &str) -> Result<Observation, Refusal> {
    let file = vec![0_u8; (16 << 20) + 1];
    let result = match what {
        "overlay" => lab::run_pipeline(&RunRequest::new("").overlay("a", file)).map(drop),
        "overlays" => {
            let mut request = RunRequest::new("");
            for index in 0..257 {
                request = request.overlay(index.to_string(), *b"");
            }
            lab::run_pipeline(&request).map(drop)
        }
        "variables" => {
            let mut request = RunRequest::new("");
            for index in 0..1_001 {
                request = request.variable(index.to_string(), "");
            }
            lab::run_pipeline(&request).map(drop)
        }
        "keep" => lab::keep("a", "b", &file).map(drop),
        "keeps" => (0..100).try_for_each(|_| {
            let part = file.get(..1 << 20).unwrap_or_default();
            lab::keep("a", "b", part).map(drop)
        }),
        _ => lab::read_result(&"x".repeat(1 << 20)).map(drop),
    };
    said(result)
}

/// Everything that there is, and what came of it.
fn calls() -> Result<Observation, Refusal> {
    Ok(told(format!(
        "{:?}\n{:?}\n{:?}\n{:?}\n{:?}",
        lab::run_pipeline(&RunRequest::new("").of_candidate()),
        lab::read_result("a.txt"),
        lab::consult("other", 3, 7),
        lab::patch(),
        lab::keep("a.txt", "text/plain", b"kept"),
    )))
}

/// Answers that no host should take at their word.
fn odd_answer(odd: &str) -> Result<Observation, Refusal> {
    let samples = |samples: Vec<f64>| Measurement::new("time", "ms", samples);
    let good = Observation::good("odd");
    Ok(match odd {
        "nan" => good.measurement(samples(vec![1.0, f64::NAN])),
        "all-bad" => good.trials(0, 1),
        "all-good" => Observation::bad("odd").trials(1, 0),
        "samples" => good.measurement(samples(vec![1.0; 100_001])),
        "measurements" => (0..65).fold(good, |all, _| all.measurement(samples(vec![]))),
        "reason" => Observation::good("x".repeat(5_000)),
        "signature" => good.signature("x".repeat(2_000)),
        "trials" => good.trials(u32::MAX, u32::MAX),
        "no-trials" => Observation::bad("none").trials(0, 0),
        "flood" => told("x".repeat(100 << 20)),
        "evidence" => good.evidence(Evidence {
            name: "made up".to_owned(),
            media_type: "text/plain".to_owned(),
            digest: "../../etc/passwd".to_owned(),
            size: 1,
        }),
        odd => return Err(Refusal::Misconfigured(format!("what is `{odd}`?"))),
    })
}

/// The text is in the reason.
fn told(text: String) -> Observation {
    Observation::good(text)
}

fn said<E: Display>(result: Result<(), E>) -> Result<Observation, Refusal> {
    Ok(match result {
        Ok(()) => told("done".to_owned()),
        Err(error) => told(error.to_string()),
    })
}

stepwell_oracle::oracle!(Probe);
