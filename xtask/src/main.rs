//! Build helpers of this repository.

#[cfg(feature = "bindings")]
mod bindings;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        #[cfg(feature = "bindings")]
        ["bindings"] => bindings::write(),
        #[cfg(feature = "bindings")]
        ["bindings", "--check"] => bindings::check(),
        #[cfg(not(feature = "bindings"))]
        ["bindings", ..] => anyhow::bail!(
            "the generator is not compiled in; use `cargo run -p xtask --features bindings -- bindings [--check]`"
        ),
        _ => anyhow::bail!("usage: cargo xtask bindings [--check]"),
    }
}
