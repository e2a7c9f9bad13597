//! t
pub mod document;
pub mod html;
pub mod slug;
pub mod target;
