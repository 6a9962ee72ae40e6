# Sourced by the scripts beside it: where things are, and which Rust toolchain is meant. Expects bash 3.2 or newer.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
target_dir=${CARGO_TARGET_DIR:-$root/target}
PATH=$root/node_modules/.bin:$root/target/tools/bin:$PATH
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

have cargo || die "cargo is missing: install Rust $(pinned_rust) (https://rustup.rs)"
have node || die "node is missing: install Node.js 20 or newer"
select_toolchain
