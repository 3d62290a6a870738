//! The steady state of a parser, audited. Tests may run in parallel: each looks at its own thread.

use audit_example::Fields;
use pagemill::audit::{CountingAllocator, assert_max_alloc, assert_no_alloc};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

#[test]
fn the_steady_state_allocates_nothing() {
    let mut fields = Fields::default();
    // The warm-up: one block for the places of a few commas.
    assert_max_alloc(1, 64, || assert_eq!(fields.split("a,b,c").count(), 3));
    assert_no_alloc(|| {
        for line in ["1,2,3", "4,5,6", "7"] {
            assert!(fields.split(line).all(|field| field.len() == 1));
        }
    });
}

#[test]
fn a_failed_check_says_where() {
    #[inline(never)]
    fn the_culprit() -> String {
        "x".repeat(100)
    }
    let outcome = std::panic::catch_unwind(|| assert_no_alloc(the_culprit));
    let told = outcome.unwrap_err();
    let told = told.downcast_ref::<String>().expect("a message");
    assert!(told.starts_with("1 blocks (100 bytes) were allocated where none may be"), "{told}");
    assert!(told.contains("the_culprit"), "{told}");
}

#[test]
fn limits_are_of_blocks_and_of_bytes() {
    let allocates = || (Box::new([0u8; 100]), Box::new([0u8; 28]));
    assert_max_alloc(2, 128, allocates);
    for (blocks, bytes) in [(1, 1_000), (10, 127)] {
        let outcome = std::panic::catch_unwind(|| assert_max_alloc(blocks, bytes, allocates));
        let told = outcome.unwrap_err();
        let told = told.downcast_ref::<String>().expect("a message");
        assert!(told.starts_with("2 blocks (128 bytes) were allocated where at most"), "{told}");
    }
    // A limit ends with its closure, also by a panic.
    assert_max_alloc(2, 128, allocates);
}

#[test]
fn threads_do_not_disturb_each_other() {
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let busy = std::thread::spawn(move || {
        while stopped.try_recv().is_err() {
            drop(std::hint::black_box(vec![0u8; 1000]));
        }
    });
    assert_no_alloc(|| {
        let mut sum = 0u64;
        (0..100_000).for_each(|number| sum = std::hint::black_box(sum + number));
    });
    let _ = stop.send(());
    busy.join().expect("it ends well");
}

/// A closure that panics, or looks where it is, fails as it should, and never hangs.
#[test]
fn panics_and_backtraces_inside() {
    let outcome = std::panic::catch_unwind(|| assert_no_alloc(|| assert!(std::hint::black_box(false), "its own")));
    assert_eq!(outcome.unwrap_err().downcast_ref::<&str>(), Some(&"its own"));
    let outcome = std::panic::catch_unwind(|| assert_no_alloc(std::backtrace::Backtrace::force_capture));
    assert!(outcome.is_err());
    // The outer limit holds again after the inner one was passed.
    let nested = || {
        let _ = std::panic::catch_unwind(|| assert_no_alloc(|| Box::new(1)));
    };
    assert!(std::panic::catch_unwind(|| assert_no_alloc(nested)).is_err());
}
