//! EVM code by hand.

use revm::primitives::Address;

pub const CALL: u8 = 0xf1;
pub const DELEGATECALL: u8 = 0xf4;
pub const STATICCALL: u8 = 0xfa;

/// Sends its calldata (and by `CALL` its value) on to `target` by the instruction `call`, and ends as the call ends.
pub fn forwarder(call: u8, target: Address) -> Vec<u8> {
    let mut code = vec![0x36, 0x5f, 0x5f, 0x37]; // calldatacopy(0, 0, calldatasize)
    code.extend([0x5f, 0x5f, 0x36, 0x5f]);
    if call == CALL {
        code.push(0x34);
    }
    code.push(0x73);
    code.extend(target);
    code.extend([0x5a, call, 0x3d, 0x5f, 0x5f, 0x3e]); // call, returndatacopy(0, 0, returndatasize)
    let success = code.len() as u8 + 6;
    code.extend([
        0x60, success, 0x57, 0x3d, 0x5f, 0xfd, 0x5b, 0x3d, 0x5f, 0xf3,
    ]);
    code
}

/// Calls itself with all gas until the depth limit; the innermost frame, whose call fails, calls `target` with the
/// calldata. Ends with what came back.
pub fn recurse_then(target: Address) -> Vec<u8> {
    let mut code = vec![0x36, 0x5f, 0x5f, 0x37];
    code.extend([0x5f, 0x5f, 0x36, 0x5f, 0x5f, 0x30, 0x5a, CALL]); // call(gas, address, 0, 0, size, 0, 0)
    let end = code.len() as u8 + 3 + 8 + 20 + 1;
    code.extend([0x60, end, 0x57]); // succeeded: return what came back
    code.extend([0x5f, 0x5f, 0x36, 0x5f, 0x5f, 0x73]);
    code.extend(target);
    code.extend([0x5a, CALL, 0x50]);
    assert_eq!(code.len(), usize::from(end));
    code.extend([0x5b, 0x3d, 0x5f, 0x5f, 0x3e, 0x3d, 0x5f, 0xf3]);
    code
}

/// Stores the first word of its calldata in slot 0.
pub fn store_first_word() -> Vec<u8> {
    vec![0x5f, 0x35, 0x5f, 0x55]
}

/// Returns the word in slot 0.
pub fn load_first_slot() -> Vec<u8> {
    vec![0x5f, 0x54, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3]
}

/// Destroys itself in favour of `heir`.
pub fn selfdestruct(heir: Address) -> Vec<u8> {
    let mut code = vec![0x73];
    code.extend(heir);
    code.push(0xff);
    code
}

/// Creation code that deploys `runtime`.
pub fn deploying(runtime: &[u8]) -> Vec<u8> {
    // push2 length, dup1, push1 12, push0, codecopy, push0, return
    let mut code = vec![0x61];
    code.extend((runtime.len() as u16).to_be_bytes());
    code.extend([0x80, 0x60, 0x0a, 0x5f, 0x39, 0x5f, 0xf3]);
    assert_eq!(code.len(), 0x0a);
    code.extend(runtime);
    code
}
