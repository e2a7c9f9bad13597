//! Every limit of the table is provoked, with a value of the test's own, and is named.
//!
//! [`provoke`] matches all kinds: a new one does not compile until somebody says how it is reached.

use crate::harness::{Ran, run};
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
    /// The guest's call fails, and a denial on the step's record has this text in it.
    #[expect(dead_code, reason = "the limits of files are the first that deny")]
    Denies(&'static str),
    /// What exceeds it is dropped, and the step's record says so once.
    Drops,
    /// The guest waits: the step takes this many milliseconds at least, and succeeds.
    Waits(u128),
}

/// Runs a guest into a limit.
fn provoke(kind: LimitKind) -> Option<Provoked> {
    let provoked = match kind {
        LimitKind::Output => Provoked {
            value: 2_048,
            ran: run("out_flood").limit(kind, 2_048).args([3]).go(),
            how: How::Drops,
        },
        LimitKind::Memory => Provoked {
            value: 8 << 20,
            ran: run("limit_memory").limit(kind, 8 << 20).go(),
            how: How::Ends,
        },
        LimitKind::Fuel
        | LimitKind::TableElements
        | LimitKind::Resources
        | LimitKind::Handles
        | LimitKind::HostcallBytes
        | LimitKind::RandomBytes
        | LimitKind::CallsPerSecond => return None,
        // Files.
        LimitKind::ListedEntries
        | LimitKind::Written
        | LimitKind::FileSize
        | LimitKind::Files
        | LimitKind::Depth => return None,
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
    };
    Some(provoked)
}

#[test]
fn every_limit_is_reached_and_named() {
    for spec in LIMITS {
        let Some(Provoked { value, ran, how }) = provoke(spec.kind) else {
            continue;
        };
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
            How::Denies(text) => assert!(
                ran.denials()
                    .iter()
                    .any(|denial| denial.target.contains(text)),
                "{key}: {:?}",
                ran.denials()
            ),
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
