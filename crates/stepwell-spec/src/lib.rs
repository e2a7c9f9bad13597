//! The pipeline file: text to a typed, spanned model and diagnostics.
