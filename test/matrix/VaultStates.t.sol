// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {vm} from "../support/Vm.sol";
import {Role} from "./Cast.sol";
import {VaultTable} from "./VaultTable.sol";

/// A vault when something is wrong, or over: who may act is the same, and what it comes to is not.
contract VaultStatesTest is VaultTable {
    function check(string memory state, uint256 tier) private {
        addSettlement(); // orders that have not expired, at today's price
        checkState(state, "IMarginVault", address(vault), tier);
    }

    function test_in_an_outage() public {
        stopSequencer();
        expectTier(HALTED);
        check("an outage", HALTED);
    }

    /// The weak account has less than 95 % of its maintenance margin, so that it does not wait for the period's end.
    function test_in_the_grace_period() public {
        stopSequencer();
        restartSequencer();
        addSettlement();
        except(IMarginVault.settle.selector, IMarginVault.ActionBlocked.selector);
        except(IMarginVault.listOption.selector, IMarginVault.ActionBlocked.selector);
        checkState("the grace period", "IMarginVault", address(vault), NORMAL);
    }

    function test_while_a_trip_runs() public {
        vm.prank(guardian);
        guard.trip(asset, 2, 1 hours, "trip");
        expectTier(RESTRICTED);
        check("a trip", RESTRICTED);
    }

    /// Nobody has paid for the weak account's debt. Insurance may, and anyone has it do so.
    function test_while_something_is_missing() public {
        failWeak();
        setCover(ETH, 10_000e18);
        addSettlement();
        except(IMarginVault.settle.selector, IMarginVault.ReduceOnly.selector);
        except(IMarginVault.liquidate.selector, IMarginVault.Healthy.selector);
        except(IMarginVault.recover.selector, 0);
        checkState("a shortfall", "IMarginVault", address(vault), NORMAL);
    }

    function tradeOption() private {
        (IMarginVault.Order memory maker, IMarginVault.Order memory taker) = orders(option, holder, bob, 1e18, 0);
        add(
            abi.encodeCall(IMarginVault.settle, (maker, sign(bob, maker), taker, sign(holder, taker), 1e18)),
            ANYONE,
            0,
            always(IMarginVault.ActionBlocked.selector)
        );
    }

    function addDelisting(bytes4 outcome) private {
        add(abi.encodeCall(IMarginVault.delist, (option)), ANYONE, 0, always(outcome));
        except(IMarginVault.closeOption.selector, IMarginVault.InvalidExpiry.selector);
    }

    function test_between_an_options_expiry_and_its_settlement() public {
        elapse(expiryIn(14) - block.timestamp);
        refreshPrices();
        setVolatility(28, VOLATILITY);
        tradeOption();
        addDelisting(IMarginVault.SeriesOpen.selector);
        checkState("an expiry", "IMarginVault", address(vault), NORMAL);
    }

    function test_when_an_option_is_settled() public {
        expire(14);
        setVolatility(28, VOLATILITY);
        tradeOption();
        vault.touch(holder.account);
        vm.expectRevert(IMarginVault.SeriesOpen.selector);
        vault.delist(option);
        vault.touch(bob.account);
        addDelisting(0);
        checkState("a settlement", "IMarginVault", address(vault), NORMAL);
    }

    /// Nobody insures its trades yet, and there is no surface to list options by.
    function test_in_an_experimental_market() public {
        (vault, pool) = createMarket(address(token), "experiment");
        people_[uint256(Role.Vault)] = address(vault);
        asset = assetOf(ETH);
        vm.prank(owner);
        vault.setSteward(person(Role.Steward), 0);
        offer(address(vault));
        setRules(optionRules());
        deposit(holder, 100_000 * USD);
        deposit(bob, 100_000 * USD);
        deposit(liquidator, 100_000 * USD);
        approve(address(vault));
        vm.prank(holder.owner);
        vault.setSigner(person(Role.Signer), true);
        addAll();
        addDelisting(IMarginVault.UnknownInstrument.selector);
        bytes4 unknown = IMarginVault.UnknownInstrument.selector;
        except(IMarginVault.settle.selector, IMarginVault.CoverExceeded.selector);
        except(IMarginVault.liquidate.selector, IMarginVault.Healthy.selector);
        except(IMarginVault.listOption.selector, IMarginVault.ActionBlocked.selector);
        except(IMarginVault.option.selector, unknown);
        except(IMarginVault.closeOption.selector, unknown);
        except(IMarginVault.settleOption.selector, unknown);
        except(IMarginVault.position.selector, unknown);
        except(IMarginVault.refresh.selector, unknown);
        except(IMarginVault.unsettled.selector, unknown);
        checkState("an experimental market", "IMarginVault", address(vault), NORMAL);
    }
}
