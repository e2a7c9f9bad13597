//! Beginning judgements: what is judged at all, and in which form.

use super::{Drive, Probe};
use crate::archive::{Archive, ExportError};
use crate::driver::SearchError;
use crate::inquiry::Want;
use crate::judge::Judge;
use crate::lab::untestable;
use crate::opening;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use stepwell_event::{Conclusion, Digest, ProbeEnd, Version};

/// What came of the wish to judge some versions.
pub(super) enum Begun {
    /// They are being judged.
    Waiting,
    /// Some are known, so that others may be wanted now.
    Known,
    /// The search ends.
    Ended(Box<Conclusion>),
}

impl<J: Judge, A: Archive> Drive<'_, J, A> {
    /// Answers what is known without a judgement: by the store, or because what is to be taken back
    /// cannot be. If nothing is, begins the judgements.
    pub(super) async fn begin(&mut self, wants: Vec<Want>) -> Result<Begun, SearchError> {
        let mut probes = Vec::with_capacity(wants.len());
        let mut unfit = HashMap::new();
        for mut want in wants {
            match self.look(&want.version).await? {
                Ok(version) => want.version = version,
                Err(ExportError::Unfit(why)) => {
                    unfit.insert(want.version.id.clone(), untestable(why));
                }
                Err(ExportError::Missing(why) | ExportError::Failed(why)) => {
                    let conclusion = Conclusion::Aborted { why };
                    return Ok(Begun::Ended(Box::new(conclusion)));
                }
            }
            probes.push(self.probe(want, 0));
        }
        let key = |probe: &Probe| probe.key.filter(|_| !probe.asked.fresh);
        let keys: Vec<Digest> = probes.iter().filter_map(key).collect();
        let known = match keys.is_empty() {
            true => HashMap::new(),
            false => self.tools.journal.verdicts(&keys).await?,
        };
        let answer = |probe: &Probe| match unfit.get(&probe.want.version.id) {
            Some(unfit) => Some((unfit.clone(), false)),
            None => Some((known.get(&key(probe)?)?.clone(), true)),
        };
        if !probes.iter().any(|probe| answer(probe).is_some()) {
            for probe in probes {
                self.spawn(probe, Duration::ZERO);
            }
            return Ok(Begun::Waiting);
        }
        let mut answered = Vec::new();
        for probe in probes {
            match answer(&probe) {
                None => self.inquiry.withdraw(&probe.want.version.id),
                Some((observation, cached)) => {
                    let number = self.started(&probe);
                    let end = ProbeEnd::Judged {
                        observation: observation.clone(),
                        cached,
                    };
                    self.ended(number, end, 0);
                    answered.push((probe, observation));
                }
            }
        }
        self.tools.journal.flush().await?;
        for (probe, observation) in answered {
            self.observe(&probe.want, &observation).await;
        }
        Ok(Begun::Known)
    }

    /// A version as this search looks at it.
    async fn look(
        &mut self,
        version: &Version,
    ) -> Result<Result<Version, ExportError>, SearchError> {
        let reverted = self.view.reverted(&version.id);
        if reverted.is_empty() {
            return Ok(Ok(version.clone()));
        }
        if let Some(known) = self.looked.get(&version.id) {
            return Ok(known.clone().map_err(ExportError::Unfit));
        }
        let reverted: Vec<Version> = reverted.into_iter().cloned().collect();
        let (archive, original) = (Arc::clone(&self.tools.archive), version.clone());
        let look = move || Ok(archive.without(&original, &reverted));
        let looked = opening::blocking(look).await?;
        let kept = match &looked {
            Ok(version) => Some(Ok(version.clone())),
            Err(ExportError::Unfit(why)) => Some(Err(why.clone())),
            Err(_) => None,
        };
        let kept = kept.map(|kept| (version.id.clone(), kept));
        self.looked.extend(kept);
        Ok(looked)
    }
}
