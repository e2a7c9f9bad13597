//! Deployments: jobs whose steps are in the hooks of a strategy.

use crate::document::Table;
use crate::importer::{Importer, texts};
use crate::text::said;
use crate::yaml::{Entry, Node};

/// The hooks of a deployment that run one after the other.
const HOOKS: [&str; 4] = ["preDeploy", "deploy", "routeTraffic", "postRouteTraffic"];

/// Why a deployment cannot be an ordinary job, if it cannot.
pub(crate) fn obstacle(job: &Node) -> Option<&'static str> {
    let strategies = job.get("strategy").and_then(Node::entries)?;
    let is_other = strategies.iter().any(|entry| entry.key != "runOnce");
    is_other.then_some("a deployment is an ordinary job only with the strategy `runOnce`")
}

impl Importer<'_> {
    /// The hooks of `runOnce`, in the order in which they run, as the steps of the job.
    pub(crate) fn run_once(&mut self, job: &mut Table, entry: &Entry) {
        let Some(hooks) = entry.node.entries() else {
            job.comment(self.leave(entry, "a strategy has hooks"));
            return;
        };
        job.comment(texts(&entry.remarks.above));
        let rank = |entry: &&Entry| {
            let at = HOOKS.iter().position(|hook| *hook == entry.key);
            at.unwrap_or(HOOKS.len())
        };
        let mut hooks: Vec<&Entry> = hooks.iter().collect();
        hooks.sort_by_key(rank);
        for hook in hooks {
            if rank(&hook) == HOOKS.len() {
                let reason = "give its steps a condition such as `failed()`, and put them last";
                job.comment(self.leave_in("runOnce.", hook, reason));
            } else {
                self.hook(job, hook);
            }
        }
        job.comment(texts(&entry.remarks.below));
    }

    fn hook(&mut self, job: &mut Table, hook: &Entry) {
        let Some(entries) = hook.node.entries() else {
            job.comment(self.leave(hook, "a hook has `steps`"));
            return;
        };
        let mut above = texts(&hook.remarks.above);
        above.push(said(&format!("the hook `{}`", hook.key)));
        job.comment(above);
        for entry in entries {
            if entry.key == "steps" {
                job.comment(texts(&entry.remarks.above));
                self.steps(job, "steps", &entry.node);
                job.comment(texts(&entry.remarks.below));
            } else {
                let reason = self.job_reason(&entry.key);
                job.comment(self.leave(entry, reason));
            }
        }
        job.comment(texts(&hook.remarks.below));
    }
}
