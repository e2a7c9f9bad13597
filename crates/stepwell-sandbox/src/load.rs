//! From bytes to a component that can be instantiated.

use crate::bindings::TaskPre;
use crate::bindings::stepwell::task::description as wit;
use crate::cache::{Cached, CodeCache};
use crate::limit::Limiter;
use crate::run::StepSink;
use crate::shape::{self, Shape};
use crate::signature::{self, Entry};
use crate::state::{Link, StepState};
use crate::stop::StopHandle;
use crate::{adapter, filesystem, host, network, outcome, profile};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use stepwell_event::{
    Access, Capability, Description, Digest, GuestEvent, InputSpec, InputType, OutputSpec, Refusal,
};
use wasmtime::component::{Linker, ResourceTable};
use wasmtime::{Engine, Store};
use wasmtime_wasi::WasiCtx;
use wasmtime_wasi::p2::bindings::CommandPre;

/// How a sandbox is set up.
#[derive(Debug, Clone)]
pub struct SandboxConfig {
    /// Where compiled code is kept; `None` compiles every time.
    pub cache: Option<PathBuf>,
    /// How many steps may run at once. Slots are address space, not memory: 32 GiB each, of which a
    /// process has enough for some 2,000. A large number makes the start slow (1,000 take 6 ms).
    pub slots: u32,
}

/// Runs steps. There is one per process.
pub struct Sandbox {
    engine: Engine,
    linker: Linker<StepState>,
    cache: Option<CodeCache>,
}

/// A component that is ready to be instantiated.
pub struct Component {
    digest: Digest,
    pub(crate) program: Program,
}

pub(crate) enum Program {
    Task(TaskPre<StepState>),
    Command(CommandPre<StepState>),
}

/// A component and what was noticed on the way.
pub struct Loaded {
    /// The component.
    pub component: Component,
    /// Sentences for the user, such as that a cached file was not trusted.
    pub warnings: Vec<String>,
    /// Whether it was compiled now rather than found in the cache.
    pub compiled: bool,
}

impl Component {
    /// The digest it was loaded under.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Whether it is a plain command rather than a task of world `stepwell:task/task`.
    #[must_use]
    pub fn is_command(&self) -> bool {
        matches!(self.program, Program::Command(_))
    }
}

/// The sandbox could not be set up: a defect of the host, not of a task.
#[derive(Debug, thiserror::Error)]
#[error("cannot set up the sandbox")]
pub struct SandboxError(#[source] Box<dyn std::error::Error + Send + Sync>);

/// Why a file cannot be a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadError {
    kind: LoadErrorKind,
    message: String,
    help: Option<String>,
}

/// What is wrong with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LoadErrorKind {
    /// No WebAssembly at all.
    NotWasm,
    /// A core module without what a command needs.
    CoreModule,
    /// The file ends too early.
    Truncated,
    /// The file is too large.
    TooLarge,
    /// A count or depth is over its limit.
    TooComplex,
    /// Damaged, or against the rules of WebAssembly.
    Malformed,
    /// It imports what Stepwell does not offer.
    UnknownImport,
    /// It does not export what a task or a command exports.
    MissingExport,
    /// An import or export has another type than expected.
    WrongType,
    /// It did not say what it is.
    Describe,
}

impl LoadError {
    pub(crate) fn new(kind: LoadErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: outcome::shortened(message.into()),
            help: None,
        }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// What is wrong.
    #[must_use]
    pub fn kind(&self) -> LoadErrorKind {
        self.kind
    }

    /// What to do, if there is something.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.help.as_deref()
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for LoadError {}

impl Sandbox {
    /// Builds the engine and starts its clock.
    ///
    /// # Errors
    ///
    /// The host lacks something: address space, or a cache folder that can be written.
    pub fn new(config: &SandboxConfig) -> Result<Self, SandboxError> {
        let engine = Engine::new(&profile::config(config.slots)).map_err(set_up)?;
        let cache = match &config.cache {
            Some(root) => Some(CodeCache::open(root, &engine).map_err(|error| {
                SandboxError(format!("the cache folder `{}`: {error}", root.display()).into())
            })?),
            None => None,
        };
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker).map_err(set_up)?;
        network::deny(&mut linker).map_err(set_up)?;
        filesystem::guard(&mut linker).map_err(set_up)?;
        host::add_to_linker(&mut linker).map_err(set_up)?;
        tick(&engine)?;
        Ok(Self {
            engine,
            linker,
            cache,
        })
    }

    /// The folder that no guest may enter, wherever its workspace is: that of compiled code.
    #[must_use]
    pub fn private(&self) -> Option<Arc<Path>> {
        self.cache.as_ref().map(CodeCache::root)
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Whether compiled code is there for a component, so that loading it takes no time.
    #[must_use]
    pub fn is_cached(&self, component: Digest) -> bool {
        self.cache
            .as_ref()
            .is_some_and(|cache| cache.has(component))
    }

    /// Makes `bytes` ready to run. Blocks while it compiles: a Rust component takes 50 ms, a
    /// Python one 5 s, and either 0.2 to 20 ms when its code is cached.
    ///
    /// # Errors
    ///
    /// The file is no task.
    pub fn load(&self, bytes: &[u8], digest: Digest) -> Result<Loaded, LoadError> {
        // What reads the file is large and was not written for hostile input alone: a panic in it
        // is this file's error.
        catch_unwind(AssertUnwindSafe(|| self.load_unguarded(bytes, digest))).unwrap_or_else(|_| {
            Err(LoadError::new(
                LoadErrorKind::Malformed,
                "cannot be read; this is also a defect of Stepwell, please report it",
            ))
        })
    }

    fn load_unguarded(&self, bytes: &[u8], digest: Digest) -> Result<Loaded, LoadError> {
        let mut warnings = Vec::new();
        let (component, compiled) = match self.cached(digest, &mut warnings) {
            Some(component) => (component, false),
            None => (self.compile(bytes, digest, &mut warnings)?, true),
        };
        let program = self.link(&component)?;
        Ok(Loaded {
            component: Component { digest, program },
            warnings,
            compiled,
        })
    }

    fn cached(
        &self,
        digest: Digest,
        warnings: &mut Vec<String>,
    ) -> Option<wasmtime::component::Component> {
        match self.cache.as_ref()?.get(digest) {
            Cached::Missing => None,
            Cached::Untrusted(path) => {
                warnings.push(format!(
                    "`{}` was not written by this host, or was changed since: compiled anew",
                    path.display()
                ));
                None
            }
            Cached::Code(code) => {
                #[expect(unsafe_code, reason = "loading compiled code is what the cache is for")]
                // SAFETY: the MAC proves that these very bytes came from `serialize` of an engine
                // with the same configuration on this host, under a key that only this user reads.
                let component =
                    unsafe { wasmtime::component::Component::deserialize(&self.engine, &code) };
                component
                    .inspect_err(|error| {
                        warnings.push(format!("cached code does not load: {error}"));
                    })
                    .ok()
            }
        }
    }

    fn compile(
        &self,
        bytes: &[u8],
        digest: Digest,
        warnings: &mut Vec<String>,
    ) -> Result<wasmtime::component::Component, LoadError> {
        let adapted;
        let bytes = match shape::examine(bytes)? {
            Shape::Component => bytes,
            Shape::WasiCommand => {
                adapted = adapter::adapt(bytes)?;
                &adapted
            }
        };
        let component = wasmtime::component::Component::from_binary(&self.engine, bytes)
            .map_err(|error| not_compiled(&error))?;
        if let Some(cache) = &self.cache {
            let kept = component
                .serialize()
                .map_err(|error| error.to_string())
                .and_then(|code| cache.put(digest, &code).map_err(|error| error.to_string()));
            if let Err(error) = kept {
                warnings.push(format!("compiled code was not kept: {error}"));
            }
        }
        Ok(component)
    }

    fn link(&self, component: &wasmtime::component::Component) -> Result<Program, LoadError> {
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
        .help("tasks may import `stepwell:task@0.1.0` and WASI 0.2 without `wasi:http`"))
    }

    /// Asks a task what it is. A plain command says nothing of itself: `None`.
    ///
    /// # Errors
    ///
    /// `describe` trapped, or took longer than a few seconds.
    pub async fn describe(&self, component: &Component) -> Result<Option<Description>, LoadError> {
        let Program::Task(task) = &component.program else {
            return Ok(None);
        };
        let failed = |message: String| LoadError::new(LoadErrorKind::Describe, message);
        let mut store = self.bare_store();
        let described = async {
            let task = task.instantiate_async(&mut store).await?;
            task.call_describe(&mut store).await
        };
        let patience = Duration::from_secs(5);
        match tokio::time::timeout(patience, described).await {
            Ok(Ok(description)) => Ok(Some(translate(description))),
            Ok(Err(error)) => Err(failed(format!("`describe` failed: {error:#}"))),
            Err(_) => Err(failed(format!(
                "`describe` took longer than {} s",
                patience.as_secs()
            ))),
        }
    }

    /// A store with nothing granted and nobody listening.
    fn bare_store(&self) -> Store<StepState> {
        let mut table = ResourceTable::new();
        table.set_max_capacity(profile::RESOURCES);
        let state = StepState {
            wasi: WasiCtx::builder()
                .max_random_size(profile::RANDOM_BYTES)
                .build(),
            table,
            limiter: Limiter::new(256 << 20),
            link: Arc::new(Link::new(Box::new(Nobody), 0)),
            inputs: Vec::new(),
            workspace: None,
            private: None,
            listings: Vec::new(),
            stop: StopHandle::default(),
        };
        crate::run::armed(Store::new(&self.engine, state))
    }
}

/// A sink that refuses all: `describe` must not do any work.
struct Nobody;

impl StepSink for Nobody {
    fn guest(&mut self, _event: GuestEvent) -> Result<(), Refusal> {
        Err(Refusal::Denied("`describe` cannot do any work".to_owned()))
    }

    fn room(&self) -> Option<Pin<Box<dyn Future<Output = ()> + Send>>> {
        None
    }
}

/// Lets the engine's epoch advance while the engine lives.
fn tick(engine: &Engine) -> Result<(), SandboxError> {
    let engine = engine.weak();
    std::thread::Builder::new()
        .name("epoch".to_owned())
        .spawn(move || {
            while let Some(engine) = engine.upgrade() {
                engine.increment_epoch();
                drop(engine);
                std::thread::sleep(profile::TICK);
            }
        })
        .map(drop)
        .map_err(|error| SandboxError(error.into()))
}

fn is_offered(import: &str) -> bool {
    const WASI: [&str; 6] = ["cli", "clocks", "filesystem", "io", "random", "sockets"];
    match import.split_once(':') {
        Some(("stepwell", name)) => name.starts_with("task/") && name.ends_with("@0.1.0"),
        Some(("wasi", name)) => {
            let package = name.split_once('/').map_or(name, |(package, _)| package);
            WASI.contains(&package) && name.contains("@0.2.")
        }
        _ => false,
    }
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

fn set_up(error: wasmtime::Error) -> SandboxError {
    SandboxError(error.into())
}

fn translate(description: wit::TaskDescription) -> Description {
    Description {
        name: description.name,
        version: description.version,
        summary: description.summary,
        inputs: description
            .inputs
            .into_iter()
            .map(|input| InputSpec {
                name: input.name,
                kind: match input.kind {
                    wit::InputType::Text => InputType::String,
                    wit::InputType::Boolean => InputType::Boolean,
                    wit::InputType::Number => InputType::Number,
                    wit::InputType::Path => InputType::Path,
                    wit::InputType::Lines => InputType::List,
                },
                required: input.required,
                default: input.default_value,
                values: input.allowed_values,
                help: input.help,
            })
            .collect(),
        outputs: description
            .outputs
            .into_iter()
            .map(|output| OutputSpec {
                name: output.name,
                help: output.help,
            })
            .collect(),
        capabilities: description
            .capabilities
            .into_iter()
            .map(|capability| match capability {
                wit::Capability::Workspace(wit::Access::Read) => {
                    Capability::Workspace(Access::Read)
                }
                wit::Capability::Workspace(wit::Access::Write) => {
                    Capability::Workspace(Access::Write)
                }
                wit::Capability::Host(host) => Capability::Host(host),
                wit::Capability::Environment(name) => Capability::Env(name),
                wit::Capability::Secret(name) => Capability::Secret(name),
            })
            .collect(),
    }
}
