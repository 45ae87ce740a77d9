"""What operators see of a running server: metrics for Prometheus, and logs as lines of JSON."""

from orientation.monitoring.metrics import Metrics
from orientation.monitoring.serving import register

__all__ = ["Metrics", "register"]
