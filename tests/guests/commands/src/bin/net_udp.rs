//! Binds a UDP socket.

fn main() {
    let error = std::net::UdpSocket::bind("0.0.0.0:0").expect_err("it was bound");
    println!("{:?}", error.kind());
}
