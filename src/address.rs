//! Addresses on the network.

/// Whether a text is a host, perhaps with a port: `collector`, `a.example:4318`, `[::1]:80`.
pub(crate) fn is_host(text: &str) -> bool {
    // The colons of an IPv6 address are in brackets.
    let port = text.rsplit(']').next().and_then(|rest| rest.split_once(':'));
    !text.is_empty() && !text.starts_with(':') && port.is_none_or(|(_, port)| port.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_ports() {
        for text in ["a", "a.example:4318", "[::1]", "[::1]:80", "127.0.0.1:65535"] {
            assert!(is_host(text), "{text}");
        }
        for text in ["", ":80", "a:", "a:b", "a:65536", "[::1]:x"] {
            assert!(!is_host(text), "{text}");
        }
    }
}
