//! Suspects and their descent.

use crate::fixture::{Site, commit, line, on};
use std::collections::{HashMap, HashSet};
use stepwell_workspace::{Ancestry, ObjectId, Range, Repository};

fn ids(site: &Site, args: &[&str]) -> Vec<ObjectId> {
    let text = site.git(&[&["rev-list"], args].concat());
    text.lines().map(|line| line.parse().unwrap()).collect()
}

fn is_in_order(range: &Range) -> bool {
    (0u32..)
        .zip(&range.parents)
        .all(|(at, parents)| parents.iter().all(|parent| *parent < at))
}

/// Two branches that are merged again and again, with changes of two files.
fn braid(rounds: usize) -> Site {
    let site = Site::new();
    let mut commits = vec![commit(&[], "a", "0")];
    for round in 0..rounds {
        let base = commits.len() - 1;
        let text = round.to_string();
        commits.push(on("side", commit(&[base], "side", &text)));
        commits.push(on("side", commit(&[base + 1], "a", &format!("s{text}"))));
        commits.push(commit(&[base], "b", &text));
        // The merge takes the file of the other branch as it is, or writes another.
        let (path, text) = match round % 3 {
            0 => ("a", format!("m{text}")),
            1 => ("b", text.clone()),
            _ => ("side", text.clone()),
        };
        commits.push(commit(&[base + 3, base + 2], path, &text));
    }
    site.import(&commits);
    site
}

fn range(repository: &Repository, site: &Site, paths: &[&str], first_parent: bool) -> Range {
    let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
    repository
        .range(&[site.mark(0)], site.id("main"), &paths, first_parent)
        .unwrap()
}

#[test]
fn suspects_come_after_their_parents_and_the_bad_one_comes_last() {
    let site = braid(60);
    let repository = site.open();
    let range = range(&repository, &site, &[], false);
    assert_eq!(range.ids.len(), 240);
    let good = format!("^{}", site.mark(0));
    let expect = ids(&site, &["main", &good]);
    assert_eq!(
        range.ids.iter().collect::<HashSet<_>>(),
        expect.iter().collect::<HashSet<_>>()
    );
    assert!(is_in_order(&range));
    assert_eq!(range.ids.last(), Some(&site.id("main")));
    let listed = site.git(&["rev-list", "--parents", "main", &good]);
    let listed: HashMap<&str, &str> = listed
        .lines()
        .filter_map(|line| line.split_once(' '))
        .collect();
    let place = |parent: &str| range.ids.iter().position(|id| id.to_string() == parent);
    for (id, parents) in range.ids.iter().zip(&range.parents) {
        let expect = listed[&*id.to_string()].split(' ').filter_map(place);
        let parents: Vec<usize> = parents.iter().map(|parent| *parent as usize).collect();
        assert_eq!(parents, expect.collect::<Vec<_>>());
    }
    assert_eq!(range.counts, [true; 240]);
    let newest = repository.versions(&range.ids[239..]).unwrap().remove(0);
    assert_eq!(newest.tree, site.id("main^{tree}").to_string());
}

#[test]
fn what_counts_is_what_git_lists_for_the_paths() {
    let site = braid(60);
    let repository = site.open();
    let good = format!("^{}", site.mark(0));
    for paths in [
        &["a"][..],
        &["b"],
        &["a", "side"],
        &[":(exclude)a"],
        &["none"],
    ] {
        for first_parent in [false, true] {
            let range = range(&repository, &site, paths, first_parent);
            let mut args = vec!["main", &good];
            if first_parent {
                args.push("--first-parent");
            }
            args.push("--");
            args.extend(paths);
            let counted = range.ids.iter().zip(&range.counts);
            let counted = counted.filter(|(_, counts)| **counts).map(|(id, _)| *id);
            assert_eq!(
                counted.collect::<HashSet<_>>(),
                ids(&site, &args).into_iter().collect(),
                "{paths:?}"
            );
        }
    }
    assert!(repository.ever_changed(site.id("main"), "side").unwrap());
    assert!(!repository.ever_changed(site.id("main"), "none").unwrap());
}

#[test]
fn first_parents_are_one_line() {
    let site = braid(20);
    let range = range(&site.open(), &site, &[], true);
    assert_eq!(range.ids.len(), 40);
    let expect: Vec<Vec<u32>> = (0..40u32)
        .map(|at| at.checked_sub(1).into_iter().collect())
        .collect();
    assert_eq!(range.parents, expect);
}

#[test]
fn several_good_commits_all_take_away_what_they_have() {
    let site = braid(20);
    let repository = site.open();
    let bad = site.id("main");
    let good = [site.mark(41), site.mark(60)];
    let range = repository.range(&good, bad, &[], false).unwrap();
    let not: Vec<String> = good.iter().map(|good| format!("^{good}")).collect();
    let expect = ids(&site, &[&bad.to_string(), &not[0], &not[1]]);
    assert_eq!(range.ids.len(), expect.len());
    assert!(is_in_order(&range));
}

#[test]
fn nothing_lies_between_a_commit_and_its_descendant_the_wrong_way_round() {
    let site = Site::new();
    site.import(&line(5));
    let repository = site.open();
    let (old, new) = (site.mark(1), site.mark(4));
    assert_eq!(
        repository.range(&[new], old, &[], false).unwrap(),
        Range::default()
    );
    assert_eq!(
        repository.range(&[old], old, &[], false).unwrap(),
        Range::default()
    );
    assert!(repository.is_ancestor(old, new).unwrap());
    assert!(repository.is_ancestor(old, old).unwrap());
    assert!(!repository.is_ancestor(new, old).unwrap());
}

#[test]
fn lines_that_part_have_merge_bases_and_unrelated_ones_have_none() {
    let site = Site::new();
    site.import(&[
        commit(&[], "a", "0"),
        commit(&[0], "a", "1"),
        on("other", commit(&[0], "a", "2")),
        // Both lines have both.
        commit(&[1, 2], "a", "3"),
        on("other", commit(&[2, 1], "a", "4")),
        on("alone", commit(&[], "a", "5")),
    ]);
    let repository = site.open();
    let mark = |at| site.mark(at);
    let ancestry = |good: &[usize], bad| {
        let good: Vec<ObjectId> = good.iter().map(|good| mark(*good)).collect();
        repository.ancestry(&good, mark(bad)).unwrap()
    };
    assert_eq!(ancestry(&[1], 3), Ancestry::Ancestors);
    assert_eq!(ancestry(&[3], 3), Ancestry::Ancestors);
    let merge_bases = vec![mark(0)];
    assert_eq!(ancestry(&[2], 1), Ancestry::Diverged { merge_bases });
    let Ancestry::Diverged { mut merge_bases } = ancestry(&[4], 3) else {
        panic!("the lines part");
    };
    merge_bases.sort();
    let mut expect = vec![mark(1), mark(2)];
    expect.sort();
    assert_eq!(merge_bases, expect);
    // What is good already is not to be judged.
    let merge_bases = vec![mark(2)];
    assert_eq!(ancestry(&[4, 1], 3), Ancestry::Diverged { merge_bases });
    let good = mark(5);
    assert_eq!(ancestry(&[1, 5], 3), Ancestry::Unrelated { good });
}

#[test]
fn thousands_of_commits_are_one_range() {
    let site = Site::new();
    site.import(&line(3_000));
    let range = range(&site.open(), &site, &["src/3.txt"], false);
    assert_eq!(range.ids.len(), 2_999);
    assert_eq!(range.counts.iter().filter(|counts| **counts).count(), 429);
}
