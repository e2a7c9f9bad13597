//! What a project is made of, whatever lock file says so.

use std::collections::{BTreeMap, BTreeSet};

/// The components of all lock files together, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bill {
    /// By package URL, which is also the name by which components refer to one another.
    pub components: BTreeMap<String, Component>,
    /// What each component needs, by package URL.
    pub dependencies: BTreeMap<String, BTreeSet<String>>,
    /// What the project itself needs.
    pub roots: BTreeSet<String>,
    /// What could not be told.
    pub problems: Vec<Problem>,
}

/// A component.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Component {
    /// The namespace, such as the scope of an npm package.
    pub group: Option<String>,
    /// The name.
    pub name: String,
    /// The exact version.
    pub version: String,
    /// Whether the product needs it.
    pub scope: Scope,
    /// Hashes of the package: algorithm as CycloneDX names it, and hexadecimal digits.
    pub hashes: Vec<(&'static str, String)>,
    /// The licence as the lock file has it.
    pub license: Option<String>,
}

/// Whether the product needs a component; the stronger need first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// It does.
    #[default]
    Required,
    /// It runs without.
    Optional,
    /// Only its development does.
    Excluded,
}

/// Something in a lock file that a bill cannot tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1, if it has one.
    pub line: Option<u32>,
    /// The rule.
    pub code: &'static str,
    /// What is wrong, for people.
    pub message: String,
}

impl Bill {
    /// Adds a component. If two lock files have it, the stronger need counts, and what only one
    /// of them knows is kept.
    pub fn add(&mut self, purl: String, component: Component) {
        let known = self
            .components
            .entry(purl)
            .or_insert_with(|| component.clone());
        known.scope = known.scope.min(component.scope);
        known.license = known.license.take().or(component.license);
        if known.hashes.is_empty() {
            known.hashes = component.hashes;
        }
    }

    /// Says that `purl` needs `needed`.
    pub fn depend(&mut self, purl: &str, needed: String) {
        self.dependencies
            .entry(purl.to_owned())
            .or_default()
            .insert(needed);
    }

    /// Adds all of `other` but its problems.
    pub fn merge(&mut self, other: Self) {
        for (purl, component) in other.components {
            self.add(purl, component);
        }
        for (purl, needed) in other.dependencies {
            self.dependencies.entry(purl).or_default().extend(needed);
        }
        self.roots.extend(other.roots);
    }
}

/// A package URL without qualifiers. `namespace` and `name` are encoded here.
#[must_use]
pub fn purl(kind: &str, namespace: Option<&str>, name: &str, version: &str) -> String {
    let namespace = namespace.map_or_else(String::new, |namespace| encoded(namespace) + "/");
    let (name, version) = (encoded(name), encoded(version));
    match version.as_str() {
        "" => format!("pkg:{kind}/{namespace}{name}"),
        version => format!("pkg:{kind}/{namespace}{name}@{version}"),
    }
}

/// Percent-encodes what is not unreserved in a URL.
#[must_use]
pub fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn package_urls_are_encoded_part_by_part() {
        let check = |url: String, expected| assert_eq!(url, expected);
        check(
            purl("cargo", None, "serde", "1.0.1"),
            "pkg:cargo/serde@1.0.1",
        );
        check(
            purl("npm", Some("@types"), "node", "20.1.0"),
            "pkg:npm/%40types/node@20.1.0",
        );
        check(
            purl("cargo", None, "zstd-sys", "2.0.9+zstd.1.5.5"),
            "pkg:cargo/zstd-sys@2.0.9%2Bzstd.1.5.5",
        );
        check(purl("npm", None, "app", ""), "pkg:npm/app");
    }

    #[test]
    fn a_component_of_two_lock_files_is_one_and_knows_what_both_know() {
        let component = |scope, license: Option<&str>, hash: Option<&str>| Component {
            name: "x".to_owned(),
            version: "1".to_owned(),
            scope,
            license: license.map(str::to_owned),
            hashes: hash
                .map(|hash| ("SHA-256", hash.to_owned()))
                .into_iter()
                .collect(),
            ..Component::default()
        };
        let mut bill = Bill::default();
        bill.add(
            "pkg:npm/x@1".to_owned(),
            component(Scope::Excluded, None, Some("00")),
        );
        let mut other = Bill::default();
        other.add(
            "pkg:npm/x@1".to_owned(),
            component(Scope::Required, Some("MIT"), None),
        );
        bill.merge(other);
        let merged = bill.components.into_values().collect::<Vec<_>>();
        assert_eq!(
            merged,
            [component(Scope::Required, Some("MIT"), Some("00"))]
        );
    }
}
