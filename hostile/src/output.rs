//! Floods, forges and breaks the log.

use crate::Attempt;
use crate::tally::Tally;
use std::io::{Read as _, Write as _};
use stepwell_task::info;
use wasip2::cli::{exit, stdout};

pub(crate) const ATTEMPTS: &[(&str, Attempt)] = &[
    ("empty-writes", |_| {
        let stdout = stdout::get_stdout();
        loop {
            let _ = stdout.write(&[]);
        }
    }),
    ("flood", flood),
    ("one-line", |bytes| {
        info!("tried: 1");
        let block = vec![b'x'; 4096];
        let mut out = std::io::stdout().lock();
        for _ in 0..bytes / 4096 {
            let _ = out.write_all(&block);
            let _ = out.flush();
        }
    }),
    ("drip", |_| {
        let stdout = stdout::get_stdout();
        loop {
            let _ = stdout.blocking_write_and_flush(b"x");
        }
    }),
    ("all-bytes", |_| {
        let bytes: Vec<u8> = (0..=255).collect();
        let _ = stdout::get_stdout().blocking_write_and_flush(&bytes);
        info!("tried: 1");
    }),
    ("unpermitted", |_| {
        let stdout = stdout::get_stdout();
        let permit = stdout.check_write().unwrap_or_default();
        let block = vec![b'x'; usize::try_from(permit).unwrap_or_default() + 1];
        let _ = stdout.write(&block);
        crate::tally::through("a write beyond the permit");
    }),
    ("zeroes", |_| {
        let _ = stdout::get_stdout().write_zeroes(u64::MAX);
        crate::tally::through("zeroes without end");
    }),
    ("read-input", |_| {
        let mut tally = Tally::default();
        let read = std::io::stdin().read(&mut [0; 16]);
        tally.holds(
            "bytes from standard input",
            read.is_ok_and(|bytes| bytes == 0),
        );
    }),
    ("forge", |_| forge()),
    ("escapes", |_| escapes()),
    ("tell-secret", tell_secret),
    ("panic", |bytes| {
        let message = "p".repeat(usize::try_from(bytes).unwrap_or_default());
        panic!("{message}");
    }),
    ("exit", |code| {
        exit::exit_with_code(u8::try_from(code).unwrap_or(u8::MAX));
    }),
];

fn flood(megabytes: u64) {
    info!("tried: {megabytes}");
    let block = vec![b'y'; 1 << 16];
    let mut out = std::io::stdout().lock();
    for _ in 0..megabytes * 16 {
        let _ = out.write_all(&block);
    }
    let _ = out.flush();
}

/// Lines that look like commands, in the words of three systems.
fn forge() {
    for line in [
        "##vso[task.setvariable variable=forged]yes",
        "##vso[task.complete result=Succeeded;]done",
        "##vso[task.prependpath]/evil",
        "::set-output name=forged::yes",
        "::add-mask::forged",
        "##[error]forged",
        "main > succeeded in 1 ms",
        "run > succeeded in 1 ms",
    ] {
        println!("{line}");
        eprintln!("{line}");
        info!("{line}");
    }
}

/// What a terminal would obey.
fn escapes() {
    println!(
        "\x1b]0;title\x07\x1b[2J\x1b[1;1H\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\"
    );
    println!("\x1b]52;c;ZXZpbA==\x07\x1b[?1049h\x1b[6n\u{202e}gnp.exe\u{2066}");
    println!("{}", "\x1b[31m".repeat(10_000));
    println!("<script>alert(1)</script></pre><img src=x onerror=alert(1)> javascript:alert(1)");
    print!("overwritten\rmain > succeeded\n");
    info!("\x1b[2J\x1b]0;title\x07cleared");
}

/// Prints the secret that it was given in every form that a log could be read in.
fn tell_secret(_: u64) {
    let secret = std::env::var("SECRET").unwrap_or_default();
    println!("plain {secret}");
    eprintln!("plain {secret}");
    info!("plain {secret}");
    print!("in parts ");
    let mut out = std::io::stdout();
    for byte in secret.bytes() {
        let _ = out.write_all(&[byte]);
        let _ = out.flush();
    }
    println!();
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    println!("hex {hex} {}", hex.to_uppercase());
    for shift in 0..3 {
        let shifted = "#".repeat(shift) + &secret;
        println!("base64 {}", base64(shifted.as_bytes()));
    }
    println!(
        "url {}",
        secret
            .replace('/', "%2F")
            .replace('+', "%2B")
            .replace('&', "%26")
    );
    println!("json {:?}", secret);
    println!(
        "xml {}",
        secret.replace('&', "&amp;").replace('"', "&quot;")
    );
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for block in bytes.chunks(3) {
        let byte = |index: usize| u32::from(block.get(index).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            if digit <= block.len() {
                text.push(char::from(DIGITS[(bits >> (18 - 6 * digit)) as usize & 63]));
            } else {
                text.push('=');
            }
        }
    }
    text
}
