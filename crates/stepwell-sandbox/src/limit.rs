//! Bounds on memories and tables, counted over the whole step.
//!
//! Wasmtime's ready-made limits count per memory; a guest with eight memories would get eight
//! times its limit. This one adds up.

use crate::profile;
use stepwell_event::{LimitKind, Limits, Outcome};
use wasmtime::ResourceLimiter;

/// Counts what a step's instances hold.
#[derive(Debug)]
pub(crate) struct Limiter {
    memory: Counted,
    table_elements: Counted,
    /// The last wish, if it was refused.
    refused: Option<Outcome>,
}

impl Limiter {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            memory: Counted::new(limits, LimitKind::Memory),
            table_elements: Counted::new(limits, LimitKind::TableElements),
            refused: None,
        }
    }

    /// Bytes of linear memory held. Memories never shrink, so this is also the peak.
    pub(crate) fn used(&self) -> u64 {
        self.memory.used
    }

    /// The limit and what the guest would have held, if its last wish was refused.
    pub(crate) fn refused(&self) -> Option<Outcome> {
        self.refused.clone()
    }
}

/// What is counted over a whole step.
#[derive(Debug)]
struct Counted {
    kind: LimitKind,
    limit: u64,
    used: u64,
}

impl Counted {
    fn new(limits: &Limits, kind: LimitKind) -> Self {
        Self {
            kind,
            limit: limits.get(kind),
            used: 0,
        }
    }

    /// Takes what growing from `current` to `desired` takes, or says why not.
    fn grow(&mut self, current: usize, desired: usize) -> Result<(), Outcome> {
        let growth = desired.saturating_sub(current) as u64;
        let wanted = self.used.saturating_add(growth);
        if wanted > self.limit {
            return Err(Outcome::LimitExceeded {
                limit: self.kind,
                value: self.limit,
                used: wanted,
            });
        }
        self.used = wanted;
        Ok(())
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        self.refused = self.memory.grow(current, desired).err();
        Ok(self.refused.is_none())
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        self.refused = self.table_elements.grow(current, desired).err();
        Ok(self.refused.is_none())
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
        let mut limiter = Limiter::new(&Limits {
            memory: 100,
            ..Limits::default()
        });
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
        let mut limiter = Limiter::new(&Limits {
            table_elements: 10,
            ..Limits::default()
        });
        assert!(limiter.table_growing(0, 10, None).unwrap());
        assert!(!limiter.table_growing(0, 1, None).unwrap());
        assert_eq!(
            limiter.refused(),
            Some(Outcome::LimitExceeded {
                limit: LimitKind::TableElements,
                value: 10,
                used: 11
            })
        );
    }
}
