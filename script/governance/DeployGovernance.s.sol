// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Chain} from "../lib/Chain.sol";
import {cheats} from "../lib/Cheatcodes.sol";
import {Charter, Governance} from "./Governance.sol";
import {GovernanceSetup} from "./GovernanceSetup.sol";
import {json} from "./Json.sol";
import {Verification} from "./Verification.sol";

/// Deploys votes, governor, timelock, guardian Safe and steward, and hands what `script/Deploy.s.sol` deployed over to them:
///
///     RPC_URL=... PRIVATE_KEY=... HOLDER=0x... GUARDIANS=0x...,0x...,0x... THRESHOLD=2 \
///         forge script script/governance/DeployGovernance.s.sol
///
/// PRIVATE_KEY is the present owner's and defaults to the first of the well-known development accounts; HOLDER receives all
/// votes and defaults to the second, GUARDIANS to the third to fifth with a THRESHOLD of 2; SURFACE_PROVIDER publishes implied
/// volatilities, by default nobody. The deployer can be none of them. DEPLOYMENT_FILE is what to hand over, `out/deployment.json`
/// unless it says otherwise; GOVERNANCE_FILE, `out/governance.json`, is written. `--sig 'verify()'` asks the chain, now or at any
/// later time, whether everything is still where it belongs.
contract DeployGovernance {
    using Chain for Chain.Session;

    uint256 private constant DEVELOPMENT_KEY = 0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80;
    address private constant DEVELOPMENT_HOLDER = 0x70997970C51812dc3A010C7d01b50e0d17dc79C8;

    function run() external {
        Chain.Session memory session =
            Chain.open(cheats.envOr("RPC_URL", "http://127.0.0.1:8547"), cheats.envOr("PRIVATE_KEY", DEVELOPMENT_KEY));
        string memory deployment = cheats.readFile(cheats.envOr("DEPLOYMENT_FILE", "out/deployment.json"));
        Governance memory governance = GovernanceSetup.install(
            session,
            json.parseJsonAddress(deployment, ".guard"),
            json.parseJsonAddress(deployment, ".factory"),
            charter()
        );
        save(governance, cheats.envOr("GOVERNANCE_FILE", "out/governance.json"));
    }

    /// Reverts with the first thing that does not belong to governance.
    function verify() external {
        Chain.Session memory session =
            Chain.open(cheats.envOr("RPC_URL", "http://127.0.0.1:8547"), cheats.envOr("PRIVATE_KEY", DEVELOPMENT_KEY));
        string memory deployment = cheats.readFile(cheats.envOr("DEPLOYMENT_FILE", "out/deployment.json"));
        string memory text = cheats.readFile(cheats.envOr("GOVERNANCE_FILE", "out/governance.json"));
        Governance memory governance = Governance({
            token: json.parseJsonAddress(text, ".token"),
            timelock: json.parseJsonAddress(text, ".timelock"),
            governor: json.parseJsonAddress(text, ".governor"),
            guardian: json.parseJsonAddress(text, ".guardian"),
            steward: json.parseJsonAddress(text, ".steward")
        });
        Verification.check(
            session,
            governance,
            json.parseJsonAddress(deployment, ".guard"),
            json.parseJsonAddress(deployment, ".factory"),
            json.parseJsonAddress(deployment, ".owner")
        );
    }

    function charter() private view returns (Charter memory chosen) {
        address[] memory guardians = new address[](3);
        guardians[0] = 0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC;
        guardians[1] = 0x90F79bf6EB2c4f870365E785982E1f101E93b906;
        guardians[2] = 0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65;
        chosen.holder = cheats.envOr("HOLDER", DEVELOPMENT_HOLDER);
        chosen.guardians = json.envOr("GUARDIANS", ",", guardians);
        chosen.threshold = cheats.envOr("THRESHOLD", uint256(2));
        chosen.surfaceProvider = cheats.envOr("SURFACE_PROVIDER", address(0));
    }

    function save(Governance memory governance, string memory path) private {
        string memory object = "governance";
        cheats.serializeAddress(object, "token", governance.token);
        cheats.serializeAddress(object, "timelock", governance.timelock);
        cheats.serializeAddress(object, "governor", governance.governor);
        cheats.serializeAddress(object, "guardian", governance.guardian);
        cheats.writeJson(cheats.serializeAddress(object, "steward", governance.steward), path);
    }
}
