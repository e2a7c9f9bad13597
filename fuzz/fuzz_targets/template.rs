//! Any texts as a pipeline, its templates and its parameters: expansion ends, in bounded time and
//! memory, and every problem lies in one of the texts.

#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use stepwell_spec::{Files, Request};

#[derive(Arbitrary, Debug)]
struct Project<'a> {
    main: &'a str,
    first: &'a str,
    second: &'a str,
    parameter: &'a str,
}

struct Two<'a>(&'a str, &'a str);

impl Files for Two<'_> {
    fn read(&mut self, path: &str) -> Result<String, String> {
        match path {
            "a.toml" => Ok(self.0.to_owned()),
            "b.toml" => Ok(self.1.to_owned()),
            _ => Err("there is no such file".to_owned()),
        }
    }
}

fuzz_target!(|project: Project<'_>| {
    let reading = stepwell_spec::read(Request {
        name: "pipeline.toml",
        path: "pipeline.toml",
        text: project.main,
        parameters: &[("p".to_owned(), project.parameter.to_owned())],
        files: &mut Two(project.first, project.second),
    });
    for label in reading
        .diagnostics
        .iter()
        .flat_map(|problem| &problem.labels)
    {
        let source = reading.sources.at(label.span.start).expect("a file");
        assert!(source.text.get(source.range(&label.span)).is_some());
    }
});
