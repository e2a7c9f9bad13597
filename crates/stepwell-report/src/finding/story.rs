//! What a finding means and what to do about it, the same for every format.

use super::further::{self, Chapter};
use super::mark::{Mark, author, many, named, percent, short};
use crate::hostile::hostile;
use crate::text::duration_ms;
use stepwell_event::{
    Conclusion, Finding, Finite, NoiseModel, Observation, Probe, ProbeEnd, Version,
};

/// All texts are safe to show on a terminal. Those in [`Piece::Text`] are from elsewhere all the
/// same, and each format has to show them as such.
#[derive(Debug)]
pub(super) struct Story {
    pub(super) tone: Tone,
    /// One line without a stop.
    pub(super) headline: Vec<Piece>,
    /// What is known of it, with labels.
    pub(super) facts: Vec<(&'static str, Piece)>,
    pub(super) suspects: Vec<Suspect>,
    /// What was found of other culprits.
    pub(super) further: Vec<Chapter>,
    /// Sentences: what to think of it and what to do.
    pub(super) next: Vec<Vec<Piece>>,
    /// What was not judged, in sentences.
    pub(super) unverified: Vec<String>,
    /// The command that judges the culprit again.
    pub(super) reproduce: Option<String>,
    /// What it cost, in one line.
    pub(super) cost: String,
}

/// Whether there is an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// Somebody is to blame.
    Found,
    /// Nobody is.
    Cleared,
    /// It is not known.
    Open,
}

/// A part of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// Words of ours.
    Word(String),
    /// A text from elsewhere.
    Text(String),
    /// To be typed.
    Command(String),
}

impl Piece {
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Word(text) | Self::Text(text) | Self::Command(text) => text,
        }
    }
}

/// A version that may be to blame.
#[derive(Debug)]
pub(super) struct Suspect {
    pub(super) id: String,
    pub(super) subject: String,
    pub(super) author: String,
    /// How likely it is, if that is known.
    pub(super) weight: Option<f64>,
    /// What else is known of it.
    pub(super) note: &'static str,
}

impl Suspect {
    fn new(version: &Version, weight: Option<f64>, note: &'static str) -> Self {
        Self {
            id: short(&version.id),
            subject: hostile(&version.subject).into_owned(),
            author: author(version),
            weight,
            note,
        }
    }
}

pub(super) fn word(text: impl Into<String>) -> Piece {
    Piece::Word(text.into())
}

pub(super) fn text(text: &str) -> Piece {
    Piece::Text(hostile(text).into_owned())
}

/// What the user calls a behaviour: in most cases a plain word.
pub(super) fn term(name: &str) -> Piece {
    match name.chars().all(|ch| ch.is_ascii_alphanumeric()) {
        true => word(name),
        false => text(name),
    }
}

pub(super) fn command(text: impl Into<String>) -> Piece {
    Piece::Command(text.into())
}

fn sentence(text: &str) -> Vec<Piece> {
    vec![word(text)]
}

impl Story {
    pub(super) fn of(finding: &Finding) -> Self {
        let mut story = Self {
            tone: Tone::Open,
            headline: Vec::new(),
            facts: Vec::new(),
            suspects: Vec::new(),
            further: further::chapters(finding),
            next: further::others(finding),
            unverified: finding
                .unverified
                .iter()
                .chain(finding.further.iter().flat_map(|it| &it.unverified))
                .map(|text| hostile(text).into_owned())
                .collect(),
            reproduce: (!finding.reproduce.is_empty())
                .then(|| hostile(&finding.reproduce).into_owned()),
            cost: cost(finding),
        };
        story.conclude(finding);
        story
    }

    fn conclude(&mut self, finding: &Finding) {
        match &finding.conclusion {
            Conclusion::Culprit {
                version,
                newest_good,
                confidence,
                no_op,
            } => {
                self.culprit(finding, version, *confidence);
                self.newest_good(finding, newest_good.as_ref());
                if *no_op {
                    self.next.insert(
                        0,
                        sentence(
                            "It has the same files as its parent, so the judgements contradict one \
                         another: do not blame anybody before the oracle gives the same verdict \
                         for the same files.",
                        ),
                    );
                }
            }
            Conclusion::Ambiguous {
                suspects,
                untestable,
                assumed,
                newest_good,
            } => {
                self.ambiguous(finding, suspects, untestable, assumed);
                self.newest_good(finding, newest_good.as_ref());
            }
            Conclusion::Undecided {
                suspects,
                newest_good,
            } => {
                self.undecided(finding, suspects);
                self.newest_good(finding, newest_good.as_ref());
            }
            Conclusion::NoCulprit { confidence } => {
                self.tone = Tone::Cleared;
                self.headline = sentence("no commit is to blame: the failure was a flake");
                self.facts
                    .push(("Confidence", word(percent(confidence.get()))));
                self.next.push(sentence(
                    "The oracle gives different verdicts for the same files. Make what it runs \
                     reproducible, or quarantine the test.",
                ));
            }
            Conclusion::HeadGood
            | Conclusion::BaseBad { .. }
            | Conclusion::ChangedBack { .. }
            | Conclusion::UntestableEnd { .. }
            | Conclusion::NothingToDo
            | Conclusion::Aborted { .. } => self.no_search(finding),
        }
    }

    fn culprit(&mut self, finding: &Finding, version: &Version, confidence: Finite) {
        let terms = &finding.asked.terms;
        self.tone = Tone::Found;
        self.headline = vec![
            text(&version.id),
            word(" is the first "),
            term(&terms.new),
            word(" commit"),
        ];
        self.facts.extend([
            ("Subject", text(&version.subject)),
            ("Author", Piece::Text(author(version))),
            ("Date", text(&version.authored_at)),
        ]);
        if let Some(observation) = last_bad(&finding.probes, version) {
            if !observation.reason.is_empty() {
                self.facts.push(("Reason", text(&observation.reason)));
            }
            let signature = observation.signature.as_deref().map(text);
            self.facts
                .extend(signature.map(|signature| ("Signature", signature)));
        }
        let exact = finding.asked.noise == NoiseModel::Deterministic;
        let weighed = exact && confidence.get() < 1.0;
        let confidence = match exact && !weighed {
            true => "certain, if every judgement is right".to_owned(),
            false => percent(confidence.get()),
        };
        self.facts.push(("Confidence", word(confidence)));
        if weighed {
            self.next.push(sentence(
                "The judgements contradicted one another, so they were weighed: the oracle does not \
                 give the same verdict every time.",
            ));
        }
        self.merge(finding, version);
    }

    /// What it means that a merge is to blame.
    fn merge(&mut self, finding: &Finding, version: &Version) {
        let [first, _, ..] = &*version.parents else {
            return;
        };
        self.next.push(match finding.asked.first_parent {
            true => vec![
                word("It is a merge. To search what it brought in, leave out "),
                command("--first-parent"),
                word(" and name these ends: "),
                command(format!("--good {} --bad {}", short(first), short(&version.id))),
                word("."),
            ],
            false => sentence(
                "It is a merge, and each of its parents alone is fine: what it brought together does \
                 not go together.",
            ),
        });
    }

    fn newest_good(&mut self, finding: &Finding, version: Option<&Version>) {
        let label = match &*finding.asked.terms.old {
            "good" => "Newest good",
            _ => "Newest old",
        };
        let named = version.map(|version| (label, Piece::Text(named(version))));
        self.facts.extend(named);
    }

    fn ambiguous(
        &mut self,
        finding: &Finding,
        suspects: &[Version],
        untestable: &[Version],
        assumed: &[Version],
    ) {
        self.headline = vec![
            word("only untestable commits are left: the first "),
            term(&finding.asked.terms.new),
            word(format!(" commit could be any of these {}", suspects.len())),
        ];
        let has = |list: &[Version], version: &Version| list.iter().any(|one| one.id == version.id);
        self.suspects = suspects
            .iter()
            .map(|version| {
                let note = match () {
                    () if has(untestable, version) => "cannot be judged",
                    () if has(assumed, version) => "taken to be like its neighbours, not run",
                    () => "",
                };
                Suspect::new(version, None, note)
            })
            .collect();
        let said = |old_or_new: &str| {
            command(format!(
                "stepwell bisect {old_or_new} --search {} COMMIT",
                ending(&finding.search)
            ))
        };
        let mut advice = vec![
            word("If you know what one of them is, say so with "),
            said("good"),
            word(" or "),
            said("bad"),
        ];
        if !finding.asked.oracle.is_person() {
            advice.extend([word(" and go on with "), resume(finding)]);
        }
        advice.push(word("; else make them testable, or read what they change."));
        self.next.push(advice);
    }

    fn undecided(&mut self, finding: &Finding, suspects: &[(Version, Finite)]) {
        self.headline = match suspects.len() {
            0 => sentence("the budget was spent before the ends of the range were judged"),
            many => vec![
                word("the budget was spent before it was sure: the first "),
                term(&finding.asked.terms.new),
                word(format!(
                    " commit is one of these {many} with {}",
                    percent(finding.asked.confidence.get())
                )),
            ],
        };
        self.suspects = suspects
            .iter()
            .map(|(version, weight)| Suspect::new(version, Some(weight.get()), ""))
            .collect();
        self.next.push(vec![
            word("Allow more trials in all, such as twice as many, and go on with "),
            command(format!(
                "stepwell bisect resume --max-trials {} {}",
                finding.cost.trials.saturating_mul(2).max(2),
                ending(&finding.search)
            )),
            word(": nothing that was judged is lost."),
        ]);
    }

    /// For those that ended before anything was searched.
    fn no_search(&mut self, finding: &Finding) {
        let asked = &finding.asked;
        let (old, new) = (term(&asked.terms.old), term(&asked.terms.new));
        let is = |version: &Version| Piece::Text(named(version));
        if let Conclusion::BaseBad { version } = &finding.conclusion {
            let seen = last_bad(&finding.probes, version);
            let reason = seen.map(|seen| text(&seen.reason));
            self.facts.extend(reason.map(|reason| ("Reason", reason)));
        }
        (self.headline, self.next) = match &finding.conclusion {
            Conclusion::BaseBad { version } => (
                vec![
                    text(&version.id),
                    word(" is "),
                    new.clone(),
                    word(" already, so nobody can be blamed"),
                ],
                vec![vec![
                    word("Name an older version as "),
                    old,
                    word(", and check that the oracle looks at what you mean. It judged "),
                    is(version),
                    word("."),
                ]],
            ),
            Conclusion::ChangedBack { merge_base, good } => (
                vec![
                    text(&merge_base.id),
                    word(" is "),
                    new.clone(),
                    word(", where the two lines part"),
                ],
                changed_back(good, finding),
            ),
            Conclusion::UntestableEnd {
                version,
                head,
                reason,
            } => (
                vec![text(&version.id), word(" cannot be judged: "), text(reason)],
                vec![vec![
                    word("Name another version as "),
                    if *head { new } else { old },
                    word(": both ends have to be judged before anything between them is."),
                ]],
            ),
            Conclusion::NothingToDo => (
                sentence("nothing lies between the two ends"),
                vec![sentence(
                    "Check that they are not the same, and which of them is the older one.",
                )],
            ),
            Conclusion::Aborted { why } => (
                vec![word("the search was ended: "), text(why)],
                aborted(finding),
            ),
            _ => (
                vec![
                    text(&asked.bad.id),
                    word(" is "),
                    old,
                    word(", so there is nothing to search"),
                ],
                vec![sentence(
                    "Check that the oracle looks at what you mean. If it fails only now and then, \
                     ask for more trials of each version.",
                )],
            ),
        };
    }
}

fn resume(finding: &Finding) -> Piece {
    let search = ending(&finding.search);
    command(format!("stepwell bisect resume {search}"))
}

/// The end of a search's identifier, which is enough to name it.
fn ending(search: &str) -> &str {
    let start = search.len().saturating_sub(8);
    search.get(start..).unwrap_or(search)
}

/// What to do about a search that did not come to its end.
fn aborted(finding: &Finding) -> Vec<Vec<Piece>> {
    let mut advice = vec![
        vec![
            word("When that is mended, go on with "),
            resume(finding),
            word(": nothing that was judged is lost."),
        ],
        sentence(
            "Begin again if mending it changes the oracle, what it is told or the pipeline: judgements of \
             two do not mix.",
        ),
    ];
    if !finding.asked.paths.is_empty() {
        advice.push(sentence(
            "If the paths leave out where it broke, search without them.",
        ));
    }
    advice
}

/// What to do about a change that was undone on the way to a good version.
fn changed_back(good: &Version, finding: &Finding) -> Vec<Vec<Piece>> {
    let asked = &finding.asked;
    vec![
        vec![
            word("So it was changed back on the way to "),
            Piece::Text(named(good)),
            word(". To find what did that, search from there with the terms swapped."),
        ],
        vec![
            word("To find what made "),
            Piece::Text(named(&asked.bad)),
            word(" "),
            term(&asked.terms.new),
            word(", name a version among its ancestors that is "),
            term(&asked.terms.old),
            word("."),
        ],
    ]
}

/// What was seen when the version was found bad for the last time.
fn last_bad<'f>(probes: &'f [Probe], version: &Version) -> Option<&'f Observation> {
    probes.iter().rev().find_map(|probe| match &probe.end {
        ProbeEnd::Judged { observation, .. }
            if probe.version.id == version.id
                && probe.reverted.is_empty()
                && Mark::of(&probe.end) == Mark::Bad =>
        {
            Some(observation)
        }
        _ => None,
    })
}

fn cost(finding: &Finding) -> String {
    let cost = &finding.cost;
    let mut text = format!("{}, ", many(finding.commits, "commit"));
    if finding.versions != finding.commits {
        text.push_str(&format!("{} with different files, ", finding.versions));
    }
    text.push_str(&many(cost.probes, "judgement"));
    let parts = [(cost.cached, "stored"), (cost.canceled, "canceled")];
    let parts = parts.iter().filter(|(number, _)| *number > 0);
    let parts: Vec<String> = parts
        .map(|(number, what)| format!("{number} {what}"))
        .collect();
    if !parts.is_empty() {
        text.push_str(&format!(" ({})", parts.join(", ")));
    }
    format!(
        "{text}, {}, {}",
        many(cost.trials, "trial"),
        duration_ms(cost.wall_ms)
    )
}
