//! The row of letters.

use super::{culprit, finding, stretch};
use insta::assert_snapshot;
use stepwell_event::{Finding, Standing};
use stepwell_report::finding_text;

#[test]
fn the_bar_shows_every_commit_or_what_matters_most_of_several() {
    let bar = |finding: &Finding, columns| {
        let text = finding_text(finding, columns, false);
        let (_, rest) = text.split_once("Range\n").unwrap();
        let lines: Vec<String> = rest
            .lines()
            .take(2)
            .map(|line| line.trim().to_owned())
            .collect();
        lines.join("\n")
    };
    let mut finding = finding(culprit());
    finding.range = vec![
        stretch(Standing::Good, 11),
        stretch(Standing::Untestable, 2),
        stretch(Standing::Suspect, 1),
        stretch(Standing::Bad, 6),
    ];
    assert_snapshot!(bar(&finding, 80), @r"
    GGGGGGGGGGGss?BBBBBB
    G good   B bad   s cannot be judged   ? may be to blame
    ");
    assert_snapshot!(bar(&finding, 20), @r"
    GGGGGGGGGss?BBBBBB
    G good   B bad   s cannot be judged   ? may be to blame   (a letter for up to 2 commits)
    ");
    // Without a word about the range, what was judged is known.
    finding.range.clear();
    assert_snapshot!(bar(&finding, 80), @r"
    ·········G·GBsB····B
    · not judged   G good   B bad   s cannot be judged
    ");
    // One suspect among very many is still seen.
    finding.commits = 100_000;
    finding.range = vec![
        stretch(Standing::Good, 60_000),
        stretch(Standing::Suspect, 1),
        stretch(Standing::Aside, 20_000),
        stretch(Standing::Bad, 50_000),
    ];
    assert_snapshot!(bar(&finding, 42), @r"
    GGGGGGGGGGGGGGGGGGGGGGGG?·······BBBBBBBB
    · not judged   G good   B bad   ? may be to blame   (a letter for up to 2500 commits)
    ");
}
