//! Nothing is dropped: what is no part of a pipeline file stands in a comment.

use crate::import;
use granit_parser::{Event, Parser};

const FILES: [&str; 5] = [
    include_str!("../files/dotnet.yml"),
    include_str!("../files/python.yml"),
    include_str!("../files/templates.yml"),
    include_str!("../files/extends.yml"),
    include_str!("../files/services.yml"),
];

/// What is called otherwise in a pipeline file.
const NAMES: [(&str, &str); 21] = [
    ("name", ""),
    ("value", ""),
    ("job", "[jobs."),
    ("deployment", "deployment"),
    ("stage", "[stages."),
    ("displayName", "display-name"),
    ("dependsOn", "depends-on"),
    ("continueOnError", "continue-on-error"),
    ("timeoutInMinutes", "timeout = "),
    ("cancelTimeoutInMinutes", "cancel-timeout = "),
    ("retryCountOnTaskFailure", "retries = "),
    ("maxParallel", "max-parallel = "),
    ("settableVariables", "settable-variables = "),
    ("script", "run = "),
    ("bash", "run = "),
    ("pwsh", "run = "),
    ("strategy", "matrix"),
    ("runOnce", "the hook `deploy`"),
    ("preDeploy", "the hook `preDeploy`"),
    ("target", "target."),
    ("strategy", "parallel = "),
];

/// Keys, values and comments of a source.
fn said(yaml: &str) -> Vec<String> {
    let mut said = Vec::new();
    for event in Parser::new_from_str(yaml) {
        match event.unwrap() {
            (Event::Scalar(text, ..), span) if !span.is_empty() => said.push(text.into_owned()),
            (Event::Comment(text, _), _) => said.push(text.into_owned()),
            _ => {}
        }
    }
    said
}

/// Whether a text of the source is in the output: as it is, with another name, or as another type.
fn is_in(output: &str, text: &str) -> bool {
    let text = text.trim();
    let expression = text.strip_prefix("${{").and_then(|t| t.strip_suffix("}}"));
    let bare = |text: &str| {
        let words = ["if ", "elseif ", "each ", "insert"];
        let rest = words.iter().find_map(|word| text.strip_prefix(word));
        rest.unwrap_or(text).trim().to_owned()
    };
    if let Some(expression) = expression {
        let expression = expression.trim();
        return output.contains(&bare(expression))
            || expression == "else" && output.contains("not(");
    }
    let toml = text
        .split('@')
        .next()
        .unwrap_or(text)
        .replace(".yml", ".toml")
        .replace(".yaml", ".toml");
    output.contains(&toml)
        || text.lines().all(|line| output.contains(line.trim()))
        || NAMES
            .iter()
            .any(|(key, name)| *key == text && output.contains(name))
        || text.parse() == Ok(90) && output.contains("90m")
        || text.parse::<u32>().is_ok() && output.contains(&format!("{text}m\""))
}

#[test]
fn every_text_of_a_file_is_in_the_output() {
    for yaml in FILES {
        let output = import(yaml).toml;
        for text in said(yaml) {
            assert!(is_in(&output, &text), "{text:?} is not in\n{output}");
        }
    }
}

/// A key that is known nowhere is put into each mapping, one at a time.
#[test]
fn an_unknown_key_anywhere_is_in_the_output() {
    let mut places = 0;
    for yaml in FILES {
        let lines: Vec<&str> = yaml.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let content = line.trim_start_matches(' ');
            let column = line.len() - content.len();
            let inner = content.strip_prefix("- ");
            let column = column + if inner.is_some() { 2 } else { 0 };
            let key = inner.unwrap_or(content);
            let is_key = key.contains(": ") || key.ends_with(':');
            if !is_key || key.starts_with(['#', '{', '\'']) || key.contains("Write-Host") {
                continue;
            }
            let mut changed = lines.clone();
            let with = format!("{line}\n{}", lines.get(at + 1).unwrap_or(&""));
            let unknown = format!("{:column$}zzUnknown: zzValue", "");
            let first = match inner {
                Some(key) => format!(
                    "{:1$}- zzUnknown: zzValue\n{2:3$}{key}",
                    "",
                    column - 2,
                    "",
                    column
                ),
                None => format!("{unknown}\n{line}"),
            };
            if with.contains("${{") && inner.is_some() {
                continue;
            }
            changed[at] = &first;
            let text = changed.join("\n");
            // What stands in a script is no key.
            if stepwell_import::azure_pipelines(&text).is_err() {
                continue;
            }
            places += 1;
            let output = import(&text).toml;
            assert!(
                output.contains("zzUnknown") && output.contains("zzValue"),
                "line {at} of\n{text}\n{output}"
            );
        }
    }
    assert!(places > 200, "{places} places");
}

#[test]
fn every_comment_is_kept_once() {
    let yaml = "\
# 1
variables: # 2
  # 3
  A: 1 # 4
  # 5
# 6
trigger: # 7
  # 8
  - main # 9
# 10
steps: # 11
  # 12
  - script: | # 13
      # no comment
      true
    # 14
    env: # 15
      # 16
      B: 2 # 17
    # 18
  # 19
  - ${{ if x }}: # 20
    # 21
    - task: T@1 # 22
      inputs: { a: 1 } # 23
      # 24
  - checkout: self # 25
    # 26
# 27
";
    let output = import(yaml).toml;
    for number in 1..=27 {
        let comment = format!("# {number}");
        let times = output
            .lines()
            .filter(|line| line.ends_with(&comment))
            .count();
        assert_eq!(times, 1, "{comment} in\n{output}");
    }
}
