//! The lines of running jobs on a terminal, a bounded number of them.
//!
//! Each line has a thread that redraws it, and a screen has few lines: what is more than fits is
//! counted, and takes the place of a job that ends.

use crate::running::Running;
use crate::text::count;
use crate::words::{DIM, Paint};
use console::Term;
use indicatif::{MultiProgress, ProgressBar, ProgressState, ProgressStyle};
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How often running jobs are redrawn.
const TICK: Duration = Duration::from_millis(200);

/// How many running jobs have a line.
const MOST: usize = 16;

/// A running job that a line and its owner share.
pub(crate) type Shared = Arc<Mutex<Running>>;

/// The lines.
#[derive(Debug)]
pub(crate) struct Bars {
    screen: MultiProgress,
    paint: Paint,
    shown: HashMap<Arc<str>, ProgressBar>,
    /// Jobs without a line, the one that has run longest first.
    waiting: BTreeMap<u64, (Arc<str>, Shared, Instant)>,
    /// Their keys.
    keys: HashMap<Arc<str>, u64>,
    next_key: u64,
    /// The line that counts them.
    more: Option<ProgressBar>,
}

impl Bars {
    pub(crate) fn new(screen: MultiProgress, paint: Paint) -> Self {
        Self {
            screen,
            paint,
            shown: HashMap::new(),
            waiting: BTreeMap::new(),
            keys: HashMap::new(),
            next_key: 0,
            more: None,
        }
    }

    /// Shows a job that began just now.
    pub(crate) fn add(&mut self, job: &Arc<str>, running: Shared) {
        let began = Instant::now();
        if self.shown.len() < MOST {
            self.show(job, running, began);
            return;
        }
        self.keys.insert(Arc::clone(job), self.next_key);
        let waiting = (Arc::clone(job), running, began);
        self.waiting.insert(self.next_key, waiting);
        self.next_key += 1;
        self.tell_more();
    }

    /// Removes a job, and shows the next one in its place.
    pub(crate) fn remove(&mut self, job: &str) {
        if let Some(key) = self.keys.remove(job) {
            self.waiting.remove(&key);
        }
        if let Some(bar) = self.shown.remove(job) {
            bar.finish_and_clear();
            self.screen.remove(&bar);
            if let Some((_, (next, running, began))) = self.waiting.pop_first() {
                self.keys.remove(&next);
                self.show(&next, running, began);
            }
        }
        self.tell_more();
    }

    /// Removes all.
    pub(crate) fn clear(&mut self) {
        self.waiting.clear();
        self.keys.clear();
        let bars = self.shown.drain().map(|(_, bar)| bar);
        for bar in bars.chain(self.more.take()) {
            bar.finish_and_clear();
        }
    }

    fn show(&mut self, job: &Arc<str>, running: Shared, began: Instant) {
        let (term, paint) = (Term::stderr(), self.paint);
        let line = move |_: &ProgressState, out: &mut dyn fmt::Write| {
            // Two columns for the spinner, and one free: a full line would wrap on some terminals.
            let columns = usize::from(term.size().1).saturating_sub(3);
            let line = lock(&running).line(began.elapsed(), columns, paint);
            // What is drawn into is a string.
            let _ = out.write_str(&line);
        };
        let style = ProgressStyle::default_spinner();
        let style = style.template("{spinner} {line}");
        let style = style.unwrap_or_else(|_| ProgressStyle::default_spinner());
        let bar = match &self.more {
            Some(more) => self.screen.insert_before(more, ProgressBar::new_spinner()),
            None => self.screen.add(ProgressBar::new_spinner()),
        };
        bar.set_style(style.with_key("line", line));
        bar.enable_steady_tick(TICK);
        self.shown.insert(Arc::clone(job), bar);
    }

    /// Counts the jobs without a line.
    fn tell_more(&mut self) {
        if self.waiting.is_empty() {
            if let Some(more) = self.more.take() {
                more.finish_and_clear();
                self.screen.remove(&more);
            }
            return;
        }
        let more = self.more.get_or_insert_with(|| {
            let bar = self.screen.add(ProgressBar::new_spinner());
            let style = ProgressStyle::default_spinner();
            let style = style.template("  {msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            bar
        });
        let jobs = count(self.waiting.len(), "more job");
        more.set_message(self.paint.with(DIM, format!("… and {jobs}")));
    }
}

pub(crate) fn lock(running: &Mutex<Running>) -> MutexGuard<'_, Running> {
    running.lock().unwrap_or_else(PoisonError::into_inner)
}
