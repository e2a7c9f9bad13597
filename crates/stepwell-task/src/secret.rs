//! Secrets that the pipeline gives to a task.

use crate::publish::refused;
use crate::{Result, host};

/// The value of a secret that the pipeline grants to the step. It is masked in every log.
///
/// ```
/// use stepwell_task::{Result, secret};
///
/// fn sign(text: &str) -> Result<Vec<u8>> {
///     let key = secret("signing-key")?;
///     Ok(text.bytes().zip(key.bytes().cycle()).map(|(a, b)| a ^ b).collect())
/// }
///
/// // A test on the machine that builds the task has no secrets.
/// let error = sign("text").unwrap_err();
/// assert!(error.message().starts_with("cannot read secret `signing-key`: "));
/// ```
///
/// # Errors
///
/// If it is not granted, whether there is such a secret or not.
pub fn secret(name: &str) -> Result<String> {
    host::secret(name).map_err(|refusal| refused("read secret", name, refusal))
}
