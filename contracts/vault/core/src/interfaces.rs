//! The Solidity interfaces: the vault's own, and what it calls of others. Selectors and event topics come from them.
#![expect(clippy::too_many_arguments, reason = "an event is made of its fields")]

use alloy_sol_types::sol;

sol!("../../interfaces/IMarginVault.sol");
sol!("../../interfaces/IOwnable.sol");

sol! {
    interface Erc20 {
        function balanceOf(address account) external view returns (uint256);
        function decimals() external view returns (uint8);
        function transfer(address to, uint256 amount) external returns (bool);
        function transferFrom(address from, address to, uint256 amount) external returns (bool);
        function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;
    }
    interface Erc1271 {
        function isValidSignature(bytes32 hash, bytes signature) external view returns (bytes4);
    }
    interface Guard {
        struct OptionId {
            uint8 asset;
            uint64 expiry;
            uint128 strike;
            bool isCall;
            uint64 closes;
        }
        function marks(bytes32[] assets) external view;
        function marksWithOptions(bytes32[] assets, OptionId[] options) external view;
        function settlement(bytes32 asset, uint64 expiry) external view;
        function freshMarks(bytes32[] assets) external;
        function freshMarksWithOptions(bytes32[] assets, OptionId[] options) external;
    }
    interface Engine {
        struct Leg {
            bool isCall;
            uint256 strike;
            uint256 secs;
            int256 size;
            uint256 vol;
        }
        struct Shock {
            uint256 spotRange;
            uint256 initialSpotRange;
            uint256 volRange;
            uint256 shortOptionRate;
            uint256 initialFactor;
        }
        function evaluate(uint256 spot, int256 perp, Leg[] options, Shock shock) external view;
        function requirements(bytes32[] portfolios) external view;
        function price(bool isCall, uint256 forward, uint256 strike, uint256 secs, uint256 vol) external view;
    }
    interface Pool {
        error Reentered();
        function cover(uint256 amount) external returns (uint256 paid);
        function available(address vault) external view returns (uint256 amount, uint256 assets, uint256 lasting, uint256 recorded);
    }
}
