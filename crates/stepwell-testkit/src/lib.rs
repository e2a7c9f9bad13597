//! Builds guests and gives tests an environment of their own.
