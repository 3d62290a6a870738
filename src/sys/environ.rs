//! Variables of the environment, without a copy of all of them.

use std::ffi::OsString;

/// The variables whose names begin like this, with their values. Others are not copied: there may be many, and most
/// programs have none of these.
#[cfg(all(unix, not(target_vendor = "apple")))]
pub fn variables(prefix: &str) -> Vec<(OsString, OsString)> {
    use std::ffi::{CStr, c_char};
    use std::os::unix::ffi::OsStrExt;

    // SAFETY: every C library of these systems has this variable, by POSIX.
    unsafe extern "C" {
        static environ: *const *const c_char;
    }

    let mut found = Vec::new();
    // SAFETY: the C library keeps this null-terminated list of texts. It is only changed by `setenv` and the like, and
    // whoever calls these (`std::env::set_var` is unsafe for that reason) promises that no other thread reads it then.
    let mut next = unsafe { environ };
    // SAFETY: as above; `next` is not beyond the null pointer that ends the list, which may itself be absent.
    while let Some(text) = unsafe { next.as_ref() }.copied().filter(|text| !text.is_null()) {
        // SAFETY: the text ends with a zero byte.
        let text = unsafe { CStr::from_ptr(text) }.to_bytes();
        if text.starts_with(prefix.as_bytes())
            && let Some(at) = memchr::memchr(b'=', text)
        {
            let part = |bytes: &[u8]| std::ffi::OsStr::from_bytes(bytes).to_owned();
            found.push((part(&text[..at]), part(&text[at + 1..])));
        }
        // SAFETY: `text` was not the null pointer that ends the list, so there is a next one.
        next = unsafe { next.add(1) };
    }
    found
}

/// The same where the list is out of reach.
#[cfg(not(all(unix, not(target_vendor = "apple"))))]
pub fn variables(prefix: &str) -> Vec<(OsString, OsString)> {
    let is_one = |name: &OsString| name.as_encoded_bytes().starts_with(prefix.as_bytes());
    std::env::vars_os().filter(|(name, _)| is_one(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_those_of_the_standard_library() {
        let sorted = |mut all: Vec<(OsString, OsString)>| {
            all.sort();
            all
        };
        let expected = |prefix: &str| {
            let is_one = |name: &OsString| name.as_encoded_bytes().starts_with(prefix.as_bytes());
            sorted(std::env::vars_os().filter(|(name, _)| is_one(name)).collect())
        };
        assert!(!expected("PATH").is_empty());
        for prefix in ["PA", "PATH", "", "no such variable"] {
            assert_eq!(sorted(variables(prefix)), expected(prefix), "{prefix}");
        }
    }
}
