//! Bounds on memories and tables, counted over the whole step.
//!
//! Wasmtime's ready-made limits count per memory; a guest with eight memories would get eight
//! times its limit. This one adds up.

use crate::profile;
use stepwell_event::{LimitKind, Outcome};
use wasmtime::ResourceLimiter;

/// Counts what a step's instances hold.
#[derive(Debug)]
pub(crate) struct Limiter {
    limit: u64,
    used: u64,
    table_elements: usize,
    /// The last wish, if it was refused.
    refused: Option<Outcome>,
}

impl Limiter {
    pub(crate) fn new(limit: u64) -> Self {
        Self {
            limit,
            used: 0,
            table_elements: 0,
            refused: None,
        }
    }

    /// Bytes of linear memory held. Memories never shrink, so this is also the peak.
    pub(crate) fn used(&self) -> u64 {
        self.used
    }

    /// The limit and what the guest would have held, if its last wish was refused.
    pub(crate) fn refused(&self) -> Option<Outcome> {
        self.refused.clone()
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let growth = desired.saturating_sub(current) as u64;
        let wanted = self.used.saturating_add(growth);
        let allowed = wanted <= self.limit;
        if allowed {
            self.used = wanted;
            self.refused = None;
        } else {
            self.refused = Some(Outcome::LimitExceeded {
                limit: LimitKind::Memory,
                value: self.limit,
                used: wanted,
            });
        }
        Ok(allowed)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let wanted = self
            .table_elements
            .saturating_add(desired.saturating_sub(current));
        let allowed = wanted <= profile::TABLE_ELEMENTS;
        if allowed {
            self.table_elements = wanted;
            self.refused = None;
        } else {
            self.refused = Some(Outcome::LimitExceeded {
                limit: LimitKind::TableElements,
                value: profile::TABLE_ELEMENTS as u64,
                used: wanted as u64,
            });
        }
        Ok(allowed)
    }

    fn instances(&self) -> usize {
        profile::CORE_INSTANCES as usize
    }

    fn tables(&self) -> usize {
        profile::TABLES as usize
    }

    fn memories(&self) -> usize {
        profile::MEMORIES as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memories_are_added_up_and_a_refusal_is_remembered() {
        let mut limiter = Limiter::new(100);
        assert!(limiter.memory_growing(0, 60, None).unwrap());
        assert!(!limiter.memory_growing(0, 60, None).unwrap());
        assert_eq!(
            limiter.refused(),
            Some(Outcome::LimitExceeded {
                limit: LimitKind::Memory,
                value: 100,
                used: 120
            })
        );
        assert!(limiter.memory_growing(60, 100, None).unwrap());
        assert_eq!(limiter.refused(), None);
        assert_eq!(limiter.used(), 100);
    }

    #[test]
    fn tables_are_added_up() {
        let mut limiter = Limiter::new(0);
        assert!(
            limiter
                .table_growing(0, profile::TABLE_ELEMENTS, None)
                .unwrap()
        );
        assert!(!limiter.table_growing(0, 1, None).unwrap());
        assert!(matches!(
            limiter.refused(),
            Some(Outcome::LimitExceeded {
                limit: LimitKind::TableElements,
                ..
            })
        ));
    }
}
