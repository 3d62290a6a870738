//! The command's own count: `pagemill audit` ends with 0 only if the steady state took no block.

use crate::support::inputs::{flags_for, has_layout, is_columnar, sample};
use crate::support::raw::Raw;
use crate::support::{folder, run};
use pagemill::format::Format;

#[test]
fn audit_finds_no_blocks_in_the_steady_state() {
    let here = folder();
    for from in Format::ALL {
        for to in Format::ALL.into_iter().filter(|to| has_layout(from, *to) && !is_columnar(*to)) {
            let flags = flags_for(from, to);
            let input = sample(from, &flags, 8000);
            std::fs::write(here.path().join("input"), &input).expect("a file");
            for io in ["map", "read"] {
                let Raw { layout, payload, select, .. } = &flags;
                let mut arguments = vec!["audit", "input", "-q", "-j2", "--slice-size", "16KiB", "--io", io];
                arguments.extend(["--report", "report.json", "--force", "-f", from.name(), "-t", to.name()]);
                layout.iter().for_each(|layout| arguments.extend(["--layout", layout]));
                payload.iter().for_each(|payload| arguments.extend(["--payload", payload]));
                select.iter().for_each(|select| arguments.extend(["--select", select]));
                let ran = run(here.path(), &arguments).ends(0);
                let report = std::fs::read(here.path().join("report.json")).expect("a report");
                let report: serde_json::Value = serde_json::from_slice(&report).expect("JSON");
                let shown = format!("{from} to {to}, {io}: {}\n{report}", ran.stdout);
                assert_eq!(report["allocations"]["steady"], 0, "{shown}");
                assert!(report["allocations"]["start"].as_u64() > Some(0), "nothing was counted: {shown}");
                assert!(report["records_out"].as_u64() >= Some(8000), "{shown}");
            }
        }
    }
}

/// Two records of a hundred are bad: nothing is allocated for them, whether they are kept or not.
#[test]
fn bad_records_take_no_blocks_in_the_steady_state() {
    let here = folder();
    let rows = |line: fn(u32) -> String| (0..30_000).map(line).collect::<String>();
    let csv = |n: u32| if n % 50 == 7 { format!("{n},short\n") } else { format!("{n},a name,2.5\n") };
    let odd = |n: u32| if n % 50 == 7 { format!("{n},\"open,2.5\n") } else { format!("{n},a name,2.5\n") };
    // One bad record of another kind after the other.
    let json = |n: u32| match n % 50 {
        7 => match n / 50 % 8 {
            0 => format!("{{\"id\":{n},\"name\":nil}}"),
            1 => format!("{{\"id\":{n},\"name\":\"open}}"),
            2 => format!("{{\"id\":{n},\"name\":[\"a\"}}"),
            3 => format!("{{\"id\":{n} \"name\":1}}"),
            4 => format!("{{\"id\":{n},\"name\":{{\"a\":01}}}}"),
            5 => format!("{{\"id\":{n},\"name\":\"\\x\u{1}\"}}"),
            6 => format!("\"id\":{n},\"name\":{{\"x\":1}}}}"),
            _ => format!("{{\"id\":{n},\"name\":\"a\""),
        },
        _ => format!("{{\"id\":{n},\"name\":\"a name\",\"x\":2.5}}"),
    };
    let lines = (0..30_000).map(|n| json(n) + "\n").collect::<String>();
    let items = (0..30_000).map(json).collect::<Vec<_>>().join(",\n");
    for (from, input, bad) in [
        ("csv", format!("id,name,x\n{}", rows(csv)), 600),
        ("csv", format!("id,name,x\n{}", rows(odd)), 600),
        ("ndjson", lines.clone(), 600),
        ("json", lines, 600),
        ("json", format!("[\n{items}\n]\n"), 600),
    ] {
        std::fs::write(here.path().join("input"), input).expect("a file");
        for policy in [&["skip"][..], &["quarantine", "--quarantine", "bad"]] {
            let arguments = ["audit", "input", "-q", "-j2", "--slice-size", "16KiB", "--report", "report.json"];
            for to in ["ndjson", "csv"] {
                let formats = ["-f", from, "-t", to, "--force", "--on-error"];
                let ran = run(here.path(), arguments.iter().chain(&formats).chain(policy));
                let report = std::fs::read(here.path().join("report.json")).expect("a report");
                let report: serde_json::Value = serde_json::from_slice(&report).expect("JSON");
                assert_eq!(report["records_failed"], bad, "{from} to {to} {policy:?}");
                let steady = &report["allocations"]["steady"];
                assert_eq!(*steady, 0, "{from} to {to} {policy:?}: {}\n{}", ran.stdout, ran.stderr);
                ran.ends(0);
            }
        }
    }
}
