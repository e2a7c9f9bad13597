//! Where a task may send requests: `hosts` of `allow`.
//!
//! What is read here is in the one form that is compared at run time: names in lower case without a
//! final dot, methods in upper case, ports filled in. What could never fit a request is an error.

use crate::allowance::{is_short, secret_problem};
use crate::reader::{Entry, Reader, Table};
use crate::{Spanned, secret};
use std::net::{IpAddr, Ipv6Addr};
use stepwell_diagnostic::Diagnostic;
use stepwell_egress::RuleError;
use stepwell_event::HttpRule;

/// Bytes of a method, a path or the value of a header: those of a request are bounded too.
const MAX_TEXT: usize = 4 << 10;

/// Reads `hosts`: names, and tables that say more.
pub(crate) fn hosts(reader: &mut Reader, entry: &Entry<'_>) -> Vec<Spanned<HttpRule>> {
    let Some(items) = list(reader, entry, "an array of hosts") else {
        return Vec::new();
    };
    items
        .iter()
        .filter_map(|item| {
            let rule = match item.is_table() {
                true => detailed(reader, item)?,
                false => {
                    let text = reader.string(item)?;
                    plain(host(reader, &text)?)
                }
            };
            Some(Spanned::new(rule, item.span()))
        })
        .collect()
}

/// The items of an array.
fn list<'t>(reader: &mut Reader, entry: &Entry<'t>, what: &str) -> Option<Vec<Entry<'t>>> {
    if !entry.is_array() {
        let message = format!("`{}` must be {what}", entry.key.value);
        reader.report(
            Diagnostic::error("wrong-type", message)
                .at(entry.span(), "this is none")
                .help("write it in brackets"),
        );
        return None;
    }
    let items = entry.items();
    is_short(reader, entry, items.len()).then_some(items)
}

fn plain(host: String) -> HttpRule {
    HttpRule {
        tls: true,
        host,
        port: 443,
        methods: Vec::new(),
        paths: Vec::new(),
        headers: Vec::new(),
    }
}

fn detailed(reader: &mut Reader, entry: &Entry<'_>) -> Option<HttpRule> {
    let mut table = reader.table(entry, "a host of `hosts`")?;
    let name = table.take("host");
    if name.is_none() {
        reader.report_missing(
            Diagnostic::error("missing-key", "`hosts` has an item without a host")
                .at(entry.span(), "`host` is missing")
                .help("name it: `{ host = \"api.example.com\" }`"),
        );
    }
    let name = name
        .and_then(|entry| reader.string(&entry))
        .and_then(|text| host(reader, &text));
    let port = table.take("port").map(|entry| port(reader, &entry));
    let tls = table.take("scheme").and_then(|entry| {
        let tls = reader.choice(&entry, &[("https", true), ("http", false)])?;
        Some(tls.value)
    });
    let tls = tls.unwrap_or(true);
    let methods = texts(reader, &mut table, "methods", method);
    let paths = texts(reader, &mut table, "paths", path);
    let headers = table
        .take("headers")
        .map(|entry| headers(reader, &entry, tls));
    table.finish(reader, &[]);
    Some(HttpRule {
        tls,
        host: name?,
        port: port.unwrap_or(Some(if tls { 443 } else { 80 }))?,
        methods: methods?,
        paths: paths?,
        headers: headers.unwrap_or_default(),
    })
}

fn port(reader: &mut Reader, entry: &Entry<'_>) -> Option<u16> {
    let port = reader.integer(entry)?;
    let fits = u16::try_from(port).ok().filter(|port| *port > 0);
    if fits.is_none() {
        reader.report(
            Diagnostic::error("out-of-range", "`port` must be from 1 to 65535")
                .at(entry.span(), "no port"),
        );
    }
    fits
}

/// A list of texts, each in its one form; none if the key is not there, `None` if one is wrong.
fn texts(
    reader: &mut Reader,
    table: &mut Table<'_>,
    key: &'static str,
    read: fn(&str) -> Result<String, &'static str>,
) -> Option<Vec<String>> {
    let Some(entry) = table.take(key) else {
        return Some(Vec::new());
    };
    let texts = reader.strings(&entry)?;
    if !is_short(reader, &entry, texts.len()) {
        return None;
    }
    if texts.is_empty() {
        let message = format!("`{key}` is empty, so that no request would fit");
        reader.report(
            Diagnostic::error("no-effect", message)
                .at(entry.span(), "an empty list")
                .help("leave it out to allow any"),
        );
        return None;
    }
    let problems = reader.errors();
    let read = texts.iter().filter_map(|text| match read(&text.value) {
        Ok(text) => Some(text),
        Err(label) => {
            let message = format!("`{key}` cannot hold {:?}", text.value);
            reader.report(Diagnostic::error("invalid-value", message).at(text.span.clone(), label));
            None
        }
    });
    let read = read.collect();
    (reader.errors() == problems).then_some(read)
}

fn method(text: &str) -> Result<String, &'static str> {
    stepwell_egress::method(&text.to_ascii_uppercase()).map_err(|error| match error {
        RuleError::ForbiddenMethod(_) => "cannot be allowed: it would undo the other rules",
        _ => "no method of HTTP",
    })
}

fn path(text: &str) -> Result<String, &'static str> {
    if !text.starts_with('/') {
        Err("a path begins with `/`")
    } else if text.contains(['?', '#']) {
        Err("a path ends before `?` and `#`")
    } else if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Err("blanks and letters outside of ASCII are written `%20`")
    } else if text.split('/').any(|name| matches!(name, "." | "..")) {
        Err("a path of a request has no `.` and `..`")
    } else {
        stepwell_egress::path_pattern(text).map_err(|error| match error {
            RuleError::LongPath => "longer than 256 characters",
            _ => "no request's path fits it",
        })
    }
}

fn headers(reader: &mut Reader, entry: &Entry<'_>, tls: bool) -> Vec<(String, String)> {
    let Some(table) = reader.table(entry, "`headers`") else {
        return Vec::new();
    };
    let entries = table.entries();
    if !is_short(reader, entry, entries.len()) {
        return Vec::new();
    }
    let mut headers: Vec<(String, String)> = Vec::with_capacity(entries.len());
    for entry in &entries {
        let Some(value) = reader.string(entry) else {
            continue;
        };
        let name = entry.key.value.to_ascii_lowercase();
        let twice = headers.iter().any(|(known, _)| *known == name);
        let problem = header_problem(&name, &value.value, twice);
        if let Some((in_name, label, help)) = problem {
            let message = format!("header {:?} cannot be set", entry.key.value);
            let span = match in_name {
                true => entry.key.span.clone(),
                false => value.span,
            };
            let problem = Diagnostic::error("invalid-value", message).at(span, label);
            reader.report(problem.help(help));
            continue;
        }
        if !tls && secret::names(&value.value).next().is_some() {
            let message = format!("header `{name}` sends a secret in clear");
            reader.report(
                Diagnostic::warning("secret-in-clear", message)
                    .at(value.span, "anybody on the way can read it")
                    .help("use `scheme = \"https\"`"),
            );
        }
        headers.push((name, value.value));
    }
    headers
}

/// What is wrong with a header: whether with its name, why, and what to do.
fn header_problem(name: &str, value: &str, twice: bool) -> Option<(bool, String, &'static str)> {
    let wrong =
        |in_name: bool, label: &str, help: &'static str| Some((in_name, label.to_owned(), help));
    const SECRET: &str = "write `${secret:NAME}` for the value of a secret variable";
    if !is_token(name) {
        return wrong(
            true,
            "no name of a header",
            "write a name such as `Authorization`",
        );
    }
    if stepwell_egress::header_name(name).is_err() {
        let help = "leave it out: it says how the request travels, and is written by the host";
        return wrong(true, "set by the host alone", help);
    }
    if twice {
        return wrong(true, "once more", "write it once: case does not matter");
    }
    let printable = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
    if value.is_empty() || value.trim() != value || !value.bytes().all(printable) {
        return wrong(
            false,
            "not a value that a header can have",
            "write printable ASCII without blanks at the ends",
        );
    }
    if value.len() > MAX_TEXT {
        return wrong(false, "longer than 4 KiB", "a header is one short line");
    }
    for part in secret::parts(value) {
        match part {
            secret::Part::Text(text) if text.contains("${") => {
                return wrong(false, "`${` opens nothing else here", SECRET);
            }
            secret::Part::Text(text) if text.contains("$(") => {
                return wrong(false, "`$(…)` is not expanded here", SECRET);
            }
            secret::Part::Text(_) => {}
            secret::Part::Secret(name) => {
                if let Some(problem) = secret_problem(name) {
                    return Some((false, problem, SECRET));
                }
            }
        }
    }
    None
}

/// A word as HTTP has it in names and methods.
fn is_token(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.len() <= 100 && text.bytes().all(fits)
}

/// The one form of a host.
fn host(reader: &mut Reader, text: &Spanned<String>) -> Option<String> {
    match normal_host(&text.value) {
        Ok(host) => Some(host),
        Err((label, help)) => {
            let message = format!("{:?} is no host", text.value);
            let problem = Diagnostic::error("invalid-value", message);
            reader.report(problem.at(text.span.clone(), label).help(help));
            None
        }
    }
}

/// A host's name or address in its one form, or what is wrong and what to write.
fn normal_host(text: &str) -> Result<String, (&'static str, String)> {
    let form = || "write a name such as `api.example.com`, or an address".to_owned();
    if let Some((scheme, rest)) = text.split_once("://") {
        let host = rest.split(['/', ':']).next().unwrap_or_default();
        let help = match scheme {
            "http" => format!("write `{{ host = \"{host}\", scheme = \"http\" }}`"),
            _ => format!("write `\"{host}\"`; `paths` and `port` stand beside `host` in a table"),
        };
        return Err(("a URL", help));
    }
    if let Some((host, _)) = text.split_once('/') {
        let help = format!("write `{{ host = \"{host}\", paths = [\"/…\"] }}`");
        return Err(("a path follows the host", help));
    }
    let bracketed = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    if let Ok(address) = bracketed.unwrap_or(text).parse::<Ipv6Addr>() {
        return Ok(address.to_string());
    }
    if let Some((host, port)) = text.rsplit_once(':') {
        let help = match port.parse::<u16>() {
            Ok(port) => format!("write `{{ host = \"{host}\", port = {port} }}`"),
            Err(_) => form(),
        };
        return Err(("a port follows the host", help));
    }
    if !text.is_ascii() {
        let help = "write it as it is looked up, with `xn--`".to_owned();
        return Err(("a letter outside of ASCII", help));
    }
    let lower = text.to_ascii_lowercase();
    let lower = lower.strip_suffix('.').unwrap_or(&lower);
    let (star, name) = match lower.strip_prefix("*.") {
        Some(name) => ("*.", name),
        None => ("", lower),
    };
    if name.contains('*') || name.is_empty() {
        let help = "`*.example.com` is every name beneath `example.com`".to_owned();
        return Err(("`*` stands for names in front only", help));
    }
    let is_label = |label: &str| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        (1..=63).contains(&label.len())
            && label.bytes().all(fits)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if name.len() > 253 || !name.split('.').all(is_label) {
        return Err(("not a name of a host", form()));
    }
    let numeric = name.rsplit('.').next().is_some_and(|last| {
        let hex = last.strip_prefix("0x").unwrap_or(last);
        hex.bytes().all(|byte| byte.is_ascii_hexdigit())
            && last.starts_with(|c: char| c.is_ascii_digit())
    });
    if numeric && (!star.is_empty() || name.parse::<IpAddr>().is_err()) {
        // `127.1` and `0x7f000001` are addresses to some and names to others.
        return Err((
            "not an address",
            "write all four numbers: `192.0.2.1`".to_owned(),
        ));
    }
    // What is decided by when a request is sent has the last word.
    stepwell_egress::host_pattern(&format!("{star}{name}")).map_err(|error| match error {
        RuleError::TooWide(_) => (
            "every host of a domain that anybody can register in",
            "name the domain: `*.example.com`".to_owned(),
        ),
        _ => ("not a name of a host", form()),
    })
}

#[cfg(test)]
mod tests {
    use super::{header_problem, normal_host, path};
    use proptest::prelude::*;

    #[test]
    fn hosts_have_one_form() {
        let check = |text: &str, expect: Result<&str, &str>| {
            let found = normal_host(text);
            let found = found.as_deref().map_err(|(label, _)| *label);
            assert_eq!(found, expect, "{text}");
        };
        check("api.example.com", Ok("api.example.com"));
        check("API.Example.com.", Ok("api.example.com"));
        check("*.Example.com", Ok("*.example.com"));
        check("localhost", Ok("localhost"));
        check("xn--bcher-kva.example", Ok("xn--bcher-kva.example"));
        check("192.0.2.1", Ok("192.0.2.1"));
        check("2001:DB8::1", Ok("2001:db8::1"));
        check("[2001:db8::1]", Ok("2001:db8::1"));
        check("https://example.com/x", Err("a URL"));
        check("example.com/x", Err("a path follows the host"));
        check("example.com:8443", Err("a port follows the host"));
        check("bücher.example", Err("a letter outside of ASCII"));
        check("*", Err("`*` stands for names in front only"));
        check("a.*.com", Err("`*` stands for names in front only"));
        check("", Err("`*` stands for names in front only"));
        check("a..b", Err("not a name of a host"));
        check("-a.com", Err("not a name of a host"));
        check("a b", Err("not a name of a host"));
        check("user@example.com", Err("not a name of a host"));
        check("127.1", Err("not an address"));
        check("0x7f000001", Err("not an address"));
        check("*.0.0.1", Err("not an address"));
    }

    #[test]
    fn headers_that_break_a_request_are_refused() {
        for (name, value) in [
            ("authorization", "Bearer ${secret:token}"),
            ("x-a", "${secret:a}${secret:b}"),
        ] {
            assert_eq!(header_problem(name, value, false), None, "{name}: {value}");
        }
        for (name, value) in [
            ("host", "x"),
            ("transfer-encoding", "chunked"),
            ("a b", "x"),
            ("", "x"),
            ("x", ""),
            ("x", " y"),
            ("x", "a\r\nb: c"),
            ("x", "ä"),
            ("x", "${token}"),
            ("x", "${secret:token"),
            ("x", "${secret:}"),
            ("x", "$(token)"),
        ] {
            let problem = header_problem(name, value, false);
            assert!(problem.is_some(), "{name}: {value:?}");
        }
        assert!(header_problem("x", "y", true).is_some());
    }

    #[test]
    fn paths_are_those_of_requests() {
        for text in ["/", "/v1/**", "/a%20b/*"] {
            assert_eq!(path(text), Ok(text.to_owned()));
        }
        for text in ["", "v1", "/a?b", "/a#b", "/a b", "/../a", "/ä"] {
            assert!(path(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_host_in_its_one_form_stays_as_it_is(text in "[a-zA-Z0-9.*:\\[-]{0,20}") {
            if let Ok(host) = normal_host(&text) {
                prop_assert_eq!(normal_host(&host), Ok(host));
            }
        }
    }
}
