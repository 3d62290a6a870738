//! Who may ask for what. A web page elsewhere must not be able to read what a run does, even on the machine of the one
//! who looks at that page; and what is not on the loopback interface needs a token.

use axum::extract::{Request, State};
use axum::http::header::{
    ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, COOKIE, HOST, HeaderMap, HeaderName,
    LOCATION, ORIGIN, REFERRER_POLICY, SET_COOKIE, TRANSFER_ENCODING, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

use super::address::Names;
use super::random::secret;
use super::token::{Token, same};

/// With every answer.
const HEADERS: [(HeaderName, &str); 5] = [
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
    (CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Lets requests in, or refuses them.
pub(super) struct Gate {
    names: Names,
    token: Option<Token>,
    /// What a browser gets in place of the token: cookies go to all ports of a host.
    session: String,
    cookie: String,
}

/// Why a request is not answered.
#[derive(Debug, PartialEq, Eq)]
enum Refusal {
    Method,
    Host,
    Origin,
    CrossSite,
    Body,
    Token,
    /// It had the token in its address; it is to go on without, to this one.
    GoTo(String),
}

impl Gate {
    pub fn new(names: Names, token: Option<Token>, port: u16) -> Gate {
        Gate { names, token, session: secret(), cookie: format!("pagemill_{port}") }
    }

    fn judge(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
        if method != Method::GET && method != Method::HEAD {
            return Err(Refusal::Method);
        }
        let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        let host = text(&HOST).filter(|host| self.names.admit(host)).ok_or(Refusal::Host)?;
        if headers.get_all(HOST).iter().count() > 1 || uri.authority().is_some_and(|own| own.as_str() != host) {
            return Err(Refusal::Host);
        }
        if headers.contains_key(ORIGIN) && !text(&ORIGIN).is_some_and(|origin| is_of(origin, host)) {
            return Err(Refusal::Origin);
        }
        let fetch = |name: &'static str| text(&HeaderName::from_static(name));
        // Following a link to the page is harmless: who sent the link does not see it.
        let opens = uri.path() == "/" && fetch("sec-fetch-mode") == Some("navigate");
        if fetch("sec-fetch-site").is_some_and(|site| site.eq_ignore_ascii_case("cross-site")) && !opens {
            return Err(Refusal::CrossSite);
        }
        if headers.contains_key(TRANSFER_ENCODING) || text(&CONTENT_LENGTH).is_some_and(|length| length != "0") {
            return Err(Refusal::Body);
        }
        self.token(uri, headers)
    }

    fn token(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
        let Some(token) = &self.token else { return Ok(()) };
        if uri.path() == "/healthz" {
            return Ok(());
        }
        if let Some(given) = headers.get(AUTHORIZATION) {
            let bearer = given.as_bytes().split_at_checked(7).filter(|(how, _)| how.eq_ignore_ascii_case(b"bearer "));
            return if bearer.is_some_and(|(_, given)| token.is(given)) { Ok(()) } else { Err(Refusal::Token) };
        }
        let query = uri.query().into_iter().flat_map(|query| query.split('&'));
        if let Some(given) = query.clone().find_map(|pair| pair.strip_prefix("token=")) {
            if !token.is(&decoded(given)) {
                return Err(Refusal::Token);
            }
            let rest: Vec<&str> = query.filter(|pair| !pair.starts_with("token=")).collect();
            // Two slashes at the beginning would be another host.
            let path = format!("/{}", uri.path().trim_start_matches(['/', '\\']));
            return Err(Refusal::GoTo(if rest.is_empty() { path } else { format!("{path}?{}", rest.join("&")) }));
        }
        let cookies = headers.get_all(COOKIE).iter().flat_map(|cookies| cookies.as_bytes().split(|byte| *byte == b';'));
        let mut values = cookies.filter_map(|cookie| {
            cookie.trim_ascii().strip_prefix(self.cookie.as_bytes()).and_then(|rest| rest.strip_prefix(b"="))
        });
        if values.any(|value| same(self.session.as_bytes(), value)) { Ok(()) } else { Err(Refusal::Token) }
    }

    fn refuse(&self, refusal: Refusal) -> Response {
        let (status, why) = match &refusal {
            Refusal::Method => (StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD: nothing can be changed here\n"),
            Refusal::Host => (
                StatusCode::MISDIRECTED_REQUEST,
                "this dashboard has another name: ask for localhost, or for the host that pagemill was given\n",
            ),
            Refusal::Origin => (StatusCode::FORBIDDEN, "the request comes from another page\n"),
            Refusal::CrossSite => (StatusCode::FORBIDDEN, "the request comes from another site\n"),
            Refusal::Body => (StatusCode::PAYLOAD_TOO_LARGE, "a request has no body here\n"),
            Refusal::Token => (
                StatusCode::UNAUTHORIZED,
                "this needs the token that pagemill was given: as `Authorization: Bearer`, or once as ?token=\n",
            ),
            Refusal::GoTo(_) => (StatusCode::SEE_OTHER, ""),
        };
        let mut answer = (status, why).into_response();
        let headers = answer.headers_mut();
        match refusal {
            Refusal::Method => _ = headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD")),
            Refusal::Token => _ = headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")),
            Refusal::GoTo(path) => {
                let cookie = format!("{}={}; Path=/; HttpOnly; SameSite=Strict", self.cookie, self.session);
                for (name, value) in [(LOCATION, path), (SET_COOKIE, cookie)] {
                    if let Ok(value) = HeaderValue::from_str(&value) {
                        headers.insert(name, value);
                    }
                }
            }
            _ => {}
        }
        answer
    }
}

/// Whether an origin is that of this host.
fn is_of(origin: &str, host: &str) -> bool {
    let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host))
}

/// A text of a query, in which bytes may stand as `%41`.
fn decoded(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = bytes.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        let code = code.and_then(|code| std::str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    out
}

/// Stands before all answers.
pub(super) async fn guard(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Response {
    let mut answer = match gate.judge(request.method(), request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => gate.refuse(refusal),
    };
    for (name, value) in HEADERS {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::super::address::Address;
    use super::*;

    const SECRET: &str = "0123456789abcdef0123456789abcdef+";

    fn gate(token: Option<&str>) -> Gate {
        let names = Address::parse("box.example:8080").expect("an address").names();
        Gate::new(names, token.map(|token| Token::new(token).expect("a token")), 8080)
    }

    fn judge(gate: &Gate, uri: &str, headers: &[(&'static str, &str)]) -> Result<(), Refusal> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::from_static(name), HeaderValue::from_str(value).expect("a value"));
        }
        if !map.contains_key(HOST) {
            map.insert(HOST, HeaderValue::from_static("localhost:8080"));
        }
        gate.judge(&Method::GET, &uri.parse().expect("an address"), &map)
    }

    #[test]
    fn other_pages_are_kept_out() {
        let gate = gate(None);
        let ask = |headers: &[(&'static str, &str)]| judge(&gate, "/api/snapshot", headers);
        assert_eq!(ask(&[]), Ok(()));
        assert_eq!(ask(&[("host", "evil.example")]), Err(Refusal::Host));
        assert_eq!(ask(&[("host", "localhost"), ("host", "evil.example")]), Err(Refusal::Host));
        assert_eq!(ask(&[("origin", "http://localhost:8080")]), Ok(()));
        assert_eq!(ask(&[("host", "box.example"), ("origin", "https://BOX.example")]), Ok(()));
        for origin in ["http://localhost:3000", "http://evil.example", "null", "localhost:8080", ""] {
            assert_eq!(ask(&[("origin", origin)]), Err(Refusal::Origin), "{origin}");
        }
        assert_eq!(ask(&[("sec-fetch-site", "same-origin")]), Ok(()));
        assert_eq!(ask(&[("sec-fetch-site", "cross-site")]), Err(Refusal::CrossSite));
        let link = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")];
        assert_eq!(judge(&gate, "/", &link), Ok(()));
        assert_eq!(judge(&gate, "/metrics", &link), Err(Refusal::CrossSite));
        assert_eq!(ask(&[("content-length", "3")]), Err(Refusal::Body));
        assert_eq!(ask(&[("transfer-encoding", "chunked")]), Err(Refusal::Body));
    }

    #[test]
    fn a_token_is_asked_for() {
        let gate = gate(Some(SECRET));
        let ask = |uri: &str, headers: &[(&'static str, &str)]| judge(&gate, uri, headers);
        assert_eq!((ask("/", &[]), ask("/healthz", &[])), (Err(Refusal::Token), Ok(())));
        let bearer = format!("bearer {SECRET}");
        assert_eq!(ask("/", &[("authorization", &bearer)]), Ok(()));
        assert_eq!(ask("/", &[("authorization", &bearer[..bearer.len() - 1])]), Err(Refusal::Token));
        assert_eq!(ask("/", &[("authorization", "short")]), Err(Refusal::Token));
        // A plus is itself: an address is no form.
        let goes = |uri: &str| ask(uri, &[]);
        assert_eq!(goes(&format!("/?token={SECRET}")), Err(Refusal::GoTo("/".into())));
        assert_eq!(
            goes(&format!("/metrics?a=1&token={}", SECRET.replace('+', "%2b"))),
            Err(Refusal::GoTo("/metrics?a=1".into()))
        );
        assert_eq!(goes(&format!("//evil.example?token={SECRET}")), Err(Refusal::GoTo("/evil.example".into())));
        assert_eq!(goes("/?token=x"), Err(Refusal::Token));
        let cookie = |value: &str| format!("other=1; pagemill_8080={value}");
        assert_eq!(ask("/", &[("cookie", &cookie(&gate.session))]), Ok(()));
        assert_eq!(ask("/", &[("cookie", &cookie(SECRET))]), Err(Refusal::Token));
        // Who has a token is still kept out where a page elsewhere asks.
        assert_eq!(ask("/", &[("authorization", &bearer), ("origin", "null")]), Err(Refusal::Origin));
    }

    #[test]
    fn codes_in_an_address() {
        assert_eq!((decoded("a%2Bb%"), decoded("%zz%4"), decoded("")), (b"a+b%".to_vec(), b"%zz%4".to_vec(), vec![]));
    }
}
