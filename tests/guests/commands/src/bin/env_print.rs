//! Prints its environment and its arguments as it sees them.

fn main() {
    for (name, value) in std::env::vars() {
        println!("{name}={value}");
    }
    for argument in std::env::args().skip(1) {
        println!("argument {argument:?}");
    }
    println!(
        "working directory {:?}",
        wasip2::cli::environment::initial_cwd()
    );
}
