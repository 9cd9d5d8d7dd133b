"""Questions about long work."""

from tracking.models import Job

DEMO = "seed_demo"


def demo_loading() -> bool:
    """Tell whether the demo's data is being loaded right now."""
    return Job.objects.filter(kind=DEMO, state=Job.State.RUNNING).exists()


def demo_progress() -> int | None:
    """Return how many percent of the demo are loaded, None when it is not loading."""
    return Job.objects.filter(kind=DEMO, state=Job.State.RUNNING).values_list("done", flat=True).first()
