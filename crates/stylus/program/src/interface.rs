//! What one of several programs exports of the interface that they serve together.

use alloc::string::String;

/// Names the functions that a program serves: their selectors as integers, which a `match` compares in one step, and for the
/// exported interface their signatures. What their names need is imported by the items in the braces. It stands in a file of its
/// own, which the program and the one that prints its interface both include: a crate that is a library too would be built without
/// optimisation over crates.
#[macro_export]
macro_rules! functions {
    ({ $($imports:item)* } $($name:ident = $call:ty;)*) => {
        /// Selectors of the functions that the program serves.
        #[cfg_attr(feature = "export-abi", allow(dead_code, reason = "printing needs no selectors"))]
        pub mod selector {
            use alloy_sol_types::SolCall;
            $($imports)*

            $(pub const $name: u32 = u32::from_be_bytes(<$call>::SELECTOR);)*
        }

        /// Signatures of the functions that the program serves.
        #[cfg(feature = "export-abi")]
        pub const SERVED: &[&str] = {
            use alloy_sol_types::SolCall;
            $($imports)*

            &[$(<$call>::SIGNATURE),*]
        };
    };
}

/// The Solidity interface `whole` with the functions whose signatures are `served`, and no others.
#[must_use]
pub fn part_of(whole: &str, served: &[&str]) -> String {
    let serves = |name: &str| {
        served
            .iter()
            .any(|signature| signature.split('(').next() == Some(name))
    };
    let (mut interface, mut comment) = (String::new(), String::new());
    let mut left_out = false;
    for line in whole.lines() {
        let words = line.trim_start();
        if words.starts_with("///") {
            comment = comment + line + "\n";
            continue;
        }
        let name = words
            .strip_prefix("function ")
            .and_then(|rest| rest.split('(').next());
        left_out = left_out || name.is_some_and(|name| !serves(name));
        // What is left out leaves no gap.
        if line == "}" && interface.ends_with("\n\n") {
            interface.pop();
        }
        let is_gap = words.is_empty() && interface.ends_with("\n\n");
        if !left_out && !is_gap {
            interface = interface + &comment + line + "\n";
        }
        comment.clear();
        left_out = left_out && !line.contains(';');
    }
    if serves("owner") {
        interface
    } else {
        interface.replace(" is IOwnable", "")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "interface ISome is IOwnable {\n    error Bad();\n\n    /// Says one.\n    function one(uint256 a) external;\n    /// Says two.\n    function two(uint256 a)\n        external\n        returns (uint256);\n    function three() external; // owner\n}\n";

    #[test]
    fn functions_that_are_not_served_go_with_their_comments() {
        assert_eq!(
            part_of(WHOLE, &["one(uint256)"]),
            "interface ISome {\n    error Bad();\n\n    /// Says one.\n    function one(uint256 a) external;\n}\n"
        );
    }

    #[test]
    fn functions_that_are_left_out_leave_no_gaps() {
        let whole = "interface ISome {\n    /// Says one.\n    function one() external;\n\n    function two() external;\n\n    function three() external;\n\n    function four() external;\n}\n";
        assert_eq!(
            part_of(whole, &["three()"]),
            "interface ISome {\n\n    function three() external;\n}\n"
        );
    }

    #[test]
    fn one_that_takes_several_lines_goes_whole() {
        assert_eq!(
            part_of(WHOLE, &["owner()", "three()"]),
            "interface ISome is IOwnable {\n    error Bad();\n\n    function three() external; // owner\n}\n"
        );
    }
}
