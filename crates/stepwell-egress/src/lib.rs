//! Decides which hosts a step may reach: one place for it, without I/O.
//!
//! A request is first made comparable ([`Request`], [`Host`]), and only then held against the rules of
//! the step ([`decide`]), so that no two spellings of one host are treated differently, and what was
//! decided on is what is sent. Rules only ever allow: what fits none is refused.
//!
//! Where a name leads to is a second question, which whoever connects answers with the address in
//! hand: [`is_global`] says whether it is of the public internet, and [`Ranges`] which others the host
//! opened.
//!
//! - `host`: names and addresses, and the patterns for them.
//! - `path`: paths, and the patterns for them.
//! - `decision`: requests and connections against rules.
//! - `rule`: what may be written in a rule.
//! - `address`, `range`: which addresses may be connected to.

mod address;
mod decision;
mod host;
mod path;
mod range;
mod rule;

pub use address::is_global;
pub use decision::{Malformed, Refused, Request, decide, may_dial};
pub use host::{Host, HostError};
pub use range::{RangeError, Ranges};
pub use rule::{RuleError, header_name, host_pattern, method, path_pattern};
