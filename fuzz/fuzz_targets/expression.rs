//! Any text as an expression: it is read or refused, and what is read is evaluated the same way
//! twice.

#![no_main]

use libfuzzer_sys::fuzz_target;
use stepwell_expr::{Expression, Names, Object, Scope, Standing, Value};

fuzz_target!(|text: &str| {
    let standing = Standing::of_dependent(false, [("a".to_owned(), None)]);
    let scope = Scope {
        values: values(),
        standing,
    };
    match Expression::parse(text, &Names::JOB_CONDITION) {
        Ok(expression) => {
            let value = expression.evaluate(&scope);
            assert_eq!(value.is_ok(), expression.evaluate(&scope).is_ok());
            if let Ok(value) = value {
                let _ = (value.as_boolean(), value.as_text(), value.as_number());
                let _ = value.to_json();
            }
        }
        Err(error) => {
            assert!(text.get(error.span()).is_some(), "{error}");
            assert!(!error.to_string().is_empty());
        }
    }
});

fn values() -> Object {
    let list: stepwell_expr::Array = ["x", "y"].map(Value::from).into_iter().collect();
    let inner: Object = [("b", Value::from(list)), ("c", Value::from(1_i64))]
        .into_iter()
        .collect();
    let variables: Object = [("a", Value::from(inner)), ("v", Value::from("1.2.3"))]
        .into_iter()
        .collect();
    [("variables", Value::from(variables))]
        .into_iter()
        .collect()
}
