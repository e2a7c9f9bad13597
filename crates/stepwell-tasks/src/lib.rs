//! Finds the tasks that a pipeline names.
