//! A search while it goes on.

use super::{culprit, finding, finite, observation, version};
use insta::assert_snapshot;
use stepwell_event::{BisectEvent, Probe, Verdict};
use stepwell_report::SearchProgress;

#[test]
fn progress_says_what_was_learnt_and_what_goes_on() {
    let mut progress = SearchProgress::new(false);
    let finding = finding(culprit());
    let mut shown = String::new();
    let started = |number: u32, probe: &Probe| BisectEvent::Started {
        probe: number,
        version: Box::new(probe.version.clone()),
        purpose: probe.purpose,
        trials: 1,
        seed: 0,
        reverted: Vec::new(),
    };
    let known = |left, confidence: Option<f64>| BisectEvent::Progress {
        left,
        rounds: 32 - u32::leading_zeros(left),
        confidence: confidence.map(finite),
    };
    let mut events = vec![
        BisectEvent::Opened(Box::new(finding.asked.clone())),
        BisectEvent::Ranged {
            commits: 20,
            versions: 18,
        },
        known(20, None),
    ];
    for (number, probe) in (0..).zip(&finding.probes) {
        // One, then two side by side.
        if number % 3 != 2 {
            events.push(started(number, probe));
        }
        if number % 3 == 1
            && let Some(next) = finding.probes.get(number as usize + 1)
        {
            events.push(started(number + 1, next));
        }
        events.push(BisectEvent::Ended {
            probe: number,
            end: Box::new(probe.end.clone()),
            wall_ms: probe.wall_ms,
        });
        events.push(known(20 - 2 * number, Some(0.5 + f64::from(number) / 17.0)));
    }
    events.push(BisectEvent::Marked {
        version: Box::new(version(14)),
        observation: Box::new(observation(Verdict::Bad, "")),
    });
    events.push(BisectEvent::Unmarked {
        version: version(14).id,
    });
    events.push(BisectEvent::Concluded(Box::new(culprit())));
    for event in &events {
        if let Some(line) = progress.on(event) {
            shown.push_str(&format!("{line}\n"));
        }
        let line = progress.line(90);
        if !line.is_empty() && !shown.ends_with(&format!("~ {line}\n")) {
            shown.push_str(&format!("~ {line}\n"));
        }
    }
    assert_snapshot!(shown, @r"
    searching from 000000000000 to 5c5581d45c55 with the oracle pipeline
    20 commits, 18 with different files
    ~ 20 versions left, about 5 rounds
    ~ 20 versions left, about 5 rounds; judging 000000000000 change 0 (the good end)
    ✓ good  000000000000 change 0  (stored, the good end)
    ~ 20 versions left, about 5 rounds
    ~ 20 versions left, about 5 rounds, 50 % sure
    ~ 20 versions left, about 5 rounds, 50 % sure; judging 5c5581d45c55 change 20 (the bad end)
    ~ 20 versions left, about 5 rounds, 50 % sure; judging 5c5581d45c55, 2e2ac0ea2e2a
    ✗ bad  5c5581d45c55 change 20: the step `test` exited with 1  (1.2 s, the bad end)
    ~ 20 versions left, about 5 rounds, 50 % sure; judging 2e2ac0ea2e2a change 10
    ~ 18 versions left, about 5 rounds, 55.8 % sure; judging 2e2ac0ea2e2a change 10
    ✓ good  2e2ac0ea2e2a change 10  (1.2 s)
    ~ 18 versions left, about 5 rounds, 55.8 % sure
    ~ 16 versions left, about 5 rounds, 61.7 % sure
    ~ 16 versions left, about 5 rounds, 61.7 % sure; judging 4540215f4540 change 15
    ✗ bad  4540215f4540 change 15: the step `test` exited with 1  (1.2 s)
    ~ 16 versions left, about 5 rounds, 61.7 % sure
    ~ 14 versions left, about 4 rounds, 67.6 % sure
    ~ 14 versions left, about 4 rounds, 67.6 % sure; judging a708a7aea708 change 14
    ~ 14 versions left, about 4 rounds, 67.6 % sure; judging a708a7aea708, 81af14c181af
    – skip  a708a7aea708 change 14: does not build: error[E0432]  (1.2 s)
    ~ 14 versions left, about 4 rounds, 67.6 % sure; judging 81af14c181af change 17
    ~ 12 versions left, about 4 rounds, 73.5 % sure; judging 81af14c181af change 17
    ! canceled  81af14c181af change 17  (1.2 s)
    ~ 12 versions left, about 4 rounds, 73.5 % sure
    ~ 10 versions left, about 4 rounds, 79.4 % sure
    ~ 10 versions left, about 4 rounds, 79.4 % sure; judging 6a99b44c6a99 change 12
    ✓ good  6a99b44c6a99 change 12  (1.2 s)
    ~ 10 versions left, about 4 rounds, 79.4 % sure
    ~ 8 versions left, about 4 rounds, 85.2 % sure
    ~ 8 versions left, about 4 rounds, 85.2 % sure; judging 08d12dfd08d1 change 13
    ~ 8 versions left, about 4 rounds, 85.2 % sure; judging 08d12dfd08d1, 08d12dfd08d1
    ✗ bad  08d12dfd08d1 change 13: the step `test` exited with 1  (1.2 s)
    ~ 8 versions left, about 4 rounds, 85.2 % sure; judging 08d12dfd08d1 change 13 (once more)
    ~ 6 versions left, about 3 rounds, 91.1 % sure; judging 08d12dfd08d1 change 13 (once more)
    ✗ bad  08d12dfd08d1 change 13: the step `test` exited with 1  (4 of 5 bad, 1.2 s, once more)
    ~ 6 versions left, about 3 rounds, 91.1 % sure
    ~ 4 versions left, about 3 rounds, 97 % sure
    ✗ bad  a708a7aea708 change 14  (said so)
    ~ 4 versions left, about 3 rounds, 97 % sure
    what was said of a708a7aea708 is taken back
    ~ 4 versions left, about 3 rounds, 97 % sure
    ");
}
