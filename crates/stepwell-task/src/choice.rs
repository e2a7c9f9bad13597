//! Inputs with a closed set of values.

/// Declares an enum that an input can have as its type: a closed set of texts.
///
/// ```
/// use stepwell_task::FromInput;
///
/// stepwell_task::choice! {
///     /// How bad a finding is.
///     #[derive(PartialOrd, Ord)]
///     pub enum Level {
///         /// Worth a look.
///         Low = "low",
///         /// Must not be merged.
///         High = "high",
///     }
/// }
///
/// assert_eq!(Level::ALLOWED, ["low", "high"]);
/// assert_eq!(Level::High.as_str(), "high");
/// assert!(Level::Low < Level::High);
/// ```
///
/// As an input: `level: Level = Level::High`.
#[macro_export]
macro_rules! choice {
    (
        $(#[$attribute:meta])*
        $visibility:vis enum $name:ident {
            $( $(#[$case_attribute:meta])* $case:ident = $text:literal ),+ $(,)?
        }
    ) => {
        $(#[$attribute])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        $visibility enum $name {
            $( $(#[$case_attribute])* $case, )+
        }

        impl $name {
            /// The text that a pipeline gives.
            #[must_use]
            $visibility fn as_str(self) -> &'static str {
                match self {
                    $( Self::$case => $text, )+
                }
            }
        }

        impl ::core::fmt::Display for $name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl $crate::FromInput for $name {
            const KIND: $crate::declaration::InputType = $crate::declaration::InputType::Text;
            const ALLOWED: &'static [&'static str] = &[$($text),+];

            fn from_input(
                text: &str,
            ) -> ::core::result::Result<Self, ::std::string::String> {
                match text {
                    $( $text => ::core::result::Result::Ok(Self::$case), )+
                    _ => ::core::result::Result::Err(
                        $crate::declaration::not_allowed(text, Self::ALLOWED),
                    ),
                }
            }
        }

        impl $crate::DefaultFor<$name> for $name {
            fn into_text(self) -> ::std::string::String {
                ::std::string::String::from(self.as_str())
            }
        }
    };
}
