#!/bin/sh
# Prepare on a Ray cluster: `vqaprep run` on the head node, which sends each step's items to all nodes and waits.
#
#   sh prepare.sh PIPELINE OUT [any option of `vqaprep run`]
#   sh prepare.sh demo.toml /lab/out --input /lab/videos --workers 64 --metrics-file /lab/out.prom
#
# --workers is how many items are worked on at a time on all nodes together. What was lost with a node is done again
# elsewhere; when this job itself ends, the same line resumes. PATH finds the `vqaprep` of every node's environment.
set -eu
pipeline=$1 out=$2
shift 2
exec vqaprep run "$pipeline" -o "$out" --engine ray --ray-address "${RAY_ADDRESS:-auto}" "$@"
