//! What agents can do, against what jobs demand.

use std::collections::HashMap;
use stepwell_expr::Version;
use stepwell_spec::{Demand, Job, name};

/// What an agent can do: names with values. Case does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// Values by folded name.
    values: HashMap<String, String>,
}

impl Capabilities {
    /// Whether an agent with these capabilities meets the demand. One for a least version is met by
    /// any version that is not lower; what is no version meets none.
    #[must_use]
    pub fn matches(&self, demand: &Demand) -> bool {
        let Some(has) = self.values.get(&name::fold(&demand.name)) else {
            return false;
        };
        match &demand.value {
            None => true,
            Some(wanted) if demand.at_least => {
                let versions = Version::parse(has).zip(Version::parse(wanted));
                versions.is_some_and(|(has, wanted)| has >= wanted)
            }
            Some(wanted) => name::fold(has) == name::fold(wanted),
        }
    }

    /// The first demand of the job that is not met, as written.
    pub(crate) fn unmet(&self, job: &Job) -> Option<String> {
        let mut demands = job.demands.iter().map(|demand| &demand.value);
        demands.find(|demand| !self.matches(demand)).map(written)
    }
}

/// Of a name that is given more than once the last value counts.
impl<N: AsRef<str>, V: Into<String>> FromIterator<(N, V)> for Capabilities {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let pairs = pairs.into_iter();
        Self {
            values: pairs
                .map(|(name, value)| (name::fold(name.as_ref()), value.into()))
                .collect(),
        }
    }
}

fn written(demand: &Demand) -> String {
    let name = &demand.name;
    match &demand.value {
        None => name.clone(),
        Some(value) if demand.at_least => format!("{name} -gtVersion {value}"),
        Some(value) => format!("{name} -equals {value}"),
    }
}
