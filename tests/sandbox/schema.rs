//! Every limit of the table is provoked, with a value of the test's own, and is named.
//!
//! [`provoke`] matches all kinds: a new one does not compile until somebody says how it is reached.

use crate::handmade::idle_command;
use crate::harness::{Ran, Step, run, run_bytes, task};
use crate::quotas;
use crate::traffic;
use stepwell_event::{GuestEvent, LIMITS, LimitKind, Outcome};

/// A step that reached a limit.
pub(crate) struct Provoked {
    /// What the limit was set to.
    pub(crate) value: u64,
    pub(crate) ran: Ran,
    pub(crate) how: How,
}

/// What comes of reaching a limit.
pub(crate) enum How {
    /// The step ends, and its outcome names limit, value and use.
    Ends,
    /// What exceeds it is dropped, and the step's record says so once.
    Drops,
    /// The guest waits: the step takes this many milliseconds at least, and succeeds.
    Waits(u128),
}

/// A step that a limit ended.
fn ended(value: u64, ran: Ran) -> Provoked {
    Provoked {
        value,
        ran,
        how: How::Ends,
    }
}

/// A step that is ended by its limit.
fn ends(step: Step, kind: LimitKind, value: u64) -> Provoked {
    Provoked {
        value,
        ran: step.limit(kind, value).go(),
        how: How::Ends,
    }
}

/// Runs a guest into a limit.
fn provoke(kind: LimitKind) -> Provoked {
    match kind {
        LimitKind::Output => Provoked {
            value: 2_048,
            ran: run("out_flood").limit(kind, 2_048).args([3]).go(),
            how: How::Drops,
        },
        LimitKind::Memory => ends(run("limit_memory"), kind, 8 << 20),
        LimitKind::Fuel => ends(run("time_spin"), kind, 1_000_000),
        LimitKind::TableElements => {
            let table = idle_command("(table 11 funcref)");
            ends(run_bytes(table), kind, 10)
        }
        LimitKind::Resources => ends(run("limit_pollables"), kind, 100),
        LimitKind::Handles => ends(run("limit_pollables"), kind, 50),
        LimitKind::HostcallBytes => ends(run("limit_poll_list"), kind, 10_000),
        LimitKind::RandomBytes => ends(run("env_random").args([1_001]), kind, 1_000),
        LimitKind::CallsPerSecond => Provoked {
            value: 500,
            ran: task("task-calls")
                .input("times", "300")
                .limit(kind, 500)
                .go(),
            how: How::Waits(200),
        },
        // Files.
        LimitKind::ListedEntries => ended(50, quotas::provoke_listed_entries()),
        LimitKind::Written => ended(10_000, quotas::provoke_written()),
        LimitKind::FileSize => ended(10_000, quotas::provoke_file_size()),
        LimitKind::Files => ended(3, quotas::provoke_files()),
        LimitKind::Depth => ended(4, quotas::provoke_depth()),
        // Requests.
        LimitKind::HttpRequests
        | LimitKind::HttpInFlight
        | LimitKind::HttpRequestBytes
        | LimitKind::HttpResponseBytes
        | LimitKind::HttpMillis => {
            let (value, ran) = traffic::provoke(kind);
            Provoked {
                value,
                ran,
                how: How::Ends,
            }
        }
    }
}

#[test]
fn every_limit_is_reached_and_named() {
    for spec in LIMITS {
        let Provoked { value, ran, how } = provoke(spec.kind);
        let key = spec.key;
        match how {
            How::Ends => match ran.outcome() {
                Outcome::LimitExceeded {
                    limit,
                    value: named,
                    used,
                } => {
                    assert_eq!((*limit, *named), (spec.kind, value), "{key}");
                    assert!(*used >= value, "{key}: {used}");
                }
                other => panic!("{key}: {other:?}, {}", ran.stderr()),
            },
            How::Drops => assert_eq!(
                ran.count(|event| *event == GuestEvent::OutputTruncated { limit: value }),
                1,
                "{key}"
            ),
            How::Waits(millis) => {
                assert_eq!(ran.outcome(), &Outcome::Succeeded, "{key}");
                assert!(ran.took.as_millis() >= millis, "{key}: {:?}", ran.took);
            }
        }
    }
}
