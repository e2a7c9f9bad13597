//! Trees of text.

/// A line with what is to be said about it and what belongs below it.
#[derive(Debug, Default)]
pub(crate) struct Node {
    pub(crate) head: String,
    pub(crate) facts: Vec<String>,
    pub(crate) children: Vec<Node>,
}

impl Node {
    /// Writes the tree: the node itself without a guide, its children with.
    pub(crate) fn render(&self, out: &mut String) {
        out.push_str(&format!("{}\n", self.head));
        self.below("", out);
    }

    fn below(&self, margin: &str, out: &mut String) {
        let guide = match self.children.is_empty() {
            true => "   ",
            false => "│  ",
        };
        for fact in &self.facts {
            out.push_str(&format!("{margin}{guide}{fact}\n"));
        }
        let last = self.children.len().saturating_sub(1);
        for (index, child) in self.children.iter().enumerate() {
            let (branch, guide) = match index == last {
                true => ("└─ ", "   "),
                false => ("├─ ", "│  "),
            };
            out.push_str(&format!("{margin}{branch}{}\n", child.head));
            child.below(&format!("{margin}{guide}"), out);
        }
    }
}
