//! Avro: whatever the bytes are, all ways of reading find the same records and errors, and blocks are counted alike.

use pagemill::format::{Detail, Format, Options};

use crate::shared::drive::{self, Arrival, Event, How};
use crate::shared::{Choices, LONGEST, shown};

pub fn target(data: &[u8]) {
    if data.len() > LONGEST {
        return;
    }
    let mut choices = Choices::new(data);
    let (slice, arrival) = (choices.slice(), choices.arrival());
    let input = choices.rest();
    let options = Options::default().with(|own| (own.max_depth, own.max_record) = (100, 1 << 16));
    let want = drive::want(Detail::All);
    let read = |target: usize, arrival: Arrival| {
        let mut found = Vec::new();
        match drive::open(Format::Avro, &options, input, arrival) {
            Err(error) => found.push(Err((error.offset, error.message().to_string()))),
            Ok(source) => {
                let how = How { target, arrival, want: &want, max_record: 1 << 16 };
                drive::drive(&*source, input, how, &mut |event| {
                    found.push(match event {
                        Event::Record(batch, index) => Ok(match batch.schema() {
                            Some(_) => format!("{:?}", batch.columns(index)),
                            None => format!("{:?}", batch.tree(index).nodes()),
                        }),
                        Event::Bad(offset, why) => Err((offset, why.to_owned())),
                    });
                });
            }
        }
        found
    };
    let (one, other) = (read(1 << 19, Arrival::Whole), read(slice, arrival));
    assert!(one == other, "slices of {slice} {arrival:?}: {}\n {one:?}\n {other:?}", shown(input));
}
