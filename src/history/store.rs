//! The database.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, Params, Row, params};

use super::run::Run;
use crate::error::{Error, Result};
use crate::sys::state_folder;

/// The version of the tables, in `user_version`. Another one is not touched.
const VERSION: i64 = 1;
/// As many runs are kept; older ones go when others come.
const KEPT: u64 = 10_000;
/// Another process that is writing is waited for.
const PATIENCE: Duration = Duration::from_secs(2);

const TABLES: &str = "
CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    started INTEGER NOT NULL,
    job TEXT NOT NULL,
    version TEXT NOT NULL,
    settings TEXT NOT NULL,
    state TEXT NOT NULL,
    error TEXT,
    seconds REAL NOT NULL,
    read INTEGER NOT NULL,
    written INTEGER NOT NULL,
    records INTEGER NOT NULL,
    bad INTEGER NOT NULL,
    peak INTEGER NOT NULL,
    memory_limit INTEGER NOT NULL,
    report TEXT,
    series TEXT
);
CREATE INDEX runs_of_a_job ON runs (job, id);
PRAGMA user_version = 1;
";

const COLUMNS: &str = "id, started, job, version, settings, state, error, seconds, read, written, records, bad, peak, \
                       memory_limit, report, series";

/// The same without what is long: reports and series.
const FIGURES: &str = "id, started, job, version, settings, state, error, seconds, read, written, records, bad, peak, \
                       memory_limit, NULL, NULL";

/// SQLite gives back what it caches beyond this many bytes.
const CACHED: u64 = 512 << 10;
/// It never has more bytes; what needs more fails. A run with the smallest memory limit has room for it.
const MOST: u64 = 3 << 19;

/// The file of past runs that is used unless another one is named: `pagemill/history.sqlite3` below `XDG_STATE_HOME`, or
/// below `~/.local/state`. None if there is neither.
pub fn usual_place() -> Option<PathBuf> {
    Some(state_folder()?.join("history.sqlite3"))
}

/// An open history.
pub struct History {
    connection: Connection,
    path: PathBuf,
    /// The numbers of damaged runs that were seen.
    damaged: RefCell<BTreeSet<i64>>,
}

impl History {
    /// Opens a history to add to it; it is made if it is not there.
    ///
    /// # Errors
    /// The file can't be made, is no database, or was written by a later version.
    pub fn create(path: &Path) -> Result<History> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|e| Error::io("create", folder, e))?;
        }
        let history = History::connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
        if history.version()? == 0 {
            // Another process may be making it too. What is not committed is undone when the connection is dropped.
            let write = |text| history.connection.execute_batch(text).map_err(|e| history.failed("write", e));
            write("BEGIN IMMEDIATE")?;
            if history.version()? == 0 {
                history.check_empty()?;
                write(TABLES)?;
            }
            write("COMMIT")?;
        }
        Ok(history)
    }

    /// Opens a history that is there.
    ///
    /// # Errors
    /// As for [`create`](Self::create).
    pub fn open(path: &Path) -> Result<Option<History>> {
        if !path.try_exists().map_err(|e| Error::io("open", path, e))? {
            return Ok(None);
        }
        let history = History::connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let is_there = history.version()? > 0;
        if !is_there {
            history.check_empty()?;
        }
        Ok(is_there.then_some(history))
    }

    fn connect(path: &Path, flags: OpenFlags) -> Result<History> {
        let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let open = || -> rusqlite::Result<Connection> {
            let connection = Connection::open_with_flags(path, flags)?;
            connection.busy_timeout(PATIENCE)?;
            // In KiB: one run is written, or a few thousand small rows are read once.
            connection.pragma_update(None, "cache_size", -256)?;
            connection.pragma_update(None, "soft_heap_limit", CACHED as i64)?;
            connection.pragma_update(None, "hard_heap_limit", MOST as i64)?;
            Ok(connection)
        };
        match open() {
            Ok(connection) => Ok(History { connection, path: path.to_path_buf(), damaged: RefCell::default() }),
            Err(error) => Err(failed("open", path, &error)),
        }
    }

    fn failed(&self, what: &'static str, error: rusqlite::Error) -> Error {
        failed(what, &self.path, &error)
    }

    /// The version of the tables; 0: there are none.
    fn version(&self) -> Result<i64> {
        let version = self.connection.query_row("PRAGMA user_version", [], |row| row.get(0));
        match version.map_err(|e| self.failed("read", e))? {
            version @ 0..=VERSION => Ok(version),
            later => Err(Error::usage(format!(
                "{} was written by a later version of pagemill ({later})\n  Use that version, or remove the file.",
                self.path.display()
            ))),
        }
    }

    /// Fails if somebody else's tables are there.
    fn check_empty(&self) -> Result<()> {
        let tables = self.connection.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get::<_, i64>(0));
        match tables.map_err(|e| self.failed("read", e))? {
            0 => Ok(()),
            _ => Err(failed("read", &self.path, "it is a database, but not a history of pagemill")),
        }
    }

    /// Adds a run; gives its number. Runs that are too old go.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn add(&self, run: &Run) -> Result<i64> {
        let insert = || {
            let transaction = self.connection.unchecked_transaction()?;
            transaction.execute(
                &format!(
                    "INSERT INTO runs ({}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
                    COLUMNS.trim_start_matches("id, ")
                ),
                params![
                    run.started,
                    run.job,
                    run.version,
                    run.settings,
                    run.state,
                    run.error,
                    run.seconds,
                    run.read as i64,
                    run.written as i64,
                    run.records as i64,
                    run.bad as i64,
                    run.peak as i64,
                    run.memory_limit as i64,
                    run.report,
                    run.series
                ],
            )?;
            let id = transaction.last_insert_rowid();
            transaction.execute("DELETE FROM runs WHERE id <= ?1", [id - KEPT as i64])?;
            transaction.commit()?;
            Ok(id)
        };
        insert().map_err(|e| self.failed("write", e))
    }

    /// The latest runs, at most `most` of them, the oldest first; without reports and series. Damaged ones are
    /// [left out](Self::damaged).
    ///
    /// # Errors
    /// The file can't be read.
    pub fn latest(&self, most: usize) -> Result<Vec<Run>> {
        self.figures("TRUE ORDER BY id DESC LIMIT ?1", [most as i64])
    }

    /// The same of finished runs of a job; none: of all jobs.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn finished(&self, job: Option<&str>, most: usize) -> Result<Vec<Run>> {
        let which = "(?1 IS NULL OR job = ?1) AND state = 'done' ORDER BY id DESC LIMIT ?2";
        self.figures(which, params![job, most as i64])
    }

    /// The same of all runs of a job, finished or not.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn of_job(&self, job: &str, most: usize) -> Result<Vec<Run>> {
        self.figures("job = ?1 ORDER BY id DESC LIMIT ?2", params![job, most as i64])
    }

    /// How many damaged runs were met and left out.
    pub fn damaged(&self) -> usize {
        self.damaged.borrow().len()
    }

    /// The runs that a condition is true for, the newest of them first there, in the order of their numbers.
    fn figures(&self, which: &str, values: impl Params) -> Result<Vec<Run>> {
        let read = || {
            let mut statement = self.connection.prepare(&format!("SELECT {FIGURES} FROM runs WHERE {which}"))?;
            let mut rows = statement.query(values)?;
            let mut runs = Vec::new();
            loop {
                match rows.next() {
                    Ok(Some(row)) => match (of_row(row), row.get(0)) {
                        (Ok(run), _) => runs.push(run),
                        (Err(_), Ok(id)) => _ = self.damaged.borrow_mut().insert(id),
                        (Err(error), Err(_)) => return Err(error),
                    },
                    Ok(None) => break,
                    // What comes after a damaged page can't be found.
                    Err(error) if is_damage(&error) && !runs.is_empty() => {
                        self.damaged.borrow_mut().insert(0);
                        break;
                    }
                    Err(error) => return Err(error),
                }
            }
            runs.reverse();
            Ok(runs)
        };
        read().map_err(|e| self.failed("read", e))
    }

    /// The run of this number.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn run(&self, id: i64) -> Result<Option<Run>> {
        let text = format!("SELECT {COLUMNS} FROM runs WHERE id = ?1");
        match self.connection.query_row(&text, [id], of_row) {
            Ok(run) => Ok(Some(run)),
            Err(rusqlite::Error::QueryReturnedNoRows) => Ok(None),
            Err(error) => Err(self.failed("read", error)),
        }
    }

    /// The finished runs before this one that it can be compared with, at most `most`, the oldest first: the same job,
    /// version and settings. Without reports and series.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn before(&self, run: &Run, most: usize) -> Result<Vec<Run>> {
        let which = "job = ?1 AND version = ?2 AND settings = ?3 AND state = 'done' AND (?4 = 0 OR id < ?4) \
                     ORDER BY id DESC LIMIT ?5";
        self.figures(which, params![run.job, run.version, run.settings, run.id, most as i64])
    }

    /// Removes all but the latest `kept` runs; gives how many went.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn prune(&self, kept: u64) -> Result<u64> {
        let prune = || {
            let gone = self.connection.execute(
                "DELETE FROM runs WHERE id NOT IN (SELECT id FROM runs ORDER BY id DESC LIMIT ?1)",
                [i64::try_from(kept).unwrap_or(i64::MAX)],
            )?;
            self.connection.execute_batch("VACUUM")?;
            Ok(gone as u64)
        };
        prune().map_err(|e| self.failed("write", e))
    }

    /// A time of the history as text, in the zone of this machine: `2026-03-18 02:00:04`.
    ///
    /// # Errors
    /// The database is gone.
    pub fn local_time(&self, unix: i64) -> Result<String> {
        let text = "SELECT coalesce(strftime('%Y-%m-%d %H:%M:%S', ?1, 'unixepoch', 'localtime'), '')";
        self.connection.query_row(text, [unix], |row| row.get(0)).map_err(|e| self.failed("read", e))
    }
}

/// SQLite's own words, with the file.
fn failed(what: &'static str, path: &Path, error: impl Display) -> Error {
    Error::io(what, path, std::io::Error::other(error.to_string()))
}

fn is_damage(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DatabaseCorrupt)
}

fn of_row(row: &Row<'_>) -> rusqlite::Result<Run> {
    let amount = |at: usize| row.get::<_, i64>(at).map(|value| value.max(0) as u64);
    Ok(Run {
        id: row.get(0)?,
        started: row.get(1)?,
        job: row.get(2)?,
        version: row.get(3)?,
        settings: row.get(4)?,
        state: row.get(5)?,
        error: row.get(6)?,
        seconds: row.get(7)?,
        read: amount(8)?,
        written: amount(9)?,
        records: amount(10)?,
        bad: amount(11)?,
        peak: amount(12)?,
        memory_limit: amount(13)?,
        report: row.get(14)?,
        series: row.get(15)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(job: &str, read: u64) -> Run {
        let mut run = Run { started: 1_000_000_000, job: job.to_owned(), read, seconds: 2.0, ..Run::default() };
        (run.state, run.version, run.settings) = ("done".into(), "1.0.0".into(), "{}".into());
        run
    }

    #[test]
    fn runs_come_back_as_they_were() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/history.sqlite3");
        assert!(History::open(&path).unwrap().is_none());
        let history = History::create(&path).unwrap();
        let whole = Run {
            error: Some("it's \"bad\"".into()),
            report: Some("{\"a\":1}".into()),
            series: Some("{}".into()),
            written: 7,
            records: 5,
            bad: 2,
            peak: 9,
            memory_limit: 100,
            ..run("a → b", u64::from(u32::MAX) + 1)
        };
        assert_eq!(history.add(&whole).unwrap(), 1);
        assert_eq!(history.add(&run("c", 2)).unwrap(), 2);
        drop(history);
        let history = History::open(&path).unwrap().unwrap();
        assert_eq!(history.run(1).unwrap().unwrap(), Run { id: 1, ..whole });
        assert!(history.run(3).unwrap().is_none());
        let jobs = |runs: Vec<Run>| runs.into_iter().map(|run| run.job).collect::<Vec<_>>();
        assert_eq!(jobs(history.latest(10).unwrap()), ["a → b", "c"]);
        assert_eq!(jobs(history.latest(1).unwrap()), ["c"]);
        assert_eq!(jobs(history.finished(Some("a → b"), 10).unwrap()), ["a → b"]);
        assert_eq!(history.latest(10).unwrap()[0].report, None);
        assert_eq!((history.prune(1).unwrap(), history.latest(10).unwrap().len()), (1, 1));
        // Numbers are never given twice.
        history.prune(0).unwrap();
        assert_eq!(history.add(&run("d", 1)).unwrap(), 3);
    }

    #[test]
    fn runs_are_compared_with_their_like() {
        let folder = tempfile::tempdir().unwrap();
        let history = History::create(&folder.path().join("h")).unwrap();
        for (job, state, settings) in
            [("a", "done", "{}"), ("a", "failed", "{}"), ("b", "done", "{}"), ("a", "done", "{1}"), ("a", "done", "{}")]
        {
            history.add(&Run { state: state.into(), settings: settings.into(), ..run(job, 1) }).unwrap();
        }
        let before = |id| {
            let runs = history.before(&Run { id, ..run("a", 1) }, 20).unwrap();
            runs.into_iter().map(|run| run.id).collect::<Vec<_>>()
        };
        assert_eq!((before(0), before(5), before(1)), (vec![1, 5], vec![1], vec![]));
        let finished = |job, most| {
            let runs = history.finished(job, most).unwrap();
            runs.into_iter().map(|run| run.id).collect::<Vec<_>>()
        };
        assert_eq!(
            (finished(Some("a"), 2), finished(None, 4), finished(Some("c"), 9)),
            (vec![4, 5], vec![1, 3, 4, 5], vec![])
        );
    }

    #[test]
    fn a_damaged_run_hides_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let history = History::create(&folder.path().join("h")).unwrap();
        for read in 1..=4 {
            history.add(&run("a", read)).unwrap();
        }
        // A text where a number is expected, and one that is no UTF-8.
        let spoil =
            "UPDATE runs SET seconds = 'soon' WHERE id = 2; UPDATE runs SET job = CAST(x'61ff' AS TEXT) WHERE id = 3";
        history.connection.execute_batch(spoil).unwrap();
        let ids = |runs: Vec<Run>| runs.into_iter().map(|run| run.id).collect::<Vec<_>>();
        assert_eq!((ids(history.latest(10).unwrap()), history.damaged()), (vec![1, 4], 2));
        assert_eq!((ids(history.finished(Some("a"), 10).unwrap()), history.damaged()), (vec![1, 4], 2));
        assert_eq!(ids(history.before(&Run { id: 4, ..run("a", 1) }, 20).unwrap()), [1]);
        assert!(history.run(2).unwrap_err().to_string().contains("seconds"));
    }

    #[test]
    fn a_history_takes_little_memory() {
        let folder = tempfile::tempdir().unwrap();
        let history = History::create(&folder.path().join("h")).unwrap();
        let limit = |name: &str| history.connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!(
            (limit("cache_size"), limit("soft_heap_limit"), limit("hard_heap_limit")),
            (-256, 512 << 10, 3 << 19)
        );
        history.add(&Run { report: Some("x".repeat(256 << 10)), ..run("a", 1) }).unwrap();
        // SQLite says so, and the history goes on.
        let error = history.add(&Run { report: Some("x".repeat(8 << 20)), ..run("a", 1) }).unwrap_err();
        assert!(error.to_string().contains("memory"), "{error}");
        assert_eq!(history.latest(10).unwrap().len(), 1);
    }

    #[test]
    fn what_is_no_history_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.sqlite3");
        fs::write(&path, "this is not a database, but a text that is long enough to be taken for one".repeat(20))
            .unwrap();
        for said in [History::create(&path).err(), History::open(&path).err()] {
            let said = said.unwrap().to_string();
            assert!(said.contains("history.sqlite3") && said.contains("not a database"), "{said}");
        }
        fs::remove_file(&path).unwrap();
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE others (a)").unwrap();
        for said in [History::create(&path).err(), History::open(&path).err()] {
            assert!(said.unwrap().to_string().contains("not a history of pagemill"));
        }
        fs::remove_file(&path).unwrap();
        History::create(&path).unwrap().connection.execute_batch("PRAGMA user_version = 9").unwrap();
        assert!(History::open(&path).err().unwrap().to_string().contains("later version of pagemill (9)"));
    }

    #[test]
    fn several_may_write_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.sqlite3");
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..10 {
                        History::create(&path).unwrap().add(&run("a", 1)).unwrap();
                    }
                });
            }
        });
        assert_eq!(History::open(&path).unwrap().unwrap().latest(100).unwrap().len(), 40);
    }
}
