//! What is left out at both ends of an input, on random texts: the same as a conversion of a text that was cut by hand, in
//! every way of reading.

use std::fs;

use pagemill::format::Format;
use pagemill::job::{Io, Job, Settings, SourceSpec, TargetSpec};

/// A generator of numbers below a bound.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % bound
    }

    fn text(&mut self, alphabet: &[&str], most: usize) -> String {
        let len = self.below(most + 1);
        (0..len).map(|_| alphabet[self.below(alphabet.len())]).collect()
    }
}

/// The output of a conversion.
fn converted(source: SourceSpec, change: &dyn Fn(&mut Settings)) -> Vec<u8> {
    let job = Job::new(source, TargetSpec::Memory).with(|settings| {
        settings.to = Some(Format::Ndjson);
        change(settings);
    });
    job.run().unwrap().output
}

/// The same in every way of reading.
fn in_all_ways(text: &str, expected: &[u8], change: &dyn Fn(&mut Settings)) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.csv");
    fs::write(&path, text).unwrap();
    for (workers, slice_size) in [(1, 1), (2, 7), (7, 1), (2, 0)] {
        for way in 0..3 {
            let source = if way == 2 { SourceSpec::bytes(text) } else { SourceSpec::from(&path) };
            let found = converted(source, &|settings| {
                change(settings);
                (settings.workers, settings.slice_size) = (workers, slice_size);
                settings.io = if way == 1 { Io::Read } else { Io::Auto };
            });
            let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            assert_eq!(
                shown(&found),
                shown(expected),
                "{text:?}, way {way}, {workers} workers, slices of {slice_size}"
            );
        }
    }
}

/// Where lines of CSV begin: after a line feed, a carriage return, or both.
fn starts(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let ends = |at: usize| match bytes[at] {
        b'\n' => true,
        b'\r' => bytes.get(at + 1) != Some(&b'\n'),
        _ => false,
    };
    let behind = (0..bytes.len()).filter(|at| ends(*at)).map(|at| at + 1).filter(|at| *at < bytes.len());
    if bytes.is_empty() { Vec::new() } else { std::iter::once(0).chain(behind).collect() }
}

#[test]
fn lines_at_both_ends() {
    let mut random = Random(7);
    for _ in 0..60 {
        // Around the table may be anything, so long as quotes in it do not reach into the table.
        let junk = ["x", ",", "\n", "\r", "\r\n", "é", "\"", "yy"];
        let mut before = random.text(&junk, 12);
        before.push('\n');
        let after = random.text(&junk, 12);
        let rows: String = (0..random.below(20)).map(|n| format!("{n},\"a\n{}\"\r\n", "b".repeat(n))).collect();
        let table = format!("id,t\n{rows}");
        let text = format!("{before}{table}{after}");
        let all = starts(&text);
        let first = all.iter().filter(|at| **at < before.len()).count() as u64;
        let last = all.iter().filter(|at| **at >= before.len() + table.len()).count() as u64;
        let csv = |settings: &mut Settings| settings.from = Some(Format::Csv);
        let expected = converted(SourceSpec::bytes(table.as_str()), &csv);
        in_all_ways(&text, &expected, &|settings| {
            csv(settings);
            (settings.skip.lines, settings.skip.footer) = (first, last);
        });
        in_all_ways(&text, &expected, &|settings| {
            csv(settings);
            (settings.skip.until, settings.skip.footer) = (Some("^id,t$".into()), last);
        });
    }
}

#[test]
fn records_after_the_header() {
    let mut random = Random(11);
    for round in 0..80u64 {
        let count = random.below(30);
        let mut rows = Vec::new();
        for _ in 0..count {
            let (quoted, plain) = (random.text(&["a", ",", "\n", "\r\n", "\"\"", "é"], 6), random.text(&["b", "7"], 4));
            let blank = if random.below(4) == 0 { "\n\r\n" } else { "" };
            let end = ["\n", "\r\n"][random.below(2)];
            rows.push(format!("{blank}\"{quoted}\",x{plain}{end}"));
        }
        let skip = random.below(count + 3);
        let text = format!("a,b\n{}", rows.concat());
        let left = format!("a,b\n{}", rows[skip.min(count)..].concat());
        // Half of them with a comment mark, which takes another way.
        let csv = |settings: &mut Settings| {
            settings.from = Some(Format::Csv);
            settings.options.dialect.comment = (round % 2 == 0).then(|| "##".into());
        };
        let expected = converted(SourceSpec::bytes(left.as_str()), &csv);
        in_all_ways(&text, &expected, &|settings| {
            csv(settings);
            settings.skip.records = skip as u64;
        });
    }
}

/// Comments of several bytes, cut in the middle of the mark too.
#[test]
fn comments_of_several_bytes() {
    let mut random = Random(13);
    for _ in 0..80 {
        let lines = ["## c\n", "##\"\r\n", "#,x\n", "1,2\n", "\"##\",3\n", "\n", "\"a\n##b\",4\r\n", "##"];
        let chosen: Vec<&str> = (0..random.below(25)).map(|_| lines[random.below(lines.len() - 1)]).collect();
        let end = if random.below(2) == 0 { "##" } else { "" };
        let text = format!("##\"first\na,b\n{}{end}", chosen.concat());
        let kept: String = chosen.iter().copied().filter(|line| !line.starts_with("##")).collect();
        let csv = |settings: &mut Settings| settings.from = Some(Format::Csv);
        let expected = converted(SourceSpec::bytes(format!("a,b\n{kept}")), &csv);
        in_all_ways(&text, &expected, &|settings| {
            csv(settings);
            settings.options.dialect.comment = Some("##".into());
        });
    }
}
