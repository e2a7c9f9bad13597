//! Texts of the source: whether one is an expression, and what it is as a comment.

/// The expression of a text that is nothing else, `${{ expression }}`.
pub(crate) fn whole_expression(text: &str) -> Option<&str> {
    let inner = text.trim().strip_prefix("${{")?.strip_suffix("}}")?;
    let mut quoted = false;
    let mut closing = false;
    for character in inner.chars() {
        match character {
            '\'' => quoted = !quoted,
            '}' if closing && !quoted => return None,
            _ => {}
        }
        closing = character == '}' && !quoted;
    }
    Some(inner.trim()).filter(|inner| !inner.is_empty())
}

/// Whether some of a text is only known once templates are expanded.
pub(crate) fn has_expression(text: &str) -> bool {
    text.contains("${{")
}

/// The lines of a piece of the source, without the indentation that its first line has.
pub(crate) fn dedented(piece: &str, indentation: usize) -> Vec<String> {
    lines(piece)
        .map(|line| {
            let blanks = line.len() - line.trim_start_matches(' ').len();
            line.get(blanks.min(indentation)..).unwrap_or(line)
        })
        .map(said)
        .collect()
}

/// The lines of a text, with every end of a line that YAML knows.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n')
        .map(|line| line.strip_suffix('\r').unwrap_or(line))
        .flat_map(|line| line.split('\r'))
}

/// What follows `#` as a comment of TOML, which has no control characters but the tabulator.
pub(crate) fn comment(line: &str) -> String {
    let mut comment = String::from("#");
    for character in line.trim_end().chars() {
        if character.is_control() && character != '\t' {
            comment.extend(character.escape_default());
        } else {
            comment.push(character);
        }
    }
    comment
}

/// What stands in a comment that is not of the source.
pub(crate) fn said(message: &str) -> String {
    format!(" {message}")
}
