//! Chooses the version in the middle.

use stepwell_oracle::{Next, Seen, Strategist, Verdict, Version};

struct Middle;

impl Strategist for Middle {
    fn propose(
        suspects: Vec<Version>,
        history: Vec<Seen>,
        _in_flight: Vec<String>,
        slots: u32,
    ) -> Next {
        if slots == 0 {
            return Next::NoCulprit;
        }
        let last = |verdict| {
            history
                .iter()
                .filter(move |seen| seen.verdict == verdict)
                .filter_map(|seen| suspects.iter().position(|suspect| suspect.id == seen.id))
        };
        let from = last(Verdict::Good).max().map_or(0, |good| good + 1);
        let to = last(Verdict::Bad).min().unwrap_or(suspects.len() - 1);
        let id = |at: usize| vec![suspects[at].id.clone()];
        if from == to {
            return Next::Culprits(id(to));
        }
        Next::Test(id(from + (to - from) / 2))
    }
}

stepwell_oracle::strategist!(Middle);
