//! CPU time of a future, and a wall against panics of host code.

use rustix::time::{ClockId, clock_gettime};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

/// Host code panicked while it worked for a guest.
#[derive(Debug)]
pub(crate) struct HostPanicked;

/// Adds up the CPU time of the thread while it polls `future`, and turns a panic into an error:
/// a defect in a host call costs its step, not the run.
pub(crate) struct Metered<'a, F> {
    future: Pin<&'a mut F>,
    used: &'a mut Duration,
}

impl<'a, F> Metered<'a, F> {
    pub(crate) fn new(future: Pin<&'a mut F>, used: &'a mut Duration) -> Self {
        Self { future, used }
    }
}

impl<F: Future> Future for Metered<'_, F> {
    type Output = Result<F::Output, HostPanicked>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let before = thread_cpu_time();
        let polled = catch_unwind(AssertUnwindSafe(|| this.future.as_mut().poll(context)));
        *this.used += thread_cpu_time().saturating_sub(before);
        match polled {
            Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
            Ok(Poll::Pending) => Poll::Pending,
            Err(_panic) => Poll::Ready(Err(HostPanicked)),
        }
    }
}

fn thread_cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or_default(),
        u32::try_from(time.tv_nsec).unwrap_or_default(),
    )
}
