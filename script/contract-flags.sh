# Sourced after common.sh by whatever compiles contracts: the compiler and its flags, in this one place. Everything is an
# environment variable, because host builds in the same checkout must not see any of it. What is not a flag of rustc
# stands where the tools read it: the profile in Cargo.toml, the recipe of wasm-opt in Stylus.toml.

rust_source() {
    printf '%s/lib/rustlib/src/rust/library/Cargo.lock' "$("$1" --print sysroot)"
}

# Debian 12 has an older rustc of the same package too.
debian_rust_serves() {
    [ -x /usr/bin/rustc ] && at_least "$(/usr/bin/rustc --version | cut -d' ' -f2)" "$(pinned_rust)" &&
        [ -f "$(rust_source /usr/bin/rustc)" ]
}

# The standard library is compiled along, from the compiler's own source: rustup's component rust-src, or Debian's
# rustc-web with rust-web-src, whose compiler then borrows the linker of rustup's toolchain.
contract_compiler=rustc
if [ -f "$(rust_source rustc)" ]; then
    unset RUSTC
elif debian_rust_serves; then
    contract_compiler=/usr/bin/rustc
    host=$(rustc -vV | sed -n 's/^host: //p')
    linker=$(rustc --print sysroot)/lib/rustlib/$host/bin/rust-lld
    export RUSTC=$contract_compiler CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=$linker
else
    die "the source of Rust's standard library is missing: run make setup"
fi

# build-std and immediate-abort are unstable; this lets a stable compiler have them.
export RUSTC_BOOTSTRAP=1
export CARGO_UNSTABLE_BUILD_STD=std,panic_abort CARGO_UNSTABLE_BUILD_STD_FEATURES=optimize_for_size

flags=(
    # No panic machinery and no messages: on chain a panic is a revert without data in any case.
    -Zunstable-options -Cpanic=immediate-abort
    # The features of WebAssembly that Stylus accepts.
    -Ctarget-cpu=mvp -Ctarget-feature=+bulk-memory
    # The default stack of 1 MiB would cost every call about 15,000 gas for memory.
    -Clink-arg=-zstack-size=16384
    # Nothing but code: wasm-opt would take the list of features as leave to write a DataCount section, which Nitro refuses.
    -Clink-arg=--strip-all
    # The program must not depend on where it was built.
    "--remap-path-prefix=$root=/bulkhead"
    "--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
)
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="${flags[*]}"
export HOST_TARGET_DIR=$target_dir
export CARGO_TARGET_DIR=${CONTRACT_TARGET_DIR:-$target_dir/contracts}
unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_RUSTFLAGS
