//! The formats of test results that Azure Pipelines knows.

use crate::ctest::CTest;
use crate::encoding::decode;
use crate::junit::JUnit;
use crate::name::find;
use crate::nunit::NUnit;
use crate::reading::{Layout, Test, read};
use crate::trx::Trx;
use crate::xml::Document;
use crate::xunit::XUnit;
use crate::{ResultsError, TestResults, UnknownName};

/// A format of test results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TestFormat {
    /// What most tools outside of .NET write, each a little differently.
    JUnit,
    /// NUnit 2 and 3.
    NUnit,
    /// TRX: `dotnet test --logger trx`, Visual Studio.
    VsTest,
    /// xUnit.net 2.
    XUnit,
    /// `Test.xml` of CTest.
    CTest,
}

const FORMATS: [(&str, TestFormat); 5] = [
    ("JUnit", TestFormat::JUnit),
    ("NUnit", TestFormat::NUnit),
    ("VSTest", TestFormat::VsTest),
    ("XUnit", TestFormat::XUnit),
    ("CTest", TestFormat::CTest),
];

impl TestFormat {
    /// The format that Azure calls `name`, ignoring case.
    ///
    /// # Errors
    ///
    /// There is no such format.
    pub fn from_name(name: &str) -> Result<Self, UnknownName> {
        find("format of test results", &FORMATS, name)
    }

    /// Azure's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::JUnit => "JUnit",
            Self::NUnit => "NUnit",
            Self::VsTest => "VSTest",
            Self::XUnit => "XUnit",
            Self::CTest => "CTest",
        }
    }

    /// The elements that a file begins with.
    fn roots(self) -> &'static [&'static str] {
        match self {
            Self::JUnit => &["testsuites", "testsuite"],
            Self::NUnit => &["test-run", "test-results"],
            Self::VsTest => &["TestRun"],
            Self::XUnit => &["assemblies", "assembly"],
            Self::CTest => &["Site"],
        }
    }

    fn layout(self) -> Box<dyn Layout> {
        match self {
            Self::JUnit => Box::new(JUnit),
            Self::NUnit => Box::new(NUnit),
            Self::VsTest => Box::new(Trx::default()),
            Self::XUnit => Box::new(XUnit),
            Self::CTest => Box::new(CTest::default()),
        }
    }
}

/// Counts the tests of a file. The caller bounds how long the file is.
///
/// # Errors
///
/// The file is not complete or not of this format.
pub fn test_results(format: TestFormat, bytes: &[u8]) -> Result<TestResults, ResultsError> {
    walk(format, bytes, &mut |_| {})
}

/// Tells `each` of the tests of a JUnit file. The caller bounds how long the file is.
///
/// # Errors
///
/// The file is not complete or not of this format.
pub fn junit_tests(bytes: &[u8], each: &mut dyn FnMut(Test<'_>)) -> Result<(), ResultsError> {
    walk(TestFormat::JUnit, bytes, each).map(drop)
}

fn walk(
    format: TestFormat,
    bytes: &[u8],
    each: &mut dyn FnMut(Test<'_>),
) -> Result<TestResults, ResultsError> {
    let text = decode(bytes);
    let mut document = Document::new(&text);
    let root = document.root(format.name(), format.roots(), |root| {
        let of_root = |(_, format): &&(_, TestFormat)| format.roots().contains(&root);
        FORMATS.iter().find(of_root).map(|(name, _)| *name)
    })?;
    read(&mut document, &root, format.layout().as_mut(), each)
}
