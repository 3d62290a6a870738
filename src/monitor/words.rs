//! Numbers as the views show them.

/// A unit of numbers that are shown together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Unit {
    pub name: &'static str,
    pub size: f64,
}

const BYTES: [Unit; 5] = [
    Unit { name: "TB", size: 1e12 },
    Unit { name: "GB", size: 1e9 },
    Unit { name: "MB", size: 1e6 },
    Unit { name: "kB", size: 1e3 },
    Unit { name: "B", size: 1.0 },
];
const COUNTS: [Unit; 3] = [Unit { name: "M", size: 1e6 }, Unit { name: "k", size: 1e3 }, Unit { name: "", size: 1.0 }];

fn fitting(units: &[Unit], amount: f64) -> Unit {
    let fits = units.iter().find(|unit| amount >= unit.size * 0.9995);
    fits.or(units.last()).copied().unwrap_or(Unit { name: "", size: 1.0 })
}

/// The decimal unit of this many bytes.
pub(super) fn bytes_unit(bytes: f64) -> Unit {
    fitting(&BYTES, bytes)
}

/// The unit of this number of things.
pub(super) fn count_unit(count: f64) -> Unit {
    fitting(&COUNTS, count)
}

impl Unit {
    /// With three digits, more for larger numbers.
    pub fn three(self, amount: f64) -> String {
        match amount / self.size {
            0.0 => "0".to_owned(),
            v if self.size == 1.0 => format!("{v:.0}"),
            v if v < 9.995 => format!("{v:.2}"),
            v if v < 99.95 => format!("{v:.1}"),
            v => format!("{v:.0}"),
        }
    }

    /// With one digit after the point.
    pub fn tenth(self, amount: f64) -> String {
        if self.size == 1.0 { format!("{amount:.0}") } else { format!("{:.1}", amount / self.size) }
    }

    /// With one digit after the point, unless it is zero.
    pub fn trimmed(self, amount: f64) -> String {
        let text = self.tenth(amount);
        text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
    }

    /// As short as it gets: two digits, more for larger numbers.
    pub fn short(self, amount: f64) -> String {
        match amount / self.size {
            v if self.size == 1.0 || v >= 9.95 => format!("{v:.0}"),
            v => format!("{v:.1}"),
        }
    }
}

/// A number of bytes with three digits and its unit.
pub(super) fn bytes(amount: f64) -> String {
    let unit = bytes_unit(amount);
    format!("{} {}", unit.three(amount), unit.name)
}

/// A number of bytes with one digit after the point and its unit.
pub(super) fn bytes_tenth(amount: u64) -> String {
    let unit = bytes_unit(amount as f64);
    format!("{} {}", unit.tenth(amount as f64), unit.name)
}

/// A count in four digits at most: `1482`, `95 k`, `2445 M`.
pub(super) fn count_short(count: u64) -> String {
    match count {
        0..10_000 => count.to_string(),
        10_000..9_999_500 => format!("{} k", (count + 500) / 1000),
        _ => format!("{} M", (count + 500_000) / 1_000_000),
    }
}

/// A share as per cents with one digit after the point. Less than all is never shown as all.
pub(super) fn percent(share: f64) -> String {
    format!("{:.1}", if share < 1.0 { (share * 1000.0).floor() / 10.0 } else { 100.0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wording::clock;
    use std::time::Duration;

    #[test]
    fn numbers() {
        let three = [0.0, 999.0, 1e3, 3.14e6, 41.2e6, 398e6, 99.96e6, 1.5e9, 2e12].map(bytes);
        assert_eq!(three, ["0 B", "999 B", "1.00 kB", "3.14 MB", "41.2 MB", "398 MB", "100 MB", "1.50 GB", "2.00 TB"]);
        let giga = bytes_unit(5e11);
        assert_eq!(
            (giga.tenth(3.1e11), giga.short(3.1e11), giga.short(3.14e9)),
            ("310.0".into(), "310".into(), "3.1".into())
        );
        let mega = bytes_unit(64e6);
        assert_eq!((mega.trimmed(64e6), mega.trimmed(57.3e6)), ("64".into(), "57.3".into()));
        assert_eq!(bytes_unit(999_999.0).name, "MB");
        assert_eq!(count_unit(3_140_000.0).three(3_140_000.0), "3.14");
        assert_eq!(
            [0, 1482, 9_999, 10_000, 95_499, 9_999_499, 9_999_500, 2_445_008_214].map(count_short),
            ["0", "1482", "9999", "10 k", "95 k", "9999 k", "10 M", "2445 M"]
        );
        assert_eq!(bytes_tenth(519_900_000_000), "519.9 GB");
    }

    #[test]
    fn times_and_shares() {
        assert_eq!(
            [0, 7, 752, 3_600, 36_061].map(|s| clock(Duration::from_secs(s))),
            ["0:00", "0:07", "12:32", "1:00:00", "10:01:01"]
        );
        assert_eq!([0.0, 0.62, 0.9999, 1.0].map(percent), ["0.0", "62.0", "99.9", "100.0"]);
    }
}
