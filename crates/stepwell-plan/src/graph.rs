//! The graph of jobs: every dependency exists, and every job can start.

use crate::suggestion::suggestion;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use stepwell_diagnostic::Diagnostic;
use stepwell_spec::{Job, Spanned, name};

/// A dependency: the position of the job, and where it is named.
struct Edge<'p> {
    to: usize,
    name: &'p Spanned<String>,
}

/// The positions of the jobs that each job depends on, without those that cannot be.
pub(crate) fn resolve(jobs: &[Job], problems: &mut Vec<Diagnostic>) -> Vec<Vec<usize>> {
    let mut positions = HashMap::new();
    for (position, job) in jobs.iter().enumerate() {
        positions
            .entry(name::fold(&job.name.value))
            .or_insert(position);
    }
    let edges: Vec<_> = (0..)
        .zip(jobs)
        .map(|(position, job)| edges(jobs, &positions, position, job, problems))
        .collect();
    let stuck = stuck(&edges);
    if stuck.contains(&true) {
        problems.push(cycle(jobs, &edges, &stuck));
    }
    edges
        .into_iter()
        .map(|edges| edges.into_iter().map(|edge| edge.to).collect())
        .collect()
}

fn edges<'p>(
    jobs: &[Job],
    positions: &HashMap<String, usize>,
    position: usize,
    job: &'p Job,
    problems: &mut Vec<Diagnostic>,
) -> Vec<Edge<'p>> {
    let this = &job.name.value;
    let mut first = HashMap::new();
    let mut edges = Vec::new();
    for name in &job.depends_on {
        let other = &name.value;
        let Some(&to) = positions.get(&name::fold(other)) else {
            let message = format!("job `{this}` depends on unknown job `{other}`");
            let names = jobs.iter().map(|job| job.name.value.as_str());
            let others = names.filter(|name| name != this);
            let label = suggestion(problems, other, others, "no such job");
            problems.push(Diagnostic::error("unknown-job", message).at(name.span.clone(), label));
            continue;
        };
        if to == position {
            problems.push(
                Diagnostic::error("self-dependency", format!("job `{this}` depends on itself"))
                    .at(name.span.clone(), "remove this"),
            );
            continue;
        }
        match first.entry(to) {
            Entry::Vacant(entry) => {
                entry.insert(name.span.clone());
                edges.push(Edge { to, name });
            }
            Entry::Occupied(entry) => {
                let message = format!("job `{this}` depends on job `{other}` more than once");
                problems.push(
                    Diagnostic::error("duplicate-dependency", message)
                        .at(name.span.clone(), "remove this")
                        .at(entry.get().clone(), "first here"),
                );
            }
        }
    }
    edges
}

/// Kahn's algorithm: which jobs are left when every job whose dependencies are all gone has gone. These
/// are in a cycle or behind one.
fn stuck(edges: &[Vec<Edge<'_>>]) -> Vec<bool> {
    let mut waiting: Vec<_> = edges.iter().map(Vec::len).collect();
    let mut dependents = vec![Vec::new(); edges.len()];
    for (from, edges) in edges.iter().enumerate() {
        for edge in edges {
            if let Some(list) = dependents.get_mut(edge.to) {
                list.push(from);
            }
        }
    }
    let mut ready: Vec<_> = (0..)
        .zip(&waiting)
        .filter(|(_, count)| **count == 0)
        .map(|(position, _)| position)
        .collect();
    while let Some(position) = ready.pop() {
        for &dependent in dependents.get(position).into_iter().flatten() {
            if let Some(count) = waiting.get_mut(dependent) {
                *count -= 1;
                if *count == 0 {
                    ready.push(dependent);
                }
            }
        }
    }
    waiting.into_iter().map(|count| count > 0).collect()
}

/// One problem for all jobs that can never start: the path of a cycle, and every such job with a
/// dependency that keeps it waiting.
fn cycle(jobs: &[Job], edges: &[Vec<Edge<'_>>], stuck: &[bool]) -> Diagnostic {
    let name = |position: usize| jobs.get(position).map_or("", |job| job.name.value.as_str());
    // A stuck job waits for a stuck job, so following these edges never ends.
    let blocking = |position: usize| {
        edges
            .get(position)?
            .iter()
            .find(|edge| stuck.get(edge.to) == Some(&true))
    };
    let path = path(stuck, |position| blocking(position).map(|edge| edge.to));
    let mut names: Vec<_> = path.iter().map(|position| name(*position)).collect();
    names.extend(names.first().copied());

    let message = format!(
        "dependencies of jobs form a cycle: `{}`",
        names.join("` → `")
    );
    let mut problem = Diagnostic::error("dependency-cycle", message);
    for position in (0..stuck.len()).filter(|position| stuck.get(*position) == Some(&true)) {
        if let Some(edge) = blocking(position) {
            let label = match path.contains(&position) {
                true => format!("job `{}` waits for job `{}`", name(position), name(edge.to)),
                false => format!(
                    "job `{}` waits for job `{}` and can never start",
                    name(position),
                    name(edge.to)
                ),
            };
            problem = problem.at(edge.name.span.clone(), label);
        }
    }
    problem.help("remove one of the dependencies on this path")
}

/// A cycle among the stuck jobs, beginning with the one that is first in the file.
fn path(stuck: &[bool], next: impl Fn(usize) -> Option<usize>) -> Vec<usize> {
    let mut visits = vec![0_u8; stuck.len()];
    let mut current = stuck.iter().position(|stuck| *stuck);
    let mut path = Vec::new();
    // The second visit of a job proves that it is in the cycle, and collects it.
    while let Some(position) = current {
        match visits.get_mut(position) {
            Some(count @ 0) => *count = 1,
            Some(count @ 1) => {
                *count = 2;
                path.push(position);
            }
            Some(_) | None => break,
        }
        current = next(position);
    }
    let first = path.iter().min().copied();
    let shift = path.iter().position(|position| Some(*position) == first);
    path.rotate_left(shift.unwrap_or(0));
    path
}
