//! The bill of materials as CycloneDX 1.6 JSON.
//!
//! The same components give the same bytes: there is no time in it, and the serial number is made
//! from the content.

use crate::bill::{Bill, Component, Scope};
use serde::Serialize;
use std::collections::BTreeSet;

/// What the bill is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    bom_format: &'static str,
    spec_version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    serial_number: Option<String>,
    version: u32,
    metadata: Metadata<'a>,
    components: Vec<Item<'a>>,
    dependencies: Vec<Dependency<'a>>,
}

#[derive(Serialize)]
struct Metadata<'a> {
    tools: Tools,
    #[serde(skip_serializing_if = "Option::is_none")]
    component: Option<Item<'a>>,
}

#[derive(Serialize)]
struct Tools {
    components: [Item<'static>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Item<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    bom_ref: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<&'a str>,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hashes: Vec<Hash<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    licenses: Vec<License<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purl: Option<&'a str>,
}

#[derive(Serialize)]
struct Hash<'a> {
    alg: &'static str,
    content: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum License<'a> {
    License(LicenseName<'a>),
    Expression(&'a str),
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum LicenseName<'a> {
    Id(&'a str),
    Name(&'a str),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Dependency<'a> {
    r#ref: &'a str,
    depends_on: Vec<&'a str>,
}

/// Writes the bill of `subject`, or of something without a name.
///
/// # Errors
///
/// Never in practice: everything in it can be written as JSON.
pub fn render(bill: &Bill, subject: Option<&Subject>) -> Result<String, serde_json::Error> {
    let subject_ref = subject.map(|subject| format!("subject:{}", subject.name));
    let subject_ref = subject_ref.as_deref();
    let mut document = Document {
        schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
        bom_format: "CycloneDX",
        spec_version: "1.6",
        serial_number: None,
        version: 1,
        metadata: Metadata {
            tools: Tools {
                components: [Item {
                    version: Some(env!("CARGO_PKG_VERSION")),
                    ..Item::new("application", "stepwell-sbom")
                }],
            },
            component: subject.map(|subject| Item {
                bom_ref: subject_ref,
                version: subject.version.as_deref(),
                ..Item::new("application", &subject.name)
            }),
        },
        components: bill.components.iter().map(item).collect(),
        dependencies: dependencies(bill, subject_ref),
    };
    let content = serde_json::to_string(&document)?;
    document.serial_number = Some(serial(&content));
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

/// A UUID of version 8 from the digest of the content.
fn serial(content: &str) -> String {
    let mut digits: Vec<char> = stepwell_digest::sha256(content.as_bytes())
        .chars()
        .take(32)
        .collect();
    // The places of the version and of the variant, RFC 9562.
    for (place, digit) in [(12, '8'), (16, 'a')] {
        if let Some(old) = digits.get_mut(place) {
            *old = digit;
        }
    }
    for place in [20, 16, 12, 8] {
        digits.insert(place, '-');
    }
    format!("urn:uuid:{}", String::from_iter(digits))
}

/// Every component has an entry, also if it needs nothing: that says so, and silence would not.
fn dependencies<'a>(bill: &'a Bill, subject: Option<&'a str>) -> Vec<Dependency<'a>> {
    let depends_on = |needed: &'a BTreeSet<String>| needed.iter().map(String::as_str).collect();
    let of_subject = subject.map(|subject| Dependency {
        r#ref: subject,
        depends_on: depends_on(&bill.roots),
    });
    let of_components = bill.components.keys().map(|purl| Dependency {
        r#ref: purl,
        depends_on: bill
            .dependencies
            .get(purl)
            .map(depends_on)
            .unwrap_or_default(),
    });
    of_subject.into_iter().chain(of_components).collect()
}

impl<'a> Item<'a> {
    fn new(kind: &'static str, name: &'a str) -> Self {
        Self {
            kind,
            bom_ref: None,
            group: None,
            name,
            version: None,
            scope: None,
            hashes: Vec::new(),
            licenses: Vec::new(),
            purl: None,
        }
    }
}

fn item<'a>((purl, component): (&'a String, &'a Component)) -> Item<'a> {
    let version = component.version.as_str();
    Item {
        bom_ref: Some(purl),
        group: component.group.as_deref(),
        version: (!version.is_empty()).then_some(version),
        scope: match component.scope {
            // What the format takes for granted.
            Scope::Required => None,
            Scope::Optional => Some("optional"),
            Scope::Excluded => Some("excluded"),
        },
        hashes: component
            .hashes
            .iter()
            .map(|(alg, content)| Hash { alg, content })
            .collect(),
        licenses: component
            .license
            .as_deref()
            .map(license)
            .into_iter()
            .collect(),
        purl: Some(purl),
        ..Item::new("library", &component.name)
    }
}

/// Identifiers and expressions have to be of SPDX; anything else is only a name.
fn license(text: &str) -> License<'_> {
    if spdx::license_id(text).is_some_and(|id| id.name == text) {
        return License::License(LicenseName::Id(text));
    }
    match spdx::Expression::parse(text) {
        Ok(_) => License::Expression(text),
        Err(_) => License::License(LicenseName::Name(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use std::collections::BTreeMap;

    fn bill() -> Bill {
        let mut bill = crate::npm::parse(
            r#"{ "lockfileVersion": 3, "packages": {
              "": { "dependencies": { "a": "1" } },
              "node_modules/a": { "version": "1.0.0", "license": "(MIT OR Apache-2.0)", "integrity": "sha512-q80=", "dependencies": { "@x/b": "1" } },
              "node_modules/@x/b": { "version": "1.0.0", "license": "MIT", "optional": true },
              "node_modules/c": { "version": "1.0.0", "license": "SEE LICENSE IN x", "dev": true }
            } }"#,
        )
        .unwrap();
        bill.merge(crate::python::parse("d==1.0\n"));
        bill
    }

    fn subject() -> Subject {
        Subject {
            name: "app".to_owned(),
            version: Some("2.0".to_owned()),
        }
    }

    /// What the JSON schema of CycloneDX 1.6 asks of the parts that are written here.
    fn assert_is_cyclonedx(document: &Value) {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        assert_eq!(document["bomFormat"], "CycloneDX");
        assert_eq!(document["specVersion"], "1.6");
        assert!(document["version"].as_u64().unwrap() >= 1);
        let serial = text(&document["serialNumber"]);
        let groups: Vec<_> = serial
            .strip_prefix("urn:uuid:")
            .unwrap()
            .split('-')
            .collect();
        assert_eq!(
            groups.iter().map(|g| g.len()).collect::<Vec<_>>(),
            [8, 4, 4, 4, 12]
        );
        let mut refs = BTreeSet::new();
        let mut components = document["components"].as_array().unwrap().clone();
        components.extend(document["metadata"].get("component").cloned());
        for component in &components {
            assert!(["application", "library"].contains(&text(&component["type"]).as_str()));
            assert!(!text(&component["name"]).is_empty());
            let reference = text(&component["bom-ref"]);
            assert!(refs.insert(reference.clone()), "{reference} is there twice");
            for hash in component["hashes"].as_array().into_iter().flatten() {
                assert!(
                    ["SHA-1", "SHA-256", "SHA-384", "SHA-512"]
                        .contains(&text(&hash["alg"]).as_str())
                );
                assert!(
                    text(&hash["content"])
                        .chars()
                        .all(|c| c.is_ascii_hexdigit())
                );
            }
            if let Some(scope) = component.get("scope") {
                assert!(["required", "optional", "excluded"].contains(&text(scope).as_str()));
            }
        }
        let mut listed = BTreeSet::new();
        for dependency in document["dependencies"].as_array().unwrap() {
            assert!(listed.insert(text(&dependency["ref"])));
            for needed in dependency["dependsOn"].as_array().unwrap() {
                assert!(refs.contains(&text(needed)), "{needed} is no component");
            }
        }
        assert_eq!(listed, refs);
    }

    #[test]
    fn the_document_has_the_structure_of_cyclonedx() {
        for subject in [None, Some(&subject())] {
            let text = render(&bill(), subject).unwrap();
            assert_is_cyclonedx(&serde_json::from_str(&text).unwrap());
        }
        let empty = render(&Bill::default(), None).unwrap();
        assert_is_cyclonedx(&serde_json::from_str(&empty).unwrap());
    }

    #[test]
    fn the_subject_needs_what_the_lock_files_need() {
        let text = render(&bill(), Some(&subject())).unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            document["dependencies"][0],
            serde_json::json!({
                "ref": "subject:app",
                "dependsOn": ["pkg:npm/a@1.0.0", "pkg:pypi/d@1.0"],
            })
        );
    }

    #[test]
    fn a_component_is_written_with_all_that_is_known() {
        let text = render(&bill(), None).unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        let components = document["components"].as_array().unwrap();
        let expected = serde_json::json!({
            "type": "library",
            "bom-ref": "pkg:npm/a@1.0.0",
            "name": "a",
            "version": "1.0.0",
            "hashes": [{ "alg": "SHA-512", "content": "abcd" }],
            "licenses": [{ "expression": "(MIT OR Apache-2.0)" }],
            "purl": "pkg:npm/a@1.0.0",
        });
        assert_eq!(components[1], expected);
        assert_eq!(components[0]["group"], "@x");
        assert_eq!(components[0]["scope"], "optional");
        assert_eq!(
            components[0]["licenses"],
            serde_json::json!([{ "license": { "id": "MIT" } }])
        );
        assert_eq!(
            components[2]["licenses"],
            serde_json::json!([{ "license": { "name": "SEE LICENSE IN x" } }])
        );
    }

    #[test]
    fn the_serial_number_is_that_of_the_content() {
        let serial = |bill: &Bill| {
            let text = render(bill, None).unwrap();
            let document: BTreeMap<String, Value> = serde_json::from_str(&text).unwrap();
            document["serialNumber"].as_str().unwrap().to_owned()
        };
        let one = serial(&bill());
        assert_eq!(one, serial(&bill()));
        assert_ne!(one, serial(&Bill::default()));
        assert_eq!((&one[23..24], &one[28..29]), ("8", "a"), "{one}");
    }
}
