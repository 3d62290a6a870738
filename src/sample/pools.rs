//! Texts to choose from, made once from the seed and written the way the format needs.

use super::pen::Text;
use super::random::Random;

const FIRST: [&str; 24] = [
    "Ada",
    "Grace",
    "Linus",
    "Zoë",
    "Søren",
    "José",
    "Łucja",
    "Mei",
    "Olu",
    "Ivan",
    "Ана",
    "Юрий",
    "さくら",
    "李",
    "Noor",
    "Anaïs",
    "Björn",
    "Chloé",
    "Dmitri",
    "Eun-ji",
    "Farid",
    "Gül",
    "Håkon",
    "Inés",
];
const LAST: [&str; 20] = [
    "Smith",
    "O'Brien",
    "Müller",
    "García",
    "Nowak",
    "Kim",
    "Okafor",
    "Sørensen",
    "Ivanova",
    "Tanaka",
    "Nguyễn",
    "van der Berg",
    "Rossi",
    "Yılmaz",
    "Haddad",
    "Singh",
    "Lefèvre",
    "Johansson",
    "Papadopoulos",
    "Silva",
];
const CITIES: [&str; 16] = [
    "Berlin",
    "São Paulo",
    "Zürich",
    "Kraków",
    "東京",
    "Lagos",
    "Reykjavík",
    "Québec",
    "İstanbul",
    "Αθήνα",
    "New York",
    "Washington, D.C.",
    "Malmö",
    "Bogotá",
    "Đà Nẵng",
    "Wellington",
];
const WORDS: [&str; 40] = [
    "the",
    "order",
    "arrived",
    "late",
    "but",
    "complete",
    "again",
    "customer",
    "asked",
    "for",
    "a",
    "refund",
    "of",
    "two",
    "items",
    "naïve",
    "café",
    "größer",
    "fast",
    "delivery",
    "please",
    "call",
    "back",
    "before",
    "noon",
    "box",
    "was",
    "damaged",
    "blue",
    "green",
    "π≈3.14",
    "日本語",
    "ok",
    "left",
    "at",
    "door",
    "🚚",
    "→",
    "never",
    "shipped",
];
const TAGS: [&str; 12] =
    ["new", "sale", "gift", "bulk", "fragile", "eco", "été", "vip", "retry", "b2b", "\"quoted\"", "a/b"];

/// How many notes there are to choose from.
const NOTES: usize = 1024;

/// Texts that are already written.
pub(super) struct Pools {
    pub names: Vec<Text>,
    pub cities: Vec<Text>,
    /// Some are null, some empty, and some contain whatever is hard to write.
    pub notes: Vec<Text>,
}

impl Pools {
    /// Makes the pools; `write` writes text (`None`: null) in the format.
    pub(super) fn new(seed: u64, write: impl Fn(Option<&str>) -> Vec<u8>) -> Pools {
        let mut random = pool_random(seed);
        let write = |text: Option<&str>| Text::new(&write(text));
        Pools {
            names: names().map(|name| write(Some(&name))).collect(),
            cities: CITIES.iter().map(|city| write(Some(city))).collect(),
            notes: (0..NOTES).map(|_| write(note(&mut random).as_deref())).collect(),
        }
    }
}

/// The random numbers for pools; blocks have the streams from 0 on.
pub(super) fn pool_random(seed: u64) -> Random {
    Random::new(seed, u64::MAX)
}

/// Full names.
pub(super) fn names() -> impl Iterator<Item = String> {
    FIRST.iter().flat_map(|first| LAST.iter().map(move |last| format!("{first} {last}")))
}

/// Lists of up to four tags.
pub(super) fn tags(seed: u64) -> Vec<Vec<&'static str>> {
    let mut random = pool_random(!seed);
    (0..256).map(|_| (0..random.below(5)).map(|_| *random.one(&TAGS)).collect()).collect()
}

/// A few words, sometimes with what is difficult for formats.
fn note(random: &mut Random) -> Option<String> {
    match random.below(20) {
        0 | 1 => return None,
        2 => return Some(String::new()),
        _ => {}
    }
    let mut text = words(random, 2, 13);
    match random.below(12) {
        0 | 1 => text.push_str(", as agreed"),
        2 => text.insert_str(0, "\"Quite\" "),
        3 => text.push_str("\nsecond line"),
        4 => text.push_str("\tand a tab"),
        5 => text.push_str(" in C:\\temp"),
        6 => text = format!(" {text} "),
        _ => {}
    }
    Some(text)
}

/// From `least` to below `limit` words.
pub(super) fn words(random: &mut Random, least: u32, limit: u32) -> String {
    let count = least + random.below(limit - least);
    let words: Vec<&str> = (0..count).map(|_| *random.one(&WORDS)).collect();
    words.join(" ")
}
