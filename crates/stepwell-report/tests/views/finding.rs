//! What a search has found, in every format.

mod format;
mod further;
mod progress;
mod range;

use insta::assert_snapshot;
use stepwell_event::{
    Conclusion, Cost, Evidence, FINDING_VERSION, Finding, Finite, NoiseModel, Observation,
    OracleSummary, Person, Probe, ProbeEnd, Purpose, SearchSummary, SkipKind, Standing, Stretch,
    Terms, Verdict, Version,
};
use stepwell_report::finding_text;

fn version(number: u32) -> Version {
    let hash = |seed: u32| format!("{:08x}", seed.wrapping_mul(2_654_435_761)).repeat(5);
    Version {
        id: hash(number),
        parents: vec![hash(number.wrapping_sub(1))],
        subject: format!("change {number}"),
        author: Person {
            name: "Ada L".to_owned(),
            email: "ada@example.com".to_owned(),
        },
        authored_at: "2026-11-20T09:30:00+01:00".to_owned(),
        tree: hash(number + 1000),
    }
}

fn finite(value: f64) -> Finite {
    Finite::new(value).unwrap()
}

fn observation(verdict: Verdict, reason: &str) -> Observation {
    let bad = u32::from(verdict == Verdict::Bad);
    Observation {
        verdict,
        reason: reason.to_owned(),
        good_trials: u32::from(verdict == Verdict::Good),
        bad_trials: bad,
        signature: (bad > 0).then(|| "assertion failed: left == right".to_owned()),
        measurements: Vec::new(),
        evidence: Vec::new(),
        cacheable: true,
    }
}

fn judged(observation: Observation) -> ProbeEnd {
    let cached = false;
    ProbeEnd::Judged {
        observation,
        cached,
    }
}

fn probe(position: u32, purpose: Purpose, end: ProbeEnd) -> Probe {
    Probe {
        version: version(position),
        position: Some(position),
        purpose,
        end,
        started_ms: 0,
        wall_ms: 1_234,
        reverted: Vec::new(),
    }
}

fn stretch(standing: Standing, commits: u32) -> Stretch {
    Stretch { standing, commits }
}

/// A search among 20 commits, of which the 13th is to blame.
fn finding(conclusion: Conclusion) -> Finding {
    let exit = |position: u32| match position {
        13.. => judged(observation(Verdict::Bad, "the step `test` exited with 1")),
        _ => judged(observation(Verdict::Good, "")),
    };
    let broken = judged(observation(
        Verdict::Skip(SkipKind::BuildBroken),
        "error[E0432]",
    ));
    let mut probes = vec![
        probe(0, Purpose::Base, exit(0)),
        probe(20, Purpose::Head, exit(20)),
        probe(10, Purpose::Search, exit(10)),
        probe(15, Purpose::Search, exit(15)),
        probe(14, Purpose::Search, broken),
        probe(17, Purpose::Search, ProbeEnd::Canceled),
        probe(12, Purpose::Search, exit(12)),
        probe(13, Purpose::Search, exit(13)),
        probe(13, Purpose::Verify, exit(13)),
    ];
    if let Some(ProbeEnd::Judged { cached, .. }) = probes.first_mut().map(|probe| &mut probe.end) {
        *cached = true;
    }
    let last = probes.last_mut().map(|probe| &mut probe.end);
    if let Some(ProbeEnd::Judged { observation, .. }) = last {
        (observation.good_trials, observation.bad_trials) = (1, 4);
        observation.evidence.push(Evidence {
            name: "junit.xml".to_owned(),
            media_type: "text/xml".to_owned(),
            digest: "ab".repeat(32),
            size: 2_048,
        });
    }
    Finding {
        format: FINDING_VERSION,
        search: "01JD".to_owned(),
        asked: SearchSummary {
            project: "demo".to_owned(),
            good: vec![version(0)],
            bad: version(20),
            paths: vec!["src".to_owned()],
            first_parent: true,
            oracle: OracleSummary {
                name: "pipeline".to_owned(),
                digest: Some(stepwell_event::Digest::from_sha256([7; 32])),
                config: r#"{"step":"test"}"#.to_owned(),
            },
            terms: Terms::default(),
            noise: NoiseModel::Deterministic,
            confidence: finite(0.99),
            jobs: 2,
            command: "stepwell bisect --good v1 --bad main".to_owned(),
        },
        commits: 20,
        versions: 18,
        range: vec![stretch(Standing::Good, 12), stretch(Standing::Bad, 8)],
        probes,
        conclusion,
        cost: Cost {
            probes: 9,
            trials: 12,
            cached: 1,
            canceled: 1,
            wall_ms: 65_400,
        },
        reproduce: "stepwell bisect judge 9d0e5b1d --oracle pipeline".to_owned(),
        unverified: vec!["That there is one change from good to bad, and none back.".to_owned()],
        further: Vec::new(),
        others: Vec::new(),
    }
}

fn culprit() -> Conclusion {
    Conclusion::Culprit {
        version: version(13),
        newest_good: Some(version(12)),
        confidence: finite(1.0),
        no_op: false,
    }
}

/// One of each.
fn conclusions() -> Vec<(&'static str, Conclusion)> {
    let merge = Version {
        parents: vec![version(11).id, version(40).id],
        ..version(13)
    };
    vec![
        ("culprit", culprit()),
        (
            "a merge without effect",
            Conclusion::Culprit {
                version: merge,
                newest_good: None,
                confidence: finite(0.9957),
                no_op: true,
            },
        ),
        (
            "ambiguous",
            Conclusion::Ambiguous {
                suspects: vec![version(12), version(13), version(14)],
                untestable: vec![version(12)],
                assumed: vec![version(13)],
                newest_good: Some(version(11)),
            },
        ),
        (
            "no culprit",
            Conclusion::NoCulprit {
                confidence: finite(0.99999),
            },
        ),
        (
            "undecided",
            Conclusion::Undecided {
                suspects: vec![(version(13), finite(0.71)), (version(12), finite(0.2))],
                newest_good: Some(version(11)),
            },
        ),
        ("head good", Conclusion::HeadGood),
        (
            "base bad",
            Conclusion::BaseBad {
                version: version(0),
            },
        ),
        (
            "changed back",
            Conclusion::ChangedBack {
                merge_base: version(30),
                good: version(0),
            },
        ),
        (
            "untestable end",
            Conclusion::UntestableEnd {
                version: version(20),
                head: true,
                reason: "error[E0432]: unresolved import".to_owned(),
            },
        ),
        ("nothing to do", Conclusion::NothingToDo),
        (
            "aborted",
            Conclusion::Aborted {
                why: "the oracle trapped: out of fuel".to_owned(),
            },
        ),
    ]
}

#[test]
fn a_culprit_is_told_with_all_that_led_to_it() {
    assert_snapshot!(finding_text(&finding(culprit()), 100, false), @r"
    08d12dfd08d12dfd08d12dfd08d12dfd08d12dfd is the first bad commit

      Subject      change 13
      Author       Ada L <ada@example.com>
      Date         2026-11-20T09:30:00+01:00
      Reason       the step `test` exited with 1
      Signature    assertion failed: left == right
      Confidence   certain, if every judgement is right
      Newest good  6a99b44c6a99 change 12

    Range
      GGGGGGGGGGGGBBBBBBBB
      G good   B bad

      #  Commit        Verdict     Trials        Time  Why, or subject
      1  000000000000  ✓ good      1           stored  the good end
      2  5c5581d45c55  ✗ bad       1            1.2 s  the bad end: the step `test` exited with 1
      3  2e2ac0ea2e2a  ✓ good      1            1.2 s  change 10
      4  4540215f4540  ✗ bad       1            1.2 s  the step `test` exited with 1
      5  a708a7aea708  – skip                   1.2 s  does not build: error[E0432]
      6  81af14c181af  ! canceled               1.2 s  change 17
      7  6a99b44c6a99  ✓ good      1            1.2 s  change 12
      8  08d12dfd08d1  ✗ bad       1            1.2 s  the step `test` exited with 1
      9  08d12dfd08d1  ✗ bad       4 of 5 bad   1.2 s  once more: the step `test` exited with 1

    Taken for granted, not run
      That there is one change from good to bad, and none back.

    To see it again
      stepwell bisect judge 9d0e5b1d --oracle pipeline

    20 commits, 18 with different files, 9 judgements (1 stored, 1 canceled), 12 trials, 1 m 05 s
    ");
}

#[test]
fn every_conclusion_says_what_it_means_and_what_to_do() {
    let mut text = String::new();
    for (name, conclusion) in conclusions() {
        let mut finding = finding(conclusion);
        finding.probes.clear();
        finding.range.clear();
        finding.unverified.clear();
        finding.reproduce.clear();
        finding.asked.noise = NoiseModel::Known {
            false_bad: finite(0.1),
            false_good: finite(0.0),
        };
        (finding.commits, finding.versions) = (0, 0);
        let shown = finding_text(&finding, 80, false);
        let shown = shown.rsplit_once("\n\n").unwrap().0;
        text.push_str(&format!("── {name}\n{shown}\n\n"));
    }
    assert_snapshot!(text, @r"
    ── culprit
    08d12dfd08d12dfd08d12dfd08d12dfd08d12dfd is the first bad commit

      Subject      change 13
      Author       Ada L <ada@example.com>
      Date         2026-11-20T09:30:00+01:00
      Confidence   100 %
      Newest good  6a99b44c6a99 change 12

    ── a merge without effect
    08d12dfd08d12dfd08d12dfd08d12dfd08d12dfd is the first bad commit

      Subject     change 13
      Author      Ada L <ada@example.com>
      Date        2026-11-20T09:30:00+01:00
      Confidence  99.57 %

    What to do
      It has the same files as its parent, so the judgements contradict one another:
      do not blame anybody before the oracle gives the same verdict for the same
      files.
      It is a merge. To search what it brought in, leave out --first-parent and name
      these ends: --good cc623a9bcc62 --bad 08d12dfd08d1.

    ── ambiguous
    only untestable commits are left: the first bad commit could be any of these 3

      Newest good  cc623a9bcc62 change 11

    May be to blame
      6a99b44c6a99 change 12 (cannot be judged)
      08d12dfd08d1 change 13 (taken to be like its neighbours, not run)
      a708a7aea708 change 14

    What to do
      If you know what one of them is, say so with stepwell bisect good --search
      01JD COMMIT or stepwell bisect bad --search 01JD COMMIT and go on with
      stepwell bisect resume 01JD; else make them testable, or read what they
      change.

    ── no culprit
    no commit is to blame: the failure was a flake

      Confidence  more than 99.99 %

    What to do
      The oracle gives different verdicts for the same files. Make what it runs
      reproducible, or quarantine the test.

    ── undecided
    the budget was spent before it was sure: the first bad commit is one of these 2
    with 99 %

      Newest good  cc623a9bcc62 change 11

    May be to blame
         71 %  08d12dfd08d1 change 13
         20 %  6a99b44c6a99 change 12

    What to do
      Allow more trials in all, such as twice as many, and go on with stepwell
      bisect resume --max-trials 24 01JD: nothing that was judged is lost.

    ── head good
    5c5581d45c5581d45c5581d45c5581d45c5581d4 is good, so there is nothing to search

    What to do
      Check that the oracle looks at what you mean. If it fails only now and then,
      ask for more trials of each version.

    ── base bad
    0000000000000000000000000000000000000000 is bad already, so nobody can be blamed

    What to do
      Name an older version as good, and check that the oracle looks at what you
      mean. It judged 000000000000 change 0.

    ── changed back
    8a8042be8a8042be8a8042be8a8042be8a8042be is bad, where the two lines part

    What to do
      So it was changed back on the way to 000000000000 change 0. To find what did
      that, search from there with the terms swapped.
      To find what made 5c5581d45c55 change 20 bad, name a version among its
      ancestors that is good.

    ── untestable end
    5c5581d45c5581d45c5581d45c5581d45c5581d4 cannot be judged: error[E0432]:
    unresolved import

    What to do
      Name another version as bad: both ends have to be judged before anything
      between them is.

    ── nothing to do
    nothing lies between the two ends

    What to do
      Check that they are not the same, and which of them is the older one.

    ── aborted
    the search was ended: the oracle trapped: out of fuel

    What to do
      When that is mended, go on with stepwell bisect resume 01JD: nothing that was
      judged is lost.
      Begin again if mending it changes the oracle, what it is told or the pipeline:
      judgements of two do not mix.
      If the paths leave out where it broke, search without them.
    ");
}

#[test]
fn colours_change_nothing_but_colour() {
    let finding = finding(culprit());
    let colored = finding_text(&finding, 90, true);
    let plain = finding_text(&finding, 90, false);
    assert_ne!(colored, plain);
    assert_eq!(console::strip_ansi_codes(&colored), plain);
}
