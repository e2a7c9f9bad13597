use super::*;

fn variables(pairs: &[(&str, &str)]) -> Variables {
    let pairs: Vec<(String, String)> = pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Variables::new("build", &pairs)
}

fn assign(name: &str, value: &str) -> Assignment {
    Assignment {
        name: name.to_owned(),
        value: value.to_owned(),
        ..Assignment::default()
    }
}

#[test]
fn values_are_expanded_through_levels_but_not_around_cycles() {
    let check = |pairs: &[(&str, &str)], expect: &[(&str, &str)], warned: usize| {
        let mut variables = variables(pairs);
        assert_eq!(variables.refresh().len(), warned, "{pairs:?}");
        for (name, value) in expect {
            assert_eq!(variables.get(name), Some(*value), "{name} of {pairs:?}");
        }
    };
    let cycle = [("v1", "1_$(v2)"), ("v2", "2_$(v3)"), ("v3", "3_$(v1)")];
    check(&cycle, &cycle, 3);
    check(&[("v", "$(V)")], &[("v", "$(V)")], 1);
    check(
        &[("v1", "$(v2) $(v3)"), ("v2", "$(v2)"), ("v3", "fine")],
        &[("v1", "$(v2) $(v3)"), ("v2", "$(v2)"), ("v3", "fine")],
        2,
    );
    check(
        &[
            ("v1", "before$(v2)after"),
            ("v2", "$(v3)world"),
            ("v3", "hello"),
        ],
        &[("v1", "beforehelloworldafter"), ("v2", "helloworld")],
        0,
    );
    check(
        &[("v1", "before$($(v2)after"), ("v2", "hello")],
        &[("v1", "before$(helloafter")],
        0,
    );
    check(&[("v1", "$(nope)")], &[("v1", "$(nope)")], 0);
}

#[test]
fn fifty_levels_are_expanded_and_more_are_not() {
    let mut pairs: Vec<(String, String)> = (1..=50)
        .map(|level| (format!("v{level}"), format!("$(v{})", level + 1)))
        .collect();
    pairs.push(("v51".to_owned(), "Final value".to_owned()));
    let mut variables = Variables::new("build", &pairs);
    assert_eq!(
        variables.refresh(),
        ["variable `v1` is not expanded: it refers to variables through more than 50 levels"]
    );
    assert_eq!(variables.get("v1"), Some("$(v2)"));
    for level in 2..=51 {
        assert_eq!(variables.get(&format!("v{level}")), Some("Final value"));
    }
    assert!(variables.refresh().is_empty(), "nobody is warned twice");
}

#[test]
fn a_long_chain_of_doublings_neither_recurses_nor_explodes() {
    let pairs: Vec<(String, String)> = (0..20_000)
        .rev()
        .map(|level| (format!("v{level}"), format!("$(v{0})$(v{0})", level + 1)))
        .collect();
    let mut variables = Variables::new("build", &pairs);
    assert!(variables.refresh().len() > 19_000);
    assert!(variables.get("v0").is_some_and(|value| value.len() < 100));
}

#[test]
fn names_ignore_case_and_reserved_ones_cannot_be_given() {
    let mut variables = variables(&[
        ("Mixed", "first"),
        ("system.jobname", "mine"),
        ("AGENT.home", "mine"),
        (" ", "blank"),
    ]);
    let mut mask = Mask::default();
    variables
        .set(None, assign("mIXED", "second"), &mut mask)
        .unwrap();
    assert_eq!(variables.get("MIXED"), Some("second"));
    assert_eq!(variables.get("System.JobName"), Some("build"));
    assert_eq!(variables.get("agent.home"), None);
    assert_eq!(variables.get(" "), None);
    for name in ["system.x", "Agent.JobStatus", "SYSTEM.JOBNAME"] {
        let refusal = variables.set(None, assign(name, "x"), &mut mask);
        assert!(matches!(refusal, Err(Refusal::ReadOnly(_))), "{name}");
    }
}

#[test]
fn environment_names_are_mapped() {
    for (name, preserve_case, expect) in [
        ("test.value1", false, "TEST_VALUE1"),
        (".tesT vaLue 4", false, "_TEST_VALUE_4"),
        (" ", false, "_"),
        ("", false, ""),
        ("TestValue", true, "TestValue"),
        ("my-value", false, "MY-VALUE"),
    ] {
        assert_eq!(environment_name(name, preserve_case), expect, "{name}");
    }
}

#[test]
fn the_environment_has_each_name_once_and_no_secret() {
    let mut variables = variables(&[("a.b", "1"), ("c", "$(token)!"), ("a_b", "2")]);
    let mut mask = Mask::default();
    let token = Assignment {
        secret: true,
        ..assign("token", "hunter2")
    };
    variables.set(None, token, &mut mask).unwrap();
    variables.set_job_status("Failed");
    variables.refresh();
    let environment: Vec<(&str, &str)> = variables
        .environment()
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(
        environment,
        [
            ("SYSTEM_JOBNAME", "build"),
            ("A_B", "2"),
            ("agent.jobstatus", "Failed"),
            ("AGENT_JOBSTATUS", "Failed"),
        ]
    );
    assert_eq!(variables.get("c"), Some("hunter2!"), "a macro may use it");
}

#[test]
fn secret_and_read_only_stick() {
    let mut variables = Variables::new("build", &[]);
    let mut mask = Mask::default();
    let secret = Assignment {
        secret: true,
        ..assign("token", "hunter2")
    };
    let stored = variables.set(None, secret, &mut mask).unwrap();
    assert_eq!(stored.value, None);
    let stored = variables
        .set(None, assign("TOKEN", "hunter3"), &mut mask)
        .unwrap();
    assert_eq!(stored.value, None);
    assert_eq!(mask.apply("hunter2 hunter3"), "*** ***");

    let fixed = Assignment {
        read_only: true,
        ..assign("fixed", "1")
    };
    variables.set(None, fixed, &mut mask).unwrap();
    let refusal = variables.set(None, assign("Fixed", "2"), &mut mask);
    assert_eq!(
        refusal,
        Err(Refusal::ReadOnly(
            "variable `Fixed` is read-only".to_owned()
        ))
    );
}

#[test]
fn outputs_are_addressed_by_the_steps_name() {
    let mut variables = Variables::new("build", &[]);
    let mut mask = Mask::default();
    let output = || Assignment {
        output: true,
        ..assign("seen", "yes")
    };
    let stored = variables.set(Some("scan"), output(), &mut mask).unwrap();
    assert_eq!(stored.name, "scan.seen");
    assert_eq!(variables.get("Scan.Seen"), Some("yes"));
    assert_eq!(variables.get("seen"), None);
    let again = variables.set(Some("scan"), output(), &mut mask);
    assert!(matches!(again, Err(Refusal::ReadOnly(_))));
    let stored = variables.set(None, output(), &mut mask).unwrap();
    assert!(!stored.addressable);
    assert_eq!(variables.get("seen"), None);
}

#[test]
fn a_macro_sees_variables_as_they_were_before_the_step() {
    let mut variables = variables(&[("v1", "$(v2)")]);
    variables.refresh();
    variables
        .set(None, assign("v2", "late"), &mut Mask::default())
        .unwrap();
    assert_eq!(variables.get("v1"), Some("$(v2)"));
    variables.refresh();
    assert_eq!(variables.get("v1"), Some("late"));
}

#[test]
fn names_values_and_numbers_have_bounds() {
    let mut variables = Variables::new("build", &[]);
    let mut mask = Mask::default();
    for name in [
        "",
        "1a",
        "a b",
        "a=b",
        "-a",
        "größe",
        "a\nb",
        &"x".repeat(MAX_NAME + 1),
    ] {
        let refusal = variables.set(None, assign(name, "x"), &mut mask);
        assert!(matches!(refusal, Err(Refusal::InvalidName(_))), "{name}");
    }
    let large = "x".repeat(MAX_VALUE + 1);
    let refusal = variables.set(None, assign("large", &large), &mut mask);
    assert!(matches!(refusal, Err(Refusal::TooLarge(_))));
    for number in 1..MAX_VARIABLES {
        variables
            .set(None, assign(&format!("v{number}"), ""), &mut mask)
            .unwrap();
    }
    let refusal = variables.set(None, assign("more", ""), &mut mask);
    assert!(matches!(refusal, Err(Refusal::TooLarge(_))));
    variables
        .set(None, assign("v1", "again"), &mut mask)
        .unwrap();
    let mut total = Ok(());
    for number in 1..100 {
        let value = "x".repeat(MAX_VALUE);
        total = variables
            .set(None, assign(&format!("v{number}"), &value), &mut mask)
            .map(drop);
    }
    assert!(matches!(total, Err(Refusal::TooLarge(_))));
    let secret = Assignment {
        secret: true,
        ..assign("v1", "a")
    };
    let refusal = variables.set(None, secret, &mut mask);
    assert!(matches!(refusal, Err(Refusal::Unmaskable(_))));
}
