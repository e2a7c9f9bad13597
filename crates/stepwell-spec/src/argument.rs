//! What a step gives to its task: inputs, arguments, and the environment.

use crate::reader::{Entry, Reader, Table};
use crate::{Arguments, Pair, Spanned};
use stepwell_diagnostic::Diagnostic;

/// Reads `inputs` or `args`.
pub(crate) fn read(reader: &mut Reader, table: &mut Table<'_>) -> Arguments {
    let inputs = table.take("inputs");
    let args = table.take("args");
    if let (Some(inputs), Some(args)) = (&inputs, &args) {
        reader.report(
            Diagnostic::error("conflicting-keys", "a step has either inputs or args")
                .at(args.key.span.clone(), "args are for plain commands")
                .at(inputs.key.span.clone(), "inputs are for typed tasks"),
        );
        return Arguments::None;
    }
    let inputs = inputs.map(|entry| Spanned::new(pairs(reader, &entry), entry.key.span));
    let args = args.map(|entry| {
        let args = reader.strings(&entry).unwrap_or_default();
        check_quotes(reader, &args);
        let args = args.into_iter().map(|arg| arg.value).collect();
        Spanned::new(args, entry.key.span)
    });
    match (inputs, args) {
        (Some(inputs), _) => Arguments::Inputs(inputs),
        (None, Some(args)) => Arguments::Args(args),
        (None, None) => Arguments::None,
    }
}

/// Reads `env`.
pub(crate) fn env(reader: &mut Reader, entry: &Entry<'_>) -> Vec<Pair> {
    let Some(table) = reader.table(entry, "the environment") else {
        return Vec::new();
    };
    let mut env = Vec::new();
    for entry in table.entries() {
        let name = entry.key.value;
        if name.is_empty() || name.contains(['=', '\0']) {
            reader.report(
                Diagnostic::error(
                    "invalid-name",
                    format!("{name:?} cannot name an environment variable"),
                )
                .at(entry.key.span.clone(), "empty, or holds `=` or NUL"),
            );
        }
        env.extend(pair(reader, &entry));
    }
    env
}

fn pairs(reader: &mut Reader, entry: &Entry<'_>) -> Vec<Pair> {
    let Some(table) = reader.table(entry, "the inputs") else {
        return Vec::new();
    };
    let mut pairs = Vec::new();
    for entry in table.entries() {
        pairs.extend(match entry.is_array() {
            true => lines(reader, &entry),
            false => pair(reader, &entry),
        });
    }
    pairs
}

/// An entry whose value is turned into text.
fn pair(reader: &mut Reader, entry: &Entry<'_>) -> Option<Pair> {
    let value = reader.text(entry)?;
    check_quotes(reader, std::slice::from_ref(&value));
    Some(Pair {
        name: Spanned::new(entry.key.value.to_owned(), entry.key.span.clone()),
        value,
    })
}

/// An array of strings as lines of text.
fn lines(reader: &mut Reader, entry: &Entry<'_>) -> Option<Pair> {
    let problems = reader.errors();
    let items = reader.strings(entry)?;
    // Without an item that was refused, the input would be another than the one that was meant.
    if reader.errors() > problems {
        return None;
    }
    if let Some(broken) = items.iter().find(|item| item.value.contains('\n')) {
        let message = format!("an item of `{}` holds a line break", entry.key.value);
        reader.report(
            Diagnostic::error("invalid-value", message)
                .at(broken.span.clone(), "the task would see several items"),
        );
    }
    check_quotes(reader, &items);
    let items: Vec<_> = items.into_iter().map(|item| item.value).collect();
    Some(Pair {
        name: Spanned::new(entry.key.value.to_owned(), entry.key.span.clone()),
        value: Spanned::new(items.join("\n"), entry.span()),
    })
}

/// Warns of references that are quoted as for a shell. There is none: the quotes reach the task.
fn check_quotes(reader: &mut Reader, texts: &[Spanned<String>]) {
    for text in texts {
        let Some(reference) = quoted_reference(&text.value) else {
            continue;
        };
        let message = format!(
            "the quotes around `{}` are part of the value",
            reference.text
        );
        let problem = Diagnostic::warning("quoted-reference", message)
            .at(text.span.clone(), "no shell takes them away");
        reader.report(match reference.is_macro {
            true => problem.help(format!("write only `{}`", reference.text)),
            false => problem.help(format!(
                "write only `$({})`: a name in `${{ }}` is not replaced",
                reference.name
            )),
        });
    }
}

struct Reference<'t> {
    text: &'t str,
    name: &'t str,
    is_macro: bool,
}

/// The reference that is the whole of `text` inside of double quotes inside of single quotes:
/// `'"$(x)"'` or `'"${x}"'`.
///
/// Anything less may be meant: a task may take a program of its own, in which `"$(x)"` and `'$(x)'`
/// are literals. A literal that holds nothing but a quoted reference is none that anybody writes.
fn quoted_reference(text: &str) -> Option<Reference<'_>> {
    let text = text.trim().strip_prefix("'\"")?.strip_suffix("\"'")?;
    let is_macro = text.starts_with("$(");
    let name = match is_macro {
        true => text.strip_prefix("$(")?.strip_suffix(')')?,
        false => text.strip_prefix("${")?.strip_suffix('}')?,
    };
    let is_name = !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-'));
    is_name.then_some(Reference {
        text,
        name,
        is_macro,
    })
}

#[cfg(test)]
mod tests {
    use super::quoted_reference;

    #[test]
    fn only_a_reference_with_both_kinds_of_quotes_and_nothing_else_is_a_mistake() {
        for text in [
            "'\"$(x)\"'",
            " '\"$(scan.Out-Dir)\"' ",
            "'\"${GIT_BRANCH}\"'",
        ] {
            assert!(quoted_reference(text).is_some(), "{text}");
        }
        for text in [
            "",
            "$(x)",
            "\"$(x)\"",
            "'$(x)'",
            "'${x}'",
            "\"'$(x)'\"",
            "'\"$()\"'",
            "'\"$(x) \"'",
            "'\"$(x)\"' y",
            "echo '\"$(x)\"'",
            "'\"$(x)\"",
            "'\"'",
            "'\"\"'",
        ] {
            assert!(quoted_reference(text).is_none(), "{text}");
        }
    }
}
