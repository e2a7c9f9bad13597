use super::super::mask::Rules;
use super::*;
use proptest::prelude::*;

/// What is printed of `chunks`; lines for the parser of commands in brackets.
fn read(chunks: &[&[u8]], commands: bool, mask: &Mask) -> Vec<String> {
    let mut buffer = LineBuffer::new(commands);
    let mut lines = Vec::new();
    for chunk in chunks {
        buffer.push(chunk);
        drain(&mut buffer, mask, &mut lines);
    }
    buffer.end();
    drain(&mut buffer, mask, &mut lines);
    lines
}

fn drain(buffer: &mut LineBuffer, mask: &Mask, lines: &mut Vec<String>) {
    while let Some(stretch) = buffer.next(mask) {
        lines.push(match stretch {
            Stretch::Line(line) => format!("[{line}]"),
            Stretch::Piece(text) => text,
            Stretch::Dropped => "dropped".to_owned(),
        });
    }
}

fn mask(secrets: &[&str]) -> Mask {
    let mut mask = Mask::default();
    for secret in secrets {
        mask.add(secret).unwrap();
    }
    mask
}

#[test]
fn bytes_become_lines() {
    let check = |chunks: &[&[u8]], expect: &[&str]| {
        assert_eq!(read(chunks, false, &Mask::default()), expect, "{chunks:?}");
    };
    check(&[], &[]);
    check(&[b""], &[]);
    check(&[b"\n"], &[""]);
    check(&[b"a\nb"], &["a", "b"]);
    check(&[b"a", b"b\n", b"c", b"\n"], &["ab", "c"]);
    check(&[b"a\r\nb\r\r\nc\rd\n"], &["a", "b\r", "c\rd"]);
    check(&[b"a\r", b"\n"], &["a"]);
    check(&[b"50%\r100%\r"], &["50%\r100%"]);
    check(&[b"nul \0 stays\n"], &["nul \0 stays"]);
    check(&[b"\xc3", b"\xa9\n"], &["é"]);
    check(&[b"\xf0\x9f", b"\xa6", b"\x80\n"], &["🦀"]);
    check(&[b"\xff\xc3\n\xe2\x82"], &["\u{fffd}\u{fffd}", "\u{fffd}"]);
    check(&[b"\xc3", b"("], &["\u{fffd}("]);
}

#[test]
fn long_lines_are_split_at_characters() {
    let line = format!("{}é{}", "a".repeat(MAX_LINE - 1), "b".repeat(MAX_LINE));
    let expect = [
        format!("{}{CONTINUED}", "a".repeat(MAX_LINE - 1)),
        format!("é{}{CONTINUED}", "b".repeat(MAX_LINE - 2)),
        "bb".to_owned(),
    ];
    assert_eq!(read(&[line.as_bytes()], false, &Mask::default()), expect);
    let exact = "a".repeat(MAX_LINE);
    let bytes = format!("{exact}\r\n");
    assert_eq!(read(&[bytes.as_bytes()], false, &Mask::default()), [exact]);
}

#[test]
fn a_secret_that_crosses_a_split_is_masked_on_both_sides() {
    let mask = mask(&["hunter2"]);
    let fill = "a".repeat(MAX_LINE - 3);
    let line = format!("{fill}hunter2 rest\n");
    let expect = [format!("{fill}***{CONTINUED}"), "*** rest".to_owned()];
    assert_eq!(read(&[line.as_bytes()], false, &mask), expect);
    let bytes: Vec<&[u8]> = line.as_bytes().chunks(1).collect();
    assert_eq!(read(&bytes, false, &mask), expect);
}

#[test]
fn a_command_is_held_together_up_to_its_bound() {
    let value = "v".repeat(4 * MAX_LINE);
    let command = format!("##vso[task.setsecret]{value}\nplain\n");
    let expect = [
        format!("[##vso[task.setsecret]{value}]"),
        "plain".to_owned(),
    ];
    for size in [1_000, command.len()] {
        let chunks: Vec<&[u8]> = command.as_bytes().chunks(size).collect();
        assert_eq!(read(&chunks, true, &Mask::default()), expect);
    }
    let long = format!("##vso[task.setsecret]{}\nplain\n", "v".repeat(MAX_COMMAND));
    for size in [1_000, long.len()] {
        let chunks: Vec<&[u8]> = long.as_bytes().chunks(size).collect();
        assert_eq!(read(&chunks, true, &Mask::default()), ["dropped", "plain"]);
    }
    let split = format!("{}##vso[task.debug]x\n", "a".repeat(MAX_LINE - 2));
    for size in [1, split.len()] {
        let chunks: Vec<&[u8]> = split.as_bytes().chunks(size).collect();
        let lines = read(&chunks, true, &Mask::default());
        assert_eq!(lines, [format!("[{}]", split.trim_end())]);
    }
}

const KEY: &str = "-----BEGIN\nfirst\n\nsecond\n-----END";

fn multiline(secrets: &[&str]) -> Mask {
    let mut mask = Mask::new(Rules::new(0, true));
    for secret in secrets {
        mask.add(secret).unwrap();
    }
    mask
}

#[test]
fn a_secret_of_several_lines_is_masked_in_each_of_them() {
    let mask = multiline(&[KEY]);
    let check = |text: &str, expect: &[&str]| {
        for size in [1, 7, text.len()] {
            let chunks: Vec<&[u8]> = text.as_bytes().chunks(size).collect();
            assert_eq!(read(&chunks, true, &mask), expect, "{text}");
            assert_eq!(read(&chunks, false, &mask), expect, "{text}");
        }
        let printed: Vec<String> = pieces(text, &mask).collect();
        assert_eq!(printed, expect, "{text}");
    };
    let all = ["a ***", "***", "***", "***", "*** b"];
    check(&format!("a {KEY} b"), &all);
    check(&format!("a {} b\n", KEY.replace('\n', "\r\n")), &all);
    check(
        "-----BEGIN\nfirst\n\nthird",
        &["-----BEGIN", "first", "", "third"],
    );
    check("-----BEGIN\nfirst\n", &["-----BEGIN", "first"]);
    check("second\n-----END", &["second", "-----END"]);
}

#[test]
fn only_lines_that_may_be_of_a_secret_wait_for_the_next() {
    let mask = multiline(&[KEY]);
    let mut buffer = LineBuffer::new(true);
    let mut check = |chunk: &str, expect: &[&str]| {
        let mut lines = Vec::new();
        buffer.push(chunk.as_bytes());
        drain(&mut buffer, &mask, &mut lines);
        assert_eq!(lines, expect, "{chunk}");
    };
    check("plain\n-----\n", &["plain", "-----"]);
    check("a -----BEGIN\n", &[]);
    check("first\n", &[]);
    check("no\n-----BEGIN\n", &["a -----BEGIN", "first", "no"]);
    check("##vso[task.debug", &[]);
    check(
        "]x\nfirst\n",
        &["-----BEGIN", "[##vso[task.debug]x]", "first"],
    );
    check("-----BEGIN\n##vso\n", &["-----BEGIN", "[##vso]"]);
    check("-----BEGIN\nfirst\n\nsecond\n-----END\n", &["***"; 5]);
}

#[test]
fn a_password_in_a_url_is_masked_where_a_line_is_split() {
    let fill = "a".repeat(MAX_LINE - 12);
    let line = format!("{fill} https://user:password@host\n");
    let expect = [
        format!("{fill} https://use{CONTINUED}"),
        "r:***@host".to_owned(),
    ];
    let line_in_password = line.replacen("aaaa", "", 1);
    let fill = &fill[4..];
    let expect_in_password = [
        format!("{fill} https://user:***{CONTINUED}"),
        "***@host".to_owned(),
    ];
    for (line, expect) in [(line, expect), (line_in_password, expect_in_password)] {
        for size in [1, 1_000, line.len()] {
            let chunks: Vec<&[u8]> = line.as_bytes().chunks(size).collect();
            assert_eq!(read(&chunks, false, &Mask::default()), expect);
        }
    }
}

#[test]
fn a_line_without_end_is_printed_while_it_comes() {
    let mask = mask(&["hunter2", &"a".repeat(100)]);
    let mut buffer = LineBuffer::new(true);
    let mut printed = 0;
    for chunk in 1..100 {
        let mut lines = Vec::new();
        buffer.push(&[b'a'; 1_000]);
        drain(&mut buffer, &mask, &mut lines);
        printed += lines.len();
        assert!(chunk * 1_000 - printed * MAX_LINE < MAX_LINE + 2_000);
    }
}

#[test]
fn what_waits_is_masked_with_the_secrets_of_then() {
    let mut mask = multiline(&[KEY]);
    let mut buffer = LineBuffer::new(true);
    let mut lines = Vec::new();
    buffer.push(b"-----BEGIN\nfirst\n");
    drain(&mut buffer, &mask, &mut lines);
    assert!(lines.is_empty());
    mask.add("BEGIN").unwrap();
    buffer.push(b"\nthird\n");
    drain(&mut buffer, &mask, &mut lines);
    assert_eq!(lines, ["-----***", "first", "", "third"]);
}

/// Long runs of few different bytes, so that splits, secrets, commands and broken characters meet.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        2 => (1..40_usize).prop_map(|count| b"ab".repeat(count * 500)),
        1 => prop::sample::select(vec!["secret", "secsecretret", "c2VjcmV0", "xx\nyy", "xx\n", "yy"])
            .prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::sample::select(vec!["http://u:", "pw@", "//"])
            .prop_map(|text| text.as_bytes().to_vec()),
        1 => Just("é🦀".as_bytes().to_vec()),
        1 => Just(b"\xff\xe2\x82".to_vec()),
        2 => Just(b"\r\n".to_vec()),
        1 => Just(b"##vso".to_vec()),
        1 => Just(b"##vso[".to_vec()),
        1 => Just(b"]".to_vec()),
    ];
    prop::collection::vec(part, 0..16).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn where_the_bytes_are_cut_does_not_matter(
        text in text(),
        sizes in prop::collection::vec(prop_oneof![1..10_usize, 1_000..40_000_usize], 1..4),
        commands in any::<bool>(),
    ) {
        let mask = multiline(&["secret", "abab", "xx\nyy\nxx"]);
        let whole = read(&[&text], commands, &mask);
        let mut rest = text.as_slice();
        let mut chunks = Vec::new();
        for size in sizes.iter().cycle() {
            let Some((chunk, after)) = rest.split_at_checked(*size) else {
                chunks.push(rest);
                break;
            };
            chunks.push(chunk);
            rest = after;
        }
        prop_assert_eq!(read(&chunks, commands, &mask), whole);
    }

    #[test]
    fn no_piece_is_much_longer_than_a_line_and_no_secret_is_in_one(text in text()) {
        let mask = multiline(&["secret", "xx\nyy"]);
        let lines = read(&[&text], false, &mask);
        for line in &lines {
            prop_assert!(line.len() <= MAX_LINE + 100);
        }
        let all = lines.join("\n");
        for form in ["secret", "c2VjcmV0", "xx\nyy"] {
            prop_assert!(!all.contains(form));
        }
    }

    #[test]
    fn a_text_is_printed_as_it_would_be_if_it_came_bit_by_bit(text in text()) {
        let text = String::from_utf8_lossy(&text);
        let mask = multiline(&["secret", "xx\nyy"]);
        let mut lines = read(&[text.as_bytes()], false, &mask);
        if text.is_empty() {
            lines.push(String::new());
        }
        prop_assert_eq!(pieces(&text, &mask).collect::<Vec<_>>(), lines);
    }
}
