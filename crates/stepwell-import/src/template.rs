//! Files that are named: each has to be imported as well.

use crate::document::{Table, Value};
use crate::importer::{Importer, all_of};
use crate::yaml::Entry;

impl Importer<'_> {
    /// The template of an entry, as `template = …`, with what to do for it.
    pub(crate) fn template(&mut self, table: &mut Table, entry: &Entry) {
        let Some(text) = entry.node.text() else {
            table.comment(self.leave(entry, "a template is named by a path"));
            return;
        };
        let mut above = all_of(entry);
        let (path, repository) = match text.rsplit_once('@') {
            Some((path, "self")) => (path, None),
            Some((path, repository)) => (path, Some(repository)),
            None => (text, None),
        };
        if let Some(repository) = repository {
            above.push(self.note(
                entry.node.place,
                format!(
                    "`{text}` lies in the repository `{repository}`: copy it into this project, and import it"
                ),
            ));
        } else if self.templates.insert(path.to_owned()) {
            above.push(self.note(
                entry.node.place,
                format!("`{path}` has to be imported as well"),
            ));
        }
        table.put("template", Value::Text(toml_path(path)), above);
    }

    /// A name for an entry that is a template: that of its file.
    pub(crate) fn template_name(&mut self, path: &str) -> String {
        let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
        let stem = file.split('.').next().unwrap_or(file);
        self.fresh(stem)
    }
}

/// Where the imported file is: beside the source, with the ending of what it is now.
fn toml_path(path: &str) -> String {
    let stem = path
        .strip_suffix(".yml")
        .or_else(|| path.strip_suffix(".yaml"));
    stem.map_or_else(|| path.to_owned(), |stem| format!("{stem}.toml"))
}
