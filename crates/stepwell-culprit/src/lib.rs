//! Drives a search for the change that broke something.

mod notice;
mod part;
mod post;
mod schedule;
mod watch;

pub use notice::{Addressing, Blame, DEFAULT_PER_DAY, Delivery, Key, Recipient, Unreachable};
pub use part::Part;
pub use post::{Encryption, Letters, Login, MailServer, Post, PostError};
pub use schedule::{Schedule, ScheduleError};
pub use watch::{Done, HeadSeen, Order, Settled, Sight, State, Tick, TickEnd, TickResult};
