//! What this process holds, as the kernel counts it.

use std::fs;
use std::time::{Duration, Instant};

/// Descriptors, threads and child processes of this process.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Holdings {
    /// Open file descriptors.
    pub descriptors: usize,
    /// Threads.
    pub threads: usize,
    /// Child processes.
    pub processes: usize,
}

impl Holdings {
    /// What is held now.
    #[must_use]
    pub fn now() -> Self {
        Self {
            // One of them is the listing's own.
            descriptors: entries("/proc/self/fd").saturating_sub(1),
            threads: entries("/proc/self/task"),
            processes: children(),
        }
    }

    /// What is held once nothing more than `before` is, or after a while. Threads that were told to
    /// end take a moment.
    #[must_use]
    pub fn settled(before: Self) -> Self {
        let patience = Instant::now() + Duration::from_secs(3);
        loop {
            let now = Self::now();
            if now.is_within(before) || Instant::now() > patience {
                return now;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Whether it is no more than `before`.
    #[must_use]
    pub fn is_within(self, before: Self) -> bool {
        self.descriptors <= before.descriptors
            && self.threads <= before.threads
            && self.processes <= before.processes
    }
}

fn entries(folder: &str) -> usize {
    fs::read_dir(folder).map_or(0, Iterator::count)
}

fn children() -> usize {
    let me = std::process::id().to_string();
    let is_mine = |status: String| {
        // The name, which is in parentheses, may hold anything.
        let after = status.rsplit_once(')').map_or("", |(_, after)| after);
        after.split_whitespace().nth(1) == Some(&me)
    };
    fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| {
            let name = entry.file_name();
            name.as_encoded_bytes().iter().all(u8::is_ascii_digit)
        })
        .filter_map(|entry| fs::read_to_string(entry.path().join("stat")).ok())
        .filter(|status| is_mine(status.clone()))
        .count()
}

/// Bytes of memory that this process holds.
pub(crate) fn resident() -> u64 {
    field("VmRSS:")
}

/// The most that it held since the mark was [set](mark_peak).
pub(crate) fn peak() -> u64 {
    field("VmHWM:")
}

/// Lets the peak begin anew. Where the kernel does not, it is that of the whole process, which is
/// more and never less.
pub(crate) fn mark_peak() {
    let _kernel_may_refuse = fs::write("/proc/self/clear_refs", "5");
}

fn field(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kibibytes.unwrap_or_default() << 10
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_counted() {
        let before = Holdings::now();
        assert!(before.descriptors >= 3 && before.threads >= 1);
        let mut child = std::process::Command::new("sleep")
            .arg("60")
            .spawn()
            .unwrap();
        let held = fs::File::open("/proc/self/status").unwrap();
        assert!(children() >= 1);
        child.kill().unwrap();
        child.wait().unwrap();
        drop(held);
        assert!(resident() > 0 && peak() >= resident() / 2);
    }
}
