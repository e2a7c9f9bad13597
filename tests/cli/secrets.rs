//! `--secret`: a value that nobody ever reads again, neither on the screen nor on the disk.

use crate::{assert_refused, project, step};
use std::fs;
use std::path::Path;
use stepwell_testkit::TestEnv;

/// With everything in it that some encoding writes otherwise.
const SECRET: &str = r#"Hunter2"secret/value+end"#;

/// The value and what it looks like in Base64, in a URI and in JSON.
const FORMS: [&str; 4] = [
    SECRET,
    "SHVudGVyMiJzZWNyZXQvdmFsdWUrZW5k",
    "Hunter2%22secret%2Fvalue%2Bend",
    r#"Hunter2\"secret/value+end"#,
];

/// Steps that tell the secret in every way that there is.
fn telling() -> String {
    let first = step(
        "name = \"tell\"\ncommands = \"any\"\nenv = { MAPPED = \"$(TOKEN)\" }",
        &[
            "say:the token is $(TOKEN)",
            "complain:$(TOKEN)",
            "env:MAPPED",
            "env:TOKEN",
            "read:forms.txt",
            "say:##vso[task.logissue type=error;sourcepath=$(TOKEN)]$(TOKEN)",
            "say:##vso[task.setprogress value=5]$(TOKEN)",
            "say:##vso[task.setvariable variable=copy]$(TOKEN)",
            "say:##vso[task.setvariable variable=out;isOutput=true]$(TOKEN)",
            "say:##vso[task.uploadsummary]forms.txt",
            "say:##vso[build.uploadlog]forms.txt",
            "say:##vso[build.addbuildtag]$(TOKEN)",
            "say:##vso[task.$(TOKEN)]",
            "say:##vso[artifact.upload artifactname=a]$(TOKEN)",
        ],
    );
    let others = [
        step(
            "condition = \"eq(variables.TOKEN, 'x')\"",
            &["say:$(TOKEN)"],
        ),
        step(
            "condition = \"always()\"",
            &["say:$(copy) $(tell.out)", "panic:$(TOKEN)"],
        ),
        step(
            "condition = \"always()\"",
            &["say:##vso[task.complete result=Failed]$(TOKEN)"],
        ),
    ];
    format!(
        "[variables]\nHolder = \"x$(TOKEN)x\"\n\n{first}{}",
        others.concat()
    )
}

/// Everything below the folder, in one piece.
fn contents(folder: &Path) -> Vec<u8> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(contents(&path)),
            false => found.extend(fs::read(path).unwrap()),
        }
    }
    found
}

fn has(text: &[u8], words: &str) -> bool {
    text.windows(words.len())
        .any(|window| window == words.as_bytes())
}

fn run(env: &TestEnv, format: &str) -> std::process::Output {
    env.command(&["run", "--secret", "TOKEN=CI_TOKEN", "--output", format])
        .env("CI_TOKEN", SECRET)
        .output()
        .unwrap()
}

#[test]
fn a_secret_is_masked_on_the_screen_and_on_the_disk() {
    for format in ["human", "json"] {
        let env = project(&telling());
        env.write("forms.txt", FORMS.join("\n"));
        let output = run(&env, format);
        assert_eq!(output.status.code(), Some(1));
        let kept = contents(&env.project().join(".stepwell"));
        for (place, text) in [
            ("stdout", &output.stdout),
            ("stderr", &output.stderr),
            ("disk", &kept),
        ] {
            for form in FORMS {
                assert!(!has(text, form), "{form} is in {place} ({format})");
            }
        }
        // What is searched is what was said.
        for text in [&output.stdout, &kept] {
            assert!(has(text, "the token is ***"), "{format}");
        }
        assert!(!has(&output.stdout, "TOKEN=Hunter2"));
        assert!(has(&output.stdout, "TOKEN is not set"));
    }
}

#[test]
fn a_secret_takes_the_environment_variable_of_its_name() {
    let env = project(&step("", &["say:it is $(token)", "env:TOKEN"]));
    let output = env
        .command(&["run", "--secret", "TOKEN"])
        .env("TOKEN", "hunter22")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("| it is ***\n"), "{said}");
    assert!(said.contains("| TOKEN is not set\n"), "{said}");
}

#[test]
fn a_secret_reaches_the_step_that_it_is_mapped_to() {
    // The step compares what it got with a file, so that nothing has to be printed.
    let env = project(&step(
        "env = { MAPPED = \"$(TOKEN)\" }\ncondition = \"eq(variables.TOKEN, 'hunter22')\"",
        &["env:MAPPED"],
    ));
    let output = env
        .command(&["run", "--secret", "TOKEN"])
        .env("TOKEN", "hunter22")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("| MAPPED=***\n"), "{said}");
}

#[test]
fn an_environment_variable_that_is_not_there_is_refused() {
    let env = project(&step("", &["say:$(TOKEN)"]));
    for command in ["run", "check", "plan"] {
        let output = env.stepwell(&[command, "--secret", "TOKEN=CI_TOKEN"]);
        assert_refused(
            &env,
            &output,
            2,
            &[
                "error[no-secret]: the environment variable `CI_TOKEN` is not set",
                "`TOKEN`",
            ],
        );
    }
}

#[test]
fn a_secret_is_not_overwritten_and_stays_a_secret() {
    let env = project(
        &[
            step("", &["say:##vso[task.setvariable variable=TOKEN]public"]),
            step("condition = \"always()\"", &["say:it is $(TOKEN)"]),
        ]
        .concat(),
    );
    let output = env
        .command(&["run", "--secret", "TOKEN"])
        .env("TOKEN", "hunter22")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("variable `TOKEN` is read-only"), "{said}");
    assert!(said.contains("| it is ***\n"), "{said}");
}
