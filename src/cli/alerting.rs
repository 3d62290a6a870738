//! Alerts while a command runs: on standard error, to a program, to an address.

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use pagemill::alerts::{Change, Limit, Told, Watch};
use pagemill::monitor::{About, Sample, View};
use serde_json::json;

use super::console;
use super::ending::ending;

/// A program that is told gets so much time; then it is ended.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often a program that is told is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// Compares a run with rules, and tells what changes.
pub struct Alerts {
    told: Vec<Told>,
    watch: Watch,
    /// Nothing is said on standard error.
    quiet: bool,
}

/// Who tells programs and servers, if anybody is to be told.
static TELLER: Mutex<Option<Teller>> = Mutex::new(None);

fn teller() -> MutexGuard<'static, Option<Teller>> {
    TELLER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The command ends. Waits until everybody was told, unless that takes too long, or a signal has come.
pub fn end() {
    let Some(teller) = teller().take() else { return };
    teller.end();
}

impl Alerts {
    /// A view of a run; none without rules.
    pub fn new(told: &[Told], quiet: bool) -> Option<Alerts> {
        let watch = Watch::new(told.iter().map(|told| told.rule.clone()));
        (!told.is_empty()).then(|| Alerts { told: told.to_vec(), watch, quiet })
    }

    fn tell(&mut self, about: &About, change: &Change) {
        let text = sentence(change);
        if !self.quiet {
            console::alert(&text);
        }
        let told = self.told.get(change.index);
        if let Some(told) = told.filter(|told| !told.command.is_empty() || told.webhook.is_some()) {
            let message = Message { told: told.clone(), text: text.clone(), json: message(about, change, &text) };
            teller().get_or_insert_with(Teller::start).send(message);
        }
    }
}

impl View for Alerts {
    fn show(&mut self, about: &About, sample: &Sample) {
        for change in self.watch.look(sample) {
            self.tell(about, &change);
        }
    }

    /// What ends with the run is not resolved by that.
    fn end(&mut self, about: &About, sample: &Sample) {
        for change in self.watch.look(sample).into_iter().filter(|change| change.raised) {
            self.tell(about, &change);
        }
    }
}

/// What is said of a change.
fn sentence(change: &Change) -> String {
    let severity = change.rule.severity.name();
    match change.raised {
        true => format!("{severity}: {}", change.rule.sentence(change.value)),
        false => format!("{severity} resolved: {} is as it should be again", change.rule.metric.name),
    }
}

/// The same for programs.
fn message(about: &About, change: &Change, text: &str) -> String {
    let (above, below) = match change.rule.limit {
        Limit::Above(limit) => (Some(limit), None),
        Limit::Below(limit) => (None, Some(limit)),
    };
    let message = json!({
        "state": if change.raised { "raised" } else { "resolved" },
        "rule": change.rule.name,
        "severity": change.rule.severity.name(),
        "metric": change.rule.metric.name,
        "value": change.value,
        "above": above,
        "below": below,
        "for_s": change.rule.lasting.as_secs_f64(),
        "t": change.at.as_secs_f64(),
        "text": text,
        "source": about.source,
        "target": about.target,
    });
    format!("{message}\n")
}

/// Somebody is to be told something.
struct Message {
    told: Told,
    text: String,
    json: String,
}

/// The thread that tells: neither the run nor its views wait for a program or a server.
struct Teller {
    sender: Sender<Message>,
    thread: Option<JoinHandle<()>>,
}

impl Teller {
    fn start() -> Teller {
        let (sender, messages) = channel::<Message>();
        let thread = thread::Builder::new().name("alerts".into()).spawn(move || messages.iter().for_each(tell));
        Teller { sender, thread: thread.ok() }
    }

    fn send(&self, message: Message) {
        // Without a thread nobody can be told; the run goes on.
        let _ = self.sender.send(message);
    }

    fn end(self) {
        drop(self.sender);
        let Some(thread) = self.thread else { return };
        let until = Instant::now() + PATIENCE;
        while !thread.is_finished() {
            if ending().is_some() || Instant::now() >= until {
                console::warning("an alert may not have been told: the command ends");
                return;
            }
            thread::sleep(LOOK);
        }
    }
}

fn tell(message: Message) {
    let Message { told, text, json } = message;
    let failed = |who: &str, why: String| console::warning(format_args!("an alert could not be told to {who}: {why}"));
    if let Some(program) = told.command.first()
        && let Err(why) = run(&told.command, &text, &json)
    {
        failed(program, why);
    }
    if let Some(url) = &told.webhook
        && let Err(why) = post(url, &json)
    {
        // An address may have a secret in it.
        let host = url.split('/').nth(2).unwrap_or_default();
        failed(host.rsplit('@').next().unwrap_or_default(), why);
    }
}

/// Runs a program with the message on its standard input, and its text in PAGEMILL_ALERT.
fn run(command: &[String], text: &str, json: &str) -> Result<(), String> {
    let mut command = command.iter();
    let program = command.next().map(String::as_str).unwrap_or_default();
    let mut child = Command::new(program)
        .args(command)
        .env("PAGEMILL_ALERT", text)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| e.to_string())?;
    // A program may not want to read it.
    let _ = child.stdin.take().map(|mut stdin| stdin.write_all(json.as_bytes()));
    let until = Instant::now() + PATIENCE;
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(status.to_string()),
            Ok(None) if Instant::now() < until => thread::sleep(LOOK),
            other => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(other.map_or_else(|e| e.to_string(), |_| "it took more than 30 s".to_owned()));
            }
        }
    }
}

/// Posts the message; tries three times.
#[cfg(feature = "webhook")]
fn post(url: &str, json: &str) -> Result<(), String> {
    const TRIES: u32 = 3;
    const EACH: Duration = Duration::from_secs(5);
    let agent: ureq::Agent = ureq::Agent::config_builder().timeout_global(Some(EACH)).build().into();
    let mut why = String::new();
    for number in 0..TRIES {
        if number > 0 {
            thread::sleep(Duration::from_millis(200 << (2 * number)));
        }
        match agent.post(url).header("Content-Type", "application/json").send(json) {
            Ok(_) => return Ok(()),
            // It will not like it any better the next time.
            Err(ureq::Error::StatusCode(code)) if code < 500 && code != 429 => {
                return Err(format!("it answered {code}"));
            }
            Err(error) => why = error.to_string(),
        }
    }
    Err(format!("{why} ({TRIES} tries)"))
}

/// This build can't post.
#[cfg(not(feature = "webhook"))]
fn post(_url: &str, _json: &str) -> Result<(), String> {
    Err("this build has no webhooks; build it with the feature `webhook`".to_owned())
}
