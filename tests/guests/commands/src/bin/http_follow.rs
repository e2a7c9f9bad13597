//! Follows a redirect by hand.

use commands::http::{Call, head};

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let response = head(Call::new(words.clone()).start().unwrap()).unwrap();
    let to = response.headers().get("location").pop().unwrap();
    let to = String::from_utf8(to).unwrap();
    println!("{} {to}", response.status());
    let (authority, path) = to
        .strip_prefix("http://")
        .and_then(|rest| rest.split_once('/'))
        .unwrap();
    let words = ["GET", "http", authority, &format!("/{path}")].map(str::to_owned);
    println!("{}", Call::new(words).send().unwrap_err());
}
