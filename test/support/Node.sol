// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {Chain} from "../../script/lib/Chain.sol";
import {vm} from "./Vm.sol";

/// The node at `RPC_URL`, as tests use it: calls and transactions from any sender, snapshots and time.
library Node {
    error Refused(string method, string reason);
    error NotMined(bytes32 transaction);
    error TransactionFailed(bytes32 transaction);
    error UnreadableReceipt(bytes32 transaction);
    error SnapshotLost(string snapshot);

    /// Generous for any one transaction, and within what a block may hold.
    uint256 private constant GAS_LIMIT = 30_000_000;
    uint256 private constant RECEIPT_POLLS = 1000;
    uint256 private constant POLL_MILLISECONDS = 2;
    /// Creation code that returns the block's timestamp: TIMESTAMP, MSTORE at 0, RETURN of 32 bytes.
    string private constant RETURN_TIMESTAMP = "0x4260005260206000f3";
    /// What a JSON-RPC error's data follows in the text that forge makes of it.
    string private constant ERROR_DATA = 'data: "';

    function url() internal view returns (string memory) {
        return vm.envString("RPC_URL");
    }

    /// Executes `data` on the latest block without a transaction. A revert is an answer too: its data, and false.
    function call(address from, address to, uint256 value, bytes memory data) internal returns (bool, bytes memory) {
        string memory params = string.concat("[", transaction(from, recipient(to), value, data), ',"latest"]');
        try vm.rpc(url(), "eth_call", params) returns (bytes memory answer) {
            return (true, answer);
        } catch (bytes memory reason) {
            return (false, revertData("eth_call", reason));
        }
    }

    /// Mines a transaction from `from`, which the node impersonates, in a block with forge's timestamp.
    function send(address from, address to, uint256 value, bytes memory data) internal {
        submit(from, recipient(to), value, data);
    }

    /// Creates a contract from `initcode`.
    function create(address from, bytes memory initcode) internal returns (address created) {
        string memory params = string.concat('["', vm.toString(from), '","latest"]');
        uint256 nonce = Chain.toUint(request("eth_getTransactionCount", params));
        created = Chain.createAddress(from, nonce);
        submit(from, "", 0, initcode);
    }

    function codeAt(address target) internal returns (bytes memory) {
        return request("eth_getCode", string.concat('["', vm.toString(target), '","latest"]'));
    }

    function balanceOf(address account) internal returns (uint256) {
        return Chain.toUint(request("eth_getBalance", string.concat('["', vm.toString(account), '","latest"]')));
    }

    function setBalance(address account, uint256 balance) internal {
        request("anvil_setBalance", string.concat('["', vm.toString(account), '","', quantity(balance), '"]'));
    }

    function impersonate(address account) internal {
        request("anvil_impersonateAccount", string.concat('["', vm.toString(account), '"]'));
    }

    /// Timestamp of the latest block.
    function timestamp() internal returns (uint256) {
        return Chain.toUint(request("eth_call", string.concat('[{"data":"', RETURN_TIMESTAMP, '"},"latest"]')));
    }

    /// Mines an empty block at the node's own time.
    function mine() internal {
        request("evm_mine", "[]");
    }

    /// Mines an empty block at `time`.
    function mineAt(uint256 time) internal {
        setNextTimestamp(time);
        mine();
    }

    function snapshot() internal returns (string memory) {
        return quantity(Chain.toUint(request("evm_snapshot", "[]")));
    }

    /// Goes back to `id`, which the node forgets by it.
    function revertTo(string memory id) internal {
        if (Chain.toUint(request("evm_revert", string.concat('["', id, '"]'))) != 1) revert SnapshotLost(id);
    }

    /// Any method; a JSON-RPC error becomes a revert.
    function request(string memory method, string memory params) internal returns (bytes memory) {
        try vm.rpc(url(), method, params) returns (bytes memory answer) {
            return answer;
        } catch (bytes memory reason) {
            revert Refused(method, Chain.text(reason));
        }
    }

    function submit(address from, bytes memory to, uint256 value, bytes memory data) private {
        setNextTimestamp(block.timestamp);
        string memory params = string.concat("[", transaction(from, to, value, data), "]");
        bytes32 hash = bytes32(request("eth_sendTransaction", params));
        if (!succeeded(await(hash), hash)) revert TransactionFailed(hash);
    }

    /// The receipt of a transaction once it is mined. Until then the answer is null, which forge makes a zero word.
    function await(bytes32 hash) private returns (bytes memory receipt) {
        for (uint256 poll = 0; poll < RECEIPT_POLLS; poll++) {
            receipt = request("eth_getTransactionReceipt", string.concat('["', vm.toString(hash), '"]'));
            if (receipt.length > 32) return receipt;
            vm.sleep(POLL_MILLISECONDS);
        }
        revert NotMined(hash);
    }

    function setNextTimestamp(uint256 time) private {
        request("evm_setNextBlockTimestamp", string.concat("[", vm.toString(time), "]"));
    }

    /// Forge encodes a JSON object as a tuple of its fields in the alphabetical order of their names. Before
    /// `transactionHash`, whose value is known, stand `to` and `status`; Nitro puts the flag `timeboosted` between.
    function succeeded(bytes memory receipt, bytes32 hash) private pure returns (bool) {
        uint256 words = receipt.length / 32;
        for (uint256 k = 4; k < words; k++) {
            if (word(receipt, k) != uint256(hash)) continue;
            uint256 offset = word(receipt, k - 2) > 1 ? word(receipt, k - 2) : word(receipt, k - 3);
            uint256 at = 1 + offset / 32;
            if (offset % 32 != 0 || at + 1 >= words || word(receipt, at) != 1) break;
            return receipt[(at + 1) * 32] == 0x01;
        }
        revert UnreadableReceipt(hash);
    }

    function word(bytes memory data, uint256 index) private pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := mload(add(add(data, 32), mul(index, 32)))
        }
    }

    /// The data of a reverted call, out of the message that forge makes of a JSON-RPC error.
    function revertData(string memory method, bytes memory reason) private pure returns (bytes memory) {
        string memory message = Chain.text(reason);
        if (vm.contains(message, ERROR_DATA)) {
            return vm.parseBytes(vm.split(vm.split(message, ERROR_DATA)[1], '"')[0]);
        }
        if (!vm.contains(message, "revert")) revert Refused(method, message);
        return "";
    }

    function recipient(address to) private pure returns (bytes memory) {
        return abi.encodePacked(to);
    }

    function transaction(address from, bytes memory to, uint256 value, bytes memory data)
        private
        pure
        returns (string memory)
    {
        string memory target = to.length == 0 ? "" : string.concat('"to":"', vm.toString(to), '",');
        string memory head = string.concat('{"from":"', vm.toString(from), '",', target, '"gas":"');
        string memory paid = string.concat(quantity(GAS_LIMIT), '","value":"', quantity(value));
        return string.concat(head, paid, '","data":"', vm.toString(data), '"}');
    }

    /// Hexadecimal without leading zeros, as JSON-RPC writes a quantity.
    function quantity(uint256 value) private pure returns (string memory) {
        bytes memory padded = bytes(vm.toString(bytes32(value)));
        uint256 start = 2;
        while (start < 65 && padded[start] == "0") start++;
        bytes memory digits = new bytes(66 - start);
        for (uint256 k = 0; k < digits.length; k++) {
            digits[k] = padded[start + k];
        }
        return string.concat("0x", string(digits));
    }
}
