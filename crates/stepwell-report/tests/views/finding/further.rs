//! Several culprits.

use super::{culprit, finding, version};
use stepwell_event::{Conclusion, Finding, Further, Lens, OtherFailure};
use stepwell_report::{finding_html, finding_json, finding_markdown, finding_text};

fn further(lens: Lens, conclusion: Conclusion) -> Further {
    Further {
        lens,
        conclusion,
        reason: "the linker failed".to_owned(),
        signature: Some("link".to_owned()),
        unverified: vec!["Its parent fails in another way.".to_owned()],
    }
}

fn without(numbers: &[u32]) -> Lens {
    Lens {
        reverted: numbers.iter().map(|number| version(*number)).collect(),
        signature: None,
    }
}

fn of(signature: &str) -> Lens {
    Lens {
        reverted: Vec::new(),
        signature: Some(signature.to_owned()),
    }
}

/// The report in one line, from the title of the other culprits.
fn told(further: Vec<Further>) -> String {
    let finding = Finding {
        further,
        ..finding(culprit())
    };
    let text = finding_text(&finding, 400, false);
    let (_, told) = text.split_once("Other culprits").unwrap();
    let (told, _) = told.split_once("\nRange").unwrap();
    told.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn other_culprits_are_told_with_what_was_taken_back() {
    let text = told(vec![
        further(of("link `x`"), culprit()),
        further(without(&[3, 5]), culprit()),
        further(without(&[3, 5, 13]), Conclusion::HeadGood),
    ]);
    let id = version(13).id;
    assert!(text.starts_with(&format!(
        "{id} is the first commit that fails with link `x`. Subject change 13 Author Ada L"
    )));
    let reverted = [3, 5]
        .map(|number| version(number).id[..12].to_owned())
        .join(" and ");
    assert!(
        text.contains("Reason the linker failed Signature link Before it"),
        "{text}"
    );
    assert!(
        text.contains(&format!(
            "Without {reverted}, {id} is the first bad commit."
        )),
        "{text}"
    );
    assert!(
        text.ends_with("is good: there is no later culprit."),
        "{text}"
    );
}

#[test]
fn what_was_not_found_is_told_with_its_reason() {
    let bad = version(20);
    let end = Conclusion::UntestableEnd {
        version: bad.clone(),
        head: true,
        reason: "a conflict".to_owned(),
    };
    let spent = Conclusion::Undecided {
        suspects: Vec::new(),
        newest_good: None,
    };
    let ended = Conclusion::Aborted {
        why: "no disk".to_owned(),
    };
    let id = &bad.id[..12];
    for (lens, conclusion, words) in [
        (
            without(&[3]),
            end.clone(),
            format!("later culprits cannot be excluded: {id} cannot be judged: a conflict."),
        ),
        (
            of("x"),
            end,
            format!("What brought x was not found: {id} cannot be judged"),
        ),
        (
            of("x"),
            Conclusion::HeadGood,
            "x was not seen again".to_owned(),
        ),
        (
            without(&[3]),
            spent,
            "cannot be excluded: the budget was spent.".to_owned(),
        ),
        (
            without(&[3]),
            ended,
            "no disk; go on with stepwell bisect resume.".to_owned(),
        ),
        (
            without(&[20]),
            Conclusion::NothingToDo,
            "there is no later culprit.".to_owned(),
        ),
    ] {
        let text = told(vec![further(lens, conclusion)]);
        assert!(text.contains(&words), "{words}: {text}");
    }
}

#[test]
fn every_format_has_them_and_hostile_texts_stay_texts() {
    let mut evil = further(of("</p><script>`*x*`"), culprit());
    evil.reason = "\u{1b}[31m @everyone".to_owned();
    let finding = Finding {
        further: vec![evil],
        others: vec![OtherFailure {
            signature: "other".to_owned(),
            version: version(19),
        }],
        ..finding(culprit())
    };
    let (html, markdown) = (finding_html(&finding), finding_markdown(&finding));
    assert!(html.contains("<h2>Other culprits</h2>") && !html.contains("<script"));
    let code = "fails with `` </p><script>`*x*` ``";
    assert!(markdown.contains(code), "{markdown}");
    assert!(markdown.contains("  - Reason: `"), "{markdown}");
    for text in [&html, &markdown, &finding_text(&finding, 80, false)] {
        assert!(!text.contains('\u{1b}'));
    }
    let json = finding_json(&finding).unwrap();
    assert_eq!(
        serde_json::from_str::<Finding>(&json)
            .unwrap()
            .further
            .len(),
        1
    );
}

#[test]
fn another_failure_is_told_with_what_to_do() {
    let finding = Finding {
        others: vec![OtherFailure {
            signature: "link".to_owned(),
            version: version(19),
        }],
        ..finding(culprit())
    };
    let text = finding_text(&finding, 400, false);
    let words = "change 19 fails in another way, with link: another change may have brought that. \
        --all searches for the change behind each failure.";
    assert!(text.contains(words), "{text}");
}
