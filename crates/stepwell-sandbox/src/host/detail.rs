//! Updates of the timeline in the words of Azure, which the logging command uses too.

use crate::bindings::stepwell::task::logging::{self, DetailResult, DetailState};
use stepwell_event::DetailUpdate;

impl From<logging::DetailUpdate> for DetailUpdate {
    fn from(update: logging::DetailUpdate) -> Self {
        Self {
            id: update.id,
            parent: update.parent,
            kind: update.kind,
            name: update.name,
            order: update.order.map(|order| order.to_string()),
            start_time: update.start_time,
            finish_time: update.finish_time,
            progress: update.progress.map(|percent| percent.min(100).to_string()),
            state: update.state.map(|state| state_name(state).to_owned()),
            result: update.result.map(|result| result_name(result).to_owned()),
            operation: update.operation,
        }
    }
}

fn state_name(state: DetailState) -> &'static str {
    match state {
        DetailState::Pending => "Pending",
        DetailState::InProgress => "InProgress",
        DetailState::Completed => "Completed",
    }
}

fn result_name(result: DetailResult) -> &'static str {
    match result {
        DetailResult::Succeeded => "Succeeded",
        DetailResult::SucceededWithIssues => "SucceededWithIssues",
        DetailResult::Failed => "Failed",
        DetailResult::Canceled => "Canceled",
        DetailResult::Skipped => "Skipped",
    }
}
