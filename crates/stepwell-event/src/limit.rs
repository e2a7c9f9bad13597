//! Every bounded resource of a step: its key, its default and its range, in one table.
//!
//! The pipeline file, the host's ceilings, the sandbox, the outcomes and the documentation all read
//! this table, so that a limit cannot be in one of them and not in the others. The numbers are those
//! of the resource budgets that each line's documentation gives the reason for.

use serde::{Deserialize, Serialize};

/// What a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Bytes, written as `"64MiB"`.
    Bytes,
    /// Things, written as a number or as `"10G"`.
    Count,
}

/// One line of the table of limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitSpec {
    /// Which limit.
    pub kind: LimitKind,
    /// Its key in `[tasks.NAME.limits]`, and in `[limits]` of the host's configuration.
    pub key: &'static str,
    /// What it counts.
    pub unit: Unit,
    /// Its value where nothing is said.
    pub default: u64,
    /// The least that may be written.
    pub least: u64,
    /// The most that may be written where the host says nothing.
    pub most: u64,
    /// What it bounds, for a person.
    pub what: &'static str,
}

macro_rules! limits {
    ($(
        $(#[$doc:meta])+
        $kind:ident $field:ident $key:literal $unit:ident ($default:expr) $least:literal ..= $most:expr, $what:literal;
    )+) => {
        /// A bounded resource of a step.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum LimitKind {
            $( $(#[$doc])+ $kind, )+
        }

        /// The bounds of one step. Times are apart from [`LimitKind`]: they have an outcome of their
        /// own.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub struct Limits {
            /// Wall-clock milliseconds from the start until the step is asked to stop; `None` is no
            /// limit.
            pub timeout_ms: Option<u64>,
            /// Milliseconds between asking and stopping, for a guest that listens to cancellation.
            pub grace_ms: u64,
            $( $(#[$doc])+ pub $field: u64, )+
        }

        impl Default for Limits {
            fn default() -> Self {
                Self { timeout_ms: None, grace_ms: 10_000, $( $field: $default, )+ }
            }
        }

        impl Limits {
            /// The value of a limit.
            #[must_use]
            pub fn get(&self, kind: LimitKind) -> u64 {
                match kind { $( LimitKind::$kind => self.$field, )+ }
            }

            /// Sets a limit.
            pub fn set(&mut self, kind: LimitKind, value: u64) {
                match kind { $( LimitKind::$kind => self.$field = value, )+ }
            }
        }

        /// The table of limits, in the order in which they are shown.
        pub const LIMITS: &[LimitSpec] = &[
            $( LimitSpec {
                kind: LimitKind::$kind,
                key: $key,
                unit: Unit::$unit,
                default: $default,
                least: $least,
                most: $most,
                what: $what,
            }, )+
        ];

        impl LimitKind {
            /// Its line of the table.
            #[must_use]
            pub fn spec(self) -> &'static LimitSpec {
                match self {
                    $( Self::$kind => &const { LimitSpec {
                        kind: LimitKind::$kind,
                        key: $key,
                        unit: Unit::$unit,
                        default: $default,
                        least: $least,
                        most: $most,
                        what: $what,
                    } }, )+
                }
            }
        }
    };
}

/// The value of [`Limits::fuel`] that means no budget.
pub const UNMETERED: u64 = u64::MAX;

limits! {
    /// Bytes of linear memory, all memories of the step together.
    Memory memory "memory" Bytes (256 << 20) 65_536..=(2 << 30), "memory";
    /// Units of the deterministic work budget, about one per WebAssembly instruction;
    /// [`UNMETERED`] is none.
    Fuel fuel "fuel" Count (UNMETERED) 1..=(UNMETERED - 1), "fuel";
    /// Bytes of standard output, standard error and messages together; what exceeds it is dropped.
    Output output "output" Bytes (64 << 20) 1_024..=(1 << 30), "bytes of output";
    /// Elements of all tables together.
    TableElements table_elements "table-elements" Count (100_000) 1..=100_000, "table elements";
    /// Open WASI resources at once: files, streams, pollables.
    Resources resources "resources" Count (1_024) 16..=4_096, "open resources";
    /// Component-model handles at once.
    Handles handles "handles" Count (10_000) 16..=100_000, "handles";
    /// Bytes that one call hands from the guest to the host.
    HostcallBytes hostcall_bytes "call-bytes" Bytes (256 << 10) 4_096..=(4 << 20), "bytes per host call";
    /// Bytes of random data per call: the call is synchronous.
    RandomBytes random_bytes "random-bytes" Bytes (64 << 10) 64..=(1 << 20), "random bytes per call";
    /// Entries in the listings of folders that the step holds at once; each is a name on the host.
    ListedEntries listed_entries "listed-entries" Count (100_000) 16..=1_000_000, "listed entries";
    /// Bytes that the step writes to files, scratch included.
    Written written "written" Bytes (2 << 30) 0..=(1 << 40), "bytes written to files";
    /// The size of one file that the step writes.
    FileSize file_size "file-size" Bytes (1 << 30) 0..=(1 << 40), "bytes in one file";
    /// Files, folders and links that the step creates.
    Files files "files" Count (200_000) 0..=10_000_000, "files created";
    /// How deep beneath the workspace the step may create files.
    Depth depth "depth" Count (64) 1..=256, "folders deep";
    /// Requests by `wasi:http`.
    HttpRequests http_requests "http-requests" Count (200) 0..=1_000_000, "HTTP requests";
    /// Requests by `wasi:http` that are in flight at once.
    HttpInFlight http_in_flight "http-in-flight" Count (8) 1..=128, "HTTP requests in flight";
    /// Bytes of the body of one request.
    HttpRequestBytes http_request_bytes "http-request-bytes" Bytes (32 << 20) 0..=(16 << 30), "bytes in an HTTP request";
    /// Bytes of the body of one response.
    HttpResponseBytes http_response_bytes "http-response-bytes" Bytes (256 << 20) 0..=(16 << 30), "bytes in an HTTP response";
    /// Milliseconds from sending a request to the end of its response.
    HttpMillis http_millis "http-milliseconds" Count (300_000) 1..=3_600_000, "milliseconds for an HTTP request";
    /// Calls a second to the interfaces of `stepwell:task`; a guest that makes more waits.
    CallsPerSecond calls_per_second "calls-per-second" Count (100_000) 10..=10_000_000, "calls a second";
}

impl LimitKind {
    /// The limit's name and unit for a person.
    #[must_use]
    pub fn describe(self) -> &'static str {
        self.spec().what
    }

    /// Whether the value counts bytes.
    #[must_use]
    pub fn is_bytes(self) -> bool {
        self.spec().unit == Unit::Bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_table_is_consistent() {
        let mut keys = HashSet::new();
        let defaults = Limits::default();
        for spec in LIMITS {
            assert!(keys.insert(spec.key), "`{}` is there twice", spec.key);
            assert_eq!(spec.kind.spec(), spec);
            assert_eq!(defaults.get(spec.kind), spec.default);
            assert!(spec.least <= spec.most, "{}", spec.key);
            let unset = spec.kind == LimitKind::Fuel;
            assert!(unset || (spec.least..=spec.most).contains(&spec.default));
        }
    }

    #[test]
    fn what_is_set_is_got() {
        let mut limits = Limits::default();
        limits.set(LimitKind::FileSize, 7);
        assert_eq!((limits.file_size, limits.get(LimitKind::FileSize)), (7, 7));
    }
}
