//! Inputs to begin with: small, and made here.

use std::io::Write;

use pagemill::compress::{Codec, Compress, Compression};
use pagemill::format::Format;
use pagemill::{Job, TargetSpec};

use crate::shared::inputs::{flags_for, odd, sample, schemaless};

/// Seeds for a target.
pub fn seeds(target: &str) -> Vec<Vec<u8>> {
    let texts = |formats: &[Format]| -> Vec<Vec<u8>> {
        let mut texts: Vec<Vec<u8>> =
            odd().into_iter().filter(|(format, ..)| formats.contains(format)).map(|(_, _, bytes)| bytes).collect();
        for format in formats.iter().filter(|format| schemaless().contains(format)) {
            texts.push(sample(*format, &flags_for(*format, Format::Csv), 4));
        }
        texts
    };
    let led = |lead: &[&[u8]], texts: Vec<Vec<u8>>| -> Vec<Vec<u8>> {
        lead.iter().flat_map(|lead| texts.iter().map(|text| [lead, text.as_slice()].concat())).collect()
    };
    let everything = || texts(&Format::ALL);
    match target {
        "csv" => led(
            &[&[0; 9], &[3, 3, 0, 0, 0, 0, 0, 1, 0], &[0, 4, 2, 2, 3, 1, 0, 0, 1], &[0, 0x78, 0, 0, 0, 0, 2, 2, 0]],
            texts(&[Format::Csv, Format::Tsv]),
        ),
        "ndjson" => led(&[&[0; 4], &[1, 1, 0, 7], &[2, 3, 1, 0], &[3, 2, 2, 0]], texts(&[Format::Ndjson])),
        "json" => led(&[&[0; 4], &[1, 1, 0, 3], &[2, 3, 1, 4], &[3, 2, 2, 5]], texts(&[Format::Json, Format::Ndjson])),
        "text" => led(&[&[0; 3], &[1, 1, 1], &[2, 2, 2]], texts(&[Format::Text, Format::Csv])),
        "ops" => (0..7).flat_map(|op| led(&[&[op, 0, 7, 0], &[op, 0x81 + op, 2, 0]], texts(&[Format::Text]))).collect(),
        "expr" => EXPRESSIONS
            .iter()
            .map(|text| format!("{text}\n1.50\n Gare\n{{\"k\":[1,{{\"x\":2}}]}}").into_bytes())
            .collect(),
        "fixed" => {
            led(&[&[0, 0, 0, 4, 4, 17, 20, 18], &[1, 1, 1, 0, 0], &[7, 0, 1, 2, 10, 23, 15]], texts(&[Format::Fixed]))
        }
        "frames" => {
            let lead: Vec<Vec<u8>> = (0..18).map(|kind| vec![kind % 6, kind / 6, kind % 5, kind % 4, kind]).collect();
            led(&lead.iter().map(Vec::as_slice).collect::<Vec<_>>(), texts(&[Format::Frames]))
        }
        "convert" => {
            let mut all = Vec::new();
            for (from, format) in Format::ALL.into_iter().enumerate() {
                for to in 0..7u8 {
                    let kind = from as u8 * 7 + to;
                    let lead = [from as u8, to, 0, kind & 1, 1, kind, kind, 0, kind % 3, 0, 0, 1, kind, 1, 1, 0];
                    all.extend(led(&[&lead], texts(&[format])).into_iter().step_by(3));
                }
            }
            all
        }
        "kernels" => led(&[&[0, 0], &[7, 2]], texts(&[Format::Ndjson, Format::Json, Format::Csv])),
        "count" => {
            (0..7).flat_map(|format| led(&[&[format, format, 3]], texts(&[Format::ALL[format as usize]]))).collect()
        }
        "unpack" => {
            let mut all = Vec::new();
            for (codec, kind) in Codec::ALL.into_iter().enumerate() {
                for content in [&b""[..], b"one, two, three, one, two, three, one, two, three\n", &[7; 3000]] {
                    let compression = Compression::from(kind);
                    let mut packed = vec![codec as u8, 0];
                    compression.packer().unwrap().pack(content, &mut packed).unwrap();
                    packed.extend_from_slice(compression.ending());
                    all.push([&[9, 2], &packed[2..]].concat());
                    all.push(packed);
                }
            }
            all
        }
        "pack" => (0..5)
            .flat_map(|codec| {
                led(
                    &[&[codec, 0, 0, 0, 0, 1, 0], &[codec, 0x90, 1, 0, 9, 2, 0], &[codec, 0, 4, 0, 20, 2, 1]],
                    texts(&[Format::Text]),
                )
            })
            .collect(),
        "round" => {
            let mut all = led(&[&[0, 0, 0], &[2, 1, 1], &[24, 0, 1]], texts(&[Format::Ndjson]));
            all.extend(led(&[&[1, 0, 0], &[17, 1, 1]], texts(&[Format::Csv])));
            all
        }
        "msgpack" => led(&[&[0, 0], &[2, 1], &[7, 2]], texts(&[Format::Msgpack])),
        "avro" => led(&[&[0, 0], &[2, 1], &[7, 2]], texts(&[Format::Avro])),
        "parquet" => led(&LEADS, columns(&[Format::Parquet])),
        "arrow" => led(&LEADS, columns(&[Format::Arrow, Format::ArrowStream])),
        "cbor" => led(&[&[0, 0], &[2, 1], &[7, 2]], texts(&[Format::Cbor])),
        _ => everything(),
    }
}

/// Formats of the output, fields, and ways.
const LEADS: [&[u8]; 3] = [&[0; 8], &[1, 1, 1, 1, 1, 0, 0, 0], &[2, 2, 0, 2, 2, 1, 2, 1]];

/// Small files of columns.
fn columns(formats: &[Format]) -> Vec<Vec<u8>> {
    const RECORDS: [&str; 4] = [
        "{\"id\":1,\"name\":\"x\"}\n{\"id\":-70000,\"name\":null}\n",
        "{\"id\":1.25,\"name\":[1,2]}\n{\"id\":3,\"name\":[]}\n",
        "{\"id\":{\"a\":true,\"b\":\"2024-02-29\"},\"name\":\"y\"}\n",
        "{\"id\":123456789012345678901234567890,\"name\":\"23:59:59.5\"}\n",
    ];
    let ways = [Compress::None, Compress::Auto, Compress::As(Compression::from(Codec::Zstd))];
    let mut all = Vec::new();
    for (to, compress) in formats.iter().flat_map(|format| ways.map(|way| (*format, way))) {
        for records in RECORDS {
            // Its types are found by a scan, so it is read twice.
            let mut file = tempfile::NamedTempFile::new().expect("a file");
            file.write_all(records.as_bytes()).expect("records");
            let job = Job::new(file.path(), TargetSpec::Memory).from(Format::Ndjson).to(to);
            let job = job.with(|settings| settings.compress = compress);
            all.push(job.run().expect("columns").output);
        }
    }
    all
}

/// Expressions over the fields `a`, `b` and `c`.
const EXPRESSIONS: [&str; 20] = [
    "a > 1.4 AND NOT b = 'x' OR c IS NOT ABSENT",
    "a * -1.1 + 1e3 / nullif(a % 7, 0) - abs(a)",
    "a IN (1, 1.500, 1e400) && b not in ('x', 'y')",
    "a BETWEEN 1 AND b",
    "CASE WHEN a = 1.5 THEN b ELSE c END || '\\\\'",
    "CASE a WHEN 1 THEN 2 END",
    "try_cast(b AS decimal) is null",
    "cast(a as integer)",
    "cast('2024-02-29' as date) < try_cast(b as timestamp)",
    "b LIKE '%G_r%' ESCAPE '!'",
    "b ~ '^\\s*[A-Z]+' and b !~ '(x|y){2,5}'",
    "regexp_replace(b, '(a)(r)', '\\2\\1')",
    "lpad(upper(trim(b)), 20, 'xy') || rpad(a, 9)",
    "substr(b, -1, 3) || split_part(b, ' ', -1) || replace(b, 'a', '')",
    "to_number(b, ',', '.') > round(a, -2) + trunc(a, 300)",
    "strftime(date_trunc('week', to_timestamp(b, '%Y-%m-%d')), '%G-W%V')",
    "json_get(c, 'k.1.x') = 2",
    "coalesce(d, \"a b\", `x`, c[0], c.k.1)",
    "hash(concat(a, b, null)) + length(b) + strpos(b, 'a')",
    "record_number() * line_number() || source_name()",
];
