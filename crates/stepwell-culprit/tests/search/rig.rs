//! What the tests search with.

pub(crate) use crate::answers::{failing, observed, of_trials, skip};
use std::collections::{BTreeSet, HashMap};
use std::hash::{Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use stepwell_culprit::{
    Ancestry, Answer, Archive, Asked, Ended, ExportError, Files, Judge, Range, Request,
    SearchError, Settings, Strategist, Tools,
};
use stepwell_event::{
    Belief, BisectEvent, Conclusion, Digest, Finding, NoiseModel, Observation, OracleSummary,
    Person, Terms, Verdict, Version,
};
use stepwell_runner::CancelLevel;
use stepwell_sandbox::StopHandle;
use stepwell_store::Journal;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, watch};

pub(crate) fn id(number: usize) -> String {
    format!("v{number}")
}

fn number(id: &str) -> usize {
    id.trim_start_matches('v').parse().unwrap()
}

/// Versions by number, parents before children. The first is `v0`.
#[derive(Debug, Clone)]
pub(crate) struct Versions {
    pub(crate) parents: Vec<Vec<usize>>,
    pub(crate) trees: Vec<String>,
    /// Versions that change what is looked at; all if empty.
    pub(crate) touching: BTreeSet<usize>,
    /// Versions in which a change cannot be taken back: pairs of the version and the change.
    pub(crate) conflicts: BTreeSet<(usize, usize)>,
}

impl Versions {
    /// `v0` and `count` versions after it, each the child of the one before.
    pub(crate) fn line(count: usize) -> Self {
        let parents = (0..=count).map(|at| at.checked_sub(1).into_iter().collect());
        Self::graph(parents.collect())
    }

    pub(crate) fn graph(parents: Vec<Vec<usize>>) -> Self {
        Self {
            trees: (0..parents.len()).map(|at| format!("t{at}")).collect(),
            parents,
            touching: BTreeSet::new(),
            conflicts: BTreeSet::new(),
        }
    }

    /// All that lead to `of`, itself included.
    pub(crate) fn ancestors(&self, of: usize) -> BTreeSet<usize> {
        let mut found = BTreeSet::from([of]);
        let mut left = vec![of];
        while let Some(next) = left.pop() {
            for parent in &self.parents[next] {
                if found.insert(*parent) {
                    left.push(*parent);
                }
            }
        }
        found
    }

    pub(crate) fn version(&self, at: usize) -> Version {
        Version {
            id: id(at),
            parents: self.parents[at].iter().map(|parent| id(*parent)).collect(),
            subject: format!("change {at}"),
            author: Person::default(),
            authored_at: "2026-01-01T00:00:00Z".into(),
            tree: self.trees[at].clone(),
        }
    }
}

pub(crate) struct NoFiles;

impl Files for NoFiles {
    fn path(&self) -> &Path {
        Path::new("/")
    }
}

impl Archive for Versions {
    type Files = NoFiles;

    fn range(
        &self,
        good: &[String],
        bad: &str,
        paths: &[String],
        _first_parent: bool,
    ) -> Result<Range, String> {
        let mut suspects = self.ancestors(number(bad));
        for good in good {
            for ancestor in self.ancestors(number(good)) {
                suspects.remove(&ancestor);
            }
        }
        let suspects: Vec<usize> = suspects.into_iter().collect();
        let place = |at: &usize| suspects.binary_search(at).ok().map(|at| at as u32);
        Ok(Range {
            ids: suspects.iter().map(|at| id(*at)).collect(),
            parents: suspects
                .iter()
                .map(|at| self.parents[*at].iter().filter_map(place).collect())
                .collect(),
            counts: suspects
                .iter()
                .map(|at| paths.is_empty() || self.touching.contains(at))
                .collect(),
        })
    }

    fn ancestry(&self, good: &str, bad: &str) -> Result<Ancestry, String> {
        let (good, bad) = (number(good), number(bad));
        let of_bad = self.ancestors(bad);
        if of_bad.contains(&good) {
            return Ok(Ancestry::Ancestor);
        }
        let common: Vec<usize> = self
            .ancestors(good)
            .intersection(&of_bad)
            .copied()
            .collect();
        let best = |at: &&usize| {
            let leads = |other: &usize| other != *at && self.ancestors(*other).contains(at);
            !common.iter().any(leads)
        };
        let merge_bases: Vec<String> = common.iter().filter(best).map(|at| id(*at)).collect();
        match merge_bases.is_empty() {
            true => Err(format!("v{good} and v{bad} have no ancestor in common")),
            false => Ok(Ancestry::Diverged { merge_bases }),
        }
    }

    fn describe(&self, ids: &[String]) -> Result<Vec<Version>, String> {
        Ok(ids.iter().map(|id| self.version(number(id))).collect())
    }

    fn lacks(&self, _version: &Version) -> Result<Vec<String>, String> {
        Ok(Vec::new())
    }

    fn changed_paths(&self, ids: &[String]) -> Result<Vec<Vec<String>>, String> {
        Ok(ids.iter().map(|id| vec![format!("{id}.txt")]).collect())
    }

    fn patch(&self, id: &str, _limit: usize) -> Result<String, String> {
        Ok(id.to_owned())
    }

    fn without(&self, version: &Version, reverted: &[Version]) -> Result<Version, ExportError> {
        let at = number(&version.id);
        let mut tree = self.trees[at].clone();
        for change in reverted {
            let change = number(&change.id);
            assert!(self.ancestors(at).contains(&change));
            if self.conflicts.contains(&(at, change)) {
                return Err(ExportError::Unfit(format!("v{change} is in conflict")));
            }
            tree.push_str(&format!("-{change}"));
        }
        Ok(Version {
            tree,
            ..version.clone()
        })
    }

    fn export(&self, _version: &Version, _stop: &AtomicBool) -> Result<NoFiles, ExportError> {
        Ok(NoFiles)
    }
}

type Script = dyn Fn(&Version, u32) -> Answer + Send + Sync;

/// Whether two signatures are the same failure.
type Same = dyn Fn(&str, &str) -> Result<bool, String> + Send + Sync;

/// A judge that says what a script says of a version, the n-th time that it is asked.
pub(crate) struct Scripted {
    script: Box<Script>,
    delay: Box<dyn Fn(usize, u32) -> Duration + Send + Sync>,
    pub(crate) asked: Mutex<Vec<Asked>>,
    pub(crate) belief: Option<Belief>,
    pub(crate) same: Option<Box<Same>>,
    /// The signatures that it was asked to compare.
    pub(crate) compared: Mutex<Vec<(String, String)>>,
    pub(crate) max_trials: u32,
}

impl Scripted {
    pub(crate) fn new(script: impl Fn(usize, u32) -> Answer + Send + Sync + 'static) -> Self {
        Self::looking(move |version, nth| script(number(&version.id), nth))
    }

    pub(crate) fn looking(
        script: impl Fn(&Version, u32) -> Answer + Send + Sync + 'static,
    ) -> Self {
        Self {
            script: Box::new(script),
            delay: Box::new(|_, _| Duration::ZERO),
            asked: Mutex::default(),
            belief: None,
            same: None,
            compared: Mutex::default(),
            max_trials: u32::MAX,
        }
    }

    /// A version is bad if `culprit` leads to it.
    pub(crate) fn blaming(versions: &Versions, culprit: usize) -> Self {
        let bad: Vec<bool> = (0..versions.parents.len())
            .map(|at| versions.ancestors(at).contains(&culprit))
            .collect();
        Self::new(move |at, _| {
            observed(match bad[at] {
                true => Verdict::Bad,
                false => Verdict::Good,
            })
        })
    }

    /// Each fault is a change and the signature that versions with it show. Of several the first one
    /// shows.
    pub(crate) fn faulty(versions: &Versions, faults: &[(usize, &'static str)]) -> Self {
        let (versions, faults) = (versions.clone(), faults.to_vec());
        Self::looking(move |version, _| {
            let mut parts = version.tree.split('-');
            let _own = parts.next();
            let reverted: Vec<usize> = parts.map(|part| part.parse().unwrap()).collect();
            let has = versions.ancestors(number(&version.id));
            let shows =
                |(change, _): &&(usize, &str)| has.contains(change) && !reverted.contains(change);
            let fault = faults.iter().find(shows);
            fault.map_or_else(|| observed(Verdict::Good), |(_, shown)| failing(shown))
        })
    }

    pub(crate) fn after(
        mut self,
        delay: impl Fn(usize, u32) -> Duration + Send + Sync + 'static,
    ) -> Self {
        self.delay = Box::new(delay);
        self
    }

    /// The versions that it was asked about, in order.
    pub(crate) fn versions(&self) -> Vec<usize> {
        let asked = self.asked.lock().unwrap();
        asked
            .iter()
            .map(|asked| number(&asked.version.id))
            .collect()
    }
}

impl Judge for Scripted {
    async fn judge(&self, asked: Asked, stop: StopHandle) -> Answer {
        let (at, version) = (number(&asked.version.id), asked.version.clone());
        let nth = {
            let mut all = self.asked.lock().unwrap();
            let before = all.iter().filter(|it| it.version.id == asked.version.id);
            let nth = before.count() as u32;
            all.push(asked);
            nth
        };
        tokio::select! {
            biased;
            () = stop.asked() => Answer::Stopped,
            () = tokio::time::sleep((self.delay)(at, nth)) => (self.script)(&version, nth),
        }
    }

    fn max_trials(&self) -> u32 {
        self.max_trials
    }

    fn key(&self, asked: &Asked) -> Option<Digest> {
        let mut bytes = [0; 32];
        let mut hash = std::hash::DefaultHasher::new();
        asked.version.tree.hash(&mut hash);
        bytes[..8].copy_from_slice(&hash.finish().to_le_bytes());
        bytes[24] = asked.trials as u8;
        if asked.seeded {
            bytes[27] = 1;
            bytes[28..].copy_from_slice(&asked.seed.to_le_bytes());
        }
        Some(Digest::from_sha256(bytes))
    }

    async fn believe(
        &self,
        _suspects: Vec<(Version, Vec<String>)>,
    ) -> Result<Option<Belief>, String> {
        Ok(self.belief.clone())
    }

    async fn is_same(&self, one: Observation, other: Observation) -> Result<bool, String> {
        let (one, other) = (one.signature.unwrap(), other.signature.unwrap());
        let same = self.same.as_ref().unwrap()(&one, &other);
        self.compared.lock().unwrap().push((one, other));
        same
    }

    fn advises(&self) -> bool {
        self.belief.is_some() || self.same.is_some()
    }
}

pub(crate) fn request(good: &[usize], bad: usize, settings: Settings) -> Request {
    Request {
        project: "project".into(),
        good: good.iter().map(|at| id(*at)).collect(),
        bad: id(bad),
        paths: Vec::new(),
        first_parent: false,
        oracle: OracleSummary {
            name: "scripted".into(),
            digest: None,
            config: "{}".into(),
        },
        terms: Terms::default(),
        noise: NoiseModel::Deterministic,
        command: "stepwell bisect".into(),
        settings,
        caller: "caller".into(),
    }
}

/// Without the judgements that are no part of the search itself.
pub(crate) fn bare() -> Settings {
    Settings {
        verify: 0,
        remember: false,
        ..Settings::default()
    }
}

/// A folder with a journal, and a runtime.
pub(crate) struct Rig {
    pub(crate) folder: TempDir,
    runtime: Runtime,
}

impl Rig {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            runtime: Builder::new_current_thread().enable_all().build().unwrap(),
        }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("journal")
    }

    pub(crate) fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    pub(crate) fn journal(&self) -> Journal {
        self.block_on(Journal::open(&self.path())).unwrap()
    }

    pub(crate) fn tools(
        &self,
        versions: &Versions,
        judge: &Arc<Scripted>,
        journal: &Journal,
    ) -> Tools<Scripted, Versions> {
        let (events, _) = mpsc::unbounded_channel();
        Tools {
            judge: Arc::clone(judge),
            archive: Arc::new(versions.clone()),
            journal: journal.clone(),
            strategist: None,
            events,
            cancel: watch::channel(CancelLevel::Running).1,
        }
    }

    /// Searches, and gives what it ended with.
    pub(crate) fn search(
        &self,
        versions: &Versions,
        judge: &Arc<Scripted>,
        request: Request,
    ) -> Result<Finding, SearchError> {
        self.search_by(versions, judge, request, None)
    }

    pub(crate) fn search_by(
        &self,
        versions: &Versions,
        judge: &Arc<Scripted>,
        request: Request,
        strategist: Option<Arc<dyn Strategist>>,
    ) -> Result<Finding, SearchError> {
        let journal = self.journal();
        let mut tools = self.tools(versions, judge, &journal);
        tools.strategist = strategist;
        let ended = self.block_on(stepwell_culprit::search(request, tools));
        self.block_on(journal.close()).unwrap();
        match ended? {
            Ended::Concluded(finding) => Ok(*finding),
            Ended::Stopped(search) => panic!("{search} was stopped"),
        }
    }
}

/// The culprit of a finding.
#[track_caller]
pub(crate) fn culprit(finding: &Finding) -> usize {
    match &finding.conclusion {
        Conclusion::Culprit { version, .. } => number(&version.id),
        other => panic!("{other:?}"),
    }
}

/// Numbers that look random.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }
}

/// How each version was judged, as far as it was.
pub(crate) fn judged(events: &[(u64, BisectEvent)]) -> HashMap<String, u32> {
    let mut begun = HashMap::new();
    let mut judged = HashMap::new();
    for (_, event) in events {
        match event {
            BisectEvent::Started { probe, version, .. } => {
                begun.insert(*probe, version.id.clone());
            }
            BisectEvent::Ended { probe, end, .. } => {
                if let stepwell_event::ProbeEnd::Judged { .. } = **end {
                    *judged.entry(begun[probe].clone()).or_insert(0) += 1;
                }
            }
            _ => {}
        }
    }
    judged
}
