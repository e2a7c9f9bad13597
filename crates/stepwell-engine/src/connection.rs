//! `task.setendpoint`: steps change the service connections that their job may use.
//!
//! A job may use the connections that were declared for it; without any, every change is refused.
//! Later steps find what was set in their environment under Azure's names, except for what
//! authenticates, which is only masked.

use crate::guid;
use crate::mask::Mask;
use crate::scope::explain;
use crate::variable::{MAX_VALUE, check_name, environment_name};
use std::collections::BTreeMap;

/// Values that can be set of one connection.
const MAX_FIELDS: usize = 100;

/// The service connections of a job.
#[derive(Default)]
pub(crate) struct Connections {
    /// By identifier: what was set, by the name in the environment.
    declared: BTreeMap<String, BTreeMap<String, String>>,
}

/// What came of a change.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// It is done.
    Done,
    /// The system's own connection stays as it is.
    SystemConnection,
}

enum Field {
    Url,
    Data,
    Auth,
}

impl Connections {
    /// Lets the job use a connection.
    pub(crate) fn declare(&mut self, id: &str) {
        if let Some(id) = guid::parse(id) {
            self.declared.entry(id).or_default();
        }
    }

    /// Changes a field of a connection.
    pub(crate) fn set(
        &mut self,
        id: &str,
        field: &str,
        key: Option<&str>,
        value: String,
        mask: &mut Mask,
    ) -> Result<Change, String> {
        if value.is_empty() {
            return Err("it needs a value as its data".to_owned());
        }
        let field = [
            ("url", Field::Url),
            ("dataParameter", Field::Data),
            ("authParameter", Field::Auth),
        ]
        .into_iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(field))
        .map(|(_, field)| field)
        .ok_or("`field` must be `url`, `dataParameter` or `authParameter`")?;
        let id = guid::parse(id).ok_or("`id` must be the GUID of a service connection")?;
        let key = match (&field, key) {
            (Field::Url, _) => "",
            (_, Some(key)) => key,
            (_, None) => return Err("it needs the property `key`, the parameter to set".to_owned()),
        };
        if guid::is_zero(&id) {
            return Ok(Change::SystemConnection);
        }
        let fields = self
            .declared
            .get_mut(&id)
            .ok_or("no service connection of this `id` is declared for the job")?;
        let name = match field {
            Field::Url if !is_absolute(&value) => {
                return Err("the value must be an absolute URL".to_owned());
            }
            Field::Url => format!("ENDPOINT_URL_{id}"),
            Field::Data | Field::Auth => {
                check_name(key).map_err(|_| "`key` is no name of a parameter".to_owned())?;
                format!("ENDPOINT_DATA_{id}_{}", environment_name(key, false))
            }
        };
        if matches!(field, Field::Auth) {
            return mask.add(&value).map(|()| Change::Done).map_err(explain);
        }
        if value.len() > MAX_VALUE || (fields.len() >= MAX_FIELDS && !fields.contains_key(&name)) {
            return Err(format!(
                "a connection can have {MAX_FIELDS} values of {} KiB each",
                MAX_VALUE >> 10
            ));
        }
        fields.insert(name, value);
        Ok(Change::Done)
    }

    /// What later steps find in their environment.
    pub(crate) fn environment(&self) -> impl Iterator<Item = (&str, &str)> {
        let fields = self.declared.values().flatten();
        fields.map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// Whether the text begins like `https://host`.
fn is_absolute(url: &str) -> bool {
    url.split_once("://").is_some_and(|(scheme, rest)| {
        let inner = |char: char| char.is_ascii_alphanumeric() || "+.-".contains(char);
        scheme.starts_with(|char: char| char.is_ascii_alphabetic())
            && scheme.chars().all(inner)
            && !rest.is_empty()
    })
}
