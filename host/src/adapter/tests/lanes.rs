//! Reads have threads of their own: what holds those holds no order.

use std::sync::mpsc;

use tokio::sync::Notify;

use super::super::operation::FindOrder;
use super::*;

/// Holds one thread, truly: not even a guest that spins does that. Ends when the sender is dropped.
async fn hold(thread_is_held: Arc<Notify>, release: Arc<std::sync::Mutex<mpsc::Receiver<()>>>) {
    thread_is_held.notify_one();
    let _ = release.lock().map(|release| release.recv());
}

#[tokio::test]
async fn an_order_goes_while_reads_hold_every_thread_that_they_have() {
    let bodies = ["availability.check", "orders.find-by-reference", "checkout.release"].map(|name| (name, handmade::DONE));
    let bench = Bench::with(&handmade::component_with(&bodies), |_| OK).await;
    let adapter = bench.adapter().await;
    let reads = ReadThreads::start().unwrap();
    let threads = reads.handle();
    let (release, held) = mpsc::channel();
    let (begun, held) = (Arc::<Notify>::default(), Arc::new(std::sync::Mutex::new(held)));
    for _ in 0..threads.metrics().num_workers() {
        threads.spawn(hold(Arc::clone(&begun), Arc::clone(&held)));
        begun.notified().await;
    }
    let read = tokio::spawn({
        let (adapter, threads) = (Arc::clone(&adapter), threads.clone());
        async move { adapter.call_on(&threads, &context(), check_availability()).await }
    });
    adapter.call(&context(), &FindOrder { account: "A".into(), reference: Reference::new_order() }).await.unwrap();
    adapter.call(&context(), &Release { reservation: "1".into() }).await.unwrap();
    assert!(!read.is_finished(), "the read waits for a thread");
    drop(release);
    read.await.unwrap().unwrap();
}

#[tokio::test]
async fn threads_for_reads_are_named_and_step_back_behind_the_others() {
    let reads = ReadThreads::start().unwrap();
    let mine = rustix::process::getpriority_process(None).unwrap();
    let seen = reads.handle().spawn(async {
        let name = std::thread::current().name().map(str::to_owned);
        (name, rustix::process::getpriority_process(None).unwrap())
    });
    let (name, theirs) = seen.await.unwrap();
    assert_eq!(name.as_deref(), Some("reads"));
    assert_eq!(theirs, (mine + 5).min(19), "mine is {mine}");
}

#[tokio::test]
async fn a_read_whose_caller_goes_away_is_given_up() {
    let (asked, seen) = tokio::sync::oneshot::channel();
    let asked = std::sync::Mutex::new(Some(asked));
    let script = move |_| {
        asked.lock().unwrap().take().map(|asked| asked.send(()));
        Answer::Hang
    };
    let bodies = [("availability.check", handmade::asks())];
    let bodies = bodies.each_ref().map(|(name, body)| (*name, body.as_str()));
    let bench = Bench::with(&handmade::component_with(&bodies), script).await;
    let adapter = bench.adapter().await;
    let reads = ReadThreads::start().unwrap();
    let (calling, threads) = (Arc::clone(&adapter), reads.handle());
    let read = tokio::spawn(async move { calling.call_on(&threads, &context(), check_availability()).await });
    seen.await.unwrap();
    assert_eq!(adapter.record.in_flight(), 1);
    read.abort();
    while adapter.record.in_flight() > 0 {
        tokio::task::yield_now().await;
    }
}
