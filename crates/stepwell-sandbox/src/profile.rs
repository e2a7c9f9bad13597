//! The engine's configuration: every proposal and every number in one place.
//!
//! The proposals that are off are those with a record of memory-safety bugs that no task needs
//! (GC, exceptions, function references, stack switching, threads, component-model async) and
//! those that would let a guest do unbounded work in one instruction (64-bit memories). A test
//! compares the built engine with this list, so that an upgrade cannot change it silently.

use crate::compile::Metering;
use std::num::NonZeroUsize;
use std::time::Duration;
use stepwell_event::LimitKind;
use wasmtime::{
    Config, Enabled, InstanceAllocationStrategy, PoolingAllocationConfig, Strategy,
    WasmBacktraceDetails,
};

/// How often a running guest looks at its clock and lets others run, if it has a core for itself.
const TICK: Duration = Duration::from_millis(10);

/// The most often: a tick costs a running guest 2 µs.
const SHORTEST_TICK: Duration = Duration::from_millis(1);

/// How often guests look at their clocks, of which so many share a core. All of them get their turn
/// in one tick: a guest is stopped in its turn, so that it would otherwise wait for the tick of each
/// of its neighbours.
pub(crate) fn tick(on_each_core: u32) -> Duration {
    (TICK / on_each_core.max(1)).max(SHORTEST_TICK)
}

/// Core instances, memories and tables that one component may have. A Rust component has three,
/// one and two; CPython has about ten.
pub(crate) const CORE_INSTANCES: u32 = 100;
pub(crate) const MEMORIES: u32 = 8;
pub(crate) const TABLES: u32 = 32;

/// Frames of a backtrace.
const FRAMES: NonZeroUsize = NonZeroUsize::new(16).expect("16 is not zero");

/// Bytes of a memory, table or stack slot that stay resident between two steps. With pagemap scan
/// only the pages that a step wrote are reset, which takes a step from 25 µs to 9 µs.
const KEEP_RESIDENT: usize = 1 << 20;

/// Bytes at the top of a stack that are zeroed in place between two steps; what is below goes back
/// to the system. An ordinary step uses a few pages, and faulting them in anew costs more than
/// zeroing them: 47,000 steps a second instead of 35,000, and no interrupts to other threads. Not
/// zeroing at all would give 54,000. A guest cannot read its native stack, so zeroing matters only
/// should Wasmtime have a defect; it is worth 3 µs a step not to hand on secrets even then.
const STACK_KEEP_RESIDENT: usize = 32 << 10;

/// The configuration of an engine that can hold `slots` steps at once.
pub(crate) fn config(slots: u32, metering: Metering, core_dumps: bool) -> Config {
    let mut config = Config::new();
    config
        .strategy(Strategy::Cranelift)
        .epoch_interruption(true)
        .consume_fuel(metering == Metering::Fuel)
        .coredump_on_trap(core_dumps)
        .wasm_gc(false)
        .wasm_function_references(false)
        .wasm_exceptions(false)
        .concurrency_support(false)
        .wasm_memory64(false)
        .wasm_threads(false)
        .shared_memory(false)
        .wasm_stack_switching(false)
        .wasm_custom_page_sizes(false)
        .wasm_wide_arithmetic(false)
        .relaxed_simd_deterministic(true)
        .max_wasm_stack(1 << 20)
        .async_stack_size(4 << 20)
        .async_stack_zeroing(true)
        .wasm_backtrace_max_frames(Some(FRAMES))
        // Reading it would take 20 ms and 40 MB a trap, and for hostile debug information any time:
        // `lines` has what a backtrace needs.
        .wasm_backtrace_details(WasmBacktraceDetails::Disable)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool(slots)));
    config
}

fn pool(slots: u32) -> PoolingAllocationConfig {
    // All that a step may be given may be in one table; CPython's has 5,674 elements.
    let table_elements = LimitKind::TableElements.spec().most;
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(slots)
        // As many for every step as one may have: none can take those of its neighbours.
        .total_core_instances(slots.saturating_mul(CORE_INSTANCES))
        .total_memories(slots.saturating_mul(MEMORIES))
        .total_tables(slots.saturating_mul(TABLES))
        .total_stacks(slots)
        .total_gc_heaps(0)
        .max_core_instances_per_component(CORE_INSTANCES)
        .max_memories_per_component(MEMORIES)
        .max_tables_per_component(TABLES)
        .max_tables_per_module(TABLES)
        .max_memories_per_module(MEMORIES)
        .table_elements(usize::try_from(table_elements).unwrap_or(usize::MAX))
        .max_core_instance_size(2 << 20)
        .max_component_instance_size(2 << 20)
        .linear_memory_keep_resident(KEEP_RESIDENT)
        .table_keep_resident(KEEP_RESIDENT)
        .async_stack_keep_resident(STACK_KEEP_RESIDENT)
        // Scanned where the kernel can (Linux 6.7); elsewhere slots are unmapped, which is slower
        // and as safe.
        .pagemap_scan(Enabled::Auto);
    pool
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write as _;
    use wasmtime::{Engine, WasmFeatures};

    #[test]
    fn the_engine_has_exactly_the_features_of_the_profile() {
        let engine = Engine::new(&config(1, Metering::Off, false)).unwrap();
        let features = engine.get_wasm_features();
        let off = WasmFeatures::GC
            | WasmFeatures::FUNCTION_REFERENCES
            | WasmFeatures::EXCEPTIONS
            | WasmFeatures::LEGACY_EXCEPTIONS
            | WasmFeatures::MEMORY64
            | WasmFeatures::THREADS
            | WasmFeatures::SHARED_EVERYTHING_THREADS
            | WasmFeatures::STACK_SWITCHING
            | WasmFeatures::CUSTOM_PAGE_SIZES
            | WasmFeatures::WIDE_ARITHMETIC
            | WasmFeatures::CM_ASYNC
            | WasmFeatures::CM_THREADING;
        assert!(
            (features & off).is_empty(),
            "switched on: {:?}",
            features & off
        );
        let on: Vec<&str> = features.iter_names().map(|(name, _)| name).collect();
        let expected = "MUTABLE_GLOBAL SATURATING_FLOAT_TO_INT SIGN_EXTENSION REFERENCE_TYPES \
            MULTI_VALUE BULK_MEMORY SIMD RELAXED_SIMD TAIL_CALL FLOATS MULTI_MEMORY EXTENDED_CONST \
            COMPONENT_MODEL GC_TYPES";
        // The last is what the cargo feature `gc` brings; no type of the proposal is accepted.
        assert_eq!(on.join(" "), expected);
    }

    /// Of three slots.
    const NUMBERS: &str = "\
strategy Some(Cranelift)
epoch_interruption true
consume_fuel false
max_wasm_stack 1048576
async_stack_size 4194304
async_stack_zeroing true
concurrency_support false
shared_memory false
relaxed_simd_deterministic true
memory_reservation 4294967296
memory_guard_size 33554432
memory_may_move true
guard_before_linear_memory true
memory_init_cow true
signals_based_traps true
wasm_backtrace_max_frames 16
total_component_instances 3
total_core_instances 300
total_memories 24
total_tables 96
total_stacks 3
total_gc_heaps 0
max_core_instances_per_component 100
max_memories_per_component 8
max_tables_per_component 32
max_memories_per_module 8
max_tables_per_module 32
max_memory_size 4294967296
table_elements 100000
max_core_instance_size 2097152
max_component_instance_size 2097152
memory_keep_resident 1048576
table_keep_resident 1048576
async_stack_keep_resident 32768
memory_protection_keys No
pagemap_scan Auto
";

    #[test]
    fn the_engine_has_exactly_the_numbers_of_the_profile() {
        let engine = Engine::new(&config(3, Metering::Off, false)).unwrap();
        let pool = engine.get_pooling_config().unwrap();
        let mut text = String::new();
        macro_rules! tell {
            ($of:ident: $($getter:ident)*) => {
                $( writeln!(text, "{} {:?}", &stringify!($getter)[4..], $of.$getter()).unwrap(); )*
            };
        }
        tell!(engine: get_strategy get_epoch_interruption get_consume_fuel get_max_wasm_stack
            get_async_stack_size get_async_stack_zeroing get_concurrency_support get_shared_memory
            get_relaxed_simd_deterministic get_memory_reservation get_memory_guard_size
            get_memory_may_move get_guard_before_linear_memory get_memory_init_cow
            get_signals_based_traps get_wasm_backtrace_max_frames);
        tell!(pool: get_total_component_instances get_total_core_instances get_total_memories
            get_total_tables get_total_stacks get_total_gc_heaps
            get_max_core_instances_per_component get_max_memories_per_component
            get_max_tables_per_component get_max_memories_per_module get_max_tables_per_module
            get_max_memory_size get_table_elements get_max_core_instance_size
            get_max_component_instance_size get_memory_keep_resident get_table_keep_resident
            get_async_stack_keep_resident get_memory_protection_keys get_pagemap_scan);
        assert_eq!(text, NUMBERS);
    }
}
