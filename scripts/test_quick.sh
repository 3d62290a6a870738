#!/usr/bin/env bash
# Most tests, in less than two minutes once they are built. Left out are those that take longest, and the binaries
# whose tests run one at a time: `cargo test` runs everything.
set -euo pipefail
cd "$(dirname "$0")/.."

slow=(
    broken_json::one_fault_takes_no_other_record_with_it
    case::tests::agrees_with_the_standard_library_on_every_character
    case::tests::every_kind_of_invalid_utf8_is_refused_wherever_it_is
    column_names::
    compression::a_slow_codec_keeps_no_pages_of_the_source
    compression::bombs_stay_inside_the_ceiling
    compression::the_same_bytes_by_every_path
    compression::the_tools_of_the_system_agree
    corpora::
    count::records::tests::claims_of_all_kinds
    cut_at_random_moments
    dialects::every_dialect_into_every_dialect
    flag_table::every_flag_does_something_with_every_pair_or_is_refused
    hostile::
    json::suite::
    quarantine::large_and_many_bad_records_stay_below_the_ceiling
    resume::the_bytes_are_the_same_after_kill_9
    reverse::tests::every_character_beside_others
)
cargo test --lib --bins --test cli --test data --test faults -- "${slow[@]/#/--skip=}"
