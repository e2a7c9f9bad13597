//! Components of `stepwell:bisect`, which take part in the search for a culprit.
//!
//! A judgement is a step: it has an instance of its own, with the limits, grants and deadline of any
//! step. What is different is the way in, a [`Question`], and the way out, a [`Reply`]. A component
//! that did not answer has no reply, whatever the reason, so that no trap is ever taken for a verdict.
//!
//! - `role`: what a component is, by its exports.
//! - `question`, `answer`: the words of WIT and ours; an answer is checked before it is believed.
//! - `host`: what an oracle or a notifier asks its host to do meanwhile.

mod answer;
pub(crate) mod host;
mod question;
pub(crate) mod role;

use crate::run::Interrupted::{self, Before, Within};
use crate::state::StepState;
use bindings::exports::stepwell::bisect::{advice, judge, notify, publish, strategy};
use bindings::stepwell::bisect::types;
use role::Kind;
use stepwell_event::{Question, Reply, Role};
use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre};
use wasmtime_wasi::I32Exit;

pub use answer::check as check_reply;
pub use host::check as check_call;

pub(crate) mod bindings {
    //! Host bindings, generated from `wit/bisect`. They are of one world that has all there is: which
    //! of its exports a component has is looked up one by one.

    wasmtime::component::bindgen!({
        path: "../../wit/bisect",
        inline: "
            package stepwell:host;

            world search {
              import stepwell:bisect/lab@0.1.0;
              import stepwell:bisect/post@0.1.0;
              export stepwell:bisect/judge@0.1.0;
              export stepwell:bisect/advice@0.1.0;
              export stepwell:bisect/strategy@0.1.0;
              export stepwell:bisect/notify@0.1.0;
              export stepwell:bisect/publish@0.1.0;
            }
        ",
        world: "stepwell:host/search",
        imports: { default: async },
        exports: { default: async },
    });
}

/// A component of `stepwell:bisect` that is ready to be instantiated.
pub(crate) struct Participant {
    instance: InstancePre<StepState>,
    part: Part,
}

enum Part {
    Oracle {
        judge: judge::GuestIndices,
        advice: Option<advice::GuestIndices>,
    },
    Strategist(strategy::GuestIndices),
    Notifier(notify::GuestIndices),
    Publisher(publish::GuestIndices),
}

/// What came of a question.
pub(crate) enum Asked {
    /// An answer, until it is taken, or why it cannot be one.
    Answered(Result<Option<Reply>, String>),
    /// The question is not for this component, for this reason.
    NotFor(String),
}

impl Participant {
    pub(crate) fn new(instance: InstancePre<StepState>, kind: Kind) -> wasmtime::Result<Self> {
        let part = match kind {
            Kind::Oracle { advises } => Part::Oracle {
                judge: judge::GuestIndices::new(&instance)?,
                advice: match advises {
                    true => Some(advice::GuestIndices::new(&instance)?),
                    false => None,
                },
            },
            Kind::Strategist => Part::Strategist(strategy::GuestIndices::new(&instance)?),
            Kind::Notifier => Part::Notifier(notify::GuestIndices::new(&instance)?),
            Kind::Publisher => Part::Publisher(publish::GuestIndices::new(&instance)?),
        };
        Ok(Self { instance, part })
    }

    /// What it is, for people.
    pub(crate) fn name(&self) -> &'static str {
        match &self.part {
            Part::Oracle { .. } => Kind::Oracle { advises: false }.name(),
            Part::Strategist(_) => Kind::Strategist.name(),
            Part::Notifier(_) => Kind::Notifier.name(),
            Part::Publisher(_) => Kind::Publisher.name(),
        }
    }

    /// Asks it what it is; only an oracle has more to say than its exports.
    pub(crate) async fn role(
        &self,
        store: &mut Store<StepState>,
    ) -> wasmtime::Result<Result<Role, String>> {
        let (judge, advises) = match &self.part {
            Part::Oracle { judge, advice } => (judge, advice.is_some()),
            Part::Strategist(_) => return Ok(Ok(Role::Strategist)),
            Part::Notifier(_) => return Ok(Ok(Role::Notifier)),
            Part::Publisher(_) => return Ok(Ok(Role::Publisher)),
        };
        let instance = self.instance.instantiate_async(&mut *store).await?;
        let judge = judge.load(&mut *store, &instance)?;
        let about = judge.call_describe(store).await?;
        Ok(answer::about(about).map(|about| Role::Oracle { about, advises }))
    }

    /// Asks one question of a fresh instance. What it answers has been checked.
    pub(crate) async fn ask(
        &self,
        store: &mut Store<StepState>,
        question: &Question,
    ) -> Result<Asked, Interrupted> {
        let Some(call) = self.call(question, store.data().workspace()) else {
            return Ok(Asked::NotFor(format!(
                "the component is {}, which cannot {}",
                self.name(),
                deed(question)
            )));
        };
        let instance = self.instance.instantiate_async(&mut *store).await;
        let instance = instance.map_err(Before)?;
        let reply = match call.make(store, &instance).await {
            // No exit code says anything about a question.
            Err(Within(error)) if error.is::<I32Exit>() => {
                Err("the component exited instead of giving an answer".to_owned())
            }
            reply => reply?,
        };
        let checked = reply.and_then(|reply| answer::check(question, &reply).map(|()| Some(reply)));
        Ok(Asked::Answered(checked))
    }

    /// The export that answers the question, and its arguments; `None` if there is none.
    fn call<'a>(&'a self, question: &'a Question, workspace: Option<String>) -> Option<Call<'a>> {
        Some(match (&self.part, question) {
            (
                Part::Oracle { judge, .. },
                Question::Judge {
                    config,
                    candidate,
                    trials,
                    seed,
                },
            ) => Call::Judge(
                judge,
                question::judge(config, candidate, workspace, *trials, *seed),
            ),
            (
                Part::Oracle {
                    advice: Some(advice),
                    ..
                },
                Question::Believe { config, suspects },
            ) => Call::Believe(advice, config, question::suspects(suspects)),
            (
                Part::Oracle {
                    advice: Some(advice),
                    ..
                },
                Question::SameFailure { config, a, b },
            ) => Call::SameFailure(advice, config, Box::new([a.into(), b.into()])),
            (
                Part::Strategist(strategy),
                Question::Propose {
                    suspects,
                    history,
                    in_flight,
                    slots,
                },
            ) => Call::Propose {
                strategy,
                suspects: question::versions(suspects),
                history: question::history(history),
                in_flight,
                slots: *slots,
            },
            (Part::Notifier(notify), Question::Notify { config, finding }) => {
                Call::Notify(notify, config, Box::new(question::finding(finding)))
            }
            (Part::Publisher(publish), Question::Publish { config, release }) => {
                Call::Publish(publish, config, question::release(release, workspace))
            }
            _ => return None,
        })
    }
}

/// What a question asks for, after "cannot".
fn deed(question: &Question) -> &'static str {
    match question {
        Question::Judge { .. } => "judge a version",
        Question::Believe { .. } => "say where to look",
        Question::SameFailure { .. } => "compare failures",
        Question::Propose { .. } => "choose what is judged",
        Question::Notify { .. } => "tell anybody",
        Question::Publish { .. } => "publish",
    }
}

/// An export and its arguments.
enum Call<'a> {
    Judge(&'a judge::GuestIndices, judge::Question),
    Believe(&'a advice::GuestIndices, &'a str, Vec<advice::Suspect>),
    SameFailure(
        &'a advice::GuestIndices,
        &'a str,
        Box<[types::Observation; 2]>,
    ),
    Propose {
        strategy: &'a strategy::GuestIndices,
        suspects: Vec<types::Version>,
        history: Vec<strategy::Seen>,
        in_flight: &'a [String],
        slots: u32,
    },
    Notify(&'a notify::GuestIndices, &'a str, Box<notify::Finding>),
    Publish(&'a publish::GuestIndices, &'a str, publish::Release),
}

impl Call<'_> {
    async fn make(
        self,
        store: &mut Store<StepState>,
        instance: &Instance,
    ) -> Result<Result<Reply, String>, Interrupted> {
        match self {
            Self::Judge(judge, question) => {
                let judge = judge.load(&mut *store, instance).map_err(Before)?;
                let judged = judge.call_judge(&mut *store, &question).await;
                Ok(answer::judged(
                    judged.map_err(Within)?,
                    &store.data().evidence,
                ))
            }
            Self::Believe(advice, config, suspects) => {
                let advice = advice.load(&mut *store, instance).map_err(Before)?;
                let belief = advice.call_believe(store, config, &suspects).await;
                belief.map(answer::believed).map_err(Within)
            }
            Self::SameFailure(advice, config, failures) => {
                let advice = advice.load(&mut *store, instance).map_err(Before)?;
                let [a, b] = &*failures;
                let same = advice.call_same_failure(store, config, a, b).await;
                same.map(|same| Ok(Reply::Same(same))).map_err(Within)
            }
            Self::Propose {
                strategy,
                suspects,
                history,
                in_flight,
                slots,
            } => {
                let strategy = strategy.load(&mut *store, instance).map_err(Before)?;
                let next = strategy.call_propose(store, &suspects, &history, in_flight, slots);
                let next = next.await.map_err(Within)?;
                Ok(Ok(answer::proposed(next)))
            }
            Self::Notify(notify, config, finding) => {
                let notify = notify.load(&mut *store, instance).map_err(Before)?;
                let told = notify.call_notify(store, config, &finding).await;
                told.map(|told| Ok(answer::done(told))).map_err(Within)
            }
            Self::Publish(publish, config, release) => {
                let publish = publish.load(&mut *store, instance).map_err(Before)?;
                let published = publish.call_publish(store, config, &release).await;
                let done = |published| Ok(answer::done(published));
                published.map(done).map_err(Within)
            }
        }
    }
}
