//! The files of the page, which are in the program.

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

macro_rules! assets {
    ($($name:literal: $kind:expr),* $(,)?) => {
        &[$(($name, $kind, include_str!(concat!("page/", $name)))),*]
    };
}

/// Their names, types and texts.
static FILES: &[(&str, &str, &str)] = assets![
    "index.html": HTML,
    "style.css": CSS,
    "icon.svg": SVG,
    "app.js": SCRIPT,
    "bad.js": SCRIPT,
    "charts.js": SCRIPT,
    "dom.js": SCRIPT,
    "format.js": SCRIPT,
    "header.js": SCRIPT,
    "history.js": SCRIPT,
    "lane.js": SCRIPT,
    "lists.js": SCRIPT,
    "minutes.js": SCRIPT,
    "model.js": SCRIPT,
    "plot.js": SCRIPT,
    "scale.js": SCRIPT,
    "stream.js": SCRIPT,
    "tiles.js": SCRIPT,
];

/// The answer to a request for one of them; nothing is the page itself.
pub(super) fn answer(name: &str) -> Response {
    let name = if name.is_empty() { "index.html" } else { name };
    match FILES.iter().find(|(own, ..)| *own == name) {
        Some((_, kind, text)) => ([(CONTENT_TYPE, *kind)], *text).into_response(),
        None => (StatusCode::NOT_FOUND, "there is nothing here\n").into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_page_is_there() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/dashboard/page");
        let found = std::fs::read_dir(folder).expect("the page");
        let mut found: Vec<String> =
            found.map(|entry| entry.expect("a file").file_name().to_string_lossy().into_owned()).collect();
        let mut there: Vec<&str> = FILES.iter().map(|(name, ..)| *name).collect();
        found.sort();
        there.sort_unstable();
        assert_eq!(found, there);
    }

    /// The policy of the page allows neither scripts nor styles in it, nor anything from elsewhere.
    #[test]
    fn nothing_is_inline_or_from_elsewhere() {
        for (name, _, text) in FILES {
            for part in [" style=\"", "<style", " onclick", "https://", "eval(", "innerHTML", "insertAdjacentHTML"] {
                assert!(!text.contains(part), "{name} has {part}");
            }
            assert!(!text.replace("http://www.w3.org/", "").contains("http://"), "{name}");
        }
        let index = FILES[0].2;
        assert_eq!(index.matches("<script").count(), index.matches("<script type=\"module\" src=\"").count());
    }
}
