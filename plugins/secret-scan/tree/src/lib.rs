//! The files of a workspace, as a task that only reads sees them.
//!
//! The walk is written against [`Tree`], so that it is tested without a disk, and by hand: the
//! directory walkers at hand do not know WASI as a platform. Only the matching of `.gitignore`
//! lines comes from the `ignore` crate. Paths are texts relative to the workspace with `/` between
//! names, because that is what a person reads in a report; the workspace itself is the empty text.

mod filter;
mod path;
mod tree;
mod walk;

pub use filter::{BadPattern, Filter};
pub use path::{join, parent, resolve};
pub use tree::{Content, Disk, Entry, Kind, Memory, Tree};
pub use walk::{Unreadable, Walk};
