//! Any secrets and any output: how the output is cut changes nothing, and no secret is in it.

#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use stepwell_event::Stream;
use stepwell_fuzz::Job;
use stepwell_plan::Commands;

#[derive(Arbitrary, Debug)]
struct Said<'a> {
    secrets: Vec<&'a str>,
    cuts: Vec<u8>,
    /// Pieces between which a secret is printed.
    text: Vec<&'a [u8]>,
}

fuzz_target!(|said: Said<'_>| {
    let mut output = Vec::new();
    for (index, piece) in said.text.iter().enumerate() {
        output.extend_from_slice(piece);
        if let Some(secret) = said.secrets.get(index % said.secrets.len().max(1)) {
            output.extend_from_slice(secret.as_bytes());
        }
    }
    let mut whole = Job::start(&said.secrets, Commands::None);
    whole.print(Stream::Stdout, &output);
    whole.end();

    let mut cut = Job::start(&said.secrets, Commands::None);
    let mut rest = output.as_slice();
    for length in &said.cuts {
        let (piece, after) = rest.split_at(usize::from(*length).min(rest.len()));
        cut.print(Stream::Stdout, piece);
        rest = after;
    }
    cut.print(Stream::Stdout, rest);
    cut.end();
    assert!(whole.lines().eq(cut.lines()));

    // What is made of letters and digits cannot come about by putting in `***`, and is not refused.
    let plain = |secret: &&&str| {
        (4..64).contains(&secret.len()) && secret.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    for secret in said.secrets.iter().take(50).filter(plain) {
        assert!(whole.lines().all(|line| !line.contains(secret)), "{secret}");
    }
});
