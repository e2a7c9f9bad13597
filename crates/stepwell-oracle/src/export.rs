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

/// One export, for what implements this trait. The names of exports are no symbols that a linker of
/// other machines takes, so that there only the trait is checked.
#[doc(hidden)]
#[macro_export]
macro_rules! exported {
    ($part:ident, $role:ident, $guest:ty) => {
        const _: () = {
            const fn implements<T: $crate::$role>() {}
            implements::<$guest>();
        };
        #[cfg(target_family = "wasm")]
        const _: () = {
            type Guest = $crate::Exported<$guest>;
    $crate::bindings::$part::export!(Guest with_types_in $crate::bindings::$part);
        };
    };
}

/// Makes the component an oracle: the argument is a type that implements [`Oracle`].
#[macro_export]
macro_rules! oracle {
    ($guest:ty) => {
        $crate::exported!(judge, Oracle, $guest);
    };
}

/// Makes the component an oracle that also knows where to look: the argument is a type that
/// implements [`Oracle`] and [`Advice`].
#[macro_export]
macro_rules! advising_oracle {
    ($guest:ty) => {
        $crate::oracle!($guest);
        $crate::exported!(advice, Advice, $guest);
    };
}

/// Makes the component a strategist: the argument is a type that implements [`Strategist`].
#[macro_export]
macro_rules! strategist {
    ($guest:ty) => {
        $crate::exported!(strategy, Strategist, $guest);
    };
}

/// Makes the component a notifier: the argument is a type that implements [`Notifier`].
#[macro_export]
macro_rules! notifier {
    ($guest:ty) => {
        $crate::exported!(notify, Notifier, $guest);
    };
}

/// Makes the component a publisher: the argument is a type that implements [`Publisher`].
#[macro_export]
macro_rules! publisher {
    ($guest:ty) => {
        $crate::exported!(publish, Publisher, $guest);
    };
}
