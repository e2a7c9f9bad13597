//! From the bytes of a file to compiled code.
//!
//! Compiling is bounded by nothing but counts, and what it reads is hostile, so it is meant for a
//! process of its own: what goes in and what comes out is plain data.

use crate::error::{LoadError, LoadErrorKind};
use crate::load::{Sandbox, SandboxConfig};
use crate::shape::{self, Shape};
use crate::{adapter, lines, profile};
use serde::{Deserialize, Serialize};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;
use stepwell_event::{Description, Limits, Role, UNMETERED};
use wasmtime::Engine;

/// Whether the work of a guest is counted. Counting costs compute, so code comes in both ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Metering {
    /// Not counted.
    Off,
    /// Counted, and bounded by a budget.
    Fuel,
}

impl Metering {
    /// What these limits ask for: work is counted only where it has a budget.
    #[must_use]
    pub fn of(limits: &Limits) -> Self {
        if limits.fuel == UNMETERED {
            Self::Off
        } else {
            Self::Fuel
        }
    }
}

/// What compiling gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compiled {
    /// Native code. Whoever can change it can run anything on the host.
    #[serde(with = "serde_bytes")]
    pub code: Vec<u8>,
    /// What a task says of itself; `None` for what is no task.
    pub description: Option<Description>,
    /// What it is in a search for a culprit; `None` if it takes no part in one.
    pub role: Option<Role>,
    /// Which line of which source file the code came from, where the file says so: hostile data, read
    /// with suspicion.
    #[serde(default, with = "serde_bytes")]
    pub lines: Vec<u8>,
}

/// Who compiles.
pub trait Compiler: Send + Sync {
    /// Compiles a file. Blocks: a Rust component takes 50 ms, a Python one 5 s.
    ///
    /// # Errors
    ///
    /// The file is no task.
    fn compile(&self, bytes: &[u8], metering: Metering) -> Result<Compiled, LoadError>;
}

/// Compiles in this process: for the process that is there for it, and for tests.
#[derive(Debug, Clone, Copy)]
pub struct InThisProcess;

impl Compiler for InThisProcess {
    fn compile(&self, bytes: &[u8], metering: Metering) -> Result<Compiled, LoadError> {
        // What reads the file is large and was not written for hostile input alone: a panic in it
        // is this file's error.
        catch_unwind(AssertUnwindSafe(|| compile(bytes, metering))).unwrap_or_else(|_| {
            Err(LoadError::new(
                LoadErrorKind::Malformed,
                "cannot be read; this is also a defect of Stepwell, please report it",
            ))
        })
    }
}

fn compile(bytes: &[u8], metering: Metering) -> Result<Compiled, LoadError> {
    let adapted;
    let bytes = match shape::examine(bytes)? {
        Shape::Component => bytes,
        Shape::WasiCommand => {
            adapted = adapter::adapt(bytes)?;
            &adapted
        }
    };
    let failed = |error: &dyn std::fmt::Display| {
        LoadError::new(
            LoadErrorKind::Malformed,
            format!("cannot be compiled: {error}"),
        )
    };
    let sandbox = Sandbox::new(&SandboxConfig {
        slots: 1,
        ..SandboxConfig::default()
    })
    .map_err(|error| {
        failed(&error).help(
            "the host may lack address space or threads; `ulimit -v` and `ulimit -u` show its limits",
        )
    })?;
    let engine = sandbox.engine(metering).map_err(|error| failed(&error))?;
    let component = wasmtime::component::Component::from_binary(&engine.engine, bytes)
        .map_err(|error| not_compiled(&error))?;
    let code = component
        .serialize()
        .map_err(|error| not_compiled(&error))?;
    let component = engine.link(&component)?;
    // A thread of its own, since the caller may be in a runtime already.
    let said = std::thread::scope(|scope| {
        let describing = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .build()
                .map_err(|error| failed(&error))?;
            runtime.block_on(sandbox.describe(&component, metering))
        });
        describing.join().unwrap_or_else(|_| {
            Err(LoadError::new(
                LoadErrorKind::Describe,
                "`describe` made the host panic; this is a defect of Stepwell",
            ))
        })
    })?;
    Ok(Compiled {
        code,
        description: said.description,
        role: said.role,
        lines: lines::collect(bytes),
    })
}

fn not_compiled(error: &wasmtime::Error) -> LoadError {
    let message = format!("{error:#}");
    // Wasmtime has no type for it; a test holds the text.
    if message.contains("exceeds the ") {
        return LoadError::new(LoadErrorKind::TooComplex, message);
    }
    LoadError::new(LoadErrorKind::Malformed, format!("not valid: {message}"))
        .help("build it again, without WebAssembly proposals that Stepwell switches off")
}

/// What a file of compiled code must have in common with the engine that loads it, as one number.
pub(crate) fn compatibility(metering: Metering) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    crate::cache::FORMAT.hash(&mut hasher);
    match Engine::new(&profile::config(1, metering, false)) {
        Ok(engine) => engine.precompile_compatibility_hash().hash(&mut hasher),
        // An engine that cannot be made loads nothing either.
        Err(_) => return 0,
    }
    hasher.finish()
}

/// How long `describe` may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);
