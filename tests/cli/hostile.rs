//! Hostile input through the binary: whatever comes in, it ends in time, with a code that means something,
//! and leaves no file under the final name after an error.
//!
//! `PAGEMILL_HOSTILE_SECONDS` and `PAGEMILL_HOSTILE_SEED` make it go on for longer, and elsewhere.

use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support;
use crate::support::inputs::{ODD_LAYOUT, odd, sample, schemaless};
use crate::support::mutate::{Random, mutate};
use crate::support::raw::Raw;
use crate::support::{command, folder};
use pagemill::format::Format;

/// Flags that change how things are read and written; each is taken now and then.
const FLAGS: [&[&str]; 46] = [
    &["--no-headers"],
    &["--ragged", "pad"],
    &["--tsv-escapes"],
    &["--types", "text"],
    &["--nested", "json"],
    &["--unflatten"],
    &["--pretty"],
    &["--strict"],
    &["--quote-all"],
    &["--crlf"],
    &["--no-quoting"],
    &["--comment", "#"],
    &["--escape", "\\"],
    &["-d", ";"],
    &["--quote", "'"],
    &["--columns", "first"],
    &["--columns", "a,b,c"],
    &["--records-at", "/a"],
    &["--records-at", "/data/items"],
    &["--max-depth", "3"],
    &["--frame", "varint"],
    &["--frame", "u16be"],
    &["--frame", "u64le"],
    &["--payload", "json"],
    &["--payload", "text"],
    &["--payload", "msgpack"],
    &["--payload", "cbor"],
    &["--canonical"],
    &["--bytes", "text"],
    &["--invalid-utf8", "replace"],
    &["--op", "upper,trim"],
    &["--op", "reverse,lower"],
    &["--op", "wordcount"],
    &["--select", "a"],
    &["--drop", "b"],
    &["--rename", "a=z"],
    &["--max-record-size", "64"],
    &["--dialect", "mysql"],
    &["--dialect", "postgres"],
    &["--out-dialect", "mysql"],
    &["--skip-space"],
    &["-d", "||"],
    &["-d", "auto"],
    &["--ragged", "pad,truncate,trailing"],
    &["--ragged", "extra"],
    &["--null", "1,x,"],
];

#[test]
fn hostile_input_ends_well() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let (seconds, seed) = (number("PAGEMILL_HOSTILE_SECONDS"), number("PAGEMILL_HOSTILE_SEED").unwrap_or(1));
    let mut bases: Vec<(Format, Vec<u8>)> = odd().into_iter().map(|(format, _, bytes)| (format, bytes)).collect();
    let formats = schemaless();
    for format in formats.clone() {
        bases.push((format, sample(format, &Raw::default(), 20)));
    }
    let (here, started) = (folder(), Instant::now());
    let (mut codes, mut turn) = ([0u64; 5], 0u64);
    loop {
        match seconds {
            Some(seconds) if started.elapsed().as_secs() >= seconds => break,
            None if turn >= 1500 => break,
            _ => {}
        }
        let mut random = Random(seed << 32 | turn);
        turn += 1;
        let (format, mut input) = bases[random.below(bases.len())].clone();
        if random.below(6) == 0 {
            input = (0..random.below(600)).map(|_| random.next() as u8).collect();
        }
        mutate(&mut input, &mut random);
        let from = if random.below(4) == 0 { formats[random.below(formats.len())] } else { format };
        let to = formats[random.below(formats.len())];
        fs::write(here.path().join("in"), &input).unwrap();
        let mut arguments = vec!["convert", "in", "-o", "out", "-f", from.name(), "-t", to.name(), "-q"];
        let layout = random.one(&[ODD_LAYOUT, "a:u8,s:skip1", "line:text40", "value:f64le", "a:3,line:2b,s:skip1"]);
        if [from, to].contains(&Format::Fixed) || [from, to].contains(&Format::Fwf) {
            arguments.extend(["--layout", layout]);
        }
        arguments.extend(["--slice-size", random.one(&["1", "2", "7", "64", "1000", "512KiB"])]);
        arguments.extend(["-j", random.one(&["1", "2", "3"]), "--io", random.one(&["auto", "read"])]);
        arguments.extend(["--on-error", random.one(&["fail", "skip"])]);
        let plain = arguments.len();
        for _ in 0..random.below(3) {
            arguments.extend_from_slice(random.one(&FLAGS));
        }
        // A flag that is for other formats ends the command before it reads anything.
        if command(here.path()).args(&arguments).arg("--explain").output().unwrap().stderr.starts_with(b"pagemill: `--")
        {
            arguments.truncate(plain);
        }
        let what = || {
            let seen = format!("seed {seed} turn {}: {arguments:?}\n{:?}", turn - 1, String::from_utf8_lossy(&input));
            let kept = std::env::temp_dir().join(format!("pagemill-hostile-{seed}-{}", turn - 1));
            let _ = fs::write(&kept, &input);
            format!("{seen}\ninput kept as {}", kept.display())
        };
        let mut child =
            command(here.path()).args(&arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if begun.elapsed() > Duration::from_secs(10) {
                let _ = child.kill();
                panic!("it hangs: {}", what());
            }
            std::thread::sleep(Duration::from_micros(300));
        };
        let mut stderr = String::new();
        std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut stderr).unwrap();
        let code = status.code();
        assert!(matches!(code, Some(0 | 1 | 2 | 4)), "it ends with {status}: {}\n{stderr}", what());
        let code = code.unwrap_or(0) as usize;
        codes[code] += 1;
        let out = here.path().join("out");
        assert_eq!(out.exists(), code == 0, "it ends with {code}: {}\n{stderr}", what());
        assert!(code == 0 || stderr.starts_with("pagemill: "), "an error that says nothing: {}\n{stderr}", what());
        let _ = fs::remove_file(&out);
        assert_eq!(support::names(here.path()), ["in"], "something was left behind: {}", what());
    }
    println!("{turn} runs, by exit code: {codes:?}");
    // Both ways are taken: the input is neither all rubbish nor all good.
    assert!(codes[0] * 20 > turn && codes[1] * 20 > turn, "{codes:?}");
}
