"""Who works cases: teams, people, shifts, absences, routing rules, and what happens when nobody acts in time."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from tracking.models.parties import Carrier, Service, Warehouse
from tracking.vocabulary import CareLevel, CauseFamily, EscalationAction, Severity, SignalKind


class Team(models.Model):
    """A group that is responsible for cases, with its working hours in its own time zone."""

    name = models.CharField(max_length=80, unique=True)
    slug = models.SlugField(max_length=40, unique=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    country = models.CharField(
        max_length=2, default="US", help_text="Whose public holidays it keeps; empty: none.", blank=True
    )
    is_external = models.BooleanField(default=False, help_text="A partner: a 3PL, a carrier's desk.")
    email = models.EmailField(blank=True)
    slack_channel = models.CharField(max_length=80, blank=True, help_text="Like #carrier-desk.")
    internal_team = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="partners",
        help_text="Of an external team: whose people own the next action of its cases.",
    )
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, through="TeamMember", related_name="shiptrack_teams")

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(internal_team=None) | models.Q(is_external=True), name="team_internal_of_external"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def desk_id(self) -> int:
        """The team whose people own its cases: itself, or the internal team of a partner."""
        return self.internal_team_id or self.pk


class TeamLoad(Team):
    """Teams as their manager sees them: who has how much."""

    class Meta:
        proxy = True
        verbose_name = "team load"
        verbose_name_plural = "team load"


class WorkingHours(models.Model):
    """When a team works, weekday by weekday, local time."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="hours")
    weekday = models.PositiveSmallIntegerField(help_text="0 = Monday ... 6 = Sunday")
    start = models.TimeField()
    end = models.TimeField()

    class Meta:
        ordering = ["team", "weekday", "start"]
        verbose_name_plural = "working hours"
        constraints = [models.CheckConstraint(condition=models.Q(weekday__lte=6), name="hours_weekday")]

    def __str__(self) -> str:
        return f"{self.weekday} {self.start:%H:%M}-{self.end:%H:%M}"


class TeamMember(models.Model):
    """A person in a team; round robin goes by who was given a case longest ago."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    takes_cases = models.BooleanField(default=True)
    is_lead = models.BooleanField(default=False)
    last_assigned_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["team", "user"]
        constraints = [models.UniqueConstraint(fields=["team", "user"], name="team_member_once")]

    def __str__(self) -> str:
        return f"{self.user} in {self.team}"


class Shift(models.Model):
    """When a person is on duty for a team, weekly, in the team's time zone; may not cross midnight."""

    member = models.ForeignKey(TeamMember, on_delete=models.CASCADE, related_name="shifts")
    weekday = models.PositiveSmallIntegerField(help_text="0 = Monday ... 6 = Sunday")
    start = models.TimeField()
    end = models.TimeField()

    class Meta:
        ordering = ["member", "weekday", "start"]
        constraints = [models.CheckConstraint(condition=models.Q(weekday__lte=6), name="shift_weekday")]

    def __str__(self) -> str:
        return f"{self.member} {self.weekday} {self.start:%H:%M}-{self.end:%H:%M}"


class Absence(models.Model):
    """A time in which a person is away. When it begins, their open cases go to the deputy or back to the team."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="absences")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True, help_text="Empty: until further notice.")
    deputy = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="Gets the person's open cases; empty: somebody of the team who is on shift.",
    )
    note = models.CharField(max_length=200, blank=True)
    handed_over_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-starts_at", "user"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at=None) | models.Q(ends_at__gt=models.F("starts_at")),
                name="absence_ends_after_it_starts",
                violation_error_message="It must end after it begins.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} away"


class ShiftHandover(models.Model):
    """What somebody left open at the end of a shift; ids of cases as they stood then."""

    member = models.ForeignKey(TeamMember, on_delete=models.CASCADE, related_name="handovers")
    ended_at = models.DateTimeField()
    open_ids = ArrayField(models.BigIntegerField(), default=list)
    due_ids = ArrayField(models.BigIntegerField(), default=list, help_text="Due before the person is back.")
    breaching_ids = ArrayField(models.BigIntegerField(), default=list)
    back_at = models.DateTimeField(null=True, blank=True, help_text="When the person's next shift begins.")
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    taken_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-ended_at", "-id"]
        verbose_name = "shift hand-over"
        constraints = [models.UniqueConstraint(fields=["member", "ended_at"], name="handover_once")]
        indexes = [models.Index(fields=["-ended_at", "-id"], name="handover_newest")]

    def __str__(self) -> str:
        return f"{self.member}, {self.ended_at:%Y-%m-%d %H:%M}"


class RoutingRule(models.Model):
    """First matching rule by position decides the team; the last rule matches everything.

    These rows are the published rule set in force. A rule that a later version dropped stays, switched off and without
    conditions, so that the cases it once routed still name it.
    """

    class Strategy(models.TextChoices):
        ROUND_ROBIN = "round_robin", "Round robin"
        LEAST_LOADED = "least_loaded", "Least loaded"
        UNOWNED = "unowned", "Leave unowned"
        PERSON = "person", "One person"

    position = models.PositiveIntegerField()
    name = models.CharField(max_length=120)
    version = models.PositiveIntegerField(default=1, help_text="The published version of the rule set.")
    is_active = models.BooleanField(default=True)
    is_retired = models.BooleanField(default=False, help_text="A later version has dropped it.")
    is_last = models.BooleanField(default=False)
    kinds = ArrayField(models.CharField(max_length=32, choices=SignalKind.choices), default=list, blank=True)
    severities = ArrayField(models.CharField(max_length=10, choices=Severity.choices), default=list, blank=True)
    causes = ArrayField(models.CharField(max_length=10, choices=CauseFamily.choices), default=list, blank=True)
    carrier = models.ForeignKey(Carrier, on_delete=models.PROTECT, null=True, blank=True)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, null=True, blank=True)
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, null=True, blank=True)
    country = models.CharField(max_length=2, blank=True)
    minimum_total_minor = models.BigIntegerField(null=True, blank=True, help_text="Order total, in minor units.")
    maximum_total_minor = models.BigIntegerField(null=True, blank=True, help_text="Order total, in minor units.")
    currency = models.CharField(max_length=3, blank=True)
    care_level = models.CharField(max_length=10, choices=CareLevel.choices, blank=True)
    tags = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT)
    strategy = models.CharField(max_length=12, choices=Strategy.choices, default=Strategy.ROUND_ROBIN)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class EscalationPolicy(models.Model):
    """What happens to cases of one severity that nobody looks after in time."""

    severity = models.CharField(max_length=10, choices=Severity.choices, unique=True)
    quiet_hours = models.FloatField(
        null=True,
        blank=True,
        help_text="Working hours after which an acknowledged case that nobody touched is new again; empty: never.",
    )

    class Meta:
        ordering = ["id"]
        verbose_name = "escalation"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(quiet_hours=None) | models.Q(quiet_hours__gt=0), name="escalation_quiet_positive"
            )
        ]

    def __str__(self) -> str:
        return self.get_severity_display()


class EscalationStep(models.Model):
    """One rung of the ladder, so many working hours of the team after a clock ran out."""

    policy = models.ForeignKey(EscalationPolicy, on_delete=models.CASCADE, related_name="steps")
    after_hours = models.FloatField(help_text="Working hours after a clock ran out; 0: at once.")
    action = models.CharField(max_length=16, choices=EscalationAction.choices)
    team = models.ForeignKey(
        Team,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        help_text="Who gets a reassigned case; empty: somebody else of its own team.",
    )

    class Meta:
        ordering = ["policy", "after_hours", "id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(after_hours__gte=0), name="escalation_step_not_before"),
            models.CheckConstraint(
                condition=models.Q(team=None) | models.Q(action="reassign"),
                name="escalation_team_reassigns",
                violation_error_message="Only a step that reassigns names a team.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_action_display()} after {self.after_hours:g} h"
