//! Where the dashboard listens, and the names under which it may be asked for.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::{fmt, io};

/// `[HOST:]PORT`. Without a host it is the loopback interface; port 0 lets the system choose one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    host: Option<String>,
    port: u16,
}

impl Address {
    /// Reads a text such as `8080`, `0.0.0.0:8080`, `localhost:0` or `[::1]:8080`; none: it is something else.
    pub fn parse(text: &str) -> Option<Address> {
        let (host, port) = match text.rsplit_once(':') {
            None => (None, text),
            Some((host, port)) => (Some(host), port),
        };
        if !port.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let port = port.parse().ok()?;
        let Some(host) = host else { return Some(Address { host: None, port }) };
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let is_good = match bare {
            Some(bare) => bare.parse::<std::net::Ipv6Addr>().is_ok(),
            None => !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte)),
        };
        is_good.then(|| Address { host: Some(bare.unwrap_or(host).to_owned()), port })
    }

    /// Whether the system is to choose the port.
    pub fn is_any_port(&self) -> bool {
        self.port == 0
    }

    /// The address to listen on.
    ///
    /// # Errors
    /// The host has no address.
    pub(super) fn resolve(&self) -> io::Result<SocketAddr> {
        let Some(host) = &self.host else { return Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))) };
        let found = (host.as_str(), self.port).to_socket_addrs()?.next();
        found.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "the host has no address"))
    }

    /// The host as it goes into an URL.
    pub(super) fn host(&self) -> String {
        match &self.host {
            None => Ipv4Addr::LOCALHOST.to_string(),
            Some(host) if host.contains(':') => format!("[{host}]"),
            Some(host) => host.clone(),
        }
    }

    /// The names under which the dashboard may be asked for.
    pub(super) fn names(&self) -> Names {
        let host = self.host.clone();
        let every = host.as_deref().and_then(|host| host.parse::<IpAddr>().ok()).is_some_and(|ip| ip.is_unspecified());
        Names { given: host, every }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host(), self.port)
    }
}

/// The names under which the dashboard may be asked for. A web page elsewhere can have its own name point here, but then
/// that is the name in `Host`.
#[derive(Clone, Debug)]
pub(super) struct Names {
    given: Option<String>,
    /// It listens on all addresses: any of them may be named, because no name of a web page is an address.
    every: bool,
}

impl Names {
    /// Whether `Host` names loopback or the host that was given, with any port: a tunnel has one of its own.
    pub fn admit(&self, host: &str) -> bool {
        let Some(name) = without_port(host) else { return false };
        if name.eq_ignore_ascii_case("localhost") {
            return true;
        }
        let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
        match bare.parse::<IpAddr>() {
            Ok(ip) if ip.is_loopback() || self.every => true,
            Ok(ip) => self.given.as_deref().and_then(|given| given.parse::<IpAddr>().ok()) == Some(ip),
            Err(_) => self.given.as_deref().is_some_and(|given| given.eq_ignore_ascii_case(name)),
        }
    }
}

/// The host of `host:port`, or of `[v6]:port`; none: it is neither.
fn without_port(host: &str) -> Option<&str> {
    let end = if host.starts_with('[') { host.find(']')? + 1 } else { host.find(':').unwrap_or(host.len()) };
    let (name, port) = host.split_at(end);
    let digits = port.strip_prefix(':').unwrap_or(port);
    (!name.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) && port.len() != 1).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_are_addresses() {
        for (text, shown) in [
            ("8080", "127.0.0.1:8080"),
            ("0", "127.0.0.1:0"),
            ("localhost:80", "localhost:80"),
            ("0.0.0.0:8080", "0.0.0.0:8080"),
            ("[::1]:8080", "[::1]:8080"),
            ("my-host.example:1", "my-host.example:1"),
        ] {
            assert_eq!(Address::parse(text).map(|address| address.to_string()).as_deref(), Some(shown), "{text}");
        }
        for text in
            ["", "x", "65536", "-1", "+1", "a:", ":80", "::1:80", "[::1]", "[x]:1", "a b:1", "http://a:1", "a/b:1"]
        {
            assert_eq!(Address::parse(text), None, "{text}");
        }
    }

    #[test]
    fn names_that_are_admitted() {
        let names = |text: &str| Address::parse(text).expect("an address").names();
        let local = names("8080");
        for host in ["localhost", "LOCALHOST:9999", "127.0.0.1:8080", "127.8.9.1", "[::1]:80", "[::1]"] {
            assert!(local.admit(host), "{host}");
        }
        for host in [
            "",
            ":80",
            "evil.example",
            "localhost.evil.example",
            "localhost:",
            "localhost:x",
            "10.0.0.7",
            "[::2]:1",
            "[::1",
        ] {
            assert!(!local.admit(host), "{host}");
        }
        let given = names("box.example:80");
        assert!(given.admit("BOX.example:8443") && given.admit("localhost:1") && !given.admit("other.example"));
        let address = names("10.0.0.7:80");
        assert!(address.admit("10.0.0.7:1") && !address.admit("10.0.0.8"));
        let every = names("0.0.0.0:80");
        assert!(every.admit("10.0.0.8:80") && every.admit("[2001:db8::1]:80") && !every.admit("evil.example"));
    }
}
