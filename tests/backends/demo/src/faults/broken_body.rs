//! Bodies that do not arrive as they should: half of one and then an error, which makes the server close the connection; or one byte
//! at a time.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::body::Bytes;
use hyper::body::{Body, Frame};
use tokio::time::Sleep;

pub(super) struct BrokenBody {
    left: Bytes,
    /// Bytes per frame.
    step: usize,
    /// Fails when so many bytes are left.
    fails_at: Option<usize>,
    pause: Duration,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl BrokenBody {
    /// Half of the bytes, a moment for the socket to carry them, then an error.
    pub(super) fn cut_in_half(bytes: Bytes) -> Self {
        let step = (bytes.len() / 2).max(1);
        let fails_at = Some(bytes.len().saturating_sub(step));
        Self { left: bytes, step, fails_at, pause: Duration::from_millis(20), sleep: None }
    }

    /// One byte after each pause.
    pub(super) fn dripping(bytes: Bytes, pause: Duration) -> Self {
        Self { left: bytes, step: 1, fails_at: None, pause, sleep: None }
    }
}

impl Body for BrokenBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let body = self.get_mut();
        if let Some(sleep) = &mut body.sleep {
            ready!(sleep.as_mut().poll(context));
        }
        if body.fails_at == Some(body.left.len()) {
            return Poll::Ready(Some(Err(io::Error::other("cut by a fault rule"))));
        }
        if body.left.is_empty() {
            return Poll::Ready(None);
        }
        let part = body.left.split_to(body.step.min(body.left.len()));
        body.sleep = Some(Box::pin(tokio::time::sleep(body.pause)));
        Poll::Ready(Some(Ok(Frame::data(part))))
    }
}
