//! The tree from the parser's events.

use super::remark::{self, Comment, Remark, Remarks, Start};
use super::{Entry, Item, Kind, MAX_DEPTH, Node, Place, bytes, place};
use crate::Note;
use crate::directive::Directive;
use crate::error::ImportError;
use granit_parser::{Event, Placement, ScalarStyle, Span};
use std::collections::HashMap;
use std::ops::Range;

/// How many nodes may be copied for aliases.
const MAX_COPIES: usize = 20_000;

/// How many bytes the copied nodes may have in the source.
const MAX_COPIED_BYTES: usize = 1 << 20;

/// A collection that is not closed yet.
#[derive(Debug)]
struct Open {
    range: Range<usize>,
    place: Place,
    anchor: usize,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Sequence(Vec<Item>),
    Mapping {
        entries: Vec<Entry>,
        key: Option<(String, Range<usize>, Place)>,
        /// The places of the keys that can be there only once.
        seen: HashMap<String, Place>,
    },
}

#[derive(Debug, Default)]
pub(super) struct Builder<'s> {
    source: &'s str,
    open: Vec<Open>,
    root: Option<Node>,
    documents: usize,
    anchors: HashMap<usize, Node>,
    copies: usize,
    copied_bytes: usize,
    comments: Vec<Comment>,
    starts: Vec<Start>,
    notes: Vec<Note>,
}

impl<'s> Builder<'s> {
    pub(super) fn new(source: &'s str) -> Self {
        Self {
            source,
            ..Self::default()
        }
    }

    pub(super) fn event(&mut self, event: Event<'_>, span: &Span) -> Result<(), ImportError> {
        let at = place(span);
        let range = bytes(span);
        match event {
            Event::DocumentStart(_, version) => {
                if version.is_some() {
                    let text = " a directive said which YAML this is".to_owned();
                    self.aside(text, range.start, at);
                }
                self.documents += 1;
                if self.documents > 1 {
                    return Err(ImportError::new(
                        at,
                        "the file has a second document",
                        "a pipeline is one document; put the other one in its own file",
                    ));
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain && tag.is_none();
                // The parser stands in for what is missing with a text that is not in the source.
                let text = if plain && range.is_empty() {
                    String::new()
                } else {
                    text.into_owned()
                };
                if tag.is_some() {
                    self.tag(span);
                }
                self.scalar(text, plain, range, at, anchor)?;
            }
            Event::SequenceStart(_, anchor, tag) => {
                if tag.is_some() {
                    self.tag(span);
                }
                self.open(Content::Sequence(Vec::new()), range, at, anchor)?;
            }
            Event::MappingStart(_, anchor, tag) => {
                if tag.is_some() {
                    self.tag(span);
                }
                let content = Content::Mapping {
                    entries: Vec::new(),
                    key: None,
                    seen: HashMap::new(),
                };
                self.open(content, range, at, anchor)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(range)?,
            Event::Alias(anchor) => self.alias(anchor, range, at)?,
            Event::Anchor(_, name) => {
                let text = format!(" the anchor `{name}`: written out wherever an alias names it");
                self.aside(text, range.start, at);
            }
            Event::Comment(text, placement) => self.comments.push(Comment {
                remark: Remark {
                    at: range.start,
                    text: text.into_owned(),
                },
                column: at.column,
                right: placement == Placement::Right,
            }),
            _ => {}
        }
        Ok(())
    }

    /// A tag says how a text is to be read, which the reader of a pipeline file knows by itself.
    fn tag(&mut self, span: &Span) {
        if let Some(span) = span.tag_span() {
            let range = bytes(&span);
            let tag = self.source.get(range.clone()).unwrap_or_default();
            let text = format!(" the tag `{tag}`: left out, TOML has none");
            self.aside(text, range.start, place(&span));
        }
    }

    /// Something that is said like a comment of the source at the end of the line.
    fn aside(&mut self, text: String, at: usize, place: Place) {
        self.notes.push(Note {
            line: place.line,
            column: place.column,
            message: text.trim_start().to_owned(),
        });
        self.comments.push(Comment {
            remark: Remark { at, text },
            column: 1,
            right: true,
        });
    }

    fn scalar(
        &mut self,
        text: String,
        plain: bool,
        range: Range<usize>,
        at: Place,
        anchor: usize,
    ) -> Result<(), ImportError> {
        if let Some(Open {
            content: Content::Mapping { key, seen, .. },
            ..
        }) = self.open.last_mut()
            && key.is_none()
        {
            if Directive::of(&text).is_none()
                && let Some(first) = seen.insert(text.clone(), at)
            {
                return Err(ImportError::new(
                    at,
                    format!("'{text}' is already defined in line {}", first.line),
                    "a key can be there once; take away one of the two",
                ));
            }
            self.starts.push(Start {
                at: range.start,
                column: at.column,
            });
            *key = Some((text, range, at));
            return Ok(());
        }
        let kind = Kind::Scalar { text, plain };
        self.item_starts(range.start, at);
        self.value(
            Node {
                range,
                place: at,
                kind,
            },
            anchor,
        )
    }

    /// Remembers where an item of a sequence begins.
    fn item_starts(&mut self, at: usize, place: Place) {
        if let Some(Open {
            content: Content::Sequence(_),
            ..
        }) = self.open.last()
        {
            self.starts.push(Start {
                at,
                column: place.column,
            });
        }
    }

    fn open(
        &mut self,
        content: Content,
        range: Range<usize>,
        at: Place,
        anchor: usize,
    ) -> Result<(), ImportError> {
        if self.open.len() >= MAX_DEPTH {
            return Err(too_deep(at));
        }
        if self.is_at_key() {
            return Err(no_text(at));
        }
        self.item_starts(range.start, at);
        self.open.push(Open {
            range,
            place: at,
            anchor,
            content,
        });
        Ok(())
    }

    fn is_at_key(&self) -> bool {
        matches!(
            self.open.last(),
            Some(Open {
                content: Content::Mapping { key: None, .. },
                ..
            })
        )
    }

    fn close(&mut self, end: Range<usize>) -> Result<(), ImportError> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let (last, kind) = match open.content {
            Content::Sequence(items) => (
                items.last().map(|item| item.node.range.end),
                Kind::Sequence(items),
            ),
            Content::Mapping { entries, .. } => (
                entries.last().map(|entry| entry.range().end),
                Kind::Mapping(entries),
            ),
        };
        // The end of a block is only known by what follows, which may be many lines below.
        let end = if end.is_empty() {
            last.unwrap_or(open.range.end)
        } else {
            end.end
        };
        let node = Node {
            range: open.range.start..end.max(open.range.start),
            place: open.place,
            kind,
        };
        self.value(node, open.anchor)
    }

    fn alias(&mut self, anchor: usize, range: Range<usize>, at: Place) -> Result<(), ImportError> {
        if self.is_at_key() {
            return Err(no_text(at));
        }
        let Some(node) = self.anchors.get(&anchor) else {
            return Err(ImportError::new(
                at,
                "the alias stands inside of what it stands for",
                "write out what is meant",
            ));
        };
        let mut copy = node.clone();
        if self.open.len() + depth(&copy) > MAX_DEPTH {
            return Err(too_deep(at));
        }
        self.charge(&copy, at)?;
        copy.range = range;
        copy.place = at;
        self.item_starts(copy.range.start, at);
        self.value(copy, 0)
    }

    fn value(&mut self, node: Node, anchor: usize) -> Result<(), ImportError> {
        if anchor != 0 {
            self.charge(&node, node.place)?;
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.root = Some(node),
            Some(Content::Sequence(items)) => items.push(Item {
                remarks: Remarks::default(),
                node,
            }),
            Some(Content::Mapping { entries, key, .. }) => {
                if let Some((key, range, place)) = key.take() {
                    entries.push(Entry {
                        key,
                        start: range.start,
                        place,
                        remarks: Remarks::default(),
                        node,
                    });
                }
            }
        }
        Ok(())
    }

    fn charge(&mut self, node: &Node, at: Place) -> Result<(), ImportError> {
        self.copies += size(node);
        self.copied_bytes += node.range.len();
        if self.copies > MAX_COPIES || self.copied_bytes > MAX_COPIED_BYTES {
            return Err(ImportError::new(
                at,
                "the aliases of the file stand for too much",
                "Azure Pipelines has no anchors; write out what is meant, or use a template",
            ));
        }
        Ok(())
    }

    /// The tree, and what is not in it.
    pub(super) fn finish(self) -> Result<(Node, Vec<Note>), ImportError> {
        let Some(mut root) = self.root.filter(|root| !root.is_null()) else {
            return Err(ImportError::at_start(
                "the file is empty",
                "a pipeline has `steps`, `jobs`, `stages` or `extends`",
            ));
        };
        let mut comments = self.comments;
        comments.sort_by_key(|comment| comment.remark.at);
        remark::attach(&mut root, comments, &self.starts);
        Ok((root, self.notes))
    }
}

pub(super) fn too_deep(at: Place) -> ImportError {
    ImportError::new(
        at,
        format!("more than {MAX_DEPTH} collections are nested in one another"),
        "move the inner ones into a template",
    )
}

fn no_text(at: Place) -> ImportError {
    ImportError::new(
        at,
        "the key is no text",
        "write the key as a text; Azure Pipelines knows no other keys",
    )
}

fn children(node: &Node) -> Vec<&Node> {
    match &node.kind {
        Kind::Scalar { .. } => Vec::new(),
        Kind::Sequence(items) => items.iter().map(|item| &item.node).collect(),
        Kind::Mapping(entries) => entries.iter().map(|entry| &entry.node).collect(),
    }
}

fn size(node: &Node) -> usize {
    1 + children(node).into_iter().map(size).sum::<usize>()
}

fn depth(node: &Node) -> usize {
    match node.kind {
        Kind::Scalar { .. } => 0,
        _ => 1 + children(node).into_iter().map(depth).max().unwrap_or(0),
    }
}
