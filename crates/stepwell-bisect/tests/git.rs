//! The choices of this crate next to those of the `git` of this machine, on real repositories.

#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use stepwell_bisect::*;
use stepwell_event::SkipKind;

/// Numbers that are the same in every run.
struct Draws(u64);

impl Draws {
    fn below(&mut self, end: u32) -> u32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        u32::try_from((self.0 >> 33) % u64::from(end)).unwrap()
    }
}

/// A repository of several graphs that have nothing to do with one another.
struct Repository {
    folder: PathBuf,
    /// The commits of each graph, in order.
    commits: Vec<Vec<String>>,
}

impl Repository {
    fn new(name: &str, graphs: &[Vec<Vec<u32>>]) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        if folder.exists() {
            std::fs::remove_dir_all(&folder).unwrap();
        }
        std::fs::create_dir_all(&folder).unwrap();
        let mut repository = Self {
            folder,
            commits: Vec::new(),
        };
        repository.git(&["init", "--quiet"]);
        let mut stream = String::new();
        let mut mark = 0;
        for graph in graphs {
            let first = mark + 1;
            for parents in graph {
                mark += 1;
                let time = 1_000_000_000 + mark;
                write!(
                    stream,
                    "reset refs/heads/x\ncommit refs/heads/x\nmark :{mark}\n"
                )
                .unwrap();
                write!(
                    stream,
                    "committer A <a@example.org> {time} +0000\ndata 1\nx\n"
                )
                .unwrap();
                for (place, parent) in parents.iter().enumerate() {
                    let word = if place == 0 { "from" } else { "merge" };
                    writeln!(stream, "{word} :{}", first + parent).unwrap();
                }
                stream.push('\n');
            }
        }
        let mut import = repository.command(&["fast-import", "--quiet", "--export-marks=marks"]);
        let mut import = import.stdin(Stdio::piped()).spawn().unwrap();
        import
            .stdin
            .take()
            .unwrap()
            .write_all(stream.as_bytes())
            .unwrap();
        assert!(import.wait().unwrap().success());
        let marks = std::fs::read_to_string(repository.folder.join("marks")).unwrap();
        let mut names: BTreeMap<u32, String> = marks
            .lines()
            .map(|line| {
                let (mark, name) = line.split_once(' ').unwrap();
                (mark[1..].parse().unwrap(), name.to_owned())
            })
            .collect();
        for graph in graphs {
            let names = graph.iter().map(|_| names.pop_first().unwrap().1);
            repository.commits.push(names.collect());
        }
        repository
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        command
            .args(arguments)
            .current_dir(&self.folder)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CEILING_DIRECTORIES", env!("CARGO_TARGET_TMPDIR"));
        command
    }

    fn try_git(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn git(&self, arguments: &[&str]) -> String {
        let output = self.try_git(arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }
}

/// A line with branches that are merged sooner or later, all into the last one.
fn graph(draws: &mut Draws, count: u32) -> Vec<Vec<u32>> {
    let mut parents: Vec<Vec<u32>> = vec![Vec::new()];
    let mut heads = vec![0];
    for version in 1..count {
        let chosen = draws.below(u32::try_from(heads.len()).unwrap()) as usize;
        let own = match draws.below(6) {
            0 if heads.len() < 6 => vec![draws.below(version)],
            1 | 2 if heads.len() > 1 => {
                let other = heads.remove(chosen);
                vec![heads[0], other]
            }
            _ => vec![heads[chosen]],
        };
        heads.retain(|head| !own.contains(head));
        heads.push(version);
        parents.push(own);
    }
    parents.push(heads);
    parents
}

/// What Git and we search: the suspects, by their places in the graph.
struct Range {
    goods: Vec<u32>,
    suspects: Vec<u32>,
    history: History,
}

/// The range from random good versions to the last one.
fn range(draws: &mut Draws, graph: &[Vec<u32>], names: &[String], goods: u32) -> Range {
    let last = u32::try_from(graph.len()).unwrap() - 1;
    let goods: Vec<u32> = (0..goods).map(|_| draws.below(last.div_ceil(2))).collect();
    let mut cleared = BTreeSet::new();
    let mut ahead = goods.clone();
    while let Some(version) = ahead.pop() {
        if cleared.insert(version) {
            ahead.extend(&graph[version as usize]);
        }
    }
    let suspects: Vec<u32> = (0..=last)
        .filter(|version| !cleared.contains(version))
        .collect();
    let place = |version: &u32| {
        suspects
            .binary_search(version)
            .ok()
            .map(|at| u32::try_from(at).unwrap())
    };
    let parents: Vec<Vec<u32>> = suspects
        .iter()
        .map(|version| graph[*version as usize].iter().filter_map(place).collect())
        .collect();
    let name = |it: Candidate| names[suspects[it.index()] as usize].clone();
    let history = History::new(&parents).unwrap().named(name);
    Range {
        goods,
        suspects,
        history,
    }
}

impl Range {
    fn revisions(&self, names: &[String]) -> Vec<String> {
        let goods = self
            .goods
            .iter()
            .map(|good| format!("^{}", names[*good as usize]));
        goods.chain([names.last().unwrap().clone()]).collect()
    }

    fn name<'a>(&self, names: &'a [String], candidate: Candidate) -> &'a str {
        &names[self.suspects[candidate.index()] as usize]
    }

    fn search(&self) -> Search {
        let options = Options {
            order: Order::Git,
            ..Options::default()
        };
        Search::new(self.history.clone(), options).unwrap()
    }
}

#[test]
fn distances_and_first_choices_are_those_of_git_on_two_hundred_graphs() {
    let mut draws = Draws(1);
    let graphs: Vec<Vec<Vec<u32>>> = (0..200)
        .map(|_| {
            let count = 2 + draws.below(120);
            graph(&mut draws, count)
        })
        .collect();
    let repository = Repository::new("distances", &graphs);
    for (graph, names) in graphs.iter().zip(&repository.commits) {
        let goods = draws.below(4);
        let range = range(&mut draws, graph, names, goods);
        let revisions = range.revisions(names);
        let list = |option: &str| {
            let mut arguments = vec!["rev-list", option];
            arguments.extend(revisions.iter().map(String::as_str));
            repository.git(&arguments)
        };
        let distances: BTreeMap<String, u64> = list("--bisect-all")
            .lines()
            .map(|line| {
                let distance = line.split_once("dist=").unwrap().1;
                let distance = distance.split([')', ',']).next().unwrap();
                (line[..40].to_owned(), distance.parse().unwrap())
            })
            .collect();
        let all = range.suspects.len() as u64;
        let ours: BTreeMap<String, u64> = range
            .history
            .candidates()
            .zip(range.history.weights())
            .map(|(it, weight)| (range.name(names, it).to_owned(), weight.min(all - weight)))
            .collect();
        assert_eq!(ours, distances);
        let next = range.search().next(1);
        let choice = match next.found {
            Some(Found::Culprit { candidate, .. }) => candidate,
            _ => next.start[0].candidate,
        };
        assert_eq!(range.name(names, choice), list("--bisect").trim());
    }
}

#[test]
fn the_choice_along_a_line_is_that_of_git_for_few_and_for_many() {
    let line: Vec<Vec<u32>> = (0..6000_u32)
        .map(|version| version.checked_sub(1).into_iter().collect())
        .collect();
    let repository = Repository::new("line", &[line]);
    let names = &repository.commits[0];
    for count in (1..=20).chain([1000, 3071, 3072, 3073, 4095, 4096, 5000, 5999]) {
        let options = Options {
            order: Order::Git,
            ..Options::default()
        };
        let mut search = Search::new(History::linear(count).unwrap(), options).unwrap();
        let next = search.next(1);
        let choice = next
            .start
            .first()
            .map_or(Candidate(count - 1), |start| start.candidate);
        let good = format!("^{}", names[0]);
        let theirs = repository.git(&["rev-list", "--bisect", &names[count as usize], &good]);
        assert_eq!(names[choice.index() + 1], theirs.trim(), "{count}");
    }
}

/// Plays one whole search side by side.
fn walk(
    repository: &Repository,
    names: &[String],
    range: &Range,
    graph: &[Vec<u32>],
    draws: &mut Draws,
) -> usize {
    let culprit =
        range.suspects[draws.below(u32::try_from(range.suspects.len()).unwrap()) as usize];
    let mut bad = BTreeSet::from([culprit]);
    for (version, parents) in (0..).zip(graph) {
        if parents.iter().any(|parent| bad.contains(parent)) {
            bad.insert(version);
        }
    }
    let untestable = draws.below(60);
    let mut start = vec!["bisect", "start", "--no-checkout", names.last().unwrap()];
    start.extend(
        range
            .goods
            .iter()
            .map(|good| names[*good as usize].as_str()),
    );
    let mut theirs = repository.try_git(&start);
    let mut search = range.search();
    let mut steps = 0;
    loop {
        let next = search.next(1);
        let output = String::from_utf8(theirs.stdout).unwrap();
        match next.found {
            Some(Found::Culprit { candidate, .. }) => {
                let first = format!("{} is the first bad commit", range.name(names, candidate));
                assert!(output.contains(&first), "{output}");
                break;
            }
            Some(Found::Ambiguous { suspects, .. }) => {
                assert_eq!(theirs.status.code(), Some(2), "{output}");
                let ours: BTreeSet<&str> =
                    suspects.iter().map(|it| range.name(names, *it)).collect();
                let named = output.lines().filter(|line| line.len() == 40);
                assert_eq!(ours, named.collect(), "{output}");
                break;
            }
            other => assert_eq!(other, None),
        }
        let candidate = next.start[0].candidate;
        let name = range.name(names, candidate);
        let head = std::fs::read_to_string(repository.folder.join(".git/BISECT_HEAD")).unwrap();
        assert_eq!(head.trim(), name);
        let version = range.suspects[candidate.index()];
        let (word, seen) = if draws.below(100) < untestable {
            ("skip", Seen::Untestable(SkipKind::BuildBroken))
        } else if bad.contains(&version) {
            ("bad", Seen::Trials { good: 0, bad: 1 })
        } else {
            ("good", Seen::Trials { good: 1, bad: 0 })
        };
        theirs = repository.try_git(&["bisect", word, name]);
        search.observe(candidate, seen);
        steps += 1;
    }
    repository.git(&["bisect", "reset"]);
    steps
}

#[test]
fn whole_searches_go_the_way_of_git_bisect_skips_included() {
    let mut draws = Draws(2);
    let mut graphs: Vec<Vec<Vec<u32>>> = (0..24)
        .map(|_| {
            let count = 5 + draws.below(80);
            graph(&mut draws, count)
        })
        .collect();
    graphs.push(
        (0..300_u32)
            .map(|version| version.checked_sub(1).into_iter().collect())
            .collect(),
    );
    let repository = Repository::new("walks", &graphs);
    // `git bisect` wants a branch to go back to.
    repository.git(&["symbolic-ref", "HEAD", "refs/heads/x"]);
    let mut steps = 0;
    for (graph, names) in graphs.iter().zip(&repository.commits) {
        let goods = 1 + draws.below(2);
        let range = range(&mut draws, graph, names, goods);
        steps += walk(&repository, names, &range, graph, &mut draws);
    }
    assert!(steps > 100, "{steps}");
}
