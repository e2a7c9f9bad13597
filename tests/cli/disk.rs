//! A disk that is full or read-only: the run says so and ends with its code, what it told of is
//! kept, and once there is room everything goes on.
//!
//! The disks are made in a user namespace of their own, which needs no rights but is not allowed
//! everywhere; where it is not, the tests say so and pass.

use crate::crash::shown;
use crate::{pipeline, project, step};
use std::process::{Command, Stdio};
use stepwell_event::{Envelope, RunEvent};
use stepwell_store::Journal;
use stepwell_testkit::TestEnv;

/// Runs `script` with the program as `$0` and its arguments as `$@`, where it may mount.
fn in_namespace(env: &TestEnv, script: &str) -> Option<std::process::Output> {
    let may = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "true"])
        .stderr(Stdio::null())
        .status();
    if !may.is_ok_and(|status| status.success()) {
        println!("skipped: this machine allows no user namespaces");
        return None;
    }
    let program = env.command(&["run", "--output", "json"]);
    let mut command = Command::new("unshare");
    command
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", script])
        .arg(program.get_program())
        .args(program.get_args())
        .current_dir(env.project())
        .env_clear()
        .envs(
            program
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        );
    Some(command.output().unwrap())
}

fn kept(env: &TestEnv, shown: &[Envelope]) -> Vec<Envelope> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let journal = Journal::open(&env.project().join(".stepwell"))
            .await
            .unwrap();
        let events = journal.events(shown[0].run).await.unwrap();
        journal.close().await.unwrap();
        events
    })
}

#[test]
fn a_disk_that_fills_up_ends_the_run_and_what_was_told_is_kept() {
    let many = step("", &["sleep:5", "read:lines"]).repeat(200);
    let env = project(&many);
    env.write("lines", "x".repeat(4000));
    env.write("quick.toml", pipeline(&step("", &["say:hello"])));
    assert_eq!(env.stepwell(&["run", "quick.toml"]).code, 0);
    // The copy is what is left when somebody makes room.
    let script = "mkdir -p .stepwell after && mount -t tmpfs -o size=600k none .stepwell \
        && { \"$0\" \"$@\"; code=$?; cp -r .stepwell/. after; exit $code; }";
    std::fs::rename(
        env.project().join(".stepwell"),
        env.project().join("before"),
    )
    .unwrap();
    let Some(output) = in_namespace(&env, script) else {
        return;
    };
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(70), "{said}");
    assert!(said.contains("no-journal"), "{said}");
    assert!(said.contains("the disk is full"), "{said}");
    assert!(
        said.contains("free some disk space and run again"),
        "{said}"
    );

    let events: String = said
        .lines()
        .filter(|line| line.contains("\"seq\""))
        .map(|line| format!("{line}\n"))
        .collect();
    let shown = shown(&stepwell_testkit::Output {
        code: 70,
        stdout: events,
        stderr: String::new(),
        peak_memory: 0,
    });
    let finished = |event: &Envelope| matches!(event.event, RunEvent::StepFinished { .. });
    assert!(shown.iter().any(finished), "{said}");
    std::fs::remove_dir_all(env.project().join(".stepwell")).unwrap();
    std::fs::rename(env.project().join("after"), env.project().join(".stepwell")).unwrap();
    assert!(kept(&env, &shown).starts_with(&shown));
    let next = env.stepwell(&["run", "quick.toml"]);
    assert_eq!(next.code, 0, "{}", next.stderr);
    assert!(
        next.stderr.contains("was interrupted: main was at step"),
        "{}",
        next.stderr
    );
}

#[test]
fn a_full_disk_starts_nothing() {
    let env = project(&step("", &["write:trace"]));
    let script = "mkdir -p .stepwell && mount -t tmpfs -o size=16k none .stepwell \
        && head -c 16384 /dev/zero > .stepwell/filler; exec \"$0\" \"$@\"";
    let Some(output) = in_namespace(&env, script) else {
        return;
    };
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(70), "{said}");
    assert!(said.contains("the disk is full"), "{said}");
    assert!(!env.project().join("trace").exists(), "a step ran");
}

#[test]
fn a_read_only_disk_starts_nothing_and_says_so() {
    for prepared in [false, true] {
        let env = project(&step("", &["write:trace"]));
        let quick = pipeline(&step("", &["say:hello"]));
        env.write("quick.toml", quick);
        if prepared {
            assert_eq!(env.stepwell(&["run", "quick.toml"]).code, 0);
        }
        let script = "mkdir -p .stepwell && mount --bind .stepwell .stepwell \
            && mount -o remount,ro,bind .stepwell && exec \"$0\" \"$@\"";
        let Some(output) = in_namespace(&env, script) else {
            return;
        };
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(70), "{said}");
        assert!(said.contains("no-journal"), "{said}");
        assert!(said.contains("check that you may write"), "{said}");
        assert!(!env.project().join("trace").exists(), "a step ran");
        let next = env.stepwell(&["run", "quick.toml"]);
        assert_eq!((next.code, next.stderr.as_str()), (0, ""));
    }
}
