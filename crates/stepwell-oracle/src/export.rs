//! From the traits that a guest implements to what its component exports.

use crate::bindings::advice::exports::stepwell::bisect::advice;
use crate::bindings::judge::exports::stepwell::bisect::judge;
use crate::bindings::notify::exports::stepwell::bisect::notify;
use crate::bindings::publish::exports::stepwell::bisect::publish;
use crate::bindings::strategy::exports::stepwell::bisect::strategy;
use crate::{
    About, Advice, Belief, Finding, Next, Notifier, Observation, Oracle, Publisher, Question,
    Refusal, Release, Seen, Strategist, Suspect, Version,
};
use std::marker::PhantomData;

/// What the macros export of a guest's type.
#[derive(Debug)]
pub struct Exported<T>(PhantomData<T>);

impl<T: Oracle> judge::Guest for Exported<T> {
    fn describe() -> About {
        T::about()
    }

    fn judge(question: Question) -> Result<Observation, Refusal> {
        T::judge(question)
    }
}

impl<T: Advice> advice::Guest for Exported<T> {
    fn believe(config: String, suspects: Vec<Suspect>) -> Result<Belief, String> {
        T::believe(config, suspects)
    }

    fn same_failure(config: String, a: Observation, b: Observation) -> bool {
        T::same_failure(config, a, b)
    }
}

impl<T: Strategist> strategy::Guest for Exported<T> {
    fn propose(
        suspects: Vec<Version>,
        history: Vec<Seen>,
        in_flight: Vec<String>,
        slots: u32,
    ) -> Next {
        T::propose(suspects, history, in_flight, slots)
    }
}

impl<T: Notifier> notify::Guest for Exported<T> {
    fn notify(config: String, finding: Finding) -> Result<String, String> {
        T::notify(config, finding)
    }
}

impl<T: Publisher> publish::Guest for Exported<T> {
    fn publish(config: String, release: Release) -> Result<String, String> {
        T::publish(config, release)
    }
}

/// What a type has to be for each macro. Where a guest is built for tests nothing is exported: a
/// linker there takes no such names.
pub mod implements {
    #![expect(
        missing_docs,
        reason = "each says in its name all that there is to say"
    )]

    pub fn oracle<T: super::Oracle>() {}
    pub fn advice<T: super::Advice>() {}
    pub fn strategist<T: super::Strategist>() {}
    pub fn notifier<T: super::Notifier>() {}
    pub fn publisher<T: super::Publisher>() {}
}

/// Makes the component an oracle: the argument is a type that implements [`Oracle`].
#[macro_export]
macro_rules! oracle {
    ($guest:ty) => {
        #[cfg(target_family = "wasm")]
        const _: () = {
            type Guest = $crate::Exported<$guest>;
    $crate::bindings::judge::export!(Guest with_types_in $crate::bindings::judge);
        };
        const _: fn() = $crate::implements::oracle::<$guest>;
    };
}

/// Makes the component an oracle that also knows where to look: the argument is a type that
/// implements [`Oracle`] and [`Advice`].
#[macro_export]
macro_rules! advising_oracle {
    ($guest:ty) => {
        $crate::oracle!($guest);
        #[cfg(target_family = "wasm")]
        const _: () = {
            type Guest = $crate::Exported<$guest>;
    $crate::bindings::advice::export!(Guest with_types_in $crate::bindings::advice);
        };
        const _: fn() = $crate::implements::advice::<$guest>;
    };
}

/// Makes the component a strategist: the argument is a type that implements [`Strategist`].
#[macro_export]
macro_rules! strategist {
    ($guest:ty) => {
        #[cfg(target_family = "wasm")]
        const _: () = {
            type Guest = $crate::Exported<$guest>;
    $crate::bindings::strategy::export!(Guest with_types_in $crate::bindings::strategy);
        };
        const _: fn() = $crate::implements::strategist::<$guest>;
    };
}

/// Makes the component a notifier: the argument is a type that implements [`Notifier`].
#[macro_export]
macro_rules! notifier {
    ($guest:ty) => {
        #[cfg(target_family = "wasm")]
        const _: () = {
            type Guest = $crate::Exported<$guest>;
    $crate::bindings::notify::export!(Guest with_types_in $crate::bindings::notify);
        };
        const _: fn() = $crate::implements::notifier::<$guest>;
    };
}

/// Makes the component a publisher: the argument is a type that implements [`Publisher`].
#[macro_export]
macro_rules! publisher {
    ($guest:ty) => {
        #[cfg(target_family = "wasm")]
        const _: () = {
            type Guest = $crate::Exported<$guest>;
    $crate::bindings::publish::export!(Guest with_types_in $crate::bindings::publish);
        };
        const _: fn() = $crate::implements::publisher::<$guest>;
    };
}
