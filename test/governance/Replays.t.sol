// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {Votes} from "@openzeppelin/contracts/governance/utils/Votes.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {SafeProxyFactory} from "@safe-global/safe-smart-account/contracts/proxies/SafeProxyFactory.sol";
import {SafeL2} from "@safe-global/safe-smart-account/contracts/SafeL2.sol";
import {ISafe} from "@safe-global/safe-smart-account/contracts/interfaces/ISafe.sol";
import {IInsurancePool} from "../../contracts/interfaces/IInsurancePool.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IOwnable} from "../../contracts/interfaces/IOwnable.sol";
import {cheats} from "../../script/lib/Cheatcodes.sol";
import {ContractWallet} from "../mocks/ContractWallet.sol";
import {Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";
import {GovernedTest} from "./Governed.sol";

/// A signature counts once, on one chain, at one contract.
contract ReplaysTest is GovernedTest {
    string private constant BALLOT = "Ballot(uint256 proposalId,uint8 support,address voter,uint256 nonce)";
    bytes32 private constant DOMAIN =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

    // ---- the guardians' Safe

    function guardianCall() private view returns (bytes memory) {
        return abi.encodeWithSignature(
            "trip(bytes32,uint8,uint32,bytes32)", asset, uint8(1), uint32(1 hours), bytes32("test")
        );
    }

    function test_a_signature_for_one_safe_counts_for_no_other() public {
        ISafe twin = createTwin();
        bytes memory data = guardianCall();
        bytes memory signed = signatures(safe, address(guard), data);
        vm.expectRevert();
        exec(twin, address(guard), data, signed);
        exec(safe, address(guard), data, signed);
        // Nor does it count twice.
        vm.expectRevert();
        exec(safe, address(guard), data, signed);
    }

    /// A Safe of the same guardians.
    function createTwin() private returns (ISafe) {
        address singleton = createOnNode("singleton", type(SafeL2).creationCode);
        SafeProxyFactory proxies = SafeProxyFactory(createOnNode("proxies", type(SafeProxyFactory).creationCode));
        address[] memory guardianAddresses = safe.getOwners();
        bytes memory setup = abi.encodeCall(
            ISafe.setup, (guardianAddresses, 2, address(0), "", address(0), address(0), 0, payable(address(0)))
        );
        address twin = address(proxies.createProxyWithNonce(singleton, setup, 1));
        attach("twin", twin);
        return ISafe(payable(twin));
    }

    /// The hash that guardians sign has the chain in it.
    function test_a_safes_transaction_counts_on_its_chain_only() public {
        bytes memory data = guardianCall();
        (uint256 first, uint256 second) = (guardianKey(0), guardianKey(1));
        if (cheats.addr(first) > cheats.addr(second)) (first, second) = (second, first);
        uint256[2] memory chains = [CHAIN_ID + 1, CHAIN_ID];
        for (uint256 k = 0; k < 2; k++) {
            bytes32 hash = safeHash(chains[k], address(guard), data);
            bytes memory signed = bytes.concat(signDigest(first, hash), signDigest(second, hash));
            if (k == 0) vm.expectRevert(bytes("GS026"));
            exec(safe, address(guard), data, signed);
        }
    }

    /// Of the Safe's next transaction, on `chainId`, worked out here.
    function safeHash(uint256 chainId, address to, bytes memory data) private view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(keccak256("EIP712Domain(uint256 chainId,address verifyingContract)"), chainId, address(safe))
        );
        bytes32 body = keccak256(
            abi.encode(
                keccak256(
                    "SafeTx(address to,uint256 value,bytes data,uint8 operation,uint256 safeTxGas,uint256 baseGas,uint256 gasPrice,address gasToken,address refundReceiver,uint256 nonce)"
                ),
                to,
                0,
                keccak256(data),
                0,
                0,
                0,
                0,
                address(0),
                address(0),
                safe.nonce()
            )
        );
        return keccak256(abi.encodePacked("\x19\x01", domain, body));
    }

    function test_one_guardian_alone_or_twice_is_not_two() public {
        bytes memory data = guardianCall();
        bytes memory both = signatures(safe, address(guard), data);
        bytes memory one = new bytes(65);
        for (uint256 k = 0; k < 65; k++) {
            one[k] = both[k];
        }
        vm.expectRevert(bytes("GS020"));
        exec(safe, address(guard), data, one);
        vm.expectRevert(bytes("GS026"));
        exec(safe, address(guard), data, bytes.concat(one, one));
    }

    // ---- ballots and delegations

    /// What the holder would sign to vote, on chain `chainId` for the governor at `verifyingContract`.
    function ballot(uint256 proposal, uint256 chainId, address verifyingContract)
        private
        pure
        returns (bytes memory signature)
    {
        uint256 key = newTrader("holder").key;
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Bulkhead Governor"),
                keccak256("1"),
                chainId,
                verifyingContract
            )
        );
        bytes32 body = keccak256(abi.encode(keccak256(bytes(BALLOT)), proposal, uint8(1), cheats.addr(key), 0));
        return signDigest(key, keccak256(abi.encodePacked("\x19\x01", domain, body)));
    }

    function test_a_ballot_counts_on_its_chain_at_its_governor_and_once() public {
        uint256 proposal = propose(address(guard), abi.encodeCall(IOwnable.transferOwnership, (stranger)));
        elapse(VOTING_DELAY + 1);
        bytes memory invalid = abi.encodeWithSelector(IGovernor.GovernorInvalidSignature.selector, holder);
        bytes memory signed = ballot(proposal, CHAIN_ID + 1, address(governor));
        vm.expectRevert(invalid);
        governor.castVoteBySig(proposal, 1, holder, signed);
        signed = ballot(proposal, CHAIN_ID, address(timelock));
        vm.expectRevert(invalid);
        governor.castVoteBySig(proposal, 1, holder, signed);
        signed = ballot(proposal, CHAIN_ID, address(governor));
        vm.prank(stranger);
        governor.castVoteBySig(proposal, 1, holder, signed);
        vm.expectRevert(invalid); // its nonce is used
        governor.castVoteBySig(proposal, 1, holder, signed);
        (, uint256 inFavour,) = governor.proposalVotes(proposal);
        vm.assertEq(inFavour, votes.SUPPLY());
    }

    function test_a_ballot_is_for_one_proposal_and_one_side() public {
        uint256 proposal = propose(address(guard), abi.encodeCall(IOwnable.transferOwnership, (stranger)));
        uint256 other = propose(address(vault), abi.encodeCall(IOwnable.transferOwnership, (stranger)));
        elapse(VOTING_DELAY + 1);
        bytes memory signed = ballot(proposal, CHAIN_ID, address(governor));
        bytes memory invalid = abi.encodeWithSelector(IGovernor.GovernorInvalidSignature.selector, holder);
        vm.expectRevert(invalid);
        governor.castVoteBySig(other, 1, holder, signed);
        vm.expectRevert(invalid);
        governor.castVoteBySig(proposal, 0, holder, signed);
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorInvalidSignature.selector, stranger));
        governor.castVoteBySig(proposal, 1, stranger, signed);
        governor.castVoteBySig(proposal, 1, holder, signed);
    }

    function tokenDigest(bytes32 body, uint256 chainId) private view returns (bytes32) {
        bytes32 domain = keccak256(abi.encode(DOMAIN, keccak256("Bulkhead"), keccak256("1"), chainId, address(votes)));
        return keccak256(abi.encodePacked("\x19\x01", domain, body));
    }

    function test_a_delegation_counts_once_and_on_its_chain() public {
        bytes32 kind = keccak256("Delegation(address delegatee,uint256 nonce,uint256 expiry)");
        bytes32 body = keccak256(abi.encode(kind, stranger, 0, block.timestamp));
        uint256 key = newTrader("holder").key;
        (uint8 v, bytes32 r, bytes32 s) = cheats.sign(key, tokenDigest(body, CHAIN_ID + 1));
        // It is somebody's signature of something else, and delegates nothing of the holder's.
        try votes.delegateBySig(stranger, 0, block.timestamp, v, r, s) {} catch {}
        vm.assertEq(votes.delegates(holder), holder);
        (v, r, s) = cheats.sign(key, tokenDigest(body, CHAIN_ID));
        votes.delegateBySig(stranger, 0, block.timestamp, v, r, s);
        vm.assertEq(votes.delegates(holder), stranger);
        vm.prank(holder);
        votes.delegate(holder);
        cheats.expectPartialRevert(bytes4(keccak256("InvalidAccountNonce(address,uint256)")));
        votes.delegateBySig(stranger, 0, block.timestamp, v, r, s);
        vm.assertEq(votes.delegates(holder), holder);
    }

    function test_a_permit_counts_once_and_on_its_chain() public {
        bytes32 kind = keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        bytes32 body = keccak256(abi.encode(kind, holder, stranger, 1e18, 0, block.timestamp));
        uint256 key = newTrader("holder").key;
        (uint8 v, bytes32 r, bytes32 s) = cheats.sign(key, tokenDigest(body, CHAIN_ID + 1));
        cheats.expectPartialRevert(ERC20Permit.ERC2612InvalidSigner.selector);
        votes.permit(holder, stranger, 1e18, block.timestamp, v, r, s);
        (v, r, s) = cheats.sign(key, tokenDigest(body, CHAIN_ID));
        votes.permit(holder, stranger, 1e18, block.timestamp, v, r, s);
        vm.assertEq(votes.allowance(holder, stranger), 1e18);
        cheats.expectPartialRevert(ERC20Permit.ERC2612InvalidSigner.selector);
        votes.permit(holder, stranger, 1e18, block.timestamp, v, r, s);
    }

    // ---- orders

    function test_an_order_for_another_chain_or_another_vault_is_nobodys() public {
        (IMarginVault twin,) = createMarket(address(token), "twin");
        IMarginVault.Order memory maker = order(alice, -1e18, 200e18, true);
        IMarginVault.Order memory taker = order(bob, 1e18, 200e18, false);
        bytes[2] memory foreign = [
            signDigest(alice.key, digestFor(maker, CHAIN_ID + 1, address(vault))),
            signDigest(alice.key, digestFor(maker, CHAIN_ID, address(twin)))
        ];
        bytes memory signed = sign(bob, taker);
        for (uint256 k = 0; k < foreign.length; k++) {
            vm.expectRevert(IMarginVault.InvalidSignature.selector);
            vault.settle(maker, foreign[k], taker, signed, 1e18);
        }
    }

    /// A wallet sees a hash, and it is another one at every vault: what its owner signed for one says nothing to the other.
    function test_a_wallets_order_counts_at_one_vault() public {
        ContractWallet wallet =
            ContractWallet(create("wallet", bytes.concat(type(ContractWallet).creationCode, abi.encode(alice.owner))));
        Trader memory walleted = Trader(alice.key, address(wallet), accountOf(address(wallet)));
        deposit(walleted, 1_000 * USD);
        deposit(bob, 1_000 * USD);
        IMarginVault.Order memory maker = order(walleted, -1e18, 200e18, true);
        IMarginVault.Order memory taker = order(bob, 1e18, 200e18, false);
        bytes memory signed = sign(walleted, maker);
        bytes memory takers = sign(bob, taker);
        (IMarginVault twin,) = createMarket(address(token), "twin");
        bytes memory twins = signDigest(bob.key, digestFor(taker, CHAIN_ID, address(twin)));
        vm.expectRevert(IMarginVault.InvalidSignature.selector);
        twin.settle(maker, signed, taker, twins, 1e18);
        vault.settle(maker, signed, taker, takers, 1e18);
        vm.expectRevert(IMarginVault.OrderFilled.selector);
        vault.settle(maker, signed, taker, takers, 1e18);
    }

    /// What a signer has signed while it was one counts no more once it is none, and again if it is one again: the owner cancels
    /// what is not to come back.
    function test_a_signers_orders_end_with_its_appointment() public {
        deposit(alice, 1_000 * USD);
        deposit(bob, 1_000 * USD);
        IMarginVault.Order memory maker = order(bob, -1e18, 200e18, true);
        IMarginVault.Order memory taker = order(alice, 1e18, 200e18, false);
        (bytes memory makers, bytes memory takers) = (sign(bob, maker), sign(dave, taker));
        appoint(true);
        appoint(false);
        vm.expectRevert(IMarginVault.InvalidSignature.selector);
        vault.settle(maker, makers, taker, takers, 1e18);
        appoint(true);
        vm.prank(alice.owner);
        vault.cancel(taker.nonce);
        vm.expectRevert(IMarginVault.OrderCancelled.selector);
        vault.settle(maker, makers, taker, takers, 1e18);
    }

    function appoint(bool allowed) private {
        vm.prank(alice.owner);
        vault.setSigner(dave.owner, allowed);
    }
}
