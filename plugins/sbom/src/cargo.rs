//! `Cargo.lock`.

use crate::bill::{Bill, Component, encoded, purl};
use serde::Deserialize;

const CRATES_IO: [&str; 2] = [
    "registry+https://github.com/rust-lang/crates.io-index",
    "sparse+https://index.crates.io/",
];

#[derive(Deserialize)]
struct Lock {
    #[serde(default)]
    package: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    /// Absent for the packages of the project itself.
    source: Option<String>,
    checksum: Option<String>,
    /// `name`, `name version` or `name version (source)`: as much as is needed to be unique.
    #[serde(default)]
    dependencies: Vec<String>,
}

impl Package {
    fn purl(&self) -> String {
        let purl = purl("cargo", None, &self.name, &self.version);
        let Some(source) = self.source.as_deref() else {
            return purl;
        };
        if CRATES_IO.contains(&source) {
            return purl;
        }
        match source
            .strip_prefix("registry+")
            .or(source.strip_prefix("sparse+"))
        {
            Some(registry) => format!("{purl}?repository_url={}", encoded(registry)),
            None => format!("{purl}?vcs_url={}", encoded(source)),
        }
    }

    fn is(&self, dependency: &str) -> bool {
        let mut parts = dependency.splitn(3, ' ');
        let version = |version| version == self.version;
        let source = |source: &str| Some(source.trim_matches(['(', ')'])) == self.source.as_deref();
        parts.next() == Some(self.name.as_str())
            && parts.next().is_none_or(version)
            && parts.next().is_none_or(source)
    }
}

/// The bill of a `Cargo.lock`. Its packages without a source are the project itself.
///
/// # Errors
///
/// If the text is no lock file.
pub fn parse(text: &str) -> Result<Bill, toml::de::Error> {
    let lock: Lock = toml::from_str(text)?;
    let mut bill = Bill::default();
    for package in &lock.package {
        let url = package.purl();
        if package.source.is_none() {
            bill.roots.insert(url.clone());
        }
        for dependency in &package.dependencies {
            if let Some(needed) = lock.package.iter().find(|package| package.is(dependency)) {
                bill.depend(&url, needed.purl());
            }
        }
        let hash = package.checksum.clone();
        let component = Component {
            name: package.name.clone(),
            version: package.version.clone(),
            hashes: hash.map(|hash| ("SHA-256", hash)).into_iter().collect(),
            ..Component::default()
        };
        bill.add(url, component);
    }
    Ok(bill)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = r#"
version = 4

[[package]]
name = "app"
version = "0.1.0"
dependencies = ["rand 0.8.5", "serde", "tool", "here"]

[[package]]
name = "rand"
version = "0.7.0"
source = "registry+https://github.com/rust-lang/crates.io-index"

[[package]]
name = "rand"
version = "0.8.5"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "34af8d1a0e25924bc5b7c43c079c942339d8f0a8b57c39049bef581b46327404"
dependencies = ["serde"]

[[package]]
name = "serde"
version = "1.0.200"
source = "sparse+https://index.crates.io/"

[[package]]
name = "tool"
version = "2.0.0+local"
source = "git+https://example.org/tool?rev=1#0123abcd"

[[package]]
name = "here"
version = "3.0.0"
source = "sparse+https://crates.example.org/"
"#;

    #[test]
    fn packages_are_named_by_where_they_come_from() {
        let bill = parse(LOCK).unwrap();
        let purls: Vec<&str> = bill.components.keys().map(String::as_str).collect();
        let expected = [
            "pkg:cargo/app@0.1.0",
            "pkg:cargo/here@3.0.0?repository_url=https%3A%2F%2Fcrates.example.org%2F",
            "pkg:cargo/rand@0.7.0",
            "pkg:cargo/rand@0.8.5",
            "pkg:cargo/serde@1.0.200",
            "pkg:cargo/tool@2.0.0%2Blocal?vcs_url=git%2Bhttps%3A%2F%2Fexample.org%2Ftool%3Frev%3D1%230123abcd",
        ];
        assert_eq!(purls, expected);
        assert_eq!(bill.components["pkg:cargo/rand@0.8.5"].hashes.len(), 1);
        assert!(bill.components["pkg:cargo/rand@0.7.0"].hashes.is_empty());
    }

    #[test]
    fn dependencies_are_resolved_by_as_much_as_they_say() {
        let bill = parse(LOCK).unwrap();
        let needed =
            |purl: &str| -> Vec<String> { bill.dependencies[purl].iter().cloned().collect() };
        assert_eq!(needed("pkg:cargo/rand@0.8.5"), ["pkg:cargo/serde@1.0.200"]);
        let app = needed("pkg:cargo/app@0.1.0");
        assert_eq!(app.len(), 4);
        assert!(app.contains(&"pkg:cargo/rand@0.8.5".to_owned()), "{app:?}");
        assert_eq!(
            bill.roots.into_iter().collect::<Vec<_>>(),
            ["pkg:cargo/app@0.1.0"]
        );
    }

    #[test]
    fn text_that_is_no_lock_file_is_an_error_with_its_line() {
        let error = parse("[[package]]\nname = 3\n").unwrap_err();
        assert!(error.to_string().contains("line 2"), "{error}");
    }
}
