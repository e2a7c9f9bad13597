//! The sections of searches for a culprit: components, how to search, when to look, whom to tell.

use crate::{problems, read};
use std::time::Duration;
use stepwell_event::{Access, Finite, NoiseModel, Person};
use stepwell_spec::{Bisect, PartKind, PartSource, Pipeline, Times};

const STEPS: &str = "[[steps]]\ntask = \"x\"\n";

#[track_caller]
fn with(lines: &str) -> Pipeline {
    read(&format!("{STEPS}{lines}\n"))
}

#[track_caller]
fn wrong(lines: &str) -> String {
    problems(&format!("{lines}\n{STEPS}"))
}

#[test]
fn components_are_read_with_what_they_are_told() {
    let pipeline = with(
        "[oracles.unit]\nsource = \"junit\"\n\
         inputs = { report = \"a.xml\", deep = { list = [1, 2.5, true], at = 2026-01-01 } }\n\
         allow = { hosts = [\"a.example\"], secrets = [\"token\"], workspace = \"none\" }\n\
         limits = { memory = \"64MiB\" }\ntimeout = \"10m\"\n\
         [oracles.own]\nsource = \"./own.wasm\"\n\
         [notifiers.hook]\n[publishers.hook]\n[strategists.mine]\nsource = \"x/mine.wasm\"\n",
    );
    let [unit, own, mine, notifier, publisher] = &pipeline.parts[..] else {
        panic!("{:?}", pipeline.parts)
    };
    assert_eq!(unit.kind, PartKind::Oracle);
    let source = unit.source.as_ref().unwrap();
    assert_eq!(source.value, PartSource::BuiltIn("junit".to_owned()));
    assert_eq!(
        unit.config,
        r#"{"deep":{"at":"2026-01-01","list":[1,2.5,true]},"report":"a.xml"}"#
    );
    assert_eq!(unit.allow.workspace.as_ref().unwrap().value, Access::None);
    assert_eq!(unit.allow.secrets[0].value, "token");
    assert_eq!(
        unit.timeout.as_ref().unwrap().value,
        Duration::from_secs(600)
    );
    let source = own.source.as_ref().unwrap();
    assert_eq!(source.value, PartSource::File("./own.wasm".to_owned()));
    assert_eq!(own.config, "{}");
    assert_eq!(mine.kind, PartKind::Strategist);
    assert_eq!(
        (notifier.kind, notifier.source.is_none()),
        (PartKind::Notifier, true)
    );
    assert_eq!(publisher.kind, PartKind::Publisher);
    assert!(pipeline.parts.iter().all(|part| part.intact));
}

#[test]
fn who_tells_and_publishes_may_have_a_folder_of_its_own() {
    let grants = |sections: &str| -> Vec<Access> {
        let parts = with(sections).parts;
        let granted = parts
            .iter()
            .filter_map(|part| part.allow.workspace.as_ref());
        granted.map(|access| access.value).collect()
    };
    let allow = |section: &str, access: &str| {
        format!("[{section}]\nallow = {{ workspace = \"{access}\" }}\n")
    };
    let publishers = ["none", "read", "write"].map(|it| allow(&format!("publishers.{it}"), it));
    assert_eq!(
        grants(&publishers.concat()),
        [Access::None, Access::Read, Access::Write]
    );
    assert_eq!(grants(&allow("notifiers.a", "write")), [Access::Write]);
    assert!(wrong(&allow("notifiers.a", "read")).contains("accepted here: \"none\", \"write\""));
}

#[test]
fn how_to_search_is_read() {
    let rate = |value| Finite::new(value).unwrap();
    let bisect = |lines: &str| with(&format!("[bisect]\n{lines}")).bisect;
    assert_eq!(with("").bisect, Bisect::default());
    let all = bisect("oracle = \"unit\"\nstrategist = \"s\"\njobs = 4\nconfidence = 0.999");
    assert_eq!(all.oracle.unwrap().value, "unit");
    assert_eq!(all.strategist.unwrap().value, "s");
    assert_eq!(all.jobs.unwrap().get(), 4);
    assert_eq!(all.confidence, Some(rate(0.999)));
    for (written, expect) in [
        ("\"none\"", NoiseModel::Deterministic),
        ("0", NoiseModel::Deterministic),
        (
            "0.1",
            NoiseModel::Known {
                false_bad: rate(0.1),
                false_good: rate(0.1),
            },
        ),
        (
            "{ false-bad = 0.25 }",
            NoiseModel::Known {
                false_bad: rate(0.25),
                false_good: rate(0.0),
            },
        ),
        ("\"learn\"", stepwell_spec::learned()),
    ] {
        let noise = bisect(&format!("noise = {written}")).noise;
        assert_eq!(noise, Some(expect), "{written}");
    }
}

#[test]
fn what_cannot_be_searched_with_is_told() {
    insta::assert_snapshot!(
        wrong("[bisect]\noracle = \"./x.wasm\"\njobs = 0\nconfidence = 1\nnoise = 0.5"),
        @r#"
        error[invalid-name]: "./x.wasm" cannot name an oracle
          2:10 "\"./x.wasm\"" not a name
          help: a name starts with a letter or `_`, goes on with letters, digits, `_` and `-`, and has at most 100 characters
        error[out-of-range]: `jobs` must be from 1 to 64
          3:8 "0" out of range
        error[out-of-range]: `confidence` must be more than 0.5 and less than 1, such as 0.99
          4:14 "1" out of range
        error[out-of-range]: `noise` must be rates from 0 up that are less than 1 together: a trial that is wrong as often as right says nothing
          5:9 "0.5" out of range
        "#
    );
    insta::assert_snapshot!(
        wrong("[bisect]\nconfidence = \"high\"\nnoise = \"lern\"\njob = 4"),
        @r#"
        error[wrong-type]: `confidence` must be a finite number, not a string
          2:14 "\"high\"" this is a string
        error[invalid-value]: `noise` cannot be "lern"
          3:9 "\"lern\"" did you mean `learn`?
          help: accepted here: "none", "learn"
        error[unknown-key]: unknown key `job` in `bisect`
          4:1 "job" did you mean `jobs`?
          help: accepted here: oracle, strategist, jobs, confidence, noise
        "#
    );
    insta::assert_snapshot!(
        wrong("[bisect.noise]\nfalse-bad = 0.6\nfalse-good = 0.5"),
        @r#"
        error[out-of-range]: `noise` must be rates from 0 up that are less than 1 together: a trial that is wrong as often as right says nothing
          1:1 "[bisect.noise]" out of range
        "#
    );
}

#[test]
fn what_no_component_may_have_is_told() {
    insta::assert_snapshot!(
        wrong(
            "[oracles.a]\nsource = \"./a\"\nallow = { workspace = \"write\", env = [\"X\"] }\n\
             inputs = { n = inf }\n[oracles.A]\ninput = {}\n[oracles.\"b c\"]"
        ),
        @r#"
        error[invalid-value]: a source is a `.wasm` file
          2:10 "\"./a\"" does not end in `.wasm`
          help: give the name of a built-in one, or a path relative to the pipeline file such as `./mine.wasm`
        error[invalid-value]: `workspace` cannot be "write"
          3:23 "\"write\"" not accepted here
          help: accepted here: "none", "read"
        error[unknown-key]: unknown key `env` in `allow`
          3:32 "env" not a key that belongs here
          help: accepted here: workspace, scratch, secrets, hosts, clock, random
        error[invalid-value]: a number in `inputs` is infinite or too large
          4:16 "inf" JSON has no such number
          help: write it in quotes
        error[duplicate-name]: oracle `A` appears more than once
          5:10 "A" the same name again
          1:10 "a" first here
          help: names that differ only in case are the same name
        error[unknown-key]: unknown key `input` in an oracle
          6:1 "input" did you mean `inputs`?
          help: accepted here: source, inputs, allow, limits, timeout
        error[invalid-name]: "b c" cannot name an oracle
          7:10 "\"b c\"" not a name
          help: a name starts with a letter or `_`, goes on with letters, digits, `_` and `-`, and has at most 100 characters
        "#
    );
}

#[test]
fn times_to_look_are_either_of_a_crontab_or_an_interval() {
    let schedule = |lines: &str| with(&format!("[schedule]\n{lines}")).schedule.unwrap();
    let cron = schedule("cron = \"0 3 * * MON-FRI\"\nbranch = \"main\"");
    assert_eq!(cron.times, Times::Cron("0 3 * * MON-FRI".to_owned()));
    assert_eq!(cron.branch.as_deref(), Some("main"));
    let every = schedule("every = \"1h\"");
    assert_eq!(every.times, Times::Every(Duration::from_secs(3_600)));
    assert_eq!(every.branch, None);
    insta::assert_snapshot!(wrong("[schedule]\nbranch = \"main\""), @r#"
    error[missing-key]: a schedule needs times
      1:2 "schedule" neither `cron` nor `every` is here
      help: write `cron = "0 3 * * *"`, which is in UTC, or `every = "1h"`
    "#);
    insta::assert_snapshot!(wrong("[schedule]\ncron = \"@daily\"\nevery = \"1h\""), @r#"
    error[conflicting-keys]: a schedule has either `cron` or `every`
      3:1 "every" an interval
      2:1 "cron" and here are times
    "#);
    insta::assert_snapshot!(wrong("[schedule]\ncron = \"99 * * * *\""), @r#"
    error[invalid-value]: `cron` is no line of a crontab
      2:8 "\"99 * * * *\"" "99" is no minute from 0 to 59
      help: five fields: minute, hour, day of the month, month, day of the week; each is `*`, or values and ranges such as `1-5` with commas between them, and `*/15` is every 15th; `L` is the last day of the month, `15W` the weekday nearest to the 15th, `MON#2` the second Monday, `FRI#L` the last Friday; or one of @hourly, @daily, @weekly, @monthly, @yearly
    "#);
    insta::assert_snapshot!(wrong("[schedule]\nevery = \"1s\""), @r#"
    error[out-of-range]: `every` must be from 1m to 365d
      2:9 "\"1s\"" out of range
    "#);
}

#[test]
fn whom_to_ask_and_to_tell_is_read() {
    let pipeline = with(
        "[notifiers.hook]\n[publishers.upload]\n[watch]\nnotify = [\"hook\"]\npublish = []\n\
         default-recipient = \"The team <team@example.org>\"\nbase = \"v1.0\"\nmax-per-day = 3\n\
         exclude = [\"bot@example.org\", \"@bots.example\"]",
    );
    let watch = pipeline.watch;
    assert_eq!(watch.base.unwrap().value, "v1.0");
    assert_eq!(watch.max_per_day, Some(3));
    assert_eq!(watch.exclude, ["bot@example.org", "@bots.example"]);
    assert_eq!(watch.notify.unwrap()[0].value, "hook");
    assert_eq!(watch.publish.unwrap(), []);
    let team = Person {
        name: "The team".to_owned(),
        email: "team@example.org".to_owned(),
    };
    assert_eq!(watch.default_recipient, Some(team));
    insta::assert_snapshot!(
        wrong("[notifiers.hook]\n[watch]\nnotify = [\"hok\", \"x\"]\ndefault-recipient = \"team\""),
        @r#"
        error[unknown-part]: unknown notifier "hok"
          3:11 "\"hok\"" did you mean `hook`?
          help: declare it: `[notifiers.NAME]`
        error[unknown-part]: unknown notifier "x"
          3:18 "\"x\"" not declared
          help: declare it: `[notifiers.NAME]`
        error[invalid-value]: `default-recipient` must be one address
          4:21 "\"team\"" no address of e-mail
          help: such as `"team@example.org"` or `"The team <team@example.org>"`
        "#
    );
}

#[test]
fn whom_not_to_tell_is_checked() {
    insta::assert_snapshot!(
        wrong("[watch]\nexclude = [\"bot\", \"a@\"]\nmax-per-day = -1"),
        @r#"
    error[invalid-value]: "bot" in `exclude` is no address
      2:12 "\"bot\"" has no domain
      help: such as `"bot@example.org"`, or `"@bots.example.org"` for all of a domain
    error[invalid-value]: "a@" in `exclude` is no address
      2:19 "\"a@\"" has no domain
      help: such as `"bot@example.org"`, or `"@bots.example.org"` for all of a domain
    error[out-of-range]: `max-per-day` must be a number of culprits, or 0 to tell of none
      3:15 "-1" out of range
    "#
    );
}

#[test]
fn what_publishes_is_a_pipeline_of_its_own() {
    let pipeline = with(
        "[tasks.x]\n[tasks.up]\n[[publish.steps]]\ntask = \"up\"\n[[publish.steps]]\ntask = \"y\"\nenabled = false",
    );
    let publication = pipeline.publication().unwrap();
    assert_eq!(publication.jobs[0].name.value, "publish");
    assert_eq!(publication.jobs[0].steps[0].task.value, "up");
    assert_eq!(publication.jobs[0].steps.len(), 1);
    assert_eq!(publication.tasks.len(), 1);
    assert_eq!(with("").publication(), None);
    insta::assert_snapshot!(wrong("[publish]\nstep = []"), @r#"
    error[no-steps]: `publish` has no steps
      1:2 "publish" needs at least one step
      help: add a step:

        [[publish.steps]]
        task = "NAME"
    error[unknown-key]: unknown key `step` in `publish`
      2:1 "step" did you mean `steps`?
      help: accepted here: steps
    "#);
    insta::assert_snapshot!(wrong("[[publish.steps]]\ntask = \"a/b\""), @r#"
    error[invalid-name]: a step names its task, not a file
      2:8 "\"a/b\"" looks like a path
      help: declare the file and use its name:

        [tasks.NAME]
        source = "a/b"
    "#);
}
