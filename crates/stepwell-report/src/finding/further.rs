//! What the searches for other culprits found, in sentences.

use super::mark::{author, named, short};
use super::story::{Piece, command, term, text, word};
use stepwell_event::{Conclusion, Finding, Further, Version};

/// The most versions that are named in a sentence.
const MAX_NAMED: usize = 5;

/// The most failures of which it is said that nothing was searched for them.
const MAX_OTHERS: usize = 3;

/// What one search found.
#[derive(Debug)]
pub(super) struct Chapter {
    /// A sentence.
    pub(super) headline: Vec<Piece>,
    /// What is known of its culprit, with labels.
    pub(super) facts: Vec<(&'static str, Piece)>,
}

/// One for each search.
pub(super) fn chapters(finding: &Finding) -> Vec<Chapter> {
    let further = finding.further.iter();
    further
        .map(|further| Chapter {
            headline: headline(finding, further),
            facts: facts(further),
        })
        .collect()
}

/// That there are failures for which nothing was searched, and what to do about it.
pub(super) fn others(finding: &Finding) -> Vec<Vec<Piece>> {
    if !finding.further.is_empty() {
        return Vec::new();
    }
    let others = finding.others.iter().take(MAX_OTHERS);
    others
        .map(|other| {
            vec![
                Piece::Text(named(&other.version)),
                word(" fails in another way, with "),
                text(&other.signature),
                word(": another change may have brought that. "),
                command("--all"),
                word(" searches for the change behind each failure."),
            ]
        })
        .collect()
}

fn facts(further: &Further) -> Vec<(&'static str, Piece)> {
    let Conclusion::Culprit {
        version,
        newest_good,
        ..
    } = &further.conclusion
    else {
        return Vec::new();
    };
    let mut facts = vec![
        ("Subject", text(&version.subject)),
        ("Author", Piece::Text(author(version))),
        ("Date", text(&version.authored_at)),
    ];
    if !further.reason.is_empty() {
        facts.push(("Reason", text(&further.reason)));
    }
    let signature = further.signature.as_deref().map(text);
    facts.extend(signature.map(|signature| ("Signature", signature)));
    let good = newest_good.as_ref().map(|good| Piece::Text(named(good)));
    facts.extend(good.map(|good| ("Before it", good)));
    facts
}

fn headline(finding: &Finding, further: &Further) -> Vec<Piece> {
    let terms = &finding.asked.terms;
    let mut pieces = without(&further.lens.reverted);
    match (&further.conclusion, &further.lens.signature) {
        (Conclusion::Culprit { version, no_op, .. }, signature) => {
            pieces.extend([text(&version.id), word(" is the first ")]);
            pieces.extend(first(signature.as_deref(), &terms.new));
            if *no_op {
                pieces.push(word(
                    ", with the files of its parent: judgements contradict one another",
                ));
            }
        }
        (Conclusion::Ambiguous { suspects, .. }, signature) => {
            pieces.push(word("only untestable commits are left; the first "));
            pieces.extend(first(signature.as_deref(), &terms.new));
            pieces.push(word(format!(" could be any of these {}: ", suspects.len())));
            pieces.extend(list(suspects));
        }
        (Conclusion::NoCulprit { .. }, _) => {
            pieces.push(word("no commit is to blame: the failure was a flake"));
        }
        (Conclusion::HeadGood, Some(signature)) => {
            pieces.extend([
                text(signature),
                word(" was not seen again: it may be a flake"),
            ]);
        }
        (Conclusion::HeadGood, None) => pieces.extend([
            Piece::Text(named(&finding.asked.bad)),
            word(" is "),
            term(&terms.old),
            word(": there is no later culprit"),
        ]),
        (Conclusion::NothingToDo, _) => {
            pieces.push(word("nothing is left to search: there is no later culprit"));
        }
        (other, Some(signature)) => {
            pieces.extend([
                word("what brought "),
                text(signature),
                word(" was not found: "),
            ]);
            pieces.extend(why(other));
        }
        (other, None) => {
            pieces.push(word("later culprits cannot be excluded: "));
            pieces.extend(why(other));
        }
    }
    pieces.push(word("."));
    if let Some(Piece::Word(begin)) = pieces.first_mut() {
        let mut letters = begin.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        *begin = first.into_iter().chain(letters).collect();
    }
    pieces
}

/// What the first version of something is.
fn first(signature: Option<&str>, new: &str) -> Vec<Piece> {
    match signature {
        Some(signature) => vec![word("commit that fails with "), text(signature)],
        None => vec![term(new), word(" commit")],
    }
}

/// Why there is no culprit.
fn why(conclusion: &Conclusion) -> Vec<Piece> {
    match conclusion {
        Conclusion::UntestableEnd {
            version, reason, ..
        } => vec![
            text(&short(&version.id)),
            word(" cannot be judged: "),
            text(reason),
        ],
        Conclusion::Undecided { suspects, .. } if suspects.is_empty() => {
            vec![word("the budget was spent")]
        }
        Conclusion::Undecided { suspects, .. } => {
            let versions: Vec<Version> = suspects.iter().map(|(it, _)| it.clone()).collect();
            let count = versions.len();
            let mut pieces = vec![word(format!(
                "the budget was spent, {count} may be to blame: "
            ))];
            pieces.extend(list(&versions));
            pieces
        }
        Conclusion::Aborted { why } => vec![
            text(why),
            word("; go on with "),
            command("stepwell bisect resume"),
        ],
        Conclusion::BaseBad { version } => vec![
            text(&short(&version.id)),
            word(", where it begins, fails already"),
        ],
        Conclusion::ChangedBack { merge_base, .. } => vec![
            text(&short(&merge_base.id)),
            word(", where two lines part, fails already"),
        ],
        _ => vec![word("it ended early")],
    }
}

/// What is taken back.
fn without(reverted: &[Version]) -> Vec<Piece> {
    if reverted.is_empty() {
        return Vec::new();
    }
    let mut pieces = vec![word("without ")];
    pieces.extend(list(reverted));
    pieces.push(word(", "));
    pieces
}

fn list(versions: &[Version]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let more = versions.len().saturating_sub(MAX_NAMED);
    let named = versions.len() - more;
    for (at, version) in versions.iter().take(MAX_NAMED).enumerate() {
        match at {
            0 => {}
            at if at + 1 == named && more == 0 => pieces.push(word(" and ")),
            _ => pieces.push(word(", ")),
        }
        pieces.push(text(&short(&version.id)));
    }
    if more > 0 {
        pieces.push(word(format!(" and {more} more")));
    }
    pieces
}
