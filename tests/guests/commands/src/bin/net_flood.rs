//! Asks for sockets as fast as it can.

use wasip2::sockets::network::IpAddressFamily;
use wasip2::sockets::tcp_create_socket::create_tcp_socket;

fn main() {
    for _ in 0..commands::number(1, u64::MAX) {
        create_tcp_socket(IpAddressFamily::Ipv4).expect_err("it was created");
    }
}
