//! The JSONTestSuite of Nicolas Seriot.

use pagemill::format::{Detail, Format, Options};

use crate::support::missing::corpora;

use super::read::{Arrival, Read, from_serde, read, want};

fn all_ways(input: &[u8]) -> Vec<Read> {
    let mut reads = Vec::new();
    for detail in [Detail::Record, Detail::Fields, Detail::Maps, Detail::All] {
        for (target, arrival) in
            [(1 << 19, Arrival::Whole), (1, Arrival::Whole), (5, Arrival::By(1)), (64, Arrival::By(37))]
        {
            reads.push(read(Format::Json, &Options::default(), input, target, &want(detail), arrival));
        }
    }
    reads
}

#[test]
fn files_behave_as_their_names_say() {
    let Some(corpora) = corpora() else { return };
    let mut counts = [0; 3];
    for entry in std::fs::read_dir(corpora.join("json/JSONTestSuite/test_parsing")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let input = std::fs::read(&path).unwrap();
        for found in all_ways(&input) {
            match name.as_bytes()[0] {
                b'y' => {
                    assert!(found.is_ok(), "{name} was refused: {found:?}");
                    if let Some(expected) = from_serde(&input) {
                        let value = match expected {
                            serde_json::Value::Array(items) => items,
                            other => vec![other],
                        };
                        assert_eq!(found.records, value, "{name}");
                    }
                }
                // Documents may follow each other.
                b'n' if name == "n_structure_double_array.json" => assert!(found.is_ok(), "{found:?}"),
                b'n' => assert!(!found.is_ok(), "{name} was accepted: {found:?}"),
                _ => {}
            }
        }
        counts[match name.as_bytes()[0] {
            b'y' => 0,
            b'n' => 1,
            _ => 2,
        }] += 1;
    }
    assert!(counts.iter().all(|count| *count > 10), "{counts:?}");
}
