//! Sending metrics to a collector of OpenTelemetry while a command runs.

#[cfg(feature = "otlp")]
pub use sends::{Collector, end, wanted};
#[cfg(not(feature = "otlp"))]
pub use without::{Collector, end, wanted};

#[cfg(feature = "otlp")]
mod sends {
    use std::env;
    use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
    use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
    use std::thread::{self, JoinHandle};
    use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

    use pagemill::config::flags::Said;
    use pagemill::error::Error;
    use pagemill::monitor::{About, Moment, View};
    use pagemill::otlp::{CONTENT_TYPE, Endpoint, Header, Identity, headers, refused, request};
    use ureq::Agent;

    use crate::cli::console;
    use crate::cli::ending::ending;

    /// Headers, which may be secrets: never an argument, because others can read those.
    const HEADERS: &str = "OTEL_EXPORTER_OTLP_HEADERS";
    /// The time between two requests. Samples come half a second apart, more or less.
    const EVERY: Duration = Duration::from_millis(9_750);
    /// How long one request may take: the default of OpenTelemetry.
    const EACH: Duration = Duration::from_secs(10);
    /// How long the end of the command waits for the last one.
    const PATIENCE: Duration = Duration::from_secs(10);
    /// How long the jobs after one whose collector did not answer at its end wait for it at theirs.
    const LESS_PATIENCE: Duration = Duration::from_millis(500);
    /// How often that is looked at.
    const LOOK: Duration = Duration::from_millis(10);
    /// What an answer may have, in bytes.
    const ANSWER: u64 = 64 << 10;

    /// Where metrics go.
    #[derive(Clone)]
    pub struct Collector {
        endpoint: Endpoint,
        headers: Vec<Header>,
        quiet: bool,
    }

    /// The collector that the flags ask for.
    ///
    /// # Errors
    /// Usage: the text is no address, or the headers in the environment are none.
    pub fn wanted(said: &Said) -> Result<Option<Collector>, Error> {
        let Some(text) = said.text("otlp")? else { return Ok(None) };
        let endpoint = Endpoint::parse(text).map_err(|why| {
            Error::usage(format!(
                "--otlp: this is not a collector address: {why}\n  Give one such as http://localhost:4318; secrets belong in {HEADERS}."
            ))
        })?;
        let text = env::var_os(HEADERS).unwrap_or_default();
        let headers = text.to_str().map_or(Err(1), headers).map_err(|part| {
            Error::usage(format!(
                "{HEADERS}: part {part} is not a header\n  It is a list such as api-key=SECRET,other=VALUE; values are percent-encoded."
            ))
        })?;
        Ok(Some(Collector { endpoint, headers, quiet: said.has("quiet") }))
    }

    impl Collector {
        /// A view of a run that sends.
        pub fn view(&self) -> Box<dyn View> {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            let identity = Identity { run: format!("{:x}-{:x}", now.as_millis(), std::process::id()) };
            Box::new(Exporter { collector: self.clone(), identity, last: None })
        }
    }

    struct Exporter {
        collector: Collector,
        identity: Identity,
        last: Option<Duration>,
    }

    impl View for Exporter {
        fn show(&mut self, about: &About, moment: &Moment) {
            let t = moment.sample.t;
            if self.last.is_none_or(|last| t.saturating_sub(last) >= EVERY) {
                self.last = Some(t);
                send(&self.collector, Export { bytes: request(about, moment, &self.identity), last: false });
            }
        }

        fn end(&mut self, about: &About, moment: &Moment) {
            send(&self.collector, Export { bytes: request(about, moment, &self.identity), last: true });
        }
    }

    /// A request.
    struct Export {
        bytes: Vec<u8>,
        /// Nothing comes after it that would have the same in it.
        last: bool,
    }

    /// The thread that sends: neither the run nor its views wait for a collector.
    struct Sender {
        requests: SyncSender<Export>,
        thread: Option<JoinHandle<()>>,
        outcome: Arc<Mutex<Outcome>>,
        collector: Collector,
    }

    /// What became of the requests.
    #[derive(Default)]
    struct Outcome {
        all: u64,
        failed: u64,
        why: String,
    }

    /// The last collector that did not answer at the end of a job.
    static HUNG: Mutex<Option<Endpoint>> = Mutex::new(None);
    static SENDER: Mutex<Option<Sender>> = Mutex::new(None);

    fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
        mutex.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives a request to the thread of this run, which is started if there is none. What the collector is too slow for is not sent: the
    /// next request has all of it.
    fn send(collector: &Collector, export: Export) {
        let mut sender = lock(&SENDER);
        let sender = sender.get_or_insert_with(|| Sender::start(collector.clone()));
        let mut outcome = lock(&sender.outcome);
        outcome.all += 1;
        if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) = sender.requests.try_send(export) {
            outcome.failed += 1;
            if outcome.why.is_empty() {
                outcome.why = "it is too slow".to_owned();
            }
        }
    }

    impl Sender {
        fn start(collector: Collector) -> Sender {
            // One may wait while another is sent, and one more is the last.
            let (requests, received) = sync_channel(2);
            let outcome = Arc::new(Mutex::new(Outcome::default()));
            let (own, shared) = (collector.clone(), Arc::clone(&outcome));
            let run = move || post_all(&own, &received, &shared);
            Sender { requests, thread: thread::Builder::new().name("otlp".into()).spawn(run).ok(), outcome, collector }
        }
    }

    fn post_all(collector: &Collector, requests: &Receiver<Export>, outcome: &Mutex<Outcome>) {
        // A redirection could lead the headers elsewhere.
        let config = Agent::config_builder().timeout_global(Some(EACH)).max_redirects(0).http_status_as_error(false);
        let agent: Agent = config.build().into();
        for export in requests {
            let mut sent = collector.post(&agent, &export.bytes);
            // A collector that is not well now may be so in a moment; in the middle of a run the next request has it all.
            if export.last && sent.as_ref().is_err_and(|why| why.passes) {
                thread::sleep(Duration::from_millis(500));
                sent = collector.post(&agent, &export.bytes);
            }
            if let Err(Why { text, .. }) = sent {
                let mut outcome = lock(outcome);
                outcome.failed += 1;
                outcome.why = text;
            }
        }
    }

    /// Why something was not delivered.
    struct Why {
        text: String,
        /// It may go well the next time.
        passes: bool,
    }

    impl Collector {
        fn post(&self, agent: &Agent, bytes: &[u8]) -> Result<(), Why> {
            let mut request = agent.post(self.endpoint.url()).header("Content-Type", CONTENT_TYPE);
            for Header { name, value } in &self.headers {
                request = request.header(name, value);
            }
            let failed = |error: ureq::Error| Why { text: error.to_string(), passes: true };
            let mut answer = request.send(bytes).map_err(failed)?;
            let status = answer.status();
            if !status.is_success() {
                // Those that the protocol lets a client try again.
                let passes = matches!(status.as_u16(), 429 | 502 | 503 | 504);
                return Err(Why { text: format!("it answered {}", status.as_u16()), passes });
            }
            // It was taken, whatever the rest of the answer is.
            let body = answer.body_mut().with_config().limit(ANSWER).read_to_vec().unwrap_or_default();
            match refused(&body) {
                None => Ok(()),
                Some(refused) => {
                    let why = refused.why.replace(char::is_control, " ");
                    let why: String = why.chars().take(200).collect();
                    Err(Why { text: format!("it refused {} values: {why}", refused.points), passes: false })
                }
            }
        }
    }

    /// A run is over, and no other goes on. Waits until the last request was sent, unless that takes too long, or a signal has come; says what
    /// was not delivered.
    pub fn end() {
        let Some(Sender { requests, thread, outcome, collector }) = lock(&SENDER).take() else { return };
        drop(requests);
        let hung = lock(&HUNG).as_ref() == Some(&collector.endpoint);
        let until = Instant::now() + if hung { LESS_PATIENCE } else { PATIENCE };
        let is_over = || thread.as_ref().is_none_or(JoinHandle::is_finished);
        while !is_over() && ending().is_none() && Instant::now() < until {
            thread::sleep(LOOK);
        }
        let over = is_over();
        if !over {
            *lock(&HUNG) = Some(collector.endpoint.clone());
        }
        let outcome = lock(&outcome);
        if collector.quiet || over && outcome.failed == 0 {
            return;
        }
        let host = collector.endpoint.host();
        let why = match (&*outcome.why, over) {
            (why, true) => why,
            ("", false) => "the command ends, and it has not answered",
            (why, false) => why,
        };
        let failed = outcome.failed.max(u64::from(!over));
        console::warning(format_args!(
            "--otlp: {failed} of {} exports of metrics were not delivered to {host}: {why}",
            outcome.all
        ));
    }
}

/// In a build without it.
#[cfg(not(feature = "otlp"))]
mod without {
    use pagemill::config::flags::Said;
    use pagemill::error::Error;
    use pagemill::monitor::View;

    /// Nobody can want one.
    #[derive(Clone)]
    pub enum Collector {}

    pub fn wanted(said: &Said) -> Result<Option<Collector>, Error> {
        match said.has("otlp") {
            true => Err(Error::usage(
                "--otlp: this pagemill was built without OpenTelemetry\n  Build it with the feature `otlp`, or leave the flag out.",
            )),
            false => Ok(None),
        }
    }

    impl Collector {
        pub fn view(&self) -> Box<dyn View> {
            match *self {}
        }
    }

    pub fn end() {}
}
