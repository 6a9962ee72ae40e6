// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {cheats} from "./Cheatcodes.sol";

/// Sends transactions to a node by JSON-RPC alone: built, signed and checked here, executed only there.
/// Forge's own broadcast executes every transaction locally first, and its EVM cannot run WASM.
library Chain {
    /// A node and the key that signs.
    struct Session {
        string url;
        uint256 key;
        address sender;
        uint256 chainId;
        uint256 gasPrice;
    }

    error NodeUnreachable(string url, string reason);
    error CallReverted(string what, string reason);
    error TransactionRefused(string what, string reason);
    error NotMined(string what, bytes32 transaction);

    uint256 private constant RECEIPT_POLLS = 600;
    uint256 private constant POLL_MILLISECONDS = 50;

    /// Connects to `url` and reads what every transaction needs. Bids twice the gas price against a rising base fee.
    function open(string memory url, uint256 key) internal returns (Session memory session) {
        session.url = url;
        session.key = key;
        session.sender = cheats.addr(key);
        try cheats.rpc(url, "eth_chainId", "[]") returns (bytes memory answer) {
            session.chainId = toUint(answer);
        } catch (bytes memory reason) {
            revert NodeUnreachable(url, text(reason));
        }
        session.gasPrice = 2 * toUint(cheats.rpc(url, "eth_gasPrice", "[]"));
    }

    /// Creates a contract from `initcode` and returns its address.
    function create(Session memory session, string memory what, bytes memory initcode)
        internal
        returns (address created)
    {
        uint256 nonce = nextNonce(session);
        created = createAddress(session.sender, nonce);
        submit(session, what, nonce, "", 0, initcode);
        if (codeAt(session, created).length == 0) revert CallReverted(what, "no code at the new address");
    }

    /// Sends `data` with `value` to `to` and waits until it is mined.
    function send(Session memory session, string memory what, address to, uint256 value, bytes memory data) internal {
        submit(session, what, nextNonce(session), abi.encodePacked(to), value, data);
    }

    /// The result of `eth_call` in the latest block.
    function call(Session memory session, string memory what, address to, uint256 value, bytes memory data)
        internal
        returns (bytes memory)
    {
        string memory params =
            string.concat("[", callObject(session.sender, abi.encodePacked(to), value, data), ',"latest"]');
        try cheats.rpc(session.url, "eth_call", params) returns (bytes memory answer) {
            return answer;
        } catch (bytes memory reason) {
            revert CallReverted(what, text(reason));
        }
    }

    function codeAt(Session memory session, address target) internal returns (bytes memory) {
        return cheats.rpc(session.url, "eth_getCode", string.concat('["', cheats.toString(target), '","latest"]'));
    }

    function blockNumber(Session memory session) internal returns (uint256) {
        return toUint(cheats.rpc(session.url, "eth_blockNumber", "[]"));
    }

    function nextNonce(Session memory session) internal returns (uint256) {
        string memory params = string.concat('["', cheats.toString(session.sender), '","pending"]');
        return toUint(cheats.rpc(session.url, "eth_getTransactionCount", params));
    }

    /// The address of a contract that `sender` creates with `nonce`: keccak256(rlp([sender, nonce])).
    function createAddress(address sender, uint256 nonce) internal pure returns (address) {
        bytes[] memory items = new bytes[](2);
        items[0] = abi.encodePacked(sender);
        items[1] = integer(nonce);
        return address(uint160(uint256(keccak256(cheats.toRlp(items)))));
    }

    /// Estimates, which reports a revert before anything is paid for, then signs, sends and waits.
    function submit(
        Session memory session,
        string memory what,
        uint256 nonce,
        bytes memory to,
        uint256 value,
        bytes memory data
    ) private {
        bytes memory signed = sign(session, nonce, estimate(session, what, to, value, data), to, value, data);
        string memory params = string.concat('["', cheats.toString(signed), '"]');
        try cheats.rpc(session.url, "eth_sendRawTransaction", params) returns (bytes memory hash) {
            await(session, what, bytes32(hash));
        } catch (bytes memory reason) {
            revert TransactionRefused(what, text(reason));
        }
    }

    /// A fifth above the node's estimate, for state that moves between the estimate and the block.
    function estimate(Session memory session, string memory what, bytes memory to, uint256 value, bytes memory data)
        private
        returns (uint256)
    {
        string memory params = string.concat("[", callObject(session.sender, to, value, data), "]");
        try cheats.rpc(session.url, "eth_estimateGas", params) returns (bytes memory answer) {
            return toUint(answer) * 6 / 5;
        } catch (bytes memory reason) {
            revert CallReverted(what, text(reason));
        }
    }

    /// A legacy transaction with replay protection (EIP-155), the one kind whose fields are all byte strings.
    function sign(
        Session memory session,
        uint256 nonce,
        uint256 gasLimit,
        bytes memory to,
        uint256 value,
        bytes memory data
    ) private pure returns (bytes memory) {
        bytes[] memory items = new bytes[](9);
        items[0] = integer(nonce);
        items[1] = integer(session.gasPrice);
        items[2] = integer(gasLimit);
        items[3] = to;
        items[4] = integer(value);
        items[5] = data;
        items[6] = integer(session.chainId);
        (uint8 v, bytes32 r, bytes32 s) = cheats.sign(session.key, keccak256(cheats.toRlp(items)));
        items[6] = integer(session.chainId * 2 + 8 + v);
        items[7] = integer(uint256(r));
        items[8] = integer(uint256(s));
        return cheats.toRlp(items);
    }

    /// An absent receipt is JSON null, which forge turns into one zero word; a receipt is an object of many.
    function await(Session memory session, string memory what, bytes32 hash) private {
        string memory params = string.concat('["', cheats.toString(abi.encodePacked(hash)), '"]');
        for (uint256 poll = 0; poll < RECEIPT_POLLS; poll++) {
            if (cheats.rpc(session.url, "eth_getTransactionReceipt", params).length > 32) return;
            cheats.sleep(POLL_MILLISECONDS);
        }
        revert NotMined(what, hash);
    }

    function callObject(address from, bytes memory to, uint256 value, bytes memory data)
        private
        pure
        returns (string memory)
    {
        string memory target = to.length == 0 ? "" : string.concat('"to":"', cheats.toString(to), '",');
        string memory head = string.concat('{"from":"', cheats.toString(from), '",', target, '"value":"');
        return string.concat(head, quantity(value), '","data":"', cheats.toString(data), '"}');
    }

    /// Big-endian bytes without leading zeros, as RLP writes an integer.
    function integer(uint256 value) private pure returns (bytes memory out) {
        uint256 size = 0;
        for (uint256 rest = value; rest != 0; rest >>= 8) {
            size++;
        }
        out = new bytes(size);
        for (uint256 k = size; k > 0; k--) {
            out[k - 1] = bytes1(uint8(value));
            value >>= 8;
        }
    }

    /// Hexadecimal without leading zeros, as JSON-RPC writes a quantity.
    function quantity(uint256 value) private pure returns (string memory) {
        if (value == 0) return "0x0";
        bytes memory digits = bytes(cheats.toString(integer(value)));
        if (digits[2] != "0") return string(digits);
        bytes memory shorter = new bytes(digits.length - 1);
        (shorter[0], shorter[1]) = ("0", "x");
        for (uint256 k = 3; k < digits.length; k++) {
            shorter[k - 1] = digits[k];
        }
        return string(shorter);
    }

    function toUint(bytes memory answer) internal pure returns (uint256 value) {
        for (uint256 k = 0; k < answer.length; k++) {
            value = (value << 8) | uint8(answer[k]);
        }
    }

    /// The message inside a cheatcode's error, which is ABI-encoded as one string after a selector.
    function text(bytes memory reason) internal pure returns (string memory) {
        if (reason.length < 68) return cheats.toString(reason);
        bytes memory body = new bytes(reason.length - 4);
        for (uint256 k = 0; k < body.length; k++) {
            body[k] = reason[k + 4];
        }
        return abi.decode(body, (string));
    }
}
