//! What the host sends on behalf of a notifier.

pub use crate::bindings::host::stepwell::bisect::post::{Mail, PostError};
use crate::host;

/// Hands a letter to the mail server that the host is configured for.
///
/// # Errors
///
/// It was not sent.
pub fn send_mail(mail: &Mail) -> Result<(), PostError> {
    host::send_mail(mail)
}

impl PostError {
    /// What it says.
    #[must_use]
    pub fn message(&self) -> &str {
        let (Self::Denied(message) | Self::Invalid(message) | Self::Unavailable(message)) = self;
        message
    }
}
