// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.21;

/// What the tests use of Chainlink's FluxAggregator, version 0.6.6 of the compiler.
interface IFluxAggregator {
    function submit(uint256 round, int256 answer) external;
    function changeOracles(
        address[] calldata removed,
        address[] calldata added,
        address[] calldata addedAdmins,
        uint32 minSubmissions,
        uint32 maxSubmissions,
        uint32 restartDelay
    ) external;
}

/// What the tests use of Chainlink's EACAggregatorProxy.
interface IAggregatorProxy {
    function proposeAggregator(address aggregator) external;
    function confirmAggregator(address aggregator) external;
    function setController(address controller) external;
}

/// One node operator of a feed.
contract ChainlinkOracle {
    address private immutable operator = msg.sender;

    error NotOperator(address caller);

    function submit(IFluxAggregator aggregator, uint256 round, int256 answer) external {
        if (msg.sender != operator) revert NotOperator(msg.sender);
        aggregator.submit(round, answer);
    }
}

/// Refuses every reader of a feed.
contract ClosedAccess {
    function hasAccess(address, bytes calldata) external pure returns (bool) {
        return false;
    }
}

/// A price feed as Chainlink builds it: three oracles report to an aggregator, whose answer is the median of what they say as
/// soon as two of them have spoken, and consumers read it through a proxy. Owns all of it, and writes rounds for whoever asks.
contract ChainlinkFeed {
    uint256 public constant ORACLES = 3;
    uint32 private constant QUORUM = 2;
    /// Seconds after which a round that too few oracles answered gives way to the next.
    uint32 public constant ROUND_TIMEOUT = 10 minutes;
    /// What the oracles' reports of one round differ by, as a share of the answer.
    int256 private constant DISAGREEMENT = 10_000;

    /// What consumers read.
    address public immutable proxy;
    /// Answers below and above are refused by the aggregator, for good.
    int256 private immutable least;
    int256 private immutable greatest;
    IFluxAggregator public aggregator;
    ChainlinkOracle[ORACLES] private oracles;
    uint256 public round;

    error CreationFailed();

    constructor(
        bytes memory aggregatorCode,
        bytes memory proxyCode,
        uint8 decimals,
        int256 least_,
        int256 greatest_,
        int256 answer
    ) {
        (least, greatest) = (least_, greatest_);
        for (uint256 k = 0; k < ORACLES; k++) {
            oracles[k] = new ChainlinkOracle();
        }
        aggregator = createAggregator(aggregatorCode, decimals);
        proxy = create(bytes.concat(proxyCode, abi.encode(aggregator, address(0))));
        push(answer);
    }

    /// A round of this second whose median is `answer`.
    function push(int256 answer) public {
        int256 difference = answer / DISAGREEMENT;
        if (answer - difference < least || answer + difference > greatest) difference = 0;
        pushEach([answer - difference, answer + difference, answer]);
    }

    /// A round of this second in which each oracle says what it likes, in this order.
    function pushEach(int256[ORACLES] memory answers) public {
        round++;
        for (uint256 k = 0; k < ORACLES; k++) {
            oracles[k].submit(aggregator, round, answers[k]);
        }
    }

    /// One oracle opens a round that nobody else answers. The next can begin when it has timed out.
    function pushIncomplete(int256 answer) external {
        oracles[0].submit(aggregator, ++round, answer);
    }

    /// Another aggregator, which has not answered yet, takes the place of this one behind the same proxy.
    function migrate(bytes calldata aggregatorCode, uint8 newDecimals) external {
        aggregator = createAggregator(aggregatorCode, newDecimals);
        round = 0;
        IAggregatorProxy(proxy).proposeAggregator(address(aggregator));
        IAggregatorProxy(proxy).confirmAggregator(address(aggregator));
    }

    /// Nobody may read the feed, until it is opened again.
    function setClosed(bool closed) external {
        IAggregatorProxy(proxy).setController(closed ? address(new ClosedAccess()) : address(0));
    }

    function createAggregator(bytes memory code, uint8 decimals) private returns (IFluxAggregator created) {
        bytes memory arguments =
            abi.encode(address(0), uint128(0), ROUND_TIMEOUT, address(0), least, greatest, decimals, "test feed");
        created = IFluxAggregator(create(bytes.concat(code, arguments)));
        address[] memory added = new address[](ORACLES);
        for (uint256 k = 0; k < ORACLES; k++) {
            added[k] = address(oracles[k]);
        }
        created.changeOracles(new address[](0), added, added, QUORUM, uint32(ORACLES), 0);
    }

    function create(bytes memory initcode) private returns (address created) {
        assembly ("memory-safe") {
            created := create(0, add(initcode, 32), mload(initcode))
        }
        if (created == address(0)) revert CreationFailed();
    }
}
