//! What a proposal is given as: calldata in hexadecimal, a file, or its number on a governor.

use super::decode::{Call, Caller, DecodeError, Part, zip};
use alloy::primitives::{Address, Bytes, U256, hex};
use serde::{Deserialize, de};
use std::path::Path;

/// Largest file that is read: the largest transaction that nodes commonly accept, in hexadecimal, and room around it.
const MAX_FILE: u64 = 1 << 20;
/// Longest part of what was given that a message repeats.
const SHOWN: usize = 80;

/// Why what was given is no proposal.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum InputError {
    /// It is nothing that is known.
    #[error("`{0}` is neither calldata in hexadecimal, nor a file, nor a proposal's number")]
    Unknown(String),
    /// It begins as calldata does.
    #[error("`{given}` is not hexadecimal: {reason}")]
    NotHex {
        /// Its beginning.
        given: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A number of more than 256 bits.
    #[error("{0} is larger than the number of any proposal")]
    NumberTooLarge(String),
    /// The file cannot be read.
    #[error("{path}: {reason}")]
    File {
        /// Which.
        path: String,
        /// What the system or the parser says.
        reason: String,
    },
    /// Lists in the file are not equally long.
    #[error("{path}: {reason}")]
    Lists {
        /// Which.
        path: String,
        /// What is missing.
        reason: DecodeError,
    },
}

/// A call in a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    #[serde(alias = "target", default)]
    to: Option<Address>,
    #[serde(default, deserialize_with = "wei")]
    value: U256,
    #[serde(alias = "calldata")]
    data: Bytes,
}

/// A proposal in a file as a governor takes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lists {
    targets: Vec<Address>,
    #[serde(default, deserialize_with = "weis")]
    values: Vec<U256>,
    calldatas: Vec<Bytes>,
    #[serde(default, rename = "description")]
    _description: String,
}

/// Wei as people write it: a number, or one in a string.
#[derive(Deserialize)]
#[serde(untagged)]
enum Wei {
    Number(u64),
    Text(String),
}

impl Wei {
    fn value<E: de::Error>(self) -> Result<U256, E> {
        match self {
            Self::Number(value) => Ok(U256::from(value)),
            Self::Text(text) => text
                .parse()
                .map_err(|_| E::custom(format!("`{text}` is no amount of wei"))),
        }
    }
}

fn wei<'de, D: de::Deserializer<'de>>(deserializer: D) -> Result<U256, D::Error> {
    Wei::deserialize(deserializer)?.value()
}

fn weis<'de, D: de::Deserializer<'de>>(deserializer: D) -> Result<Vec<U256>, D::Error> {
    let values = Vec::<Wei>::deserialize(deserializer)?;
    values.into_iter().map(Wei::value).collect()
}

/// What `given` names. `to` is the target of bare calldata, and the governor of a number. Digits alone, without `0x`, are a
/// number.
pub fn read(given: &str, to: Option<Address>) -> Result<Vec<Part>, InputError> {
    let given = given.trim();
    if !given.is_empty() && given.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(vec![number(given, to)?]);
    }
    if let Ok(data) = hex::decode(given)
        && !data.is_empty()
    {
        return Ok(vec![bare(data, to)]);
    }
    if given.starts_with("0x") {
        let reason = hex::decode(given).map_or_else(|error| error.to_string(), |_| "empty".into());
        let given = shortened(given);
        return Err(InputError::NotHex { given, reason });
    }
    let path = Path::new(given);
    if !path.is_file() {
        return Err(InputError::Unknown(shortened(given)));
    }
    read_file(path, to)
}

fn number(given: &str, governor: Option<Address>) -> Result<Part, InputError> {
    let id = U256::from_str_radix(given, 10)
        .map_err(|_| InputError::NumberTooLarge(shortened(given)))?;
    Ok(Part::Stored { governor, id })
}

fn bare(data: Vec<u8>, to: Option<Address>) -> Part {
    Part::Call(Call {
        caller: Caller::Unsaid,
        to,
        value: U256::ZERO,
        data: data.into(),
    })
}

fn read_file(path: &Path, to: Option<Address>) -> Result<Vec<Part>, InputError> {
    let name = || path.display().to_string();
    let broken = |reason: String| InputError::File {
        path: name(),
        reason,
    };
    let size = std::fs::metadata(path).map_err(|error| broken(error.to_string()))?;
    if size.len() > MAX_FILE {
        return Err(broken(format!("larger than {MAX_FILE} bytes")));
    }
    let text = std::fs::read_to_string(path).map_err(|error| broken(error.to_string()))?;
    let text = text.trim();
    if let Ok(data) = hex::decode(text)
        && !data.is_empty()
    {
        return Ok(vec![bare(data, to)]);
    }
    let unreadable = |error: serde_json::Error| broken(format!("not a proposal: {error}"));
    if text.starts_with('{') {
        let lists: Lists = serde_json::from_str(text).map_err(unreadable)?;
        return proposed(lists, to).map_err(|reason| InputError::Lists {
            path: name(),
            reason,
        });
    }
    let calls: Vec<Listed> = serde_json::from_str(text).map_err(unreadable)?;
    Ok(calls.into_iter().map(|call| listed(call, to)).collect())
}

/// What a governor would make of the lists; `to` is the governor.
fn proposed(lists: Lists, to: Option<Address>) -> Result<Vec<Part>, DecodeError> {
    let Lists {
        targets,
        mut values,
        calldatas,
        ..
    } = lists;
    if values.is_empty() {
        values = vec![U256::ZERO; targets.len()];
    }
    let calls = zip(Caller::Governance(to), targets, values, calldatas)?;
    Ok(calls.into_iter().map(Part::Call).collect())
}

fn listed(call: Listed, to: Option<Address>) -> Part {
    Part::Call(Call {
        caller: Caller::Unsaid,
        to: call.to.or(to),
        value: call.value,
        data: call.data,
    })
}

fn shortened(given: &str) -> String {
    match given.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", &given[..end]),
        None => given.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    const TARGET: Address = Address::repeat_byte(0x11);

    fn leaf(caller: Caller, to: Option<Address>, value: u64) -> Part {
        Part::Call(Call {
            caller,
            to,
            value: U256::from(value),
            data: Bytes::from_static(&[1, 2, 3, 4, 5]),
        })
    }

    fn file(body: &str, to: Option<Address>) -> Result<Vec<Part>, InputError> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        write!(file, "{body}").unwrap();
        read(file.path().to_str().unwrap(), to)
    }

    #[test]
    fn calldata_is_hexadecimal_with_or_without_its_prefix() {
        let expected = vec![leaf(Caller::Unsaid, Some(TARGET), 0)];
        assert_eq!(read("0x0102030405", Some(TARGET)), Ok(expected.clone()));
        assert_eq!(
            read(" 0a0B ", None).unwrap().len(),
            1,
            "letters make it hexadecimal"
        );
        assert_eq!(file("0x0102030405\n", Some(TARGET)), Ok(expected));
        for wrong in ["0x", "0x1", "0x12zz"] {
            let error = read(wrong, None).unwrap_err();
            assert!(matches!(error, InputError::NotHex { .. }), "{error}");
        }
    }

    #[test]
    fn digits_alone_are_the_number_of_a_proposal() {
        let governor = Some(TARGET);
        let id = U256::from(1_234);
        assert_eq!(
            read("1234", governor),
            Ok(vec![Part::Stored { governor, id }])
        );
        let error = read(&"9".repeat(78), governor).unwrap_err();
        assert!(matches!(error, InputError::NumberTooLarge(_)), "{error}");
    }

    #[test]
    fn a_file_lists_calls_with_their_targets() {
        let named = format!(r#"[{{"to":"{TARGET}","data":"0x0102030405"}}]"#);
        let expected = vec![leaf(Caller::Unsaid, Some(TARGET), 0)];
        assert_eq!(file(&named, None), Ok(expected));
        let other = format!(
            r#"[{{"target":"{TARGET}","calldata":"0x0102030405","value":"7"}}, {{"data":"0x0102030405","value":8}}]"#
        );
        let governor = Address::repeat_byte(2);
        let expected = vec![
            leaf(Caller::Unsaid, Some(TARGET), 7),
            leaf(Caller::Unsaid, Some(governor), 8),
        ];
        assert_eq!(file(&other, Some(governor)), Ok(expected));
    }

    #[test]
    fn a_file_holds_the_lists_that_a_governor_takes() {
        let with = |values: &str| {
            format!(
                r#"{{"targets":["{TARGET}"],{values}"calldatas":["0x0102030405"],"description":"why"}}"#
            )
        };
        let governance = Caller::Governance(None);
        assert_eq!(
            file(&with(r#""values":["3"],"#), None),
            Ok(vec![leaf(governance, Some(TARGET), 3)])
        );
        assert_eq!(
            file(&with(""), None),
            Ok(vec![leaf(governance, Some(TARGET), 0)])
        );
        let error = file(&with(r#""values":[1,2],"#), None).unwrap_err();
        assert!(matches!(error, InputError::Lists { .. }), "{error}");
    }

    #[test]
    fn anything_else_is_refused_with_a_reason() {
        for body in [
            "raise everything",
            "[1]",
            r#"[{"to":"0x12","data":"0x"}]"#,
            r#"[{"data":"0x01020304","value":"-1"}]"#,
            r#"{"targets":[]}"#,
            r#"[{"data":"0x01020304","delegate":true}]"#,
            "",
        ] {
            let error = file(body, None).unwrap_err();
            assert!(matches!(error, InputError::File { .. }), "{body}: {error}");
        }
        let error = read("/no/such/proposal", None).unwrap_err();
        assert!(matches!(error, InputError::Unknown(_)));
        let long = "x".repeat(1_000);
        assert!(read(&long, None).unwrap_err().to_string().len() < 200);
        let huge = file(&" ".repeat(1 << 21), None).unwrap_err();
        assert!(huge.to_string().contains("larger than"), "{huge}");
    }
}
