//! Tries to reach other machines, and this one.

use crate::Attempt;
use crate::tally::Tally;
use std::net::{TcpListener, TcpStream, ToSocketAddrs as _, UdpSocket};

pub(crate) const ATTEMPTS: &[(&str, Attempt)] = &[("sockets", |_| sockets())];

/// This machine, its neighbours, and where clouds keep their secrets, in many spellings.
const PLACES: [&str; 14] = [
    "127.0.0.1:80",
    "[::1]:80",
    "0.0.0.0:80",
    "169.254.169.254:80",
    "10.0.0.1:443",
    "192.168.0.1:22",
    "[fc00::1]:443",
    "[fe80::1]:443",
    "[::ffff:127.0.0.1]:80",
    "[64:ff9b::7f00:1]:80",
    "localhost:80",
    "localhost.:5432",
    "metadata.google.internal:80",
    "example.com:443",
];

fn sockets() {
    let mut tally = Tally::default();
    for place in PLACES {
        tally.refused(
            &format!("a connection to {place}"),
            TcpStream::connect(place),
        );
        if !place.starts_with(|first: char| first == '[' || first.is_ascii_digit()) {
            tally.refused(&format!("the address of {place}"), place.to_socket_addrs());
        }
    }
    for place in ["0.0.0.0:0", "127.0.0.1:0", "[::]:0"] {
        tally.refused(&format!("listening at {place}"), TcpListener::bind(place));
        tally.refused(&format!("a UDP socket at {place}"), UdpSocket::bind(place));
    }
}
