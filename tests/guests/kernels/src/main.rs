//! Does the work that its arguments name, so many times over, and prints what came of it.

mod kernel;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().expect("a kernel");
    let rounds = arguments.next().and_then(|text| text.parse().ok());
    let result = kernel::compute(&name, rounds.expect("a number of rounds"));
    println!("{}", result.expect("a kernel of that name"));
}
