//! What is kept beside the journal.

use crate::rig::{Control, Rig, job, plan};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use stepwell_event::{Envelope, Kept, Outcome, RunEvent, TrapKind};

/// What the runs of `names` keep of their first step when it traps with this dump.
fn kept(rig: &Rig, names: &[&str], dump: &'static [u8]) -> (Vec<Kept>, Vec<Envelope>) {
    let jobs = names.iter().map(|name| job(name, &[])).collect();
    let trapped = |_, _| async {
        Outcome::Trapped {
            trap: TrapKind::Unreachable,
            backtrace: Vec::new(),
        }
    };
    let (result, events) = rig.run_dumping(plan(jobs), trapped, Some(dump), Control::rest);
    result.unwrap();
    let kept = events.iter().filter_map(|envelope| match &envelope.event {
        RunEvent::StepKept { kept, .. } => Some((**kept).clone()),
        _ => None,
    });
    (kept.collect(), events)
}

#[test]
fn a_core_dump_is_a_private_file_and_in_no_event() {
    let mut rig = Rig::new();
    let folder = rig.folder.path().join(".stepwell/coredumps");
    rig.keep.core_dumps = Some(folder.clone());
    let (kept, events) = kept(&rig, &["a.b/../c"], b"the guest's secrets");
    let name = "run_01HF7YAT000000000000000001-a.b_.._c-1.coredump";
    let path = format!(".stepwell/coredumps/{name}");
    assert_eq!(kept, [Kept::CoreDump { path, bytes: 19 }]);
    let file = folder.join(name);
    assert_eq!(fs::read(&file).unwrap(), b"the guest's secrets");
    let modes = [&folder, &file].map(|path| fs::metadata(path).unwrap().permissions().mode());
    assert_eq!(modes.map(|mode| mode & 0o777), [0o700, 0o600]);
    let told = serde_json::to_string(&events).unwrap();
    assert!(!told.contains("the guest's secrets"), "{told}");
}

#[test]
fn a_folder_that_leads_elsewhere_gets_no_core_dump() {
    let mut rig = Rig::new();
    let elsewhere = tempfile::tempdir().unwrap();
    let folder = rig.folder.path().join("coredumps");
    std::os::unix::fs::symlink(elsewhere.path(), &folder).unwrap();
    rig.keep.core_dumps = Some(folder);
    let (kept, _) = kept(&rig, &["a"], b"dump");
    assert!(
        matches!(&kept[..], [Kept::Nothing { reason, .. }] if reason.contains("symbolic link")),
        "{kept:?}"
    );
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
}

#[test]
fn a_run_keeps_a_bounded_number_of_core_dumps() {
    let mut rig = Rig::new();
    let folder = rig.folder.path().join("coredumps");
    rig.keep.core_dumps = Some(folder.clone());
    let names: Vec<String> = (0..20).map(|number| format!("j{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (kept, _) = kept(&rig, &names, b"dump");
    let dumps = kept
        .iter()
        .filter(|kept| matches!(kept, Kept::CoreDump { .. }));
    assert_eq!(
        (kept.len(), dumps.count()),
        (20, stepwell_runner::MAX_CORE_DUMPS)
    );
    assert_eq!(
        fs::read_dir(folder).unwrap().count(),
        stepwell_runner::MAX_CORE_DUMPS
    );
}
