#!/usr/bin/env bash
# Verifies VitGrid on a GPU machine and writes a report: devices found, parity of every golden model in each precision, segments
# against one session, images per second of the real shapes beside PyTorch where it is installed, memory.
#
#   deploy/verify-gpu.sh [--app DIR] [--natives DIR] [--device cuda:0] [--models "300m 6b"] [--batches 1,2,4,8,16,32] [--quick] [--report FILE]
#
# --app      a folder that holds the published vitgrid and vitgrid-benchmarks; without it they are built here (.NET SDK needed)
# --natives  a folder with a CUDA build of ONNX Runtime, for the build
# --device   the device; cpu:0 goes through the same steps, as far as a CPU has them
# --models   the real shapes to measure, with random weights: 300m (0.6 GB on disk), 6b (11 GB); they are deleted at the end
# --quick    internvit-nano instead of the real shapes, and short measurements
# --report   where the report goes [default: out/gpu-DATE.md]
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)

app= natives= device=cuda:0 models="300m 6b" batches=1,2,4,8,16,32 seconds=3 report= quick=
while [ $# -gt 0 ]; do
  case $1 in
    --app) app=$(cd "$2" && pwd); shift ;;
    --natives) natives=$(cd "$2" && pwd); shift ;;
    --device) device=$2; shift ;;
    --models) models=$2; shift ;;
    --batches) batches=$2; shift ;;
    --report) report=$2; shift ;;
    --quick) quick=1 ;;
    -h | --help) sed -n '2,14s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "verify-gpu: unknown option '$1'; see --help" >&2; exit 64 ;;
  esac
  shift
done
if [ -n "$quick" ]; then models=nano batches=1,3 seconds=0.2; fi
report=${report:-$root/out/gpu-$(date -u +%F-%H%M).md}
mkdir -p "$(dirname "$report")" "$root/out"
trap 'rm -rf "$root/out/verify-300m" "$root/out/verify-6b" "$root/out/verify-gpu.err"' EXIT

if [ -z "$app" ]; then
  build=(dotnet build -c Release -v quiet ${natives:+-p:VitGridOnnxRuntimeNatives="$natives"})
  "${build[@]}" "$root/src/VitGrid.Server"
  "${build[@]}" "$root/loadtest/VitGrid.Benchmarks"
  vitgrid=$root/src/VitGrid.Server/bin/Release/net10.0/vitgrid
  benchmarks=$root/loadtest/VitGrid.Benchmarks/bin/Release/net10.0/vitgrid-benchmarks
else
  vitgrid=$app/vitgrid
  benchmarks=$app/vitgrid-benchmarks
fi

failures=0
say() { printf '%s\n' "$@" >>"$report"; }
fail() { failures=$((failures + 1)); echo "FAILED: $*" >&2; }

# Runs a command, its output and exit code into the report and onto the terminal.
show() {
  local status=0
  echo "-- $(basename "$1") ${*:2}" >&2
  say '' '```' && say "\$ $(basename "$1") ${*:2}"
  "$@" 2>&1 | tee -a "$report" >&2 || status=$?
  say '```'
  [ "$status" -eq 0 ] || { say "**Exit code $status.**"; fail "$(basename "$1") ${*:2}"; }
}

: >"$report"
say "# VitGrid on $device, $(date -u '+%F %H:%M') UTC"
say "Commit $(git -C "$root" describe --always --dirty 2>/dev/null || echo unknown), $(uname -srm)."
command -v nvidia-smi >/dev/null && show nvidia-smi --query-gpu=name,driver_version,memory.total,memory.used,compute_cap --format=csv

say '' '## Devices'
show "$vitgrid" doctor
if [ "${device%%:*}" = cuda ] && ! "$benchmarks" device --model "$(dirname "$vitgrid")/models/internvit-nano" --devices "$device" --batches 1 --seconds 0 >/dev/null 2>"$root/out/verify-gpu.err"; then
  say '' "**$device cannot be used:** $(head -c 2000 "$root/out/verify-gpu.err")"
  cat "$root/out/verify-gpu.err" >&2
  exit 1
fi

say '' '## Parity with the reference' ''
say '| model | tensors | precision | segments | result |'
say '|---|---|---|---|---|'
precisions="fp32 fp16 bf16"
[ "${device%%:*}" = cuda ] || precisions=fp32
for folder in "$root"/tests/Golden/models/*/ "$(dirname "$vitgrid")/models/internvit-nano/"; do
  for expected in "$folder"expected*.safetensors; do
    [ -e "$expected" ] || continue
    for precision in $precisions; do
      for segments in 1 2; do
        status=0
        result=$("$vitgrid" parity --model "$folder" --expected "$expected" --devices "$device" --precision "$precision" --segments "$segments" 2>&1 >/dev/null | tail -n 1) || status=$?
        say "| $(basename "$folder") | $(basename "$expected") | $precision | $segments | $([ "$status" -eq 0 ] && echo pass || echo "**FAIL**"): $result |"
        [ "$status" -eq 0 ] || fail "parity $(basename "$folder") $(basename "$expected") $precision, $segments segments: $result"
      done
    done
  done
done

say '' '## Speed and memory'
for model in $models; do
  case $model in
    300m) folder=$root/out/verify-300m; [ -d "$folder" ] || show "$vitgrid" models random internvit-300m-448px --out "$folder" ;;
    6b) folder=$root/out/verify-6b; [ -d "$folder" ] || show "$vitgrid" models random internvit-6b-448px-v2.5 --out "$folder" ;;
    nano) folder=$(dirname "$vitgrid")/models/internvit-nano ;;
    *) folder=$model ;;
  esac
  for graphs in on off; do
    show "$benchmarks" device --model "$folder" --devices "$device" --batches "$batches" --graphs "$graphs" --seconds "$seconds"
  done
  show "$benchmarks" device --model "$folder" --devices "$device" --batches 1 --seconds 0 --compare-segments 2
  grep -q 'numbers DIFFER' "$report" && fail "segments of $model differ from one session"
  if { [ "$model" = 300m ] || [ "$model" = 6b ]; } && python3 -c 'import torch, sys; sys.exit(not torch.cuda.is_available())' 2>/dev/null; then
    show python3 "$root/loadtest/peers/torch_vit.py" --model "$model" --batches "$batches"
  fi
done

say '' "$([ "$failures" -eq 0 ] && echo "Everything passed." || echo "**$failures steps failed.**")"
echo "$report: $([ "$failures" -eq 0 ] && echo "everything passed" || echo "$failures steps failed")" >&2
[ "$failures" -eq 0 ]
