//! `task.logdetail`: the records of the timeline that a step keeps.
//!
//! Azure's agent has a clock and fills in the time where a step gives none; this crate has none, so
//! such a time is missing and is that of the event.

use crate::guid;
use crate::result;
use std::collections::HashMap;
use stepwell_event::{Detail, DetailState, DetailUpdate, StepResult};
use stepwell_expr::DateTime;

/// Records of one step.
const MAX_RECORDS: usize = 1_000;

/// Changes of all records of one step: each is an event, which is kept.
const MAX_UPDATES: usize = 10_000;

/// Bytes of a kind or a name of a record, which is kept and repeated with each change.
const MAX_TEXT: usize = 255;

/// The records of a step by identifier.
#[derive(Default)]
pub(crate) struct Details {
    records: HashMap<String, Detail>,
    updates: usize,
}

impl Details {
    /// Makes or changes a record and gives it as it is now.
    pub(crate) fn update(&mut self, mut update: DetailUpdate) -> Result<Detail, String> {
        if self.updates >= MAX_UPDATES {
            return Err(format!("a step can write details {MAX_UPDATES} times"));
        }
        let id = parse_id(&update.id, "id")?;
        let parent = update.parent.as_deref();
        let parent = parent.map(|text| parse_id(text, "parentid")).transpose()?;
        let operation = std::mem::take(&mut update.operation);
        let mut detail = match self.records.get(&id) {
            Some(known) if parent.is_some() && parent != known.parent => {
                return Err("the parent of a record cannot change".to_owned());
            }
            Some(known) => known.clone(),
            None => self.begin(id, parent, &update)?,
        };
        change(&mut detail, update)?;
        self.updates += 1;
        self.records.insert(detail.id.clone(), detail.clone());
        // Not kept, since each change says it anew.
        detail.operation = operation;
        Ok(detail)
    }

    fn begin(
        &self,
        id: String,
        parent: Option<String>,
        update: &DetailUpdate,
    ) -> Result<Detail, String> {
        if update.name.is_none() || update.kind.is_none() {
            return Err("a new record needs the properties `name` and `type`".to_owned());
        }
        let is_known = |parent: &String| self.records.contains_key(parent);
        if !parent.as_ref().is_none_or(is_known) {
            return Err("`parentid` must be a record that this step wrote before".to_owned());
        }
        if self.records.len() >= MAX_RECORDS {
            return Err(format!("a step can write {MAX_RECORDS} records"));
        }
        Ok(Detail {
            id,
            parent,
            kind: String::new(),
            name: String::new(),
            order: 0,
            start_time: None,
            finish_time: None,
            progress: 0,
            state: DetailState::InProgress,
            result: None,
            operation: String::new(),
        })
    }
}

fn parse_id(text: &str, key: &str) -> Result<String, String> {
    guid::parse(text)
        .filter(|id| !guid::is_zero(id))
        .ok_or_else(|| format!("`{key}` must be the GUID of a record"))
}

fn change(detail: &mut Detail, update: DetailUpdate) -> Result<(), String> {
    for (new, old) in [
        (update.kind, &mut detail.kind),
        (update.name, &mut detail.name),
    ] {
        if let Some(new) = new {
            if new.len() > MAX_TEXT {
                return Err(format!(
                    "`name` and `type` of a record have at most {MAX_TEXT} bytes"
                ));
            }
            *old = new;
        }
    }
    if let Some(order) = update.order {
        detail.order = order.trim().parse().unwrap_or(0);
    }
    if let Some(time) = update.start_time {
        detail.start_time = read_time(&time);
    }
    if let Some(time) = update.finish_time {
        detail.finish_time = read_time(&time);
    }
    if let Some(progress) = update.progress {
        let progress: i64 = progress.trim().parse().unwrap_or(0);
        detail.progress = u8::try_from(progress.clamp(0, 100)).unwrap_or(0);
    }
    if let Some(state) = update.state {
        detail.state = read_state(&state);
    }
    if let Some(text) = update.result {
        detail.result = Some(result::parse(text.trim()).unwrap_or(StepResult::Succeeded));
    }
    if detail.state == DetailState::Completed {
        detail.progress = 100;
    }
    Ok(())
}

fn read_time(text: &str) -> Option<String> {
    let text = text.trim();
    DateTime::parse(text).map(|_| text.to_owned())
}

fn read_state(text: &str) -> DetailState {
    let is = |name: &str| text.trim().eq_ignore_ascii_case(name);
    if is("InProgress") {
        DetailState::InProgress
    } else if is("Completed") {
        DetailState::Completed
    } else {
        DetailState::Pending
    }
}
