"""Questions about long work."""

from django.db.models import QuerySet

from tracking.models import Job

DEMO = "seed_demo"


def demo_jobs() -> QuerySet[Job]:
    """The work of loading the demo's data, as long as it runs."""
    return Job.objects.filter(kind=DEMO, state=Job.State.RUNNING)


def demo_loading() -> bool:
    """Tell whether the demo's data is being loaded right now."""
    return demo_jobs().exists()


def demo_progress() -> int | None:
    """Return how many percent of the demo are loaded, None when it is not loading."""
    return demo_jobs().values_list("done", flat=True).first()
