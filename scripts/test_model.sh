#!/usr/bin/env bash
# The committer and the feed in many of the orders in which workers can come by (src/flow/model.rs).
set -euo pipefail
cd "$(dirname "$0")/.."
cargo test --locked --config profile.dev.package.pagemill.opt-level=0 --lib --features model flow::model
