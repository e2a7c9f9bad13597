//! The engines, and components that can be instantiated in them.

use crate::bindings::TaskPre;
use crate::bisect::{self, Participant};
use crate::code::Code;
use crate::compile::{Metering, PATIENCE};
use crate::description::translate;
use crate::error::{LoadError, LoadErrorKind, SandboxError};
use crate::filesystem::Files;
use crate::limit::Limiter;
use crate::network::{Dial, Network, NoNetwork, Trust};
use crate::pace::Pace;
use crate::run::{Answer, StepSink};
use crate::signature::{self, Entry};
use crate::state::{Link, StepState};
use crate::stop::StopHandle;
use crate::{filesystem, host, network, profile};
use std::collections::BTreeSet;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;
use stepwell_event::{Description, Digest, GuestEvent, Limits, Refusal, Role};
use wasmtime::component::{Linker, ResourceTable};
use wasmtime::{Engine, Store};
use wasmtime_wasi::WasiCtx;
use wasmtime_wasi::p2::bindings::CommandPre;

/// How a sandbox is set up.
#[derive(Clone)]
pub struct SandboxConfig {
    /// How many steps may run at once. Slots are address space, not memory: 32 GiB each, of which a
    /// process has enough for some 2,000. A large number makes the start slow (1,000 take 6 ms).
    pub slots: u32,
    /// A folder of the host that no guest may enter, wherever its workspace is; without symbolic
    /// links.
    pub private: Option<Arc<Path>>,
    /// Where the scratch folders of steps are made; the system's folder for temporary files if it
    /// says nothing.
    pub scratch: Option<PathBuf>,
    /// Whether a step that trapped has its core dump in its report.
    pub core_dumps: bool,
    /// Who connects to other machines.
    pub dial: Arc<dyn Dial>,
    /// Whose certificates other machines may show.
    pub trust: Arc<Trust>,
}

impl Default for SandboxConfig {
    /// One slot, and no network.
    fn default() -> Self {
        Self {
            slots: 1,
            private: None,
            scratch: None,
            core_dumps: false,
            dial: Arc::new(NoNetwork),
            trust: Arc::default(),
        }
    }
}

/// Runs steps. There is one per process.
pub struct Sandbox {
    config: SandboxConfig,
    /// One that does not count the work of guests and one that does. Most processes need one.
    engines: [OnceLock<SandboxEngine>; 2],
}

/// An engine and what its guests may import.
pub(crate) struct SandboxEngine {
    pub(crate) engine: Engine,
    linker: Linker<StepState>,
    /// How many stores there are.
    running: Arc<AtomicU32>,
}

/// A step's presence in its engine.
pub(crate) struct Running(Arc<AtomicU32>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A component that is ready to be instantiated.
pub struct Component {
    digest: Digest,
    pub(crate) metering: Metering,
    pub(crate) program: Program,
    /// Where its code came from, for a backtrace.
    pub(crate) lines: Vec<u8>,
}

pub(crate) enum Program {
    Task(TaskPre<StepState>),
    Command(CommandPre<StepState>),
    Participant(Participant),
}

/// What a component says of itself.
#[derive(Debug, Default)]
pub(crate) struct Said {
    pub(crate) description: Option<Description>,
    pub(crate) role: Option<Role>,
}

impl Component {
    /// The digest of the file that it was made from.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Whether it counts its work.
    #[must_use]
    pub fn metering(&self) -> Metering {
        self.metering
    }

    /// Whether it is a plain command rather than a task of world `stepwell:task/task`.
    #[must_use]
    pub fn is_command(&self) -> bool {
        matches!(self.program, Program::Command(_))
    }
}

impl Sandbox {
    /// Builds the engine for guests whose work is not counted, and starts its clock.
    ///
    /// # Errors
    ///
    /// The host lacks something, such as address space or threads.
    pub fn new(config: &SandboxConfig) -> Result<Self, SandboxError> {
        let sandbox = Self {
            config: config.clone(),
            engines: Default::default(),
        };
        sandbox.engine(Metering::Off)?;
        Ok(sandbox)
    }

    pub(crate) fn config(&self) -> &SandboxConfig {
        &self.config
    }

    /// The engine for guests whose work is counted or not; made when it is first needed.
    pub(crate) fn engine(&self, metering: Metering) -> Result<&SandboxEngine, SandboxError> {
        let [off, fuel] = &self.engines;
        let engine = match metering {
            Metering::Off => off,
            Metering::Fuel => fuel,
        };
        if let Some(engine) = engine.get() {
            return Ok(engine);
        }
        let made = SandboxEngine::new(&self.config, metering)?;
        Ok(engine.get_or_init(|| made))
    }

    /// Makes code ready to run.
    ///
    /// # Errors
    ///
    /// It does not load, or the host lacks something.
    pub fn component(&self, code: &Code) -> Result<Component, LoadError> {
        let failed = |error: &dyn std::fmt::Display| {
            LoadError::new(
                LoadErrorKind::Malformed,
                format!("compiled code does not load: {error}"),
            )
        };
        let engine = self
            .engine(code.metering())
            .map_err(|error| failed(&error))?;
        #[expect(unsafe_code, reason = "loading compiled code is what a sandbox does")]
        // SAFETY: whoever made the `Code` compiled these very bytes, had their MAC checked, or
        // promised that they were compiled by this version.
        let component = unsafe {
            wasmtime::component::Component::deserialize(&engine.engine, &code.compiled().code)
        };
        let component = component.map_err(|error| failed(&error))?;
        let component = engine.link(&component)?;
        Ok(Component {
            digest: code.digest(),
            metering: code.metering(),
            program: component,
            lines: code.compiled().lines.clone(),
        })
    }

    /// Asks a component what it is. A plain command says nothing of itself.
    pub(crate) async fn describe(
        &self,
        program: &Program,
        metering: Metering,
    ) -> Result<Said, LoadError> {
        let failed = |message: String| LoadError::new(LoadErrorKind::Describe, message);
        let mut store = self
            .bare_store(metering)
            .map_err(|error| failed(error.to_string()))?;
        let mut said = Said::default();
        let described = async {
            match program {
                Program::Task(task) => {
                    let task = task.instantiate_async(&mut store).await?;
                    said.description = Some(translate(task.call_describe(&mut store).await?));
                }
                Program::Participant(participant) => {
                    let role = participant.role(&mut store).await?;
                    said.role = Some(role.map_err(wasmtime::Error::msg)?);
                }
                Program::Command(_) => {}
            }
            Ok::<(), wasmtime::Error>(())
        };
        match tokio::time::timeout(PATIENCE, described).await {
            Ok(Ok(())) => Ok(said),
            Ok(Err(error)) => Err(failed(format!("`describe` failed: {error:#}"))),
            Err(_) => Err(failed(format!(
                "`describe` took longer than {} s",
                PATIENCE.as_secs()
            ))),
        }
    }

    /// A store with nothing granted and nobody listening.
    fn bare_store(&self, metering: Metering) -> Result<Store<StepState>, SandboxError> {
        let limits = Limits::default();
        let engine = self.engine(metering)?;
        let link = Arc::new(Link::new(Box::new(Nobody), 0));
        let state = StepState {
            wasi: WasiCtx::builder()
                .max_random_size(limits.random_bytes)
                .build(),
            table: table(&limits),
            limits,
            limiter: Limiter::new(&limits),
            pace: Pace::new(&engine.engine, &limits, Instant::now()),
            _running: engine.enter(),
            files: Files::none(&limits, &link),
            network: Network::closed(&self.config, &link),
            link,
            inputs: Vec::new(),
            secrets: Vec::new(),
            evidence: BTreeSet::new(),
            stop: StopHandle::default(),
        };
        let store = Store::new(&engine.engine, state);
        Ok(crate::run::armed(store, metering))
    }
}

impl SandboxEngine {
    fn new(config: &SandboxConfig, metering: Metering) -> Result<Self, SandboxError> {
        let set_up = |error: wasmtime::Error| SandboxError(error.into());
        let profile = profile::config(config.slots, metering, config.core_dumps);
        let engine = Engine::new(&profile).map_err(set_up)?;
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker).map_err(set_up)?;
        network::add_to_linker(&mut linker).map_err(set_up)?;
        filesystem::guard(&mut linker).map_err(set_up)?;
        host::add_to_linker(&mut linker).map_err(set_up)?;
        bisect::host::add_to_linker(&mut linker).map_err(set_up)?;
        let running = Arc::default();
        tick(&engine, Arc::clone(&running))?;
        Ok(Self {
            engine,
            linker,
            running,
        })
    }

    /// Counts a step in, as long as what this gives lives.
    pub(crate) fn enter(&self) -> Running {
        self.running.fetch_add(1, Ordering::Relaxed);
        Running(Arc::clone(&self.running))
    }

    pub(crate) fn link(
        &self,
        component: &wasmtime::component::Component,
    ) -> Result<Program, LoadError> {
        let entry = signature::entry(&component.component_type(), &self.engine)?;
        self.check_imports(component)?;
        let wrong_type = |error: wasmtime::Error| {
            LoadError::new(
                LoadErrorKind::WrongType,
                format!("does not fit its world: {error:#}"),
            )
            .help("rebuild it with this version's `wit/task` or SDK")
        };
        let instance = self.linker.instantiate_pre(component).map_err(wrong_type)?;
        match entry {
            Entry::Task => TaskPre::new(instance).map(Program::Task),
            Entry::Command => CommandPre::new(instance).map(Program::Command),
            Entry::Bisect(kind) => Participant::new(instance, kind).map(Program::Participant),
        }
        .map_err(wrong_type)
    }

    fn check_imports(&self, component: &wasmtime::component::Component) -> Result<(), LoadError> {
        let unknown: Vec<String> = component
            .component_type()
            .imports(&self.engine)
            .map(|(name, _)| name.to_owned())
            .filter(|name| !is_offered(name))
            .map(|name| format!("`{name}`"))
            .collect();
        if unknown.is_empty() {
            return Ok(());
        }
        Err(LoadError::new(
            LoadErrorKind::UnknownImport,
            format!(
                "imports {}, which Stepwell does not offer",
                unknown.join(", ")
            ),
        )
        .help("components may import `stepwell:task@0.1.0`, `stepwell:bisect@0.1.0` and WASI 0.2"))
    }
}

/// A sink that refuses all: `describe` must not do any work.
struct Nobody;

impl StepSink for Nobody {
    fn guest(&mut self, _event: GuestEvent) -> Answer {
        Answer::Now(Err(Refusal::Denied(
            "`describe` cannot do any work".to_owned(),
        )))
    }

    fn room(&self) -> Option<Pin<Box<dyn Future<Output = ()> + Send>>> {
        None
    }
}

/// The table of a step's resources.
pub(crate) fn table(limits: &Limits) -> ResourceTable {
    let mut table = ResourceTable::new();
    table.set_max_capacity(usize::try_from(limits.resources).unwrap_or(usize::MAX));
    table
}

/// Lets the engine's epoch advance while the engine lives.
fn tick(engine: &Engine, running: Arc<AtomicU32>) -> Result<(), SandboxError> {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let cores = u32::try_from(cores).unwrap_or(u32::MAX);
    let engine = engine.weak();
    std::thread::Builder::new()
        .name("epoch".to_owned())
        .spawn(move || {
            while let Some(engine) = engine.upgrade() {
                engine.increment_epoch();
                drop(engine);
                let on_each_core = running.load(Ordering::Relaxed).div_ceil(cores);
                std::thread::sleep(profile::tick(on_each_core));
            }
        })
        .map(drop)
        .map_err(|error| SandboxError(error.into()))
}

fn is_offered(import: &str) -> bool {
    const WASI: [&str; 7] = [
        "cli",
        "clocks",
        "filesystem",
        "http",
        "io",
        "random",
        "sockets",
    ];
    match import.split_once(':') {
        Some(("stepwell", name)) => {
            let ours = name.starts_with("task/") || name.starts_with("bisect/");
            ours && name.ends_with("@0.1.0")
        }
        Some(("wasi", name)) => {
            let package = name.split_once('/').map_or(name, |(package, _)| package);
            WASI.contains(&package) && name.contains("@0.2.")
        }
        _ => false,
    }
}
