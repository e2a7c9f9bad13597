//! Limits: what a file can ask for, and that asking for more is an error that comes soon.

use crate::{MAIN, Project, read_text, render};
use std::fmt::Write as _;
use std::time::{Duration, Instant};
use stepwell_spec::{MAX_FILE_BYTES, Reading};

/// What the first problem says.
#[track_caller]
fn refused(reading: &Reading, message: &str) {
    let first = reading
        .diagnostics
        .first()
        .map(|problem| problem.message.as_str());
    assert!(
        first.is_some_and(|found| found.contains(message)),
        "{message}: {}",
        render(reading)
    );
    assert_eq!(reading.pipeline, None);
}

/// Does something that must not take long, even in a test build on a busy machine.
#[track_caller]
fn soon<T>(what: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = what();
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "{:?}",
        start.elapsed()
    );
    result
}

fn steps_of(reading: &Reading) -> usize {
    let pipeline = reading.pipeline.as_ref();
    let pipeline = pipeline.unwrap_or_else(|| panic!("{}", render(reading)));
    pipeline.jobs.iter().map(|job| job.steps.len()).sum()
}

/// A chain of templates: each includes the next, and the last has a step.
fn chain(count: usize) -> Project {
    let include = |number: usize| format!("[[steps]]\ntemplate = \"{number}.toml\"\n");
    let mut files = vec![(MAIN.to_owned(), include(1))];
    for number in 1..count {
        files.push((format!("{number}.toml"), include(number + 1)));
    }
    files.push((
        format!("{count}.toml"),
        "[[steps]]\ntask = \"a\"\n".to_owned(),
    ));
    let mut project = Project::default();
    project.files.extend(files);
    project
}

#[test]
fn a_hundred_templates_inside_of_each_other_are_fine_and_one_more_is_not() {
    assert_eq!(steps_of(&chain(100).read(MAIN, &[])), 1);
    refused(
        &chain(101).read(MAIN, &[]),
        "nested more than 100 levels deep",
    );
    println!("semantics: C11 2");
}

#[test]
fn a_hundred_template_files_are_fine_and_one_more_is_not() {
    let project = |count: usize| {
        let mut main = String::new();
        let mut project = Project::default();
        for number in 0..count {
            write!(main, "[[steps]]\ntemplate = \"{number}.toml\"\n").unwrap();
            let text = "[[steps]]\ntask = \"a\"\n".to_owned();
            project.files.insert(format!("{number}.toml"), text);
        }
        project.files.insert(MAIN.to_owned(), main);
        project
    };
    assert_eq!(steps_of(&project(100).read(MAIN, &[])), 100);
    refused(&project(101).read(MAIN, &[]), "at most 100 template files");
    println!("semantics: C11 2");
}

#[test]
fn a_template_is_read_once_however_often_it_is_included() {
    let main = "[[steps]]\neach = \"x in parameters.list\"\ntemplate = \"a.toml\"\nparameters = { x = \"${{ x }}\" }\n\
                [parameters.list]\ntype = \"object\"\n";
    let template = "[parameters.x]\n[[steps]]\ntask = \"a\"\nargs = [\"${{ parameters.x }}\"]\n";
    let mut project = Project::of([(MAIN, main.to_owned()), ("a.toml", template.to_owned())]);
    let list = format!("{:?}", (0..10_000).collect::<Vec<_>>());
    let reading = soon(|| project.read(MAIN, &[("list".to_owned(), list)]));
    assert_eq!(steps_of(&reading), 10_000);
    assert_eq!(project.reads["a.toml"], 1);
}

#[test]
fn ten_thousand_turns_of_a_loop_are_fine() {
    let text = format!(
        "[parameters.list]\ntype = \"object\"\ndefault = {:?}\n\
         [[steps]]\neach = \"x in parameters.list\"\nif = \"ge(x, 0)\"\ntask = \"a\"\n\
         display-name = \"number ${{{{ x }}}}\"\ninputs = {{ n = \"${{{{ x }}}}\", v = \"${{{{ variables.v }}}}\" }}\n\
         [variables]\nv = \"w\"\n",
        (0..10_000).collect::<Vec<_>>()
    );
    assert_eq!(steps_of(&soon(|| read_text(text))), 10_000);
}

#[test]
fn many_variables_that_see_each_other_are_fine() {
    let mut text = String::from("[[steps]]\ntask = \"a\"\n[variables]\nv0 = \"0\"\n");
    for number in 1..10_000 {
        writeln!(text, "v{number} = \"${{{{ variables.v{} }}}}\"", number - 1).unwrap();
    }
    assert_eq!(steps_of(&soon(|| read_text(text))), 1);
}

#[test]
fn loops_in_loops_end() {
    let list = "split('1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20', ',')";
    let mut items = "{ if = \"false\", value = 1 }".to_owned();
    for depth in 0..8 {
        items = format!("{{ each = \"x{depth} in {list}\", value = [{items}] }}");
    }
    let text = format!("[[steps]]\ntask = \"a\"\nargs = [{items}]\n");
    // The empty arrays that come and go are what it runs out of.
    refused(&soon(|| read_text(text)), "take more than 20MiB");
}

#[test]
fn a_loop_that_makes_nothing_ends() {
    let text = "[parameters.list]\ntype = \"object\"\n\
                [[steps]]\neach = \"x in parameters.list\"\nif = \"false\"\ntask = \"a\"\n";
    let list = |count: usize| vec![("list".to_owned(), format!("[{}]", "1,".repeat(count)))];
    let mut project = Project::of([(MAIN, text.to_owned())]);
    let fine = soon(|| project.read(MAIN, &list(100_000)));
    assert!(fine.pipeline.is_some());
    refused(
        &soon(|| project.read(MAIN, &list(500_000))),
        "more than 1000000 events",
    );
}

#[test]
fn templates_that_include_another_twice_end() {
    let mut project = Project::default();
    let twice = |number: usize| format!("[[steps]]\ntemplate = \"{number}.toml\"\n").repeat(2);
    project.files.insert(MAIN.to_owned(), twice(0));
    for number in 0..60 {
        project
            .files
            .insert(format!("{number}.toml"), twice(number + 1));
    }
    project
        .files
        .insert("60.toml".to_owned(), "steps = []\n".to_owned());
    refused(
        &soon(|| project.read(MAIN, &[])),
        "more than 1000000 events",
    );
}

#[test]
fn a_value_that_doubles_on_its_way_down_ends() {
    let mut project = Project::default();
    let level = |number: usize| {
        format!(
            "[parameters]\nx = \"0123456789\"\n[[steps]]\ntemplate = \"{number}.toml\"\n\
             parameters = {{ x = \"${{{{ parameters.x }}}}${{{{ parameters.x }}}}\" }}\n"
        )
    };
    project.files.insert(MAIN.to_owned(), level(0));
    for number in 0..60 {
        project
            .files
            .insert(format!("{number}.toml"), level(number + 1));
    }
    refused(&soon(|| project.read(MAIN, &[])), "take more than 20MiB");
    println!("semantics: C11 1");
}

#[test]
fn work_of_expressions_is_bounded_over_all() {
    let big = "x".repeat(100_000);
    let text = format!(
        "[variables]\nbig = \"{big}\"\n[parameters.list]\ntype = \"object\"\ndefault = {:?}\n\
         [[steps]]\nif = \"contains(variables.big, 'y')\"\neach = \"x in parameters.list\"\ntask = \"a\"\n",
        (0..10_000).collect::<Vec<_>>()
    );
    refused(&soon(|| read_text(text)), "more than 32MiB of text");
}

#[test]
fn variables_as_a_whole_are_not_for_free() {
    let mut text = String::from("[[steps]]\ntask = \"a\"\n[variables]\n");
    for number in 0..10_000 {
        writeln!(text, "v{number} = \"${{{{ length(variables) }}}}\"").unwrap();
    }
    refused(&soon(|| read_text(text)), "more than 1000000 events");
}

#[test]
fn deep_values_neither_overflow_the_stack_nor_are_taken() {
    let deep = |open: &str, inner: &str, close: &str, count: usize| {
        format!(
            "[[steps]]\ntask = \"a\"\ninputs = {{ x = {}{inner}{} }}\n",
            open.repeat(count),
            close.repeat(count)
        )
    };
    for count in [70, 200, 10_000] {
        for (open, close) in [("[", "]"), ("[{ a = ", "}]"), ("{ a.b.c.d.e.f.g = [", "]}")] {
            for inner in ["\"${{ 1 }}\"", "{ if = \"true\", value = 1 }"] {
                let reading = soon(|| read_text(deep(open, inner, close, count)));
                assert!(reading.pipeline.is_none_or(|pipeline| !pipeline.intact));
            }
        }
    }
}

#[test]
fn groups_in_groups_are_bounded() {
    let group = |count: usize| {
        let open = "{ if = \"true\", steps = [".repeat(count);
        format!(
            "steps = [{open}{{ task = \"a\" }}{}]\n",
            "] }".repeat(count)
        )
    };
    assert_eq!(steps_of(&read_text(group(20))), 1);
    soon(|| read_text(group(10_000)));
}

#[test]
fn a_value_that_gets_deeper_on_its_way_down_is_refused() {
    let mut project = Project::default();
    let level = |number: usize| {
        format!(
            "[parameters.x]\ntype = \"object\"\ndefault = []\n[[steps]]\ntemplate = \"{number}.toml\"\n\
             parameters = {{ x = {{ a = {{ a = {{ a = {{ a = \"${{{{ parameters.x }}}}\" }} }} }} }} }}\n"
        )
    };
    project.files.insert(MAIN.to_owned(), level(0));
    for number in 0..99 {
        project
            .files
            .insert(format!("{number}.toml"), level(number + 1));
    }
    project
        .files
        .insert("99.toml".to_owned(), "steps = []\n".to_owned());
    refused(&soon(|| project.read(MAIN, &[])), "levels deep");
}

#[test]
fn deep_templates_with_deep_values_do_not_overflow_the_stack() {
    let mut project = Project::default();
    let deep = |inner: &str| {
        format!(
            "{}{inner}{}",
            "{ if = \"true\", steps = [".repeat(30),
            "] }".repeat(30)
        )
    };
    let level = |number: usize| {
        format!(
            "steps = [{}]\n",
            deep(&format!("{{ template = \"{number}.toml\" }}"))
        )
    };
    project.files.insert(MAIN.to_owned(), level(0));
    for number in 0..90 {
        project
            .files
            .insert(format!("{number}.toml"), level(number + 1));
    }
    refused(&soon(|| project.read(MAIN, &[])), "levels deep");
}

#[test]
fn a_deep_file_at_the_bottom_of_deep_templates_does_not_overflow_the_stack() {
    let mut project = chain(100);
    let group = "{ if = \"true\", steps = [".repeat(18);
    for number in 1..100 {
        let text = match number {
            1 => format!(
                "steps = [{group}{{ template = \"2.toml\" }}{}]\n",
                "] }".repeat(18)
            ),
            _ => format!(
                "steps = [{{ if = \"true\", steps = [{{ template = \"{}.toml\" }}] }}]\n",
                number + 1
            ),
        };
        project.files.insert(format!("{number}.toml"), text);
    }
    for last in [60, 65, 68, 69, 70] {
        let open = "{ a.b.c.d.e.f.g = [".repeat(30);
        let text = format!(
            "[[steps]]\ntask = \"${{{{ 1 }}}}\"\ninputs = {{ x = {open}1{} }}\n",
            "]}".repeat(30)
        );
        project.files.insert(format!("{last}.toml"), text);
        let reading = soon(|| project.read(MAIN, &[]));
        assert!(reading.pipeline.is_none_or(|pipeline| !pipeline.intact));
        project.files.remove(&format!("{last}.toml"));
    }
}

#[test]
fn a_template_that_is_too_large_is_refused() {
    let main = "[[steps]]\ntemplate = \"a.toml\"\n".to_owned();
    let mut project = Project::of([(MAIN, main), ("a.toml", "#".repeat(MAX_FILE_BYTES + 1))]);
    refused(&project.read(MAIN, &[]), "has 1048577 bytes");
}

#[test]
fn all_files_together_are_bounded() {
    let mut project = Project::default();
    let mut main = String::new();
    for number in 0..30 {
        write!(main, "[[steps]]\ntemplate = \"{number}.toml\"\n").unwrap();
        let text = format!("steps = []\n#{}", "x".repeat(MAX_FILE_BYTES - 20));
        project.files.insert(format!("{number}.toml"), text);
    }
    project.files.insert(MAIN.to_owned(), main);
    refused(&soon(|| project.read(MAIN, &[])), "take more than 20MiB");
}

#[test]
fn a_flood_of_mistakes_ends() {
    for line in [
        "x = \"${{ nope }}\"",
        "x = { else = true }",
        "x = \"${{ parameters.y }}\"",
        "x = \"${{\"",
    ] {
        let mut text = String::from("[[steps]]\ntask = \"a\"\n[steps.inputs]\n");
        for number in 0..20_000 {
            writeln!(text, "k{number}{line}").unwrap();
        }
        let reading = soon(|| read_text(text));
        assert_eq!(reading.diagnostics.len(), 101, "{line}");
    }
}
