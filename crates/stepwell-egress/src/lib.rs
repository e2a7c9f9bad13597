//! Decides which hosts a step may reach.
