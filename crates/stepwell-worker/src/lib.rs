//! The second wall: processes without rights that compile tasks and run steps.
