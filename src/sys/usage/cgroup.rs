//! The control group around the process that leaves it the least memory.

use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::{field, number, text};

/// A limit of version 1 that is none: the most pages there can be.
const NO_LIMIT: u64 = 1 << 60;

/// The names of files, in one version of control groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Version {
    /// Where it is mounted.
    mount: &'static str,
    used: &'static str,
    /// The limit, and one above which the kernel slows the group down.
    limits: &'static [&'static str],
    /// Numbers of `memory.stat`: page cache that is in use or not (and the kernel's own caches), and what has to be
    /// written before it can go.
    cache: &'static [&'static [u8]],
    unwritten: [&'static [u8]; 2],
    stall: Option<&'static str>,
}

const V1: Version = Version {
    mount: "/sys/fs/cgroup/memory",
    used: "memory.usage_in_bytes",
    limits: &["memory.limit_in_bytes"],
    cache: &[b"total_inactive_file ", b"total_active_file "],
    unwritten: [b"total_dirty ", b"total_writeback "],
    stall: None,
};

const V2: Version = Version {
    mount: "/sys/fs/cgroup",
    used: "memory.current",
    limits: &["memory.max", "memory.high"],
    cache: &[b"inactive_file ", b"active_file ", b"slab_reclaimable "],
    unwritten: [b"file_dirty ", b"file_writeback "],
    stall: Some("memory.pressure"),
};

/// A control group with a memory limit.
pub struct Group {
    version: Version,
    folder: Place,
    used: File,
    stat: Option<File>,
    limit: u64,
}

impl Group {
    /// The group around this process that leaves it the least; none: nothing limits it.
    pub fn tightest() -> Option<Group> {
        let own = File::open("/proc/self/cgroup").ok()?;
        let of = |text: &[u8]| [V1, V2].into_iter().filter_map(|version| tightest(version, text)).min_by_key(left);
        text(&own, &mut [0; 4096], of)
    }

    /// The group of a folder, if it has a limit.
    fn new(version: Version, folder: Place) -> Option<Group> {
        let limits = version.limits.iter().filter_map(|name| text(&folder.open(name)?, &mut [0; 64], number));
        let limit = limits.min().filter(|limit| *limit < NO_LIMIT)?;
        let used = folder.open(version.used)?;
        let stat = folder.open("memory.stat");
        Some(Group { version, folder, used, stat, limit })
    }

    /// What it uses beside page cache that can go at once, and its limit. (The limit is read once: a group whose limit
    /// is changed under a run is rare.)
    pub fn read(&self) -> Option<(u64, u64)> {
        let used = text(&self.used, &mut [0; 64], number)?;
        // The numbers of the page cache cost more to read, and matter only near the limit, where it usually is.
        let near = used >= self.limit / 10 * 7;
        Some((if near { used.saturating_sub(self.cache()) } else { used }, self.limit))
    }

    /// What it leaves below its limit.
    pub fn left(&self) -> Option<u64> {
        let used = text(&self.used, &mut [0; 64], number)?;
        Some(self.limit.saturating_sub(used.saturating_sub(self.cache())))
    }

    /// Page cache that can go at once.
    fn cache(&self) -> u64 {
        let sum = |text: &[u8], keys: &[&[u8]]| keys.iter().filter_map(|key| field(text, key)).sum::<u64>();
        let free = self.stat.as_ref().and_then(|stat| {
            text(stat, &mut [0; 8192], |text| {
                Some(sum(text, self.version.cache).saturating_sub(sum(text, &self.version.unwritten)))
            })
        });
        free.unwrap_or(0)
    }

    /// The file that says how long its tasks wait for memory.
    pub fn stall(&self) -> Option<File> {
        self.folder.open(self.version.stall?)
    }
}

/// Of the process's group and those above it, the one that leaves the least.
fn tightest(version: Version, own: &[u8]) -> Option<Group> {
    let path = path_in(version, own)?;
    let mut folder = Place::new(version.mount.as_bytes())?.join(path)?;
    // In a container the path may be that of the host.
    if folder.open(version.used).is_none() {
        folder = Place::new(version.mount.as_bytes())?;
    }
    let above = |folder: &Place| (folder.len > version.mount.len()).then(|| folder.parent());
    let folders = std::iter::successors(Some(folder), above);
    folders.filter_map(|folder| Group::new(version, folder)).min_by_key(left)
}

/// What a group leaves; everything where it does not say.
fn left(group: &Group) -> u64 {
    group.left().unwrap_or(u64::MAX)
}

/// The path of the process's group in `/proc/self/cgroup`: `0::/path`, or `4:memory:/path` in version 1.
fn path_in(version: Version, own: &[u8]) -> Option<&[u8]> {
    own.split(|byte| *byte == b'\n').find_map(|line| {
        let mut parts = line.splitn(3, |byte| *byte == b':');
        let (number, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
        let found = match version == V2 {
            true => number == b"0" && controllers.is_empty(),
            false => controllers.split(|byte| *byte == b',').any(|name| name == b"memory"),
        };
        found.then_some(path)
    })
}

/// A path that needs no heap.
#[derive(Clone, Copy)]
struct Place {
    bytes: [u8; 320],
    len: usize,
}

impl Place {
    fn new(path: &[u8]) -> Option<Place> {
        let mut place = Place { bytes: [0; 320], len: path.len() };
        place.bytes.get_mut(..path.len())?.copy_from_slice(path);
        Some(place)
    }

    /// This path and another one, which begins with a slash.
    fn join(mut self, path: &[u8]) -> Option<Place> {
        let path = path.strip_suffix(b"/").unwrap_or(path);
        self.bytes.get_mut(self.len..self.len + path.len())?.copy_from_slice(path);
        self.len += path.len();
        Some(self)
    }

    fn parent(mut self) -> Place {
        self.len = memchr::memrchr(b'/', &self.bytes[..self.len]).unwrap_or(0);
        self
    }

    fn path(&self) -> &Path {
        Path::new(OsStr::from_bytes(&self.bytes[..self.len]))
    }

    /// A file in this folder.
    fn open(&self, name: &str) -> Option<File> {
        let place = self.join_name(name)?;
        File::open(place.path()).ok()
    }

    fn join_name(mut self, name: &str) -> Option<Place> {
        let len = self.len + 1 + name.len();
        let to = self.bytes.get_mut(self.len..len)?;
        to[0] = b'/';
        to[1..].copy_from_slice(name.as_bytes());
        self.len = len;
        Some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_the_group() {
        let one = b"5:devices:/\n4:cpu,memory:/user/x\n3:memoryless:/y\n0::/\n";
        assert_eq!(path_in(V1, one), Some(&b"/user/x"[..]));
        assert_eq!(path_in(V2, one), Some(&b"/"[..]));
        assert_eq!(path_in(V2, b"0::/a:b/c\n"), Some(&b"/a:b/c"[..]));
        assert_eq!(path_in(V1, b"0::/a\n"), None);
    }

    #[test]
    fn paths_without_a_heap() {
        let place = Place::new(b"/sys/fs").unwrap().join(b"/a/b/").unwrap();
        assert_eq!(place.path(), Path::new("/sys/fs/a/b"));
        assert_eq!(place.parent().parent().path(), Path::new("/sys/fs"));
        assert_eq!(place.join_name("x").unwrap().path(), Path::new("/sys/fs/a/b/x"));
        assert!(place.join(&[b'/'; 400]).is_none() && Place::new(&[b'/'; 400]).is_none());
    }
}
