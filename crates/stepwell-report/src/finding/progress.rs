//! A search while it goes on: what was learnt in lines that stay, and a line of what is going on.

use super::mark::{Mark, many, named, percent, purpose, reason, short, trials};
use crate::hostile::hostile;
use crate::text::{duration_ms, fit};
use crate::words::{BOLD, DIM, Paint, step_style};
use std::collections::BTreeMap;
use stepwell_event::{BisectEvent, ProbeEnd, Purpose, Terms, Version};

/// The most candidates in the line of what is going on.
const MAX_SHOWN: usize = 4;

/// What people see of a search while it goes on: a fold over its events.
#[derive(Debug)]
pub struct SearchProgress {
    paint: Paint,
    terms: Terms,
    /// By the number of the probe.
    running: BTreeMap<u32, (Version, Purpose)>,
    /// What is known, in words.
    known: String,
}

impl SearchProgress {
    /// A search that has not begun.
    #[must_use]
    pub fn new(color: bool) -> Self {
        Self {
            paint: Paint(color),
            terms: Terms::default(),
            running: BTreeMap::new(),
            known: String::new(),
        }
    }

    /// Takes the next event in, and gives the line that is to stay, if there is one. It has no line
    /// end and any length.
    pub fn on(&mut self, event: &BisectEvent) -> Option<String> {
        match event {
            BisectEvent::Opened(asked) => {
                self.terms = asked.terms.clone();
                let good: Vec<String> = asked.good.iter().map(|good| short(&good.id)).collect();
                Some(format!(
                    "searching from {} to {} with the oracle {}",
                    good.join(", "),
                    short(&asked.bad.id),
                    self.paint.with(BOLD, hostile(&asked.oracle.name))
                ))
            }
            BisectEvent::Ranged { commits, versions } => {
                let mut line = many(*commits, "commit");
                if versions != commits {
                    line.push_str(&format!(", {versions} with different files"));
                }
                Some(line)
            }
            BisectEvent::Started {
                probe,
                version,
                purpose,
                ..
            } => {
                let running = (Version::clone(version), *purpose);
                self.running.insert(*probe, running);
                None
            }
            BisectEvent::Ended {
                probe,
                end,
                wall_ms,
            } => self.ended(*probe, end, *wall_ms),
            BisectEvent::Marked {
                version,
                observation,
            } => {
                let end = ProbeEnd::Judged {
                    observation: observation.as_ref().clone(),
                    cached: false,
                };
                let notes = ["said so".to_owned()];
                Some(self.learnt(Mark::of(&end), version, &reason(&end), &notes))
            }
            BisectEvent::Unmarked { version } => {
                Some(format!("what was said of {} is taken back", short(version)))
            }
            BisectEvent::Progress {
                left,
                rounds,
                confidence,
            } => {
                self.known = format!("{} left", many(*left, "version"));
                if *rounds > 0 {
                    let rounds = many(*rounds, "round");
                    self.known.push_str(&format!(", about {rounds}"));
                }
                if let Some(confidence) = confidence {
                    let percent = percent(confidence.get());
                    self.known.push_str(&format!(", {percent} sure"));
                }
                None
            }
            BisectEvent::Concluded(_) => {
                self.running.clear();
                self.known.clear();
                None
            }
        }
    }

    fn ended(&mut self, probe: u32, end: &ProbeEnd, wall_ms: u64) -> Option<String> {
        let (version, why) = self.running.remove(&probe)?;
        let time = match end {
            ProbeEnd::Judged { cached: true, .. } => "stored".to_owned(),
            _ => duration_ms(wall_ms),
        };
        let mut notes = vec![trials(end, &self.terms), time];
        notes.extend(purpose(why, &self.terms));
        notes.retain(|note| !note.is_empty() && note != "1");
        Some(self.learnt(Mark::of(end), &version, &reason(end), &notes))
    }

    /// What is going on, in at most `columns`: what is left, and which versions are being judged.
    #[must_use]
    pub fn line(&self, columns: usize) -> String {
        let mut parts = Vec::new();
        if !self.known.is_empty() {
            parts.push(self.known.clone());
        }
        let judging = match self.running.values().collect::<Vec<_>>().as_slice() {
            [] => String::new(),
            [(version, why)] => match purpose(*why, &self.terms) {
                Some(why) => format!("{} ({why})", named(version)),
                None => named(version),
            },
            several => {
                let shown = several.iter().take(MAX_SHOWN);
                let shown: Vec<String> = shown.map(|(version, _)| short(&version.id)).collect();
                let more = several.len().saturating_sub(MAX_SHOWN);
                match more {
                    0 => shown.join(", "),
                    more => format!("{} and {more} more", shown.join(", ")),
                }
            }
        };
        if !judging.is_empty() {
            parts.push(format!("judging {judging}"));
        }
        fit(&parts.join("; "), columns).into_owned()
    }

    fn learnt(&self, mark: Mark, version: &Version, reason: &str, notes: &[String]) -> String {
        let style = mark.color().map_or(DIM, step_style);
        let verdict = format!("{} {}", mark.sign(), mark.word(&self.terms));
        let mut line = format!("{}  {}", self.paint.with(style, verdict), named(version));
        if !reason.is_empty() {
            line.push_str(&format!(": {reason}"));
        }
        let notes = notes.join(", ");
        if !notes.is_empty() {
            line.push_str(&format!("  {}", self.paint.with(DIM, format!("({notes})"))));
        }
        line
    }
}
