//! Ids of requests: echoed whatever number or text they are, over HTTP and WebSocket, alone and in batches.

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::Node;

/// Ids that must come back as they are, and what the answer must have instead of others.
const IDS: [(&str, &str); 14] = [
    ("1", "1"),
    ("0", "0"),
    (r#""text""#, r#""text""#),
    ("null", "null"),
    ("-1", "-1"),
    ("1.5", "1.5"),
    ("1e3", "1e3"),
    ("18446744073709551615", "18446744073709551615"),
    ("18446744073709551616", "18446744073709551616"),
    (
        "123456789012345678901234567890",
        "123456789012345678901234567890",
    ),
    (r#""\ud800""#, r#""\ud800""#),
    ("true", "null"),
    ("[1]", "null"),
    (r#"{"a":1}"#, "null"),
];

fn request(id: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"eth_chainId","params":[]}}"#)
}

/// Checks the answer to a request with `id`: echoed with the chain's id, or refused as no request.
fn check(id: &str, expected: &str, answer: &str) {
    assert!(
        answer.contains(&format!(r#""id":{expected}"#)),
        "{id}: {answer}"
    );
    let refused = expected != id;
    let wanted = if refused {
        r#""code":-32600"#
    } else {
        r#""result":"0x64aba""#
    };
    assert!(answer.contains(wanted), "{id}: {answer}");
}

fn batch() -> String {
    let mut requests: Vec<String> = IDS.iter().map(|(id, _)| request(id)).collect();
    // Without an id it is a notification, which has no answer.
    requests.insert(3, r#"{"jsonrpc":"2.0","method":"eth_chainId"}"#.into());
    format!("[{}]", requests.join(","))
}

/// Checks that a batch has an answer to every request, in order.
fn check_batch(answer: &str) {
    let inner = answer
        .trim()
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let answers: Vec<&str> = inner
        .expect("a batch")
        .split(r#"{"jsonrpc""#)
        .skip(1)
        .collect();
    assert_eq!(answers.len(), IDS.len(), "{answer}");
    for ((id, expected), answer) in IDS.iter().zip(answers) {
        check(id, expected, answer);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_id_is_echoed_or_refused_over_http() {
    let node = Node::start();
    for (id, expected) in IDS {
        let (_, answer) = node.post(request(id)).await;
        check(id, expected, &answer);
    }
    let (_, answer) = node.post(batch()).await;
    check_batch(&answer);
    let (_, answer) = node
        .post(r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"eth_chainId"}"#)
        .await;
    assert!(answer.contains("-32600"), "{answer}");
    let (_, answer) = node
        .post(r#"{"jsonrpc":"2.0","method":"eth_chainId"}"#)
        .await;
    assert_eq!(answer, "", "a notification has no answer");
    println!("{} ids, alone and in a batch", IDS.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_and_results_with_ids_in_them_stay_as_they_are() {
    let node = Node::start();
    let body =
        r#"{"jsonrpc":"2.0","id":-3,"method":"web3_sha3","params":["0x7b226964223a2d317d"]}"#;
    let (_, answer) = node.post(body).await;
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["id"], -3);
    let hash = alloy::primitives::keccak256(br#"{"id":-1}"#);
    assert_eq!(answer["result"], hash.to_string());
}

/// A WebSocket client that knows nothing about JSON-RPC.
struct Socket(TcpStream);

impl Socket {
    async fn open(node: &Node) -> Self {
        let mut stream = TcpStream::connect(node.handle.address()).await.unwrap();
        let head = "GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                    sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            answer.push(stream.read_u8().await.unwrap());
        }
        assert!(answer.starts_with(b"HTTP/1.1 101"));
        Self(stream)
    }

    /// Sends text in fragments of `step` bytes, with a ping between them.
    async fn send(&mut self, text: &str, step: usize) {
        let pieces: Vec<&[u8]> = text.as_bytes().chunks(step).collect();
        for (place, piece) in pieces.iter().enumerate() {
            let opcode = u8::from(place == 0);
            let last = if place + 1 == pieces.len() { 0x80 } else { 0 };
            self.frame(last | opcode, piece).await;
            if last == 0 {
                self.frame(0x89, b"?").await;
            }
        }
    }

    async fn frame(&mut self, first: u8, payload: &[u8]) {
        let mask = [7, 11, 13, 17];
        let mut bytes = vec![first];
        match u8::try_from(payload.len()) {
            Ok(length @ ..126) => bytes.push(0x80 | length),
            _ => {
                bytes.push(0x80 | 126);
                bytes.extend(u16::try_from(payload.len()).unwrap().to_be_bytes());
            }
        }
        bytes.extend(mask);
        bytes.extend(
            payload
                .iter()
                .zip(mask.iter().cycle())
                .map(|(byte, mask)| byte ^ mask),
        );
        self.0.write_all(&bytes).await.unwrap();
    }

    /// The next text.
    async fn receive(&mut self) -> String {
        loop {
            let head = self.0.read_u16().await.unwrap().to_be_bytes();
            let length = match head[1] {
                126 => self.0.read_u16().await.unwrap().into(),
                127 => self.0.read_u64().await.unwrap() as usize,
                short => short.into(),
            };
            let mut payload = vec![0; length];
            self.0.read_exact(&mut payload).await.unwrap();
            if head[0] & 0x0f == 1 {
                return String::from_utf8(payload).unwrap();
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_id_is_echoed_or_refused_over_a_socket() {
    let node = Node::start();
    let mut socket = Socket::open(&node).await;
    for step in [usize::MAX, 20] {
        for (id, expected) in IDS {
            socket.send(&request(id), step).await;
            let answer = socket.receive().await;
            check(id, expected, &answer);
        }
        socket.send(&batch(), step).await;
        check_batch(&socket.receive().await);
    }
    // Ids of subscriptions and what they say are not touched.
    let subscribe = r#"{"jsonrpc":"2.0","id":-7,"method":"eth_subscribe","params":["newHeads"]}"#;
    socket.send(subscribe, usize::MAX).await;
    let answer = socket.receive().await;
    assert!(
        answer.contains(r#""id":-7"#) && answer.contains(r#""result":"0x1""#),
        "{answer}"
    );
    node.ok("evm_mine", serde_json::json!([])).await;
    let head: Value = serde_json::from_str(&socket.receive().await).unwrap();
    assert_eq!(head["params"]["subscription"], "0x1");
    assert_eq!(head["params"]["result"]["number"], "0x1");
}
