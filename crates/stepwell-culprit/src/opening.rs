//! Beginning a search, or finding one that has begun.

use crate::archive::Archive;
use crate::driver::SearchError;
use crate::record::Record;
use crate::request::Request;
use crate::territory::{Bounds, Territory};
use std::sync::Arc;
use stepwell_event::{BisectEvent, Finite, SearchId, SearchSummary};
use stepwell_runner::now_ms;
use stepwell_store::{Claim, Journal, StoredSearch};

/// A search that this process is at work on.
pub(crate) struct Opened {
    pub(crate) record: Record,
    pub(crate) territory: Arc<Territory>,
    pub(crate) claim: Claim,
}

/// Begins a search. Its first events are still to be journalled.
pub(crate) async fn begin<A: Archive>(
    request: Request,
    archive: Arc<A>,
    journal: &Journal,
) -> Result<(Opened, Vec<(u64, BisectEvent)>), SearchError> {
    check(&request)?;
    let (good, bad) = (request.good.clone(), request.bad.clone());
    let (paths, first_parent) = (request.paths.clone(), request.first_parent);
    let explore = move || {
        let bounds = Bounds {
            good: &good,
            bad: &bad,
            paths: &paths,
            first_parent,
        };
        let territory = Territory::explore(&*archive, &bounds)?;
        let head = match territory.bad() {
            Some(head) => head.clone(),
            None => archive
                .describe(std::slice::from_ref(&bad))?
                .pop()
                .ok_or_else(|| format!("there is no version `{bad}`"))?,
        };
        Ok((territory, head))
    };
    let (territory, bad) = blocking(explore).await?;
    let now = now_ms();
    let id = SearchId::from_parts(now, u128::from(salt(now)));
    let stored = StoredSearch {
        id,
        started_ms: now,
        finished: false,
        // Settings are plain data: writing them as JSON does not fail.
        settings: serde_json::to_string(&request.settings).unwrap_or_default(),
        caller: request.caller.clone(),
    };
    let claim = journal.claim_search(id)?;
    journal.begin_search(&stored).await?;
    let confidence = Finite::new(request.settings.confidence).unwrap_or_default();
    let summary = SearchSummary {
        project: request.project,
        good: territory.good.clone(),
        bad,
        paths: request.paths,
        first_parent: request.first_parent,
        oracle: request.oracle,
        terms: request.terms,
        noise: request.noise,
        confidence,
        jobs: request.settings.jobs,
        command: request.command,
    };
    let opened = Opened {
        record: Record {
            id,
            settings: request.settings,
            caller: request.caller,
            events: Vec::new(),
        },
        territory: Arc::new(territory),
        claim,
    };
    Ok((opened, vec![(now, BisectEvent::Opened(Box::new(summary)))]))
}

/// Finds a search that has begun.
pub(crate) async fn load<A: Archive>(
    search: SearchId,
    archive: Arc<A>,
    journal: &Journal,
) -> Result<Opened, SearchError> {
    let claim = journal.claim_search(search)?;
    let record = Record::read(journal, search).await?;
    let record = record.ok_or(SearchError::Unknown(search))?;
    // A process that was killed at once has left no more than a name.
    let (good, summary) = record.bounds().ok_or(SearchError::Unknown(search))?;
    let (bad, paths) = (summary.bad.id.clone(), summary.paths.clone());
    let first_parent = summary.first_parent;
    let explore = move || {
        let bounds = Bounds {
            good: &good,
            bad: &bad,
            paths: &paths,
            first_parent,
        };
        Territory::explore(&*archive, &bounds)
    };
    let territory = blocking(explore).await?;
    Ok(Opened {
        record,
        territory: Arc::new(territory),
        claim,
    })
}

pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, SearchError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(SearchError::Defect)?
        .map_err(SearchError::Range)
}

fn check(request: &Request) -> Result<(), SearchError> {
    let settings = &request.settings;
    let wrong = |why: &str| Err(SearchError::Settings(why.to_owned()));
    if settings.jobs == 0 {
        return wrong("no candidate could be judged: there has to be one job at least");
    }
    if settings.trials == 0 {
        return wrong("a judgement has no trial; it needs at least 1");
    }
    if !(settings.confidence > 0.5 && settings.confidence < 1.0) {
        return wrong("the confidence has to be between 0.5 and 1");
    }
    Ok(())
}

/// What makes an identifier differ from that of a search which begins in the same millisecond.
pub(crate) fn salt(now: u64) -> u64 {
    use std::hash::{BuildHasher as _, Hasher as _, RandomState};
    let mut hasher = RandomState::new().build_hasher();
    hasher.write_u64(now);
    hasher.write_u32(std::process::id());
    hasher.finish()
}
