//! Numbers as people read them.

use std::time::Duration;

/// Bytes in the unit that fits: binary units for exact multiples of them, else decimal ones.
pub fn size(bytes: u64) -> String {
    const BINARY: [(u64, &str); 3] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    const DECIMAL: [(u64, &str); 4] =
        [(1_000_000_000_000, "TB"), (1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    if bytes > 0 {
        for (unit, name) in BINARY {
            if bytes.is_multiple_of(unit) && bytes / unit < 1024 {
                return format!("{} {name}", bytes / unit);
            }
        }
    }
    match DECIMAL.into_iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => format!("{} {name}", digits(bytes as f64 / unit as f64)),
        None => format!("{bytes} B"),
    }
}

/// A measured size, always in decimal units: it is an exact multiple of a binary unit only by accident.
pub fn size_rounded(bytes: u64) -> String {
    size(if bytes >= 1024 { bytes | 1 } else { bytes })
}

/// Microseconds in the unit that fits.
pub(crate) fn micros(micros: f64) -> String {
    match micros {
        m if m < 1_000.0 => format!("{} µs", digits(m)),
        m if m < 1_000_000.0 => format!("{} ms", digits(m / 1_000.0)),
        m => format!("{} s", digits(m / 1_000_000.0)),
    }
}

/// A time in words, to three digits below a minute: `2.31 s`, `20 min 26 s`, `1 h 2 min`.
pub(crate) fn duration(time: Duration) -> String {
    match time.as_secs() {
        0..60 => micros(time.as_secs_f64() * 1e6),
        seconds @ 60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        seconds => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

/// A number with three significant digits; whole numbers have no decimals, and larger ones all digits before the point.
fn digits(value: f64) -> String {
    match value {
        v if v == v.trunc() => format!("{v:.0}"),
        v if v < 10.0 => format!("{v:.2}"),
        v if v < 100.0 => format!("{v:.1}"),
        v => format!("{v:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        let table = [
            (0, "0 B"),
            (999, "999 B"),
            (1_024, "1 KiB"),
            (524_288, "512 KiB"),
            (100_000_000, "100 MB"),
            (16_000_000, "16 MB"),
            (1 << 30, "1 GiB"),
            (13_100_123, "13.1 MB"),
            (1_234_567_891, "1.23 GB"),
            (3_000_000_000_001, "3.00 TB"),
        ];
        for (bytes, text) in table {
            assert_eq!(size(bytes), text);
        }
    }

    #[test]
    fn times() {
        let durations = [0.0005, 2.31, 59.0, 60.5, 1226.0, 3725.0].map(|s| duration(Duration::from_secs_f64(s)));
        assert_eq!(durations, ["500 µs", "2.31 s", "59 s", "1 min 0 s", "20 min 26 s", "1 h 2 min"]);
        assert_eq!([micros(0.0), micros(512.4), micros(1_500.0), micros(61e6)], ["0 µs", "512 µs", "1.50 ms", "61 s"]);
    }
}
