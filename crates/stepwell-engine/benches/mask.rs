//! How fast output is masked, next to how fast it can be copied at all.
//!
//! `cargo bench -p stepwell-engine --bench mask`. All measures of a table run in turn, several times
//! over, and the median counts, so that a busy machine slows down all of them. The log is made up of
//! what build logs are made of, always the same.

#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a benchmark reports on standard output, and has nothing to recover from"
)]

use memchr::memchr;
use std::cell::RefCell;
use std::fmt::Write;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// The two modules alone: the machines around them are no part of the measure.
#[path = "../src"]
#[expect(
    dead_code,
    unused_imports,
    unreachable_pub,
    reason = "what is measured is a part of the modules"
)]
mod engine {
    /// What `line` needs of the parser of commands.
    mod command {
        pub(crate) const PREFIX: &str = "##vso[";
    }
    pub(crate) mod line;
    pub(crate) mod mask;
}

use engine::line::{LineBuffer, Stretch};
use engine::mask::{Mask, Scan};

const MIB: usize = 1 << 20;
const LOG: usize = 100 * MIB;
const HOSTILE_LOG: usize = 10 * MIB;
const RUNS: usize = 9;
/// What a guest's write hands over at most.
const CHUNK: usize = 64 << 10;
const SECRETS: usize = 50;
const LINES_PER_SECRET: u64 = 10_000;

fn main() {
    let mut random = Random(7);
    let secrets: Vec<String> = (0..SECRETS)
        .map(|index| secret(index, &mut random))
        .collect();
    let log = log(&secrets, &mut random);
    let start = Instant::now();
    let mask = mask(&secrets);
    println!(
        "{SECRETS} secrets added in {:.1} ms",
        millis(start.elapsed())
    );
    let none = Mask::default();
    let few = ["admin", "s3cr3t", "x9", "root"].map(str::to_owned);
    let short = self::mask(&[&secrets[..], &few].concat());

    println!(
        "\na build log of {} MiB, a secret every {LINES_PER_SECRET} lines",
        LOG / MIB
    );
    let out = RefCell::new(Vec::with_capacity(2 * LOG));
    report(
        log.len(),
        &mut [
            ("copy: find line ends, copy to one buffer", &mut || {
                copy(&log, &mut out.borrow_mut())
            }),
            ("copy: a string for each line", &mut || copy_lines(&log)),
            ("mask: find secrets, copy to one buffer", &mut || {
                masked(&log, &mask, &mut out.borrow_mut())
            }),
            ("mask: no secrets but URLs", &mut || {
                masked(&log, &none, &mut out.borrow_mut())
            }),
            ("mask: and four secrets of 2 to 6 characters", &mut || {
                masked(&log, &short, &mut out.borrow_mut())
            }),
            (
                "lines: a string for each line, without secrets",
                &mut || lines(&log, &mask, false),
            ),
            ("lines: and logging commands looked for", &mut || {
                lines(&log, &mask, true)
            }),
        ],
    );
    hostile();
}

/// What a guest can do that knows its secrets.
fn hostile() {
    let mut random = Random(11);
    let many: Vec<String> = (0..500).map(|_| random.text(120)).collect();
    let start = Instant::now();
    let mask_many = mask(&many);
    println!(
        "\n500 secrets of 120 bytes added in {:.1} ms",
        millis(start.elapsed())
    );
    let runs: Vec<String> = (0..4)
        .map(|last| format!("{}{last}", "a".repeat(16_000)))
        .collect();
    let mask_runs = mask(&runs);
    let nested: Vec<String> = (2..350)
        .map(|length| "ab".repeat(length / 2) + &"a".repeat(length % 2))
        .collect();
    let mask_nested = mask(&nested);

    let beginnings = repeat(
        &many
            .iter()
            .map(|secret| &secret[..119])
            .collect::<Vec<_>>()
            .join(""),
    );
    let grams = repeat(
        &many
            .iter()
            .map(|secret| &secret[..7])
            .collect::<Vec<_>>()
            .join(""),
    );
    let whole = repeat(&many.concat());
    let lines_of_secrets = repeat(&many.join("\n"));
    let almost = repeat("a");
    let alternating = repeat("ab");
    println!("{} MiB of a hostile log", HOSTILE_LOG / MIB);
    let mut out = Vec::with_capacity(2 * HOSTILE_LOG);
    report(
        HOSTILE_LOG,
        &mut [
            ("copy: find line ends, copy to one buffer", &mut || {
                copy(&almost, &mut out)
            }),
            ("500 secrets, each without its last byte", &mut || {
                lines(&beginnings, &mask_many, true)
            }),
            ("500 secrets, the first 7 bytes of each", &mut || {
                lines(&grams, &mask_many, true)
            }),
            ("500 secrets, nothing else", &mut || {
                lines(&whole, &mask_many, true)
            }),
            ("500 secrets, one on each line", &mut || {
                lines(&lines_of_secrets, &mask_many, true)
            }),
            ("4 secrets of 16,000 `a` and a digit; `a`", &mut || {
                lines(&almost, &mask_runs, true)
            }),
            ("348 secrets that hold one another; `ab`", &mut || {
                lines(&alternating, &mask_nested, true)
            }),
            ("`//:@@@…`", &mut || {
                lines(&format!("//:{}", repeat("@")), &mask_many, true)
            }),
        ],
    );
}

fn repeat(text: &str) -> String {
    let mut log = text.repeat(HOSTILE_LOG / text.len() + 1);
    log.truncate(HOSTILE_LOG);
    log
}

fn mask(secrets: &[String]) -> Mask {
    let mut mask = Mask::default();
    for secret in secrets {
        mask.add(secret).expect("can be masked");
    }
    mask
}

fn copy(log: &str, out: &mut Vec<u8>) -> usize {
    out.clear();
    let mut rest = log.as_bytes();
    while let Some(end) = memchr(b'\n', rest) {
        let (line, after) = rest.split_at(end + 1);
        out.extend_from_slice(line);
        rest = after;
    }
    black_box(out).len()
}

fn copy_lines(log: &str) -> usize {
    let mut count = 0;
    let mut rest = log;
    while let Some(end) = memchr(b'\n', rest.as_bytes()) {
        count += black_box(rest[..end].to_owned()).len();
        rest = &rest[end + 1..];
    }
    count
}

/// The log without secrets, by chunks that end with lines.
fn masked(log: &str, mask: &Mask, out: &mut Vec<u8>) -> usize {
    out.clear();
    let mut rest = log;
    while !rest.is_empty() {
        let window = &rest[..rest.floor_char_boundary(CHUNK)];
        let end = memchr::memrchr(b'\n', window.as_bytes()).map_or(window.len(), |at| at + 1);
        let (chunk, after) = rest.split_at(end);
        let mut scan = Scan::default();
        scan.advance(mask, chunk, end);
        out.extend_from_slice(scan.print(chunk, 0..end).as_bytes());
        rest = after;
    }
    black_box(out).len()
}

fn lines(log: &str, mask: &Mask, commands: bool) -> usize {
    let mut buffer = LineBuffer::new(commands);
    let mut count = 0;
    let mut drain = |buffer: &mut LineBuffer| {
        while let Some(stretch) = buffer.next(mask) {
            if let Stretch::Piece(text) = stretch {
                count += black_box(text).len();
            }
        }
    };
    for chunk in log.as_bytes().chunks(CHUNK) {
        buffer.push(chunk);
        drain(&mut buffer);
    }
    buffer.end();
    drain(&mut buffer);
    count
}

fn report(bytes: usize, measures: &mut [(&str, &mut dyn FnMut() -> usize)]) {
    let mut times = vec![Vec::with_capacity(RUNS); measures.len()];
    for _ in 0..RUNS {
        for ((_, measure), times) in measures.iter_mut().zip(&mut times) {
            let start = Instant::now();
            black_box(measure());
            times.push(start.elapsed());
        }
    }
    let median = |times: &mut Vec<Duration>| {
        times.sort_unstable();
        times[times.len() / 2].as_secs_f64()
    };
    let seconds: Vec<f64> = times.iter_mut().map(median).collect();
    for ((name, _), time) in measures.iter().zip(&seconds) {
        let rate = bytes as f64 / MIB as f64 / time;
        println!(
            "  {name:<48} {rate:>8.0} MiB/s  {:>6.2} × copy",
            time / seconds[0]
        );
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// Numbers that are always the same (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % end
    }

    fn pick<'t>(&mut self, from: &[&'t str]) -> &'t str {
        from[self.below(from.len())]
    }

    fn text(&mut self, length: usize) -> String {
        const CHARS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/-_";
        (0..length)
            .map(|_| CHARS[self.below(CHARS.len())] as char)
            .collect()
    }

    fn hex(&mut self, length: usize) -> String {
        (0..length)
            .map(|_| b"0123456789abcdef"[self.below(16)] as char)
            .collect()
    }
}

/// Tokens, keys, passwords, connection strings.
fn secret(index: usize, random: &mut Random) -> String {
    match index % 5 {
        0 => format!("ghp_{}", random.text(36)),
        1 => random.hex(40),
        2 => format!(
            "{}-{}{}!",
            random.pick(&WORDS),
            random.pick(&WORDS),
            random.below(1_000)
        ),
        3 => format!(
            "Server=tcp:{}.db,1433;Password={};",
            random.pick(&WORDS),
            random.text(16)
        ),
        _ => random.text(20 + index) + "==",
    }
}

const WORDS: [&str; 24] = [
    "build",
    "cache",
    "compile",
    "configure",
    "container",
    "dependency",
    "deploy",
    "download",
    "error",
    "install",
    "library",
    "link",
    "module",
    "package",
    "password",
    "release",
    "resolve",
    "restore",
    "service",
    "source",
    "target",
    "test",
    "version",
    "warning",
];

fn log(secrets: &[String], random: &mut Random) -> String {
    let mut log = String::with_capacity(LOG + 1_000);
    let mut count = 0;
    while log.len() < LOG {
        count += 1;
        push_line(&mut log, random);
        if count % LINES_PER_SECRET == 0 {
            let secret = &secrets[random.below(secrets.len())];
            log.push_str(" with ");
            log.push_str(secret);
        }
        log.push('\n');
    }
    log
}

fn push_line(log: &mut String, random: &mut Random) {
    let (second, milli) = (random.below(60), random.below(1_000));
    let (word, other, third) = (
        random.pick(&WORDS),
        random.pick(&WORDS),
        random.pick(&WORDS),
    );
    let number = random.below(10_000);
    let _ = match random.below(8) {
        0 => write!(
            log,
            "2024-05-17T09:41:{second:02}.{milli:03}Z   Compiling {word}-{other} v1.{number}.0 (/home/build/src/{word}/{third})"
        ),
        1 => write!(
            log,
            "2024-05-17T09:41:{second:02}.{milli:03}Z [{number}/10000] CXX obj/{word}/{other}/{third}.{other}.o"
        ),
        2 => write!(
            log,
            "{}  ./node_modules/{word}/dist/{other}-{third}.min.js",
            random.hex(64)
        ),
        3 => write!(
            log,
            "test {word}::{other}::tests::{third}_is_{word}_{number} ... ok"
        ),
        4 => write!(
            log,
            "warning: unused variable: `{word}` at src/{other}/{third}.rs:{number}:{second}: help: prefix it with an underscore"
        ),
        5 => write!(
            log,
            "Get:{number} https://packages.example.com/{word}/{other}@{second}.{milli}/{third}.tgz sha512-{}",
            random.text(86)
        ),
        6 => write!(
            log,
            "    at {word}.{other}.{third}({word}.java:{number}) ~[{other}-{second}.{milli}.jar:?]"
        ),
        _ => write!(
            log,
            "2024-05-17T09:41:{second:02}.{milli:03}Z {{\"level\":\"info\",\"message\":\"{word} {other} done\",\"id\":\"{}\",\"took\":{number}}}",
            random.hex(32)
        ),
    };
}
