//! The stream of events of one client.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll, ready};

use axum::body::{Bytes, HttpBody};
use hyper::body::Frame;
use tokio::sync::watch;

use super::hub::{Batch, Counted, Hub, News};

/// The body of an answer that goes on until the run ends. The client's slot is that of the channel: it has the newest
/// batch, and the number of that one tells how many were missed.
pub(super) struct Events(Next);

type Next = Pin<Box<dyn Future<Output = Option<(Bytes, Feed)>> + Send>>;

struct Feed {
    hub: Arc<Hub>,
    batches: watch::Receiver<Arc<Batch>>,
    /// The batch up to which the client knows everything; none: it knows nothing.
    known: Option<u64>,
    /// What is to come after what was sent; then nothing more does.
    last: Option<Bytes>,
    over: bool,
    _counted: Counted,
}

impl Events {
    pub fn new(hub: &Arc<Hub>, counted: Counted) -> Events {
        let feed = Feed {
            hub: Arc::clone(hub),
            batches: hub.subscribe(),
            known: None,
            last: None,
            over: false,
            _counted: counted,
        };
        Events(Box::pin(feed.next()))
    }
}

impl Feed {
    /// What the client gets next.
    async fn next(mut self) -> Option<(Bytes, Feed)> {
        if let Some(last) = self.last.take() {
            self.over = true;
            return Some((last, self));
        }
        if self.over {
            return None;
        }
        if self.known.is_some() {
            // Without a sender there is nothing more to tell.
            self.batches.changed().await.ok()?;
        }
        let batch = Arc::clone(&self.batches.borrow_and_update());
        let missed = self.known.map_or(0, |known| batch.seq.saturating_sub(known + 1));
        self.hub.skipped.fetch_add(missed, Relaxed);
        let bytes = match &batch.news {
            News::Events(bytes) if self.known.is_some_and(|known| batch.seq <= known) => bytes.slice(..0),
            News::Events(bytes) if self.known.is_some() && missed == 0 => bytes.clone(),
            news => {
                if let News::End(end) = news {
                    self.last = Some(end.clone());
                }
                let (seq, snapshot) = self.hub.snapshot_event();
                self.known = Some(seq);
                return Some((snapshot, self));
            }
        };
        self.known = self.known.max(Some(batch.seq));
        Some((bytes, self))
    }
}

impl HttpBody for Events {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::convert::Infallible>>> {
        loop {
            let Some((bytes, feed)) = ready!(self.0.as_mut().poll(cx)) else { return Poll::Ready(None) };
            self.0 = Box::pin(feed.next());
            // An empty frame is no frame.
            if !bytes.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(bytes))));
            }
        }
    }
}
