//! A compiler: reads one file, compiles it behind walls without a door, and ends.

use crate::frame;
use crate::message::{FromCompiler, MOST_TO_COMPILER, ToCompiler};
use crate::walls;
use std::io;
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use stepwell_sandbox::{Compiler as _, InThisProcess};

/// Compiles what the host sends.
pub(crate) fn run() -> io::Result<()> {
    walls::settle(c"stepwell-compile")?;
    walls::restrict_calls();
    walls::restrict_files(&[]);
    walls::close_to_others()?;
    let mut channel = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let task: ToCompiler =
        frame::receive(&mut channel, MOST_TO_COMPILER).map_err(io::Error::other)?;
    walls::limit_compiler(task.memory, task.cpu_seconds)?;
    let compiled: FromCompiler = InThisProcess.compile(&task.bytes, task.metering);
    frame::send(&mut channel, &compiled).map_err(io::Error::other)
}
