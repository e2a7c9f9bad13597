//! `package-lock.json`, versions 2 and 3.

use crate::bill::{Bill, Component, Problem, Scope, purl};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Algorithms of `integrity` with the names that CycloneDX gives them, the strongest first.
const ALGORITHMS: [(&str, &str); 4] = [
    ("sha512-", "SHA-512"),
    ("sha384-", "SHA-384"),
    ("sha256-", "SHA-256"),
    ("sha1-", "SHA-1"),
];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Lock {
    #[serde(default)]
    lockfile_version: u32,
    /// By directory; the project itself is the empty one.
    #[serde(default)]
    packages: BTreeMap<String, Package>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Package {
    /// Only where it differs from the directory.
    name: Option<String>,
    version: Option<String>,
    integrity: Option<String>,
    /// Text today; old packages have objects and lists.
    license: Option<serde_json::Value>,
    /// Where a link leads.
    resolved: Option<String>,
    #[serde(default)]
    link: bool,
    #[serde(default)]
    dev: bool,
    #[serde(default)]
    optional: bool,
    #[serde(default)]
    dev_optional: bool,
    #[serde(default)]
    dependencies: BTreeMap<String, serde_json::Value>,
    #[serde(default)]
    dev_dependencies: BTreeMap<String, serde_json::Value>,
    #[serde(default)]
    optional_dependencies: BTreeMap<String, serde_json::Value>,
    #[serde(default)]
    peer_dependencies: BTreeMap<String, serde_json::Value>,
}

impl Package {
    fn needs(&self) -> impl Iterator<Item = &String> {
        self.dependencies
            .keys()
            .chain(self.dev_dependencies.keys())
            .chain(self.optional_dependencies.keys())
            .chain(self.peer_dependencies.keys())
    }

    fn scope(&self) -> Scope {
        match (self.dev || self.dev_optional, self.optional) {
            (true, _) => Scope::Excluded,
            (false, true) => Scope::Optional,
            (false, false) => Scope::Required,
        }
    }

    fn hashes(&self) -> Vec<(&'static str, String)> {
        let integrity = self.integrity.as_deref().unwrap_or_default();
        let hash = |(prefix, algorithm)| {
            let mut hashes = integrity.split_whitespace();
            let encoded = hashes.find_map(|hash| hash.strip_prefix(prefix))?;
            let digest = STANDARD.decode(encoded).ok()?;
            Some((algorithm, stepwell_digest::hex(&digest)))
        };
        ALGORITHMS.into_iter().filter_map(hash).collect()
    }
}

/// The bill of a `package-lock.json`.
///
/// # Errors
///
/// If the text is no lock file.
pub fn parse(text: &str) -> Result<Bill, serde_json::Error> {
    let lock: Lock = serde_json::from_str(text)?;
    let mut bill = Bill::default();
    if lock.lockfile_version < 2 {
        bill.problems.push(Problem {
            line: None,
            code: "old-lock-file",
            message: format!(
                "lock file version {} does not name its packages; `npm install` of npm 7 or newer \
                 writes one that does",
                lock.lockfile_version
            ),
        });
        return Ok(bill);
    }
    for (directory, package) in &lock.packages {
        if package.link {
            continue;
        }
        let needed = package
            .needs()
            .filter_map(|name| lock.resolve(directory, name));
        if directory.is_empty() {
            bill.roots.extend(needed);
            continue;
        }
        let Some((group, name)) = names(directory, package) else {
            continue;
        };
        let version = package.version.clone().unwrap_or_default();
        let url = purl("npm", group, name, &version);
        for needed in needed {
            bill.depend(&url, needed);
        }
        let component = Component {
            group: group.map(str::to_owned),
            name: name.to_owned(),
            version,
            scope: package.scope(),
            hashes: package.hashes(),
            license: package.license.as_ref().and_then(license),
        };
        bill.add(url, component);
    }
    Ok(bill)
}

impl Lock {
    /// What `name` means in `directory`: Node looks there, then in each directory above.
    fn resolve(&self, directory: &str, name: &str) -> Option<String> {
        let mut directory = Some(directory);
        while let Some(current) = directory {
            let candidate = match current {
                "" => format!("node_modules/{name}"),
                current => format!("{current}/node_modules/{name}"),
            };
            if let Some(package) = self.packages.get(&candidate) {
                return self.target(&candidate, package);
            }
            directory = match current {
                "" => None,
                current => Some(current.rsplit_once('/').map_or("", |(above, _)| above)),
            };
        }
        None
    }

    fn target(&self, directory: &str, package: &Package) -> Option<String> {
        let (directory, package) = match package.link {
            false => (directory, package),
            true => {
                let target = package.resolved.as_deref()?;
                (target, self.packages.get(target)?)
            }
        };
        let (group, name) = names(directory, package)?;
        let version = package.version.as_deref().unwrap_or_default();
        Some(purl("npm", group, name, version))
    }
}

/// The scope and the name of a package; `None` for a directory that is not one.
fn names<'a>(directory: &'a str, package: &'a Package) -> Option<(Option<&'a str>, &'a str)> {
    let installed = directory.rsplit_once("node_modules/");
    let workspace = || directory.rsplit('/').next();
    let name = package.name.as_deref().or(installed.map(|(_, name)| name));
    let name = name.or_else(workspace).filter(|name| !name.is_empty())?;
    Some(match name.split_once('/') {
        Some((group, name)) => (Some(group), name),
        None => (None, name),
    })
}

fn license(value: &serde_json::Value) -> Option<String> {
    let text = value.as_str().or_else(|| value.get("type")?.as_str());
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    text.map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = r#"{
      "lockfileVersion": 3,
      "packages": {
        "": { "name": "app", "dependencies": { "a": "^1", "lib": "*" }, "devDependencies": { "@t/b": "2" } },
        "node_modules/a": {
          "version": "1.2.3", "license": "MIT", "integrity": "sha512-AAEC/w== sha1-qqo=",
          "dependencies": { "c": "*" }, "peerDependencies": { "absent": "*" }
        },
        "node_modules/a/node_modules/c": { "version": "2.0.0", "optional": true },
        "node_modules/c": { "version": "1.0.0", "license": { "type": "ISC" } },
        "node_modules/@t/b": { "version": "2.0.0", "dev": true, "dependencies": { "c": "1" } },
        "node_modules/lib": { "resolved": "packages/lib", "link": true },
        "packages/lib": { "version": "0.0.1", "dependencies": { "c": "*", "other": "*" } },
        "node_modules/other": { "name": "real", "version": "4.0.0" }
      }
    }"#;

    #[test]
    fn packages_are_found_where_node_finds_them() {
        let bill = parse(LOCK).unwrap();
        let needed = |purl: &str| bill.dependencies[purl].iter().cloned().collect::<Vec<_>>();
        assert_eq!(needed("pkg:npm/a@1.2.3"), ["pkg:npm/c@2.0.0"]);
        assert_eq!(needed("pkg:npm/%40t/b@2.0.0"), ["pkg:npm/c@1.0.0"]);
        assert_eq!(
            needed("pkg:npm/lib@0.0.1"),
            ["pkg:npm/c@1.0.0", "pkg:npm/real@4.0.0"]
        );
        let roots: Vec<_> = bill.roots.into_iter().collect();
        assert_eq!(
            roots,
            [
                "pkg:npm/%40t/b@2.0.0",
                "pkg:npm/a@1.2.3",
                "pkg:npm/lib@0.0.1"
            ]
        );
    }

    #[test]
    fn components_carry_what_the_lock_file_knows() {
        let bill = parse(LOCK).unwrap();
        assert_eq!(bill.components.len(), 6);
        let a = &bill.components["pkg:npm/a@1.2.3"];
        assert_eq!(a.license.as_deref(), Some("MIT"));
        assert_eq!(
            a.hashes,
            [
                ("SHA-512", "000102ff".to_owned()),
                ("SHA-1", "aaaa".to_owned())
            ]
        );
        let b = &bill.components["pkg:npm/%40t/b@2.0.0"];
        assert_eq!((b.group.as_deref(), b.name.as_str()), (Some("@t"), "b"));
        assert_eq!(b.scope, Scope::Excluded);
        assert_eq!(bill.components["pkg:npm/c@2.0.0"].scope, Scope::Optional);
        assert_eq!(
            bill.components["pkg:npm/c@1.0.0"].license.as_deref(),
            Some("ISC")
        );
    }

    #[test]
    fn an_old_lock_file_is_a_problem_and_not_an_empty_bill() {
        let bill = parse(r#"{ "lockfileVersion": 1, "dependencies": {} }"#).unwrap();
        assert_eq!(bill.problems.len(), 1);
        assert!(parse("3").is_err());
    }
}
