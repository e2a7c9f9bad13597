//! The stand-in for the host where there is none: in tests on the machine that builds the guest.

use crate::lab::{LabError, RunRequest, RunResult};
use crate::post::{Mail, PostError};
use crate::{Evidence, Observation};
use std::cell::RefCell;

thread_local! {
    static HOST: RefCell<Option<Box<dyn FakeHost>>> = const { RefCell::new(None) };
}

/// A host for tests, which does what it implements and denies the rest.
pub trait FakeHost {
    /// [`lab::run_pipeline`](crate::lab::run_pipeline).
    ///
    /// # Errors
    ///
    /// As the test wants it.
    fn run_pipeline(&mut self, request: &RunRequest) -> Result<RunResult, LabError> {
        let _ = request;
        Err(nothing_lent())
    }

    /// [`lab::read_result`](crate::lab::read_result).
    ///
    /// # Errors
    ///
    /// As the test wants it.
    fn read_result(&mut self, path: &str) -> Result<Vec<u8>, LabError> {
        let _ = path;
        Err(nothing_lent())
    }

    /// [`lab::consult`](crate::lab::consult).
    ///
    /// # Errors
    ///
    /// As the test wants it.
    fn consult(&mut self, oracle: &str, trials: u32, seed: u32) -> Result<Observation, LabError> {
        let _ = (oracle, trials, seed);
        Err(nothing_lent())
    }

    /// [`lab::patch`](crate::lab::patch).
    ///
    /// # Errors
    ///
    /// As the test wants it.
    fn patch(&mut self) -> Result<String, LabError> {
        Err(nothing_lent())
    }

    /// [`lab::keep`](crate::lab::keep).
    ///
    /// # Errors
    ///
    /// As the test wants it.
    fn keep(&mut self, name: &str, media_type: &str, content: &[u8]) -> Result<Evidence, LabError> {
        let _ = (name, media_type, content);
        Err(nothing_lent())
    }

    /// [`post::send_mail`](crate::post::send_mail).
    ///
    /// # Errors
    ///
    /// As the test wants it.
    fn send_mail(&mut self, mail: &Mail) -> Result<(), PostError> {
        let _ = mail;
        Err(PostError::Denied(NOTHING_LENT.to_owned()))
    }
}

const NOTHING_LENT: &str = "there is no Stepwell here; a test brings one with `with_host`";

fn nothing_lent() -> LabError {
    LabError::Denied(NOTHING_LENT.to_owned())
}

/// Makes `fake` the host of what `test` does on this thread. It is there for tests on the machine
/// that builds the guest, and only there.
///
/// ```
/// use stepwell_oracle::lab::{self, LabError};
/// use stepwell_oracle::{FakeHost, with_host};
///
/// struct Patch;
///
/// impl FakeHost for Patch {
///     fn patch(&mut self) -> Result<String, LabError> {
///         Ok("+a line".to_owned())
///     }
/// }
///
/// with_host(Patch, || {
///     assert_eq!(lab::patch().unwrap(), "+a line");
///     assert!(matches!(lab::read_result("a.txt"), Err(LabError::Denied(_))));
/// });
/// ```
pub fn with_host<T>(fake: impl FakeHost + 'static, test: impl FnOnce() -> T) -> T {
    let outer = HOST.replace(Some(Box::new(fake)));
    let result = test();
    HOST.set(outer);
    result
}

/// Where no test brought a host, all is denied.
struct Nobody;

impl FakeHost for Nobody {}

fn ask<T>(question: impl FnOnce(&mut dyn FakeHost) -> T) -> T {
    // Taken out meanwhile, so that a fake may itself ask.
    let mut host = HOST.take().unwrap_or_else(|| Box::new(Nobody));
    let answer = question(&mut *host);
    HOST.set(Some(host));
    answer
}

pub(crate) fn run_pipeline(request: &RunRequest) -> Result<RunResult, LabError> {
    ask(|host| host.run_pipeline(request))
}

pub(crate) fn read_result(path: &str) -> Result<Vec<u8>, LabError> {
    ask(|host| host.read_result(path))
}

pub(crate) fn consult(oracle: &str, trials: u32, seed: u32) -> Result<Observation, LabError> {
    ask(|host| host.consult(oracle, trials, seed))
}

pub(crate) fn patch() -> Result<String, LabError> {
    ask(|host| host.patch())
}

pub(crate) fn keep(name: &str, media_type: &str, content: &[u8]) -> Result<Evidence, LabError> {
    ask(|host| host.keep(name, media_type, content))
}

pub(crate) fn send_mail(mail: &Mail) -> Result<(), PostError> {
    ask(|host| host.send_mail(mail))
}
