//! Texts come out as they went in.

use crate::import;
use proptest::prelude::*;

/// A text in double quotes of YAML.
fn quoted(text: &str) -> String {
    let escaped: String = text
        .chars()
        .map(|c| match c {
            '"' => "\\\"".to_owned(),
            '\\' => "\\\\".to_owned(),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                format!("\\U{:08x}", u32::from(c))
            }
            c => c.to_string(),
        })
        .collect();
    format!("\"{escaped}\"")
}

fn check(text: &str) {
    let yaml = format!(
        "variables:\n  V: {0}\nsteps:\n- script: {0}\n- task: T@1\n  inputs: {{ i: {0}, l: [{0}] }}\n  env:\n    E: {0}\n",
        quoted(text)
    );
    let table: toml::Table = import(&yaml).toml.parse().unwrap();
    assert_eq!(table["variables"]["V"].as_str(), Some(text));
    assert_eq!(table["steps"][0]["run"].as_str(), Some(text));
    assert_eq!(table["steps"][1]["inputs"]["i"].as_str(), Some(text));
    assert_eq!(table["steps"][1]["inputs"]["l"][0].as_str(), Some(text));
    assert_eq!(table["steps"][1]["env"]["E"].as_str(), Some(text));
}

#[test]
fn awkward_texts_are_kept() {
    let texts = [
        "",
        " ",
        "$(x)",
        "$[ variables['a'] ]",
        "${{ parameters.x }} and '''more'''",
        "\"\"\"",
        "'''\"\"\"",
        "ends with a quote\"",
        "two\nlines",
        "\nstarts with a line",
        "ends with lines\n\n",
        "back\\slash\n\\",
        "windows\r\nlines\r",
        "tab\tbell\u{7}nul\u{0}del\u{7f}",
        "größe 📦 \u{2028}",
        "# no comment",
        "true",
        "3.10",
        "~",
    ];
    for text in texts {
        check(text);
    }
}

proptest! {
    #[test]
    fn any_text_is_kept(text in "[\\PC\"'\\\\\n\r\t$(){}#\u{0}-\u{1f}]{0,40}") {
        check(&text);
    }
}
