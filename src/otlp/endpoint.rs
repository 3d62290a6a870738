//! Where a collector is.

use std::fmt;

/// The path for metrics, where an address has none: "OTLP Exporter Configuration" of OpenTelemetry's specification.
const PATH: &str = "/v1/metrics";

/// The address of a collector for metrics over HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint(String);

impl Endpoint {
    /// Reads an address such as `http://localhost:4318`; one without a path gets `/v1/metrics`.
    ///
    /// # Errors
    /// Why it is none, as a phrase.
    pub fn parse(text: &str) -> Result<Endpoint, &'static str> {
        let lower = text.get(..8).unwrap_or(text).to_ascii_lowercase();
        let (scheme, rest) = match lower {
            lower if lower.starts_with("http://") => ("http://", &text[7..]),
            lower if lower.starts_with("https://") => ("https://", &text[8..]),
            _ => return Err("it does not begin with http:// or https://"),
        };
        if text.bytes().any(|byte| !byte.is_ascii_graphic()) {
            return Err("it has characters that an address can't have");
        }
        let (host, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        if host.contains('@') {
            return Err("it has a user or a password, which others could read in the list of processes");
        }
        let port = host.rsplit(']').next().and_then(|rest| rest.split_once(':'));
        if host.is_empty() || host.starts_with(':') || port.is_some_and(|(_, port)| port.parse::<u16>().is_err()) {
            return Err("it has no host, or a bad port");
        }
        if path.contains(['?', '#']) {
            return Err("it has a query, which is where secrets are");
        }
        let path = if path.is_empty() || path == "/" { PATH } else { path };
        Ok(Endpoint(format!("{scheme}{host}{path}")))
    }

    /// The address.
    pub fn url(&self) -> &str {
        &self.0
    }

    /// Its host and port, for messages.
    pub fn host(&self) -> &str {
        self.0.split('/').nth(2).unwrap_or_default()
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_completed() {
        let url = |text: &str| Endpoint::parse(text).map(|endpoint| endpoint.url().to_owned());
        let table = [
            ("http://localhost:4318", "http://localhost:4318/v1/metrics"),
            ("HTTPS://collector/", "https://collector/v1/metrics"),
            ("http://[::1]:4318/otlp/v1/metrics", "http://[::1]:4318/otlp/v1/metrics"),
            ("https://c.example/in", "https://c.example/in"),
        ];
        for (text, whole) in table {
            assert_eq!(url(text).as_deref(), Ok(whole));
        }
        for text in [
            "",
            "localhost:4318",
            "grpc://a",
            "http://",
            "http://:80",
            "http:///v1",
            "http://a:b",
            "http://a:99999",
            "http://u:p@a",
            "http://a/?token=x",
            "http://a b",
            "http://a\n",
            "htt\u{e9}p://a",
        ] {
            assert!(url(text).is_err(), "{text}");
        }
        assert_eq!(Endpoint::parse("http://a:1/b").unwrap().host(), "a:1");
    }
}
