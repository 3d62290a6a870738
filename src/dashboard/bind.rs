//! Taking the port, before anything else happens.

use std::io;

use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime::{Builder, Runtime};

use super::address::Address;
use super::gate::Gate;
use super::token::Token;

/// What the system keeps of an answer that a client does not take yet, in bytes: what is in there is old when it arrives.
const UNSENT: u32 = 64 << 10;
/// Connections that wait to be taken.
const BACKLOG: u32 = 128;

/// A port that is taken. Nobody answers yet.
pub struct Listening {
    pub(super) runtime: Runtime,
    pub(super) listener: TcpListener,
    pub(super) gate: Gate,
    url: String,
    loopback: bool,
}

impl Listening {
    /// Takes the port of an address. Who has no `token` is only let in without one where none was given.
    ///
    /// # Errors
    /// The host has no address, the port is taken or not allowed, or the address is reached from elsewhere and there is no
    /// token: then the kind is [`PermissionDenied`](io::ErrorKind::PermissionDenied) and [`needs_token`] is in it.
    pub fn new(address: &Address, token: Option<Token>) -> io::Result<Listening> {
        let place = address.resolve()?;
        if !place.ip().is_loopback() && token.is_none() {
            return Err(io::Error::other(NeedsToken));
        }
        let runtime = Builder::new_current_thread().enable_all().max_blocking_threads(1).build()?;
        let entered = runtime.enter();
        let socket = if place.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        socket.set_send_buffer_size(UNSENT)?;
        socket.bind(place)?;
        let listener = socket.listen(BACKLOG)?;
        let port = listener.local_addr()?.port();
        drop(entered);
        let gate = Gate::new(address.names(), token, port);
        let loopback = place.ip().is_loopback();
        Ok(Listening { runtime, listener, gate, loopback, url: format!("http://{}:{port}/", address.host()) })
    }

    /// Where the page is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether only this machine reaches it.
    pub fn is_loopback(&self) -> bool {
        self.loopback
    }

    /// Whether an error of [`new`](Self::new) is that a token is missing.
    pub fn needs_token(error: &io::Error) -> bool {
        error.get_ref().is_some_and(|error| error.is::<NeedsToken>())
    }
}

/// The address is reached from elsewhere.
#[derive(Debug)]
struct NeedsToken;

impl std::fmt::Display for NeedsToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an address that others reach needs a token")
    }
}

impl std::error::Error for NeedsToken {}
