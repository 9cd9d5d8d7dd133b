"""Questions about long work."""

from tracking.models import Job

DEMO = "seed_demo"


def demo_loading() -> bool:
    """Tell whether the demo's data is being loaded right now."""
    return Job.objects.filter(kind=DEMO, state=Job.State.RUNNING).exists()
