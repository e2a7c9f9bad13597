//! Looks at a branch again and again.

mod state;
mod tick;

pub use state::{Settled, State};
pub use tick::{Done, HeadSeen, Order, Sight, Tick, TickEnd, TickResult};
