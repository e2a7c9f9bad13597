//! Links and anchors in the HTML that Markdown lets through.

use std::ops::Range;

/// Something that an HTML tag says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// A link to a target: `href` of a link, `src` and `srcset` of pictures and the like.
    Link(String),
    /// A place that a link can name: `id`, or `name` of `<a>`.
    Anchor(String),
    /// A heading with its text.
    Heading(String),
}

/// The links and anchors of `html`, each with where its attribute's value begins.
#[must_use]
pub fn links_and_anchors(html: &str) -> Vec<(usize, Said)> {
    let mut said = Vec::new();
    let mut at = 0;
    while let Some(open) = find(html, at, "<") {
        at = open + 1;
        let rest = html.get(at..).unwrap_or_default();
        if rest.starts_with("!--") {
            at = find(html, at, "-->").unwrap_or(html.len());
        } else if rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            at = tag(html, at, &mut said);
        }
    }
    said
}

fn find(text: &str, from: usize, wanted: &str) -> Option<usize> {
    text.get(from..)?.find(wanted).map(|at| from + at)
}

/// Reads the tag whose name begins at `start` and returns where it ends.
fn tag(html: &str, start: usize, said: &mut Vec<(usize, Said)>) -> usize {
    let name = span(html, start, |c| {
        !c.is_ascii_whitespace() && !"/>".contains(c)
    });
    let element = html
        .get(name.clone())
        .unwrap_or_default()
        .to_ascii_lowercase();
    let mut at = name.end;
    if matches!(element.as_str(), "h1" | "h2" | "h3" | "h4" | "h5" | "h6") {
        said.extend(heading(html, at).map(|title| (start, Said::Heading(title))));
    }
    loop {
        at = span(html, at, |c| c.is_ascii_whitespace() || c == '/').end;
        let key = span(html, at, |c| !c.is_ascii_whitespace() && !"/>=".contains(c));
        if key.is_empty() {
            return at;
        }
        at = span(html, key.end, |c| c.is_ascii_whitespace()).end;
        if !html.get(at..).is_some_and(|rest| rest.starts_with('=')) {
            continue;
        }
        at = span(html, at + 1, |c| c.is_ascii_whitespace()).end;
        let value = value(html, at);
        at = value.end + usize::from(is_quote(html, value.end));
        let key = html.get(key).unwrap_or_default().to_ascii_lowercase();
        let text = unescape(html.get(value.clone()).unwrap_or_default());
        note(&element, &key, &text, value.start, said);
    }
}

/// The text of the heading whose tag goes on at `at`, without the tags in it; `None` if it does not
/// end in this piece of HTML.
fn heading(html: &str, at: usize) -> Option<String> {
    let begin = find(html, at, ">")? + 1;
    let end = find(html, begin, "</h").or_else(|| find(html, begin, "</H"))?;
    let mut title = String::new();
    let mut in_tag = false;
    for c in html.get(begin..end)?.chars() {
        match c {
            '<' => in_tag = true,
            '>' => in_tag = false,
            '\n' if !in_tag => title.push(' '),
            c if !in_tag => title.push(c),
            _ => {}
        }
    }
    Some(unescape(&title))
}

/// The bytes from `from` on whose characters are `wanted`.
fn span(text: &str, from: usize, wanted: impl Fn(char) -> bool) -> Range<usize> {
    let rest = text.get(from..).unwrap_or_default();
    let length = rest.find(|c| !wanted(c)).unwrap_or(rest.len());
    from..from + length
}

/// The value that begins at `at`, without its quotes.
fn value(html: &str, at: usize) -> Range<usize> {
    let rest = html.get(at..).unwrap_or_default();
    match rest.chars().next() {
        Some(quote @ ('"' | '\'')) => span(html, at + 1, |c| c != quote),
        _ => span(html, at, |c| !c.is_ascii_whitespace() && c != '>'),
    }
}

fn is_quote(html: &str, at: usize) -> bool {
    matches!(html.as_bytes().get(at), Some(b'"' | b'\''))
}

fn note(element: &str, key: &str, value: &str, at: usize, said: &mut Vec<(usize, Said)>) {
    let mut push = |what| said.push((at, what));
    match (element, key) {
        (_, "id") | ("a", "name") => push(Said::Anchor(value.to_owned())),
        ("a", "href") | ("img" | "source" | "video" | "audio", "src") => {
            push(Said::Link(value.to_owned()));
        }
        ("img" | "source", "srcset") => {
            for target in value.split(',').filter_map(|c| c.split_whitespace().next()) {
                push(Said::Link(target.to_owned()));
            }
        }
        _ => {}
    }
}

/// Replaces the entities that addresses need. `&amp;` comes last, so that `&amp;lt;` is `&lt;`.
fn unescape(text: &str) -> String {
    text.replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(html: &str, expected: &[&str]) {
        let said: Vec<_> = links_and_anchors(html)
            .into_iter()
            .map(|(at, said)| match said {
                Said::Link(target) => format!("{at} link {target}"),
                Said::Anchor(name) => format!("{at} anchor {name}"),
                Said::Heading(title) => format!("{at} heading {title}"),
            })
            .collect();
        assert_eq!(said, expected, "{html}");
    }

    #[test]
    fn attributes_that_link_or_anchor_are_found() {
        check("<a href=\"x.md\">x</a>", &["9 link x.md"]);
        check(
            "<A\n  HREF = 'a b.md' id=here>",
            &["13 link a b.md", "24 anchor here"],
        );
        check("<a name=\"old\"></a>", &["9 anchor old"]);
        check("<meta name=\"x\">", &[]);
        check("<h1 id=\"t\" align=center>", &["8 anchor t"]);
        check(
            "<H2 id=x>A <b>bold</b>\nR&amp;D</H2>",
            &["1 heading A bold R&D", "7 anchor x"],
        );
        check("<img alt=\"a > b\" src=i.png />", &["21 link i.png"]);
        check(
            "<source srcset=\"a.png 1x, b.png 2x\">",
            &["16 link a.png", "16 link b.png"],
        );
        check("<a href=\"?a=1&amp;b=2\">", &["9 link ?a=1&b=2"]);
        check("<!-- <a href=\"x\"> --><br/><p id=p>", &["32 anchor p"]);
        check("1 < 2 <a href", &[]);
        check("<a href=\"unclosed", &["9 link unclosed"]);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(html in "[<>=\"'/a-z!é -]{0,60}") {
            for (at, _) in links_and_anchors(&html) {
                prop_assert!(html.is_char_boundary(at));
            }
        }
    }
}
