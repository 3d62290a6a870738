//! Headers of requests, as `OTEL_EXPORTER_OTLP_HEADERS` has them.

/// A header. It may be a secret, so it is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Header {
    /// Its name, in lower case.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// Reads `name=value,name=value`; values are percent-encoded: "OTLP Exporter Configuration" of OpenTelemetry's
/// specification, which refers to W3C Baggage.
///
/// # Errors
/// Which part is no header, from 1. Its text is not given: it may be a secret.
pub fn headers(text: &str) -> Result<Vec<Header>, usize> {
    let parts = text.split(',').enumerate().filter(|(_, part)| !part.trim().is_empty());
    parts.map(|(index, part)| header(part).ok_or(index + 1)).collect()
}

fn header(part: &str) -> Option<Header> {
    let (name, value) = part.split_once('=')?;
    // What comes after a semicolon is about the header, says Baggage; OpenTelemetry has no use for it.
    let value = decoded(value.split(';').next()?.trim())?;
    let name = name.trim().to_ascii_lowercase();
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let good = !name.is_empty() && name.bytes().all(is_token);
    // A value that breaks the line would be a header of its own.
    let good = good && value.bytes().all(|byte| byte == b'\t' || (b' '..=b'~').contains(&byte));
    good.then_some(Header { name, value })
}

/// A text without percent-encoding.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|_| *first == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None if *first == b'%' => return None,
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_headers() {
        let read = |text: &str| {
            let read = headers(text)?;
            Ok::<_, usize>(
                read.into_iter().map(|Header { name, value }| format!("{name}: {value}")).collect::<Vec<_>>(),
            )
        };
        assert_eq!(read("Api-Key=abc%3D%20d, x = y ;p=1,"), Ok(vec!["api-key: abc= d".into(), "x: y".into()]));
        assert_eq!((read(""), read(" , ")), (Ok(vec![]), Ok(vec![])));
        for text in ["a=b,c", "a=b,=c", "a=b,c d=e", "a=b,c=%0d%0ax", "a=b,c=%f", "a=b,c=%+1", "a=b,c=%ff"] {
            assert_eq!(read(text), Err(2), "{text}");
        }
    }
}
