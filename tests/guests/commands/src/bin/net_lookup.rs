//! Looks up a name.

use std::net::ToSocketAddrs;

fn main() {
    let looked_up = ("example.org", 443).to_socket_addrs();
    println!(
        "{}",
        if looked_up.is_err() {
            "refused"
        } else {
            "found"
        }
    );
}
