//! Rules for alerts.

use std::path::Path;
use std::time::Duration;

use toml::de::{DeTable, DeValue};

use super::fault::Fault;
use super::keys::not_found;
use super::text::line;
use crate::alerts::{Limit, METRICS, Metric, Rule, Severity, metric};
use crate::config::flags::Place;
use crate::config::parse_duration;
use crate::op::nearest;

/// A rule of a configuration: when something is to be said about a run, and to whom.
#[derive(Clone)]
pub struct Alert {
    /// When.
    pub rule: Rule,
    /// A program that is told, and its arguments.
    pub command: Vec<String>,
    /// An address that is told.
    pub webhook: Option<String>,
    /// Where the rule is.
    pub place: Place,
}

/// The keys of a rule.
pub const KEYS: [&str; 8] = ["name", "metric", "above", "below", "for", "severity", "command", "webhook"];

/// The words of `severity`.
pub fn severities() -> [&'static str; 3] {
    Severity::ALL.map(Severity::name)
}

/// The names of metrics.
pub fn metrics() -> Vec<&'static str> {
    METRICS.iter().map(|metric| metric.name).collect()
}

/// What a rule is read from.
pub struct Rules<'r> {
    pub path: &'r Path,
    pub text: &'r str,
    /// The file may name commands.
    pub own: bool,
}

impl Rules<'_> {
    /// The rule that a table means; its faults are added to `faults`.
    pub fn read(&self, table: &DeTable<'_>, at: usize, faults: &mut Vec<Fault>) -> Option<Alert> {
        let place = Place::new(self.path, line(self.text.as_bytes(), at));
        let before = faults.len();
        let (mut name, mut about, mut limits, mut lasting) = (None, None, Vec::new(), Duration::ZERO);
        let (mut severity, mut command, mut webhook) = (Severity::Warning, Vec::new(), None);
        for (key, value) in table.iter() {
            let found = match (&**key.get_ref(), value.get_ref()) {
                ("name", DeValue::String(text)) if !text.is_empty() => {
                    name = Some(text.to_string());
                    Ok(())
                }
                ("metric", DeValue::String(name)) => find_metric(name).map(|found| about = Some(found)),
                (side @ ("above" | "below"), number) => self.number(side, number).map(|number| {
                    limits.push(if side == "above" { Limit::Above(number) } else { Limit::Below(number) });
                }),
                ("for", DeValue::String(text)) => {
                    parse_duration(text).map(|duration| lasting = duration).ok_or_else(|| shape("for"))
                }
                ("severity", DeValue::String(word)) => find_severity(word).map(|found| severity = found),
                (key @ ("command" | "webhook"), _) if !self.own => Err(not_found(key)),
                ("command", DeValue::Array(words)) if !words.is_empty() => {
                    let words: Option<Vec<String>> =
                        words.iter().map(|word| Some(word.get_ref().as_str()?.to_owned())).collect();
                    let words = words.filter(|words| !words[0].is_empty());
                    words.map(|words| command = words).ok_or_else(|| shape("command"))
                }
                ("webhook", DeValue::String(url)) if is_address(url) => {
                    webhook = Some(url.to_string());
                    Ok(())
                }
                (key, _) if KEYS.contains(&key) => Err(shape(key)),
                (key, _) => Err(match nearest(&KEYS, key) {
                    Some(like) => format!("an alert has no key `{key}`\n  Did you mean `{like}`?"),
                    None => format!("an alert has no key `{key}`\n  It has {}.", KEYS.join(", ")),
                }),
            };
            if let Err(what) = found {
                faults.push(Fault::at(self.path, line(self.text.as_bytes(), key.span().start), what));
            }
        }
        let mut missing = |what: &str| faults.push(Fault { place: Some(place.clone()), what: what.to_owned() });
        if !table.iter().any(|(key, _)| *key.get_ref() == "metric") {
            missing("this alert has no `metric`");
        }
        let sides = table.iter().filter(|(key, _)| ["above", "below"].contains(&&**key.get_ref())).count();
        if sides != 1 {
            missing("an alert has either `above` or `below`, with a number");
        }
        if faults.len() > before {
            return None;
        }
        let metric = about?;
        let name = name.unwrap_or_else(|| metric.name.to_owned());
        Some(Alert { rule: Rule { name, metric, limit: limits.pop()?, lasting, severity }, command, webhook, place })
    }

    fn number(&self, side: &str, value: &DeValue<'_>) -> Result<f64, String> {
        let text = match value {
            DeValue::Integer(number) => number.to_string(),
            DeValue::Float(number) => number.to_string(),
            _ => return Err(shape(side)),
        };
        text.parse().ok().filter(|number: &f64| number.is_finite()).ok_or_else(|| shape(side))
    }
}

fn find_metric(name: &str) -> Result<&'static Metric, String> {
    metric(name).ok_or_else(|| match nearest(&metrics(), name) {
        Some(like) => format!("there is no metric `{name}`; did you mean `{like}`?"),
        None => format!("there is no metric `{name}`\n  A metric is one of {}.", metrics().join(", ")),
    })
}

/// Whether a text is an address of HTTP with a host.
fn is_address(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next()?.rsplit('@').next());
    let Some(host) = host.filter(|host| !host.is_empty() && !host.starts_with(':')) else { return false };
    // The colons of an IPv6 address are in brackets.
    let port = host.rsplit(']').next().and_then(|rest| rest.split_once(':'));
    port.is_none_or(|(_, port)| port.parse::<u16>().is_ok())
}

fn find_severity(word: &str) -> Result<Severity, String> {
    let found = Severity::ALL.into_iter().find(|severity| severity.name().eq_ignore_ascii_case(word));
    found.ok_or_else(|| shape("severity"))
}

fn shape(key: &str) -> String {
    match key {
        "name" => "`name` is a text".to_owned(),
        "metric" => "`metric` is the name of a metric, such as metric = \"records_bad_share\"".to_owned(),
        "for" => "`for` is a duration: 250ms, 30s, 5m, 1h or 2d".to_owned(),
        "severity" => format!("`severity` is one of {}", severities().join(", ")),
        "command" => "`command` is a program and its arguments, such as command = [\"mail\", \"me\"]".to_owned(),
        "webhook" => "`webhook` is an address such as https://example.org/alerts".to_owned(),
        side => format!("`{side}` is a number"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_a_host() {
        for url in ["http://a", "https://u:p@a.b:8080/x?y", "http://[::1]:80", "http://[::1]/"] {
            assert!(is_address(url), "{url}");
        }
        for url in ["http://", "https:///x", "http://:80", "https://x:99999/", "ftp://a", "http://a:b/"] {
            assert!(!is_address(url), "{url}");
        }
    }
}
