"""What operators see of a running node: metrics in Prometheus' form, from the API and from the worker."""

from piaolian_node.observation.metrics import Metrics

__all__ = ["Metrics"]
