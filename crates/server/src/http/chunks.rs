//! A body that comes in pieces, as they are read: a file of any length never stands in memory whole.

use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use actix_web::rt;
use actix_web::web::Bytes;
use tokio::sync::mpsc::{self, Receiver, Sender};

/// Pieces that wait to be sent. Few: whoever reads slowly makes the source wait.
const WAITING: usize = 2;

/// A body in pieces.
#[derive(Debug)]
pub struct Chunks(Receiver<Result<Bytes, EndedEarly>>);

/// What was read could not be read to its end: the connection is cut, so that nobody takes what came
/// for the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it could not be read to its end")]
pub struct EndedEarly;

/// Where the pieces are handed in.
#[derive(Clone, Debug)]
pub struct Source(Sender<Result<Bytes, EndedEarly>>);

impl Source {
    /// Hands a piece in; whether anybody wants more.
    pub async fn give(&self, text: String) -> bool {
        self.0.send(Ok(Bytes::from(text))).await.is_ok()
    }
}

/// The body whose pieces `work` hands in, while it is sent.
pub fn produced<E: std::fmt::Display>(
    work: impl AsyncFnOnce(&Source) -> Result<(), E> + 'static,
) -> Chunks {
    let (sender, receiver) = mpsc::channel(WAITING);
    rt::spawn(async move {
        let source = Source(sender);
        if let Err(fault) = work(&source).await {
            tracing::warn!(%fault, "a file ended early");
            // Whoever is gone need not be told.
            let _gone = source.0.send(Err(EndedEarly)).await;
        }
    });
    Chunks(receiver)
}

impl MessageBody for Chunks {
    type Error = EndedEarly;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        self.0.poll_recv(context)
    }
}
