//! A little EVM assembler for the test contracts.

use std::collections::HashMap;

const OPCODES: &[(&str, u8)] = &[
    ("STOP", 0x00),
    ("ADD", 0x01),
    ("SUB", 0x03),
    ("LT", 0x10),
    ("EQ", 0x14),
    ("ISZERO", 0x15),
    ("ADDRESS", 0x30),
    ("CALLER", 0x33),
    ("CALLDATALOAD", 0x35),
    ("CALLDATASIZE", 0x36),
    ("CODECOPY", 0x39),
    ("RETURNDATASIZE", 0x3d),
    ("RETURNDATACOPY", 0x3e),
    ("BLOCKHASH", 0x40),
    ("TIMESTAMP", 0x42),
    ("NUMBER", 0x43),
    ("SELFBALANCE", 0x47),
    ("BASEFEE", 0x48),
    ("POP", 0x50),
    ("MLOAD", 0x51),
    ("MSTORE", 0x52),
    ("SLOAD", 0x54),
    ("SSTORE", 0x55),
    ("JUMP", 0x56),
    ("JUMPI", 0x57),
    ("GAS", 0x5a),
    ("DUP1", 0x80),
    ("DUP2", 0x81),
    ("SWAP1", 0x90),
    ("LOG2", 0xa2),
    ("CALL", 0xf1),
    ("RETURN", 0xf3),
    ("REVERT", 0xfd),
    ("INVALID", 0xfe),
];

/// Assembles a program: opcode names, numbers to push (`0x..`), `label:` and `@label` to push its place.
pub fn assemble(source: &str) -> Vec<u8> {
    let mut code = Vec::new();
    let mut labels = HashMap::new();
    let mut references = Vec::new();
    for token in source.split_whitespace() {
        if let Some(label) = token.strip_suffix(':') {
            labels.insert(label, code.len() as u16);
            code.push(0x5b);
        } else if let Some(label) = token.strip_prefix('@') {
            code.push(0x61);
            references.push((code.len(), label));
            code.extend([0, 0]);
        } else if let Some(number) = token.strip_prefix("0x") {
            let bytes = alloy::hex::decode(number).expect("an even number of digits");
            code.push(0x5f + bytes.len() as u8);
            code.extend(bytes);
        } else {
            let found = OPCODES.iter().find(|(name, _)| *name == token);
            code.push(found.unwrap_or_else(|| panic!("no opcode {token}")).1);
        }
    }
    for (place, label) in references {
        code[place..place + 2].copy_from_slice(&labels[label].to_be_bytes());
    }
    code
}

/// Creation code that deploys `runtime`.
pub fn creation_code(runtime: &[u8]) -> Vec<u8> {
    let length = alloy::hex::encode((runtime.len() as u16).to_be_bytes());
    let prologue = |offset: u8| {
        assemble(&format!(
            "0x{length} 0x{offset:02x} 0x00 CODECOPY 0x{length} 0x00 RETURN"
        ))
    };
    let offset = prologue(0).len() as u8;
    [prologue(offset), runtime.to_vec()].concat()
}
