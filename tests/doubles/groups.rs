//! Groups go to disk wherever the memory ends, and the result is the same.

use std::fmt::Write;

use pagemill::error::ErrorClass;
use pagemill::job::Aggregate;
use pagemill::memory::refuse_growth;
use pagemill::{Format, Job, SourceSpec, TargetSpec};

use crate::alone;

/// All functions, one of them at a time and all together.
const CALLS: [&str; 12] = [
    "n=count(),c=count(x)",
    "s=sum(x),m=mean(x)",
    "sd=stddev(x)",
    "lo=min(x),hi=max(x)",
    "q=quantile(x,0.75)",
    "d=distinct(y)",
    "mo=mode(y)",
    "t=top(y,3)",
    "f=first(y),l=last(y),up=max(upper(y))",
    "ad=approx_distinct(y)",
    "aq=approx_quantile(x,0.5)",
    "n=count(),s=sum(x),sd=stddev(x),lo=min(x),q=quantile(x,0.75),d=distinct(y),t=top(y,3),l=last(y),ad=approx_distinct(x)",
];

fn source() -> SourceSpec {
    let mut text = String::from("k,x,y\n");
    for n in 0..6000u64 {
        let (key, number) = (n * 7919 % 1500, n * n % 997);
        // Some are longer than an integer, and some not there.
        let _ = match n % 11 {
            0 => writeln!(text, "key {key},,u{}", n % 37),
            1 | 2 => writeln!(text, "key {key},{number}e30,\"u{}\"", n % 37),
            3 => writeln!(text, "key {key},-1{number:03}00000000000.5,u{n}"),
            _ => writeln!(text, "key {key},{number}.{},u{}", n % 100, n % 37),
        };
    }
    SourceSpec::bytes(text)
}

#[test]
fn the_result_is_the_same_wherever_memory_ends() {
    let _alone = alone();
    let mut spilled = 0;
    for (call, by) in CALLS.iter().flat_map(|call| [(call, Some("k")), (call, None)]) {
        // Two workers where much is kept.
        let workers = if call.len() > 100 { 1..=2 } else { 1..=1 };
        for workers in workers {
            let run = || {
                let asked = Aggregate::new().function(call).unwrap();
                let asked = by.map_or(Ok(asked.clone()), |by| asked.by(by)).unwrap();
                let job = Job::new(source(), TargetSpec::Memory).from(Format::Csv).workers(workers).slice_size(10_000);
                job.aggregate(asked).run()
            };
            let expected = run().unwrap().output;
            for nth in 1.. {
                refuse_growth(nth);
                let outcome = run();
                let left = refuse_growth(0);
                match outcome {
                    Ok(report) => {
                        assert!(report.output == expected, "{call} by {by:?}, {workers} workers: {nth}");
                        spilled += u64::from(report.spilled.runs > 0);
                    }
                    // What is planned can't go to disk.
                    Err(error) => assert_eq!(error.class(), ErrorClass::Memory, "{call} {nth}: {error}"),
                }
                if left > 0 {
                    break;
                }
            }
        }
    }
    assert!(spilled > 200, "{spilled}");
}
