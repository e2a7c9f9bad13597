//! A declaration is both what people are told and how values are parsed.

use stepwell_task::{InputSet, Result, WorkspacePath};

stepwell_task::choice! {
    enum Level { Low = "low", High = "high" }
}

stepwell_task::task! {
    /// Tries every
    /// kind of input.
    name: "everything",
    inputs: Inputs {
        /// A text.
        text: String,
        /// Where to look.
        start_in: WorkspacePath = ".",
        /// How many.
        max: u32 = 10,
        /// Which part.
        ratio: f64 = 0.5,
        /// Whether to go on.
        keep_going: bool = false,
        /// What to leave out.
        exclude: Vec<String> = ["a b", "c"],
        /// What to take.
        only: Vec<WorkspacePath> = [],
        /// How bad.
        level: Level = Level::High,
        /// Where to write.
        output: Option<WorkspacePath>,
        /// A keyword.
        r#type: Option<i8>,
    },
    run: run,
}

fn run(_: Inputs) -> Result {
    Ok(())
}

#[test]
fn the_declaration_is_what_people_are_told() {
    let described: Vec<String> = Inputs::describe()
        .into_iter()
        .map(|input| {
            format!(
                "{} {:?} required={} default={:?} allowed={:?} {}",
                input.name,
                input.kind,
                input.required,
                input.default_value.as_deref(),
                input.allowed_values,
                input.help,
            )
        })
        .collect();
    let expected = [
        r#"text InputType::Text required=true default=None allowed=[] A text."#,
        r#"start-in InputType::Path required=false default=Some(".") allowed=[] Where to look."#,
        r#"max InputType::Number required=false default=Some("10") allowed=[] How many."#,
        r#"ratio InputType::Number required=false default=Some("0.5") allowed=[] Which part."#,
        r#"keep-going InputType::Boolean required=false default=Some("false") allowed=[] Whether to go on."#,
        r#"exclude InputType::Lines required=false default=Some("a b\nc") allowed=[] What to leave out."#,
        r#"only InputType::Lines required=false default=Some("") allowed=[] What to take."#,
        r#"level InputType::Text required=false default=Some("high") allowed=["low", "high"] How bad."#,
        r#"output InputType::Path required=false default=None allowed=[] Where to write."#,
        r#"type InputType::Number required=false default=None allowed=[] A keyword."#,
    ];
    assert_eq!(described, expected);
}

#[test]
fn every_default_parses_to_what_was_declared() {
    let inputs = Inputs::from_values(&[("text", "$(x)")]).unwrap();
    assert_eq!(inputs.text, "$(x)");
    assert_eq!(inputs.start_in.as_str(), ".");
    assert_eq!((inputs.max, inputs.ratio), (10, 0.5));
    assert!(!inputs.keep_going);
    assert_eq!(inputs.exclude, ["a b", "c"]);
    assert!(inputs.only.is_empty());
    assert_eq!(inputs.level, Level::High);
    assert_eq!((inputs.output, inputs.r#type), (None, None));
}

#[test]
fn given_values_are_parsed_by_their_type() {
    let inputs = Inputs::from_values(&[
        ("text", ""),
        ("max", " 7 "),
        ("keep-going", "true"),
        ("exclude", "\n  x  \r\n\ny"),
        ("only", "src\ndocs/"),
        ("level", "low"),
        ("output", "./out//a"),
        ("type", "-3"),
    ])
    .unwrap();
    assert_eq!((inputs.text.as_str(), inputs.max), ("", 7));
    assert!(inputs.keep_going);
    assert_eq!(inputs.exclude, ["x", "y"]);
    let only: Vec<&str> = inputs.only.iter().map(WorkspacePath::as_str).collect();
    assert_eq!(only, ["src", "docs"]);
    assert_eq!(inputs.level, Level::Low);
    assert_eq!(
        inputs.output.as_ref().map(WorkspacePath::as_str),
        Some("out/a")
    );
    assert_eq!(inputs.r#type, Some(-3));
}

#[test]
fn one_wrong_value_is_the_message_itself() {
    let cases = [
        (
            ("max", "-1"),
            "input `max`: `-1` is no whole number from 0 to 4294967295",
        ),
        (("ratio", "inf"), "input `ratio`: `inf` is no number"),
        (
            ("keep-going", "yes"),
            "input `keep-going`: `yes` is neither `true` nor `false`",
        ),
        (
            ("level", "hihg"),
            "input `level`: `hihg` is not one of `low`, `high`",
        ),
        (
            ("only", "src\n\n/etc"),
            "input `only`: line 3: `/etc` is absolute; paths are relative to the workspace",
        ),
    ];
    for (wrong, message) in cases {
        let failure = Inputs::from_values(&[("text", "x"), wrong]).unwrap_err();
        assert_eq!(failure.message(), message);
    }
}

#[test]
fn all_wrong_values_are_told_at_once() {
    let failure = Inputs::from_values(&[("max", "many"), ("type", "1000")]).unwrap_err();
    assert_eq!(failure.message(), "3 inputs cannot be used");
    assert_eq!(
        failure.details().unwrap(),
        "input `text`: a value is required\n\
         input `max`: `many` is no whole number from 0 to 4294967295\n\
         input `type`: `1000` is no whole number from -128 to 127"
    );
}
