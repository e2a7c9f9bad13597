//! The processes without rights that run steps and compile tasks.

use crate::{empty, project, step};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};
use stepwell_sandbox::{Compiled, Compiler as _, LoadErrorKind, Metering};
use stepwell_testkit::TestEnv;
use stepwell_worker::{CompileLimits, Jail};

const PROGRAM: &str = env!("CARGO_BIN_EXE_stepwell");

const LEVELS: [&str; 3] = ["instance", "job", "step"];

/// What a run at a level says, apart from times.
fn said(env: &TestEnv, level: &str, code: i32) -> String {
    let output = env.stepwell(&["run", "--isolation", level]);
    assert_eq!(
        output.code, code,
        "{level}: {}{}",
        output.stdout, output.stderr
    );
    assert_eq!(output.stderr, "", "{level}");
    let stdout = env.redact(&output.stdout);
    let lines = stdout.lines().filter(|line| line.contains(" | "));
    lines.map(|line| format!("{line}\n")).collect()
}

#[test]
fn a_step_runs_the_same_at_every_level() {
    let env = project(
        &(step(
            "continue-on-error = true",
            &["say:one", "complain:two", "write:out", "read:out", "exit:3"],
        ) + &step(
            "",
            &["read:out", "read:/etc/passwd", "env:HOME", "env:PATH"],
        ) + &step("continue-on-error = true", &["panic:at once"])
            + &step("timeout = \"1s\"\ncontinue-on-error = true", &["spin:"])
            + &step("", &["say:last"])),
    );
    let instance = said(&env, "instance", 0);
    for words in [
        "| one\n",
        "| out: written\n",
        "| HOME is not set\n",
        "| last\n",
    ] {
        assert!(instance.contains(words), "`{words}` is not in:\n{instance}");
    }
    for level in ["job", "step"] {
        assert_eq!(said(&env, level, 0), instance, "{level}");
    }
}

#[test]
fn variables_cross_the_wall_and_come_back_at_every_level() {
    let env = empty();
    env.add_guests(&["play", "task_variables"]);
    env.write("pipeline.toml", "[tasks.play]\nsource = \"guests/play.wasm\"\n\n[tasks.set]\nsource = \"guests/task_variables.wasm\"\n\n[[steps]]\ntask = \"set\"\n\n[[steps]]\ntask = \"play\"\nargs = [\"say:done\"]\n");
    let code = env.stepwell(&["run", "--isolation", "instance"]).code;
    let instance = said(&env, "instance", code);
    for level in ["job", "step"] {
        assert_eq!(said(&env, level, code), instance, "{level}");
    }
}

#[test]
fn a_worker_that_is_killed_is_not_blamed_on_its_step() {
    let env = project(&step("", &["say:busy", "spin:"]));
    let mut child = env
        .command(&["run", "--isolation", "job"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let give_up = Instant::now() + Duration::from_secs(60);
    // Lost steps may be run again, so whatever begins to work is killed.
    while child.try_wait().unwrap().is_none() {
        assert!(Instant::now() < give_up, "the run does not end");
        for worker in busy_children(child.id()) {
            kill(worker);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("was killed (signal 9)"), "{said}");
}

fn kill(process: u32) {
    let number = process.to_string();
    let status = std::process::Command::new("kill")
        .args(["-9", &number])
        .status();
    assert!(status.is_ok());
}

/// Children that have used CPU time for more than their start.
fn busy_children(parent: u32) -> Vec<u32> {
    let numbers = fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let name = entry.ok()?.file_name();
        name.to_str()?.parse::<u32>().ok()
    });
    numbers
        .filter(|number| {
            let stat = fs::read_to_string(format!("/proc/{number}/stat")).unwrap_or_default();
            let Some((_, rest)) = stat.rsplit_once(')') else {
                return false;
            };
            let fields: Vec<&str> = rest.split_whitespace().collect();
            let (Some(of), Some(ticks)) = (fields.get(1), fields.get(11)) else {
                return false;
            };
            *of == parent.to_string() && ticks.parse::<u64>().is_ok_and(|ticks| ticks > 10)
        })
        .collect()
}

#[test]
fn a_worker_cannot_get_over_its_walls() {
    let probe = stepwell_worker::probe(Path::new(PROGRAM)).unwrap();
    assert_eq!(probe.environment, 0);
    assert_eq!(probe.descriptors, Vec::<i32>::new());
    assert!(probe.attempts.len() > 20);
    // A kernel without one of the optional walls cannot be held to it.
    if probe.walls.missing().is_empty() {
        let breaches: Vec<_> = probe.breaches().collect();
        assert!(breaches.is_empty(), "{breaches:?}");
    }
}

#[test]
fn a_level_below_the_minimum_of_the_host_is_refused() {
    let env = project(&step("", &["say:done"]));
    let configuration = env.write("config.toml", "[isolation]\nminimum = \"job\"\n");
    for (level, code) in LEVELS.into_iter().zip([2, 0, 0]) {
        let output = env
            .command(&["run", "--isolation", level])
            .env("STEPWELL_CONFIG", &configuration)
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{level}: {told}");
        let refused =
            told.contains("`--isolation instance` is less than this host asks for: `job`");
        assert_eq!(refused, code == 2, "{level}: {told}");
    }
}

/// A module of many functions, which compiles to much in a long time.
fn bomb(functions: u32) -> Vec<u8> {
    let mut module = b"\0asm\x01\0\0\0".to_vec();
    let section = |module: &mut Vec<u8>, id: u8, body: &[u8]| {
        module.push(id);
        leb(module, u32::try_from(body.len()).unwrap());
        module.extend_from_slice(body);
    };
    section(&mut module, 1, &[1, 0x60, 0, 0]);
    let mut declared = Vec::new();
    leb(&mut declared, functions);
    declared.resize(declared.len() + functions as usize, 0);
    section(&mut module, 3, &declared);
    let mut code = Vec::new();
    leb(&mut code, functions);
    for _ in 0..functions {
        code.extend_from_slice(&[2, 0, 0x0b]);
    }
    section(&mut module, 10, &code);
    let mut component = b"\0asm\x0d\0\x01\0".to_vec();
    section(&mut component, 1, &module);
    component
}

fn leb(out: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

#[track_caller]
fn compile_bomb(limits: CompileLimits) -> String {
    let jail = Jail {
        program: PROGRAM.into(),
        limits,
    };
    let compiled: Result<Compiled, _> = jail.compile(&bomb(90_000), Metering::Off);
    let error = compiled.unwrap_err();
    assert_eq!(error.kind(), LoadErrorKind::TooCostly, "{error}");
    error.to_string()
}

#[test]
fn a_file_that_takes_too_long_to_compile_is_refused() {
    let wall = Duration::from_millis(300);
    let started = Instant::now();
    let error = compile_bomb(CompileLimits {
        wall,
        ..CompileLimits::default()
    });
    assert_eq!(error, "takes more than 0.3 s to compile");
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_file_that_takes_too_much_cpu_time_to_compile_is_refused() {
    let error = compile_bomb(CompileLimits {
        cpu: Duration::from_secs(1),
        ..CompileLimits::default()
    });
    assert_eq!(error, "takes more than 1 s of CPU time to compile");
}

#[test]
fn a_file_that_needs_too_much_memory_to_compile_is_refused() {
    let error = compile_bomb(CompileLimits {
        memory: 64 << 20,
        ..CompileLimits::default()
    });
    assert_eq!(error, "needs more than 64 MiB to compile");
}
