//! Nodes as providers run them: short ranges of logs, limits of gas, refusals for want of time. A proxy before the node behaves
//! like one; what is said through it is what is said without it.

use crate::scene::Scene;
use proposal::holders::Search;
use proposal::reader::{ReadError, Reader};
use proposal::{Options, run};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// How a provider answers a request: itself, or none to ask the node.
type Policy = dyn Fn(&Value, usize) -> Option<(u16, Value)> + Send + Sync;

struct Proxy {
    url: String,
    asked: Arc<AtomicUsize>,
}

impl Proxy {
    async fn before(node: &str, policy: Arc<Policy>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicUsize::new(0));
        let node = node.trim_start_matches("http://").to_owned();
        let count = asked.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(client, node.clone(), policy.clone(), count.clone()));
            }
        });
        Self { url, asked }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

/// Answers one request of one connection.
async fn serve(mut client: TcpStream, node: String, policy: Arc<Policy>, asked: Arc<AtomicUsize>) {
    let Some(body) = read_message(&mut client).await else {
        return;
    };
    let request: Value = serde_json::from_slice(&body).unwrap();
    let number = asked.fetch_add(1, Ordering::SeqCst);
    let (status, answer) = match policy(&request, number) {
        Some((status, mut answer)) => {
            answer["id"] = request["id"].clone();
            answer["jsonrpc"] = json!("2.0");
            (status, answer.to_string().into_bytes())
        }
        None => (200, forward(&node, &body).await),
    };
    write_message(&mut client, &format!("HTTP/1.1 {status} Said"), &answer).await;
}

async fn forward(node: &str, body: &[u8]) -> Vec<u8> {
    let mut upstream = TcpStream::connect(node).await.unwrap();
    write_message(
        &mut upstream,
        &format!("POST / HTTP/1.1\r\nhost: {node}"),
        body,
    )
    .await;
    read_message(&mut upstream).await.unwrap()
}

async fn write_message(stream: &mut TcpStream, start: &str, body: &[u8]) {
    let head = format!(
        "{start}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    let _closed = stream.write_all(&[head.as_bytes(), body].concat()).await;
}

/// The body of an HTTP message with a length.
async fn read_message(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut all = Vec::new();
    loop {
        let read = stream.read_buf(&mut all).await.ok()?;
        let end = all.windows(4).position(|four| four == b"\r\n\r\n");
        if let Some(end) = end {
            let head = String::from_utf8_lossy(&all[..end]).to_lowercase();
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))?;
            let length: usize = length.trim().parse().ok()?;
            if all.len() >= end + 4 + length {
                return Some(all.split_off(end + 4));
            }
        }
        if read == 0 {
            return None;
        }
    }
}

fn number(value: &Value) -> u64 {
    let text = value.as_str().unwrap_or("0x0");
    u64::from_str_radix(text.trim_start_matches("0x"), 16).unwrap()
}

fn refusal(code: i64, message: &str) -> Value {
    json!({ "error": { "code": code, "message": message } })
}

/// Ranges of at most a hundred blocks, views of at most a few kilobytes, and some requests come too soon, the first time.
fn strict() -> Arc<Policy> {
    const LONGEST: u64 = 100;
    const LARGEST: usize = 5_500;
    const TOO_SOON: usize = 7;
    let seen = Mutex::new(HashSet::new());
    Arc::new(move |request: &Value, asked| {
        let params = &request["params"][0];
        let is_new = seen.lock().unwrap().insert(request["params"].to_string());
        if is_new && asked.is_multiple_of(TOO_SOON) {
            return Some((429, refusal(429, "too many requests")));
        }
        if request["method"] == "eth_getLogs" {
            let width = number(&params["toBlock"]) - number(&params["fromBlock"]) + 1;
            return (width > LONGEST).then(|| (200, refusal(-32_600, "block range is too wide")));
        }
        let data = params["data"].as_str();
        let is_large = data.is_some_and(|data| data.len() > LARGEST);
        is_large.then(|| (200, refusal(-32_000, "out of gas")))
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strict_provider_gets_the_same_report_out_of_more_requests() {
    let scene = Scene::open().await;
    let options = scene.options(
        alloy::primitives::hex::encode(scene.stricter().await),
        Some(scene.market.vault),
    );
    let generous = Proxy::before(&scene.url, Arc::new(|_, _| None)).await;
    let strict = Proxy::before(&scene.url, strict()).await;
    let through = |proxy: &Proxy| Options {
        rpc_url: proxy.url.clone(),
        ..options.clone()
    };
    let direct = run(&options).await.unwrap();
    assert_eq!(run(&through(&generous)).await.unwrap(), direct);
    assert_eq!(run(&through(&strict)).await.unwrap(), direct);
    assert!(
        strict.asked() > generous.asked(),
        "{} and {}",
        strict.asked(),
        generous.asked()
    );
    // A range that is asked for is kept to.
    let narrow = Options {
        search: Search {
            from: 0,
            widest: 50,
        },
        ..options.clone()
    };
    assert_eq!(run(&narrow).await.unwrap(), direct);
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_read_at_one_block() {
    let scene = Scene::open().await;
    let strict = scene.stricter().await;
    let options = scene.options(
        alloy::primitives::hex::encode(&strict),
        Some(scene.market.vault),
    );
    let then = run(&options).await.unwrap();
    // No view is asked at whatever block is the latest by then.
    let pinned = Proxy::before(
        &scene.url,
        Arc::new(|request: &Value, _| {
            let read = &request["params"][1];
            assert!(
                request["method"] != "eth_call"
                    || read.as_str().is_some_and(|block| block.starts_with("0x")),
                "{request}"
            );
            None
        }),
    );
    let url = pinned.await.url;
    scene.elapse(3_600).await;
    scene.quote(210.0).await;
    let at = |block| Options {
        rpc_url: url.clone(),
        block,
        ..options.clone()
    };
    let back = run(&at(Some(then.block.number))).await.unwrap();
    assert_eq!(back, then);
    let now = run(&at(None)).await.unwrap();
    assert!(now.block.number > then.block.number);
    assert_ne!(now.impacts, then.impacts);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_node_cannot_do_is_said() {
    let scene = Scene::open().await;
    let open = async |policy: Arc<Policy>| {
        let proxy = Proxy::before(&scene.url, policy).await;
        let reader = Reader::open(&proxy.url, None).await?;
        reader
            .call(
                scene.deployment.factory,
                &client::abi::IMarketFactory::marketCountCall {},
            )
            .await
    };
    assert_eq!(
        open(Arc::new(|_, _| None)).await.unwrap(),
        alloy::primitives::U256::ONE
    );
    let pruned = open(Arc::new(|request: &Value, _| {
        (request["method"] == "eth_call").then(|| (200, refusal(-32_000, "missing trie node 12ab")))
    }));
    let error = pruned.await.unwrap_err();
    assert!(matches!(error, ReadError::StateGone { .. }), "{error}");
    assert!(error.to_string().contains("archive node"), "{error}");
    let bare = open(Arc::new(|request: &Value, _| {
        (request["method"] == "eth_getCode").then(|| (200, json!({ "result": "0x" })))
    }));
    assert!(matches!(bare.await.unwrap_err(), ReadError::NoMulticall));
    let gone = Reader::open("http://127.0.0.1:1", None)
        .await
        .err()
        .unwrap();
    assert!(gone.to_string().contains("does not answer"), "{gone}");
    // The block that was read is another's when all is read.
    let (url, reader) = (
        scene.url.clone(),
        Reader::open(&scene.url, None).await.unwrap(),
    );
    reader.check_block().await.unwrap();
    let swapped = Proxy::before(
        &url,
        Arc::new(|request: &Value, asked| {
            let is_second = request["method"] == "eth_getBlockByNumber" && asked > 3;
            let other = json!({ "result": { "number": "0x1", "hash": alloy::primitives::B256::ZERO, "timestamp": "0x1" } });
            is_second.then_some((200, other))
        }),
    );
    let reader = Reader::open(&swapped.await.url, None).await.unwrap();
    let error = reader.check_block().await.unwrap_err();
    assert!(matches!(error, ReadError::BlockReplaced(_)), "{error}");
}
