//! The notifier `webhook`: what was found, as JSON, to an address of the user's.
//!
//! Which hosts it may speak to is granted by the user, and headers with secrets are added by the host
//! where the grant says so: this component never sees them.

pub mod message;
pub mod request;

#[cfg(target_family = "wasm")]
mod http;
