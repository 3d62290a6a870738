//! What all pictures share: colours for light and dark pages, and texts that can't be markup.

use std::fmt::Display;

/// The width of a chart in pixels, and what is left of it for labels.
pub const WIDTH: f64 = 720.0;
/// See [`WIDTH`].
pub const LEFT: f64 = 90.0;

const STYLE: &str = "text{fill:#333}.usual{fill:#1f77b4;fill-opacity:.12}.line{fill:none;stroke:#1f77b4;stroke-width:1.5}.odd{fill:#d62728}.run{fill:#1f77b4}.axis{stroke:#999}.other{fill:#8c8c8c}.middle{stroke:#333;stroke-width:2}@media (prefers-color-scheme: dark){text{fill:#ddd}.middle{stroke:#ddd}}";

/// The start of an SVG of this width and height; it ends with `</svg>`.
pub fn begin(width: f64, height: f64, label: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"12\" role=\"img\" aria-label=\"{}\">\n<style>{STYLE}</style>\n",
        escaped(label)
    )
}

/// A page with a title. The title is plain text, the rest is markup.
pub fn page(title: &str, rest: impl Display) -> String {
    let title = escaped(title);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n<style>:root{{color-scheme:light dark}}body{{max-width:75em;margin:2em auto;padding:0 1em;font-family:sans-serif}}table{{border-collapse:collapse;display:block;overflow-x:auto}}th,td{{padding:.2em .6em;border-bottom:1px solid #999;text-align:left;white-space:nowrap}}td:last-child{{white-space:normal;min-width:16em}}</style>\n</head>\n<body>\n<h1>{title}</h1>\n{rest}</body>\n</html>\n"
    )
}

/// A text without markup. XML has no control characters at all.
pub fn escaped(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_no_markup() {
        assert_eq!(escaped("a\x1b[1m\n\"<&>"), "a\u{fffd}[1m\u{fffd}&quot;&lt;&amp;&gt;");
        assert!(begin(1.0, 2.0, "<a>").contains("aria-label=\"&lt;a&gt;\""));
        assert!(page("<a>", "<p>").contains("<h1>&lt;a&gt;</h1>\n<p>"));
    }
}
