//! Connecting, in a process that may.

use super::{Dial, DialError, Dialed};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use stepwell_egress::Ranges;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

/// How long looking up a name and connecting may take together.
const PATIENCE: Duration = Duration::from_secs(10);

/// Addresses of a name that are tried.
const ADDRESSES: usize = 8;

/// Connects from this process to the public internet and to what the host opened besides.
#[derive(Debug, Clone, Default)]
pub struct DirectDial {
    open: Ranges,
}

impl DirectDial {
    /// Connects to addresses of the public internet, and to those in `open`.
    #[must_use]
    pub fn new(open: Ranges) -> Self {
        Self { open }
    }
}

impl Dial for DirectDial {
    fn dial<'a>(&'a self, host: &'a str, port: u16) -> Dialed<'a> {
        Box::pin(dial(&self.open, host, port, look_up))
    }
}

async fn look_up(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    Ok(tokio::net::lookup_host((host, port)).await?.collect())
}

/// The name is looked up once, and only addresses that were looked at are connected to: a name server
/// that answers differently the next time is not asked again.
async fn dial(
    open: &Ranges,
    host: &str,
    port: u16,
    look_up: impl AsyncFnOnce(&str, u16) -> io::Result<Vec<SocketAddr>>,
) -> Result<std::net::TcpStream, DialError> {
    let deadline = Instant::now() + PATIENCE;
    let late = || DialError::Failed(format!("no answer within {} s", PATIENCE.as_secs()));
    let found = timeout_at(deadline, look_up(host, port))
        .await
        .map_err(|_| late())?
        .map_err(|_| DialError::NoAddress)?;
    let Some(first) = found.first().copied() else {
        return Err(DialError::NoAddress);
    };
    let mut allowed: Vec<SocketAddr> = found
        .into_iter()
        .filter(|address| open.may_connect(address.ip()))
        .collect();
    allowed.truncate(ADDRESSES);
    let mut result = Err(DialError::Denied(format!(
        "{} is not an address of the public internet",
        first.ip()
    )));
    let mut left = u32::try_from(allowed.len()).unwrap_or(1);
    for address in allowed {
        // One that does not answer leaves time for the others.
        let share = deadline.saturating_duration_since(Instant::now()) / left.max(1);
        left = left.saturating_sub(1);
        result = match timeout_at(Instant::now() + share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                return stream
                    .into_std()
                    .map_err(|error| DialError::Failed(error.to_string()));
            }
            Ok(Err(error)) => Err(DialError::Failed(error.to_string())),
            Err(_) => Err(late()),
        };
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::net::TcpListener;

    fn run<T>(work: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
            .block_on(work)
    }

    #[test]
    fn a_name_is_looked_up_once_and_the_address_that_was_checked_is_connected_to() {
        let listener = TcpListener::bind("127.0.0.2:0").unwrap();
        let there = listener.local_addr().unwrap();
        let asked = Cell::new(0);
        let look_up = async |_: &str, _: u16| {
            asked.set(asked.get() + 1);
            // Of three only the last is opened.
            Ok(vec![
                "127.0.0.1:1".parse().unwrap(),
                "169.254.169.254:80".parse().unwrap(),
                there,
            ])
        };
        let open = Ranges::parse(["127.0.0.2"]).unwrap();
        let stream = run(dial(&open, "flips.example", 1, look_up)).unwrap();
        assert_eq!(stream.peer_addr().unwrap(), there);
        assert_eq!(asked.get(), 1);
    }

    #[test]
    fn a_name_that_leads_to_a_private_address_is_denied() {
        for address in [
            "127.0.0.1:80",
            "[::1]:80",
            "10.1.2.3:80",
            "169.254.169.254:80",
        ] {
            let look_up = async |_: &str, _: u16| Ok(vec![address.parse().unwrap()]);
            let denied = run(dial(&Ranges::default(), "rebound.example", 80, look_up));
            assert!(matches!(denied, Err(DialError::Denied(_))), "{denied:?}");
        }
        let denied = run(DirectDial::default().dial("localhost", 80)).unwrap_err();
        assert!(matches!(denied, DialError::Denied(_)), "{denied:?}");
    }

    #[test]
    fn a_name_without_an_address_and_a_closed_port_are_told_apart() {
        let open = Ranges::parse(["127.0.0.0/8"]).unwrap();
        let nothing = async |_: &str, _: u16| Ok(Vec::new());
        let error = run(dial(&open, "nowhere.example", 80, nothing)).unwrap_err();
        assert_eq!(error, DialError::NoAddress);
        let failing = async |_: &str, _: u16| Err(io::Error::other("no such name"));
        let error = run(dial(&open, "nowhere.example", 80, failing)).unwrap_err();
        assert_eq!(error, DialError::NoAddress);
        let free = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let closed = async |_: &str, _: u16| Ok(vec![free]);
        let error = run(dial(&open, "closed.example", 80, closed)).unwrap_err();
        assert!(matches!(error, DialError::Failed(_)), "{error:?}");
    }
}
