//! What expressions work on.
//!
//! Cloning a value is cheap: text and collections are shared. That is also what gives collections an
//! identity, which the language compares them by.

use crate::datetime::DateTime;
use crate::number::Number;
use crate::ordinal;
use crate::version::Version;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::sync::Arc;

/// A value of Azure Pipelines' expression language.
///
/// `==` compares what values consist of. The language's own comparison, which converts and compares
/// collections by identity, is [`Value::equals`].
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing: what a missing entry evaluates to. It cannot be written.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A decimal number.
    Number(Number),
    /// Text.
    String(Arc<str>),
    /// Two to four numbers with points between them.
    Version(Version),
    /// A point in time. It cannot be written; some predefined values are one.
    DateTime(DateTime),
    /// Values in order.
    Array(Array),
    /// Values by name.
    Object(Object),
}

/// The kinds of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// [`Value::Null`].
    Null,
    /// [`Value::Boolean`].
    Boolean,
    /// [`Value::Number`].
    Number,
    /// [`Value::String`].
    String,
    /// [`Value::Version`].
    Version,
    /// [`Value::DateTime`].
    DateTime,
    /// [`Value::Array`].
    Array,
    /// [`Value::Object`].
    Object,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl Value {
    /// The empty text.
    #[must_use]
    pub fn empty() -> Self {
        Self::from("")
    }

    /// What kind of value this is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Null => Kind::Null,
            Self::Boolean(_) => Kind::Boolean,
            Self::Number(_) => Kind::Number,
            Self::String(_) => Kind::String,
            Self::Version(_) => Kind::Version,
            Self::DateTime(_) => Kind::DateTime,
            Self::Array(_) => Kind::Array,
            Self::Object(_) => Kind::Object,
        }
    }

    /// The members of a collection; nothing for anything else.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Self> {
        let (items, object) = match self {
            Self::Array(array) => (array.items(), None),
            Self::Object(object) => (&[][..], Some(object)),
            _ => (&[][..], None),
        };
        let values = object.into_iter().flat_map(Object::iter);
        items.iter().chain(values.map(|(_, value)| value))
    }

    /// How much work it is to look at all of the text.
    pub(crate) fn weight(&self) -> usize {
        match self {
            Self::String(text) => text.len(),
            _ => 0,
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<Number> for Value {
    fn from(value: Number) -> Self {
        Self::Number(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Number(value.into())
    }
}

impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Self::Number(value.into())
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::String(value.into())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::String(value.into())
    }
}

impl From<Version> for Value {
    fn from(value: Version) -> Self {
        Self::Version(value)
    }
}

impl From<DateTime> for Value {
    fn from(value: DateTime) -> Self {
        Self::DateTime(value)
    }
}

impl From<Array> for Value {
    fn from(value: Array) -> Self {
        Self::Array(value)
    }
}

impl From<Object> for Value {
    fn from(value: Object) -> Self {
        Self::Object(value)
    }
}

/// Values in order. Clones share the items and are the same instance.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    items: Arc<[Value]>,
    filtered: bool,
}

impl Array {
    /// The result of `*`: what follows is applied to each item.
    pub(crate) fn filtered(items: Vec<Value>) -> Self {
        Self {
            items: items.into(),
            filtered: true,
        }
    }

    pub(crate) fn is_filtered(&self) -> bool {
        self.filtered
    }

    /// The items.
    #[must_use]
    pub fn items(&self) -> &[Value] {
        &self.items
    }

    /// A number that clones share and that no other instance has as long as one of them lives.
    #[must_use]
    pub fn identity(&self) -> usize {
        self.items.as_ptr().addr()
    }

    /// Whether both are the same instance.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.items, &other.items)
    }
}

impl FromIterator<Value> for Array {
    fn from_iter<I: IntoIterator<Item = Value>>(items: I) -> Self {
        Self {
            items: items.into_iter().collect(),
            filtered: false,
        }
    }
}

/// Values by name, in the order in which they were first given. Names ignore case. Clones share the
/// entries and are the same instance.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Object(Arc<Entries>);

#[derive(Debug, Clone, Default, PartialEq)]
struct Entries {
    list: Vec<(Arc<str>, Value)>,
    /// Positions in the list by folded name.
    positions: HashMap<String, usize>,
}

impl Entries {
    fn insert(&mut self, name: &str, value: Value) {
        match self.positions.entry(ordinal::folded(name)) {
            Entry::Vacant(vacant) => {
                vacant.insert(self.list.len());
                self.list.push((name.into(), value));
            }
            Entry::Occupied(known) => {
                if let Some((_, slot)) = self.list.get_mut(*known.get()) {
                    *slot = value;
                }
            }
        }
    }
}

impl Object {
    /// The value with this name, if there is one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        let position = *self.0.positions.get(&ordinal::folded(name))?;
        self.0.list.get(position).map(|(_, value)| value)
    }

    /// Gives a name a value. A name that is given again keeps its place. Clones keep what they had.
    pub fn insert(&mut self, name: &str, value: impl Into<Value>) {
        Arc::make_mut(&mut self.0).insert(name, value.into());
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.list.iter().map(|(name, value)| (&**name, value))
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.list.len()
    }

    /// Whether there are no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.list.is_empty()
    }

    /// A number that clones share and that no other instance has as long as one of them lives.
    #[must_use]
    pub fn identity(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }

    /// Whether both are the same instance.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// A name that is given again replaces the value and keeps the place.
impl<N: AsRef<str>, V: Into<Value>> FromIterator<(N, V)> for Object {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let mut entries = Entries::default();
        for (name, value) in pairs {
            entries.insert(name.as_ref(), value.into());
        }
        Self(Arc::new(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::{Array, Object, Value};

    #[test]
    fn names_ignore_case_and_keep_their_order() {
        let object: Object = [("b", 1_i64), ("A", 2), ("B", 3)].into_iter().collect();
        let entries: Vec<_> = object.iter().collect();
        assert_eq!(
            entries,
            [("b", &Value::from(3_i64)), ("A", &Value::from(2_i64))]
        );
        assert_eq!(object.get("a"), Some(&Value::from(2_i64)));
        assert_eq!(object.get("ä"), None);
    }

    #[test]
    fn what_is_inserted_is_not_seen_by_clones() {
        let mut object: Object = [("a", 1_i64)].into_iter().collect();
        let clone = object.clone();
        assert_eq!(object.identity(), clone.identity());
        object.insert("A", 2_i64);
        object.insert("b", 3_i64);
        assert_ne!(object.identity(), clone.identity());
        assert_eq!(object.get("a"), Some(&Value::from(2_i64)));
        assert_eq!((object.len(), clone.len()), (2, 1));
    }

    #[test]
    fn clones_are_the_same_instance_and_copies_are_not() {
        let array: Array = [].into_iter().collect();
        let copy: Array = [].into_iter().collect();
        assert!(array.is(&array.clone()));
        assert!(!array.is(&copy));
        assert_eq!(array, copy);
    }
}
