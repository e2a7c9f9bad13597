//! The functions of the language: names and numbers of arguments.

use crate::name::Signature;

/// A function that every expression can call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    And,
    Coalesce,
    Contains,
    ContainsValue,
    ConvertToJson,
    EndsWith,
    Eq,
    Format,
    Ge,
    Gt,
    Iif,
    In,
    Join,
    Le,
    Length,
    Lower,
    Lt,
    Ne,
    Not,
    NotIn,
    Or,
    Replace,
    Split,
    StartsWith,
    Trim,
    Upper,
    Xor,
}

/// The functions, with the least and the greatest number of their arguments.
static FUNCTIONS: [(Function, Signature<'static>); 27] = [
    row(Function::And, "and", 2, usize::MAX),
    row(Function::Coalesce, "coalesce", 2, usize::MAX),
    row(Function::Contains, "contains", 2, 2),
    row(Function::ContainsValue, "containsValue", 2, 2),
    row(Function::ConvertToJson, "convertToJson", 1, 1),
    row(Function::EndsWith, "endsWith", 2, 2),
    row(Function::Eq, "eq", 2, 2),
    row(Function::Format, "format", 1, 255),
    row(Function::Ge, "ge", 2, 2),
    row(Function::Gt, "gt", 2, 2),
    row(Function::Iif, "iif", 3, 3),
    row(Function::In, "in", 2, usize::MAX),
    row(Function::Join, "join", 2, 2),
    row(Function::Le, "le", 2, 2),
    row(Function::Length, "length", 1, 1),
    row(Function::Lower, "lower", 1, 1),
    row(Function::Lt, "lt", 2, 2),
    row(Function::Ne, "ne", 2, 2),
    row(Function::Not, "not", 1, 1),
    row(Function::NotIn, "notIn", 2, usize::MAX),
    row(Function::Or, "or", 2, usize::MAX),
    row(Function::Replace, "replace", 3, 3),
    row(Function::Split, "split", 2, 2),
    row(Function::StartsWith, "startsWith", 2, 2),
    row(Function::Trim, "trim", 1, 1),
    row(Function::Upper, "upper", 1, 1),
    row(Function::Xor, "xor", 2, 2),
];

const fn row(
    function: Function,
    name: &'static str,
    min: usize,
    max: usize,
) -> (Function, Signature<'static>) {
    (function, Signature { name, min, max })
}

/// The function with this name, without regard to case.
pub(crate) fn named(name: &str) -> Option<(Function, Signature<'static>)> {
    let same = |signature: &Signature<'_>| signature.name.eq_ignore_ascii_case(name);
    FUNCTIONS
        .iter()
        .find(|(_, signature)| same(signature))
        .copied()
}

/// The names of all functions.
pub(crate) fn names<'n>() -> impl Iterator<Item = &'n str> {
    FUNCTIONS.iter().map(|(_, signature)| signature.name)
}
