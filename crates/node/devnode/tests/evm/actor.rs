//! A Stylus program that does what its calldata says: an operation, a target, a word, and bytes.

use revm::primitives::{Address, U256};

/// What the actor is told to do.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub enum Act {
    /// Call the target with the word as value and the bytes as calldata; end as the call ends.
    Call = 0,
    DelegateCall = 1,
    StaticCall = 2,
    /// Create from the bytes with the word as value; return the address.
    Create = 3,
    /// Create from the bytes with the word as salt; return the address.
    Create2 = 4,
    /// Store the first word of the bytes in the slot that the word names.
    Store = 5,
    /// Return the slot that the word names.
    Load = 6,
    /// Emit the bytes.
    Log = 7,
    /// Never end.
    Spin = 8,
    /// Store, then trap.
    StoreAndTrap = 9,
    /// Return one byte: whether the frame is re-entrant.
    Reentrant = 10,
    /// Revert with the bytes.
    Revert = 11,
    /// Emit the bytes, store their first word in the slot that the word names, call the target with the bytes.
    Everything = 12,
}

/// Calldata of the actor.
pub fn act(what: Act, target: Address, word: U256, bytes: &[u8]) -> Vec<u8> {
    [
        &[what as u8],
        target.as_slice(),
        &word.to_be_bytes::<32>(),
        bytes,
    ]
    .concat()
}

/// The actor.
pub const ACTOR: &str = r#"
(module
  (import "vm_hooks" "read_args" (func $read_args (param i32)))
  (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
  (import "vm_hooks" "call_contract" (func $call (param i32 i32 i32 i32 i64 i32) (result i32)))
  (import "vm_hooks" "delegate_call_contract" (func $delegate (param i32 i32 i32 i64 i32) (result i32)))
  (import "vm_hooks" "static_call_contract" (func $static (param i32 i32 i32 i64 i32) (result i32)))
  (import "vm_hooks" "create1" (func $create1 (param i32 i32 i32 i32 i32)))
  (import "vm_hooks" "create2" (func $create2 (param i32 i32 i32 i32 i32 i32)))
  (import "vm_hooks" "read_return_data" (func $read_return_data (param i32 i32 i32) (result i32)))
  (import "vm_hooks" "storage_load_bytes32" (func $load (param i32 i32)))
  (import "vm_hooks" "storage_cache_bytes32" (func $cache (param i32 i32)))
  (import "vm_hooks" "storage_flush_cache" (func $flush (param i32)))
  (import "vm_hooks" "emit_log" (func $log (param i32 i32 i32)))
  (import "vm_hooks" "msg_reentrant" (func $reentrant (result i32)))
  (memory (export "memory") 1 1)
  (func $finish (param $status i32) (result i32)
    (drop (call $read_return_data (i32.const 45000) (i32.const 0) (i32.load (i32.const 60000))))
    (call $write_result (i32.const 45000) (i32.load (i32.const 60000)))
    (local.get $status))
  (func $store
    (call $cache (i32.const 21) (i32.const 53))
    (call $flush (i32.const 0)))
  (func (export "user_entrypoint") (param $len i32) (result i32)
    (local $op i32) (local $rest i32)
    (call $read_args (i32.const 0))
    (local.set $op (i32.load8_u (i32.const 0)))
    (local.set $rest (i32.sub (local.get $len) (i32.const 53)))
    (if (i32.eqz (local.get $op)) (then (return (call $finish
      (call $call (i32.const 1) (i32.const 53) (local.get $rest) (i32.const 21) (i64.const -1) (i32.const 60000))))))
    (if (i32.eq (local.get $op) (i32.const 1)) (then (return (call $finish
      (call $delegate (i32.const 1) (i32.const 53) (local.get $rest) (i64.const -1) (i32.const 60000))))))
    (if (i32.eq (local.get $op) (i32.const 2)) (then (return (call $finish
      (call $static (i32.const 1) (i32.const 53) (local.get $rest) (i64.const -1) (i32.const 60000))))))
    (if (i32.eq (local.get $op) (i32.const 3)) (then
      (call $create1 (i32.const 53) (local.get $rest) (i32.const 21) (i32.const 60100) (i32.const 60000))
      (call $write_result (i32.const 60100) (i32.const 20))
      (return (i32.const 0))))
    (if (i32.eq (local.get $op) (i32.const 4)) (then
      (call $create2 (i32.const 53) (local.get $rest) (i32.const 61000) (i32.const 21) (i32.const 60100) (i32.const 60000))
      (call $write_result (i32.const 60100) (i32.const 20))
      (return (i32.const 0))))
    (if (i32.eq (local.get $op) (i32.const 5)) (then
      (call $store)
      (return (i32.const 0))))
    (if (i32.eq (local.get $op) (i32.const 6)) (then
      (call $load (i32.const 21) (i32.const 60200))
      (call $write_result (i32.const 60200) (i32.const 32))
      (return (i32.const 0))))
    (if (i32.eq (local.get $op) (i32.const 7)) (then
      (call $log (i32.const 53) (local.get $rest) (i32.const 0))
      (return (i32.const 0))))
    (if (i32.eq (local.get $op) (i32.const 8)) (then (loop $again (br $again))))
    (if (i32.eq (local.get $op) (i32.const 9)) (then
      (call $store)
      (unreachable)))
    (if (i32.eq (local.get $op) (i32.const 10)) (then
      (i32.store8 (i32.const 60200) (call $reentrant))
      (call $write_result (i32.const 60200) (i32.const 1))
      (return (i32.const 0))))
    (if (i32.eq (local.get $op) (i32.const 11)) (then
      (call $write_result (i32.const 53) (local.get $rest))
      (return (i32.const 1))))
    (call $log (i32.const 53) (local.get $rest) (i32.const 0))
    (call $store)
    (call $finish
      (call $call (i32.const 1) (i32.const 53) (local.get $rest) (i32.const 61000) (i64.const -1) (i32.const 60000)))))
"#;

/// A program that calls `peer` with its own calldata, the four-byte number in front incremented. Where that fails it
/// returns the number, otherwise what came back.
pub fn counting_caller(peer: Address) -> String {
    let bytes: String = peer.iter().map(|byte| format!("\\{byte:02x}")).collect();
    format!(
        r#"
(module
  (import "vm_hooks" "read_args" (func $read_args (param i32)))
  (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
  (import "vm_hooks" "call_contract" (func $call (param i32 i32 i32 i32 i64 i32) (result i32)))
  (import "vm_hooks" "read_return_data" (func $read_return_data (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1 1)
  (data (i32.const 100) "{bytes}")
  (func (export "user_entrypoint") (param $len i32) (result i32)
    (call $read_args (i32.const 0))
    (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
    (if (call $call (i32.const 100) (i32.const 0) (i32.const 4) (i32.const 200) (i64.const -1) (i32.const 300))
      (then (call $write_result (i32.const 0) (i32.const 4)))
      (else
        (drop (call $read_return_data (i32.const 400) (i32.const 0) (i32.load (i32.const 300))))
        (call $write_result (i32.const 400) (i32.load (i32.const 300)))))
    (i32.const 0)))
"#
    )
}
