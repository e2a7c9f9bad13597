//! The values and functions that the tests evaluate with.

use serde_json::json;
use stepwell_expr::{
    Array, Context, DateTime, Expression, Names, Object, Scope, Signature, Standing, Value, Version,
};

/// The names of the tests' world.
pub(crate) const NAMES: Names<'static> = Names {
    values: &["variables", "parameters", "dependencies", "data"],
    functions: &[
        Signature {
            name: "testFunction",
            min: 0,
            max: 1,
        },
        Signature {
            name: "counter",
            min: 0,
            max: 2,
        },
        Signature {
            name: "always",
            min: 0,
            max: usize::MAX,
        },
        Signature {
            name: "canceled",
            min: 0,
            max: usize::MAX,
        },
        Signature {
            name: "failed",
            min: 0,
            max: usize::MAX,
        },
        Signature {
            name: "succeeded",
            min: 0,
            max: usize::MAX,
        },
        Signature {
            name: "succeededOrFailed",
            min: 0,
            max: usize::MAX,
        },
    ],
};

/// Some values, and what `testFunction()` gives.
pub(crate) struct World {
    scope: Scope,
    test_function: Value,
}

impl World {
    pub(crate) fn new(standing: Standing, test_function: Value) -> Self {
        let large = "x".repeat(1 << 20);
        let json = json!({
            "variables": {
                "someVariable": "someValue",
                "some.variable": "dotted",
                "Agent.JobStatus": "Succeeded",
                "empty": "",
                "number": "42",
                "large": large,
            },
            "parameters": {
                "list": ["FOO", "BAR", "ZOO"],
                "flag": true,
                "count": 3,
                "param-minus": "hyphen",
            },
            "dependencies": {
                "A": { "result": "Skipped", "outputs": { "step.name": "output" } },
            },
            "data": {
                "prop1": "first",
                "true": "word",
                "nested": { "inner": { "leaf": "deep" } },
                "list": [
                    { "name": "a", "tags": ["x", "y"] },
                    { "name": "b", "tags": ["z"], "extra": null },
                    "scalar",
                    ["in", "array"],
                ],
                "numbers": [10, 20, 30],
                "mixed": ["a", 1.5, true, null, [1], { "k": "v" }],
                "matrix": [[1, 2], [3]],
                "emptyArray": [],
                "emptyObject": {},
                "nothing": null,
                "1": "one",
                "1.5": "one and a half",
                "text": "quote \" back \\ line\n",
                "emoji": "a😀",
            },
        });
        let json = Value::from_json(&json).expect("small numbers");
        let Value::Object(values) = json else {
            panic!("an object was written")
        };
        let time = |text| Value::from(DateTime::parse(text).expect("a point in time"));
        let values = values.iter().map(|(name, value)| match (name, value) {
            ("data", Value::Object(data)) => {
                let entries = data.iter().map(|(name, value)| (name, value.clone()));
                let more = [
                    ("start", time("2026-08-01 07:05:09.0120004+2:00")),
                    ("finish", time("2026-12-31 23:00:00-0:30")),
                    (
                        "version",
                        Value::from(Version::parse("1.2").expect("a version")),
                    ),
                ];
                (name, Object::from_iter(entries.chain(more)).into())
            }
            _ => (name, value.clone()),
        });
        Self {
            scope: Scope {
                values: values.collect(),
                standing,
            },
            test_function,
        }
    }

    /// A world in which all went well.
    pub(crate) fn ordinary() -> Self {
        Self::new(Standing::of_step(None), Value::Null)
    }
}

impl Context for World {
    fn value(&self, name: &str) -> Option<Value> {
        self.scope.value(name)
    }

    fn call(&self, function: &str, arguments: &[Value]) -> Result<Value, String> {
        match function {
            "testFunction" if arguments.is_empty() => Ok(self.test_function.clone()),
            "testFunction" => Err("testFunction takes no argument today".to_owned()),
            "counter" => Ok(arguments.iter().cloned().collect::<Array>().into()),
            _ => self.scope.call(function, arguments),
        }
    }
}

/// What an expression gives in a world, as the tables write it.
pub(crate) fn outcome(text: &str, world: &World) -> String {
    match Expression::parse(text, &NAMES) {
        Err(error) => {
            let (kind, position) = (error.kind(), error.position());
            let token = error.token().map(|token| format!(" ({token})"));
            format!("{kind:?}{} at {position}", token.unwrap_or_default())
        }
        Ok(expression) => match expression.evaluate(world) {
            Err(error) => format!("error: {error}"),
            Ok(value) => shown(&value),
        },
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Boolean(value) => value.to_string(),
        Value::Number(value) => value.to_string(),
        Value::String(value) => format!("'{}'", value.replace('\n', "\\n")),
        Value::Version(value) => format!("version {value}"),
        Value::DateTime(value) => format!("time {value}"),
        Value::Array(_) | Value::Object(_) => value.to_json().to_string(),
    }
}
