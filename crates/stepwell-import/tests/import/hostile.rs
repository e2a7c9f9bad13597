//! Sources that nobody writes.

use crate::import;
use insta::assert_snapshot;
use proptest::prelude::*;
use stepwell_import::azure_pipelines;

/// Where and why a source is refused.
fn refusal(yaml: &str) -> String {
    let error = azure_pipelines(yaml).unwrap_err();
    format!(
        "{}:{}: {}\n{}",
        error.line, error.column, error.message, error.help
    )
}

#[test]
fn what_is_no_pipeline_is_refused() {
    let sources = [
        "",
        "# nothing\n",
        "- a\n",
        "text",
        "a: b\n",
        "steps: []\n---\nsteps: []\n",
        "steps: [",
        "steps: []\n{ a: b }: c\n",
        "steps: []\njobs: []\nsteps: []\n",
        "steps: *unknown\n",
        "steps: &a [*a]\n",
    ];
    let refusals: Vec<String> = sources.into_iter().map(refusal).collect();
    assert_snapshot!(refusals.join("\n\n"), @r#"
    1:1: the file is empty
    a pipeline has `steps`, `jobs`, `stages` or `extends`

    1:1: the file is empty
    a pipeline has `steps`, `jobs`, `stages` or `extends`

    1:1: this is neither a pipeline nor a template of Azure Pipelines
    one of them has `steps`, `jobs`, `stages`, `extends`, `variables` or `parameters` at its root

    1:1: this is neither a pipeline nor a template of Azure Pipelines
    one of them has `steps`, `jobs`, `stages`, `extends`, `variables` or `parameters` at its root

    1:1: this is neither a pipeline nor a template of Azure Pipelines
    one of them has `steps`, `jobs`, `stages`, `extends`, `variables` or `parameters` at its root

    2:1: the file has a second document
    a pipeline is one document; put the other one in its own file

    1:8: this is no YAML: unclosed bracket '['
    the file has to be one that Azure Pipelines accepts

    2:1: the key is no text
    write the key as a text; Azure Pipelines knows no other keys

    3:1: 'steps' is already defined in line 1
    a key can be there once; take away one of the two

    1:8: this is no YAML: while parsing node, found unknown anchor
    the file has to be one that Azure Pipelines accepts

    1:12: the alias stands inside of what it stands for
    write out what is meant
    "#);
}

#[test]
fn sizes_are_bounded() {
    let large = format!("steps: []\nx: {}\n", "y".repeat(1 << 20));
    let deep = format!("steps: {}{}", "[".repeat(100_000), "]".repeat(100_000));
    let blocks: String = (0..3000)
        .map(|depth| format!("{:depth$}x:\n", ""))
        .collect();
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..30 {
        let alias = format!("*a{}, ", level - 1).repeat(9);
        bomb += &format!("a{level}: &a{level} [{alias}]\n");
    }
    let mut chain = "a0: &a0 [x]\n".to_owned();
    for level in 1..90 {
        chain += &format!("a{level}: &a{level} [*a{}]\n", level - 1);
    }
    let text = "z".repeat(100_000);
    let many = format!("a: &a {text}\nsteps: [{}]", "*a, ".repeat(1000));
    let refusals: Vec<String> = [large, deep, blocks, bomb, chain, many]
        .iter()
        .map(|source| refusal(source))
        .collect();
    assert_snapshot!(refusals.join("\n\n"), @r#"
    1:1: the file has 1048590 bytes, and at most 1048576 are read
    move parts of it into templates, and import each file

    1:72: more than 64 collections are nested in one another
    move the inner ones into a template

    1:1: the file has 4507500 bytes, and at most 1048576 are read
    move parts of it into templates, and import each file

    5:10: the aliases of the file stand for too much
    Azure Pipelines has no anchors; write out what is meant, or use a template

    64:12: more than 64 collections are nested in one another
    move the inner ones into a template

    2:45: the aliases of the file stand for too much
    Azure Pipelines has no anchors; write out what is meant, or use a template
    "#);
}

/// What a short text could make long: conditions and headers that are repeated.
#[test]
fn the_output_is_bounded() {
    let mut chain = "variables:\n".to_owned();
    for branch in 0..8000 {
        let word = if branch == 0 { "if" } else { "elseif" };
        chain += &format!(
            "  ${{{{ {word} eq(a, 'some text to compare with {branch}') }}}}:\n    A: 1\n    B{branch}: 2\n"
        );
    }
    let import = import(&chain);
    assert!(import.toml.len() < 8 << 20, "{}", import.toml.len());
    let name = "n".repeat(300_000);
    let jobs = format!(
        "jobs:\n- job: {name}\n  steps: [{}]\n",
        "{ task: T }, ".repeat(20_000)
    );
    assert!(refusal(&jobs).contains("too large"));
}

#[test]
fn aliases_are_written_out() {
    let toml = import(
        "variables: &v { A: &a x, B: *a }\njobs:\n- job: one\n  variables: *v\n  steps: [!!str { task: T@1 }]\n",
    )
    .toml;
    let table: toml::Table = toml.parse().unwrap();
    assert_eq!(table["variables"]["B"].as_str(), Some("x"));
    assert_eq!(table["jobs"]["one"]["variables"]["A"].as_str(), Some("x"));
    for what in ["the anchor `v`", "the anchor `a`", "the tag `!!str`"] {
        assert!(toml.contains(what), "{what}\n{toml}");
    }
}

/// Pieces of pipelines, put together without sense.
fn piece() -> impl Strategy<Value = String> {
    let words = [
        "steps",
        "jobs",
        "stages",
        "variables",
        "parameters",
        "extends",
        "strategy",
        "matrix",
        "runOnce",
        "deploy",
        "task",
        "script",
        "template",
        "job",
        "stage",
        "deployment",
        "name",
        "value",
        "default",
        "type",
        "dependsOn",
        "pool",
        "demands",
        "target",
        "inputs",
        "env",
        "${{ if a }}",
        "${{ elseif b }}",
        "${{ else }}",
        "${{ each x in y }}",
        "${{ insert }}",
        "${{ parameters.x }}",
        "x.yml@r",
        "a.b@2",
        "T@1",
        "1",
        "true",
        "''",
        "\"\\0\"",
        "~",
        "&a",
        "*a",
        "!t",
        "# c\n",
    ];
    prop::sample::select(words.to_vec()).prop_map(str::to_owned)
}

fn nonsense() -> impl Strategy<Value = String> {
    piece().prop_recursive(6, 60, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|items| format!("[{}]", items.join(", "))),
            prop::collection::vec((piece(), inner), 0..4).prop_map(|entries| {
                let entries: Vec<String> = entries
                    .into_iter()
                    .map(|(key, value)| format!("{key:?}: {value}"))
                    .collect();
                format!("{{{}}}", entries.join(", "))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn any_text_gives_toml_or_an_error(text in "\\PC{0,200}") {
        if azure_pipelines(&text).is_ok() {
            import(&text);
        }
    }

    #[test]
    fn any_lines_give_toml_or_an_error(
        lines in prop::collection::vec(("[ ]{0,8}(- )?", piece(), "(: ?)?", piece()), 0..30),
    ) {
        let text: String = lines
            .into_iter()
            .map(|(indentation, key, colon, value)| format!("{indentation}{key}{colon}{value}\n"))
            .collect();
        if azure_pipelines(&text).is_ok() {
            import(&text);
        }
    }

    #[test]
    fn any_structure_gives_toml_or_an_error(
        steps in nonsense(), jobs in nonsense(), stages in nonsense(), variables in nonsense(),
        parameters in nonsense(), extends in nonsense(),
    ) {
        let text = format!(
            "steps: {steps}\njobs: {jobs}\nstages: {stages}\nvariables: {variables}\nparameters: {parameters}\nextends: {extends}\n"
        );
        if azure_pipelines(&text).is_ok() {
            import(&text);
        }
    }
}

#[test]
fn what_is_nested_as_deep_as_may_be_is_imported() {
    let mut steps = "steps:\n".to_owned();
    let mut values = "parameters:\n- name: p\n  type: object\n  default:\n".to_owned();
    for depth in 1..31 {
        steps += &format!("{:1$}- ${{{{ if a }}}}:\n", "", 2 * depth);
    }
    for depth in 5..60 {
        values += &format!("{:depth$}k: # why\n", "");
    }
    steps += &format!("{:62}- task: T@1\n", "");
    values += &format!("{0:60}v: |\n{0:61}two\n{0:61}lines\n", "");
    import(&steps);
    import(&values);
}
