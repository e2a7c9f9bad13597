//! Starts workers ahead of time, and buries them.
//!
//! All of it on one thread that lives as long as the pool: a child that wants to die with its parent
//! dies, as Linux has it, with the thread that started it.

use crate::folder::Folder;
use crate::process::Process;
use crate::role::Role;
use std::collections::VecDeque;
use std::io;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::oneshot;

/// How often a worker that was killed is looked after.
const LOOK: Duration = Duration::from_millis(5);

/// A worker that waits for its assignment.
pub(crate) type Newborn = (Process, UnixStream);

enum Order {
    Give(oneshot::Sender<io::Result<Newborn>>),
    Bury(Remains),
    End,
}

/// A worker that was killed, and then what it leaves behind.
type Remains = (Process, Option<Folder>);

/// The thread, from outside.
#[derive(Debug)]
pub(crate) struct Nursery {
    orders: mpsc::Sender<Order>,
    thread: Option<JoinHandle<()>>,
}

/// Where workers go when they are no longer needed.
#[derive(Debug, Clone)]
pub(crate) struct Undertaker(mpsc::Sender<Order>);

impl Undertaker {
    /// Kills a worker. Somebody else waits for its end.
    pub(crate) fn bury(&self, mut process: Process, folder: Option<Folder>) {
        process.kill();
        // If the thread is gone, dropping the process waits for it.
        let _ = self.0.send(Order::Bury((process, folder)));
    }
}

impl Nursery {
    /// Starts the thread, and on it `warm` workers at a time, `expected` in all.
    pub(crate) fn new(program: PathBuf, warm: usize, expected: usize) -> io::Result<Self> {
        let (orders, received) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("nursery".to_owned())
            .spawn(move || tend(&program, warm, expected, &received))?;
        Ok(Self {
            orders,
            thread: Some(thread),
        })
    }

    /// A worker: one that has been started already, or else a new one.
    pub(crate) async fn take(&self) -> io::Result<Newborn> {
        let (give, given) = oneshot::channel();
        let gone = || io::Error::other("the thread that starts workers has ended");
        self.orders.send(Order::Give(give)).map_err(|_| gone())?;
        given.await.map_err(|_| gone())?
    }

    pub(crate) fn undertaker(&self) -> Undertaker {
        Undertaker(self.orders.clone())
    }
}

impl Drop for Nursery {
    fn drop(&mut self) {
        // It fails only if the thread has ended.
        let _ = self.orders.send(Order::End);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::warn!("the thread that starts workers had panicked");
        }
    }
}

fn tend(
    program: &Path,
    warm: usize,
    mut expected: usize,
    orders: &mpsc::Receiver<Order>,
) {
    let start = || Process::start(program, Role::Worker.argument());
    let mut waiting = VecDeque::new();
    let mut dying: Vec<Remains> = Vec::new();
    loop {
        while waiting.len() < warm && expected > 0 {
            expected -= 1;
            match start() {
                Ok(newborn) => waiting.push_back(newborn),
                // Whoever needs one is told then.
                Err(_) => break,
            }
        }
        dying.retain_mut(|(process, _)| process.ended().is_none());
        let order = if dying.is_empty() {
            orders.recv().unwrap_or(Order::End)
        } else {
            match orders.recv_timeout(LOOK) {
                Ok(order) => order,
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => Order::End,
            }
        };
        match order {
            Order::Give(to) => {
                let given = waiting.pop_front().map_or_else(start, Ok);
                // Whoever asked may have been stopped meanwhile; the worker is dropped then.
                let _ = to.send(given);
            }
            Order::Bury(remains) => dying.push(remains),
            // Dropping kills and waits.
            Order::End => return,
        }
    }
}
