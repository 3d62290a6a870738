//! A memory cgroup around a command.
#![cfg(target_os = "linux")]

use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

/// A memory cgroup below the one of this process, without swap.
pub struct Group {
    folder: PathBuf,
    limit: &'static str,
    kills: &'static str,
}

impl Group {
    /// A group with a limit in bytes; an error where none can be made: that takes root, as a rule.
    pub fn new(limit: u64) -> io::Result<Group> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let own = fs::read_to_string("/proc/self/cgroup")?;
        let path = |wanted: fn(&str, &str) -> bool| {
            own.lines().find_map(|line| {
                let mut parts = line.splitn(3, ':');
                let (number, names, path) = (parts.next()?, parts.next()?, parts.next()?);
                wanted(number, names).then(|| path.trim_start_matches('/').to_owned())
            })
        };
        let one = path(|_, names| names.split(',').any(|name| name == "memory"));
        let (parent, limit_file, kills) = match (one, path(|number, _| number == "0")) {
            (Some(one), _) => {
                (PathBuf::from("/sys/fs/cgroup/memory").join(one), "memory.limit_in_bytes", "memory.oom_control")
            }
            (None, Some(two)) => {
                let parent = PathBuf::from("/sys/fs/cgroup").join(two);
                fs::write(parent.join("cgroup.subtree_control"), "+memory")?;
                (parent, "memory.max", "memory.events")
            }
            (None, None) => return Err(io::ErrorKind::Unsupported.into()),
        };
        let number = NUMBER.fetch_add(1, Relaxed);
        let folder = parent.join(format!("pagemill-test-{}-{number}", std::process::id()));
        fs::create_dir(&folder)?;
        let group = Group { folder, limit: limit_file, kills };
        fs::write(group.folder.join(group.limit), limit.to_string())?;
        for (file, value) in [
            ("memory.swappiness", "0".into()),
            ("memory.memsw.limit_in_bytes", limit.to_string()),
            ("memory.swap.max", "0".into()),
        ] {
            let _ = fs::write(group.folder.join(file), value);
        }
        Ok(group)
    }

    /// The command will run in the group.
    pub fn around(&self, mut command: Command) -> Command {
        let place = self.folder.join("cgroup.procs");
        // SAFETY: a file is written between fork and exec by a process of one thread's copy; the path was made before.
        unsafe { command.pre_exec(move || fs::write(&place, std::process::id().to_string())) };
        command
    }

    /// How many processes of the group were killed for its limit.
    pub fn kills(&self) -> u64 {
        let text = fs::read_to_string(self.folder.join(self.kills)).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("oom_kill "));
        line.and_then(|number| number.trim().parse().ok()).unwrap_or(0)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // The last process may not be quite gone.
        for _ in 0..50 {
            if fs::remove_dir(&self.folder).is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
