//! Which errors the functions of Stylus programs revert with, for whoever checks that they say so.
//!
//! What counts is what a caller sees: of a contract that hands a call on by delegate calls, an ERC-1167 clone or a proxy, the call,
//! and the program that it came to last. Creations are left out, and reverts of EVM code that no program was reached through.

use std::{
    collections::HashSet,
    fs::{File, OpenOptions},
    io::{self, Write},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use revm::{
    handler::FrameResult,
    interpreter::{CallScheme, FrameInput, InstructionResult},
    primitives::{B256, Bytes, hex},
};

/// Bytes of a selector.
const SELECTOR: usize = 4;

/// A file with a line for each distinct revert: the code hash of the program, the selector of the function, the selector of the error
/// (`0x` if there is no data), and `passed` if that is the very data with which the last call from within has reverted, `static` if
/// there is no data and it could not write, for a write ends it then without a word, or else `own`. Several nodes may append to one
/// file.
#[derive(Debug)]
pub struct RevertLog {
    known: Mutex<Known>,
}

#[derive(Debug)]
struct Known {
    file: File,
    lines: HashSet<String>,
}

impl RevertLog {
    /// Appends to the file at `path`, which is created if there is none.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().append(true).create(true).open(path)?;
        let lines = HashSet::new();
        Ok(Self {
            known: Mutex::new(Known { file, lines }),
        })
    }

    fn note(&self, line: String) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.lines.contains(&line) {
            return;
        }
        // In one piece, since other nodes append, too.
        if let Err(error) = known.file.write_all(format!("{line}\n").as_bytes()) {
            tracing::warn!("a revert could not be noted: {error}");
        }
        known.lines.insert(line);
    }
}

/// Follows the frames of one transaction.
pub(super) struct Watch {
    log: Arc<RevertLog>,
    open: Vec<Frame>,
}

#[derive(Default)]
struct Frame {
    /// Whether it is a part of the frame that opened it.
    borrowed: bool,
    /// Whether it may not write.
    is_static: bool,
    function: Bytes,
    /// The program that ran last for it.
    program: Option<B256>,
    /// What the last call from within has reverted with; nothing if none has.
    refusal: Bytes,
}

impl Watch {
    pub(super) fn new(log: Arc<RevertLog>) -> Self {
        let open = Vec::new();
        Self { log, open }
    }

    /// A frame opens with such calldata.
    pub(super) fn enter(&mut self, frame: &FrameInput, input: &Bytes) {
        let opened = match frame {
            FrameInput::Call(call) => Frame {
                borrowed: matches!(call.scheme, CallScheme::DelegateCall | CallScheme::CallCode),
                is_static: call.is_static,
                function: selector(input),
                ..Frame::default()
            },
            FrameInput::Create(_) | FrameInput::Empty => Frame::default(),
        };
        self.open.push(opened);
    }

    /// The innermost frame runs a program.
    pub(super) fn runs(&mut self, program: B256) {
        if let Some(frame) = self.open.last_mut() {
            frame.program = Some(program);
        }
    }

    /// The innermost frame closes.
    pub(super) fn exit(&mut self, result: &FrameResult) {
        let Some(frame) = self.open.pop() else { return };
        let reverted = result.instruction_result() == InstructionResult::Revert;
        let output = &result.interpreter_result().output;
        if reverted && !frame.borrowed {
            self.note(&frame, output);
        }
        let Some(around) = self.open.last_mut() else {
            return;
        };
        let ended = result.instruction_result().is_ok_or_revert();
        if frame.borrowed && !ended {
            // It ran out of gas: what the proxy makes of that is no word of the program's.
            around.program = None;
        } else if frame.borrowed {
            around.program = frame.program.or(around.program);
            around.refusal = frame.refusal;
        } else if reverted {
            around.refusal = output.clone();
        }
    }

    fn note(&self, frame: &Frame, data: &Bytes) {
        let Some(program) = frame.program else { return };
        let how = match data.is_empty() {
            true if frame.is_static => "static",
            false if *data == frame.refusal => "passed",
            _ => "own",
        };
        let (function, error) = (&frame.function, selector(data));
        let [function, error] = [function, &error].map(hex::encode_prefixed);
        self.log.note(format!("{program} {function} {error} {how}"));
    }
}

/// The first bytes of calldata or revert data, as many as there are.
fn selector(data: &Bytes) -> Bytes {
    data.slice(..data.len().min(SELECTOR))
}
