//! Alerts while a command runs: on standard error, to a program, to an address.

use std::fmt::Display;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use pagemill::alerts::{Change, Limit, Notified, Watch};
use pagemill::monitor::{About, Judge, Moment, Sample, Standing, View};
use pagemill::sys::child::{Took, run_with_input};
use pagemill::wording::counted;
use serde_json::json;

use super::children::without_secrets;
use super::console;
use super::ending::ending;

/// A program gets this much time for a message; then it is ended.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often receivers that have not ended are looked at.
const LOOK: Duration = Duration::from_millis(20);

/// Messages that wait for one receiver. More than these wait only where it hangs.
const WAITING: usize = 32;

/// Says which rules a run keeps and which it breaks.
struct Rules {
    watch: Watch,
    changes: Sender<Change>,
}

impl Judge for Rules {
    fn judge(&mut self, sample: &Sample) -> Vec<Standing> {
        for change in self.watch.look(sample) {
            // Without a view nobody is notified.
            let _ = self.changes.send(change);
        }
        let mut standings: Vec<Standing> = self.watch.standings().collect();
        standings.sort_by_key(|standing| standing.state);
        standings
    }
}

/// Reports what changes.
struct Alerts {
    notified: Vec<Notified>,
    changes: Receiver<Change>,
    /// Nothing is said on standard error.
    quiet: bool,
}

/// What judges a run by rules, and the view that reports what changes; none without rules.
pub fn watch(notified: &[Notified], quiet: bool) -> Option<(Box<dyn Judge>, Box<dyn View>)> {
    let watch = Watch::new(notified.iter().map(|one| one.rule.clone()));
    let (sender, changes) = channel();
    let rules = Rules { watch, changes: sender };
    let alerts = Alerts { notified: notified.to_vec(), changes, quiet };
    (!notified.is_empty()).then(|| -> (Box<dyn Judge>, Box<dyn View>) { (Box::new(rules), Box::new(alerts)) })
}

/// Those who are notified, each by a thread of its own: one that hangs holds nobody else up.
static NOTIFIERS: Mutex<Vec<Notifier>> = Mutex::new(Vec::new());

fn notifiers() -> MutexGuard<'static, Vec<Notifier>> {
    NOTIFIERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The command ends. Waits until everybody was notified, unless that takes too long, or a signal has come.
pub fn end() {
    let notifiers = std::mem::take(&mut *notifiers());
    let until = Instant::now() + PATIENCE;
    // All of them learn that nothing more comes, before any is waited for.
    let threads: Vec<_> = notifiers.into_iter().filter_map(Notifier::close).collect();
    while !threads.iter().all(JoinHandle::is_finished) {
        if ending().is_some() || Instant::now() >= until {
            console::warning("an alert may not have been sent: the command ends");
            return;
        }
        thread::sleep(LOOK);
    }
}

impl Alerts {
    fn report(&self, about: &About, change: &Change) {
        let text = sentence(change);
        if !self.quiet {
            console::alert(&text);
        }
        let Some(notified) = self.notified.get(change.index) else { return };
        let json = message(about, change, &text);
        let program = (!notified.command.is_empty()).then(|| Who::Program(notified.command.clone()));
        for who in program.into_iter().chain(notified.webhook.clone().map(Who::Address)) {
            Notifier::send(who, Message { text: text.clone(), json: json.clone() });
        }
    }
}

impl View for Alerts {
    fn show(&mut self, about: &About, _: &Moment) {
        self.changes.try_iter().for_each(|change| self.report(about, &change));
    }

    fn end(&mut self, about: &About, moment: &Moment) {
        self.show(about, moment);
    }
}

/// What is said of a change.
fn sentence(change: &Change) -> String {
    let severity = change.rule.severity.name();
    match change.raised {
        // The name of the rule says what the sentence does not.
        true if change.rule.metric.say.is_some() => {
            format!("{severity}: {}: {}", change.rule.name.replace('_', " "), change.text)
        }
        true => format!("{severity}: {}", change.text),
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

/// What somebody gets.
struct Message {
    text: String,
    json: String,
}

/// Somebody who is notified.
#[derive(Clone, PartialEq, Eq)]
enum Who {
    Program(Vec<String>),
    Address(String),
}

/// The thread that notifies somebody: neither the run nor its views wait for a program or a server.
struct Notifier {
    who: Who,
    sender: SyncSender<Message>,
    thread: Option<JoinHandle<()>>,
    /// What there was no room for.
    lost: u64,
}

impl Notifier {
    fn start(who: Who) -> Notifier {
        let (sender, messages) = sync_channel::<Message>(WAITING);
        let own = who.clone();
        let run = move || messages.iter().for_each(|message| own.send(&message));
        Notifier { who, sender, thread: thread::Builder::new().name("alerts".into()).spawn(run).ok(), lost: 0 }
    }

    /// Gives a message to the thread of somebody, which is started if there is none.
    fn send(who: Who, message: Message) {
        let mut notifiers = notifiers();
        let known = notifiers.iter().position(|notifier| notifier.who == who);
        let index = known.unwrap_or_else(|| {
            notifiers.push(Notifier::start(who));
            notifiers.len() - 1
        });
        // Without a thread nobody can be notified; the run goes on.
        if notifiers[index].sender.try_send(message).is_err() {
            notifiers[index].lost += 1;
        }
    }

    /// Nothing more comes.
    fn close(self) -> Option<JoinHandle<()>> {
        let Notifier { who, sender, thread, lost } = self;
        drop(sender);
        if lost > 0 {
            who.failed(format_args!("{} dropped: the queue was full", were(lost)));
        }
        thread
    }
}

impl Who {
    fn send(&self, message: &Message) {
        let sent = match self {
            Who::Program(command) => run(command, &message.text, &message.json),
            Who::Address(url) => post(url, &message.json),
        };
        if let Err(why) = sent {
            self.failed(why);
        }
    }

    fn failed(&self, why: impl Display) {
        let name = match self {
            Who::Program(command) => command.first().map(String::as_str).unwrap_or_default(),
            // An address may have a secret in it.
            Who::Address(url) => {
                let host = url.split('/').nth(2).unwrap_or_default();
                host.rsplit('@').next().unwrap_or_default()
            }
        };
        console::warning(format_args!("could not send an alert to {name}: {why}"));
    }
}

/// How many messages were.
fn were(count: u64) -> String {
    format!("{} {}", counted(count, "message"), if count == 1 { "was" } else { "were" })
}

/// Runs a program with the message on its standard input, and its text in PAGEMILL_ALERT.
fn run(command: &[String], text: &str, json: &str) -> Result<(), String> {
    let mut words = command.iter();
    let mut command = Command::new(words.next().map(String::as_str).unwrap_or_default());
    command.args(words).env("PAGEMILL_ALERT", text).stdout(Stdio::null()).stderr(Stdio::null());
    without_secrets(&mut command);
    match run_with_input(&mut command, json.as_bytes(), PATIENCE) {
        Ok(Took { ended: Some(_), .. }) => Err(format!("it took more than {} s", PATIENCE.as_secs())),
        Ok(Took { status, .. }) if status.success() => Ok(()),
        Ok(Took { status, .. }) => Err(status.to_string()),
        Err(error) => Err(error.to_string()),
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
