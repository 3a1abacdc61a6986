#!/bin/bash
# Trains a project on Slurm, with a worker on each node and the master on the first, and leaves the model as a file. On the node
# where you log in, in the project's folder, which all nodes have to see:
#
#   go generate && go build -o bin/ . ./chimera_workers/*
#   sbatch job.sh
#
# bin/ has then the program of the project under the name of its module, and those of its workers. The nodes need no Go, but
# chimera itself (go install). There have to be as many nodes as the project has workers.
#SBATCH --job-name=chimera
#SBATCH --nodes=3
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=4
#SBATCH --time=01:00:00

set -euo pipefail
cd "$SLURM_SUBMIT_DIR"
program=bin/$(sed -n 's|^module .*/||p' go.mod)
port=${PORT:-9100} # of the master; those of the workers are the next ones
job=job-$SLURM_JOB_ID # the master's folder
model=model-$SLURM_JOB_ID.chimera

# The project's settings, but for where its workers are: on one node each. Their main programs are built, so no packages are needed.
mkdir "$job"
workers=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | awk -v port="$port" '
	{ printf "  - {name: worker%d, url: \"http://%s:%d\"}\\n", NR, $1, port + NR }')
awk -v workers="$workers" '
	/^launcher:/ { print "launcher: external"; next }
	/^packages:/ { next }
	/^workers:/ { printf "workers:\n%s", workers; skip = 1; next }
	skip && /^[ -]/ { next }
	{ skip = 0; print }' chimera.yaml > "$job/chimera.yaml"

# The workers, which listen to the cluster's network, and are called by their nodes' names.
export port
srun bash -c '
	rank=$((SLURM_PROCID + 1))
	export CHIMERA_WORKERS_HOST=0.0.0.0 CHIMERA_WORKERS_PORT=$((port + rank)) CHIMERA_WORKERS_ALLOWED_HOSTS="[\"$SLURMD_NODENAME\"]"
	exec bin/worker$rank' &
trap 'trap - EXIT; kill $(jobs -p) 2> /dev/null || true; wait' EXIT

# await waits until a program answers that it is ready, for two minutes at most.
await() {
	for ((i = 0; i < 120; i++)); do
		if curl --silent --fail --output /dev/null "$1/v1/chimera/ready"; then return; fi
		sleep 1
	done
	echo "nothing answers at $1" >&2
	return 1
}
for url in $(sed -n 's|.*url: "\(.*\)".*|\1|p' "$job/chimera.yaml"); do await "$url"; done

# The master, which only this node reaches, and what it is asked.
export CHIMERA_MASTER_URL=http://127.0.0.1:$port
CHIMERA_PROJECT=$job CHIMERA_MASTER_PORT=$port "$program" &
await "$CHIMERA_MASTER_URL"
chimera fit
if [ -d test_data ]; then chimera score test_data/X_test.csv test_data/y_test.csv; fi
chimera models export serving --output "$model"
