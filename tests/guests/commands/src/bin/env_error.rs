//! Returns an error from `main`.

fn main() -> Result<(), String> {
    Err("no such luck".to_owned())
}
