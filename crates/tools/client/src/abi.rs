//! The ABIs that the command line speaks: Bulkhead's own, from `contracts/interfaces`, and those around it.

#![allow(missing_docs, clippy::too_many_arguments)]

include!(concat!(env!("OUT_DIR"), "/interfaces.rs"));

alloy::sol! {
    #![sol(all_derives = true)]

    /// The part of ERC-4626 that the demo and the benchmarks use; `IInsurancePool` inherits it.
    interface IERC4626 {
        function asset() external view returns (address);
        function totalAssets() external view returns (uint256);
        function totalSupply() external view returns (uint256);
        function balanceOf(address owner) external view returns (uint256);
        function convertToAssets(uint256 shares) external view returns (uint256);
        function maxRedeem(address owner) external view returns (uint256 shares);
        function deposit(uint256 assets, address receiver) external returns (uint256 shares);
        function mint(uint256 shares, address receiver) external returns (uint256 assets);
        function withdraw(uint256 assets, address receiver, address owner) external returns (uint256 shares);
        function redeem(uint256 shares, address receiver, address owner) external returns (uint256 assets);
        function transfer(address to, uint256 amount) external returns (bool);
        function transferFrom(address from, address to, uint256 amount) external returns (bool);
        function approve(address spender, uint256 amount) external returns (bool);
    }

    /// `test/mocks/QuoteToken.sol`.
    interface IQuoteToken {
        function mint(address to, uint256 amount) external;
        function approve(address spender, uint256 amount) external returns (bool);
        function transfer(address to, uint256 amount) external returns (bool);
        function balanceOf(address owner) external view returns (uint256);
        function decimals() external view returns (uint8);
    }

    /// `test/mocks/PriceFeed.sol`.
    interface IPriceFeed {
        function push(int256 answer) external;
    }

    /// https://github.com/mds1/multicall
    interface IMulticall3 {
        struct Call3 { address target; bool allowFailure; bytes callData; }
        struct Result { bool success; bytes returnData; }
        function aggregate3(Call3[] calldata calls) external payable returns (Result[] memory returnData);
        function getCurrentBlockTimestamp() external view returns (uint256 timestamp);
    }

    /// Arbitrum's precompile at 0x71.
    interface IArbWasm {
        function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
        function programVersion(address program) external view returns (uint16 version);
        function programTimeLeft(address program) external view returns (uint64 secs);
        function codehashKeepalive(bytes32 codehash) external payable;
        event ProgramActivated(bytes32 indexed codehash, bytes32 moduleHash, address program, uint256 dataFee, uint16 version);
        event ProgramLifetimeExtended(bytes32 indexed codehash, uint256 dataFee);
        error ProgramNotActivated();
        error ProgramNeedsUpgrade(uint16 version, uint16 stylusVersion);
        error ProgramExpired(uint64 ageInSeconds);
        error ProgramKeepaliveTooSoon(uint64 ageInSeconds);
        error ProgramInsufficientValue(uint256 have, uint256 want);
    }

    /// Arbitrum's precompile at 0x72.
    interface IArbWasmCache {
        function cacheProgram(address program) external;
        function codehashIsCached(bytes32 codehash) external view returns (bool);
    }

    /// Arbitrum's precompile at 0x6b.
    interface IArbOwnerPublic {
        function getAllChainOwners() external view returns (address[] memory owners);
    }
}
