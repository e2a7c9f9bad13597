//! Prints the files that its arguments name.

fn main() {
    for path in std::env::args().skip(1) {
        match std::fs::read_to_string(&path) {
            Ok(text) => println!("{path}: {text}"),
            Err(error) => println!("{path}: {:?}", error.kind()),
        }
    }
}
