//! Ids of requests beyond those that the server's library knows.
//!
//! An id may be any number or text. The library knows whole numbers of 64 bits and well-formed text, and takes a request
//! with any other id for one without, which gets no answer. So other ids travel as text: they are hidden on the way in and
//! restored on the way out. A request whose id is neither number, text nor null, or that has several, is invalid.

use std::{borrow::Cow, fmt, ops::Range};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// What hidden ids begin with.
const MARK: &str = "devnode-id:";
/// What stands in for a request whose id makes it invalid: refused with -32600 and the id null.
const INVALID: &str = r#"{"id":null}"#;

/// A request, or a batch of them, with ids that the library knows; none if it has no others.
pub fn hide(message: &[u8]) -> Option<Vec<u8>> {
    edit(message, |call, ids| match *ids {
        [] => None,
        [id] => match kind(id.get()) {
            Kind::Known => None,
            Kind::Other => {
                let hidden = serde_json::to_string(&format!("{MARK}{}", id.get()));
                hidden.ok().map(|hidden| (place(message, id), hidden))
            }
            Kind::Invalid => Some((call, INVALID.into())),
        },
        _ => Some((call, INVALID.into())),
    })
}

/// An answer, or a batch of them, with the ids of the requests; none if none was hidden.
pub fn restore(message: &[u8]) -> Option<Vec<u8>> {
    edit(message, |_, ids| {
        let [id] = *ids else {
            return None;
        };
        let text: String = serde_json::from_str(id.get()).ok()?;
        let id_as_it_was = text.strip_prefix(MARK)?;
        Some((place(message, id), id_as_it_was.into()))
    })
}

enum Kind {
    Known,
    Other,
    Invalid,
}

fn kind(id: &str) -> Kind {
    let known = match id.as_bytes().first() {
        Some(b'"') => serde_json::from_str::<String>(id).is_ok_and(|text| !text.starts_with(MARK)),
        Some(b'-' | b'0'..=b'9') => id.parse::<u64>().is_ok(),
        Some(b'n') => true,
        _ => return Kind::Invalid,
    };
    if known { Kind::Known } else { Kind::Other }
}

/// Replaces parts of a message as `change` says of each object's place and ids.
fn edit(
    message: &[u8],
    change: impl Fn(Range<usize>, &[&RawValue]) -> Option<(Range<usize>, String)>,
) -> Option<Vec<u8>> {
    let mut edited = Vec::new();
    let mut done = 0;
    for object in objects(message)? {
        let Ok(Ids(ids)) = serde_json::from_str(object.get()) else {
            continue;
        };
        if let Some((part, replacement)) = change(place(message, object), &ids) {
            edited.extend_from_slice(&message[done..part.start]);
            edited.extend_from_slice(replacement.as_bytes());
            done = part.end;
        }
    }
    (done > 0).then(|| {
        edited.extend_from_slice(&message[done..]);
        edited
    })
}

/// A message's object, or those of a batch; none if it is neither.
fn objects(message: &[u8]) -> Option<Vec<&RawValue>> {
    match message.trim_ascii_start().first()? {
        b'[' => serde_json::from_slice(message).ok(),
        b'{' => Some(vec![serde_json::from_slice(message).ok()?]),
        _ => None,
    }
}

/// Where in `message` a value of it is.
fn place(message: &[u8], value: &RawValue) -> Range<usize> {
    let start = value.get().as_ptr().addr() - message.as_ptr().addr();
    start..start + value.get().len()
}

/// All values of the field `id` of an object.
struct Ids<'a>(Vec<&'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for Ids<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = Vec<&'de RawValue>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self::Value, A::Error> {
                let mut ids = Vec::new();
                while let Some(Name(name)) = fields.next_key()? {
                    let value = fields.next_value()?;
                    if name == "id" {
                        ids.push(value);
                    }
                }
                Ok(ids)
            }
        }

        deserializer.deserialize_map(Fields).map(Self)
    }
}

#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(message: &str) -> Option<String> {
        hide(message.as_bytes()).map(|hidden| String::from_utf8(hidden).unwrap())
    }

    /// What a client gets as id of the answer, if the library answers with the id that it was given.
    fn echoed(id: &str) -> String {
        let request =
            format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"m","params":[{{"id":-9}}]}}"#);
        let sent = hidden(&request).unwrap_or(request);
        let sent: serde_json::Value = serde_json::from_str(&sent).unwrap();
        assert!(sent["id"].is_u64() || sent["id"].is_string() || sent["id"].is_null());
        assert_eq!(sent["params"][0]["id"], -9, "parameters stay as they are");
        let answer = format!(r#"{{"jsonrpc":"2.0","id":{},"result":1}}"#, sent["id"]);
        let restored = restore(answer.as_bytes());
        let restored = restored.map_or(answer, |bytes| String::from_utf8(bytes).unwrap());
        let rest = restored.strip_prefix(r#"{"jsonrpc":"2.0","id":"#).unwrap();
        rest.strip_suffix(r#","result":1}"#).unwrap().into()
    }

    #[test]
    fn every_number_and_text_comes_back_as_it_was() {
        for id in [
            "0",
            "7",
            "18446744073709551615",
            "18446744073709551616",
            "-1",
            "-0",
            "1.5",
            "1.50",
            "1e3",
            "-2.5E-7",
            "123456789012345678901234567890",
            "null",
            r#""a""#,
            r#""""#,
            r#""devnode-id:3""#,
            r#""\ud800""#,
            r#""\"""#,
        ] {
            let back = echoed(id);
            assert!(back == id, "{id} came back as {back}");
        }
    }

    #[test]
    fn ordinary_requests_are_not_touched() {
        for request in [
            r#"{"jsonrpc":"2.0","id":1,"method":"m"}"#,
            r#"{"jsonrpc":"2.0","method":"m"}"#,
            r#"[{"jsonrpc":"2.0","id":"x","method":"m","params":{"id":[]}}, 3]"#,
            "{",
            "",
            "3",
            "[]",
            r#"{"id":-1} x"#,
        ] {
            assert_eq!(hidden(request), None, "{request}");
        }
    }

    #[test]
    fn a_request_with_an_id_of_another_kind_or_two_ids_is_replaced() {
        for id in [
            "true",
            "[1]",
            r#"{"a":1}"#,
            r#"1,"id":2"#,
            r#"1,"\u0069d":2"#,
        ] {
            let request = format!(r#"{{"id":{id},"method":"m"}}"#);
            assert_eq!(hidden(&request).as_deref(), Some(INVALID), "{request}");
            let batch = format!(r#"[{request}, {{"id":1}}, {{"id":-1}}]"#);
            let expected = r#"[{"id":null}, {"id":1}, {"id":"devnode-id:-1"}]"#;
            assert_eq!(hidden(&batch).as_deref(), Some(expected));
        }
    }

    #[test]
    fn results_that_look_like_hidden_ids_stay() {
        let answer = br#"{"jsonrpc":"2.0","result":{"id":"devnode-id:3"},"id":4}"#;
        assert_eq!(restore(answer), None);
    }
}
