//! Paths of fields in nested records: keys of maps, joined by dots.

use super::rename::Rename;

/// Whether a path equals another one, or leads into it.
pub(super) fn is_in(path: &str, other: &str) -> bool {
    path.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// What a path is called in the end, if all its parts are keys of maps.
pub(crate) fn final_path(path: &str, rename: &[Rename]) -> String {
    renamed(path, path.match_indices('.').map(|(at, _)| at), rename)
}

/// A path whose parts end at these places, with their new names.
pub(super) fn renamed(path: &str, ends: impl Iterator<Item = usize>, rename: &[Rename]) -> String {
    let (mut name, mut start) = (String::new(), 0);
    for end in ends.chain([path.len()]) {
        let (old, map) = (&path[..end], &path[..start]);
        let new = rename
            .iter()
            .find(|rename| rename.old == *old)
            .map(|Rename { new, .. }| new.strip_prefix(map).unwrap_or(new));
        name.push_str(new.unwrap_or(&path[start..end]));
        if end < path.len() {
            name.push('.');
        }
        start = end + 1;
    }
    name
}
