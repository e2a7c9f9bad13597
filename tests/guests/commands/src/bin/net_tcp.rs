//! Connects to this machine.

fn main() {
    let error = std::net::TcpStream::connect("127.0.0.1:80").expect_err("it connected");
    println!("{:?}", error.kind());
}
