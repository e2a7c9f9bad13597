//! What expressions see.

use crate::tree::{Node, Tree};
use std::cell::{Cell, OnceCell};
use stepwell_expr::{Context, Object, Value};

/// The variables that exist at a point of the file: those of the pipeline, then those of a stage, then
/// those of a job.
#[derive(Default)]
pub(crate) struct Variables {
    layers: Vec<Object>,
    /// All of them as one value, made when it is asked for.
    merged: OnceCell<Object>,
    /// How many entries were put together since somebody asked.
    cost: Cell<usize>,
}

impl Variables {
    /// Opens a layer, which may have something in it already.
    pub(crate) fn open(&mut self, layer: Object) {
        self.layers.push(layer);
        self.merged.take();
    }

    /// Closes the layer that was opened last.
    pub(crate) fn close(&mut self) {
        self.layers.pop();
        self.merged.take();
    }

    /// Gives a variable of the last layer its value.
    pub(crate) fn define(&mut self, name: &str, node: &Node) {
        if let (Some(layer), Some(text)) = (self.layers.last_mut(), text(node)) {
            layer.insert(name, text);
            self.merged.take();
        }
    }

    /// How many entries were put together since this was asked last.
    pub(crate) fn take_cost(&self) -> usize {
        self.cost.take()
    }

    fn get(&self, name: &str) -> Option<&Value> {
        self.layers.iter().rev().find_map(|layer| layer.get(name))
    }

    fn all(&self) -> &Object {
        self.merged.get_or_init(|| {
            let count: usize = self.layers.iter().map(Object::len).sum();
            self.cost.set(self.cost.get() + count);
            let entries = self.layers.iter().flat_map(Object::iter);
            entries.map(|(name, value)| (name, value.clone())).collect()
        })
    }
}

/// The variables of a table.
pub(crate) fn variables(node: &Node) -> Object {
    let Tree::Table(members) = &node.value else {
        return Object::default();
    };
    members
        .iter()
        .filter_map(|member| Some((member.key.value.as_str(), text(&member.value)?)))
        .collect()
}

/// The text of a variable as the typed reading has it.
fn text(node: &Node) -> Option<String> {
    match &node.value {
        Tree::Text(text) | Tree::Float(text) | Tree::Datetime(text) => Some(text.clone()),
        Tree::Integer(value) => Some((*value)?.to_string()),
        Tree::Boolean(value) => Some(value.to_string()),
        Tree::Array(_) => None,
        Tree::Table(members) => {
            let value = members.iter().find(|member| member.key.value == "value")?;
            match &value.value.value {
                Tree::Table(_) => None,
                _ => text(&value.value),
            }
        }
    }
}

/// What the expressions of one file see while it is expanded once.
pub(crate) struct Scope {
    pub(crate) parameters: Object,
    /// The loops that are open, with their items.
    pub(crate) items: Vec<(String, Value)>,
}

impl Scope {
    pub(crate) fn new(parameters: Object) -> Self {
        Self {
            parameters,
            items: Vec::new(),
        }
    }
}

/// All that one evaluation sees.
pub(crate) struct View<'v> {
    pub(crate) scope: &'v Scope,
    pub(crate) variables: &'v Variables,
}

impl Context for View<'_> {
    fn value(&self, name: &str) -> Option<Value> {
        match name {
            "parameters" => Some(self.scope.parameters.clone().into()),
            "variables" => Some(self.variables.all().clone().into()),
            _ => {
                let mut items = self.scope.items.iter().rev();
                let (_, item) = items.find(|(item, _)| item == name)?;
                Some(item.clone())
            }
        }
    }

    /// Variables are many and change with each one that is read, so they are not put together for
    /// every `variables.x`.
    fn entry(&self, name: &str, entry: &str) -> Option<Value> {
        (name == "variables").then(|| self.variables.get(entry).cloned().unwrap_or(Value::Null))
    }

    fn call(&self, function: &str, _: &[Value]) -> Result<Value, String> {
        Err(format!("`{function}` is not available here"))
    }
}
