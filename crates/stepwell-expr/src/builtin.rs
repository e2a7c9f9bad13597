//! What the functions of the language do.

use crate::budget::Output;
use crate::comparison::Side;
use crate::error::{EvaluationError, EvaluationErrorKind};
use crate::evaluation::Invocation;
use crate::format::{self, Segment};
use crate::function::Function;
use crate::json;
use crate::ordinal;
use crate::value::{Array, Value};
use std::cmp::Ordering;

type Evaluated = Result<Value, EvaluationError>;

impl Invocation<'_, '_, '_> {
    /// The value of a function.
    pub(crate) fn apply(&mut self, function: Function) -> Evaluated {
        let truth = match function {
            Function::And => !self.any(false)?,
            Function::Or => self.any(true)?,
            Function::Not => !self.boolean(0)?,
            Function::Xor => self.boolean(0)? != self.boolean(1)?,
            Function::Eq | Function::In => self.is_among()?,
            Function::Ne | Function::NotIn => !self.is_among()?,
            Function::Gt => self.order()?.is_gt(),
            Function::Ge => self.order()?.is_ge(),
            Function::Lt => self.order()?.is_lt(),
            Function::Le => self.order()?.is_le(),
            Function::Contains => self.folded(|text, part| text.contains(part))?,
            Function::StartsWith => self.folded(|text, part| text.starts_with(part))?,
            Function::EndsWith => self.folded(|text, part| text.ends_with(part))?,
            Function::ContainsValue => self.contains_value()?,
            Function::Coalesce => return self.coalesce(),
            Function::Iif => return self.iif(),
            Function::Length => return self.length(),
            Function::Lower => return self.mapped(ordinal::lower),
            Function::Upper => return self.mapped(ordinal::upper),
            Function::Trim => return self.mapped(|text| text.trim().to_owned()),
            Function::Format => return self.format(),
            Function::Join => return self.join(),
            Function::Replace => return self.replace(),
            Function::Split => return self.split(),
            Function::ConvertToJson => return self.convert_to_json(),
        };
        Ok(truth.into())
    }

    /// Whether some argument is `wanted`; later ones are not evaluated.
    fn any(&mut self, wanted: bool) -> Result<bool, EvaluationError> {
        for number in 0..self.count() {
            if self.boolean(number)? == wanted {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether the first argument equals one of the others; later ones are not evaluated.
    fn is_among(&mut self) -> Result<bool, EvaluationError> {
        let first = self.value(0)?;
        for number in 1..self.count() {
            let other = self.value(number)?;
            self.work(first.weight())?;
            if first.equals(&other) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn order(&mut self) -> Result<Ordering, EvaluationError> {
        let (left, right) = (self.value(0)?, self.value(1)?);
        left.order(&right).map_err(|(side, error)| {
            let number = match side {
                Side::Left => 0,
                Side::Right => 1,
            };
            self.unconverted(number, error)
        })
    }

    /// A rule over two texts without their case.
    fn folded(&mut self, rule: fn(&str, &str) -> bool) -> Result<bool, EvaluationError> {
        let (text, part) = (self.text(0)?, self.text(1)?);
        Ok(rule(&ordinal::folded(&text), &ordinal::folded(&part)))
    }

    fn contains_value(&mut self) -> Result<bool, EvaluationError> {
        let (collection, wanted) = (self.value(0)?, self.value(1)?);
        for member in collection.members() {
            self.work(size_of::<Value>() + member.weight())?;
            if wanted.equals(member) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn coalesce(&mut self) -> Evaluated {
        let mut last = Value::Null;
        for number in 0..self.count() {
            last = self.value(number)?;
            if !last.is_nothing() {
                break;
            }
        }
        Ok(last)
    }

    /// Unlike `and` and `or` this evaluates all arguments, as Azure Pipelines does.
    fn iif(&mut self) -> Evaluated {
        let (condition, yes, no) = (self.boolean(0)?, self.value(1)?, self.value(2)?);
        Ok(if condition { yes } else { no })
    }

    /// Text is counted in UTF-16 units.
    fn length(&mut self) -> Evaluated {
        let length = match self.value(0)? {
            Value::String(text) => text.encode_utf16().count(),
            Value::Array(array) => array.items().len(),
            Value::Object(object) => object.len(),
            other => return Err(self.blame(0, EvaluationErrorKind::NoLength(other.kind()))),
        };
        Ok((length as u64).into())
    }

    fn mapped(&mut self, map: fn(&str) -> String) -> Evaluated {
        let text = self.text(0)?;
        self.finish(|output| output.push(&map(&text)))
    }

    /// Arguments are evaluated only if the text refers to them, and once.
    fn format(&mut self) -> Evaluated {
        let text = self.text(0)?;
        let segments = format::segments(&text, self.count() - 1)
            .map_err(|message| self.blame(0, EvaluationErrorKind::Format(message)))?;
        let mut known = vec![None; self.count()];
        let mut output = Output::default();
        for segment in segments {
            let part = match segment {
                Segment::Text(text) => text.into(),
                Segment::Argument { index, specifiers } => {
                    let number = index + 1;
                    let value = match known.get(number).cloned().flatten() {
                        Some(value) => value,
                        None => self.value(number)?,
                    };
                    if let Some(slot) = known.get_mut(number) {
                        *slot = Some(value.clone());
                    }
                    self.formatted(number, &value, &specifiers)?
                }
            };
            output.push(&part).map_err(|kind| self.fail(kind))?;
        }
        self.finish_output(output)
    }

    fn formatted(
        &self,
        number: usize,
        value: &Value,
        specifiers: &str,
    ) -> Result<std::sync::Arc<str>, EvaluationError> {
        if specifiers.is_empty() {
            return value
                .as_text()
                .map_err(|error| self.unconverted(number, error));
        }
        let shown = match value {
            Value::DateTime(time) => format::point_in_time(*time, specifiers),
            _ => None,
        };
        shown.map(Into::into).ok_or_else(|| {
            let message = format!("`{specifiers}` is not a format for {}", value.kind());
            self.blame(number, EvaluationErrorKind::Format(message))
        })
    }

    /// Items that have no text count as empty; so does an object in place of the list.
    fn join(&mut self) -> Evaluated {
        let (separator, list) = (self.text(0)?, self.value(1)?);
        let Value::Array(array) = list else {
            return Ok(list.as_text().map_or(Value::empty(), Value::String));
        };
        self.finish(|output| {
            for (position, item) in array.items().iter().enumerate() {
                if position > 0 {
                    output.push(&separator)?;
                }
                if let Ok(text) = item.as_text() {
                    output.push(&text)?;
                }
            }
            Ok(())
        })
    }

    /// The search ignores case; nothing is replaced for an empty text.
    fn replace(&mut self) -> Evaluated {
        let (text, old, new) = (self.text(0)?, self.text(1)?, self.text(2)?);
        self.finish(|output| {
            let mut done = 0;
            for range in ordinal::matches(&text, &old) {
                output.push(text.get(done..range.start).unwrap_or_default())?;
                output.push(&new)?;
                done = range.end;
            }
            output.push(text.get(done..).unwrap_or_default())
        })
    }

    /// The whole second text is the delimiter; empty parts are kept.
    fn split(&mut self) -> Evaluated {
        let (text, delimiter) = (self.text(0)?, self.text(1)?);
        let parts = match delimiter.is_empty() {
            true => 1,
            false => text.matches(&*delimiter).count() + 1,
        };
        let size = parts * size_of::<Value>() + text.len();
        if size > crate::MAX_RESULT_BYTES {
            return Err(self.fail(EvaluationErrorKind::TooLarge));
        }
        self.work(size)?;
        let array: Array = match delimiter.is_empty() {
            true => [Value::String(text)].into_iter().collect(),
            false => text.split(&*delimiter).map(Value::from).collect(),
        };
        Ok(array.into())
    }

    fn convert_to_json(&mut self) -> Evaluated {
        let value = self.value(0)?;
        self.finish(|output| json::write(&value, 0, output))
    }

    fn finish(
        &mut self,
        make: impl FnOnce(&mut Output) -> Result<(), EvaluationErrorKind>,
    ) -> Evaluated {
        let mut output = Output::default();
        make(&mut output).map_err(|kind| self.fail(kind))?;
        self.finish_output(output)
    }

    fn finish_output(&mut self, output: Output) -> Evaluated {
        let finished = output.finish(self.evaluator.budget);
        finished.map_err(|kind| self.fail(kind))
    }
}
