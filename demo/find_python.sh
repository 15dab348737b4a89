#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Prints an interpreter that the given Airflow runs on: the one asked for, or another one of this machine.
set -euo pipefail
airflow=$1 asked=$2
case $airflow in
2.*) newest=12 ;;
*) newest=14 ;;
esac

fits() {
  "$1" -c "import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, $newest))" >/dev/null 2>&1
}

for python in "$asked" python3.12 python3.11; do
  if fits "$python"; then
    echo "$python"
    exit 0
  fi
done
echo "Airflow $airflow needs Python 3.11 to 3.$newest, and neither $asked nor python3.12 nor python3.11 is one;" \
  "install one, name it with PYTHON=, or leave this Airflow out with AIRFLOW=." >&2
exit 1
