//! Names of formats and tools.

use stepwell_results::{CoverageTool, TestFormat};

#[test]
fn case_does_not_matter() {
    for name in ["JUnit", "NUnit", "VSTest", "XUnit", "CTest"] {
        for spelt in [name.to_owned(), name.to_lowercase(), name.to_uppercase()] {
            let format = TestFormat::from_name(&spelt).unwrap();
            assert_eq!(format.name(), name);
        }
    }
    for name in ["Cobertura", "JaCoCo"] {
        let tool = CoverageTool::from_name(&name.to_uppercase()).unwrap();
        assert_eq!(tool.name(), name);
    }
}

#[test]
fn unknown_names_are_explained() {
    let format = |name: &str| TestFormat::from_name(name).unwrap_err().to_string();
    assert_eq!(
        format("JUnti"),
        "there is no format of test results `JUnti`; did you mean `JUnit`?"
    );
    assert_eq!(
        format("TAP"),
        "there is no format of test results `TAP`; \
         expected `JUnit`, `NUnit`, `VSTest`, `XUnit` or `CTest`"
    );
    assert_eq!(
        CoverageTool::from_name("jacco").unwrap_err().to_string(),
        "there is no coverage tool `jacco`; did you mean `JaCoCo`?"
    );
    assert_eq!(
        CoverageTool::from_name("").unwrap_err().to_string(),
        "there is no coverage tool ``; expected `Cobertura` or `JaCoCo`"
    );
    assert!(format(&"x".repeat(1 << 20)).len() < 200);
}
