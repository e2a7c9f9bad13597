//! What is done about what is seen of a branch: `[watch]`.

use crate::reader::{Entry, Reader, Table};
use crate::{Part, PartKind, Spanned, Watch, did_you_mean};
use stepwell_diagnostic::Diagnostic;
use stepwell_event::Person;

/// Reads `[watch]` of a pipeline that declares these components.
pub(crate) fn read(reader: &mut Reader, entry: &Entry<'_>, parts: &[Part]) -> Watch {
    let Some(mut table) = reader.table(entry, "`watch`") else {
        return Watch::default();
    };
    let default_recipient = table
        .take("default-recipient")
        .and_then(|entry| recipient(reader, &entry));
    let base = table.take("base").and_then(|entry| reader.line(&entry));
    let exclude = table
        .take("exclude")
        .and_then(|entry| reader.strings(&entry));
    let max_per_day = table
        .take("max-per-day")
        .and_then(|entry| per_day(reader, &entry));
    let notify = names(reader, &mut table, "notify", PartKind::Notifier, parts);
    let publish = names(reader, &mut table, "publish", PartKind::Publisher, parts);
    table.finish(reader, &[]);
    Watch {
        base,
        exclude: excluded(reader, exclude.unwrap_or_default()),
        max_per_day,
        default_recipient,
        notify,
        publish,
    }
}

/// Authors that are not told.
fn excluded(reader: &mut Reader, texts: Vec<Spanned<String>>) -> Vec<String> {
    let mut kept = Vec::with_capacity(texts.len());
    for text in texts {
        let domain = text.value.rsplit_once('@').map(|(_, domain)| domain);
        if domain.is_none_or(str::is_empty) {
            let message = format!("{:?} in `exclude` is no address", text.value);
            reader.report(
                Diagnostic::error("invalid-value", message)
                    .at(text.span, "has no domain")
                    .help("such as `\"bot@example.org\"`, or `\"@bots.example.org\"` for all of a domain"),
            );
            continue;
        }
        kept.push(text.value);
    }
    kept
}

fn per_day(reader: &mut Reader, entry: &Entry<'_>) -> Option<u32> {
    let most = u32::try_from(reader.integer(entry)?).ok();
    if most.is_none() {
        let message = "`max-per-day` must be a number of culprits, or 0 to tell of none";
        reader.report(Diagnostic::error("out-of-range", message).at(entry.span(), "out of range"));
    }
    most
}

/// Names of declared components of a kind.
fn names(
    reader: &mut Reader,
    table: &mut Table<'_>,
    key: &'static str,
    kind: PartKind,
    parts: &[Part],
) -> Option<Vec<Spanned<String>>> {
    let entry = table.take(key)?;
    let mut names = reader.strings(&entry)?;
    let declared = parts.iter().filter(|part| part.kind == kind);
    let declared: Vec<&str> = declared.map(|part| part.name.value.as_str()).collect();
    names.retain(|name| {
        let known = declared.contains(&name.value.as_str());
        if !known {
            let kind = kind.as_str();
            let label = did_you_mean(&name.value, declared.iter().copied(), "not declared");
            let message = format!("unknown {kind} {:?}", name.value);
            reader.report(
                Diagnostic::error("unknown-part", message)
                    .at(name.span.clone(), label)
                    .help(format!("declare it: `[{kind}s.NAME]`")),
            );
        }
        known
    });
    Some(names)
}

/// `NAME <ADDRESS>`, or an address alone.
fn recipient(reader: &mut Reader, entry: &Entry<'_>) -> Option<Person> {
    let text = reader.line(entry)?;
    let trimmed = text.value.trim();
    let bracketed = trimmed
        .strip_suffix('>')
        .and_then(|text| text.split_once('<'));
    let (name, email) = bracketed.unwrap_or(("", trimmed));
    let odd = |c: char| c.is_whitespace() || matches!(c, '<' | '>' | ',' | ';');
    let parts = email.rsplit_once('@');
    if !email.contains(odd)
        && parts.is_some_and(|(user, host)| !user.is_empty() && !host.is_empty())
    {
        return Some(Person {
            name: name.trim().to_owned(),
            email: email.to_owned(),
        });
    }
    reader.report(
        Diagnostic::error("invalid-value", "`default-recipient` must be one address")
            .at(text.span, "no address of e-mail")
            .help("such as `\"team@example.org\"` or `\"The team <team@example.org>\"`"),
    );
    None
}
