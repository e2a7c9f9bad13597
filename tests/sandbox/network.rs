//! The network: denied as an ordinary error, and told.

use crate::harness::run;
use stepwell_event::{Denial, Outcome};

#[test]
fn sockets_and_names_are_refused_and_reported() {
    let check = |guest: &str, said: &str, target: &str| {
        let ran = run(guest).go();
        assert_eq!(ran.succeeded(), format!("{said}\n"), "{guest}");
        let denial = Denial {
            capability: "network".to_owned(),
            target: target.to_owned(),
            grant: None,
        };
        assert_eq!(ran.denials(), [denial], "{guest}");
    };
    check("net_tcp", "PermissionDenied", "a TCP socket");
    check("net_udp", "PermissionDenied", "a UDP socket");
    check("net_lookup", "refused", "the address of `example.org`");
}

#[test]
fn denials_wait_for_room_like_any_other_event() {
    let ran = run("net_flood").stalled().timeout(300).go();
    assert_eq!(
        ran.stopped_soon().outcome(),
        &Outcome::TimedOut { limit_ms: 300 }
    );
    assert_eq!(ran.denials(), []);
    assert_eq!(run("net_flood").args([100]).go().denials().len(), 100);
}
