use super::form::forms;
use super::user_info::MAX_USER_INFO;
use super::*;
use proptest::prelude::*;

fn mask(rules: Rules, secrets: &[&str]) -> Mask {
    let mut mask = Mask::new(rules);
    for secret in secrets {
        mask.add(secret).unwrap();
    }
    mask
}

/// Masks by comparing everything with everything.
fn naive(rules: Rules, secrets: &[&str], text: &str) -> String {
    let mut secret = vec![false; text.len()];
    for form in secrets.iter().flat_map(|secret| forms(secret, rules)) {
        for start in 0..text.len() {
            if text.as_bytes()[start..].starts_with(form.as_bytes()) {
                secret[start..start + form.len()].fill(true);
            }
        }
    }
    let mut masked = String::new();
    for (index, char) in text.char_indices() {
        match (secret[index], index > 0 && secret[index - 1]) {
            (false, _) => masked.push(char),
            (true, false) => masked.push_str("***"),
            (true, true) => {}
        }
    }
    masked
}

#[test]
fn the_agents_own_table() {
    let check = |secrets: &[&str], minimum: i64, text: &str, expect: &str| {
        let mask = mask(Rules::new(minimum, false), secrets);
        assert_eq!(mask.apply(text), expect, "{secrets:?} in {text}");
    };
    check(&["def"], 0, "abcdefg", "abc***g");
    check(&["def", "bcd"], 0, "abcdefg", "a***g");
    check(&["efg", "bcd"], 0, "abcdefgh", "a***h");
    check(&["efg", "bcd"], 9, "abcdefgh", "abcdefgh");
    check(&["efg", "bcd"], -1, "abcdefgh", "a***h");
    check(&["efghij", "bcd"], 9, "abcdefghijk", "abcd***k");
    check(
        &[],
        0,
        "https://user:pass@example.com",
        "https://user:***@example.com",
    );
    check(
        &[],
        0,
        "https://simpledomain@example.com",
        "https://simpledomain@example.com",
    );
}

#[test]
fn secrets_are_replaced_and_neighbours_merge() {
    let check = |secrets: &[&str], text: &str, expect: &str| {
        let mask = mask(Rules::default(), secrets);
        assert_eq!(mask.apply(text), expect, "{secrets:?} in {text}");
    };
    check(&[], "abcdefg", "abcdefg");
    check(&["bcd", "abcdef"], "xabcdefx", "x***x");
    check(&["def"], "DEF", "DEF");
    check(&["aba"], "xabababax", "x***x");
    check(&["def"], "def", "***");
    check(&["ab"], "ab-aab-bab", "***-a***-b***");
    check(&["abcd"], "abcd-aabcd-babc", "***-a***-babc");
    check(&["pass word"], "pass  word", "pass  word");
    check(&["  token "], "a token b", "a *** b");
    check(&["  token "], "(token)", "(***)");
    check(&["\"quoted\""], "\"quoted\" quoted", "*** ***");
    check(&["'quoted'"], "<quoted>", "<***>");
    check(&["größe"], "die größe zählt", "die *** zählt");
    check(&["p@ss/word"], "p%40ss%2Fword p%40ss%2fword", "*** ***");
    check(
        &["hunter2"],
        "aHVudGVyMg== eGh1bnRlcjI= eHhodW50ZXIy",
        "*** eG*** eHh***",
    );
    check(
        &["Server=db;Password=x"],
        "Server=dB;Server=db;Password=x",
        "Server=dB;***",
    );
}

#[test]
fn passwords_in_urls_are_masked() {
    let check = |text: &str, expect: &str| {
        assert_eq!(Mask::default().apply(text), expect, "{text}");
    };
    check("//u:p@h", "//u:***@h");
    check("redis://:p@h:6379/0", "redis://:***@h:6379/0");
    check(
        "a https://u:p@h/x https://v:q@h, b",
        "a https://u:***@h/x https://v:***@h, b",
    );
    check("https://u:p@q:r@h", "https://u:***@h");
    // stepwell:allow-secret
    check("https://u:p%40@h", "https://u:***@h");
    check("https://u:@h", "https://u:@h");
    check("https://h:8080/a@b", "https://h:8080/a@b");
    check("https://h?q=u:p@h", "https://h?q=u:p@h");
    // stepwell:allow-secret
    check("https://h:80#u@h", "https://h:80#u@h");
    check("https:///u:p@h", "https:///u:***@h");
    check("// note: ask me@h", "// note: ask me@h");
    check("https://u:p\n@h", "https://u:p\n@h");
    check("u:p@h /u:p@h", "u:p@h /u:p@h");
    let long = "p".repeat(MAX_USER_INFO - 3);
    check(&format!("//u:{long}@h"), "//u:***@h");
    let longer = format!("//u:{long}pp@h //u:p@h");
    check(&longer, &format!("//u:{long}pp@h //u:***@h"));
}

#[test]
fn secrets_of_several_lines_need_a_rule() {
    let key = "-----BEGIN\nabc\ndef\n-----END\n";
    let why = Refusal::Unmaskable("secrets cannot contain multiple lines".to_owned());
    assert_eq!(Mask::default().add(key), Err(why.clone()));
    assert_eq!(Mask::default().add("a\rb"), Err(why));
    let mask = mask(Rules::new(0, true), &[key]);
    let text = format!("x{key}y abc {}", key.trim().replace('\n', "\r\n"));
    assert_eq!(mask.apply(&text), "x***y abc ***");
}

#[test]
fn what_cannot_be_masked_is_refused_or_ignored() {
    let mut mask = Mask::default();
    for secret in ["", " ", "\t  "] {
        assert_eq!(mask.add(secret), Ok(()), "{secret:?}");
    }
    for secret in ["a", " a ", "é"] {
        let refusal = mask.add(secret);
        assert!(matches!(refusal, Err(Refusal::Unmaskable(_))), "{secret:?}");
    }
    assert_eq!(mask.apply("a b é"), "a b é");
    let mut mask = Mask::new(Rules::new(3, false));
    assert_eq!(mask.add("a"), Ok(()));
    assert_eq!(mask.add("ab"), Ok(()));
    assert_eq!(mask.add("abc"), Ok(()));
    assert_eq!(mask.apply("a ab abc"), "a ab ***");
}

#[test]
fn there_is_an_end_to_secrets() {
    let mut mask = Mask::default();
    let long = "x".repeat(MAX_SECRET + 1);
    assert!(matches!(mask.add(&long), Err(Refusal::TooLarge(_))));
    for number in 0..MAX_SECRETS {
        mask.add(&format!("secret-{number}")).unwrap();
    }
    assert!(matches!(mask.add("one more"), Err(Refusal::TooLarge(_))));
    assert_eq!(mask.add("secret-7"), Ok(()));
    assert_eq!(mask.apply("one more secret-99"), "one more ***");
    let mut mask = Mask::default();
    for fill in ["a", "b", "c", "d"] {
        mask.add(&fill.repeat(MAX_SECRET)).unwrap();
    }
    assert!(matches!(mask.add("one more"), Err(Refusal::TooLarge(_))));
    let mut mask = Mask::default();
    let mut escapes = |first: &str| mask.add(&format!("\"{first}{}\"", "%\u{1b}".repeat(8_000)));
    assert_eq!(escapes("a"), Ok(()));
    assert_eq!(escapes("b"), Ok(()));
    assert!(matches!(escapes("c"), Err(Refusal::TooLarge(_))));
}

#[test]
fn a_secret_is_masked_from_the_moment_it_is_known() {
    let mut mask = Mask::default();
    mask.add("first").unwrap();
    let text = "first second third";
    let mut scan = mask.scan(text);
    assert_eq!(scan.print(text, 0..text.len()), "*** second third");
    mask.add("second").unwrap();
    assert_eq!(scan.settled(&mask), 0);
    scan.advance(&mask, text, text.len());
    assert_eq!(scan.print(text, 0..text.len()), "*** *** third");
}

/// Secrets of all lengths that the sieves tell apart, which overlap one another.
fn secrets() -> impl Strategy<Value = Vec<String>> {
    let secret = prop_oneof![
        "[ab]{2,3}",
        "[ab]{4,7}",
        "[ab]{8,14}",
        "[ab\\\\\"' é]{2,12}",
        "[ab\n]{2,12}",
    ];
    prop::collection::vec(secret, 0..6).prop_map(|mut secrets| {
        secrets.retain(|secret| Mask::new(Rules::new(0, true)).add(secret).is_ok());
        secrets
    })
}

/// Text in which secrets and their forms are likely.
fn text(secrets: &[String]) -> impl Strategy<Value = String> + use<> {
    let rules = Rules::new(0, true);
    let mut forms: Vec<String> = secrets.iter().flat_map(|one| forms(one, rules)).collect();
    forms.push("a".to_owned());
    let part = prop_oneof![
        prop::sample::select(forms.clone()),
        (prop::sample::select(forms), any::<prop::sample::Index>()).prop_map(|(form, index)| {
            let cut = form.floor_char_boundary(index.index(form.len()));
            form[..cut].to_owned()
        }),
        "[abc\n]{0,12}",
    ];
    prop::collection::vec(part, 0..12).prop_map(|parts| parts.concat())
}

fn secrets_and_text() -> impl Strategy<Value = (Vec<String>, String)> {
    secrets().prop_flat_map(|secrets| {
        let text = text(&secrets);
        (Just(secrets), text)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_024))]

    #[test]
    fn every_byte_of_every_form_is_masked_and_no_other((secrets, text) in secrets_and_text()) {
        let rules = Rules::new(0, true);
        let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
        prop_assert_eq!(mask(rules, &secrets).apply(&text), naive(rules, &secrets, &text));
    }

    #[test]
    fn what_is_settled_stays_however_the_text_grows(
        (secrets, text) in secrets_and_text(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        urls in any::<bool>(),
    ) {
        let text = if urls { text.replace("aa", "//").replace("ba", ":").replace('b', "@") } else { text };
        let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
        let mask = mask(Rules::new(0, true), &secrets);
        let whole = mask.scan(&text);
        let mut cuts: Vec<usize> = cuts
            .iter()
            .map(|index| text.floor_char_boundary(index.index(text.len() + 1)))
            .collect();
        cuts.push(text.len());
        cuts.sort_unstable();
        let mut scan = Scan::default();
        let (mut printed, mut gone) = (String::new(), 0);
        for cut in cuts {
            let rest = &text[gone..cut];
            scan.advance(&mask, rest, rest.len());
            let settled = rest.floor_char_boundary(scan.settled(&mask));
            if settled > 0 {
                let expect = whole.print(&text, gone..gone + settled);
                prop_assert_eq!(scan.print(rest, 0..settled), expect);
            }
            printed.push_str(&rest[..settled]);
            scan.forget(settled);
            scan.shift(settled);
            gone += settled;
        }
        prop_assert!(text.starts_with(&printed));
    }

    #[test]
    fn no_password_is_left_in_any_url(
        user in "[a-z]{0,4}",
        password in "[a-z@:!\"'%\\\\]{1,12}",
        before in "[a-z/ :@]{0,8}",
    ) {
        let text = format!("{before} x://{user}:{password}@host/");
        let end = format!("x://{user}:***@host/");
        let masked = Mask::default().apply(&text).into_owned();
        prop_assert!(masked.ends_with(&end), "{}", masked);
    }
}
