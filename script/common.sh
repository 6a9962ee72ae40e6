# Sourced by the scripts beside it: where things are, and which Rust toolchain is meant. Expects bash 3.2 or newer.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
target_dir=${CARGO_TARGET_DIR:-$root/target}
tools_dir=$target_dir/tools
PATH=$root/node_modules/.bin:$tools_dir/bin:$PATH
export PATH

say() {
    printf '%s\n' "$*" >&2
}

die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

have() {
    command -v "$1" >/dev/null 2>&1
}

# The exact version that rust-toolchain.toml pins.
pinned_rust() {
    sed -n 's/^channel *= *"\(.*\)".*/\1/p' "$root/rust-toolchain.toml"
}

# Whether version $1 is at least version $2.
at_least() {
    [ "$(printf '%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]
}

# Whether rustup must not fetch anything.
rustup_is_offline() {
    [ "${RUSTUP_AUTO_INSTALL:-1}" = 0 ]
}

# Where rustup may not install the pinned toolchain and has none under that very name, an installed toolchain of the
# same version under another name serves; if there is none, one of the same minor version.
select_toolchain() {
    local pinned names name version minor same_minor=
    [ -z "${RUSTUP_TOOLCHAIN:-}" ] && have rustup && rustup_is_offline || return 0
    pinned=$(pinned_rust)
    minor=${pinned%.*}
    names=$(cd / && rustup toolchain list | sed 's/ .*//')
    for name in $names; do
        case $name in "$pinned"-*) return 0 ;; esac
    done
    for name in $names; do
        version=$(RUSTUP_TOOLCHAIN=$name rustc --version | cut -d' ' -f2)
        if [ "$version" = "$pinned" ]; then
            export RUSTUP_TOOLCHAIN=$name
            return 0
        fi
        case $version in "$minor".*) same_minor=$name ;; esac
    done
    [ -n "$same_minor" ] || die "Rust $pinned is not installed and RUSTUP_AUTO_INSTALL=0 forbids to fetch it"
    export RUSTUP_TOOLCHAIN=$same_minor
}

# Runs a command that speaks to a node without TLS, with one root certificate: forge reads all that it is given anew at every
# request of a test, and that, not the test, is what most of its time goes to.
with_one_certificate() {
    local folder=$target_dir/certificates
    case ${RPC_URL:-} in https:*) "$@"; return ;; esac
    mkdir -p "$folder/none"
    [ -s "$folder/one.pem" ] || node -p 'require("node:tls").rootCertificates[0]' >"$folder/one.pem"
    SSL_CERT_FILE=$folder/one.pem SSL_CERT_DIR=$folder/none "$@"
}

# Compiles the programs that print the ABI of contracts $@, on the host and in one call, with features that leave all they share as it is.
build_exports() {
    local name programs=() features=
    for name in "$@"; do
        programs+=(--bin "$name")
        features=$features,$name/export-abi
    done
    cargo build --quiet --locked --workspace "${programs[@]}" --features "${features#,}"
}

# The name of the package in folder $1.
package_in() {
    sed -n 's/^name = "\(.*\)"/\1/p' "$1/Cargo.toml" | head -n 1
}

# The folder of every program, seen from the root: each has a Stylus.toml.
contract_folders() {
    local folders
    folders=$(cd "$root" && find contracts -name Stylus.toml -exec dirname {} + | sort)
    [ -n "$folders" ] || die "no contract has a Stylus.toml"
    printf '%s\n' "$folders"
}

# The names of all programs, in the order of their folders.
contract_names() {
    local folder
    for folder in $(contract_folders); do package_in "$root/$folder"; done
}

have cargo || die "cargo is missing: install Rust $(pinned_rust) (https://rustup.rs)"
have node || die "node is missing: install Node.js 20 or newer"
select_toolchain
