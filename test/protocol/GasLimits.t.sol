// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {cheats} from "../../script/lib/Cheatcodes.sol";
import {GasProbe, IGasProbe} from "../mocks/GasProbe.sol";
import {vm} from "../support/Vm.sol";
import {ProtocolTest, Trader} from "./Protocol.sol";

/// A caller that runs out of gas, at every point of every operation: either nothing has happened, to anybody, or exactly what
/// happens with plenty of gas. Nothing in between: no settled leg without its owner, no deficit that insurance was not
/// asked for because the pool could not be reached.
contract GasLimitsTest is ProtocolTest {
    /// Limits tried for each operation, from far too little to far more than enough; `GAS_POINTS` sets another number.
    uint256 private immutable POINTS = cheats.envOr("GAS_POINTS", uint256(150));
    uint256 private constant POINTS_A_CALL = 10;
    uint256 private constant PLENTY = 12_000_000;

    GasProbe private probe;
    bytes32 private own;
    bytes32 private second;
    bytes32[] private accounts;

    /// The probe is short 45 ETH against Alice, who is in ill health, and ahead with profit that has matured; Dave is in debt
    /// with two legs; everybody pays fees.
    function setUpNode() internal override {
        super.setUpNode();
        probe = GasProbe(create("probe", bytes.concat(type(GasProbe).creationCode, abi.encode(vault, lens))));
        own = accountOf(address(probe));
        second = bytes32(uint256(own) | 1);
        token.mint(address(probe), 1_000_000 * USD);
        probe.call(abi.encodeCall(IMarginVault.deposit, (own, 100_000 * USD)));
        probe.call(abi.encodeCall(IMarginVault.deposit, (second, 100_000 * USD)));
        deposit(alice, 1_000 * USD);
        deposit(bob, 100_000 * USD);
        deposit(dave, 2_000 * USD);
        Trader memory prober = Trader(alice.key, address(probe), own);
        trade(alice, prober, 45e18, 200e18);
        trade(dave, bob, 80e18, 200e18);
        trade(BTC, dave, bob, 0.8e18, 5_000e18);
        setFees(ETH, 0.0002e18, 0.0005e18);
        trade(bob, prober, 1e18, 200e18);
        elapse(MEAN_RESTARTS);
        pushPrice(BTC, 3_500 * FEED);
        setPrice(ETH, 187 * FEED);
        guard.poke(assetOf(BTC));
        vault.touch(own);
        vault.touch(alice.account);
        elapse(1 days);
        refreshPrices();
        accounts = [own, second, alice.account, bob.account, dave.account, accountOf(address(pool))];
        accounts.push(accountOf(address(vault)));
    }

    /// Tries `data` with every limit; returns the gas that it takes with plenty of it.
    function check(bytes memory data) private view returns (uint256 used) {
        bytes32 untouched = lens.fingerprint(vault, accounts, listed);
        GasProbe.Outcome memory done = sweep(data, PLENTY, 0, 1)[0];
        vm.assertTrue(done.success, "it works");
        vm.assertNotEq(done.fingerprint, untouched);
        used = done.used;
        uint256 step = used * 3 / 2 / POINTS;
        uint256 failures;
        for (uint256 point = 0; point < POINTS; point += POINTS_A_CALL) {
            GasProbe.Outcome[] memory outcomes = sweep(data, point * step, step, POINTS_A_CALL);
            for (uint256 k = 0; k < outcomes.length; k++) {
                bytes32 expected = outcomes[k].success ? done.fingerprint : untouched;
                string memory where = vm.toString((point + k) * step);
                vm.assertEq(outcomes[k].fingerprint, expected, string.concat("half done with gas ", where));
                if (!outcomes[k].success) failures++;
            }
        }
        vm.assertGt(failures, POINTS / 2);
        vm.assertLt(failures, POINTS);
    }

    function sweep(bytes memory data, uint256 gas, uint256 step, uint256 count)
        private
        view
        returns (GasProbe.Outcome[] memory)
    {
        return IGasProbe(address(probe)).sweep(data, gas, step, count, accounts, listed);
    }

    function test_a_deposit_is_whole_or_nothing() public view {
        check(abi.encodeCall(IMarginVault.deposit, (own, 5 * USD)));
    }

    function test_a_withdrawal_is_whole_or_nothing() public view {
        check(abi.encodeCall(IMarginVault.withdraw, (own, 5 * USD, address(0xbeef))));
    }

    function test_a_transfer_is_whole_or_nothing() public view {
        check(abi.encodeCall(IMarginVault.transfer, (own, second, 5e18)));
    }

    function test_a_trade_is_whole_or_nothing() public {
        Trader memory prober = Trader(alice.key, address(probe), own);
        IMarginVault.Order memory maker = order(bob, -2e18, 187e18, true);
        IMarginVault.Order memory taker = order(prober, 2e18, 187e18, false);
        check(abi.encodeCall(IMarginVault.settle, (maker, sign(bob, maker), taker, sign(prober, taker), 1e18)));
    }

    function test_a_touch_is_whole_or_nothing() public view {
        check(abi.encodeCall(IMarginVault.touch, (dave.account)));
    }

    function test_a_conversion_is_whole_or_nothing() public view {
        check(abi.encodeCall(IMarginVault.convert, (own, type(uint256).max)));
    }

    function test_a_liquidation_is_whole_or_nothing() public view {
        check(abi.encodeCall(IMarginVault.liquidate, (alice.account, own, WAD)));
    }

    function test_a_batch_is_whole_or_nothing() public view {
        bytes32[] memory batch = new bytes32[](3);
        (batch[0], batch[1], batch[2]) = (alice.account, bob.account, dave.account);
        check(abi.encodeCall(IMarginVault.liquidateBatch, (batch, own, WAD)));
    }

    function test_a_deleveraging_is_whole_or_nothing() public view {
        check(abi.encodeCall(IMarginVault.deleverage, (dave.account, 16)));
    }

    function test_a_deleveraging_leg_by_leg_is_whole_or_nothing() public view {
        check(abi.encodeCall(IMarginVault.deleverage, (dave.account, 1)));
    }

    function test_distributing_fees_is_whole_or_nothing() public view {
        check(abi.encodeCall(IMarginVault.distributeFees, ()));
    }

    function test_a_recovery_is_whole_or_nothing() public {
        withdrawCover();
        vault.deleverage(dave.account, 16);
        setCover(ETH, 10_000_000e18);
        setCover(BTC, 10_000_000e18);
        elapse(1 days);
        refreshPrices();
        check(abi.encodeCall(IMarginVault.recover, ()));
    }
}
