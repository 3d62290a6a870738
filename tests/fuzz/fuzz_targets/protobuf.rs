#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| pagemill_fuzz::protobuf::target(data));
