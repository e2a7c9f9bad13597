//! The logs that Git writes and reads.

#![cfg(test)]

use stepwell_bisect::log_text::{Line, Log, Mark, Start};
use stepwell_event::Terms;

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn a_log_of_git_is_read_and_written_as_it_was() {
    let text = "\
git bisect start
# status: waiting for both good and bad commits
# bad: [32a594a3fdac2d57cf6d02987e30eec68511498c] Add <4: Ciao for now> into <hello>.
git bisect bad 32a594a3fdac2d57cf6d02987e30eec68511498c
git bisect good 7b7f204a749c3125d5224ed61ea2ae1187ad046f
# skip: [3de952f2416b6084f557ec417709eac740c6818c] Add <3: Another new day>
git bisect skip 3de952f2416b6084f557ec417709eac740c6818c
# first bad commit: [32a594a3fdac2d57cf6d02987e30eec68511498c] Add
";
    let log = Log::parse(text).unwrap();
    assert_eq!(log.lines.len(), 8);
    let revision = "3de952f2416b6084f557ec417709eac740c6818c";
    assert!(
        log.lines
            .contains(&Line::Mark(Mark::Skip, words(&[revision])))
    );
    assert_eq!(log.to_string(), text);
    let windows = Log::parse(&text.replace('\n', "\r\n")).unwrap();
    assert_eq!(windows, log);
}

#[test]
fn what_a_search_began_with_is_read_with_its_quotes() {
    let text = "git bisect start '--term-new=broken' '--term-old' 'fine' '--first-parent' 'HEAD' 'v1' '--' 'a b' 'it'\\''s'\n\
                git bisect broken HEAD~2\n\n   \n#\ngit-bisect fine v1 v2\n";
    let log = Log::parse(text).unwrap();
    assert_eq!(
        (log.terms.old.as_str(), log.terms.new.as_str()),
        ("fine", "broken")
    );
    let start = Start {
        first_parent: true,
        revisions: words(&["HEAD", "v1"]),
        paths: words(&["a b", "it's"]),
    };
    assert_eq!(
        log.lines,
        [
            Line::Start(start),
            Line::Mark(Mark::Bad, words(&["HEAD~2"])),
            Line::Comment(String::new()),
            Line::Mark(Mark::Good, words(&["v1", "v2"])),
        ]
    );
    assert_eq!(Log::parse(&log.to_string()).unwrap(), log);
}

#[test]
fn both_pairs_of_words_are_understood_unless_others_were_chosen() {
    let log = Log::parse("git bisect start\ngit bisect new a\ngit bisect old b\ngit bisect bad c")
        .unwrap();
    let marks: Vec<Mark> = log
        .lines
        .iter()
        .filter_map(|line| match line {
            Line::Mark(mark, _) => Some(*mark),
            _ => None,
        })
        .collect();
    assert_eq!(marks, [Mark::Bad, Mark::Good, Mark::Bad]);
}

#[test]
fn what_is_no_log_is_refused_with_its_line() {
    for (text, line, problem) in [
        ("git bisect start\nrm -rf /\n", 2, "start comments with `#`"),
        ("git bisect good\n", 1, "add its name"),
        ("git bisect start 'a\n", 1, "is not closed"),
        ("git bisect start --term-new\n", 1, "needs a word"),
        ("git bisect start --bogus\n", 1, "no option `--bogus`"),
        (
            "git bisect start --term-new=slow --term-old=fast\n\ngit bisect bad x",
            3,
            "`fast`, `slow`",
        ),
        ("git bisect good x\\", 1, "a `\\` ends it"),
    ] {
        let error = Log::parse(text).unwrap_err();
        assert_eq!(error.line, line, "{text}");
        assert!(error.to_string().contains(problem), "{error}");
    }
}

#[test]
fn hostile_text_cannot_begin_a_line_of_its_own() {
    let log = Log {
        terms: Terms::default(),
        lines: vec![
            Line::Comment("good: x\ngit bisect bad y\u{1b}[2J".to_owned()),
            Line::Mark(Mark::Good, words(&["a\nb;c"])),
        ],
    };
    assert_eq!(
        log.to_string(),
        "# good: xgit bisect bad y[2J\ngit bisect good 'ab;c'\n"
    );
}
