#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| pagemill_fuzz::columns::target_parquet(data));
