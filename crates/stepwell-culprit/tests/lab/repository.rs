//! A search on a real repository of Git.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use stepwell_culprit::{
    Answer, Archive, Asked, Ended, ExportError, Files as _, GitArchive, Judge, Request, Settings,
    Tools,
};
use stepwell_event::{Conclusion, Digest, NoiseModel, Observation, OracleSummary, Terms, Verdict};
use stepwell_runner::CancelLevel;
use stepwell_sandbox::StopHandle;
use stepwell_store::Journal;
use stepwell_workspace::{ExportLimits, Repository};
use tokio::sync::{mpsc, watch};

fn git(folder: &Path, args: &[&str]) -> String {
    let output = Command::new("git")
        .current_dir(folder)
        .args(["-c", "user.name=A", "-c", "user.email=a@example.org"])
        .args(args)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("HOME", folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Judges by what is in an exported file.
struct Grep(Arc<GitArchive>);

impl Judge for Grep {
    async fn judge(&self, asked: Asked, _stop: StopHandle) -> Answer {
        let files = match self.0.export(&asked.version, &Default::default()) {
            Ok(files) => files,
            Err(ExportError::Unfit(why) | ExportError::Missing(why) | ExportError::Failed(why)) => {
                return Answer::Impossible(why);
            }
        };
        let text = fs::read_to_string(files.path().join("src/code")).unwrap();
        let bad = text.contains("bug");
        Answer::Judged(Observation {
            verdict: if bad { Verdict::Bad } else { Verdict::Good },
            reason: text,
            good_trials: u32::from(!bad),
            bad_trials: u32::from(bad),
            signature: None,
            measurements: Vec::new(),
            evidence: Vec::new(),
            cacheable: true,
        })
    }

    fn key(&self, _asked: &Asked) -> Option<Digest> {
        None
    }
}

#[test]
fn the_culprit_of_a_repository_is_found_from_its_objects_alone() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("project");
    fs::create_dir_all(project.join("src")).unwrap();
    git(&project, &["init", "-q", "-b", "main"]);
    let mut commits = Vec::new();
    for at in 0..12 {
        let bug = if at >= 7 { "bug" } else { "fine" };
        fs::write(project.join("src/code"), format!("{bug} {at}")).unwrap();
        git(&project, &["add", "-A"]);
        git(&project, &["commit", "-q", "-m", &format!("change {at}")]);
        commits.push(git(&project, &["rev-parse", "HEAD"]));
    }
    // The checkout is dirty, and nobody looks at it.
    fs::write(project.join("src/code"), "half a thought").unwrap();
    let exports = folder.path().join("exports");
    fs::create_dir(&exports).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let ended = runtime.block_on(async {
        let repository = Repository::open(&project).unwrap();
        let archive = GitArchive::new(repository, &exports, ExportLimits::default()).unwrap();
        let archive = Arc::new(archive);
        let journal = Journal::open(&folder.path().join("journal")).await.unwrap();
        let request = Request {
            project: "project".into(),
            good: vec![commits[0].clone()],
            bad: commits[11].clone(),
            paths: Vec::new(),
            first_parent: false,
            oracle: OracleSummary {
                name: "grep".into(),
                digest: None,
                config: "{}".into(),
            },
            terms: Terms::default(),
            noise: NoiseModel::Deterministic,
            command: String::new(),
            settings: Settings {
                jobs: 2,
                ..Settings::default()
            },
            caller: String::new(),
        };
        let tools = Tools {
            judge: Arc::new(Grep(Arc::clone(&archive))),
            archive,
            journal,
            strategist: None,
            events: mpsc::unbounded_channel().0,
            cancel: watch::channel(CancelLevel::Running).1,
        };
        stepwell_culprit::search(request, tools).await.unwrap()
    });
    let Ended::Concluded(finding) = ended else {
        panic!("{ended:?}")
    };
    let Conclusion::Culprit {
        version,
        newest_good,
        ..
    } = &finding.conclusion
    else {
        panic!("{:?}", finding.conclusion)
    };
    assert_eq!(version.id, commits[7]);
    assert_eq!(version.subject, "change 7");
    assert_eq!(newest_good.as_ref().unwrap().id, commits[6]);
    assert!(finding.reproduce.contains(&commits[7]));
    assert_eq!(
        fs::read_dir(&exports).unwrap().count(),
        0,
        "nothing is left"
    );
    let mine = fs::read_to_string(project.join("src/code")).unwrap();
    assert_eq!(mine, "half a thought");
}
