//! Letters that notifiers ask for, handed to the mail server that the host is configured for.
//!
//! A notifier never speaks to a mail server. It says what to whom, and gets an ordinary error if the
//! address is none that it may write to. Its text is hostile: an address or a subject that could
//! become another header, or another letter, is refused.

use crate::notice::Key;
use lettre::message::Mailbox;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use stepwell_event::{HostAnswer, HostRefusal};
use thiserror::Error;

/// How long a letter may take, from the connection to the server's last word.
const PATIENCE: Duration = Duration::from_secs(30);

/// Letters of one notice by one notifier.
const MAX_LETTERS: u32 = 8;

/// Addresses of one letter.
const MAX_ADDRESSES: usize = 16;

/// Bytes of a subject.
const MAX_SUBJECT: usize = 998;

/// Bytes of a letter's text.
const MAX_TEXT: usize = 1 << 20;

/// How a connection to a mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// TLS from the first byte; port 465.
    Tls,
    /// TLS after a plain greeting, and no letter without it; port 587.
    StartTls,
    /// None; port 25.
    None,
}

/// A mail server, as the host is configured for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailServer {
    /// Its name or address.
    pub host: String,
    /// Its port; by default that of the encryption.
    pub port: Option<u16>,
    /// How the connection is protected.
    pub encryption: Encryption,
    /// Who logs in.
    pub login: Option<Login>,
    /// Who writes: `NAME <ADDRESS>`, or an address.
    pub from: String,
    /// Who may be written to, besides those who are told of a culprit: addresses, or `*@DOMAIN`.
    pub allow: Vec<String>,
}

/// A user of a mail server.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// The user's name.
    pub user: String,
    /// The password, which is never shown.
    pub password: String,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

/// Why a mail server cannot be used.
#[derive(Debug, Error)]
pub enum PostError {
    /// Who writes has no address.
    #[error("`{0}` is no address to write from")]
    From(String),
    /// What may be written to is neither an address nor `*@DOMAIN`.
    #[error("`{0}` is neither an address nor `*@DOMAIN`")]
    Allow(String),
    /// The password would be readable on its way.
    #[error("a password is not sent to `{0}` without encryption")]
    PlainPassword(String),
    /// The name cannot be that of a server.
    #[error("`{0}` is no mail server")]
    Server(String, #[source] lettre::transport::smtp::Error),
}

/// Sends letters.
#[derive(Debug, Clone)]
pub struct Post {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    allow: Vec<Pattern>,
}

/// Whom a letter may be for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Pattern {
    Address(String),
    Domain(String),
}

impl Pattern {
    fn read(text: &str) -> Option<Self> {
        let folded = text.to_ascii_lowercase();
        match folded.strip_prefix("*@") {
            Some(domain) => {
                address(&format!("anybody@{domain}")).map(|_| Self::Domain(domain.to_owned()))
            }
            None => address(&folded).map(|_| Self::Address(folded)),
        }
    }

    fn fits(&self, address: &Address) -> bool {
        match self {
            Self::Address(known) => address.to_string().eq_ignore_ascii_case(known),
            Self::Domain(domain) => address.domain().eq_ignore_ascii_case(domain),
        }
    }
}

impl Post {
    /// Sends by way of `server`, to which nothing is said yet.
    ///
    /// # Errors
    ///
    /// Something of it cannot be used.
    pub fn new(server: &MailServer) -> Result<Self, PostError> {
        let from = server.from.parse().ok();
        let from = from.filter(|_| is_line(&server.from));
        let from = from.ok_or_else(|| PostError::From(server.from.clone()))?;
        let pattern =
            |text: &String| Pattern::read(text).ok_or_else(|| PostError::Allow(text.clone()));
        let allow = server.allow.iter().map(pattern).collect::<Result<_, _>>()?;
        let tls = || {
            TlsParameters::new_rustls(server.host.clone())
                .map_err(|error| PostError::Server(server.host.clone(), error))
        };
        let (tls, port) = match server.encryption {
            Encryption::Tls => (Tls::Wrapper(tls()?), 465),
            Encryption::StartTls => (Tls::Required(tls()?), 587),
            Encryption::None => (Tls::None, 25),
        };
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server.host)
            .tls(tls)
            .port(server.port.unwrap_or(port))
            .timeout(Some(PATIENCE));
        if let Some(login) = &server.login {
            if server.encryption == Encryption::None && !is_this_machine(&server.host) {
                return Err(PostError::PlainPassword(server.host.clone()));
            }
            let login = Credentials::new(login.user.clone(), login.password.clone());
            transport = transport.credentials(login);
        }
        Ok(Self {
            transport: transport.build(),
            from,
            allow,
        })
    }

    async fn send(&self, letter: Message) -> Result<(), HostRefusal> {
        match tokio::time::timeout(PATIENCE, self.transport.send(letter)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(HostRefusal::Infrastructure(format!(
                "the mail server did not take the letter: {error}"
            ))),
            Err(_) => Err(HostRefusal::Infrastructure(format!(
                "the mail server did not take the letter within {} s",
                PATIENCE.as_secs()
            ))),
        }
    }
}

/// What one notifier may send for one notice.
#[derive(Debug, Clone)]
pub struct Letters {
    post: Option<Post>,
    known: Vec<Pattern>,
    key: Key,
    begun: Arc<AtomicU32>,
}

impl Letters {
    /// Letters to `recipients` and to whom the host allows, about the notice of `key`. Without `post`
    /// all are refused.
    #[must_use]
    pub fn new(post: Option<Post>, recipients: &[String], key: Key) -> Self {
        let known = recipients.iter().filter_map(|text| {
            // An author may be called `*@example.org`, and is no pattern.
            address(text).map(|address| Pattern::Address(address.to_string().to_ascii_lowercase()))
        });
        Self {
            post,
            known: known.collect(),
            key,
            begun: Arc::default(),
        }
    }

    /// Sends a letter.
    pub async fn send(&self, to: &[String], subject: &str, text: String) -> HostAnswer {
        let Some(post) = &self.post else {
            let why = "this host has no mail server: see `[mail]` of its configuration";
            return HostAnswer::Refused(HostRefusal::Denied(why.to_owned()));
        };
        let sent = match self.letter(post, to, subject, text) {
            Ok(letter) => post.send(letter).await,
            Err(refusal) => Err(refusal),
        };
        sent.map_or_else(HostAnswer::Refused, |()| HostAnswer::Sent)
    }

    fn letter(
        &self,
        post: &Post,
        to: &[String],
        subject: &str,
        text: String,
    ) -> Result<Message, HostRefusal> {
        if to.is_empty() {
            return Err(HostRefusal::Invalid("the letter is for nobody".to_owned()));
        }
        if to.len() > MAX_ADDRESSES || text.len() > MAX_TEXT || subject.len() > MAX_SUBJECT {
            return Err(HostRefusal::TooLarge(format!(
                "a letter has at most {MAX_ADDRESSES} addresses, {MAX_SUBJECT} bytes of subject and \
                 {MAX_TEXT} bytes of text"
            )));
        }
        if !is_line(subject) {
            let why = "the subject is not one line of text";
            return Err(HostRefusal::Invalid(why.to_owned()));
        }
        let mut addresses = Vec::new();
        for text in to {
            let address = address(text)
                .ok_or_else(|| HostRefusal::Invalid(format!("{text:?} is no address")))?;
            let mut allowed = self.known.iter().chain(&post.allow);
            if !allowed.any(|pattern| pattern.fits(&address)) {
                return Err(HostRefusal::Denied(format!(
                    "`{address}` is neither who is told nor in `[mail] allow` of the host"
                )));
            }
            addresses.push(address);
        }
        let number = self.begun.fetch_add(1, Ordering::Relaxed);
        if number >= MAX_LETTERS {
            return Err(HostRefusal::Denied(format!(
                "a notice is told in at most {MAX_LETTERS} letters"
            )));
        }
        // The same in every attempt, so that whoever gets a letter twice can see that it is one.
        let id = format!("<{}.{number}@{}>", self.key, post.from.email.domain());
        let mut letter = Message::builder()
            .from(post.from.clone())
            .subject(subject)
            .message_id(Some(id))
            .header(ContentType::TEXT_PLAIN)
            // No machine is to answer it.
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ));
        for address in addresses {
            letter = letter.to(Mailbox::new(None, address));
        }
        // A carriage return alone is a line's end to some servers and none to others.
        letter
            .body(text.replace("\r\n", "\n").replace('\r', "\n"))
            .map_err(|error| HostRefusal::Invalid(format!("this is no letter: {error}")))
    }
}

/// One line without anything that a server or a terminal would act on.
fn is_line(text: &str) -> bool {
    !text.chars().any(char::is_control)
}

/// An address of plain characters. Quoted local parts, comments and groups are not taken.
pub(crate) fn address(text: &str) -> Option<Address> {
    let plain = |byte: u8| byte.is_ascii_graphic() && !br#""(),:;<>[\]"#.contains(&byte);
    let address: Option<Address> = text.bytes().all(plain).then(|| text.parse().ok()).flatten();
    address.filter(|address| text.len() <= 254 && address.domain().contains('.'))
}

fn is_this_machine(host: &str) -> bool {
    let address: Option<IpAddr> = host.parse().ok();
    host.eq_ignore_ascii_case("localhost") || address.is_some_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests;
