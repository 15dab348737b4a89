#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Writes constraints/airflow-<version>.txt anew: the newest versions that fit together with that Airflow.
set -euo pipefail
airflow=$1
python=$(demo/find_python.sh "$airflow" "$2")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
group=run
[ "$airflow" = 3.3 ] && group=dev

"$python" -m venv "$folder"
"$folder/bin/python" -m pip install --quiet --upgrade pip
"$folder/bin/python" -m pip install --quiet hatchling editables 'setuptools>=70.1'
"$folder/bin/python" -m pip install --quiet --no-build-isolation --group "$group" \
  "apache-airflow==$airflow.*" --editable '.[sandbox]'
{
  echo "# SPDX-License-Identifier: Apache-2.0"
  echo "# What is installed beside this package for Airflow $airflow. Written by: make constraints"
  "$folder/bin/python" -m pip freeze --exclude-editable --all | LC_ALL=C sort -f
} >"constraints/airflow-$airflow.txt"
if [ "$airflow" = 3.3 ]; then
  # What the peers of the benchmarks need beyond that, in a file of its own.
  "$folder/bin/python" -m pip install --quiet --no-build-isolation \
    --constraint "constraints/airflow-$airflow.txt" --group bench
  {
    echo "# SPDX-License-Identifier: Apache-2.0"
    echo "# What the benchmarks install beyond airflow-$airflow.txt. Written by: make constraints"
    "$folder/bin/python" -m pip freeze --exclude-editable --all | LC_ALL=C sort -f |
      grep -vxFf "constraints/airflow-$airflow.txt"
  } >constraints/bench.txt
fi
echo "constraints/airflow-$airflow.txt: $(grep -c == "constraints/airflow-$airflow.txt") versions"
