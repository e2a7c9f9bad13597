use super::*;

fn start(name: &str, value: &str) -> StartVariable {
    StartVariable {
        name: name.to_owned(),
        value: value.to_owned(),
        secret: false,
        read_only: false,
        untrusted: false,
    }
}

fn variables(pairs: &[(&str, &str)]) -> Variables {
    let start = pairs.iter().map(|(name, value)| start(name, value));
    Variables::new(start.collect())
}

fn refresh(variables: &mut Variables) -> Vec<String> {
    refresh_with(variables, &mut Mask::default())
}

fn refresh_with(variables: &mut Variables, mask: &mut Mask) -> Vec<String> {
    variables.refresh(mask)
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
        assert_eq!(refresh(&mut variables).len(), warned, "{pairs:?}");
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
    let mut chain: Vec<StartVariable> = (1..=50)
        .map(|level| start(&format!("v{level}"), &format!("$(v{})", level + 1)))
        .collect();
    chain.push(start("v51", "Final value"));
    let mut variables = Variables::new(chain);
    assert_eq!(
        refresh(&mut variables),
        ["variable `v1` is not expanded: it refers to variables through more than 50 levels"]
    );
    assert_eq!(variables.get("v1"), Some("$(v2)"));
    for level in 2..=51 {
        assert_eq!(variables.get(&format!("v{level}")), Some("Final value"));
    }
    assert!(refresh(&mut variables).is_empty(), "nobody is warned twice");
}

#[test]
fn a_long_chain_of_doublings_neither_recurses_nor_explodes() {
    let chain = (0..20_000)
        .rev()
        .map(|level| start(&format!("v{level}"), &format!("$(v{0})$(v{0})", level + 1)));
    let mut variables = Variables::new(chain.collect());
    assert!(refresh(&mut variables).len() > 19_000);
    assert!(variables.get("v0").is_some_and(|value| value.len() < 100));
}

#[test]
fn names_ignore_case_and_reserved_ones_cannot_be_given() {
    let mut variables = variables(&[
        ("Mixed", "first"),
        ("System.JobName", "build"),
        ("", "empty"),
        (" ", "blank"),
        ("TITLE", "dotted"),
    ]);
    let mut mask = Mask::default();
    variables
        .set(Setter::default(), assign("mIXED", "second"), &mut mask)
        .unwrap();
    assert_eq!(variables.get("MIXED"), Some("second"));
    assert_eq!(variables.get("System.JobName"), Some("build"));
    assert_eq!(variables.get(""), None);
    assert_eq!(variables.get(" "), None);
    assert_eq!(variables.get("title"), Some("dotted"));
    assert_eq!(variables.get("tıtle"), None, "no letter of Turkish");
    for name in ["system.x", "Agent.JobStatus", "SYSTEM.JOBNAME"] {
        let refusal = variables.set(Setter::default(), assign(name, "x"), &mut mask);
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
    let mut variables = variables(&[
        ("a.b", "1"),
        ("c", "$(token)!"),
        ("a_b", "2"),
        ("x=y", "odd"),
    ]);
    let mut mask = Mask::default();
    let token = Assignment {
        secret: true,
        ..assign("token", "hunter2")
    };
    variables.set(Setter::default(), token, &mut mask).unwrap();
    variables.set_job_status("Failed");
    refresh(&mut variables);
    let environment: Vec<(&str, &str)> = variables
        .environment()
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(
        environment,
        [
            ("A_B", "2"),
            ("agent.jobstatus", "Failed"),
            ("AGENT_JOBSTATUS", "Failed"),
        ]
    );
    assert_eq!(variables.get("c"), Some("hunter2!"), "a macro may use it");
}

#[test]
fn secret_and_read_only_stick() {
    let mut variables = Variables::new(Vec::new());
    let mut mask = Mask::default();
    let secret = Assignment {
        secret: true,
        ..assign("token", "hunter2")
    };
    let stored = variables.set(Setter::default(), secret, &mut mask).unwrap();
    assert_eq!(stored.value, None);
    let stored = variables
        .set(Setter::default(), assign("TOKEN", "hunter3"), &mut mask)
        .unwrap();
    assert_eq!(stored.value, None);
    assert_eq!(mask.apply("hunter2 hunter3"), "*** ***");

    let fixed = Assignment {
        read_only: true,
        ..assign("fixed", "1")
    };
    variables.set(Setter::default(), fixed, &mut mask).unwrap();
    let refusal = variables.set(Setter::default(), assign("Fixed", "2"), &mut mask);
    assert_eq!(
        refusal,
        Err(Refusal::ReadOnly(
            "variable `Fixed` is read-only".to_owned()
        ))
    );
}

#[test]
fn outputs_are_addressed_by_the_steps_name() {
    let mut variables = variables(&[("dir", "src")]);
    let mut mask = Mask::default();
    let scan = Setter {
        step: Some("scan"),
        settable: None,
    };
    let output = |value| Assignment {
        output: true,
        ..assign("seen", value)
    };
    let stored = variables.set(scan, output("no"), &mut mask).unwrap();
    assert_eq!(stored.name, "scan.seen");
    assert_eq!(variables.get("Scan.Seen"), Some("no"));
    assert_eq!(variables.get("seen"), None);
    let other = variables.set(Setter::default(), assign("scan.seen", "x"), &mut mask);
    assert!(matches!(other, Err(Refusal::ReadOnly(_))));
    let again = variables.set(scan, output("in $(dir)"), &mut mask);
    assert!(again.is_ok(), "its own step may change its mind");
    let stored = variables.set(Setter::default(), output("x"), &mut mask);
    assert!(!stored.unwrap().addressable);
    assert_eq!(variables.get("seen"), None);
    refresh(&mut variables);
    assert_eq!(
        variables.outputs(),
        [OutputVariable {
            name: "scan.seen".to_owned(),
            value: "in src".to_owned(),
            secret: false,
        }]
    );
}

#[test]
fn an_output_cannot_have_the_name_of_a_read_only_variable() {
    let mut variables = Variables::new(vec![StartVariable {
        read_only: true,
        ..start("version", "1")
    }]);
    let scan = Setter {
        step: Some("scan"),
        settable: None,
    };
    let output = Assignment {
        output: true,
        ..assign("Version", "2")
    };
    let refusal = variables.set(scan, output, &mut Mask::default());
    assert!(matches!(refusal, Err(Refusal::ReadOnly(_))));
}

#[test]
fn what_pulls_in_a_secret_is_masked_as_a_whole() {
    let mut variables = Variables::new(vec![
        StartVariable {
            secret: true,
            ..start("token", "$(user):$(pass)")
        },
        start("user", "anna"),
        start("pass", "wolf"),
        start("url", "https://$(token)@host"),
    ]);
    let mut mask = Mask::default();
    refresh_with(&mut variables, &mut mask);
    assert_eq!(mask.apply("anna wolf anna:wolf"), "anna wolf ***");
    assert_eq!(mask.apply("get https://anna:wolf@host"), "get ***");
    assert!(variables.is_secret("url"));
    assert!(!variables.is_secret("user"));
}

#[test]
fn a_macro_sees_variables_as_they_were_before_the_step() {
    let mut variables = variables(&[("v1", "$(v2)")]);
    refresh(&mut variables);
    variables
        .set(
            Setter::default(),
            assign("v2", "late"),
            &mut Mask::default(),
        )
        .unwrap();
    assert_eq!(variables.get("v1"), Some("$(v2)"));
    refresh(&mut variables);
    assert_eq!(variables.get("v1"), Some("late"));
}

#[test]
fn names_values_and_numbers_have_bounds() {
    let mut variables = Variables::new(Vec::new());
    let mut mask = Mask::default();
    for name in ["1a", "a b", "-a", "größe", "a.b"] {
        let set = variables.set(Setter::default(), assign(name, ""), &mut mask);
        assert!(set.is_ok(), "{name}");
    }
    let mut variables = Variables::new(Vec::new());
    for name in ["", " ", "a=b", "a)", "a\nb", &"x".repeat(MAX_NAME + 1)] {
        let refusal = variables.set(Setter::default(), assign(name, "x"), &mut mask);
        assert!(matches!(refusal, Err(Refusal::InvalidName(_))), "{name}");
    }
    let large = "x".repeat(MAX_VALUE + 1);
    let refusal = variables.set(Setter::default(), assign("large", &large), &mut mask);
    assert!(matches!(refusal, Err(Refusal::TooLarge(_))));
    for number in 1..=MAX_VARIABLES {
        variables
            .set(
                Setter::default(),
                assign(&format!("v{number}"), ""),
                &mut mask,
            )
            .unwrap();
    }
    let refusal = variables.set(Setter::default(), assign("more", ""), &mut mask);
    assert!(matches!(refusal, Err(Refusal::TooLarge(_))));
    variables
        .set(Setter::default(), assign("v1", "again"), &mut mask)
        .unwrap();
    let mut total = Ok(());
    for number in 1..100 {
        let value = "x".repeat(MAX_VALUE);
        total = variables
            .set(
                Setter::default(),
                assign(&format!("v{number}"), &value),
                &mut mask,
            )
            .map(drop);
    }
    assert!(matches!(total, Err(Refusal::TooLarge(_))));
    let secret = Assignment {
        secret: true,
        ..assign("v1", "a")
    };
    let refusal = variables.set(Setter::default(), secret, &mut mask);
    assert!(matches!(refusal, Err(Refusal::Unmaskable(_))));
}

#[test]
fn a_step_cannot_have_another_read_a_secret_that_was_not_given_to_it() {
    let mut mask = Mask::default();
    let mut token = start("token", "hunter22");
    token.secret = true;
    let mut computed = start("computed", "<$(token)>");
    computed.untrusted = true;
    let own = start("own", "<$(token)>");
    let reader = start("reader", "[$(planted)]");
    let mut variables = Variables::new(vec![token, computed, own, reader]);
    let setter = Setter {
        step: None,
        settable: None,
    };
    variables
        .set(setter, assign("planted", "<$(token)> $(plain)"), &mut mask)
        .unwrap();
    let warnings = refresh_with(&mut variables, &mut mask);
    for (name, value) in [
        ("own", "<hunter22>"),
        ("computed", "<$(token)>"),
        ("planted", "<$(token)> $(plain)"),
        ("reader", "[<$(token)> $(plain)]"),
    ] {
        assert_eq!(variables.get(name), Some(value), "{name}");
    }
    assert_eq!(
        warnings,
        [
            "variable `computed` is not expanded: a step wrote it, and it refers to a secret",
            "variable `planted` is not expanded: a step wrote it, and it refers to a secret",
        ]
    );
}
