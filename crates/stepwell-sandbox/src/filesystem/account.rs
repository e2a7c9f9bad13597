//! What a step writes and creates, counted before it happens.
//!
//! A sampler that looks at the folder now and then is late by as much as the disk takes in that
//! time. So each write asks here first, on the way from the guest, and what does not fit is the
//! ordinary error of that call. Bytes are counted gross: what is written twice counts twice, and
//! removing a file gives nothing back, so that the sum needs no look at the disk and cannot be
//! talked down.
//!
//! A refusal is remembered. If the step then ends without success, the limit is its outcome: a
//! program that got no room says so in words of its own, from which nobody could tell the cause. A
//! step that succeeds all the same succeeds, with a line about the refusal on its record.

use super::area::Area;
use crate::state::Link;
use rustix::io::Errno;
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use stepwell_event::{Denial, LimitKind, Limits, Outcome};
use tokio::sync::Notify;

/// Bytes of writes that a step may have under way without waiting for them.
const PENDING: u64 = 32 << 20;

/// Bytes that are written between two looks at how full the disk is.
const LOOK: u64 = 16 << 20;

/// What is left free on a disk: this much, or a twentieth of a small one.
const FLOOR: u64 = 256 << 20;

/// How long the end of a step waits for writes that are under way.
const PATIENCE: Duration = Duration::from_secs(2);

/// The sums of one step.
pub(crate) struct Account {
    limits: Limits,
    /// Bytes that may be written to the scratch folder.
    scratch: u64,
    link: Arc<Link>,
    sums: Mutex<Sums>,
    /// Held while something is put at the end of a file: nobody else can move that end meanwhile.
    appending: Mutex<()>,
    settled: Notify,
}

#[derive(Default)]
struct Sums {
    written: u64,
    scratch: u64,
    files: u64,
    pending: u64,
    under_way: u64,
    /// Bytes since the last look at each disk; `None` before the first.
    unlooked: [Option<u64>; 2],
    refused: Option<Outcome>,
    /// What the step's record says already.
    said: Vec<&'static str>,
}

impl Account {
    pub(crate) fn new(limits: &Limits, scratch: u64, link: &Arc<Link>) -> Self {
        Self {
            limits: *limits,
            scratch,
            link: Arc::clone(link),
            sums: Mutex::default(),
            appending: Mutex::default(),
            settled: Notify::new(),
        }
    }

    fn sums(&self) -> MutexGuard<'_, Sums> {
        self.sums.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes written, and files, folders and links created.
    pub(crate) fn used(&self) -> (u64, u64) {
        let sums = self.sums();
        (sums.written, sums.files)
    }

    /// The outcome of a step, with the last refusal as the cause if it failed after one.
    pub(crate) fn blame(&self, outcome: Outcome) -> Outcome {
        use stepwell_event::TrapKind::Unreachable;
        match outcome {
            Outcome::ExitCode { .. }
            | Outcome::Failed { .. }
            | Outcome::Trapped {
                trap: Unreachable, ..
            } => self.sums().refused.take().unwrap_or(outcome),
            outcome => outcome,
        }
    }

    /// Takes the room for `len` bytes in a file that then reaches to `end`.
    pub(super) fn take(&self, area: Area, end: u64, len: u64) -> Result<(), Errno> {
        self.reach(area, end)?;
        let mut sums = self.sums();
        let written = sums.written.saturating_add(len);
        if written > self.limits.written {
            return Err(self.refuse(&mut sums, LimitKind::Written, written));
        }
        if area == Area::Scratch {
            let scratch = sums.scratch.saturating_add(len);
            if scratch > self.scratch {
                return Err(self.refuse_scratch(&mut sums, scratch));
            }
            sums.scratch = scratch;
        }
        sums.written = written;
        Ok(())
    }

    /// Gives back what was taken for bytes that were not written.
    pub(super) fn give_back(&self, area: Area, len: u64) {
        let mut sums = self.sums();
        sums.written = sums.written.saturating_sub(len);
        if area == Area::Scratch {
            sums.scratch = sums.scratch.saturating_sub(len);
        }
    }

    /// Whether a file may reach to `end`.
    pub(super) fn reach(&self, area: Area, end: u64) -> Result<(), Errno> {
        if end > self.limits.file_size {
            let mut sums = self.sums();
            self.refuse(&mut sums, LimitKind::FileSize, end);
            return Err(Errno::FBIG);
        }
        if area == Area::Scratch && end > self.scratch {
            let mut sums = self.sums();
            self.refuse_scratch(&mut sums, end);
            return Err(Errno::FBIG);
        }
        Ok(())
    }

    /// Whether one more file may be created, at the end of a path of so many names.
    pub(super) fn may_create(&self, names: usize) -> Result<(), Errno> {
        self.may_be_at(names)?;
        let mut sums = self.sums();
        let files = sums.files.saturating_add(1);
        if files > self.limits.files {
            return Err(self.refuse(&mut sums, LimitKind::Files, files));
        }
        Ok(())
    }

    /// Whether something may be at the end of a path of so many names.
    pub(super) fn may_be_at(&self, names: usize) -> Result<(), Errno> {
        let names = names as u64;
        if names > self.limits.depth {
            let mut sums = self.sums();
            self.refuse(&mut sums, LimitKind::Depth, names);
            return Err(Errno::NAMETOOLONG);
        }
        Ok(())
    }

    /// Takes the room for a file of `len` bytes that the host keeps for the guest.
    pub(crate) fn keep(&self, len: u64) -> Result<(), Errno> {
        self.may_create(1)?;
        self.take(Area::Workspace, len, len)?;
        self.created();
        Ok(())
    }

    pub(super) fn created(&self) {
        let mut sums = self.sums();
        sums.files = sums.files.saturating_add(1);
    }

    /// How many names a path may have.
    pub(super) fn depth(&self) -> usize {
        usize::try_from(self.limits.depth).unwrap_or(usize::MAX)
    }

    /// How many entries the listings may have that a step holds at once.
    pub(super) fn listed_entries(&self) -> usize {
        usize::try_from(self.limits.listed_entries).unwrap_or(usize::MAX)
    }

    pub(super) fn refuse_listing(&self, entries: usize) -> Errno {
        let mut sums = self.sums();
        self.refuse(&mut sums, LimitKind::ListedEntries, entries as u64);
        Errno::NOMEM
    }

    /// Remembers a refusal, and tells of it the first time.
    fn refuse(&self, sums: &mut Sums, limit: LimitKind, used: u64) -> Errno {
        let value = self.limits.get(limit);
        sums.refused = Some(Outcome::LimitExceeded { limit, value, used });
        let spec = limit.spec();
        let more = value.max(1).saturating_mul(2).min(spec.most);
        self.say(sums, spec.key, || Denial {
            capability: "limit".to_owned(),
            target: format!("{} beyond {}", spec.what, amount(limit, value)),
            grant: (more > value).then(|| {
                let more = amount(limit, more);
                match limit.is_bytes() {
                    true => format!("limits = {{ {} = \"{more}\" }}", spec.key),
                    false => format!("limits = {{ {} = {more} }}", spec.key),
                }
            }),
        });
        Errno::NOSPC
    }

    fn refuse_scratch(&self, sums: &mut Sums, used: u64) -> Errno {
        let value = self.scratch;
        sums.refused = Some(Outcome::LimitExceeded {
            limit: LimitKind::Written,
            value,
            used,
        });
        self.say(sums, "scratch", || Denial {
            capability: "scratch".to_owned(),
            target: format!("more than {} in `/tmp`", bytes(value)),
            grant: Some(format!(
                "allow = {{ scratch = \"{}\" }}",
                bytes(value.max(1 << 20).saturating_mul(2))
            )),
        });
        Errno::NOSPC
    }

    /// Looks now and then whether the disk of a file has room for others.
    pub(super) fn leave_room(&self, area: Area, file: impl AsFd, len: u64) -> Result<(), Errno> {
        let mut sums = self.sums();
        let [workspace, scratch] = &mut sums.unlooked;
        let unlooked = match area {
            Area::Workspace => workspace,
            Area::Scratch => scratch,
        };
        let since = unlooked.map(|since| since.saturating_add(len));
        *unlooked = since;
        if since.is_some_and(|since| since < LOOK) {
            return Ok(());
        }
        *unlooked = None;
        let disk = rustix::fs::fstatvfs(file)?;
        let left = disk.f_bavail.saturating_mul(disk.f_frsize);
        let floor = floor(disk.f_blocks.saturating_mul(disk.f_frsize));
        if left.saturating_sub(len) < floor {
            self.say(&mut sums, "disk", || Denial {
                capability: "disk".to_owned(),
                target: format!("the last {} that the host keeps free", bytes(floor)),
                grant: None,
            });
            return Err(Errno::NOSPC);
        }
        let [workspace, scratch] = &mut sums.unlooked;
        match area {
            Area::Workspace => *workspace = Some(0),
            Area::Scratch => *scratch = Some(0),
        }
        Ok(())
    }

    fn say(&self, sums: &mut Sums, key: &'static str, denial: impl FnOnce() -> Denial) {
        if !sums.said.contains(&key) {
            sums.said.push(key);
            self.link.deny_at_once(denial());
        }
    }

    /// Notes a write that is under way.
    pub(super) fn begin(self: &Arc<Self>, len: u64) -> Result<UnderWay, Errno> {
        let mut sums = self.sums();
        let pending = sums.pending.saturating_add(len);
        if pending > PENDING {
            return Err(Errno::NOMEM);
        }
        sums.pending = pending;
        sums.under_way = sums.under_way.saturating_add(1);
        Ok(UnderWay {
            account: Arc::clone(self),
            len,
        })
    }

    /// Nobody else of this step appends until this is dropped.
    pub(super) fn appending(&self) -> MutexGuard<'_, ()> {
        self.appending
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until no write is under way: what a step has begun must not change files under the
    /// next one.
    pub(crate) async fn settle(&self) {
        if self.sums().under_way == 0 {
            return;
        }
        let settled = async {
            loop {
                let changed = self.settled.notified();
                if self.sums().under_way == 0 {
                    return;
                }
                changed.await;
            }
        };
        if tokio::time::timeout(PATIENCE, settled).await.is_err() {
            tracing::warn!("writes of a step that ended are still under way");
        }
    }
}

/// A write that is under way, until it is dropped.
pub(super) struct UnderWay {
    account: Arc<Account>,
    len: u64,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut sums = self.account.sums();
        sums.pending = sums.pending.saturating_sub(self.len);
        sums.under_way = sums.under_way.saturating_sub(1);
        if sums.under_way == 0 {
            self.account.settled.notify_waiters();
        }
    }
}

fn floor(size: u64) -> u64 {
    FLOOR.min((size / 20) & !0xF_FFFF)
}

fn amount(limit: LimitKind, value: u64) -> String {
    match limit.is_bytes() {
        true => bytes(value),
        false => value.to_string(),
    }
}

/// A size as the pipeline file has it: in the largest unit that divides it.
fn bytes(value: u64) -> String {
    for (shift, unit) in [(30, "GiB"), (20, "MiB"), (10, "KiB")] {
        if value != 0 && value.trailing_zeros() >= shift {
            return format!("{}{unit}", value >> shift);
        }
    }
    format!("{value}B")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_written_as_in_the_pipeline_file() {
        for (value, text) in [
            (0, "0B"),
            (1, "1B"),
            (1024, "1KiB"),
            (1500, "1500B"),
            (64 << 20, "64MiB"),
            (3 << 30, "3GiB"),
            (1 << 40, "1024GiB"),
        ] {
            assert_eq!(bytes(value), text);
        }
    }

    #[test]
    fn a_large_disk_keeps_a_fixed_floor_and_a_small_one_a_part() {
        assert_eq!(floor(10 << 20), 0);
        assert_eq!(floor(4 << 40), 256 << 20);
        assert_eq!(floor(100 << 20), 5 << 20);
    }
}
