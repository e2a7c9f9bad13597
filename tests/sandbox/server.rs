//! Servers on this machine, and a network in which they have names.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use stepwell_egress::Ranges;
use stepwell_event::{Grants, HttpRule};
use stepwell_sandbox::{Dial, DialError, Dialed, DirectDial, Sandbox, SandboxConfig, Trust};
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

/// The name that the servers have, and that their certificate is for.
pub(crate) const NAME: &str = "api.example";

const AUTHORITY: &[u8] = include_bytes!("certificates/authority.pem");
const CERTIFICATE: &[u8] = include_bytes!("certificates/server.pem");
const KEY: &[u8] = include_bytes!("certificates/server.key.pem");

/// What a connection is, to whoever serves it.
pub(crate) trait Line: Read + Write {}

impl<T: Read + Write> Line for T {}

/// Serves one connection: what was read of it up to the end of the head is there already.
pub(crate) type Serve = fn(&mut dyn Line, &str);

/// A server that runs until the test ends.
pub(crate) struct Server {
    pub(crate) port: u16,
    heads: Arc<Mutex<Vec<String>>>,
    open: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

impl Server {
    pub(crate) fn new(serve: Serve) -> Self {
        Self::start(serve, None)
    }

    pub(crate) fn with_tls(serve: Serve) -> Self {
        let chain = CertificateDer::pem_slice_iter(CERTIFICATE)
            .collect::<Result<_, _>>()
            .unwrap();
        let key = PrivateKeyDer::from_pem_slice(KEY).unwrap();
        let provider = tokio_rustls::rustls::crypto::ring::default_provider();
        let config = ServerConfig::builder_with_provider(Arc::new(provider))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        Self::start(serve, Some(Arc::new(config)))
    }

    fn start(serve: Serve, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            heads: Arc::default(),
            open: Arc::default(),
            most: Arc::default(),
        };
        let (heads, open, most) = (
            Arc::clone(&server.heads),
            Arc::clone(&server.open),
            Arc::clone(&server.most),
        );
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (heads, open, most) =
                    (Arc::clone(&heads), Arc::clone(&open), Arc::clone(&most));
                let tls = tls.clone();
                std::thread::spawn(move || {
                    most.fetch_max(open.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    let stream = stream.unwrap();
                    match tls {
                        None => attend(&mut { stream }, serve, &heads),
                        Some(tls) => {
                            let tls = ServerConnection::new(tls).unwrap();
                            attend(&mut StreamOwned::new(tls, stream), serve, &heads);
                        }
                    }
                    open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        server
    }

    /// `name:port` of it.
    pub(crate) fn authority(&self) -> String {
        format!("{NAME}:{}", self.port)
    }

    /// The heads of the requests that came, as they came.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    /// Connections that are open now, and the most that ever were.
    pub(crate) fn connections(&self) -> (usize, usize) {
        (
            self.open.load(Ordering::SeqCst),
            self.most.load(Ordering::SeqCst),
        )
    }

    /// A rule for it.
    pub(crate) fn rule(&self) -> HttpRule {
        HttpRule {
            tls: false,
            host: NAME.to_owned(),
            port: self.port,
            methods: Vec::new(),
            paths: Vec::new(),
            headers: Vec::new(),
        }
    }

    /// Any request to it.
    pub(crate) fn granted(&self) -> Grants {
        allow([self.rule()])
    }
}

pub(crate) fn allow(http: impl IntoIterator<Item = HttpRule>) -> Grants {
    Grants {
        http: http.into_iter().collect(),
        ..Grants::default()
    }
}

fn attend(line: &mut dyn Line, serve: Serve, heads: &Mutex<Vec<String>>) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match line.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return,
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    heads.lock().unwrap().push(head.clone());
    serve(line, &head);
}

/// Answers with a text.
pub(crate) fn hello(line: &mut dyn Line, _head: &str) {
    let _ = line.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
}

/// Reads to the end of the connection.
pub(crate) fn listen(line: &mut dyn Line, _head: &str) {
    let _ = std::io::copy(line, &mut std::io::sink());
}

/// A network in which every name leads to this machine. It remembers who was asked for.
pub(crate) struct Spy {
    asked: Mutex<Vec<String>>,
    direct: DirectDial,
}

impl Spy {
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Dial for Spy {
    fn dial<'a>(&'a self, host: &'a str, port: u16) -> Dialed<'a> {
        self.asked.lock().unwrap().push(format!("{host}:{port}"));
        if host == "private.example" {
            return self.direct.dial("10.0.0.1", port);
        }
        if host == "nowhere.example" {
            return Box::pin(async { Err(DialError::NoAddress) });
        }
        self.direct.dial("127.0.0.1", port)
    }
}

/// A sandbox with such a network.
pub(crate) fn online() -> (Sandbox, Arc<Spy>) {
    let spy = Arc::new(Spy {
        asked: Mutex::default(),
        direct: DirectDial::new(Ranges::parse(["127.0.0.0/8"]).unwrap()),
    });
    let config = SandboxConfig {
        dial: Arc::<Spy>::clone(&spy),
        trust: Arc::new(Trust::with_pem(AUTHORITY).unwrap()),
        ..SandboxConfig::default()
    };
    (Sandbox::new(&config).unwrap(), spy)
}

/// Whether nobody is connected any more, after a little while.
pub(crate) fn is_left_alone(server: &Server) -> bool {
    for _ in 0..100 {
        if server.connections().0 == 0 {
            return true;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    false
}

/// Sends nothing, and reads nothing.
pub(crate) fn mute() -> (u16, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    (listener.local_addr().unwrap().port(), listener)
}

/// Writes in a loop, until the other end is gone.
pub(crate) fn pour(line: &mut dyn Line, head: &[u8], part: &[u8], pause: u64) {
    let mut written = line.write_all(head);
    while written.is_ok() {
        std::thread::sleep(std::time::Duration::from_millis(pause));
        written = line.write_all(part).and_then(|()| line.flush());
    }
}

/// Connects, to see that the listener is there.
pub(crate) fn reaches(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}
