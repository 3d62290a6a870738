//! The dashboard of a command.

#[cfg(feature = "dashboard")]
pub use served::{Port, Wanted, close, end, failed, report, wanted};
#[cfg(not(feature = "dashboard"))]
pub use unserved::{Port, Wanted, close, end, failed, report, wanted};

#[cfg(feature = "dashboard")]
mod served {
    use std::env;
    use std::fs;
    use std::io;
    use std::mem;
    use std::path::Path;
    use std::sync::{Mutex, MutexGuard, PoisonError};
    use std::thread;
    use std::time::{Duration, SystemTime, UNIX_EPOCH};

    use pagemill::config::flags::{self, Said, SetBy, Takes};
    use pagemill::dashboard::{Address, Dashboard, End, Listening, Page, Row, Token};
    use pagemill::error::Error;
    use pagemill::job::Settings;
    use pagemill::metrics;
    use pagemill::monitor::{About, Subject, View};

    use crate::cli::console;
    use crate::cli::earlier::earlier;
    use crate::cli::ending::ending;
    use crate::cli::exit::Exit;
    use crate::cli::paths::name;
    use crate::cli::worded::worded;

    /// Where the secret is: never an argument, because others can read those.
    const TOKEN: &str = "PAGEMILL_DASHBOARD_TOKEN";
    /// How soon the end is seen of a dashboard that stays.
    const LOOK: Duration = Duration::from_millis(50);

    /// A dashboard that was asked for.
    pub struct Wanted {
        address: Address,
        token: Option<Token>,
        lingers: bool,
        /// A configuration lets it show bad records to anybody.
        samples: bool,
        quiet: bool,
        /// The flags that were given.
        said: Vec<Row>,
    }

    /// The port of a dashboard, if there is to be one.
    pub struct Port(Option<(Listening, Page)>);

    /// The dashboard that is open, and what it is told at the end.
    struct Open {
        dashboard: Dashboard,
        quiet: bool,
        end: End,
    }

    static OPEN: Mutex<Option<Open>> = Mutex::new(None);

    fn open() -> MutexGuard<'static, Option<Open>> {
        OPEN.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The dashboard that the flags ask for.
    ///
    /// # Errors
    /// Usage: the text is no address, or the token is no good one.
    pub fn wanted(said: &Said) -> Result<Option<Wanted>, Error> {
        let Some(text) = said.text("dashboard")? else { return Ok(None) };
        let address = Address::parse(text).ok_or_else(|| {
            Error::usage(format!("--dashboard: `{text}` is not [HOST:]PORT, such as 8080 or localhost:8080"))
        })?;
        Ok(Some(Wanted {
            address,
            token: token(said.token_file())?,
            lingers: said.has("linger"),
            samples: said.shows_samples(),
            quiet: said.has("quiet"),
            said: rows(said)?,
        }))
    }

    /// The secret that visitors have to know, if there is one.
    fn token(file: Option<&Path>) -> Result<Option<Token>, Error> {
        let from = |whose: &str, text: &str| {
            let token = Token::new(text).map(Some);
            token.ok_or_else(|| {
                Error::usage(format!(
                    "{whose}: a token has 32 bytes or more, all of them visible ASCII\n  `openssl rand -hex 32` makes one."
                ))
            })
        };
        match (env::var_os(TOKEN).filter(|text| !text.is_empty()), file) {
            (Some(text), _) => from(TOKEN, text.to_str().unwrap_or_default()),
            (None, Some(path)) => {
                // A device has no end.
                let is_small = fs::metadata(path).is_ok_and(|found| found.is_file() && found.len() <= 4096);
                if !is_small {
                    return Err(Error::usage(format!("{}: a token is in a file of at most 4 KiB", path.display())));
                }
                let text = fs::read_to_string(path).map_err(|e| Error::io("read", path, e))?;
                from(&path.display().to_string(), text.trim_end_matches(['\r', '\n']))
            }
            (None, None) => Ok(None),
        }
    }

    /// The flags that were given, as rows of the plan.
    fn rows(said: &Said) -> Result<Vec<Row>, Error> {
        let mut rows: Vec<Row> = Vec::new();
        for (said_name, by) in said.origins() {
            let Some(flag) = flags::find(said.command(), said_name) else { continue };
            let value = match flag.takes {
                Takes::Nothing => "yes".to_owned(),
                Takes::Path(_) => said.path(flag.name).map(name).unwrap_or_default(),
                _ => said.texts(flag.name)?.join(","),
            };
            if rows.iter().all(|row| row.name != flag.name) {
                rows.push(Row { name: flag.name.to_owned(), value, set_by: set_by(by), kind: None });
            }
        }
        Ok(rows)
    }

    /// Who set a value, in a word or two.
    fn set_by(by: &SetBy) -> String {
        match by {
            SetBy::Flag => "flag".to_owned(),
            SetBy::File(place) => name(&place.file),
            SetBy::Variable(name) => name.clone(),
            SetBy::Profile(name, _) => format!("profile {name}"),
            SetBy::Job(name, _) => format!("job {name}"),
        }
    }

    impl Wanted {
        /// Takes the port.
        ///
        /// # Errors
        /// It is taken or not allowed; or others could reach it, and there is no token.
        pub fn port(&self) -> Result<Port, Error> {
            let listening = Listening::new(&self.address, self.token.clone()).map_err(|error| self.refused(error))?;
            // Where a port was to be found, only this says which it is.
            if !self.quiet || self.address.is_any_port() {
                console::note(&format!("pagemill: dashboard at {}\n", listening.url()));
            }
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            let page = Page {
                about: About::default(),
                plan: self.said.clone(),
                run: format!("{:x}-{:x}", now.as_millis(), std::process::id()),
                lingers: self.lingers,
                samples: self.samples || listening.is_loopback(),
                past: None,
            };
            Ok(Port(Some((listening, page))))
        }

        fn refused(&self, error: io::Error) -> Error {
            let address = &self.address;
            if Listening::needs_token(&error) {
                return Error::usage(format!(
                    "--dashboard {address}: others can reach this address, so it needs a token\n  Put a secret of 32 bytes or more into {TOKEN}, or leave the host out: then only this machine can open the page."
                ));
            }
            let error = match error.kind() {
                io::ErrorKind::AddrInUse => io::Error::new(
                    error.kind(),
                    "another program has this port\n  Give another one with --dashboard, or 0 for any that is free.",
                ),
                _ => error,
            };
            Error::io("listen on", Path::new(&address.to_string()), error)
        }
    }

    impl Port {
        /// No dashboard.
        pub const NONE: Port = Port(None);

        /// Opens the dashboard of a run: it becomes a view of the subject.
        pub fn open(self, subject: &mut Subject, settings: &Settings, quiet: bool) -> Option<Box<dyn View>> {
            let (listening, mut page) = self.0?;
            page.about = subject.about.clone();
            defaults(&mut page.plan, settings);
            page.past = earlier(&page.about, settings);
            // Without a thread there is no page; the run goes on.
            let dashboard = listening.serve(page).ok()?;
            subject.series = Some(dashboard.series());
            let view = dashboard.view();
            *open() = Some(Open { dashboard, quiet, end: End::default() });
            Some(view)
        }
    }

    /// Adds what nobody said.
    fn defaults(plan: &mut Vec<Row>, settings: &Settings) {
        let rows = [
            ("workers", "one for each processor".to_owned()),
            ("slice-size", "512 KiB".to_owned()),
            ("memory-limit", metrics::size(settings.memory_limit as u64)),
        ];
        for (name, value) in rows {
            if plan.iter().all(|row| row.name != name) {
                plan.push(Row { name: name.to_owned(), value, set_by: "default".to_owned(), kind: None });
            }
        }
        // Each row has a name of its own.
        let value = metrics::size(settings.dashboard as u64);
        plan.push(Row { name: "memory for this page".to_owned(), value, set_by: "planned".to_owned(), kind: None });
    }

    /// The run has this report. It is made only if somebody is to see it.
    pub fn report(json: impl FnOnce() -> String) {
        if let Some(open) = open().as_mut() {
            open.end.report = Some(json());
        }
    }

    /// The command failed.
    pub fn failed(error: &Error) {
        if let Some(open) = open().as_mut() {
            (open.end.error, open.end.resumable) = (Some(worded(error).to_string()), error.can_resume());
        }
    }

    /// A job ended this way, and another one comes, which may have a dashboard of its own.
    pub fn close(exit: Exit) {
        let Some(Open { dashboard, mut end, .. }) = mem::take(&mut *open()) else { return };
        end.exit_code = exit as u8;
        dashboard.end(&end);
    }

    /// The command ends this way. A dashboard that is to stay does so until a signal comes.
    pub fn end(exit: Exit) {
        let Some(Open { dashboard, quiet, mut end }) = mem::take(&mut *open()) else { return };
        end.exit_code = exit as u8;
        dashboard.end(&end);
        if dashboard.lingers() && ending().is_none() {
            if !quiet {
                console::note(&format!(
                    "pagemill: the run is over; the dashboard stays at {} until it is interrupted\n",
                    dashboard.url()
                ));
            }
            while ending().is_none() {
                thread::sleep(LOOK);
            }
        }
    }
}

/// In a build without it.
#[cfg(not(feature = "dashboard"))]
mod unserved {
    use pagemill::config::flags::Said;
    use pagemill::error::Error;
    use pagemill::job::Settings;
    use pagemill::monitor::{Subject, View};

    use crate::cli::exit::Exit;

    /// Nobody can want one.
    pub enum Wanted {}

    /// No port.
    pub struct Port;

    pub fn wanted(said: &Said) -> Result<Option<Wanted>, Error> {
        match said.has("dashboard") {
            true => Err(Error::usage(
                "--dashboard: this pagemill was built without the dashboard\n  Build it with the feature `dashboard`, or leave the flag out.",
            )),
            false => Ok(None),
        }
    }

    impl Wanted {
        pub fn port(&self) -> Result<Port, Error> {
            match *self {}
        }
    }

    impl Port {
        pub const NONE: Port = Port;

        pub fn open(self, _: &mut Subject, _: &Settings, _: bool) -> Option<Box<dyn View>> {
            None
        }
    }

    pub fn report(_: impl FnOnce() -> String) {}

    pub fn failed(_: &Error) {}

    pub fn close(_: Exit) {}

    pub fn end(_: Exit) {}
}
