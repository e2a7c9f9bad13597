//! From a pipeline model to an immutable plan.

mod model;

pub use model::{Condition, Grant, Invocation, Plan, PlannedJob, PlannedStep, PlannedTask};
