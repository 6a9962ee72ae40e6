// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";
import {IRiskEngine} from "../../contracts/interfaces/IRiskEngine.sol";
import {Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";
import {OptionsTest} from "./OptionsTest.sol";

/// A volatility surface that the guardian distrusts: its options keep their volatility at the live spot, whoever holds one is margined
/// by twice the volatility range in that underlying, and nothing in them moves but what reduces risk.
contract UntrustedSurfaceTest is OptionsTest {
    uint256 private constant TERM = 28;
    uint32 private constant ALLOWANCE = 72 hours;
    uint64 private constant STEP = 0.05e18;
    uint16 private constant LIQUIDATING_DELEVERAGING_UNTRUSTED = 8 + 16 + 128;
    /// In which no move of up to a fifth is one for the breaker.
    uint256 private constant QUIET = 2 hours;

    IRiskEngine private engine;
    Trader private seller;

    function setUpNode() internal override {
        super.setUpNode();
        attach("risk engine", vault.engine());
        engine = IRiskEngine(vault.engine());
        seller = subAccount(carol, 1);
        deposit(dave, 1_000_000 * USD);
    }

    function distrust(uint256 term, uint32 secs) private {
        vm.prank(guardian);
        guard.distrustSurface(asset, expiryIn(term), secs, "provider");
    }

    /// Time and prices move, the surfaces do not.
    function drift(uint32 instrument, int256 price) private {
        perpetuals[instrument].price = price * FEED;
        elapse(QUIET);
        refreshPrices();
    }

    function wait(uint256 secs) private {
        elapse(secs);
        refreshPrices();
    }

    /// The seller has sold ten calls to alice, with hardly more behind them than they need.
    function sellTenCalls(uint256 term) private returns (uint32 call) {
        call = series(term, 2_000, CALL);
        deposit(seller, 20_000 * USD);
        buy(call, alice, seller, 10e18);
        withdraw(seller, (20_000 - initialOf(seller) * 101 / 100 / WAD) * USD);
    }

    function size(Trader memory trader, uint32 number) private view returns (int256) {
        return vault.position(trader.account, number);
    }

    // ---- a provider gone bad

    /// It pushes volatility up until a seller is in ill health; the guardian distrusts it in time, and nobody gets the seller's legs.
    function test_no_liquidation_profits_from_a_provider_gone_bad() public {
        uint32 call = sellTenCalls(TERM);
        uint64 volatility = VOLATILITY;
        while (equityOf(seller) >= int256(maintenanceOf(seller))) {
            wait(5 minutes);
            volatility += STEP;
            setVolatility(TERM, volatility);
        }
        vm.assertGt(volatility, VOLATILITY);
        vm.assertGt(equityOf(seller), 0);
        distrust(TERM, ALLOWANCE);
        vm.prank(guardian);
        guard.setSurfaceProvider(address(0));
        int256 equity = equityOf(seller);
        vm.expectRevert(IMarginVault.ActionBlocked.selector);
        liquidate(seller, dave, WAD);
        bytes32[] memory accounts = new bytes32[](1);
        accounts[0] = seller.account;
        vm.prank(dave.owner);
        vm.assertEq(vault.liquidateBatch(accounts, dave.account, WAD), 0);
        // Three minutes on its clock, and of its margin a fifth is left: neither is it cut.
        for (uint256 k = 0; k < 3; k++) {
            wait(1 minutes);
            vault.touch(seller.account);
        }
        vm.assertGe(clockOf(seller), 120);
        for (int256 price = 2_005; equityOf(seller) * 5 >= int256(maintenanceOf(seller)); price += 5) {
            wait(1 minutes);
            setPrice(price * FEED);
            vault.touch(seller.account);
        }
        vm.assertGt(equityOf(seller), 0);
        vm.expectRevert(IMarginVault.ActionBlocked.selector);
        vault.deleverage(seller.account, 16);
        vm.assertEq(size(seller, call), -10e18);
        vm.assertLt(equityOf(seller), equity);
        vm.assertEq(capitalOf(dave), 1_000_000e18);
        vm.assertEq(coverage(), WAD);
    }

    /// What the provider says meanwhile is refused: taken and not used it would come in one jump at the end.
    function test_a_provider_is_not_heard_and_goes_on_by_steps() public {
        wait(5 minutes);
        distrust(TERM, 1 days);
        uint64 until = uint64(block.timestamp + 1 days);
        IOracleGuard.Surface memory next = IOracleGuard.Surface(VOLATILITY + STEP, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(IOracleGuard.SurfaceUntrusted.selector, until));
        vm.prank(provider);
        guard.setSurface(asset, expiryIn(TERM), next);
        setVolatility(56, VOLATILITY + STEP); // other expiries are nobody's concern
        (,, bool isFresh) = guard.surface(asset, expiryIn(TERM));
        vm.assertFalse(isFresh);
        wait(1 days);
        next.atm += 1e12;
        vm.expectRevert(abi.encodeWithSelector(IOracleGuard.SurfaceStepTooLarge.selector, STEP + 1e12, STEP));
        vm.prank(provider);
        guard.setSurface(asset, expiryIn(TERM), next);
        setVolatility(TERM, VOLATILITY + STEP);
        (,, isFresh) = guard.surface(asset, expiryIn(TERM));
        vm.assertTrue(isFresh);
        vm.assertEq(uint256(quote(series(TERM, 2_000, CALL)).blocked), 0);
    }

    // ---- marks and margins

    function test_options_keep_their_volatility_at_the_live_spot() public {
        wait(5 minutes);
        setSurface(ETH, expiryIn(TERM), VOLATILITY, -0.03e18, 0.02e18);
        uint32 call = series(TERM, 2_200, CALL);
        uint256 kept = quote(call).volatility;
        vm.assertLt(kept, VOLATILITY);
        distrust(TERM, ALLOWANCE);
        vm.assertEq(uint256(quote(call).volatility), kept);
        drift(ETH, 1_750);
        drift(ETH, 1_800);
        IOracleGuard.OptionMark memory mark = quote(call);
        vm.assertEq(uint256(mark.volatility), kept, "not that of another moneyness");
        vm.assertEq(uint256(mark.blocked), LIQUIDATING_DELEVERAGING_UNTRUSTED, "and it is not stale");
        (uint256 value,,,) = engine.price(CALL, 1_800e18, 2_200e18, expiryIn(TERM) - block.timestamp, kept);
        vm.assertApproxEqAbs(uint256(mark.mark), value, MARK_ERROR);
    }

    /// Ten calls sold and five bought of another expiry, and some of the perpetual.
    function openBook() private returns (IRiskEngine.Option[] memory held) {
        deposit(seller, 100_000 * USD);
        buy(series(TERM, 2_100, CALL), alice, seller, 10e18);
        buy(series(56, 2_400, CALL), seller, bob, 5e18);
        trade(ETH, seller, bob, 3e18, SPOT);
        held = new IRiskEngine.Option[](2);
        held[0] = IRiskEngine.Option(CALL, 2_100e18, 0, -10e18, VOLATILITY);
        held[1] = IRiskEngine.Option(CALL, 2_400e18, 0, 5e18, VOLATILITY);
    }

    function check(IRiskEngine.Option[] memory held, uint256 volRange, string memory what) private view {
        held[0].secs = expiryIn(TERM) - block.timestamp;
        held[1].secs = expiryIn(56) - block.timestamp;
        IRiskEngine.Shock memory shock = IRiskEngine.Shock(0.05e18, 0.1e18, volRange, 0.01e18, 1.25e18);
        IRiskEngine.Result memory expected = engine.evaluate(SPOT, 3e18, held, shock);
        uint256 error = 18 * SPOT / WAD * MARGIN_ERROR;
        vm.assertApproxEqAbs(maintenanceOf(seller), expected.maintenance, error, what);
        vm.assertApproxEqAbs(initialOf(seller), expected.initial, error, what);
        (uint256 maintenance, uint256 initial,,,,,) = vault.portfolio(seller.account, ETH);
        vm.assertEq(maintenance, maintenanceOf(seller), what);
        vm.assertEq(initial, initialOf(seller), what);
    }

    function test_whoever_holds_one_is_margined_by_twice_the_volatility_range() public {
        IMarginVault.OptionRules memory wide = optionRules();
        wide.volRange = 0.6e18;
        setRules(wide);
        IRiskEngine.Option[] memory held = openBook();
        uint256 others = maintenanceOf(bob);
        check(held, 0.6e18, "trusted");
        distrust(TERM, 1 hours);
        check(held, 1.2e18, "distrusted");
        vm.assertEq(maintenanceOf(bob), others, "he holds none");
        wait(1 hours);
        check(held, 0.6e18, "trusted again");
    }

    // ---- what is traded

    function test_nobody_opens() public {
        uint32 call = series(TERM, 2_000, CALL);
        distrust(TERM, ALLOWANCE);
        refuse(call, alice, bob, 1e18, markOf(call), IMarginVault.ActionBlocked.selector);
        vm.expectRevert(IMarginVault.ActionBlocked.selector);
        vault.listOption(ETH, expiryIn(TERM), 2_300e18, CALL, accountOf(address(this)));
        uint32 later = series(56, 2_000, CALL);
        buy(later, alice, bob, 1e18);
        wait(ALLOWANCE);
        setVolatility(TERM, VOLATILITY);
        buy(call, alice, bob, 1e18);
        vm.assertEq(size(alice, call), 1e18);
    }

    function test_holders_reduce_and_nobody_takes_their_place() public {
        uint32 call = sellTenCalls(TERM);
        distrust(TERM, ALLOWANCE);
        drift(ETH, 2_050);
        uint256 mark = markOf(call);
        refuse(call, dave, alice, 4e18, mark, IMarginVault.ActionBlocked.selector);
        refuse(call, seller, dave, 4e18, mark, IMarginVault.ActionBlocked.selector);
        buy(call, seller, alice, 4e18);
        vm.assertEq(size(seller, call), -6e18);
        vm.assertEq(size(alice, call), 6e18);
        // Past nothing to more on the other side is no reduction.
        refuse(call, seller, alice, 13e18, mark, IMarginVault.ActionBlocked.selector);
        buy(call, seller, alice, 6e18);
        vm.assertEq(size(seller, call), 0);
        (uint256 long, uint256 short) = vault.openInterest(call);
        vm.assertEq(long + short, 0);
    }

    /// Every trade that reduces risk, in them too: a seller buys what bounds its loss, of whoever has it.
    function test_a_hedge_is_bought_and_not_given_up() public {
        uint32 call = sellTenCalls(TERM);
        uint32 wing = series(TERM, 2_200, CALL);
        Trader memory holder = subAccount(carol, 2);
        deposit(holder, 10_000 * USD);
        buy(wing, holder, bob, 10e18);
        distrust(TERM, ALLOWANCE);
        uint256 before = maintenanceOf(seller);
        buy(wing, seller, holder, 10e18);
        vm.assertLt(maintenanceOf(seller), before);
        vm.assertEq(size(seller, wing), 10e18);
        deposit(seller, 100_000 * USD);
        refuse(wing, bob, seller, 10e18, markOf(wing), IMarginVault.ActionBlocked.selector);
        // A perpetual against them is no option: margin is all that it needs.
        trade(ETH, seller, dave, 2e18, SPOT);
        vm.assertEq(size(seller, call), -10e18);
    }

    function test_where_the_underlying_is_restricted_nothing_opens_at_all() public {
        uint32 call = sellTenCalls(TERM);
        uint32 wing = series(TERM, 2_200, CALL);
        buy(wing, dave, bob, 10e18);
        distrust(TERM, ALLOWANCE);
        vm.prank(guardian);
        guard.trip(asset, 2, 1 hours, "trip");
        refuse(wing, seller, dave, 10e18, markOf(wing), IMarginVault.ActionBlocked.selector);
        buy(call, seller, alice, 1e18);
        vm.assertEq(size(seller, call), -9e18);
    }

    // ---- what is liquidated, deleveraged and owed

    /// Whatever is not hedged by them goes; they stay, and so does what they hedge.
    function test_a_liquidation_leaves_them_and_what_hedges_them() public {
        deposit(seller, 5_000 * USD);
        (uint32 put, uint32 call) = (series(TERM, 1_800, PUT), series(TERM, 2_200, CALL));
        buy(put, seller, alice, 10e18);
        trade(ETH, seller, alice, 10e18, SPOT);
        buy(call, alice, seller, 10e18);
        withdraw(seller, 1_000 * USD);
        trade(BTC, seller, alice, 0.4e18, 50_000e18);
        distrust(TERM, ALLOWANCE);
        drift(BTC, 46_000);
        drift(BTC, 42_400);
        int256 equity = equityOf(seller);
        uint256 maintenance = maintenanceOf(seller);
        vm.assertLt(equity, int256(maintenance));
        vm.assertGt(equity, 0);
        (uint256 share,) = liquidate(seller, dave, WAD);
        vm.assertGt(share, 0);
        vm.assertEq(size(seller, put), 10e18);
        vm.assertEq(size(seller, call), -10e18);
        vm.assertEq(size(seller, ETH), 10e18);
        vm.assertApproxEqAbs(size(seller, BTC), int256(0.4e18 * (WAD - share) / WAD), 100);
        // Of the margin that could go, 848 at the mark, as much as restores a quarter more than the rest needs.
        uint256 due = (maintenance * 5 / 4 - uint256(equity)) * WAD / (848e18 * 6 / 5);
        vm.assertApproxEqAbs(share, due < WAD ? due : WAD, 1e12);
    }

    /// A hundredth of a call keeps nobody's perpetual: an escape from liquidation costs no more than it hedges.
    function test_a_distrusted_option_is_no_escape_from_liquidation() public {
        uint32 call = series(TERM, 2_000, CALL);
        deposit(seller, 2_500 * USD);
        buy(call, seller, alice, 0.01e18);
        trade(ETH, seller, bob, 10e18, SPOT);
        distrust(TERM, ALLOWANCE);
        drift(ETH, 1_830);
        vm.assertLt(equityOf(seller), int256(maintenanceOf(seller)));
        vm.assertGt(equityOf(seller), 0);
        liquidate(seller, dave, WAD);
        vm.assertLt(size(seller, ETH), 7e18);
        vm.assertEq(size(seller, call), 0.01e18);
        vm.assertGe(uint256(equityOf(seller)), maintenanceOf(seller) * 5 / 4 - 1e16);
    }

    /// A seller owes more than it has. Its legs stay, its debt is stuck, everybody converts, and no touch makes it wait for anybody;
    /// once it is over the debt is closed.
    function test_debts_behind_them_block_nobody() public {
        uint32 call = sellTenCalls(TERM);
        distrust(TERM, ALLOWANCE);
        drift(ETH, 2_250);
        drift(ETH, 2_500);
        vault.touch(seller.account);
        int256 debt = -pnlOf(seller);
        vm.assertGt(debt, 0);
        (bool done, uint256 deficit,) = vault.deleverage(seller.account, 16);
        vm.assertFalse(done);
        vm.assertEq(deficit, 0);
        vm.assertEq(int256(vault.stuckDebt()), debt);
        vm.assertEq(size(seller, call), -10e18);
        vault.touch(seller.account);
        vm.assertEq(int256(vault.stuckDebt()), debt);
        vm.expectRevert(IMarginVault.ActionBlocked.selector);
        vault.deleverage(seller.account, 16);
        vault.touch(alice.account);
        wait(1 hours);
        vm.assertGt(convert(alice), 0);
        wait(ALLOWANCE - 5 hours);
        vault.touch(seller.account);
        vm.assertEq(vault.stuckDebt(), 0);
        debt = -pnlOf(seller);
        (done, deficit,) = vault.deleverage(seller.account, 16);
        vm.assertTrue(done);
        vm.assertEq(int256(deficit), debt);
        vm.assertEq(size(seller, call), 0);
    }

    // ---- how long

    /// However long the guardian asks: at the expiry volatility plays no part, and it is over.
    function test_settlement_ends_it() public {
        uint32 call = sellTenCalls(14);
        elapse(expiryIn(14) - 1 days - block.timestamp);
        refreshPrices();
        deposit(seller, 5_000 * USD);
        distrust(14, ALLOWANCE);
        (uint64 until, uint32 left) = guard.surfaceDistrust(asset, expiryIn(14));
        vm.assertEq(uint256(until), uint256(expiryIn(14)));
        vm.assertEq(uint256(left), ALLOWANCE - 1 days);
        wait(1 days - 1);
        vm.assertEq(uint256(quote(call).blocked), LIQUIDATING_DELEVERAGING_UNTRUSTED);
        elapse(1);
        vm.assertEq(uint256(quote(call).blocked & 128), 0);
        vm.expectRevert(abi.encodeWithSelector(IOracleGuard.InvalidExpiry.selector, expiryIn(14)));
        vm.prank(guardian);
        guard.distrustSurface(asset, expiryIn(14), 1 hours, "late");
    }

    function test_72_hours_in_30_days_and_each_expiry_has_its_own() public {
        uint32 call = series(56, 2_000, CALL);
        distrust(56, 48 hours);
        wait(1 hours);
        vm.expectRevert(abi.encodeWithSelector(IOracleGuard.TripTooShort.selector, uint32(46 hours)));
        vm.prank(guardian);
        guard.distrustSurface(asset, expiryIn(56), 46 hours, "shorter");
        distrust(56, 71 hours);
        (, uint32 left) = guard.surfaceDistrust(asset, expiryIn(56));
        vm.assertEq(uint256(left), 0);
        (, left) = guard.surfaceDistrust(asset, expiryIn(84));
        vm.assertEq(uint256(left), ALLOWANCE);
        wait(71 hours);
        vm.expectRevert(abi.encodeWithSelector(IOracleGuard.TripAllowanceExceeded.selector, uint32(0)));
        vm.prank(guardian);
        guard.distrustSurface(asset, expiryIn(56), 1, "again");
        distrust(84, ALLOWANCE);
        wait(30 days);
        distrust(56, 1 hours);
        vm.assertEq(uint256(quote(call).blocked & 128), 128);
    }

    function test_only_the_guardian_and_only_a_surface_that_there_is() public {
        address[4] memory others = [owner, provider, alice.owner, address(this)];
        for (uint256 k = 0; k < others.length; k++) {
            vm.expectRevert(abi.encodeWithSelector(IOracleGuard.NotGuardian.selector, others[k]));
            vm.prank(others[k]);
            guard.distrustSurface(asset, expiryIn(TERM), 1 hours, "mine");
        }
        vm.expectRevert(abi.encodeWithSelector(IOracleGuard.InvalidExpiry.selector, expiryIn(35)));
        vm.prank(guardian);
        guard.distrustSurface(asset, expiryIn(35), 1 hours, "none");
        vm.expectRevert(abi.encodeWithSelector(IOracleGuard.UnknownAsset.selector, bytes32("nobody")));
        vm.prank(guardian);
        guard.distrustSurface("nobody", expiryIn(TERM), 1 hours, "nobody");
        vm.expectRevert(abi.encodeWithSelector(IOracleGuard.TripTooShort.selector, uint32(0)));
        vm.prank(guardian);
        guard.distrustSurface(asset, expiryIn(TERM), 0, "nothing");
    }
}
