//! Names that must be unique.

use crate::name;
use crate::{Spanned, reader::Reader};
use std::collections::HashMap;
use std::ops::Range;
use stepwell_diagnostic::Diagnostic;

/// Names that must be unique without regard to case.
pub(crate) struct Seen {
    what: &'static str,
    first: HashMap<(String, String), Range<usize>>,
}

impl Seen {
    /// No names yet; `what` says what they name.
    pub(crate) fn new(what: &'static str) -> Self {
        Self {
            what,
            first: HashMap::new(),
        }
    }

    /// Reports `name` if it was there before.
    pub(crate) fn check(&mut self, reader: &mut Reader, name: &Spanned<impl AsRef<str>>) {
        self.check_within(reader, "", name);
    }

    /// Reports `name` if it was there before in `scope`, which has a name itself.
    pub(crate) fn check_within(
        &mut self,
        reader: &mut Reader,
        scope: &str,
        name: &Spanned<impl AsRef<str>>,
    ) {
        let text = name.value.as_ref();
        let key = (name::fold(scope), name::fold(text));
        let Some(first) = self.first.get(&key) else {
            self.first.insert(key, name.span.clone());
            return;
        };
        let message = format!("{} `{text}` appears more than once", self.what);
        let problem = Diagnostic::error("duplicate-name", message);
        // One place of the file gives several entries where a template is used more than once.
        reader.report(match *first == name.span {
            true => problem
                .at(name.span.clone(), "the same name each time this is used")
                .help("let the name depend on something that differs: `\"NAME_${{ … }}\"`"),
            false => problem
                .at(name.span.clone(), "the same name again")
                .at(first.clone(), "first here")
                .help("names that differ only in case are the same name"),
        });
    }
}
