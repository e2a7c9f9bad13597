//! Asks a question.

fn main() {
    let mut answer = String::new();
    let length = std::io::stdin()
        .read_line(&mut answer)
        .expect("standard input is readable");
    println!("read {length} bytes");
}
