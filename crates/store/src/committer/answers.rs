//! Answers on their way back: those of one batch reach an event loop together.
//!
//! Whoever answers a future of another thread wakes that thread's event loop, which costs a system
//! call, and on a busy core a switch to the loop and back before the next answer. A batch answers
//! up to [`super::LARGEST_BATCH`] futures of very few loops. So a loop that calls
//! [`deliver_answers`] is sent all of its answers at once, and hands them out on its own thread,
//! where waking costs nothing; any other caller is answered for itself.

use std::cell::RefCell;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use super::Reply;

type Letters = Vec<(oneshot::Sender<Reply>, Reply)>;
type Mailbox = UnboundedSender<Letters>;

thread_local! {
    static MAILBOX: RefCell<Option<Mailbox>> = const { RefCell::new(None) };
}

/// Hands out the answers to changes that this thread's futures apply, a batch at a time, as long as
/// the event loop runs that it is spawned on. A second one on the same thread ends at once.
pub async fn deliver_answers() {
    let Some(mut letters) = open_mailbox() else { return };
    while let Some(letters) = letters.recv().await {
        hand_out(letters);
    }
}

fn open_mailbox() -> Option<UnboundedReceiver<Letters>> {
    MAILBOX.with_borrow_mut(|mailbox| {
        if mailbox.as_ref().is_some_and(|mailbox| !mailbox.is_closed()) {
            return None;
        }
        let (sender, letters) = unbounded_channel();
        *mailbox = Some(sender);
        Some(letters)
    })
}

fn hand_out(letters: impl IntoIterator<Item = (oneshot::Sender<Reply>, Reply)>) {
    for (caller, reply) in letters {
        // A caller that went away does not undo what was decided for it.
        let _gone = caller.send(reply);
    }
}

/// Who waits for an answer, and where.
pub(super) struct Caller {
    answer: oneshot::Sender<Reply>,
    mailbox: Option<Mailbox>,
}

impl Caller {
    /// A caller on this thread, and what it waits for.
    pub(super) fn here() -> (Self, oneshot::Receiver<Reply>) {
        let (answer, reply) = oneshot::channel();
        let mailbox = MAILBOX.with_borrow(Option::clone);
        (Self { answer, mailbox }, reply)
    }

    /// Whether nobody waits for the answer any more.
    pub(super) fn has_gone(&self) -> bool {
        self.answer.is_closed()
    }
}

/// Answers everybody: loop by loop where there is a mailbox, one by one where there is none.
pub(super) fn send(answered: impl Iterator<Item = (Caller, Reply)>) {
    let mut loops: Vec<(Mailbox, Letters)> = Vec::new();
    for (Caller { answer, mailbox }, reply) in answered {
        let Some(mailbox) = mailbox else {
            hand_out([(answer, reply)]);
            continue;
        };
        match loops.iter_mut().find(|(known, _)| known.same_channel(&mailbox)) {
            Some((_, letters)) => letters.push((answer, reply)),
            None => loops.push((mailbox, vec![(answer, reply)])),
        }
    }
    for (mailbox, letters) in loops {
        // The loop has ended: whoever still waits does so elsewhere.
        if let Err(undelivered) = mailbox.send(letters) {
            hand_out(undelivered.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StoreError;
    use crate::changes::{Answer, Guard};

    fn held() -> Reply {
        Ok(Answer::Guard(Guard::Held))
    }

    fn is_held(reply: Result<Reply, oneshot::error::TryRecvError>) -> bool {
        matches!(reply, Ok(Ok(Answer::Guard(Guard::Held))))
    }

    fn event_loop() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().build().expect("a runtime")
    }

    #[test]
    fn a_loop_that_attends_is_handed_the_answers_of_a_batch_together() {
        let local = tokio::task::LocalSet::new();
        local.block_on(&event_loop(), async {
            tokio::task::spawn_local(deliver_answers());
            tokio::task::yield_now().await;
            let (first, mut one) = Caller::here();
            let (second, mut other) = Caller::here();
            let refused = Err(StoreError::Closed);
            std::thread::spawn(|| send([(first, held()), (second, refused)].into_iter()))
                .join()
                .expect("the committer's thread");
            assert!(one.try_recv().is_err(), "not before the loop turns");
            assert!(is_held(Ok(one.await.expect("an answer"))));
            assert!(matches!(other.try_recv(), Ok(Err(StoreError::Closed))), "in the same turn");
        });
    }

    #[test]
    fn callers_of_no_loop_and_of_an_ended_loop_are_answered_too() {
        let (alone, mut reply) = Caller::here();
        send(std::iter::once((alone, held())));
        assert!(is_held(reply.try_recv()));

        event_loop().block_on(async {
            tokio::spawn(deliver_answers());
            tokio::task::yield_now().await;
        });
        let (orphan, mut reply) = Caller::here();
        send(std::iter::once((orphan, held())));
        assert!(is_held(reply.try_recv()), "the loop has ended");

        event_loop().block_on(async {
            tokio::spawn(deliver_answers());
            tokio::task::yield_now().await;
            let (again, reply) = Caller::here();
            send(std::iter::once((again, held())));
            assert!(is_held(Ok(reply.await.expect("a later loop of the thread attends"))));
        });
    }
}
