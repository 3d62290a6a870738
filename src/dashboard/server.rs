//! The thread that answers.

use std::io;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{ACCEPT, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};

use super::assets;
use super::bind::Listening;
use super::events::Events;
use super::gate::{Gate, guard};
use super::hub::{Counted, Hub, Teller};
use super::patient::Patient;
use super::told::{End, Page};
use crate::monitor::{Exposition, Series, State as RunState, View};

/// How many may be connected, and how many of them get events.
const CONNECTIONS: usize = 64;
const STREAMS: usize = 16;
/// The most that the head of a request may have, in bytes.
const HEAD: usize = 8 << 10;
/// How long a client has to send it.
const ASKING: Duration = Duration::from_secs(5);
/// How long the end waits for clients to take what was sent.
const FAREWELL: Duration = Duration::from_millis(250);
/// When the system has no descriptors left, it is asked again after this time.
const EXHAUSTED: Duration = Duration::from_millis(100);
/// What the thread may need.
const STACK: usize = 512 << 10;

/// A dashboard that answers. It ends with this value, at once.
pub struct Dashboard {
    hub: Arc<Hub>,
    closing: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
    url: String,
}

impl Listening {
    /// Answers from now on.
    ///
    /// # Errors
    /// The system has no threads left.
    pub fn serve(self, page: Page) -> io::Result<Dashboard> {
        let url = self.url().to_owned();
        let Listening { runtime, listener, gate, .. } = self;
        let hub = Arc::new(Hub::new(page, Arc::new(Mutex::new(Series::new()))));
        let (closing, closed) = watch::channel(false);
        let router = router(&hub, gate);
        let serve = move || runtime.block_on(accept(listener, router, closed));
        let thread = thread::Builder::new().name("dashboard".into()).stack_size(STACK).spawn(serve)?;
        Ok(Dashboard { hub, closing, thread: Some(thread), url })
    }
}

impl Dashboard {
    /// What renders the events.
    pub fn view(&self) -> Box<dyn View> {
        Box::new(Teller(Arc::clone(&self.hub)))
    }

    /// The series that is shown. Whoever takes samples adds them to it.
    pub fn series(&self) -> Arc<Mutex<Series>> {
        Arc::clone(&self.hub.series)
    }

    /// Where the page is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether the page is to stay after the run.
    pub fn lingers(&self) -> bool {
        self.hub.page.lingers
    }

    /// The run is over: clients are told how it ended, and get nothing more.
    pub fn end(&self, end: &End) {
        self.hub.end(end);
    }
}

/// Waits a moment for clients to take what was sent.
impl Drop for Dashboard {
    fn drop(&mut self) {
        self.closing.send_replace(true);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Answers until it is to close.
async fn accept(listener: TcpListener, router: Router, mut closed: watch::Receiver<bool>) {
    let free = Arc::new(Semaphore::new(CONNECTIONS));
    let serve = async {
        loop {
            let Ok((stream, _)) = listener.accept().await else {
                sleep(EXHAUSTED).await;
                continue;
            };
            match Arc::clone(&free).try_acquire_owned() {
                Ok(permit) => {
                    let router = router.clone();
                    tokio::spawn(async move {
                        connection(stream, router).await;
                        drop(permit);
                    });
                }
                Err(_) => refuse(&stream),
            }
        }
    };
    // Whichever is first; the future is dropped then, and with it the port.
    let mut serve = Box::pin(serve);
    let closing = closed.wait_for(|closed| *closed);
    let mut closing = Box::pin(closing);
    std::future::poll_fn(|cx| match closing.as_mut().poll(cx) {
        std::task::Poll::Ready(_) => std::task::Poll::Ready(()),
        std::task::Poll::Pending => serve.as_mut().poll(cx),
    })
    .await;
    // All connections are over when nobody holds a permit.
    let _ = timeout(FAREWELL, free.acquire_many(CONNECTIONS as u32)).await;
}

async fn connection(stream: TcpStream, router: Router) {
    let _ = stream.set_nodelay(true);
    // One request for each connection, so that none is held for nothing. What goes wrong concerns the client alone.
    let _ = http1::Builder::new()
        .keep_alive(false)
        .max_buf_size(HEAD)
        .timer(TokioTimer::new())
        .header_read_timeout(ASKING)
        .serve_connection(TokioIo::new(Patient::new(stream)), TowerToHyperService::new(router))
        .await;
}

/// There are too many. Nobody waits for this one to listen.
fn refuse(stream: &TcpStream) {
    const ANSWER: &[u8] =
        b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 2\r\nContent-Length: 0\r\n\r\n";
    let _ = stream.try_read(&mut [0; 2048]);
    let _ = stream.try_write(ANSWER);
}

fn router(hub: &Arc<Hub>, gate: Gate) -> Router {
    Router::new()
        .route("/", get(async || assets::answer("")))
        .route("/{name}", get(async |Path(name): Path<String>| assets::answer(&name)))
        .route("/api/snapshot", get(snapshot))
        .route("/api/events", get(events))
        .route("/metrics", get(metrics))
        .route("/healthz", get(health))
        .fallback(async || assets::answer("nothing"))
        .layer(from_fn_with_state(Arc::new(gate), guard))
        .with_state(Arc::clone(hub))
}

async fn snapshot(State(hub): State<Arc<Hub>>) -> Response {
    ([(CONTENT_TYPE, "application/json")], hub.snapshot().1).into_response()
}

async fn events(State(hub): State<Arc<Hub>>) -> Response {
    match Counted::new(&hub, STREAMS) {
        Some(counted) => ([(CONTENT_TYPE, "text/event-stream")], Body::new(Events::new(&hub, counted))).into_response(),
        None => (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "2")], "too many pages are open\n").into_response(),
    }
}

async fn metrics(State(hub): State<Arc<Hub>>, headers: HeaderMap) -> Response {
    let accepts = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let how = if prefers_open(accepts) { Exposition::OpenMetrics } else { Exposition::Prometheus };
    let (clients, skipped) = (hub.streams.load(Relaxed) as u64, hub.skipped.load(Relaxed));
    let text = how.served(&hub.page.about, &hub.moment(), clients, skipped);
    ([(CONTENT_TYPE, how.content_type())], text).into_response()
}

/// Whether a client wants OpenMetrics, and not plain text more than that.
fn prefers_open<'a>(accepts: impl Iterator<Item = &'a str>) -> bool {
    let (mut open, mut plain) = (0.0, 0.0);
    for kind in accepts.flat_map(|accept| accept.split(',')) {
        let mut parts = kind.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let quality = parts.find_map(|part| part.strip_prefix("q=")?.parse::<f64>().ok()).unwrap_or(1.0);
        if name.eq_ignore_ascii_case("application/openmetrics-text") {
            open = quality.max(open);
        } else if name.eq_ignore_ascii_case("text/plain") {
            plain = quality.max(plain);
        }
    }
    open > 0.0 && open >= plain
}

async fn health(State(hub): State<Arc<Hub>>) -> Response {
    match hub.sample().state {
        RunState::Failed => (StatusCode::SERVICE_UNAVAILABLE, "failed\n").into_response(),
        _ => "ok\n".into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_metrics_by_accept() {
        let open = |accept: &str| prefers_open([accept].into_iter());
        assert!(open("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"));
        assert!(
            open("application/openmetrics-text") && open("text/plain, application/openmetrics-text; version=1.0.0")
        );
        assert!(!open("text/plain;q=0.9,application/openmetrics-text;q=0.5") && !open("*/*") && !open("text/html"));
        assert!(!open("application/openmetrics-text;q=0"));
    }
}
