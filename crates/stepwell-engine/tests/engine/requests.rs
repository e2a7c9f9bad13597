//! What the sandbox is told, and what is written down of it.

use crate::fixture::{Driver, job, output, plan, report, step, typed, variable};
use stepwell_engine::{JobInput, StartVariable, part_grants};
use stepwell_event::{
    Access, Clock, Digest, Entry, HttpRule, LimitKind, Limits, Outcome, Random, StepReport,
    StepRequest, Usage,
};
use stepwell_plan::{Grant, Invocation, PartKind, Plan, PlannedPart, PlannedStep};

fn secret(name: &str, value: &str) -> StartVariable {
    StartVariable {
        secret: true,
        ..variable(name, value)
    }
}

fn rule(header: &str) -> HttpRule {
    HttpRule {
        tls: true,
        host: "api.example.com".to_owned(),
        port: 443,
        methods: Vec::new(),
        paths: Vec::new(),
        headers: vec![("authorization".to_owned(), header.to_owned())],
    }
}

/// A job of these steps, all of a task with this grant, that has begun.
fn started(grant: Grant, variables: Vec<StartVariable>, steps: Vec<PlannedStep>) -> Driver {
    let mut driver = Driver::with(granted(grant, steps), variables);
    driver.input(JobInput::Start);
    driver
}

fn granted(grant: Grant, steps: Vec<PlannedStep>) -> Plan {
    let mut plan = plan(vec![job("build", &[], steps)]);
    plan.tasks[0].grant = grant;
    plan
}

fn request(grant: Grant, variables: Vec<StartVariable>) -> StepRequest {
    let driver = started(grant, variables, vec![step()]);
    driver.request.expect("the step begins")
}

/// Why the step of such a job does not begin.
fn refused(grant: Grant, variables: Vec<StartVariable>) -> String {
    let driver = started(grant, variables, vec![step()]);
    assert_eq!(driver.request, None);
    driver.record.unwrap().reason.unwrap()
}

#[test]
fn grants_reach_the_sandbox() {
    let grant = Grant {
        workspace: Access::None,
        folders: vec![("dist".to_owned(), Access::Write)],
        scratch: Some(5),
        secrets: vec!["token".to_owned()],
        http: vec![rule("Bearer ${secret:TOKEN}!")],
        clock: stepwell_plan::Clock::FrozenAtStart,
        ..Grant::default()
    };
    let request = request(grant, vec![secret("Token", "hunter2")]);
    let workspace = request.workspace.unwrap();
    assert_eq!(workspace.access, Access::None);
    assert_eq!(workspace.folders, [("dist".to_owned(), Access::Write)]);
    let grants = request.grants;
    assert_eq!(grants.scratch, Some(5));
    assert_eq!(grants.http, [rule("Bearer hunter2!")]);
    assert_eq!(grants.secrets, [("token".to_owned(), "hunter2".to_owned())]);
    let at_ms = 1_700_000_000_000;
    assert_eq!(grants.clock, Clock::Frozen { at_ms });
    assert_eq!(grants.random, Random::Real);
}

#[test]
fn seeds_are_the_same_on_every_run_and_differ_from_step_to_step() {
    let grant = || Grant {
        clock: stepwell_plan::Clock::FrozenAt(7),
        random: stepwell_plan::Random::Seeded,
        ..Grant::default()
    };
    let first = request(grant(), Vec::new());
    assert_eq!(first.grants.clock, Clock::Frozen { at_ms: 7 });
    assert_eq!(first.grants, request(grant(), Vec::new()).grants);
    let mut driver = started(grant(), Vec::new(), vec![step(), step()]);
    driver.end(Outcome::Succeeded);
    let second = driver.request.unwrap();
    assert_ne!(first.grants.random, second.grants.random);
}

#[test]
fn only_the_variables_that_are_granted_are_in_the_environment() {
    let grant = Grant {
        env: Some(vec!["CI_*".to_owned(), "Build.Id".to_owned()]),
        ..Grant::default()
    };
    let variables = ["ci_job", "Build.Id", "Home"].map(|name| variable(name, "x"));
    let own = PlannedStep {
        env: vec![("OWN".to_owned(), "y".to_owned())],
        ..step()
    };
    let driver = started(grant, variables.to_vec(), vec![own]);
    let request = driver.request.unwrap();
    let names: Vec<_> = request.env.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["CI_JOB", "BUILD_ID", "OWN"]);
}

#[test]
fn a_secret_that_is_none_in_the_job_stops_the_step() {
    let wanted = || Grant {
        secrets: vec!["token".to_owned()],
        ..Grant::default()
    };
    let reason = refused(wanted(), Vec::new());
    assert_eq!(reason, "the secret `token` has no value in this job");
    let reason = refused(wanted(), vec![variable("token", "plain")]);
    assert!(
        reason.contains("a variable of the job or its stage"),
        "{reason}"
    );
    let header = Grant {
        http: vec![rule("${secret:key}")],
        ..Grant::default()
    };
    let reason = refused(header, vec![secret("key", "a\nb")]);
    assert!(reason.contains("has a line break"), "{reason}");
}

#[test]
fn what_is_recorded_has_names_in_place_of_secrets() {
    let grant = Grant {
        secrets: vec!["token".to_owned()],
        http: vec![rule("Bearer ${secret:token}")],
        ..Grant::default()
    };
    let with_secrets = PlannedStep {
        invocation: Invocation::Task {
            inputs: vec![(
                "i".to_owned(),
                "$(plain) $(token) $(url) $(unknown)".to_owned(),
            )],
        },
        env: vec![("T".to_owned(), "$(TOKEN)".to_owned())],
        ..typed()
    };
    let variables = vec![
        secret("token", "hunter2"),
        variable("url", "https://$(token)@x"),
        variable("plain", "p"),
    ];
    let mut driver = started(grant, variables, vec![with_secrets, step()]);
    let real = driver.request.clone().unwrap();
    let Entry::Task { inputs } = &real.entry else {
        panic!("a typed task");
    };
    assert_eq!(inputs[0].1, "p hunter2 https://hunter2@x $(unknown)");
    let (attempt, recorded, names) = driver.recorded.remove(0);
    assert_eq!(attempt, 1);
    assert_eq!(names, ["TOKEN", "token", "url"]);
    let Entry::Task { inputs } = &recorded.entry else {
        panic!("a typed task");
    };
    assert_eq!(inputs[0].1, "p $(token) $(url) $(unknown)");
    assert!(
        recorded
            .env
            .contains(&("T".to_owned(), "$(TOKEN)".to_owned()))
    );
    assert_eq!(recorded.grants.http, [rule("Bearer ${secret:token}")]);
    let named = ("token".to_owned(), "${secret:token}".to_owned());
    assert_eq!(recorded.grants.secrets, [named]);
    assert_eq!(
        (recorded.limits, recorded.component),
        (real.limits, real.component)
    );
    // A secret that came in as plain text is hidden too.
    driver
        .guest(output(
            "##vso[task.settaskvariable variable=s;issecret=true]sesame\n",
        ))
        .unwrap();
    driver.end(Outcome::Succeeded);
    let text = format!("{:?}", driver.recorded);
    assert!(
        !text.contains("hunter2") && !text.contains("sesame"),
        "{text}"
    );
}

fn used(outcome: Outcome, fuel: u64) -> JobInput {
    let usage = Usage {
        fuel: Some(fuel),
        ..Usage::default()
    };
    JobInput::StepEnded(StepReport {
        usage,
        ..report(outcome)
    })
}

#[test]
fn steps_share_the_fuel_of_their_job() {
    let grant = Grant {
        limits: Limits {
            fuel: 60,
            ..Limits::default()
        },
        ..Grant::default()
    };
    let always = || crate::fixture::step_when("always()");
    let small = PlannedStep {
        fuel: Some(20),
        ..always()
    };
    let mut plan = granted(grant, vec![step(), small, always(), always()]);
    plan.jobs[0].fuel = Some(100);
    let mut driver = Driver::with(plan, Vec::new());
    driver.input(JobInput::Start);
    let fuel = |driver: &Driver| driver.request.as_ref().unwrap().limits.fuel;
    assert_eq!(fuel(&driver), 60);
    driver.input(used(Outcome::Succeeded, 50));
    assert_eq!(fuel(&driver), 20);
    let limit = LimitKind::Fuel;
    let exceeded = |value, used| Outcome::LimitExceeded { limit, value, used };
    driver.input(used(exceeded(20, 21), 21));
    let reason = driver.record.clone().unwrap().reason.unwrap();
    assert_eq!(reason, "fuel: 21 used, limit 20 (`fuel` of the step)");
    assert_eq!(fuel(&driver), 29);
    driver.input(used(exceeded(29, 30), 30));
    // Nothing is left for the last one.
    assert!(driver.is_finished());
    let record = driver.record.unwrap();
    assert_eq!(record.outcome, Some(exceeded(100, 100)));
    assert_eq!(
        record.reason.unwrap(),
        "fuel: 100 used, limit 100 (`fuel` of the job)"
    );
    assert_eq!(driver.recorded.len(), 3);
    assert_eq!(driver.recorded[2].1.limits.fuel, 29);
}

#[test]
fn a_limit_that_is_reached_is_told_with_what_raises_it() {
    let mut driver = started(Grant::default(), Vec::new(), vec![step()]);
    driver.end(Outcome::LimitExceeded {
        limit: LimitKind::Memory,
        value: 256 << 20,
        used: 300 << 20,
    });
    assert_eq!(
        driver.record.unwrap().reason.unwrap(),
        "memory: 300 MiB asked, limit 256 MiB (`limits.memory` of task `lint`, at most 2 GiB)"
    );
}

#[test]
fn a_component_of_a_search_gets_the_values_of_its_secrets() {
    let part = PlannedPart {
        kind: PartKind::Notifier,
        name: "hook".to_owned(),
        config: "{}".to_owned(),
        grant: Grant {
            secrets: vec!["token".to_owned()],
            http: vec![rule("k ${secret:Token}")],
            ..Grant::default()
        },
        timeout: None,
    };
    let digest = Digest::from_sha256([1; 32]);
    let given = |value: &str| vec![("TOKEN".to_owned(), value.to_owned())];
    let grants = part_grants(&part, &digest, &given("abc"), 7).unwrap();
    assert_eq!(grants.secrets, [("token".to_owned(), "abc".to_owned())]);
    assert_eq!(grants.http[0].headers[0].1, "k abc");
    let told = part_grants(&part, &digest, &[], 7).unwrap_err();
    assert_eq!(told, "the secret `Token` has no value");
    let told = part_grants(&part, &digest, &given("a\nb"), 7).unwrap_err();
    assert!(told.contains("line break"), "{told}");
}
