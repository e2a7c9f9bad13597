//! Exits with the code that its argument names.

fn main() {
    let code = commands::number(1, 0);
    wasip2::cli::exit::exit_with_code(u8::try_from(code).expect("an exit code has 8 bits"));
}
