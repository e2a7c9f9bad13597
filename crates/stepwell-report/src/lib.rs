//! Views of events and diagnostics: terminal and JSON.
