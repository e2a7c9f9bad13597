//! What a Markdown file links to, and what in it can be linked to.

use crate::html::{Said, links_and_anchors};
use crate::slug::{Dropped, Slugs};
use pulldown_cmark::{BrokenLink, Event, LinkType, Options, Parser, Tag, TagEnd};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::Range;

/// A link of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its target as written.
    pub target: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
}

/// A Markdown file, reduced to what links are about.
#[derive(Debug, Default)]
pub struct Document {
    /// Its links. One that is defined by reference counts once, where it is defined.
    pub links: Vec<Link>,
    /// Uses of references that nothing defines; the target is the reference's name.
    pub undefined: Vec<Link>,
    /// The anchors of its headings and of its HTML.
    pub anchors: BTreeSet<String>,
}

/// What GitHub renders. Front matter is a block of its own there, not a heading.
const DIALECT: Options = Options::ENABLE_TABLES
    .union(Options::ENABLE_FOOTNOTES)
    .union(Options::ENABLE_STRIKETHROUGH)
    .union(Options::ENABLE_TASKLISTS)
    .union(Options::ENABLE_GFM)
    .union(Options::ENABLE_YAML_STYLE_METADATA_BLOCKS);

impl Document {
    /// Reads a Markdown text; anchors leave out what is `dropped`.
    #[must_use]
    pub fn parse(text: &str, dropped: &Dropped) -> Self {
        let undefined = RefCell::new(Vec::new());
        let note_undefined = |link: BrokenLink<'_>| {
            // `[x]` alone is ordinary text far more often than a link.
            if matches!(link.link_type, LinkType::Reference | LinkType::Collapsed) {
                let name = link.reference.into_string();
                undefined.borrow_mut().push((link.span.start, name));
            }
            None
        };
        let parser = Parser::new_with_broken_link_callback(text, DIALECT, Some(note_undefined));
        let definitions = parser.reference_definitions().iter();
        let mut reader = Reader {
            text,
            links: definitions
                .map(|(_, definition)| (definition.span.start, definition.dest.to_string()))
                .collect(),
            anchors: BTreeSet::new(),
            slugs: Slugs::new(dropped),
            heading: None,
            images: 0,
        };
        for (event, range) in parser.into_offset_iter() {
            reader.read(event, range);
        }
        let lines = Lines::new(text);
        Self {
            links: lines.place(reader.links),
            undefined: lines.place(undefined.into_inner()),
            anchors: reader.anchors,
        }
    }
}

/// What has been read of a document.
struct Reader<'a> {
    text: &'a str,
    /// Targets with their offsets.
    links: Vec<(usize, String)>,
    anchors: BTreeSet<String>,
    slugs: Slugs<'a>,
    /// The text so far of the heading that is being read.
    heading: Option<String>,
    /// How many images the event is in: their text is not to be seen.
    images: u32,
}

impl Reader<'_> {
    fn read(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(Tag::Heading { .. }) => self.heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => {
                let title = self.heading.take();
                self.anchors
                    .extend(title.map(|title| self.slugs.next(&title)));
            }
            Event::Text(part) | Event::Code(part) => self.read_text(&part),
            Event::SoftBreak | Event::HardBreak => self.read_text(" "),
            Event::Start(Tag::Link {
                link_type,
                dest_url,
                ..
            }) => self.read_link(link_type, &dest_url, range),
            Event::Start(Tag::Image {
                link_type,
                dest_url,
                ..
            }) => {
                self.images += 1;
                self.read_link(link_type, &dest_url, range);
            }
            Event::End(TagEnd::Image) => self.images = self.images.saturating_sub(1),
            Event::Start(Tag::HtmlBlock) | Event::InlineHtml(_) => self.read_html(&range),
            _ => {}
        }
    }

    fn read_text(&mut self, part: &str) {
        if let Some(title) = self.heading.as_mut().filter(|_| self.images == 0) {
            title.push_str(part);
        }
    }

    fn read_link(&mut self, kind: LinkType, target: &str, range: Range<usize>) {
        match kind {
            LinkType::Inline | LinkType::Autolink => {
                self.links.push((range.start, target.to_owned()));
            }
            LinkType::Email => self.links.push((range.start, format!("mailto:{target}"))),
            // The definition was read before all else.
            _ => {}
        }
    }

    fn read_html(&mut self, range: &Range<usize>) {
        let html = self.text.get(range.clone()).unwrap_or_default();
        for (at, said) in links_and_anchors(html) {
            match said {
                Said::Link(target) => self.links.push((range.start + at, target)),
                Said::Anchor(name) => {
                    self.anchors.insert(name);
                }
                Said::Heading(title) => {
                    self.anchors.insert(self.slugs.next(&title));
                }
            }
        }
    }
}

/// Where the lines of a text begin.
struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        let ends = text.match_indices('\n').map(|(end, _)| end + 1);
        Self {
            text,
            starts: std::iter::once(0).chain(ends).collect(),
        }
    }

    fn place(&self, mut found: Vec<(usize, String)>) -> Vec<Link> {
        found.sort();
        let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let link = |(offset, target): (usize, String)| {
            let line = self.starts.partition_point(|start| *start <= offset);
            let start = line.checked_sub(1).and_then(|line| self.starts.get(line));
            let before = self.text.get(start.copied().unwrap_or(0)..offset);
            Link {
                target,
                line: narrow(line),
                column: narrow(before.unwrap_or_default().chars().count() + 1),
            }
        };
        found.into_iter().map(link).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Document {
        Document::parse(text, &Dropped::as_on_github().unwrap())
    }

    fn links(text: &str) -> Vec<String> {
        let document = parse(text);
        let show = |link: &Link| format!("{}:{} {}", link.line, link.column, link.target);
        document.links.iter().map(show).collect()
    }

    fn anchors(text: &str) -> Vec<String> {
        let document = parse(text);
        document.anchors.into_iter().collect()
    }

    #[test]
    fn every_way_to_link_is_seen_and_code_is_not() {
        for (text, expected) in [
            ("a [b](c.md \"title\") d", &["1:3 c.md"][..]),
            ("é ![b](<c d.png>)", &["1:3 c d.png"]),
            ("[![b](i.png)](t.md)", &["1:1 t.md", "1:2 i.png"]),
            ("[a][r] [r]\n\n[r]: x.md", &["3:1 x.md"]),
            ("[unused]: y.md", &["1:1 y.md"]),
            (
                "<https://a.b> <c@d.e>",
                &["1:1 https://a.b", "1:15 mailto:c@d.e"],
            ),
            ("x <a href='y.md'>z</a>", &["1:12 y.md"]),
            ("<p>\n<img src=\"i.png\">\n</p>", &["2:11 i.png"]),
            ("- [ ] [a](b)\n\n| [c](d) |\n|--|\n", &["1:7 b", "3:3 d"]),
            ("`[a](b)`\n\n```\n[c](d)\n```\n\n    [e](f)", &[]),
            ("[a](\n  b.md)", &["1:1 b.md"]),
            ("[a]()", &["1:1 "]),
        ] {
            assert_eq!(links(text), expected, "{text}");
        }
    }

    #[test]
    fn headings_and_html_give_anchors() {
        for (text, expected) in [
            ("# A `b()` *c*\n## A b c\n", &["a-b-c", "a-b-c-1"][..]),
            ("Title\n=====\n", &["title"]),
            ("# ![alt](y.png) [Link](x.md)", &["link"]),
            (
                "<a name=\"x\"></a>\n\n<h2 id='y'>Z</h2>\n",
                &["x", "y", "z"],
            ),
            ("---\ntitle: x\n---\n\n# T\n", &["t"]),
            ("> # Quoted\n\n```\n# no\n```\n", &["quoted"]),
        ] {
            assert_eq!(anchors(text), expected, "{text}");
        }
    }

    #[test]
    fn only_full_and_collapsed_references_can_be_undefined() {
        let document = parse("[a][b], [c][], [d], [e](f), [g][g]\n\n[g]: h");
        let names: Vec<_> = document.undefined.iter().map(|link| &link.target).collect();
        assert_eq!(names, ["b", "c"]);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "([\\[\\]()<>#`!:\n a-z\"=é>-]|<a href=|\\[x\\]: ){0,80}") {
            let document = parse(&text);
            for link in document.links.iter().chain(&document.undefined) {
                prop_assert!(link.line >= 1 && link.column >= 1);
            }
        }
    }
}
