//! `stepwell eval`.

use crate::console::Console;
use crate::exit::Exit;
use clap::{Args, ValueEnum};
use serde_json::{Map, Value as Json, json};
use std::io::{BufRead, Read as _};
use stepwell_event::StepResult;
use stepwell_expr::{
    Context, EvaluationError, EvaluationErrorKind, Expression, Kind, Names, Object, ParseError,
    Signature, Standing, Value,
};

/// Bytes of one line with an expression and its context.
const MAX_LINE: u64 = 16 << 20;

const TOO_LONG: &str = "a line has at most 16 MiB";

/// Evaluate an expression
#[derive(Debug, Args)]
pub(crate) struct EvalArgs {
    /// The expression, without `$[ ]`; `-` reads one a line, or one JSON object a line with
    /// `expression`, `as` and `context`, and prints one JSON object a line
    #[arg(allow_negative_numbers = true)]
    expression: String,
    /// Set a variable (can be repeated)
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = super::name_and_value)]
    variables: Vec<(String, String)>,
    /// Set a parameter (can be repeated)
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = super::name_and_value)]
    parameters: Vec<(String, String)>,
    /// Convert the value to this type
    #[arg(long = "as", value_enum, value_name = "TYPE")]
    target: Option<Target>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Target {
    Boolean,
    Number,
    String,
    Version,
}

impl EvalArgs {
    pub(crate) fn execute(self) -> Exit {
        let console = Console::new();
        let mut world = World::default();
        world.set("variables", texts(&self.variables));
        world.set("parameters", texts(&self.parameters));
        if self.expression == "-" {
            return self.each_line(&world, console);
        }
        match world.evaluate(&self.expression, self.target) {
            Ok(value) => {
                console.out(&format!("{}\n", shown(&value)));
                Exit::Succeeded
            }
            Err(failure) => {
                console.note(&format!("error: {}", failure.message));
                if let Some(suggestion) = failure.suggestion {
                    console.note(&format!("help: did you mean `{suggestion}`?"));
                }
                Exit::WrongInput
            }
        }
    }

    fn each_line(&self, world: &World, console: Console) -> Exit {
        let mut input = std::io::stdin().lock();
        loop {
            let mut line = Vec::new();
            let is_cut = match read_line(&mut input, &mut line) {
                Ok(_) if line.is_empty() => return Exit::Succeeded,
                Ok(is_cut) => is_cut,
                Err(error) => {
                    console.note(&format!("error: cannot read standard input: {error}"));
                    return Exit::WrongInput;
                }
            };
            let line = String::from_utf8_lossy(&line);
            let line = line.trim_end_matches(['\n', '\r']);
            let answer = match is_cut {
                true => Err(Failure::of("InvalidRequest", TOO_LONG.to_owned())),
                false => self.answer(world, line),
            };
            let answer = match answer {
                Ok(value) => json!({ "value": value.to_json(), "type": type_of(&value) }),
                Err(failure) => json!({ "error": failure.to_json() }),
            };
            console.out(&format!("{answer}\n"));
        }
    }

    fn answer(&self, world: &World, line: &str) -> Result<Value, Failure> {
        if !line.trim_start().starts_with('{') {
            return world.evaluate(line, self.target);
        }
        let wrong = |message: String| Failure::of("InvalidRequest", message);
        let request: Map<String, Json> =
            serde_json::from_str(line).map_err(|error| wrong(format!("not JSON: {error}")))?;
        let known = ["expression", "as", "context"];
        if let Some(key) = request.keys().find(|key| !known.contains(&key.as_str())) {
            return Err(wrong(format!("unknown key `{key}`")));
        }
        let Some(Json::String(expression)) = request.get("expression") else {
            return Err(wrong("`expression` must be a string".to_owned()));
        };
        let target = match request.get("as") {
            None | Some(Json::Null) => self.target,
            Some(Json::String(name)) => {
                let target = Target::from_str(name, true);
                Some(target.map_err(|_| wrong(format!("there is no type `{name}`")))?)
            }
            Some(_) => return Err(wrong("`as` must be a string".to_owned())),
        };
        let mut world = world.clone();
        match request.get("context") {
            None | Some(Json::Null) => {}
            Some(Json::Object(context)) => {
                for (name, value) in context {
                    let value =
                        Value::from_json(value).map_err(|error| wrong(error.to_string()))?;
                    world.set(name, value);
                }
            }
            Some(_) => return Err(wrong("`context` must be an object".to_owned())),
        }
        world.evaluate(expression, target)
    }
}

/// Reads a line and tells whether it was too long; what is too much of it is passed over.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<bool> {
    let read = input.by_ref().take(MAX_LINE).read_until(b'\n', line)?;
    let is_cut = read as u64 == MAX_LINE && !line.ends_with(b"\n") && input.skip_until(b'\n')? > 0;
    Ok(is_cut)
}

fn texts(pairs: &[(String, String)]) -> Value {
    let object: Object = pairs
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    object.into()
}

/// The named values of an expression. What a place in a pipeline would have is always there.
#[derive(Clone)]
struct World {
    values: Vec<(String, Value)>,
}

impl Default for World {
    fn default() -> Self {
        let empty = || -> Object { std::iter::empty::<(&str, Value)>().collect() };
        let names = [
            "variables",
            "parameters",
            "dependencies",
            "stageDependencies",
            "pipeline",
        ];
        Self {
            values: names
                .map(|name| (name.to_owned(), empty().into()))
                .into_iter()
                .collect(),
        }
    }
}

impl World {
    fn set(&mut self, name: &str, value: Value) {
        let mut known = self.values.iter_mut();
        match known.find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            Some((_, old)) => *old = value,
            None => self.values.push((name.to_owned(), value)),
        }
    }

    fn evaluate(&self, text: &str, target: Option<Target>) -> Result<Value, Failure> {
        let names: Vec<&str> = self.values.iter().map(|(name, _)| name.as_str()).collect();
        let status = Names::JOB_CONDITION.functions.iter().copied();
        let functions: Vec<Signature<'_>> = status
            .chain(Names::PIPELINE_VARIABLE.functions.iter().copied())
            .collect();
        let names = Names {
            values: &names,
            functions: &functions,
        };
        let value = Expression::parse(text, &names)?.evaluate(self)?;
        let Some(target) = target else {
            return Ok(value);
        };
        let converted = match target {
            Target::Boolean => Ok(Value::Boolean(value.as_boolean())),
            Target::Number => value.as_number().map(Value::Number),
            Target::String => value.as_text().map(Value::String),
            Target::Version => value.as_version().map(Value::Version),
        };
        converted.map_err(|error| Failure::of("ConversionFailed", error.to_string()))
    }
}

impl Context for World {
    fn value(&self, name: &str) -> Option<Value> {
        let (_, value) = self.values.iter().find(|(known, _)| known == name)?;
        Some(value.clone())
    }

    fn call(&self, function: &str, arguments: &[Value]) -> Result<Value, String> {
        if function == "counter" {
            // Nothing is counted here: this is what the first run would see.
            return arguments.get(1).map_or(Ok(0_i64.into()), |seed| {
                let number = seed.as_number().map_err(|error| error.to_string())?;
                Ok(Value::Number(number))
            });
        }
        self.standing()
            .call(function, arguments)
            .map(Value::Boolean)
            .ok_or_else(|| format!("`{function}` is not available here"))
    }
}

impl World {
    /// What status functions look at: the results in `dependencies`.
    fn standing(&self) -> Standing {
        let dependencies = match Context::value(self, "dependencies") {
            Some(Value::Object(object)) => object,
            _ => std::iter::empty::<(&str, Value)>().collect(),
        };
        let result = |value: &Value| match value {
            Value::Object(job) => job.get("result").and_then(|result| {
                let name = result.as_text().ok()?;
                [
                    ("Succeeded", StepResult::Succeeded),
                    ("SucceededWithIssues", StepResult::SucceededWithIssues),
                    ("Failed", StepResult::Failed),
                    ("Canceled", StepResult::Canceled),
                    ("Skipped", StepResult::Skipped),
                ]
                .into_iter()
                .find(|(known, _)| known.eq_ignore_ascii_case(&name))
                .map(|(_, result)| result)
            }),
            _ => None,
        };
        let results = dependencies
            .iter()
            .map(|(name, value)| (name.to_owned(), result(value)));
        Standing::of_dependent(false, results.collect::<Vec<_>>())
    }
}

/// Why there is no value.
struct Failure {
    kind: &'static str,
    token: Option<String>,
    position: Option<usize>,
    message: String,
    suggestion: Option<String>,
}

impl Failure {
    fn of(kind: &'static str, message: String) -> Self {
        Self {
            kind,
            token: None,
            position: None,
            message,
            suggestion: None,
        }
    }

    fn to_json(&self) -> Json {
        json!({
            "kind": self.kind,
            "token": self.token,
            "position": self.position,
            "message": self.message,
        })
    }
}

impl From<ParseError> for Failure {
    fn from(error: ParseError) -> Self {
        Self {
            kind: error.kind().name(),
            token: error.token().map(str::to_owned),
            position: Some(error.position()),
            message: error.to_string(),
            suggestion: error.suggestion().map(str::to_owned),
        }
    }
}

impl From<EvaluationError> for Failure {
    fn from(error: EvaluationError) -> Self {
        let kind = match error.kind() {
            EvaluationErrorKind::Conversion(_) | EvaluationErrorKind::NoLength(_) => {
                "ConversionFailed"
            }
            EvaluationErrorKind::Format(_) => "InvalidFormat",
            EvaluationErrorKind::TooLarge
            | EvaluationErrorKind::TooMuchWork
            | EvaluationErrorKind::TooDeep => "ExceededLimit",
            EvaluationErrorKind::Call(_) => "FunctionFailed",
        };
        Self {
            kind,
            token: Some(error.function().to_owned()),
            position: None,
            message: error.to_string(),
            suggestion: None,
        }
    }
}

fn type_of(value: &Value) -> &'static str {
    match value.kind() {
        Kind::Null => "null",
        Kind::Boolean => "boolean",
        Kind::Number => "number",
        Kind::String => "string",
        Kind::Version => "version",
        Kind::DateTime => "datetime",
        Kind::Array => "array",
        Kind::Object => "object",
    }
}

/// The value as the language turns it into text; collections as JSON.
fn shown(value: &Value) -> String {
    match value.as_text() {
        Ok(text) => text.to_string(),
        Err(_) => value.to_json().to_string(),
    }
}
