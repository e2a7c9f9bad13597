//! The environment variables that Stepwell reads, all of them in one place.
//!
//! No step ever sees any of them, nor any other variable of the host.

use std::env;
use std::path::PathBuf;

/// A folder of `.wasm` files whose tasks come before the built-in ones.
const TASKS: &str = "STEPWELL_TASKS";
/// The task that `stepwell selftest` runs, instead of the one that it carries.
const HOSTILE: &str = "STEPWELL_HOSTILE_GUEST";
/// Where compiled code is kept; by default `stepwell` in the user's cache folder.
const CACHE: &str = "STEPWELL_CACHE";
/// The user's configuration file; by default `stepwell/config.toml` in the user's configuration
/// folder.
const CONFIG: &str = "STEPWELL_CONFIG";
/// What Stepwell says of its own work, as a filter of the crate `tracing-subscriber`.
const LOG: &str = "STEPWELL_LOG";

/// What was read from the environment.
#[derive(Debug)]
pub(crate) struct Environment {
    pub(crate) tasks: Option<PathBuf>,
    pub(crate) hostile: Option<PathBuf>,
    /// `None` if there is neither a setting nor a home folder.
    pub(crate) cache: Option<PathBuf>,
    /// `None` if there is neither a setting nor a home folder. The file need not exist.
    pub(crate) config: Option<PathBuf>,
    log: Option<String>,
}

impl Environment {
    pub(crate) fn read() -> Self {
        let path = |name| {
            env::var_os(name)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        };
        let cache = path(CACHE).or_else(|| {
            let folder = path("XDG_CACHE_HOME").or_else(|| Some(path("HOME")?.join(".cache")))?;
            Some(folder.join("stepwell"))
        });
        let config = path(CONFIG).or_else(|| {
            let folder = path("XDG_CONFIG_HOME").or_else(|| Some(path("HOME")?.join(".config")))?;
            Some(folder.join("stepwell").join("config.toml"))
        });
        Self {
            tasks: path(TASKS),
            hostile: path(HOSTILE),
            cache,
            config,
            log: env::var(LOG).ok(),
        }
    }

    /// The variable of this name, which the user told to use.
    pub(crate) fn variable(name: &str) -> Option<String> {
        env::var(name).ok()
    }

    pub(crate) fn set_up_tracing(&self) {
        let filter = self.log.as_deref().unwrap_or("warn");
        tracing_subscriber::fmt()
            .with_env_filter(tracing_subscriber::EnvFilter::new(filter))
            .with_writer(std::io::stderr)
            .without_time()
            .with_target(false)
            .init();
    }
}
