//! Comments, and what each is about.

use super::{Kind, Node};
use std::collections::BTreeMap;

/// A comment of the source, without its `#`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Remark {
    /// Where it begins, in bytes.
    pub(crate) at: usize,
    pub(crate) text: String,
}

/// The comments of an entry or item.
#[derive(Debug, Clone, Default)]
pub(crate) struct Remarks {
    /// Above it, or at the end of its line.
    pub(crate) above: Vec<Remark>,
    /// Below what it holds, and indented like it or deeper.
    pub(crate) below: Vec<Remark>,
}

/// A comment as the parser saw it.
#[derive(Debug)]
pub(super) struct Comment {
    pub(super) remark: Remark,
    pub(super) column: usize,
    /// Whether something else stands before it in its line.
    pub(super) right: bool,
}

/// Where an entry or item begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct Start {
    pub(super) at: usize,
    pub(super) column: usize,
}

/// Gives each comment to an entry or item below `root`. Both lists are in the order of the source.
///
/// A comment of its own line belongs to what comes next, unless it is indented deeper than that: then
/// it ends the block before, as a line does that was commented out.
pub(super) fn attach(root: &mut Node, comments: Vec<Comment>, starts: &[Start]) {
    let mut found: BTreeMap<usize, Remarks> = BTreeMap::new();
    for comment in comments {
        let next = starts.partition_point(|start| start.at <= comment.remark.at);
        let before = starts.get(..next).unwrap_or_default();
        let following = starts.get(next);
        let owner = if comment.right {
            before.last().map(|start| (start, true))
        } else {
            following
                .filter(|start| start.column >= comment.column)
                .map(|start| (start, true))
                .or_else(|| {
                    let block = before.iter().rev();
                    let mut block = block.filter(|start| start.column <= comment.column);
                    block.next().map(|start| (start, false))
                })
        };
        let owner = owner.or_else(|| Some((following.or_else(|| before.last())?, true)));
        if let Some((start, above)) = owner {
            let remarks = found.entry(start.at).or_default();
            if above {
                remarks.above.push(comment.remark);
            } else {
                remarks.below.push(comment.remark);
            }
        }
    }
    hand_out(root, &mut found);
}

/// An item and its first key begin at the same place; the comment is the item's.
fn hand_out(node: &mut Node, found: &mut BTreeMap<usize, Remarks>) {
    match &mut node.kind {
        Kind::Scalar { .. } => {}
        Kind::Sequence(items) => {
            for item in items {
                item.remarks = found.remove(&item.node.range.start).unwrap_or_default();
                hand_out(&mut item.node, found);
            }
        }
        Kind::Mapping(entries) => {
            for entry in entries {
                entry.remarks = found.remove(&entry.start).unwrap_or_default();
                hand_out(&mut entry.node, found);
            }
        }
    }
}
