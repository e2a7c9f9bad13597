//! Compiled code that may be loaded, and where it comes from.

use crate::cache::{Cached, CodeCache};
use crate::compile::{Compiled, Compiler, Metering};
use crate::error::LoadError;
use std::sync::Arc;
use stepwell_event::{Description, Digest, Role};

/// Compiled code of one component. There are three ways to have one: it was just compiled, its MAC
/// in the cache was right, or the process that started this one handed it over.
#[derive(Debug, Clone)]
pub struct Code {
    digest: Digest,
    metering: Metering,
    compiled: Arc<Compiled>,
}

impl Code {
    /// Code that somebody else vouches for.
    ///
    /// # Safety
    ///
    /// Loading code means running it without the sandbox: `compiled` must be, byte by byte, what a
    /// [`Compiler`] of this very version gave.
    #[must_use]
    #[expect(unsafe_code, reason = "what it takes is a promise about the bytes")]
    pub unsafe fn vouched_for(digest: Digest, metering: Metering, compiled: Compiled) -> Self {
        Self::new(digest, metering, compiled)
    }

    pub(crate) fn new(digest: Digest, metering: Metering, compiled: Compiled) -> Self {
        Self {
            digest,
            metering,
            compiled: Arc::new(compiled),
        }
    }

    /// The component that it was made from.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Whether it counts its work.
    #[must_use]
    pub fn metering(&self) -> Metering {
        self.metering
    }

    /// What the task says of itself; `None` for what is no task.
    #[must_use]
    pub fn description(&self) -> Option<&Description> {
        self.compiled.description.as_ref()
    }

    /// What it is in a search for a culprit; `None` if it takes no part in one.
    #[must_use]
    pub fn role(&self) -> Option<&Role> {
        self.compiled.role.as_ref()
    }

    /// All of it as plain data, for another process.
    #[must_use]
    pub fn compiled(&self) -> &Compiled {
        &self.compiled
    }
}

/// Code and what was noticed on the way.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The code.
    pub code: Code,
    /// Sentences for the user, such as that a cached file was not trusted.
    pub warnings: Vec<String>,
    /// Whether it was compiled now rather than found in the cache.
    pub fresh: bool,
}

/// The code of `bytes`: from the cache if it is there, else compiled and kept there.
///
/// # Errors
///
/// The file is no task.
pub fn load(
    cache: Option<&CodeCache>,
    compiler: &dyn Compiler,
    bytes: &[u8],
    digest: Digest,
    metering: Metering,
) -> Result<Loaded, LoadError> {
    let mut warnings = Vec::new();
    match cache.map(|cache| cache.get(digest, metering)) {
        Some(Cached::Code(code)) => {
            return Ok(Loaded {
                code,
                warnings,
                fresh: false,
            });
        }
        Some(Cached::Untrusted(path)) => warnings.push(format!(
            "`{}` was not written by this host, or was changed since: compiled anew",
            path.display()
        )),
        Some(Cached::Missing) | None => {}
    }
    let code = Code::new(digest, metering, compiler.compile(bytes, metering)?);
    if let Some(Err(error)) = cache.map(|cache| cache.put(&code)) {
        warnings.push(format!("compiled code was not kept: {error}"));
    }
    Ok(Loaded {
        code,
        warnings,
        fresh: true,
    })
}
