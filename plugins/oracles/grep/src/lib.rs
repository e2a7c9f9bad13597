//! The oracle `grep`: a version is what it is because a text is in its files, or is not.
//!
//! Nothing is built and nothing runs, so a search takes moments. A file that is no UTF-8 is searched
//! all the same, with U+FFFD for what is none. The expressions know nothing of Unicode's classes: their
//! tables would be most of the component.

use regex_lite::{Regex, RegexBuilder};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use stepwell_judging::settings::{Result as Configured, Settings};
use stepwell_oracle::{About, Observation, Oracle, Question, Refusal, SkipKind};
use stepwell_selection::{ErrorKind, Kind, Selection, SelectionError, USUALLY_EXCLUDED};

/// The most bytes of a file that is searched.
const MOST_BYTES: u64 = 16 << 20;

struct Grep;

impl Oracle for Grep {
    fn about() -> About {
        About::new(
            "grep",
            env!("CARGO_PKG_VERSION"),
            "A version is bad (or good) if a text is in its files.",
        )
    }

    fn judge(question: Question) -> Result<Observation, Refusal> {
        let asked = Asked::new(&question.config).map_err(Refusal::Misconfigured)?;
        let root = question.path(".")?;
        asked.judge(&root)
    }
}

stepwell_oracle::oracle!(Grep);

/// What the user configured.
#[derive(Debug)]
struct Asked {
    /// As the user wrote it.
    shown: String,
    pattern: Regex,
    /// One for each line, because a line may select nothing.
    selections: Vec<Selection>,
    present_is_bad: bool,
    /// Whether a version without any of the files cannot be judged.
    skips_without_files: bool,
}

/// What the search came to.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    /// The place of the first, by the order of the paths.
    At { path: String, line: usize },
    /// In none of so many files.
    Nowhere(usize),
    /// In none that could be searched, and this one could not.
    TooLarge(String),
}

impl Asked {
    fn new(config: &str) -> Configured<Self> {
        let mut settings = Settings::new(config)?;
        let pattern = settings
            .text("pattern")?
            .map(|pattern| (pattern.clone(), pattern));
        let text = settings
            .text("text")?
            .map(|text| (regex_lite::escape(&text), text));
        let files = settings.texts("files")?;
        let exclude = settings.texts("exclude")?;
        let present_is_bad = settings.choice("present", [("bad", true), ("good", false)])?;
        let skips_without_files =
            settings.choice("without-files", [("absent", false), ("skip", true)])?;
        settings.end()?;
        let (pattern, shown) = match (pattern, text) {
            (Some(found), None) | (None, Some(found)) => found,
            (None, None) => return Err("input `pattern` or `text` is missing".to_owned()),
            (Some(_), Some(_)) => return Err("give `pattern` or `text`, not both".to_owned()),
        };
        if shown.is_empty() {
            return Err("an empty text is in every file".to_owned());
        }
        let compiled = RegexBuilder::new(&pattern).multi_line(true).build();
        Ok(Self {
            pattern: compiled.map_err(|error| format!("input `pattern`: {error}"))?,
            shown,
            selections: selections(&files, &exclude)?,
            present_is_bad,
            skips_without_files,
        })
    }

    fn judge(&self, root: &Path) -> Result<Observation, Refusal> {
        let shown = &self.shown;
        let (is_present, reason) = match self.find(root)? {
            Found::TooLarge(path) => {
                let most = MOST_BYTES >> 20;
                let reason = format!("`{path}` is larger than {most} MiB and not searched");
                return Ok(Observation::skip(SkipKind::Other, reason));
            }
            Found::Nowhere(0) if self.skips_without_files => {
                let reason = "there is no file to search";
                return Ok(Observation::skip(SkipKind::TestAbsent, reason));
            }
            Found::Nowhere(files) => (false, format!("`{shown}` is in none of {files} files")),
            Found::At { path, line } => (true, format!("`{shown}` is in {path}, line {line}")),
        };
        Ok(if is_present == self.present_is_bad {
            Observation::bad(reason)
        } else {
            Observation::good(reason)
        })
    }

    fn find(&self, root: &Path) -> Result<Found, Refusal> {
        let paths = self.paths(root).map_err(|error| unreadable(&error))?;
        let mut too_large = None;
        for path in &paths {
            let content = read(&root.join(path))
                .map_err(|error| unreadable(&format!("cannot read `{path}`: {error}")))?;
            let Some(content) = content else {
                too_large.get_or_insert_with(|| path.clone());
                continue;
            };
            if let Some(found) = self.pattern.find(&content) {
                let before = content.bytes().take(found.start());
                return Ok(Found::At {
                    path: path.clone(),
                    line: before.filter(|byte| *byte == b'\n').count() + 1,
                });
            }
        }
        Ok(too_large.map_or(Found::Nowhere(paths.len()), Found::TooLarge))
    }

    fn paths(&self, root: &Path) -> Result<BTreeSet<String>, SelectionError> {
        let mut paths = BTreeSet::new();
        for selection in &self.selections {
            match selection.entries(root) {
                Ok(entries) => {
                    let files = entries.into_iter().filter(|entry| entry.kind == Kind::File);
                    paths.extend(files.map(|entry| entry.path));
                }
                // The files of a project come and go.
                Err(error) if matches!(error.kind(), ErrorKind::Missing | ErrorKind::Empty) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(paths)
    }
}

fn selections(files: &[String], exclude: &[String]) -> Configured<Vec<Selection>> {
    let all = ["."];
    let usually = USUALLY_EXCLUDED;
    let files: Vec<&str> = match files {
        [] => all.to_vec(),
        files => files.iter().map(String::as_str).collect(),
    };
    let exclude: Vec<&str> = match exclude {
        [] => usually.to_vec(),
        exclude => exclude.iter().map(String::as_str).collect(),
    };
    let selection = |file: &str| Selection::new([file], &exclude);
    let selections: Result<_, SelectionError> = files.into_iter().map(selection).collect();
    selections.map_err(|error| error.to_string())
}

/// `None` if it is too large.
fn read(path: &Path) -> io::Result<Option<String>> {
    let mut content = Vec::new();
    let read = File::open(path)?
        .take(MOST_BYTES + 1)
        .read_to_end(&mut content)?;
    if read as u64 > MOST_BYTES {
        return Ok(None);
    }
    Ok(Some(String::from_utf8(content).unwrap_or_else(|error| {
        String::from_utf8_lossy(error.as_bytes()).into_owned()
    })))
}

/// The host promised these files, so that they cannot be read is not the version's doing.
fn unreadable(problem: &dyn std::fmt::Display) -> Refusal {
    Refusal::Transient(problem.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use stepwell_judging::script::question;
    use stepwell_oracle::Verdict;

    fn judged(config: &str) -> Result<Observation, Refusal> {
        let root = tempfile::tempdir().unwrap();
        for (path, content) in [
            ("src/a.rs", "fn a() {}\n// TODO: größer\n"),
            ("src/b.rs", "fn b() {}\n"),
            ("target/c.rs", "SECRET"),
            ("README.md", "to do: (nothing)\n\u{FFFD}"),
        ] {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        let large = vec![b'x'; usize::try_from(MOST_BYTES).unwrap() + 1];
        fs::write(root.path().join("large.bin"), large).unwrap();
        let mut question = question(config);
        question.workspace = root.path().to_str().map(str::to_owned);
        Grep::judge(question)
    }

    #[test]
    fn a_text_that_is_there_is_bad_or_good_as_the_user_says() {
        for (config, expected, reason) in [
            (
                r#"{"text": "TODO", "files": "src"}"#,
                Verdict::Bad,
                "`TODO` is in src/a.rs, line 2",
            ),
            (
                r#"{"text": "TODO", "files": "src", "present": "good"}"#,
                Verdict::Good,
                "`TODO` is in src/a.rs, line 2",
            ),
            (
                r#"{"text": "todo", "files": "src"}"#,
                Verdict::Good,
                "`todo` is in none of 2 files",
            ),
            (
                r#"{"text": "todo", "files": "src", "present": "good"}"#,
                Verdict::Bad,
                "`todo` is in none of 2 files",
            ),
            (
                r#"{"pattern": "(?i)todo|to do", "files": "*.md"}"#,
                Verdict::Bad,
                "`(?i)todo|to do` is in README.md, line 1",
            ),
            (
                r#"{"pattern": "^// TODO: gr..er$", "files": "src/**/*.rs"}"#,
                Verdict::Bad,
                "`^// TODO: gr..er$` is in src/a.rs, line 2",
            ),
            (
                r#"{"text": "(nothing)", "files": ["nowhere", "README.md"]}"#,
                Verdict::Bad,
                "`(nothing)` is in README.md, line 1",
            ),
            (
                r#"{"text": "größer", "files": "src"}"#,
                Verdict::Bad,
                "`größer` is in src/a.rs, line 2",
            ),
        ] {
            let observation = judged(config).unwrap();
            assert_eq!(
                (observation.verdict, observation.reason.as_str()),
                (expected, reason),
                "{config}"
            );
        }
    }

    #[test]
    fn a_version_without_the_files_lacks_the_text_unless_the_user_says_otherwise() {
        let of = |more: &str| judged(&format!(r#"{{"text": "x", "files": "lib/**"{more}}}"#));
        assert_eq!(of("").unwrap().verdict, Verdict::Good);
        let skipped = of(r#", "without-files": "skip""#).unwrap();
        assert_eq!(skipped.verdict, Verdict::Skip(SkipKind::TestAbsent));
    }

    #[test]
    fn a_file_that_is_too_large_counts_only_if_the_text_is_nowhere_else() {
        let everywhere = r#"{"text": "SECRET"}"#;
        let skipped = judged(everywhere).unwrap();
        assert_eq!(skipped.verdict, Verdict::Skip(SkipKind::Other));
        assert_eq!(
            skipped.reason,
            "`large.bin` is larger than 16 MiB and not searched"
        );
        assert_eq!(judged(r#"{"text": "TODO"}"#).unwrap().verdict, Verdict::Bad);
        let built = r#"{"text": "SECRET", "files": "target", "exclude": "large.bin"}"#;
        assert_eq!(judged(built).unwrap().verdict, Verdict::Bad);
    }

    #[test]
    fn what_is_wrong_with_the_inputs_is_told() {
        for (config, problem) in [
            ("{}", "input `pattern` or `text` is missing"),
            (
                r#"{"pattern": "a", "text": "b"}"#,
                "give `pattern` or `text`, not both",
            ),
            (r#"{"text": ""}"#, "an empty text is in every file"),
            (r#"{"pattern": "("}"#, "input `pattern`: "),
            (r#"{"text": "a", "files": "../b"}"#, "`../b` holds `..`"),
        ] {
            let refusal = judged(config).unwrap_err();
            assert!(matches!(refusal, Refusal::Misconfigured(_)), "{refusal:?}");
            assert!(refusal.message().starts_with(problem), "{refusal:?}");
        }
        let blind = Grep::judge(question(r#"{"text": "a"}"#)).unwrap_err();
        assert!(blind.message().contains("sees no files"), "{blind:?}");
    }
}
