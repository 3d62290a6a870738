//! Flags that change how things are read and written.

use super::raw::Raw;

/// How many ways there are to [`change`] flags.
pub const KINDS: usize = 62;

fn step(flags: &mut Raw, name: &str, text: &str) {
    flags.steps.push((name.to_string(), text.to_string()));
}

fn more(flags: &mut Raw, name: &'static str, text: &str) {
    flags.more.push((name, text.to_string()));
}

/// Changes the flags in one way or another. (A record that is both too large and bad may be told as either, so
/// there is no limit here.)
pub fn change(flags: &mut Raw, which: usize) {
    let some = |text: &str| Some(text.to_string());
    let list = |text: &str| vec![text.to_string()];
    match which {
        0 => flags.no_headers = true,
        1 => flags.ragged = some("pad"),
        2 => flags.tsv_escapes = true,
        3 => flags.types = some("text"),
        4 => flags.nested = some("json"),
        5 => flags.unflatten = true,
        6 => flags.pretty = true,
        7 => flags.strict = true,
        8 => flags.quote_all = true,
        9 => flags.no_quoting = true,
        10 => flags.comment = some("#"),
        11 => flags.escape = some("\\"),
        12 => flags.delimiter = some(";"),
        13 => flags.quote = some("'"),
        14 => flags.columns = vec!["first".into()],
        15 => flags.columns = vec!["a,b".into()],
        16 => flags.records_at = some("/a"),
        17 => flags.max_depth = Some(3),
        18 => flags.frame = some("varint"),
        19 => flags.frame = some("u16be"),
        20 => flags.payload = some("json"),
        21 => flags.payload = some("text"),
        22 => flags.bytes = some("text"),
        23 => flags.invalid_utf8 = some("replace"),
        24 => flags.op = list("upper,trim"),
        25 => flags.op = list("reverse,lower"),
        26 => flags.op = list("wordcount"),
        27 => flags.select = list("a"),
        28 => flags.drop = list("b"),
        29 => flags.rename = list("a=z"),
        30 => flags.out_delimiter = some("|"),
        31 => flags.out_quote = some("'"),
        32 => flags.out_escape = some("\\"),
        33 => flags.out_no_quoting = true,
        34 => flags.out_no_headers = true,
        35 => flags.names = list("a,b"),
        36 => step(flags, "where", "a IS NOT NULL AND try_cast(a AS decimal) IS NULL OR lower(a) <> 'x'"),
        37 => step(flags, "set", "made=coalesce(a, 'none') || '!'"),
        38 => step(flags, "set", "a=try_cast(a AS decimal) * 1.10"),
        39 => flags.omit_null = true,
        40 => flags.join_lists = some("|"),
        41 => step(flags, "explode", "a"),
        42 => step(flags, "parse-json", "b"),
        43 => flags.key_column = some("k"),
        44 => flags.names = list("first"),
        45 => flags.types = some("a=decimal"),
        46 => flags.select = list("/^[ab]/,1"),
        47 => flags.crlf = true,
        48 => flags.delimiter = some("||"),
        49 => flags.delimiter = some(",1"),
        50 => more(flags, "dialect", "mysql"),
        51 => more(flags, "dialect", "postgres"),
        52 => more(flags, "skip-space", ""),
        53 => flags.ragged = some("pad,extra,trailing"),
        54 => flags.ragged = some("truncate"),
        55 => more(flags, "null", "1,x,"),
        56 => more(flags, "out-null", "x"),
        57 => more(flags, "out-dialect", "mysql"),
        58 => flags.canonical = true,
        59 => flags.payload = some("msgpack"),
        60 => flags.payload = some("cbor"),
        _ => flags.delimiter = some("auto"),
    }
}
