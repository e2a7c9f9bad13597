//! The configuration file of a host: who it is, and what pipelines can have of it at most.
//!
//! It is read as a pipeline file is, by the same walker: every mistake is told, with its place and
//! the word that was probably meant. A limit has the key and the form that it has in a pipeline file.

use crate::reader::{Entry, Reader, Table};
use crate::tree::Tree;
use crate::{Limits, Spanned, limit, quantity, syntax};
use std::time::Duration;
use stepwell_diagnostic::Diagnostic;
use stepwell_egress::Ranges;

/// How far apart steps are kept, from the weakest to the strongest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Isolation {
    /// Each has an instance of its own in the process of Stepwell.
    Instance,
    /// The steps of each job have a process of their own.
    Job,
    /// Each step has a process of its own.
    Step,
}

impl Isolation {
    /// All of them, from the weakest to the strongest.
    pub const ALL: [Self; 3] = [Self::Instance, Self::Job, Self::Step];

    /// The word for it in files and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Instance => "instance",
            Self::Job => "job",
            Self::Step => "step",
        }
    }
}

/// What the file of a host says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Host {
    /// What its agent is called.
    pub agent: Option<String>,
    /// What its agent can do, besides what is found out.
    pub capabilities: Vec<(String, String)>,
    /// The most of each limit that a pipeline can ask for.
    pub limits: Limits,
    /// The longest timeout of a step or a job.
    pub timeout: Option<Duration>,
    /// The isolation of runs that ask for none.
    pub isolation: Option<Isolation>,
    /// The least isolation that a run can ask for.
    pub least_isolation: Option<Isolation>,
    /// Ranges of addresses that steps may connect to although they are private.
    pub private: Ranges,
    /// Whether steps may be allowed to use the network.
    pub network: bool,
    /// The mail server that letters of notifiers are handed to.
    pub mail: Option<Mail>,
}

/// How a connection to a mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailEncryption {
    /// TLS from the first byte.
    Tls,
    /// TLS after a plain greeting.
    StartTls,
    /// None.
    None,
}

/// A mail server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Its name or address.
    pub host: String,
    /// Its port, if it is not the usual one.
    pub port: Option<u16>,
    /// How the connection is protected.
    pub encryption: MailEncryption,
    /// Who logs in: the user, and the environment variable that holds the password. A password in a
    /// file would be read by whoever reads the file.
    pub login: Option<(String, String)>,
    /// Who writes.
    pub from: String,
    /// Who may be written to, besides those who are told of a culprit.
    pub allow: Vec<String>,
}

impl Host {
    /// The isolation of a run that asks for `asked`, or for none; `otherwise` holds where nobody says
    /// anything.
    ///
    /// # Errors
    ///
    /// It is less than the least: which that is.
    pub fn isolation(
        &self,
        asked: Option<Isolation>,
        otherwise: Isolation,
    ) -> Result<Isolation, Isolation> {
        match (asked, self.least_isolation) {
            (Some(asked), Some(least)) if asked < least => Err(least),
            (Some(asked), _) => Ok(asked),
            (None, least) => {
                let wanted = self.isolation.unwrap_or(otherwise);
                Ok(least.map_or(wanted, |least| least.max(wanted)))
            }
        }
    }
}

/// Reads the file of a host. The diagnostics are in reading order; there is a host exactly if there
/// are none.
#[must_use]
pub fn read_host(text: &str) -> (Option<Host>, Vec<Diagnostic>) {
    let document = syntax::parse(text);
    let root = document.root.as_ref().map(|root| Tree::table(root, 0));
    let damaged = syntax::Lines::of(text, &document.errors);
    let mut diagnostics = document.errors;
    let mut host = None;
    if let Some(Tree::Table(members)) = root {
        let mut reader = Reader::new(!diagnostics.is_empty());
        host = Some(read(
            &mut reader,
            Table::of(&members, "the configuration of a host"),
        ));
        let told = reader.into_diagnostics().into_iter();
        diagnostics.extend(told.filter(|told| !damaged.contains(told.position())));
    }
    let host = host.filter(|_| diagnostics.is_empty());
    (host, crate::in_reading_order(diagnostics))
}

fn read(reader: &mut Reader, mut root: Table<'_>) -> Host {
    let mut host = Host {
        network: true,
        ..Host::default()
    };
    if let Some(entry) = root.take("agent") {
        agent(reader, &entry, &mut host);
    }
    if let Some(entry) = root.take("limits") {
        limits(reader, &entry, &mut host);
    }
    if let Some(entry) = root.take("isolation") {
        isolation(reader, &entry, &mut host);
    }
    if let Some(entry) = root.take("network") {
        network(reader, &entry, &mut host);
    }
    if let Some(entry) = root.take("mail") {
        host.mail = mail(reader, &entry);
    }
    root.finish(reader, &[]);
    host
}

fn mail(reader: &mut Reader, entry: &Entry<'_>) -> Option<Mail> {
    let mut table = reader.table(entry, "the mail server")?;
    let mut line = |key| {
        let entry = table.take(key)?;
        reader.line(&entry).map(|line| line.value)
    };
    let [host, from, user, password] = ["host", "from", "user", "password-env"].map(&mut line);
    let port = table.take("port").and_then(|entry| {
        let port = u16::try_from(reader.integer(&entry)?).ok();
        let port = port.filter(|port| *port > 0);
        if port.is_none() {
            let problem = Diagnostic::error("out-of-range", "`port` must be from 1 to 65535");
            reader.report(problem.at(entry.span(), "out of range"));
        }
        port
    });
    let encryptions = [
        ("tls", MailEncryption::Tls),
        ("starttls", MailEncryption::StartTls),
        ("none", MailEncryption::None),
    ];
    let encryption = table
        .take("encryption")
        .and_then(|entry| reader.choice(&entry, &encryptions));
    let allow = table.take("allow").and_then(|entry| reader.strings(&entry));
    table.finish(reader, &[]);
    let mut lacks = |what: &str| {
        let message = format!("the mail server has no {what}");
        reader.report_missing(
            Diagnostic::error("missing-key", message).at(entry.key.span.clone(), "is not complete"),
        );
    };
    if user.is_some() != password.is_some() {
        lacks("`user` to its `password-env`, or the other way round");
    }
    if host.is_none() {
        lacks("`host`");
    }
    if from.is_none() {
        lacks("`from`");
    }
    Some(Mail {
        host: host?,
        port,
        encryption: encryption.map_or(MailEncryption::Tls, |encryption| encryption.value),
        login: user.zip(password),
        from: from?,
        allow: allow
            .unwrap_or_default()
            .into_iter()
            .map(|text| text.value)
            .collect(),
    })
}

fn agent(reader: &mut Reader, entry: &Entry<'_>, host: &mut Host) {
    let Some(mut table) = reader.table(entry, "the agent") else {
        return;
    };
    let name = table.take("name").and_then(|entry| reader.line(&entry));
    host.agent = name.map(|name| name.value);
    if let Some(entry) = table.take("capabilities")
        && let Some(capabilities) = reader.table(&entry, "the capabilities")
    {
        for entry in capabilities.entries() {
            let value = reader.string(&entry);
            host.capabilities
                .extend(value.map(|value| (entry.key.value.to_owned(), value.value)));
        }
    }
    table.finish(reader, &[]);
}

fn limits(reader: &mut Reader, entry: &Entry<'_>, host: &mut Host) {
    let Some(mut table) = reader.table(entry, "the limits of a host") else {
        return;
    };
    host.limits = limit::of(reader, &mut table);
    if let Some(timeout) = quantity::timeout(reader, &mut table) {
        if timeout.value.is_zero() {
            let message = "a ceiling of zero for `timeout` would let nothing run";
            reader.report(
                Diagnostic::error("out-of-range", message)
                    .at(timeout.span, "zero")
                    .help("leave `timeout` out for no ceiling"),
            );
        } else {
            host.timeout = Some(timeout.value);
        }
    }
    table.finish(reader, &[]);
}

fn isolation(reader: &mut Reader, entry: &Entry<'_>, host: &mut Host) {
    let Some(mut table) = reader.table(entry, "the isolation of a host") else {
        return;
    };
    let levels = Isolation::ALL.map(|level| (level.as_str(), level));
    let mut level = |key| {
        let entry = table.take(key)?;
        reader.choice(&entry, &levels)
    };
    let (usual, least) = (level("default"), level("minimum"));
    table.finish(reader, &[]);
    if let (Some(usual), Some(least)) = (&usual, &least)
        && usual.value < least.value
    {
        let message = "`default` is less isolation than `minimum`";
        reader.report(
            Diagnostic::error("invalid-value", message)
                .at(usual.span.clone(), "weaker")
                .at(least.span.clone(), "the least"),
        );
    }
    host.isolation = usual.map(|level| level.value);
    host.least_isolation = least.map(|level| level.value);
}

fn network(reader: &mut Reader, entry: &Entry<'_>, host: &mut Host) {
    let Some(mut table) = reader.table(entry, "the network of a host") else {
        return;
    };
    let private = table
        .take("private")
        .and_then(|entry| reader.strings(&entry));
    host.private = ranges(reader, private.unwrap_or_default());
    let hosts = table.take("hosts").and_then(|entry| reader.boolean(&entry));
    host.network = hosts.unwrap_or(true);
    table.finish(reader, &[]);
}

/// Those that are none are told, each where it stands.
fn ranges(reader: &mut Reader, texts: Vec<Spanned<String>>) -> Ranges {
    for text in &texts {
        if let Err(error) = Ranges::parse([&text.value]) {
            let problem = Diagnostic::error("invalid-value", error.to_string());
            reader.report(problem.at(text.span.clone(), "not a range of addresses"));
        }
    }
    Ranges::parse(texts.iter().map(|text| &text.value)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use stepwell_event::LimitKind;

    #[test]
    fn a_range_that_is_none_is_told() {
        let (host, problems) = read_host("[network]\nprivate = [\"10.0.0.0/8\", \"ten/8\"]\n");
        assert_eq!(host, None);
        assert!(problems[0].message.contains("`ten/8` is no range"));
    }

    #[test]
    fn what_a_host_allows_is_read() {
        let text = "[limits]\nmemory = \"512MiB\"\nfuel = \"10G\"\ntimeout = \"2h\"\n\n\
            [isolation]\nminimum = \"job\"\n\n[network]\nprivate = [\"10.0.0.0/8\"]\nhosts = false\n";
        let (host, problems) = read_host(text);
        assert_eq!(problems, []);
        let host = host.unwrap();
        let limit = |kind| host.limits.get(kind).map(|limit| limit.value);
        assert_eq!(limit(LimitKind::Memory), Some(512 << 20));
        assert_eq!(limit(LimitKind::Fuel), Some(10_000_000_000));
        assert_eq!(limit(LimitKind::Files), None);
        assert_eq!(host.timeout, Some(Duration::from_secs(7_200)));
        assert_eq!(host.least_isolation, Some(Isolation::Job));
        assert_eq!(host.private, Ranges::parse(["10.0.0.0/8"]).unwrap());
        assert!(!host.network);
        let (nothing, _) = read_host("");
        assert!(nothing.unwrap().network);
    }

    #[test]
    fn a_mail_server_is_read_and_no_password_with_it() {
        let text = "[mail]\nhost = \"mail.example.org\"\nencryption = \"starttls\"\nport = 2525\n\
            user = \"ci\"\npassword-env = \"MAIL\"\nfrom = \"ci@example.org\"\nallow = [\"*@example.org\"]\n";
        let (host, problems) = read_host(text);
        assert_eq!(problems, []);
        let expect = Mail {
            host: "mail.example.org".to_owned(),
            port: Some(2525),
            encryption: MailEncryption::StartTls,
            login: Some(("ci".to_owned(), "MAIL".to_owned())),
            from: "ci@example.org".to_owned(),
            allow: vec!["*@example.org".to_owned()],
        };
        assert_eq!(host.unwrap().mail, Some(expect));
        let (_, problems) = read_host("[mail]\nuser = \"ci\"\nport = 0\npassword = \"x\"\n");
        let told: Vec<&str> = problems.iter().map(|told| told.message.as_str()).collect();
        for words in [
            "no `host`",
            "no `from`",
            "no `user` to its",
            "`port` must be",
            "unknown key `password`",
        ] {
            assert!(
                told.iter().any(|told| told.contains(words)),
                "{words}: {told:?}"
            );
        }
    }

    #[test]
    fn isolation_is_never_less_than_the_least() {
        use Isolation::{Instance, Job, Step};
        let check = |usual, least, asked, expect| {
            let host = Host {
                isolation: usual,
                least_isolation: least,
                ..Host::default()
            };
            assert_eq!(host.isolation(asked, Job), expect);
        };
        check(None, None, None, Ok(Job));
        check(None, None, Some(Instance), Ok(Instance));
        check(Some(Instance), None, None, Ok(Instance));
        check(None, Some(Step), None, Ok(Step));
        check(None, Some(Job), Some(Instance), Err(Job));
        check(None, Some(Job), Some(Step), Ok(Step));
    }

    #[test]
    fn mistakes_are_told_all_at_once() {
        let text = "[limits]\nmemory = 5\nmemmory = \"1GiB\"\nfiles = \"20x\"\ntimeout = \"0\"\n\
            [isolation]\ndefault = \"instance\"\nminimum = \"steps\"\n[net]\n";
        let (host, problems) = read_host(text);
        assert_eq!(host, None);
        let told: Vec<&str> = problems
            .iter()
            .map(|problem| problem.message.as_str())
            .collect();
        assert_eq!(
            told,
            [
                "`memory` must be a string, not an integer",
                "unknown key `memmory` in the limits of a host",
                "`files` must be a number",
                "a ceiling of zero for `timeout` would let nothing run",
                "`minimum` cannot be \"steps\"",
                "unknown key `net` in the configuration of a host",
            ]
        );
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text: String) {
            let _ = read_host(&text);
        }
    }
}
