//! What the notifiers and publishers that come with Stepwell have in common.
//!
//! [`message`] is what they say of versions, as JSON. [`target`] is where a request goes and what its
//! answer means; `http` sends it. [`folder`] is where files go.

pub mod folder;
pub mod message;
pub mod target;

#[cfg(target_family = "wasm")]
pub mod http;
