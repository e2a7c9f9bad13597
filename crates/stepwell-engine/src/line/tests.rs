use super::*;
use proptest::prelude::*;

/// What is printed of `chunks`; commands in brackets.
fn read(chunks: &[&[u8]], commands: bool, mask: &Mask) -> Vec<String> {
    fn drain(buffer: &mut LineBuffer, commands: bool, mask: &Mask, lines: &mut Vec<String>) {
        while let Some(stretch) = buffer.next(mask) {
            match stretch {
                Stretch::Line(line) if commands && line.contains(PREFIX) => {
                    lines.push(format!("[{line}]"));
                }
                Stretch::Line(line) => lines.push(mask.apply(line).into_owned()),
                Stretch::Piece(piece) => lines.push(piece.print(mask)),
                Stretch::Dropped => lines.push("dropped".to_owned()),
            }
        }
    }
    let mut buffer = LineBuffer::new(commands);
    let mut lines = Vec::new();
    for chunk in chunks {
        buffer.push(chunk);
        drain(&mut buffer, commands, mask, &mut lines);
    }
    buffer.end();
    drain(&mut buffer, commands, mask, &mut lines);
    lines
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

/// Long runs of few different bytes, so that splits, secrets and broken characters meet.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        (1..40_usize).prop_map(|count| b"ab".repeat(count * 500)),
        Just(b"secret".to_vec()),
        Just(b"secsecretret".to_vec()),
        Just("é🦀".as_bytes().to_vec()),
        Just(b"\xff\xe2\x82".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"##vso[".to_vec()),
        Just(b"]".to_vec()),
    ];
    prop::collection::vec(part, 0..12).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn where_the_bytes_are_cut_does_not_matter(
        text in text(),
        size in prop_oneof![1..10_usize, 1_000..40_000_usize],
        commands in any::<bool>(),
    ) {
        let mask = mask(&["secret", "abab"]);
        let whole = read(&[&text], commands, &mask);
        let chunks: Vec<&[u8]> = text.chunks(size).collect();
        prop_assert_eq!(read(&chunks, commands, &mask), whole);
    }

    #[test]
    fn no_piece_is_much_longer_than_a_line_and_no_secret_is_in_one(text in text()) {
        let mask = mask(&["secret"]);
        for line in read(&[&text], false, &mask) {
            prop_assert!(line.len() <= MAX_LINE + 10);
            prop_assert!(!line.contains("secret"));
        }
    }
}
