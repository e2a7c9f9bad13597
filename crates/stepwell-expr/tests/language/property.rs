//! What holds for every text and every value.

use crate::world::{NAMES, World, outcome};
use proptest::prelude::*;
use stepwell_expr::{Expression, Number, Value};

/// Text made of the pieces that expressions are made of, mostly malformed.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "(",
            ")",
            "[",
            "]",
            ",",
            ".",
            "*",
            "'",
            "''",
            "-",
            " ",
            "\t",
            "true",
            "null",
            "1",
            ".5",
            "1.2.3",
            "eq",
            "and",
            "format",
            "join",
            "replace",
            "split",
            "length",
            "convertToJson",
            "iif",
            "coalesce",
            "variables",
            "data",
            "data.list",
            "numbers",
            "always",
            "counter",
            "'{0}'",
            "'{0:yyyy}'",
            "'a'",
            "é",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,3}",
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// Well-formed expressions.
fn expressions() -> impl Strategy<Value = String> {
    let literal = prop_oneof![
        any::<bool>().prop_map(|value| value.to_string()),
        "-?[0-9]{1,9}(\\.[0-9]{1,9})?",
        "[0-9]{1,4}\\.[0-9]{1,4}\\.[0-9]{1,4}",
        "'([a-zA-Z0-9 {},%]|'')*'",
        prop::sample::select(vec![
            "variables.someVariable",
            "variables['number']",
            "data.list.*.name",
            "data.numbers[1]",
            "data.nothing",
            "data.start",
            "data",
            "succeeded()",
            "testFunction()",
        ])
        .prop_map(str::to_owned),
    ];
    literal.prop_recursive(5, 40, 4, |inner| {
        let call = |names: &'static [&'static str], count: std::ops::RangeInclusive<usize>| {
            let arguments = prop::collection::vec(inner.clone(), count);
            (prop::sample::select(names), arguments)
                .prop_map(|(name, arguments)| format!("{name}({})", arguments.join(", ")))
        };
        prop_oneof![
            call(
                &["not", "length", "lower", "upper", "trim", "convertToJson"],
                1..=1
            ),
            call(
                &[
                    "eq",
                    "ne",
                    "gt",
                    "ge",
                    "lt",
                    "le",
                    "xor",
                    "contains",
                    "startsWith",
                    "endsWith",
                    "containsValue",
                    "join",
                    "split"
                ],
                2..=2
            ),
            call(&["iif", "replace"], 3..=3),
            call(&["and", "or", "in", "notIn", "coalesce", "format"], 2..=4),
        ]
    })
}

proptest! {
    #[test]
    fn any_text_is_an_expression_or_an_error(text in prop_oneof!["\\PC*", pieces()]) {
        let world = World::ordinary();
        prop_assert_eq!(outcome(&text, &world), outcome(&text, &world));
        if let Err(error) = Expression::parse(&text, &NAMES) {
            prop_assert!(text.get(error.span()).is_some());
            prop_assert!(error.position() <= text.chars().count() + 1);
        }
    }

    #[test]
    fn well_formed_text_is_an_expression(text in expressions()) {
        prop_assert!(Expression::parse(&text, &NAMES).is_ok());
        let world = World::ordinary();
        let result = outcome(&text, &world);
        prop_assert_eq!(&result, &outcome(&text, &world));
        let inside = outcome(&format!(" {text}\t"), &world);
        prop_assert_eq!(result, inside);
    }

    #[test]
    fn unfinished_expression_is_an_error(text in expressions(), cut in any::<prop::sample::Index>()) {
        let call = format!("not({text})");
        let cut = cut.index(call.len());
        prop_assert!(cut == 0 || Expression::parse(&call[..cut], &NAMES).is_err(), "{}", &call[..cut]);
    }

    #[test]
    fn strings_keep_their_text(text in "\\PC*") {
        let literal = format!("'{}'", text.replace('\'', "''"));
        let value = Expression::parse(&literal, &NAMES).expect("valid").evaluate(&World::ordinary());
        prop_assert_eq!(value, Ok(Value::from(text)));
    }

    #[test]
    fn format_keeps_escaped_text(text in "[a-z{}]{0,20}") {
        let escaped = text.replace('{', "{{").replace('}', "}}");
        prop_assert_eq!(outcome(&format!("format('{escaped}')"), &World::ordinary()), format!("'{text}'"));
    }

    #[test]
    fn equality_ignores_case(text in "[a-zA-Zà-öÀ-Ö0-9 ]*") {
        let upper = text.to_uppercase();
        prop_assert!(Value::from(text).equals(&Value::from(upper)));
    }

    #[test]
    fn splitting_and_joining_keeps_the_text(text in "[a-c,;]{0,30}", delimiter in "[a,;]{1,2}") {
        let expression = format!("join('{delimiter}', split('{text}', '{delimiter}'))");
        prop_assert_eq!(outcome(&expression, &World::ordinary()), format!("'{text}'"));
    }

    #[test]
    fn numbers_read_back_what_they_show(whole in any::<i64>(), places in 0_u32..1_000_000) {
        let number = Number::parse(&format!("{whole}.{places}")).expect("a number");
        prop_assert_eq!(Number::parse(&number.to_string()), Some(number));
    }

    #[test]
    fn number_order_follows_the_value(left in -1e9..1e9_f64, right in -1e9..1e9_f64) {
        let (a, b) = (Number::from_f64(left), Number::from_f64(right));
        prop_assert_eq!(a.cmp(&b), left.total_cmp(&right));
    }

    #[test]
    fn json_numbers_keep_their_value(integer in any::<i64>()) {
        let value = Value::from_json(&integer.into()).expect("it fits");
        prop_assert_eq!(value.to_json(), serde_json::Value::from(integer));
    }
}
