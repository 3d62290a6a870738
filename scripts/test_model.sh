#!/usr/bin/env bash
# The committer and the feed in many of the orders in which workers can come by (src/flow/model.rs).
set -euo pipefail
cd "$(dirname "$0")/.."
cargo test --locked --lib --features model flow::model
