//! The formats for issues, browsers and programs.

use super::{conclusions, culprit, finding, judged, observation, probe, stretch, version};
use insta::assert_snapshot;
use stepwell_event::{Conclusion, Finding, Purpose, Standing, Terms, Verdict};
use stepwell_report::{finding_html, finding_json, finding_markdown, finding_text};

/// Everything that a terminal, an issue or a page could act on.
const EVIL: &str = "\u{1b}[31m`|<script>alert(1)</script>\u{202e}\" onload='x' @everyone #1 [a](http://b) *c* ``` &amp;";

#[test]
fn an_issue_gets_the_same_as_markdown() {
    assert_snapshot!(finding_markdown(&finding(culprit())), @r"
    ### `08d12dfd08d12dfd08d12dfd08d12dfd08d12dfd` is the first bad commit

    - Subject: `change 13`
    - Author: `Ada L <ada@example.com>`
    - Date: `2026-11-20T09:30:00+01:00`
    - Reason: ``the step `test` exited with 1``
    - Signature: `assertion failed: left == right`
    - Confidence: certain, if every judgement is right
    - Newest good: `6a99b44c6a99 change 12`

    Range:

    ```text
    GGGGGGGGGGGGBBBBBBBB
    G good   B bad
    ```

    | # | Commit | Subject | Verdict | Trials | Time | Why |
    | --: | --- | --- | --- | --- | --: | --- |
    | 1 | `000000000000` | `change 0` | ✓ good | 1 | stored | the good end |
    | 2 | `5c5581d45c55` | `change 20` | ✗ bad | 1 | 1.2 s | ``the bad end: the step `test` exited with 1`` |
    | 3 | `2e2ac0ea2e2a` | `change 10` | ✓ good | 1 | 1.2 s |  |
    | 4 | `4540215f4540` | `change 15` | ✗ bad | 1 | 1.2 s | ``the step `test` exited with 1`` |
    | 5 | `a708a7aea708` | `change 14` | – skip |  | 1.2 s | `does not build: error[E0432]` |
    | 6 | `81af14c181af` | `change 17` | ! canceled |  | 1.2 s |  |
    | 7 | `6a99b44c6a99` | `change 12` | ✓ good | 1 | 1.2 s |  |
    | 8 | `08d12dfd08d1` | `change 13` | ✗ bad | 1 | 1.2 s | ``the step `test` exited with 1`` |
    | 9 | `08d12dfd08d1` | `change 13` | ✗ bad | 4 of 5 bad | 1.2 s | ``once more: the step `test` exited with 1`` |

    Taken for granted, not run:

    - That there is one change from good to bad, and none back.

    To see it again:

    ```text
    stepwell bisect judge 9d0e5b1d --oracle pipeline
    ```

    20 commits, 18 with different files, 9 judgements (1 stored, 1 canceled), 12 trials, 1 m 05 s
    ");
    let (_, ambiguous) = conclusions().remove(2);
    let text = finding_markdown(&finding(ambiguous));
    assert_snapshot!(text.split_once("\nRange").unwrap().0, @r"
    ### only untestable commits are left: the first bad commit could be any of these 3

    - Newest good: `cc623a9bcc62 change 11`

    May be to blame:

    - `6a99b44c6a99` `change 12`, `Ada L <ada@example.com>`: cannot be judged
    - `08d12dfd08d1` `change 13`, `Ada L <ada@example.com>`: taken to be like its neighbours, not run
    - `a708a7aea708` `change 14`, `Ada L <ada@example.com>`
    ");
}

#[test]
fn programs_get_the_finding_itself() {
    for (_, conclusion) in conclusions() {
        let finding = finding(conclusion);
        let json = finding_json(&finding).unwrap();
        assert_eq!(serde_json::from_str::<Finding>(&json).unwrap(), finding);
        assert!(json.contains("\"format\": 1"));
    }
}

/// A finding in which every text of others is hostile.
fn hostile_finding(conclusion: Conclusion) -> Finding {
    let text = serde_json::to_string(&finding(conclusion)).unwrap();
    let evil = serde_json::to_string(EVIL).unwrap();
    let evil = &evil[1..evil.len() - 1];
    let text = [
        "change ",
        "Ada L",
        "ada@example.com",
        "2026-11-20",
        "error[E0432]",
        "the step",
    ]
    .iter()
    .chain(&[
        "assertion",
        "junit.xml",
        "pipeline",
        "demo",
        "src",
        "out of fuel",
        "That there",
    ])
    .fold(text, |text, word| text.replace(word, evil));
    let mut finding: Finding = serde_json::from_str(&text).unwrap();
    finding.asked.terms = Terms {
        old: EVIL.to_owned(),
        new: EVIL.to_owned(),
    };
    finding
}

#[test]
fn hostile_texts_stay_texts_in_every_format() {
    for (name, conclusion) in conclusions() {
        let finding = hostile_finding(conclusion);
        let html = finding_html(&finding);
        for broken in ["<script", "\u{1b}", "\u{202e}", "onload='", "\" onload"] {
            assert!(!html.contains(broken), "{name}: {broken}");
        }
        let text = finding_text(&finding, 100, false);
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{name}");
        let markdown = finding_markdown(&finding);
        let active = |event: &pulldown_cmark::Event<'_>| {
            use pulldown_cmark::{Event, Tag};
            matches!(
                event,
                Event::Html(_)
                    | Event::InlineHtml(_)
                    | Event::Start(Tag::Link { .. } | Tag::Emphasis)
            ) || matches!(event, Event::Text(text) if text.contains('@'))
        };
        let mut in_block = false;
        for event in pulldown_cmark::Parser::new_ext(&markdown, pulldown_cmark::Options::all()) {
            use pulldown_cmark::{Event, Tag, TagEnd};
            match &event {
                Event::Start(Tag::CodeBlock(_)) => in_block = true,
                Event::End(TagEnd::CodeBlock) => in_block = false,
                event => assert!(in_block || !active(event), "{name}: {event:?}"),
            }
        }
        let json = finding_json(&finding).unwrap();
        assert!(!json.contains(['\u{1b}', '\u{202e}']), "{name}");
    }
}

#[test]
fn a_page_needs_nothing_else_and_is_whole() {
    for (name, conclusion) in conclusions() {
        let page = finding_html(&finding(conclusion));
        for missing in [
            "http://", "https://", "<script", "src=", "href=", "url(", "style=\"",
        ] {
            assert!(!page.contains(missing), "{name}: {missing}");
        }
        assert!(page.contains("default-src 'none'; style-src 'sha256-"));
        // Every element that is opened is closed.
        for tag in [
            "main", "table", "tbody", "tr", "td", "dl", "ul", "li", "svg", "g", "text", "bdi",
        ] {
            let opened = page.matches(&format!("<{tag}>")).count()
                + page.matches(&format!("<{tag} ")).count();
            assert_eq!(
                opened,
                page.matches(&format!("</{tag}>")).count(),
                "{name}: {tag}"
            );
        }
    }
    let mut without = finding(Conclusion::NothingToDo);
    without.probes.clear();
    without.commits = 0;
    assert!(!finding_html(&without).contains("<svg"));
}

#[test]
fn searches_of_any_size_are_shown() {
    let mut long = finding(culprit());
    long.commits = 100_000;
    long.range = vec![stretch(Standing::Suspect, u32::MAX)];
    long.probes = (0..5_000u32)
        .map(|at| {
            probe(
                at * 21,
                Purpose::Search,
                judged(observation(Verdict::Good, "x")),
            )
        })
        .collect();
    long.conclusion = Conclusion::Ambiguous {
        suspects: (0..5_000).map(version).collect(),
        untestable: Vec::new(),
        assumed: Vec::new(),
        newest_good: None,
    };
    assert!(finding_text(&long, 0, false).lines().count() < 400);
    assert!(finding_markdown(&long).len() < 64 << 10);
    assert!(finding_html(&long).len() < 4 << 20);
}
