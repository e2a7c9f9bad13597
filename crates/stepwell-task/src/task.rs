//! The declaration of a task, and how one runs.

use crate::declaration::{Access, Capability};
use crate::{Failure, OutputSet, Result, host};
use std::sync::OnceLock;
use std::time::Duration;

/// Whether the step has been asked to stop, because of a timeout or a cancel.
///
/// A task that has called this gets a grace to end in when that happens; one that never has is
/// stopped at once. So call it early, and again wherever it is good to stop.
#[must_use]
pub fn canceled() -> bool {
    // The subscription is what tells the host that the task listens. It lasts as long as the step.
    static SUBSCRIPTION: OnceLock<host::Pollable> = OnceLock::new();
    SUBSCRIPTION.get_or_init(host::subscribe);
    host::requested()
}

/// How long until the step is stopped; `None` if no end is set.
#[must_use]
pub fn time_left() -> Option<Duration> {
    host::time_left().map(|millis| Duration::from_millis(millis.into()))
}

/// Runs a task's function, with a plain word to those who forgot the grant that it needs.
#[doc(hidden)]
pub fn execute<O: OutputSet>(
    needs: &[Capability],
    task: impl FnOnce() -> Result<O>,
) -> Result<(), crate::declaration::Failure> {
    let run = || {
        check_workspace(needs, host::workspace().is_some())?;
        task()?.set()
    };
    run().map_err(Failure::into)
}

fn check_workspace(needs: &[Capability], granted: bool) -> Result {
    for need in needs {
        if let (Capability::Workspace(access), false) = (need, granted) {
            let access = match access {
                Access::Read => "read",
                Access::Write => "write",
            };
            return Err(Failure::new(
                "the task needs the workspace, and the pipeline grants it none",
            )
            .with_details(format!(
                "add `allow = {{ workspace = \"{access}\" }}` to the task in the pipeline"
            )));
        }
    }
    Ok(())
}

/// A doc comment as one line.
#[doc(hidden)]
#[must_use]
pub fn sentence(doc: &[&str]) -> String {
    let lines: Vec<&str> = doc.iter().map(|line| line.trim()).collect();
    lines.join(" ").trim().to_owned()
}

/// The list that is there, or an empty one.
#[doc(hidden)]
#[must_use]
pub fn only<T, const N: usize>(lists: [Vec<T>; N]) -> Vec<T> {
    lists.into_iter().flatten().collect()
}

/// The name in a pipeline of what is called `field` in Rust.
pub(crate) fn public_name(field: &str) -> String {
    field.trim_start_matches("r#").replace('_', "-")
}

/// Declares the task of a component.
///
/// ```
/// use stepwell_task::{Result, WorkspacePath};
///
/// stepwell_task::task! {
///     /// Measures how long the lines of a file are.
///     name: "line-length",
///     needs: [workspace(read)],
///     inputs: Inputs {
///         /// The file to measure.
///         file: WorkspacePath,
///         /// Fail when a line is longer.
///         max_length: usize = 100,
///         /// Lines that begin like this do not count.
///         ignore: Vec<String> = ["http://", "https://"],
///     },
///     outputs: Outputs {
///         /// The length of the longest line.
///         longest: usize,
///     },
///     run: measure,
/// }
///
/// fn measure(inputs: Inputs) -> Result<Outputs> {
///     let text = inputs.file.read_to_string()?;
///     let counts = |line: &&str| !inputs.ignore.iter().any(|start| line.starts_with(start));
///     let lengths = text.lines().filter(counts).map(|line| line.chars().count());
///     let longest = lengths.max().unwrap_or(0);
///     if longest > inputs.max_length {
///         stepwell_task::fail!("{} has a line of {longest} characters", inputs.file);
///     }
///     Ok(Outputs { longest })
/// }
/// # fn main() {}
/// ```
///
/// - The **doc comment** is what people are told of the task; its version is that of the crate.
/// - `needs` lists the access: `workspace(read)`, `workspace(write)`, `host("example.org")`,
///   `environment("LANG")`, `secret("token")`. The task gets what the pipeline grants, never more.
/// - `inputs` names a struct to declare, with the doc comments as help. A default comes after `=`;
///   see [`FromInput`](crate::FromInput) for the types. Names are kebab-case in a pipeline.
/// - `outputs` names a struct to declare, of types that are [`ToOutput`](crate::ToOutput).
/// - `run` is the function: it takes the inputs, if any are declared, and returns a
///   [`Result`](crate::Result) of the outputs, or of nothing.
///
/// `needs`, `inputs` and `outputs` may be left out; the order is fixed.
#[macro_export]
macro_rules! task {
    (
        $(#[doc = $summary:expr])*
        name: $name:expr,
        $(needs: [$($need:ident($access:tt)),* $(,)?],)?
        $(inputs: $inputs:ident {$(
            $(#[doc = $help:expr])*
            $input:ident: $input_type:ty $(= $default:expr)?
        ),* $(,)?},)?
        $(outputs: $outputs:ident {$(
            $(#[doc = $output_help:expr])*
            $output:ident: $output_type:ty
        ),* $(,)?},)?
        run: $run:expr $(,)?
    ) => {
        $(
            /// The inputs of the task.
            #[derive(Debug, Clone)]
            struct $inputs {
                $( $(#[doc = $help])* $input: $input_type, )*
            }

            impl $crate::InputSet for $inputs {
                fn describe() -> ::std::vec::Vec<$crate::declaration::Input> {
                    ::std::vec![$(
                        $crate::declaration::Declared::<$input_type>::new(
                            ::core::stringify!($input), &[$($help),*],
                        )$(.or($default))?.describe()
                    ),*]
                }

                fn read(
                    reader: &mut $crate::declaration::InputReader<'_>,
                ) -> ::core::option::Option<Self> {
                    $(
                        let $input = reader.read(
                            &$crate::declaration::Declared::<$input_type>::new(
                                ::core::stringify!($input), &[],
                            )$(.or($default))?,
                        );
                    )*
                    ::core::option::Option::Some(Self { $( $input: $input?, )* })
                }
            }
        )?

        $(
            /// The outputs of the task.
            #[derive(Debug, Clone)]
            struct $outputs {
                $( $(#[doc = $output_help])* $output: $output_type, )*
            }

            impl $crate::OutputSet for $outputs {
                fn describe() -> ::std::vec::Vec<$crate::declaration::Output> {
                    ::std::vec![$(
                        $crate::declaration::output(
                            ::core::stringify!($output), &[$($output_help),*],
                        )
                    ),*]
                }

                fn set(self) -> $crate::Result {
                    $( $crate::declaration::set(::core::stringify!($output), self.$output)?; )*
                    ::core::result::Result::Ok(())
                }
            }
        )?

        const _: () = {
            struct Task;

            impl Task {
                fn needs() -> ::std::vec::Vec<$crate::declaration::Capability> {
                    ::std::vec![$($( $crate::capability!($need($access)) ),*)?]
                }
            }

            impl $crate::bindings::Guest for Task {
                fn describe() -> $crate::declaration::TaskDescription {
                    $crate::declaration::TaskDescription {
                        name: ::std::string::String::from($name),
                        version: ::std::string::String::from(::core::env!("CARGO_PKG_VERSION")),
                        summary: $crate::declaration::sentence(&[$($summary),*]),
                        inputs: $crate::declaration::only([
                            $( <$inputs as $crate::InputSet>::describe() )?
                        ]),
                        outputs: $crate::declaration::only([
                            $( <$outputs as $crate::OutputSet>::describe() )?
                        ]),
                        capabilities: Self::needs(),
                    }
                }

                fn run() -> ::core::result::Result<(), $crate::declaration::Failure> {
                    $crate::declaration::execute(&Self::needs(), || {
                        $run($( <$inputs as $crate::InputSet>::from_host()? )?)
                    })
                }
            }

            $crate::bindings::export!(Task with_types_in $crate::bindings);
        };
    };
}

/// One entry of `needs`.
#[doc(hidden)]
#[macro_export]
macro_rules! capability {
    (workspace(read)) => {
        $crate::declaration::Capability::Workspace($crate::declaration::Access::Read)
    };
    (workspace(write)) => {
        $crate::declaration::Capability::Workspace($crate::declaration::Access::Write)
    };
    (host($name:tt)) => {
        $crate::declaration::Capability::Host(::std::string::String::from($name))
    };
    (environment($name:tt)) => {
        $crate::declaration::Capability::Environment(::std::string::String::from($name))
    };
    (secret($name:tt)) => {
        $crate::declaration::Capability::Secret(::std::string::String::from($name))
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_grant_is_explained() {
        let needs = [crate::capability!(workspace(write))];
        let failure = check_workspace(&needs, false).unwrap_err();
        assert_eq!(
            failure.details(),
            Some("add `allow = { workspace = \"write\" }` to the task in the pipeline")
        );
        assert!(check_workspace(&needs, true).is_ok());
        assert!(check_workspace(&[crate::capability!(host("a.example"))], false).is_ok());
    }

    #[test]
    fn what_the_function_returns_is_what_the_host_gets() {
        assert!(execute(&[], || Ok(())).is_ok());
        let failed = execute(&[], || -> Result { crate::fail!("no\nbecause") });
        let failure = failed.unwrap_err();
        assert_eq!((failure.message.as_str(), failure.exit_code), ("no", 1));
        assert_eq!(failure.details.as_deref(), Some("because"));
    }

    #[test]
    fn a_doc_comment_becomes_one_line() {
        assert_eq!(sentence(&[" Counts", " the lines. "]), "Counts the lines.");
        assert_eq!(sentence(&[]), "");
    }

    #[test]
    fn a_field_is_kebab_case_in_a_pipeline() {
        assert_eq!(public_name("max_lines"), "max-lines");
        assert_eq!(public_name("r#type"), "type");
    }
}
