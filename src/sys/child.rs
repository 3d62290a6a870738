//! Running another program, and what that took.

use std::io;
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use super::stop::Stop;

/// How a program ended, and what it took.
#[derive(Clone, Copy, Debug)]
pub struct Took {
    /// How it ended.
    pub status: ExitStatus,
    /// From its start to its end.
    pub wall: Duration,
    /// Processor time of it and of the programs that it waited for; none where the system does not say.
    pub cpu: Option<Duration>,
    /// The most resident memory in bytes of it, or of one that it waited for; none where the system does not say.
    pub peak: Option<u64>,
    /// It was ended: why.
    pub ended: Option<Ended>,
}

/// Why a program was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It took longer than it was given.
    TooLong,
    /// The stop was requested.
    Stopped,
}

/// A program that was asked to end has this long before it is ended by force.
#[cfg(unix)]
const GRACE: Duration = Duration::from_millis(300);
/// How often a running program is looked at. Its end is noticed at once.
const LOOK: Duration = Duration::from_millis(10);

/// Runs a program to its end: it is ended after `limit`, or when the stop is requested. None that it started is left, unless
/// that went out of its process group. If this process ends before, however that is, the program is ended too; after `kill
/// -9`, only itself, and only on Linux.
///
/// # Errors
/// The program can't be started or waited for.
#[cfg(unix)]
pub fn run(command: &mut Command, limit: Duration, stop: Option<&Stop>) -> io::Result<Took> {
    super::signals::hangup_terminates()?;
    end_with_parent(command);
    watched(command, limit, stop, true)
}

/// Runs a program to its end, which reads this, and is ended after `limit`. If this process ends before, the program goes on.
///
/// # Errors
/// The program can't be started or waited for.
pub fn run_with_input(command: &mut Command, input: &[u8], limit: Duration) -> io::Result<Took> {
    use std::io::Write;
    use std::process::Stdio;

    let (reader, mut writer) = io::pipe()?;
    command.stdin(Stdio::from(reader));
    std::thread::scope(|scope| {
        // A program may not want to read it: then the pipe breaks when it has ended, and its readers are closed here too.
        std::thread::Builder::new().spawn_scoped(scope, move || _ = writer.write_all(input))?;
        let took = watched(command, limit, None, false);
        command.stdin(Stdio::null());
        took
    })
}

/// Runs a program; `bound`: it is measured, and ended with this process. The peak of a process that does something else
/// meanwhile is not to be touched.
#[cfg(unix)]
fn watched(command: &mut Command, limit: Duration, stop: Option<&Stop>, bound: bool) -> io::Result<Took> {
    use std::os::unix::process::CommandExt;
    use std::sync::mpsc::{RecvTimeoutError, channel};

    use_children()?;
    if bound {
        // What the system says of a child that has ended is never below what its parent had when it began.
        reset_peak();
    }
    let floor = super::peak_rss_bytes();
    // A group of its own, so that what it starts can be ended with it.
    let started = Instant::now();
    let child = command.process_group(0).spawn()?;
    let process = child.id() as libc::pid_t;
    let held = bound.then(|| super::groups::hold(process));
    let (sender, ends) = channel();
    // The thread notices the end at once. It does not take the number of the process away: signals to it are safe until
    // that is done below.
    let waiting =
        std::thread::Builder::new().spawn(move || sender.send(wait_for_end(process).map(|()| Instant::now())));
    if let Err(error) = waiting {
        end_group(process, libc::SIGKILL);
        drop(held);
        let _ = reap(process);
        return Err(error);
    }
    let (mut ended, mut asked, mut seen) = (None, None::<Instant>, None);
    let at = loop {
        match ends.recv_timeout(LOOK) {
            Ok(at) => break at,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break Err(io::Error::other("nobody waits for the program")),
        }
        // The most of all looks: near the end there may be nobody left but a shell.
        seen = seen.max(high_water(process));
        if ended.is_none() {
            ended = match stop {
                Some(stop) if stop.is_requested() => Some(Ended::Stopped),
                _ => (started.elapsed() >= limit).then_some(Ended::TooLong),
            };
        }
        match asked {
            None if ended.is_some() => {
                end_group(process, libc::SIGTERM);
                asked = Some(Instant::now());
            }
            Some(since) if since.elapsed() >= GRACE => end_group(process, libc::SIGKILL),
            _ => {}
        }
    };
    // Somebody else has waited for it: its number may be another's by now.
    let at = at?;
    // What it left running.
    end_group(process, libc::SIGKILL);
    drop(held);
    let (status, usage) = reap(process)?;
    let (cpu, most) = super::memory::time_and_peak(&usage);
    let peak = if most > floor { Some(most) } else { seen.map(|seen| seen.min(most)) };
    Ok(Took { status, wall: at.duration_since(started), cpu: Some(cpu), peak, ended })
}

/// Children can be waited for. Where SIGCHLD is ignored, as some parents leave it, the system forgets them when they end.
#[cfg(unix)]
fn use_children() -> io::Result<()> {
    let mut found = std::mem::MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: the pointer is valid for writes of one `sigaction`, for which zeroes are valid; nothing is set.
    let found = unsafe {
        match libc::sigaction(libc::SIGCHLD, std::ptr::null(), found.as_mut_ptr()) {
            0 => found.assume_init(),
            _ => return Err(io::Error::last_os_error()),
        }
    };
    if found.sa_sigaction == libc::SIG_IGN || found.sa_flags & libc::SA_NOCLDWAIT != 0 {
        // SAFETY: the default has no preconditions: it does nothing.
        unsafe { libc::signal(libc::SIGCHLD, libc::SIG_DFL) };
    }
    Ok(())
}

/// The system ends the program when the thread that starts it is gone.
#[cfg(unix)]
fn end_with_parent(command: &mut Command) {
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::process::CommandExt;
        let parent = std::process::id();
        let ask = move || {
            // SAFETY: these calls take and give plain numbers.
            let (asked, now) =
                unsafe { (libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL as libc::c_ulong), libc::getppid()) };
            match asked {
                0 if now as u32 == parent => Ok(()),
                // It was gone before it could be asked.
                0 => Err(io::ErrorKind::Interrupted.into()),
                _ => Err(io::Error::last_os_error()),
            }
        };
        // SAFETY: between fork and exec there are only calls that may be made there, and nothing is allocated.
        unsafe { command.pre_exec(ask) };
    }
    #[cfg(not(target_os = "linux"))]
    let _ = command;
}

/// Elsewhere programs that the program starts are not known.
#[cfg(not(unix))]
pub fn run(command: &mut Command, limit: Duration, stop: Option<&Stop>) -> io::Result<Took> {
    watched(command, limit, stop, true)
}

#[cfg(not(unix))]
fn watched(command: &mut Command, limit: Duration, stop: Option<&Stop>, _bound: bool) -> io::Result<Took> {
    let started = Instant::now();
    let mut child = command.spawn()?;
    let mut ended = None;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Took { status, wall: started.elapsed(), cpu: None, peak: None, ended });
        }
        if ended.is_none() {
            ended = match stop {
                Some(stop) if stop.is_requested() => Some(Ended::Stopped),
                _ => (started.elapsed() >= limit).then_some(Ended::TooLong),
            };
            if ended.is_some() {
                child.kill()?;
            }
        }
        std::thread::sleep(LOOK);
    }
}

/// Waits until a child has ended, and leaves it to be waited for.
#[cfg(unix)]
fn wait_for_end(process: libc::pid_t) -> io::Result<()> {
    loop {
        let mut about = std::mem::MaybeUninit::<libc::siginfo_t>::zeroed();
        // SAFETY: the pointer is valid for writes of one `siginfo_t`.
        let status = unsafe {
            libc::waitid(libc::P_PID, process as libc::id_t, about.as_mut_ptr(), libc::WEXITED | libc::WNOWAIT)
        };
        if status == 0 {
            return Ok(());
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}

/// How a child ended, and what it used.
#[cfg(unix)]
fn reap(process: libc::pid_t) -> io::Result<(ExitStatus, libc::rusage)> {
    use std::os::unix::process::ExitStatusExt;

    let mut status = 0;
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    loop {
        // SAFETY: the pointers are valid for writes of one number and one `rusage`.
        if unsafe { libc::wait4(process, &mut status, 0, usage.as_mut_ptr()) } == process {
            // SAFETY: `rusage` is plain numbers, for which zeroes are valid, and the call filled them.
            return Ok((ExitStatus::from_raw(status), unsafe { usage.assume_init() }));
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}

/// Sends a signal to all processes of a group whose first process was not waited for: its number is nobody else's.
#[cfg(unix)]
fn end_group(group: libc::pid_t, signal: libc::c_int) {
    // SAFETY: the call takes plain numbers. There may be nobody left to get the signal.
    unsafe { libc::killpg(group, signal) };
}

/// Makes the peak of this process begin anew.
#[cfg(unix)]
fn reset_peak() {
    // Where that is not possible, small programs seem to take as much memory as this one.
    #[cfg(target_os = "linux")]
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// The peak of a running process, or of one that it started: where a shell runs a program, it is the program that counts.
#[cfg(unix)]
fn high_water(process: libc::pid_t) -> Option<u64> {
    #[cfg(target_os = "linux")]
    {
        let children = std::fs::read_to_string(format!("/proc/{process}/task/{process}/children")).unwrap_or_default();
        let own = [process.to_string()];
        let all = own.iter().map(String::as_str).chain(children.split_whitespace());
        all.filter_map(super::memory::peak_of).max()
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = process;
        None
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::process::Stdio;

    const LONG: Duration = Duration::from_secs(60);

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]).stdin(Stdio::null()).stdout(Stdio::null());
        command
    }

    #[test]
    fn how_a_program_ended() {
        let took = run(&mut shell("exit 7"), LONG, None).unwrap();
        assert_eq!((took.status.code(), took.ended), (Some(7), None));
        let took = run(&mut shell("kill -9 $$"), LONG, None).unwrap();
        assert_eq!((took.status.code(), took.ended), (None, None));
        assert!(run(&mut Command::new("/nowhere/at/all"), LONG, None).is_err());
    }

    #[test]
    fn a_program_that_hangs_is_ended_with_all_that_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("number");
        // The one that is started takes no notice of being asked.
        let script =
            format!("(trap '' TERM; sh -c 'echo $PPID' > {}; while :; do sleep 1; done) & wait", place.display());
        let took = run(&mut shell(&script), Duration::from_millis(300), None).unwrap();
        assert_eq!(took.ended, Some(Ended::TooLong));
        let number: libc::pid_t = std::fs::read_to_string(place).unwrap().trim().parse().unwrap();
        // It may take a moment until the system has removed it.
        // SAFETY: signal 0 only asks whether there is such a process.
        let gone = || unsafe { libc::kill(number, 0) } != 0 || is_zombie(number);
        let started = Instant::now();
        while !gone() {
            assert!(started.elapsed() < LONG, "{number} still runs");
            std::thread::sleep(LOOK);
        }
        let stop = Stop::new();
        stop.request();
        assert_eq!(run(&mut shell("sleep 60"), LONG, Some(&stop)).unwrap().ended, Some(Ended::Stopped));
    }

    fn is_zombie(process: libc::pid_t) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        stat.rsplit(')').next().is_none_or(|rest| rest.trim_start().starts_with('Z'))
    }

    #[test]
    fn a_program_may_read_its_input_or_not() {
        let input = vec![b'x'; 300_000];
        let mut command = shell("test $(wc -c) = 300000");
        assert!(run_with_input(&mut command, &input, LONG).unwrap().status.success());
        assert!(run_with_input(&mut shell("exit 0"), &input, LONG).unwrap().status.success());
        let took = run_with_input(&mut shell("sleep 60"), &input, Duration::from_millis(50)).unwrap();
        assert_eq!(took.ended, Some(Ended::TooLong));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_peak_is_that_of_the_program() {
        // This process has more memory than the program, so the system does not tell them apart at the end.
        let held = vec![1_u8; 90_000_000];
        // 50 MB, in a program that the shell starts and waits for. It has them for a while, so that they can be seen, and the
        // shell goes on without them.
        let line = "head -c 50000000 /dev/zero | tail -c 50000000 | { sleep 3; wc -c; }; sleep 0.2";
        let took = run(&mut shell(line), LONG, None).unwrap();
        drop(std::hint::black_box(held));
        let peak = took.peak.unwrap();
        assert!((50_000_000..80_000_000).contains(&peak), "{peak}");
        assert!(took.cpu.unwrap() > Duration::ZERO && took.cpu.unwrap() < LONG);
    }
}
