//! What a step publishes: at once where its words suffice, otherwise when it has ended.

use super::Step;
use crate::connection::Change;
use crate::publication::{self, Publication, check_name, masked};
use crate::scope::{Scope, explain};
use crate::variable::{Assignment, Setter};
use stepwell_event::{Access, Collect, Collected, Publish, Published, RunEvent};

/// How often one step can publish something: each time is an event, which is kept.
const MAX_PUBLISHED: usize = 1_000;

/// Bytes of all publications of a step that wait for its end.
const MAX_WAITING: usize = 1 << 20;

/// Bytes of a tag.
const MAX_TAG: usize = 256;

/// The name under which the search path is one of the variables that a step may set.
const PATH: &str = "path";

impl Step {
    /// A typed task asked to publish something; what is wrong with it is told in the log.
    pub(super) fn publish_by_call(
        &mut self,
        publish: Publish,
        scope: &mut Scope,
        out: &mut Vec<RunEvent>,
    ) {
        let command = publication::command(&publish);
        if let Err(why) = self.publish(publish, scope, out) {
            self.command_failed(&format!("`{command}`"), &why, scope, out);
        }
    }

    pub(super) fn publish(
        &mut self,
        publish: Publish,
        scope: &mut Scope,
        out: &mut Vec<RunEvent>,
    ) -> Result<(), String> {
        let published = match publish {
            // Details have bounds of their own.
            Publish::Detail(update) => Published::Detail(self.details.update(update)?),
            Publish::TaskVariable {
                name,
                value,
                secret,
                read_only,
            } => {
                let assignment = Assignment {
                    name,
                    value,
                    secret,
                    read_only,
                    ..Assignment::default()
                };
                return self.set_task_variable(assignment, scope).map_err(explain);
            }
            other => {
                self.published += 1;
                if self.published > MAX_PUBLISHED {
                    return Err(format!(
                        "a step can publish something {MAX_PUBLISHED} times"
                    ));
                }
                match self.publish_bounded(other, scope, out)? {
                    Some(published) => published,
                    None => return Ok(()),
                }
            }
        };
        out.push(self.place.published(masked(published, scope)));
        Ok(())
    }

    /// What is published at once, if anything is.
    fn publish_bounded(
        &mut self,
        publish: Publish,
        scope: &mut Scope,
        out: &mut Vec<RunEvent>,
    ) -> Result<Option<Published>, String> {
        Ok(match publish {
            Publish::RunNumber { number } => {
                stepwell_plan::check_number(&number)?;
                scope.variables.set_run_number(&number);
                Some(Published::RunNumber { number })
            }
            Publish::Tag { tag } => Some(Published::Tag {
                tag: checked_tag(&tag)?,
            }),
            Publish::ArtifactLink {
                name,
                kind,
                location,
            } => Some(link(name, kind, location)?),
            Publish::Path { path } => {
                self.prepend_path(path, scope, out)?;
                None
            }
            Publish::Endpoint {
                id,
                field,
                key,
                value,
            } => {
                let Scope {
                    connections, mask, ..
                } = scope;
                let change = connections.set(&id, &field, key.as_deref(), value, mask)?;
                if change == Change::SystemConnection {
                    self.warn(
                        "the system's own service connection cannot be changed; it stays as it is",
                        scope,
                        out,
                    );
                }
                None
            }
            other => {
                let run_id = scope.variables.get("Build.BuildId").unwrap_or_default();
                if let Some(publication) = Publication::check(other, run_id)? {
                    self.wait(publication)?;
                }
                None
            }
        })
    }

    fn prepend_path(
        &self,
        path: String,
        scope: &mut Scope,
        out: &mut Vec<RunEvent>,
    ) -> Result<(), String> {
        let setter = Setter {
            step: self.name.as_deref(),
            settable: self.settable.as_deref(),
        };
        match setter.check(PATH) {
            Ok(()) => scope.search_path.prepend(path),
            Err(denied) => {
                self.warn(&explain(denied), scope, out);
                Ok(())
            }
        }
    }

    /// Keeps a request for files until the step has ended.
    fn wait(&mut self, publication: Publication) -> Result<(), String> {
        if self.access == Access::None {
            return Err(format!(
                "this step has no access to the workspace, so there is no file that it could \
                 publish: grant it with `allow = {{ workspace = \"read\" }}` in `[tasks.{}]`",
                self.task
            ));
        }
        self.waiting += publication.bytes();
        if self.waiting > MAX_WAITING {
            return Err(format!(
                "the paths of all that a step publishes have at most {} KiB",
                MAX_WAITING >> 10
            ));
        }
        self.publications.push(publication);
        Ok(())
    }

    /// What must be read of the workspace for what the step published.
    pub(crate) fn requests(&self) -> Vec<Collect> {
        let publications = self.publications.iter();
        publications
            .map(|publication| publication.collect.clone())
            .collect()
    }

    /// Publishes nothing of what waits.
    pub(crate) fn forget_publications(&mut self, out: &mut Vec<RunEvent>) {
        let count = std::mem::take(&mut self.publications).len();
        if count > 0 {
            let what = if count == 1 { "request" } else { "requests" };
            self.host(
                format!(
                    "{count} {what} of the step to publish files is dropped: the job is stopped"
                ),
                out,
            );
        }
    }

    /// Publishes what was read, in the order of [`Step::requests`].
    pub(crate) fn settle(
        &mut self,
        answers: Vec<Result<Collected, String>>,
        scope: &Scope,
        out: &mut Vec<RunEvent>,
    ) {
        let mut answers = answers.into_iter();
        for publication in std::mem::take(&mut self.publications) {
            let name = format!("`{}`", publication.command);
            let answer = answers
                .next()
                .unwrap_or_else(|| Err("it was not read".to_owned()));
            match publication.settle(answer) {
                Err(why) => self.command_failed(&name, &why, scope, out),
                Ok(settled) => {
                    for published in settled.published {
                        out.push(self.place.published(masked(published, scope)));
                    }
                    if let Some(warning) = settled.warning {
                        self.warn(&warning, scope, out);
                    }
                    if let Some(failure) = settled.failure {
                        self.unsupported(&failure, scope, out);
                    }
                }
            }
        }
    }
}

fn checked_tag(tag: &str) -> Result<String, String> {
    let tag = tag.trim();
    if tag.is_empty() || tag.len() > MAX_TAG {
        return Err(format!("a tag has 1 to {MAX_TAG} bytes"));
    }
    if tag.contains(':') || tag.contains(char::is_control) {
        return Err("a tag has no colon and no control character".to_owned());
    }
    Ok(tag.to_owned())
}

/// An artifact that is kept elsewhere. What kind of place that is shows in how the location begins.
fn link(name: String, kind: Option<String>, location: String) -> Result<Published, String> {
    check_name("artifactname", &name)?;
    if location.trim().is_empty() {
        return Err("it needs a location".to_owned());
    }
    let inferred = [
        ("\\\\", "filepath"),
        ("$/", "versioncontrol"),
        ("#", "container"),
    ]
    .into_iter()
    .find(|(start, _)| location.starts_with(start));
    let kind = kind
        .filter(|kind| !kind.is_empty())
        .or_else(|| inferred.map(|(_, kind)| kind.to_owned()))
        .ok_or("it needs the property `artifacttype`: the location does not tell it")?;
    Ok(Published::ArtifactLink {
        name,
        kind,
        location,
    })
}
