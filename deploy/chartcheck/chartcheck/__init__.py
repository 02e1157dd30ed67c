"""Checks of the Helm chart without a cluster: `python -m chartcheck`."""
