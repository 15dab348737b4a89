# SPDX-License-Identifier: Apache-2.0
"""The only readers of Airflow's objects: a context, a task instance, a run or a DAG in, plain facts out."""
