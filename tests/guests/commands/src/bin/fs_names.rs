//! Creates files whose names are traps for whoever prints them, and one that no file can have.

use commands::{open, root, tell};
use wasip2::filesystem::types::{DescriptorFlags, OpenFlags};

fn main() {
    let long = "n".repeat(255);
    let too_long = "n".repeat(256);
    let names = [
        "two\nlines",
        "\u{1b}]0;title\u{7}",
        "<img src=x onerror=alert(1)>",
        "..%2f",
        "a\\b",
        "-rf",
        "\u{202e}gpj.exe",
        " ",
        "con",
        &long,
        &too_long,
        "nul\0byte",
        "",
    ];
    let root = root();
    for name in names {
        let start: String = name.chars().take(20).collect();
        let file = open(&root, name, OpenFlags::CREATE, DescriptorFlags::WRITE);
        tell(&format!("{start:?}"), file);
    }
}
